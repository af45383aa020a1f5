"""Train the small embedding model that comes with the package, from our own words or from a corpus given.

    python scripts/train_embedding.py                      # the starter corpus → knowledge/data/model
    python scripts/train_embedding.py --corpus laws/ --out var/model

Token vectors begin as a latent semantic analysis (TF-IDF, truncated SVD) and are then trained to find a passage from
its title, from one of its sentences, from a few of its words, and from what people call it (in-batch negatives). One
mean of token vectors a text: no context, no word order, but milliseconds and few megabytes. Seeded; runs on a CPU.
"""

import argparse
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
import torch
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

sys.path.insert(0, str(Path(__file__).parents[1]))

from domain.issues import issue_table
from knowledge.corpus import build_document
from knowledge.embedding import shipped_model
from knowledge.encoder import CARD, StaticEncoder
from knowledge.readers import Skipped, Unreadable, find_files, read_units
from knowledge.sparse import lay_map, words
from knowledge.starter import starter_documents

HELD_OUT_EVERY = 5
KNOWN = 64
"""At most so many known pairs a step; the rest are views of passages."""
UNKNOWN = "[UNK]"
_SENTENCE = re.compile(r"[^。；;\n]{6,}[。；;]?")
_LETTERS = "[^\u3400-\u9fffa-z0-9]+"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One passage to learn from: its subject and what it says."""

    head: str
    body: str

    @property
    def whole(self) -> str:
        """Both, as they are indexed."""
        return f"{self.head}\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learnt from: passages, pairs known to belong together, and pairs kept for the score."""

    texts: list[Text]
    pairs: list[Pair]
    held_out: list[tuple[str, int]]
    issues: list[str]


def main() -> None:
    """Train, measure, save."""
    arguments = _arguments()
    rng = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    torch.use_deterministic_algorithms(True)
    material = collect(arguments.corpus)
    tokenizer = make_tokenizer(material, arguments.vocab)
    model = _model(tokenizer, initial_vectors(material, tokenizer, arguments.dims))
    losses = train(model, material, steps=arguments.steps, batch=arguments.batch, rate=arguments.rate, rng=rng)
    save(model, arguments.out, dense_weight=arguments.dense_weight)
    scores = measure(StaticEncoder(arguments.out), material)
    _write_card(arguments, material, tokenizer, losses, scores)
    size = sum(path.stat().st_size for path in arguments.out.rglob("*") if path.is_file())
    print(json.dumps({"out": str(arguments.out), "bytes": size, "loss": losses[-1]} | scores, ensure_ascii=False))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the small embedding model.")
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders or files to learn from besides")
    parser.add_argument("--out", type=Path, default=shipped_model())
    parser.add_argument("--dims", type=int, default=128)
    parser.add_argument("--vocab", type=int, default=24_000, help="at most so many words besides single characters")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=256, help="pairs a step; more for a larger corpus")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--dense-weight", type=float, default=0.2, help="weight of the cosine in the fused score")
    return parser.parse_args()


def collect(corpus: Sequence[Path]) -> Material:
    """The starter corpus, the names people use, and the passages of other files."""
    texts = [
        Text(head="，".join((record.title or record.law, record.chapter)), body=_without_aliases(record.text))
        for document in starter_documents()
        for record in document.records
    ]
    texts += list(_from_files(corpus))
    issues = list(issue_table().values())
    cards = [f"{issue.name} {issue.category} {issue.responsible} {issue.note}" for issue in issues]
    named = [(alias, place) for place, issue in enumerate(issues) for alias in issue.aliases]
    held_out = named[::HELD_OUT_EVERY]
    pairs = [(alias, cards[place]) for alias, place in named if (alias, place) not in held_out]
    pairs += [(word, " ".join(terms)) for lay, terms in lay_map() for word in lay]
    return Material(texts=texts, pairs=pairs, held_out=held_out, issues=cards)


def _without_aliases(text: str) -> str:
    """Names kept for the score must not be in the texts."""
    return re.sub(r"^俗称：.*\n?", "", text, flags=re.MULTILINE)


def _from_files(paths: Sequence[Path]) -> Iterator[Text]:
    for _, path in find_files(paths):
        if isinstance(path, Skipped):
            continue
        try:
            document = build_document(path, read_units(path), kind=None, source=path.name)
        except Unreadable:
            continue
        for record in document.records:
            yield Text(head="，".join((record.title or record.law, record.chapter)), body=record.text)


def make_tokenizer(material: Material, vocab: int) -> Tokenizer:
    """Words of the material and all its characters; the likeliest segmentation of each run is taken (unigram model)."""
    counts: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for text in [text.whole for text in material.texts] + [side for pair in material.pairs for side in pair]:
        found = words(text)
        counts.update(found)
        characters.update(char for word in found for char in word)
    by_count = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    kept = [(word, n) for word, n in by_count if len(word) > 1][:vocab]
    total = sum(n for _, n in kept) + sum(characters.values())
    singles = [(char, counts.get(char, 0) + 0.1) for char in sorted(characters)]
    entries = [(UNKNOWN, -30.0)] + [(token, float(np.log(n / total))) for token, n in [*kept, *singles]]
    tokenizer = Tokenizer(models.Unigram(entries, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_LETTERS), behavior="removed")
    return tokenizer


def initial_vectors(material: Material, tokenizer: Tokenizer, dims: int) -> np.ndarray:
    """Latent semantic analysis: right singular vectors of the TF-IDF matrix, scaled by the IDF; float32 (V, dims)."""
    texts = [text.whole for text in material.texts] + [f"{one} {other}" for one, other in material.pairs]
    bags = [Counter(encoding.ids) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    rows = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    columns = np.array([token for bag in bags for token in bag])
    values = np.array([1 + np.log(times) for bag in bags for times in bag.values()])
    size = tokenizer.get_vocab_size()
    matrix = scipy.sparse.csr_matrix((values, (rows, columns)), shape=(len(bags), size))
    present = np.asarray((matrix > 0).sum(axis=0)).ravel()
    idf = np.log((1 + len(bags)) / (1 + present))
    weighted = matrix @ scipy.sparse.diags(idf)
    weighted = scipy.sparse.diags(1 / np.maximum(np.sqrt(weighted.multiply(weighted).sum(axis=1)).A1, 1e-9)) @ weighted
    start = np.ones(min(weighted.shape)) / np.sqrt(min(weighted.shape))
    _, strengths, right = scipy.sparse.linalg.svds(weighted, k=dims, v0=start)
    vectors = (right.T * np.sqrt(strengths)) * idf[:, None]
    vectors[0] = 0.0
    return np.ascontiguousarray(vectors / np.abs(vectors).mean() * 0.1, dtype=np.float32)


def _model(tokenizer: Tokenizer, vectors: np.ndarray) -> SentenceTransformer:
    return SentenceTransformer(
        modules=[StaticEmbedding(tokenizer, embedding_weights=vectors), Normalize()], device="cpu"
    )


def train(
    model: SentenceTransformer, material: Material, *, steps: int, batch: int, rate: float, rng: np.random.Generator
) -> list[float]:
    """Contrastive training with in-batch negatives; the mean loss of each tenth of the way."""
    loss_of = MultipleNegativesRankingLoss(model, scale=20.0)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, total_iters=steps)
    losses: list[float] = []
    for _ in range(steps):
        pairs = _pairs(material, batch, rng)
        sides: list[Any] = [model.preprocess([pair[side] for pair in pairs]) for side in (0, 1)]
        loss = loss_of(sides, torch.empty(0))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            next(model.parameters())[0] = 0.0  # what is unknown says nothing
        losses.append(loss.item())
    return [float(np.mean(part)) for part in np.array_split(losses, min(10, len(losses)))]


def _pairs(material: Material, batch: int, rng: np.random.Generator) -> list[Pair]:
    """Some known pairs, the rest views of passages; no passage twice, so that no negative is a positive."""
    known = rng.choice(len(material.pairs), size=min(KNOWN, len(material.pairs)), replace=False)
    taken: dict[str, Pair] = {}
    for place in known:
        taken.setdefault(material.pairs[place][1], material.pairs[place])
    places = rng.choice(len(material.texts), size=min(batch - len(taken), len(material.texts)), replace=False)
    return [*taken.values(), *(_view(material.texts[place], rng) for place in places)]


def _view(text: Text, rng: np.random.Generator) -> Pair:
    """A question that the passage answers: its subject, a sentence left out of it, or some of its words."""
    sentences = _SENTENCE.findall(text.body)
    kind = rng.integers(3)
    if kind == 0 or not sentences:
        return text.head, text.body
    place = int(rng.integers(len(sentences)))
    if kind == 1 and len(sentences) > 1:
        rest = "".join(sentences[:place] + sentences[place + 1 :])
        return sentences[place], f"{text.head}\n{rest}"
    said = _long_words(sentences[place])
    some = [word for word in said if rng.random() < 0.3] or list(said[:2])
    return " ".join(some) or text.head, text.whole


@cache
def _long_words(sentence: str) -> tuple[str, ...]:
    return tuple(word for word in words(sentence) if len(word) > 1)


def measure(encoder: StaticEncoder, material: Material) -> dict[str, float]:
    """How often the issue is found from a name for it that was kept out of training."""
    issues = encoder.encode_documents(material.issues)
    asked = encoder.encode_queries([alias for alias, _ in material.held_out])
    order = np.argsort(-(asked @ issues.T), axis=1, kind="stable")
    ranks = np.array(
        [int(np.flatnonzero(row == gold)[0]) for row, (_, gold) in zip(order, material.held_out, strict=True)]
    )
    return {
        "held_out_names": float(len(ranks)),
        "recall_at_1": round(float((ranks < 1).mean()), 3),
        "recall_at_5": round(float((ranks < 5).mean()), 3),
        "mrr": round(float((1 / (ranks + 1)).mean()), 3),
    }


def save(model: SentenceTransformer, folder: Path, *, dense_weight: float) -> None:
    """Write a folder that sentence-transformers and `knowledge.encoder` both read; 8-bit with a scale a token."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save(str(folder), create_model_card=False)
    static = model[0]
    assert isinstance(static, StaticEmbedding)
    vectors = static.embedding.weight.detach().numpy()
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-8).astype(np.float32) / 127
    table = np.round(vectors / scales[:, None]).astype(np.int8)
    save_file({"embeddings": table, "weights": scales}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)
    static.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    card = {"name": f"lianzhi-static-{vectors.shape[1]}", "dense_weight": dense_weight}
    (folder / CARD).write_text(json.dumps(card) + "\n", encoding="utf-8")


def _write_card(
    arguments: argparse.Namespace,
    material: Material,
    tokenizer: Tokenizer,
    losses: list[float],
    scores: dict[str, float],
) -> None:
    others = f", and files given with `--corpus` ({len(arguments.corpus)} paths)" if arguments.corpus else ""
    rows = {
        "data": "the starter corpus of this project, its own words: digests of articles, issues, rules, precedents, "
        f"lay terms{others}",
        "passages, pairs": f"{len(material.texts)}, {len(material.pairs)}",
        "tokens, dimensions": f"{tokenizer.get_vocab_size()}, {arguments.dims}",
        "start": "TF-IDF and truncated SVD",
        "training": "in-batch negatives (MultipleNegativesRankingLoss), "
        f"{arguments.steps} steps of up to {arguments.batch} pairs, seed {arguments.seed}",
        "loss, first and last tenth": f"{losses[0]:.3f}, {losses[-1]:.3f}",
        "storage": "int8 with one float32 scale a token",
        f"names of issues kept out of training ({int(scores['held_out_names'])})": f"recall@1 {scores['recall_at_1']}, "
        f"recall@5 {scores['recall_at_5']}, MRR {scores['mrr']}",
        "weight of the cosine in the fused score": f"{arguments.dense_weight}",
    }
    table = "\n".join(f"| {key} | {value} |" for key, value in rows.items())
    (arguments.out / "README.md").write_text(_CARD_HEAD.format(dims=arguments.dims) + table + "\n", encoding="utf-8")


_CARD_HEAD = """---
language: zh
library_name: sentence-transformers
pipeline_tag: sentence-similarity
license: apache-2.0
---

# lianzhi-static-{dims}

A static embedding for Chinese city governance: the mean of token vectors, scaled to length 1. No context, no word
order; it adds candidates to the lexical arm and does not replace it. Made by `scripts/train_embedding.py`.

| | |
|---|---|
"""


if __name__ == "__main__":
    main()

"""Train the small embedding model that comes with the package: on a corpus of law texts and on our own words.

    python scripts/train_embedding.py --corpus laws/       # → knowledge/data/model
    python scripts/train_embedding.py --out var/model      # the starter corpus alone

Token vectors begin as a latent semantic analysis (TF-IDF, truncated SVD) and are then trained to find a passage from
what people ask (lay captions), from its title, one of its sentences, a few of its words (in-batch negatives). One
mean of token vectors a text: no context, no word order, but milliseconds and few megabytes. Seeded; runs on a CPU.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
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

from knowledge.embedding import shipped_model
from knowledge.encoder import CARD, StaticEncoder
from knowledge.sparse import words
from scripts.embedding_material import Drawer, Material, collect

UNKNOWN = "[UNK]"
_LETTERS = "[^\u3400-\u9fffa-z0-9]+"


def main() -> None:
    """Train, measure, save."""
    arguments = _arguments()
    rng = np.random.default_rng(arguments.seed)
    torch.manual_seed(arguments.seed)
    torch.use_deterministic_algorithms(True)
    material = collect(arguments.corpus, arguments.regions)
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
    parser.add_argument("--regions", nargs="*", default=["", "重庆"], help="whose law; an empty name is national law")
    parser.add_argument("--out", type=Path, default=shipped_model())
    parser.add_argument("--dims", type=int, default=128)
    parser.add_argument("--vocab", type=int, default=24_000, help="at most so many words besides single characters")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=256, help="pairs a step; more for a larger corpus")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--dense-weight", type=float, default=0.2, help="weight of the cosine in the fused score")
    return parser.parse_args()


def make_tokenizer(material: Material, vocab: int) -> Tokenizer:
    """Words of the material and all its characters; the likeliest segmentation of each run is taken (unigram model)."""
    counts: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    for text in material.every_text():
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
    texts = [f"{text.whole}\n{' '.join(text.phrases)}" for text in material.texts]
    texts += [f"{one} {other}" for one, other in material.pairs]
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
    drawer = Drawer(material, rng)
    for _ in range(steps):
        pairs = drawer.draw(batch)
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


def measure(encoder: StaticEncoder, material: Material) -> dict[str, float]:
    """How often the issue is found from a name for it that was kept out of training."""
    issues = encoder.encode_documents(material.issues)
    asked = encoder.encode_queries([alias for alias, _ in material.held_out])
    order = np.argsort(-(asked @ issues.T), axis=1, kind="stable")
    ranks = np.array(
        [int(np.flatnonzero(row == gold)[0]) for row, (_, gold) in zip(order, material.held_out, strict=True)]
    )
    found = _found_from_phrases(encoder, material)
    return {
        "held_out_phrases": float(len(found)),
        "phrase_recall_at_10": round(float((found < 10).mean()), 3) if len(found) else 0.0,
        "phrase_recall_at_30": round(float((found < 30).mean()), 3) if len(found) else 0.0,
        "held_out_names": float(len(ranks)),
        "recall_at_1": round(float((ranks < 1).mean()), 3),
        "recall_at_5": round(float((ranks < 5).mean()), 3),
        "mrr": round(float((1 / (ranks + 1)).mean()), 3),
    }


def _found_from_phrases(encoder: StaticEncoder, material: Material) -> np.ndarray:
    """Rank of the article among all passages for each lay phrase kept out of training."""
    passages = encoder.encode_documents([text.whole for text in material.texts])
    asked = encoder.encode_queries([phrase for phrase, _ in material.kept_phrases])
    golds = [place for _, place in material.kept_phrases]
    return np.array(
        [int((passages @ one > passages[gold] @ one).sum()) for one, gold in zip(asked, golds, strict=True)]
    )


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
        "data": "words of this project: digests of articles, issues, rules, precedents, lay terms and captions"
        f"{others}",
        "passages, pairs": f"{len(material.texts)}, {len(material.pairs)}",
        "tokens, dimensions": f"{tokenizer.get_vocab_size()}, {arguments.dims}",
        "start": "TF-IDF and truncated SVD",
        "training": "in-batch negatives (MultipleNegativesRankingLoss), "
        f"{arguments.steps} steps of up to {arguments.batch} pairs, seed {arguments.seed}",
        "loss, first and last tenth": f"{losses[0]:.3f}, {losses[-1]:.3f}",
        "storage": "int8 with one float32 scale a token",
        f"names of issues kept out of training ({int(scores['held_out_names'])})": f"recall@1 {scores['recall_at_1']}, "
        f"recall@5 {scores['recall_at_5']}, MRR {scores['mrr']}",
        f"lay phrases of articles kept out of training ({int(scores['held_out_phrases'])}), alone among all passages": (
            f"recall@10 {scores['phrase_recall_at_10']}, recall@30 {scores['phrase_recall_at_30']}"
        ),
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

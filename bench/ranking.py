"""What each part of the ranking is worth: lay questions over national law, in one run.

Passages are cut, counted, captioned and encoded by the product, candidates and order are those of its search; only the
engine is left out. Baselines, our ranking, ours without each part and built up part by part, with 95 % bootstrap
intervals, paired gains, and topic-blocked cross-validation of every fitted weight.

    python bench/ranking.py [--queries FILE] [--laws DIR | --home DIR] [--model DIR] [--quick] [--json] [--served N]

`--served N` (with `--home`) asks the base itself as well and compares the first ten articles of N questions.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from bench.common import finish
from bench.ranking_arms import DEPTH, Asking, LexicalArm, Pool, Query
from bench.ranking_corpus import from_base, from_files
from bench.ranking_fit import GRID, Fit, Sample, cross_validated
from bench.ranking_measures import NAMES, ranks_of, scores_of
from bench.ranking_questions import Question, lay_questions
from evals.measures import Estimate, estimate
from knowledge.base import open_knowledge
from knowledge.embedding import Encoder, open_encoder
from knowledge.encoder import CARD, StaticEncoder
from knowledge.fusion import FusionWeights
from knowledge.names import law_key
from knowledge.records import FloatArray
from knowledge.settings import KnowledgeSettings

SHARED = Path(os.environ.get("LIANZHI_SHARED", Path(__file__).parents[2] / "shared"))
GOALS = {"R@10": 0.60, "R@30": 0.72, "R@100": 0.81, "MRR@10": 0.48}
SEED = 20260301
_NAME, _WIDTH = 40, 21
"""Columns of the tables, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One way to rank.

    Attributes:
        name: What it is called in the table.
        lexical: `words`, `plain` (words and bigrams), `captioned`, or empty.
        dense: `plain`, `captioned`, or empty.
        asking: How questions are weighed.
        weights: How the arms are added up.
        diverse: Let other laws come up a little.
    """

    name: str
    lexical: str = "captioned"
    dense: str = "captioned"
    asking: Asking = field(default_factory=Asking)
    weights: FusionWeights = field(default_factory=FusionWeights)
    diverse: bool = True


def systems(dense: float) -> list[System]:
    """Baselines, ours, ours without each part, and built up; `dense` is the weight that the model's card asks for."""
    asked = Asking(function=1.0, expansion=0.0)
    nothing = FusionWeights(dense=0.0, prior=0.0)
    ours = System(name="ours", weights=FusionWeights(dense=dense))
    lexical = System(name="", lexical="plain", dense="", asking=asked, weights=nothing, diverse=False)
    mapped = Asking(function=1.0)
    return [
        replace(lexical, name="BM25 words", lexical="words"),
        replace(lexical, name="BM25 words + bigrams"),
        replace(lexical, name="dense only", lexical="", dense="captioned", weights=FusionWeights(prior=0.0)),
        replace(
            lexical,
            name="plain fusion (RRF, k = 60)",
            dense="captioned",
            weights=FusionWeights(method="rrf", dense=1.0, prior=0.0),
        ),
        ours,
        replace(ours, name="ours - lay map", asking=Asking(expansion=0.0)),
        replace(ours, name="ours - function words", asking=mapped),
        replace(ours, name="ours - captions", lexical="plain", dense="plain"),
        replace(ours, name="ours - authority", weights=FusionWeights(dense=dense, prior=0.0)),
        replace(ours, name="ours - dense arm", dense="", weights=FusionWeights(dense=0.0)),
        replace(ours, name="ours - diversity", diverse=False),
        replace(lexical, name="+ lay map", asking=mapped),
        replace(lexical, name="+ function words", asking=Asking()),
        replace(lexical, name="+ captions", asking=Asking(), lexical="captioned"),
        replace(lexical, name="+ authority", asking=Asking(), lexical="captioned", weights=FusionWeights(dense=0.0)),
        replace(ours, name="+ dense arm", diverse=False),
    ]


class Ranker:
    """Ranks questions under any system; arms are made when first asked for."""

    def __init__(self, pool: Pool, encoder: Encoder, questions: Sequence[Question], queries: Sequence[Query]) -> None:
        self.pool = pool
        self.queries = queries
        self.vectors = encoder.encode_queries([question.text for question in questions])
        self.lexical = cache(self._lexical)
        self.dense = cache(lambda kind: pool.dense(captions=kind == "captioned"))
        self.authority = cache(pool.authority)

    def _lexical(self, kind: str) -> LexicalArm:
        return self.pool.words() if kind == "words" else self.pool.lexical(captions=kind == "captioned")

    def ranked(self, system: System, at: int, depth: int = DEPTH) -> list[int]:
        """Places in the pool for one question, best first."""
        nothing = np.zeros(len(self.pool.keys), dtype=np.float32)
        lexical = self._scores(system, self.queries[at]) if system.lexical else nothing
        cosines = self.dense(system.dense) @ self.vectors[at] if system.dense else nothing
        authority, weights = self.authority(system.weights), system.weights
        return self.pool.ranked(lexical, cosines, authority, weights, depth=depth, diverse=system.diverse)

    def _scores(self, system: System, query: Query) -> FloatArray:
        arm, asking = self.lexical(system.lexical), system.asking
        if system.lexical == "words":
            return arm.scores(query.words)
        parts = [arm.scores(part) for part in (query.content, query.function, query.added)]
        total = parts[0] + asking.function * parts[1] + asking.expansion * parts[2]
        return np.asarray(total, dtype=np.float32)


def main() -> None:
    """Measure, print the tables and the closing line."""
    arguments = _arguments()
    encoder = opened(arguments.model)
    questions = lay_questions(arguments.queries)[:: 8 if arguments.quick else 1]
    held = from_base(arguments.home) if arguments.home else from_files(arguments.laws)
    queries = [Query.of(question.text) for question in questions]
    pool = Pool(held, held.pool(""), queries, encoder)
    ranker = Ranker(pool, encoder, questions, queries)
    tried = systems(encoder.dense_weight)
    scores = {system.name: measured(ranker, system, questions) for system in tried}
    sample = Sample(questions=questions, queries=queries, pool=pool, vectors=ranker.dense("captioned"), encoder=encoder)
    fitted = None if arguments.quick else cross_validated([sample], _names(), seed=SEED)
    served = None
    if arguments.served:
        served = agreement(arguments.home, encoder, questions[: arguments.served], held)
    outcome = report(scores, fitted, served)
    if not arguments.json:
        print(
            "\n".join(
                [f"{pool.shown.sum():,} passages of national law, {len(questions)} questions, {encoder.name}", ""]
            )
        )
        print("\n".join(lines(scores, fitted, served)))
    ours = {name: outcome["systems"]["ours"][name]["value"] for name in GOALS}
    peer = {name: outcome["systems"]["BM25 words + bigrams"][name]["value"] for name in GOALS}
    finish(
        "ranking",
        ours=outcome if arguments.json else ours,
        peer=peer,
        ratio=round(ours["R@10"] / max(peer["R@10"], 1e-9), 2),
        goal=GOALS,
        holds=all(ours[name] >= goal for name, goal in GOALS.items()),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=Path, default=SHARED / "retrieval" / "lay_queries_dev.jsonl")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--laws", type=Path, default=SHARED / "laws", help="folder of law texts")
    source.add_argument("--home", type=Path, help="data folder of a base to take the passages from")
    parser.add_argument("--model", type=Path, help="embedding model; default: the shipped one")
    parser.add_argument("--served", type=int, default=0, metavar="N", help="compare with the base itself")
    parser.add_argument("--quick", action="store_true", help="every eighth question, no fit")
    parser.add_argument("--json", action="store_true", help="the closing line only, with everything in it")
    arguments = parser.parse_args()
    if arguments.served and not arguments.home:
        parser.error("--served needs --home")
    return arguments


def opened(model: Path | None) -> Encoder:
    """The shipped model, another one of its kind without torch, or any other."""
    if model and (model / CARD).is_file():
        return StaticEncoder(model)
    return open_encoder(str(model) if model else "")


def _names() -> list[str]:
    """What is fitted on lay questions alone; local law has no part in them."""
    return [name for name in GRID if name not in {"own", "caption_length"}]


def measured(ranker: Ranker, system: System, questions: Sequence[Question]) -> np.ndarray:
    """Measures of each question under a system, shape (questions, measures)."""
    rows = []
    for at, question in enumerate(questions):
        found = [ranker.pool.articles[place] for place in ranker.ranked(system, at)]
        rows.append(scores_of(ranks_of(found, question.gold)))
    return np.array(rows)


def agreement(home: Path, encoder: Encoder, questions: Sequence[Question], held: Any) -> dict[str, float]:  # noqa: ANN401
    """Share of questions with the same first ten as the base gives, and share of articles in common."""
    settings = KnowledgeSettings(home=home, qdrant_url="", city="重庆")
    queries = [Query.of(question.text) for question in questions]
    pool = Pool(held, held.pool("", settings.city), queries, encoder)
    ranker = Ranker(pool, encoder, questions, queries)
    ours = System(name="ours", weights=FusionWeights(dense=encoder.dense_weight))
    base = open_knowledge(settings, encoder=encoder)
    same, common = [], []
    try:
        for at, question in enumerate(questions):
            passages = base.search(question.text, limit=10, kinds=("law",))
            found = [(law_key(passage.law), passage.article) for passage in passages]
            here = [pool.articles[place] for place in ranker.ranked(ours, at, depth=10)]
            same.append(found == here)
            common.append(len(set(found) & set(here)) / max(len(set(found)), 1))
    finally:
        base.close()
    return {"questions": len(questions), "same_top_10": float(np.mean(same)), "in_common": float(np.mean(common))}


def gains(scores: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Paired differences: ours against each baseline, what ours loses without a part, what each part adds in turn."""
    ours = scores["ours"]
    named = list(scores)
    built = ["BM25 words + bigrams", *(name for name in named if name.startswith("+ ")), "ours"]
    found = [(f"ours over {name}", ours - scores[name]) for name in named[:4]]
    found += [
        (f"lost {name.removeprefix('ours ')}", ours - scores[name]) for name in named if name.startswith("ours -")
    ]
    found += [
        (f"gained {after if after != 'ours' else '+ diversity (= ours)'}", scores[after] - scores[before])
        for before, after in pairwise(built)
    ]
    return found


def report(scores: dict[str, np.ndarray], fitted: Fit | None, served: dict[str, float] | None) -> dict[str, Any]:
    """Everything measured, as one object."""
    found: dict[str, Any] = {
        "systems": {name: _estimates(rows) for name, rows in scores.items()},
        "gains": {name: _estimates(rows) for name, rows in gains(scores)},
    }
    if fitted:
        found["fit"] = {
            "setting": dict(fitted.setting),
            "by_fold": [dict(one) for one in fitted.by_fold],
            "inside": _estimates(fitted.inside[0]),
            "outside": _estimates(fitted.outside[0]),
        }
    return found | ({"served": served} if served else {})


def _estimates(rows: np.ndarray) -> dict[str, dict[str, float]]:
    return {name: estimate(rows[:, at].tolist()).to_json() for at, name in enumerate(NAMES)}


def lines(scores: dict[str, np.ndarray], fitted: Fit | None, served: dict[str, float] | None) -> list[str]:
    """The tables for people."""
    head = f"{'':{_NAME}}" + "".join(f"{name:>{_WIDTH}}" for name in NAMES)
    found = [head, *(_line(name, rows) for name, rows in scores.items()), "", f"paired gains{head[12:]}"]
    found += [_line(name, rows, signed=True) for name, rows in gains(scores)]
    if fitted:
        found += ["", "weights fitted anew, topic blocks kept whole, five folds"]
        found += [_line("fitted on all, scored on all", fitted.inside[0])]
        found += [_line("scored out of fold", fitted.outside[0]), f"on all: {_setting(dict(fitted.setting))}"]
        found += [f"fold {number}: {_setting(dict(one))}" for number, one in enumerate(fitted.by_fold)]
    if served:
        found += ["", f"as the base itself: {served['same_top_10']:.1%} equal first tens, "
                  f"{served['in_common']:.1%} of articles in common, {served['questions']} questions"]  # fmt: skip
    return found


def _setting(named: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in named.items() if name in _names())


def _line(name: str, rows: np.ndarray, *, signed: bool = False) -> str:
    return f"{name:{_NAME}}{cells(rows, signed=signed)}"


def cells(rows: np.ndarray, *, signed: bool = False) -> str:
    """Means of the measures with their intervals, side by side."""
    return "".join(_cell(estimate(rows[:, at].tolist()), signed) for at in range(len(NAMES)))


def _cell(value: Estimate, signed: bool) -> str:
    sign = "+" if signed else ""
    texts = [f"{number:{sign}.3f}".replace("0.", ".") for number in (value.value, value.low, value.high)]
    return f"{texts[0]} [{texts[1]} {texts[2]}]".rjust(_WIDTH)


if __name__ == "__main__":
    main()

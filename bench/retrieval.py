"""Milliseconds a hybrid search, embedded engine beside the Python client's local mode, over the same points.

ours: question to ten passages: tokens, expansion, encoding, both arms, exact scores for the union, fusion, payloads.
peer: the same code over `QdrantClient(":memory:")`, what a Python programme gets without a server. Both must give the
same answers. Corpora: the starter corpus, and articles of law from `LIANZHI_SHARED/laws` when it is there.

    python bench/retrieval.py [--quick] [--json]
"""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from qdrant_client import QdrantClient

from bench.common import finish, table
from domain.issues import issue_table
from knowledge.corpus import build_document, mentions
from knowledge.edge import EdgeStore, build
from knowledge.embedding import open_encoder
from knowledge.engine import PassageStore
from knowledge.fusion import FusionWeights, authority
from knowledge.readers import Skipped, Unreadable, find_files, read_units
from knowledge.records import FloatArray, PassageRecord, SparseVector
from knowledge.remote import RemoteStore
from knowledge.sparse import query_vector, sparse_vector
from knowledge.starter import starter_documents
from knowledge.store import VectorReader

ARTICLES = 20_000
LIMIT = 10
GOAL_P95_MS = 20.0
GOAL_RATIO = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A corpus ready to be written."""

    name: str
    records: list[PassageRecord]
    dense: FloatArray
    sparse: list[SparseVector]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured over one corpus; times in milliseconds."""

    corpus: str
    points: int
    build_s: float
    reopen_ms: float
    ours_p50_ms: float
    ours_p95_ms: float
    peer_p50_ms: float
    peer_p95_ms: float
    agreement: float

    @property
    def ratio(self) -> float:
        """How many times faster, median against median."""
        return self.peer_p50_ms / self.ours_p50_ms


def main() -> None:
    """Measure each corpus, print a table and the closing line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 articles and fewer questions")
    parser.add_argument("--json", action="store_true", help="the closing line only")
    arguments = parser.parse_args()
    questions = [alias for issue in issue_table().values() for alias in issue.aliases]
    asked = questions[:: 8 if arguments.quick else 1]
    outcomes = [
        measure(points, asked, peer_questions=4 if arguments.quick else 20)
        for points in corpora(2_000 if arguments.quick else ARTICLES)
    ]
    head = [
        "corpus",
        "points",
        "build s",
        "reopen ms",
        "p50 ms",
        "p95 ms",
        "peer p50",
        "peer p95",
        "times",
        "same top 10",
    ]
    if not arguments.json:
        print(table([_row(one) for one in outcomes], head))
    largest = outcomes[-1]
    finish(
        "retrieval",
        ours={one.corpus: {"p50_ms": one.ours_p50_ms, "p95_ms": one.ours_p95_ms} for one in outcomes},
        peer={one.corpus: {"p50_ms": one.peer_p50_ms, "p95_ms": one.peer_p95_ms} for one in outcomes},
        ratio=round(largest.ratio, 1),
        goal={"p95_ms": GOAL_P95_MS, "ratio": GOAL_RATIO if largest.points >= ARTICLES else 1.0, "same_top_10": 1.0},
        holds=all(one.ours_p95_ms <= GOAL_P95_MS and one.agreement == 1.0 for one in outcomes)
        and largest.ratio >= (GOAL_RATIO if largest.points >= ARTICLES else 1.0),
    )


def _row(one: Outcome) -> list[object]:
    times = [one.build_s, one.reopen_ms, one.ours_p50_ms, one.ours_p95_ms, one.peer_p50_ms, one.peer_p95_ms]
    return [one.corpus, one.points, *times, one.ratio, f"{one.agreement:.0%}"]


def corpora(articles: int) -> list[Points]:
    """The starter corpus, and so many articles of law where there are texts."""
    starter = [record for document in starter_documents() for record in document.records]
    found = [_points("starter", starter)]
    laws = Path(os.environ.get("LIANZHI_SHARED", Path(__file__).parents[2] / "shared")) / "laws"
    if laws.is_dir():
        found.append(_points("laws", list(islice(_articles(laws), articles))))
    return found


def _articles(folder: Path):  # noqa: ANN202 - a generator of records
    for _, path in find_files([folder]):
        if isinstance(path, Skipped):
            continue
        try:
            yield from build_document(path, read_units(path), kind=None, source=path.name).records
        except Unreadable:
            continue


def _points(name: str, records: list[PassageRecord]) -> Points:
    texts = [record.index_text for record in records]
    dense = open_encoder().encode_documents(texts)
    return Points(name=name, records=records, dense=dense, sparse=[sparse_vector(text) for text in texts])


def measure(points: Points, questions: Sequence[str], *, peer_questions: int) -> Outcome:
    """Build both stores, ask both, compare the answers."""
    encoder = open_encoder()
    weights = FusionWeights(dense=encoder.dense_weight)
    prior = authority(mentions(record.text for record in points.records))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        started = perf_counter()
        with build(root, dim=encoder.dim, model=encoder.name, weights=weights) as store:
            _write(store, points)
        build_s = perf_counter() - started
        started = perf_counter()
        reader = EdgeStore.open(root, dim=encoder.dim, model=encoder.name, weights=weights)
        reopen_ms = (perf_counter() - started) * 1000
        ask = _asker(reader, prior)
        for question in questions[:20]:  # page in the files
            ask(question)
        times, answers = _timed(ask, questions)
        reader.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # local mode says that it is not made for this, which is what is measured
        peer = RemoteStore(QdrantClient(":memory:"), "bench", dim=encoder.dim, model=encoder.name, weights=weights)
        _write(peer, points)
        peer_times, peer_answers = _timed(_asker(peer, prior), questions[:peer_questions])
    same = np.mean([one == other for one, other in zip(answers, peer_answers, strict=False)])
    ours, theirs = ([round(float(np.percentile(all_, at)), 3) for at in (50, 95)] for all_ in (times, peer_times))
    return Outcome(
        corpus=points.name,
        points=len(points.records),
        build_s=build_s,
        reopen_ms=reopen_ms,
        ours_p50_ms=ours[0],
        ours_p95_ms=ours[1],
        peer_p50_ms=theirs[0],
        peer_p95_ms=theirs[1],
        agreement=float(same),
    )


def _write(store: PassageStore, points: Points) -> None:
    for start in range(0, len(points.records), 2000):
        part = slice(start, start + 2000)
        store.upsert(points.records[part], points.dense[part], points.sparse[part])
    for doc_id in sorted({record.doc_id for record in points.records}):
        store.finish_document(doc_id, {})


def _asker(store: VectorReader, prior: dict[str, float]) -> Callable[[str], list[str]]:
    encoder = open_encoder()

    def ask(question: str) -> list[str]:
        dense = encoder.encode_queries([question])[0]
        return [record.id for record, _ in store.search(dense, query_vector(question), limit=LIMIT, prior=prior)]

    return ask


def _timed(ask: Callable[[str], list[str]], questions: Sequence[str]) -> tuple[list[float], list[list[str]]]:
    times, answers = [], []
    for question in questions:
        started = perf_counter()
        answers.append(ask(question))
        times.append((perf_counter() - started) * 1000)
    return times, answers


if __name__ == "__main__":
    main()

"""Milliseconds and memory of a hybrid search: question to ten passages, through `KnowledgeBase.search`.

Corpora: the starter corpus; about 20,000 passages of law from `LIANZHI_SHARED/laws` when it is there; with `--full`
all of them; with `--home` a knowledge base that exists. Region: the nation and the city, as a service asks. Each
question is asked once, after twenty others: tokens, expansion, encoding, both arms, exact scores, fusion, payloads.

clients: one; eight threads in one process (the engine holds the interpreter's lock); eight in one process a core.
bm25: plain BM25 over the same tokens, one sparse matrix in memory (scipy), without filter, payload or second arm.
local mode: the same code over `QdrantClient(":memory:")`, what a Python programme gets without a server. Both engines
must give the same answers.

    python bench/retrieval.py [--quick] [--full | --home DIR] [--no-peer] [--json]
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import qdrant_edge
from qdrant_client import QdrantClient
from scipy.sparse import csc_matrix

from bench.common import finish, table
from domain.clock import system_clock
from domain.issues import issue_table
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.fusion import FusionWeights
from knowledge.identity import Maker, identity_of
from knowledge.opening import encoder_of
from knowledge.readers import Skipped, find_files
from knowledge.records import document_point_id
from knowledge.remote import Collections, RemoteStore
from knowledge.remoteengine import QdrantEngine
from knowledge.settings import KnowledgeSettings
from knowledge.sparse import query_vector
from knowledge.versions import Shelf

SOME_BYTES = 7_500_000
"""Law files of about so many bytes have 20,000 articles."""
LIMIT = 10
CLIENTS = 8
WARM = 20
GOAL_P95_MS = 30.0
GOAL_RSS_MB = 1536
SAYINGS = (
    "{}",
    "{}没人管，该找哪个部门",
    "我们小区门口{}，打了好几次电话都说不归他们管，怎么办",
    "{}要罚款吗，依据是哪一条",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one client process did: milliseconds a question, ids found, and what it cost."""

    times: list[float]
    found: list[list[str]]
    rss_mb: int
    cpu_ms: float
    open_ms: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was measured over one corpus; times in milliseconds as p50, p95, p99."""

    corpus: str
    points: int
    single: list[float]
    threads: list[float]
    processes: list[float]
    per_second: list[float]
    rss_mb: int
    cpu_ms: float
    open_ms: float
    bm25: list[float]
    local: list[float]
    same: float

    def row(self) -> list[object]:
        """One line of the table."""
        peer = [self.bm25[0], self.local[0] if self.local else "", f"{self.same:.0%}" if self.local else ""]
        return [self.corpus, self.points, *self.single, self.threads[1], self.processes[1], *self.per_second[1:],
                self.cpu_ms, self.rss_mb, self.open_ms, *peer]  # fmt: skip


HEAD = ["corpus", "passages", "p50 ms", "p95", "p99", "8 threads p95", "8 over cores p95", "8 threads /s",
        "8 over cores /s", "cpu ms", "RSS MB", "open ms", "bm25 p50", "local p50", "same top 10"]  # fmt: skip


def main() -> None:
    """Measure each corpus, print a table and the closing line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few questions, and a tenth of the laws")
    parser.add_argument("--full", action="store_true", help="all of the laws as well (minutes to ingest)")
    parser.add_argument("--home", type=Path, help="a data folder with a knowledge base, which is only read")
    parser.add_argument("--no-peer", action="store_true", help="without local mode, which takes minutes to fill")
    parser.add_argument("--json", action="store_true", help="the closing line only")
    arguments = parser.parse_args()
    aliases = [alias for issue in issue_table().values() for alias in issue.aliases]
    questions = [SAYINGS[n % len(SAYINGS)].format(alias) for n, alias in enumerate(aliases)]
    asked = questions[:: 4 if arguments.quick else 1]
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for name, home in corpora(Path(folder), arguments):
            outcomes.append(measure(name, home, asked, peer_questions=0 if arguments.no_peer else 3))
            if not arguments.json:
                print(table([outcomes[-1].row()], HEAD), flush=True)
    report(outcomes)


def report(outcomes: Sequence[Outcome]) -> None:
    """The closing line; the goals are for the largest corpus."""
    largest = max(outcomes, key=lambda one: one.points)
    ratios = {"bm25": round(largest.single[0] / largest.bm25[0], 1)}
    if largest.local:
        ratios["local_mode"] = round(largest.local[0] / largest.single[0], 1)
    finish(
        "retrieval",
        ours={
            one.corpus: {
                "passages": one.points,
                "single_ms": one.single,
                "eight_threads_ms": one.threads,
                "eight_over_cores_ms": one.processes,
                "per_second": one.per_second,
                "cpu_ms": one.cpu_ms,
                "rss_mb": one.rss_mb,
                "load": round(os.getloadavg()[0], 1),
            }
            for one in outcomes
        },
        peer={one.corpus: {"bm25_ms": one.bm25, "local_mode_ms": one.local} for one in outcomes},
        ratio=ratios,
        goal={"p95_ms": GOAL_P95_MS, "rss_mb": GOAL_RSS_MB, "same_top_10": 1.0},
        holds=largest.single[1] <= GOAL_P95_MS
        and largest.rss_mb <= GOAL_RSS_MB
        and all(one.same == 1.0 for one in outcomes if one.local),
    )


def corpora(folder: Path, arguments: argparse.Namespace) -> Iterator[tuple[str, Path]]:
    """Name and data folder of each corpus, made on the way."""
    if arguments.home:
        yield "home", arguments.home
        return
    open_knowledge(KnowledgeSettings(home=folder / "starter")).close()
    yield "starter", folder / "starter"
    laws = Path(os.environ.get("LIANZHI_SHARED", Path(__file__).parents[2] / "shared")) / "laws"
    if laws.is_dir():
        yield "some laws", _ingested(folder / "some", _some_files(laws, SOME_BYTES // (10 if arguments.quick else 1)))
        if arguments.full:
            yield "all laws", _ingested(folder / "all", [laws])


def _some_files(folder: Path, budget: int) -> list[Path]:
    """Files of law up to so many bytes, national law first."""
    files = [path for _, path in find_files([folder]) if not isinstance(path, Skipped) and path.suffix == ".md"]
    sizes = np.cumsum([path.stat().st_size for path in files])
    return files[: int(np.searchsorted(sizes, budget))]


def _ingested(home: Path, paths: Sequence[Path]) -> Path:
    base = open_knowledge(KnowledgeSettings(home=home))
    base.ingest(paths)
    base.close()
    return home


def measure(name: str, home: Path, questions: Sequence[str], *, peer_questions: int) -> Outcome:
    """Ask one base in all ways."""
    cores = os.cpu_count() or 1
    single = _ask_in_processes(home, questions, processes=1, threads=1)
    threads = _ask_in_processes(home, questions, processes=1, threads=CLIENTS)
    processes = _ask_in_processes(home, questions, processes=cores, threads=CLIENTS // cores)
    with _points(home) as (shard, points):
        bm25 = _plain_bm25(shard, questions)
        local, same = _local_mode(home, shard, questions[:peer_questions], single[0].found)
    return Outcome(
        corpus=name,
        points=points,
        single=_percentiles(single),
        threads=_percentiles(threads),
        processes=_percentiles(processes),
        per_second=[_per_second(all_) for all_ in (single, threads, processes)],
        rss_mb=max(one.rss_mb for one in (*single, *threads)),
        cpu_ms=round(single[0].cpu_ms, 2),
        open_ms=round(single[0].open_ms),
        bm25=bm25,
        local=local,
        same=same,
    )


def _percentiles(answers: Sequence[Answers]) -> list[float]:
    return [round(float(at), 2) for at in np.percentile([t for one in answers for t in one.times], [50, 95, 99])]


def _per_second(answers: Sequence[Answers]) -> float:
    return round(sum(len(one.times) for one in answers) / max(one.wall_s for one in answers), 1)


def _ask_in_processes(home: Path, questions: Sequence[str], *, processes: int, threads: int) -> list[Answers]:
    """Fresh processes, so that memory is that of a service; they open the base, then all begin at once."""
    spawning = multiprocessing.get_context("spawn")
    ready = spawning.Barrier(processes)
    inbox = spawning.Queue()
    workers = [
        spawning.Process(target=_client, args=(home, questions[at::processes], threads, ready, inbox))
        for at in range(processes)
    ]
    for worker in workers:
        worker.start()
    answers = [inbox.get(timeout=1200) for _ in workers]
    for worker in workers:
        worker.join()
    return answers


def _client(home: Path, questions: Sequence[str], threads: int, ready, inbox) -> None:  # noqa: ANN001 - of multiprocessing
    """Open the base and ask; the questions are shared out among threads."""
    started = perf_counter()
    base = open_knowledge(KnowledgeSettings(home=home))
    base.search("开一次", limit=1)
    open_ms = (perf_counter() - started) * 1000
    for question in questions[-WARM:]:
        base.search(f"先问一句{question}", limit=LIMIT)

    def ask(question: str) -> tuple[float, list[str]]:
        began = perf_counter()
        found = [passage.id for passage in base.search(question, limit=LIMIT)]
        return (perf_counter() - began) * 1000, found

    ready.wait()
    wall, cpu = perf_counter(), process_time()
    with ThreadPoolExecutor(threads) as pool:
        asked = list(pool.map(ask, questions)) if threads > 1 else [ask(question) for question in questions]
    wall, cpu = perf_counter() - wall, process_time() - cpu
    inbox.put(
        Answers(
            times=[time for time, _ in asked],
            found=[found for _, found in asked],
            rss_mb=_rss_mb(),
            cpu_ms=cpu * 1000 / len(questions),
            open_ms=open_ms,
            wall_s=wall,
        )
    )
    base.close()


def _rss_mb() -> int:
    """Largest resident set of this process so far."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


@contextmanager
def _points(home: Path) -> Iterator[tuple[qdrant_edge.EdgeShard, int]]:
    """The points of a base, in a copy of its own."""
    loan = Shelf(home / "knowledge").borrow()
    if loan is None:
        raise SystemExit(f"{home} holds no knowledge base")
    shard = qdrant_edge.EdgeShard.load(str(loan.folder))
    try:
        yield shard, shard.count(qdrant_edge.CountRequest(exact=True, filter=_of_state("ready")))
    finally:
        shard.close()
        loan.give_back()


def _of_state(state: str) -> qdrant_edge.Filter:
    return qdrant_edge.Filter(must=[qdrant_edge.FieldCondition("state", match=qdrant_edge.MatchValue(state))])


def _pages(shard: qdrant_edge.EdgeShard, state: str, *, payload: bool) -> Iterator[list[Any]]:
    offset = None
    while True:
        page, offset = shard.scroll(
            qdrant_edge.ScrollRequest(
                offset=offset,
                limit=1000,
                filter=_of_state(state),
                with_payload=payload,
                with_vector=["sparse", "dense"],
            )
        )
        yield page
        if offset is None:
            return


def _plain_bm25(shard: qdrant_edge.EdgeShard, questions: Sequence[str]) -> list[float]:
    """p50, p95, p99 of ten best by one matrix of the stored term weights; its IDF is BM25's."""
    ids: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    for page in _pages(shard, "ready", payload=False):
        for point in page:
            vector = point.vector["sparse"]
            ids.append(np.array(vector.indices, dtype=np.int64))
            weights.append(np.array(vector.values, dtype=np.float32))
    terms, columns = np.unique(np.concatenate(ids), return_inverse=True)
    rows = np.repeat(np.arange(len(ids)), [len(one) for one in ids])
    matrix = csc_matrix((np.concatenate(weights), (rows, columns)), shape=(len(ids), len(terms)), dtype=np.float32)
    held = np.diff(matrix.indptr)
    idf = np.log((len(ids) - held + 0.5) / (held + 0.5) + 1).astype(np.float32)
    times = []
    for question in questions:
        began = perf_counter()
        asked, said = query_vector(question)
        at = np.minimum(np.searchsorted(terms, asked), len(terms) - 1)
        known = terms[at] == asked
        scores = matrix[:, at[known]] @ (said[known] * idf[at[known]])
        best = np.argpartition(-scores, min(LIMIT, len(scores) - 1))[:LIMIT]
        best[np.argsort(-scores[best], kind="stable")]
        times.append((perf_counter() - began) * 1000)
    return [round(float(at), 2) for at in np.percentile(times, [50, 95, 99])]


def _local_mode(
    home: Path, shard: qdrant_edge.EdgeShard, questions: Sequence[str], ours: Sequence[list[str]]
) -> tuple[list[float], float]:
    """p50, p95, p99 of the same code over local mode, and in how many questions the ten answers are the same ones."""
    if not questions:
        return [], 1.0
    settings = KnowledgeSettings(home=home)
    encoder = encoder_of(settings)
    weights = FusionWeights(dense=encoder.dense_weight)
    model = identity_of(encoder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # local mode says that it is not made for this, which is what is measured
        client = QdrantClient(":memory:")
        _fill(client, shard, Maker(model, encoder.dim))
        # In one process there is no trip to be saved: the second search of `one_trip` would only cost.
        peer = RemoteStore(client, "bench", dim=encoder.dim, model=model, weights=weights, one_trip=False)
        other = KnowledgeBase(settings, encoder, peer, system_clock)
        other.search("开一次", limit=1)
        times, same = [], []
        for question, found in zip(questions, ours, strict=False):
            began = perf_counter()
            answer = [passage.id for passage in other.search(question, limit=LIMIT)]
            times.append((perf_counter() - began) * 1000)
            same.append(answer == found)
    return [round(float(at), 2) for at in np.percentile(times, [50, 95, 99])], float(np.mean(same))


def _fill(client: QdrantClient, shard: qdrant_edge.EdgeShard, maker: Maker) -> None:
    """Copy all points as they are: a builder would look for each document's passages, by a scan of everything."""
    collections = Collections(client, "bench")
    name = collections.create(maker)
    engine = QdrantEngine(client, name)
    for page in _pages(shard, "ready", payload=True):
        dense = np.array([point.vector["dense"] for point in page], dtype=np.float32)
        sparse = [
            (np.array(one.indices, dtype=np.uint32), np.array(one.values, dtype=np.float32))
            for one in (point.vector["sparse"] for point in page)
        ]
        engine.put([int(point.id) for point in page], [point.payload for point in page], dense, sparse)
    for page in _pages(shard, "document", payload=True):
        engine.put([int(point.id) for point in page], [point.payload for point in page])
    engine.put([document_point_id("")], [{"state": "stamp", "stamp": 1}])
    collections.publish(name)


if __name__ == "__main__":
    main()

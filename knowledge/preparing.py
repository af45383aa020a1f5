"""Files made ready for the store, in this process or in several: read, cut, screened and turned into vectors.

Results come in the order of the files whatever the number of workers, and only a few files are under way at once. A
worker that dies costs the file that killed it; the others go on in fresh processes.
"""

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.captions import captioned_text
from knowledge.corpus import build_document
from knowledge.document import Corpus
from knowledge.embedding import Encoder
from knowledge.encoder import StaticEncoder
from knowledge.ocr import TextRecogniser
from knowledge.readers import read_units
from knowledge.records import FloatArray, PassageRecord, SparseVector
from knowledge.sparse import passage_vector
from knowledge.textunits import Skipped, Unreadable

_log = logging.getLogger(__name__)

MAX_WORKERS = 4
WORTH_BYTES = 4 * 2**20
"""Less text than this is done before a second process has started."""
_AHEAD = 4
"""Files under way or waiting to be written, for each worker."""
_WHOLE = 4096
"""Longer documents get their vectors where they are written, batch by batch, instead of travelling with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file, the name under which it is reported, and its size in bytes."""

    path: Path
    source: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for all files of a run.

    Attributes:
        kind: `law`, `case`, `doc`, or None to decide by the content.
        recogniser: Reads scans; None leaves them out.
        encoder: Makes dense vectors in the workers; None leaves them to the writer (a model too big to be copied).
        known: `reading` of the documents held, by id: these need no vectors.
    """

    kind: str | None = None
    recogniser: TextRecogniser | None = None
    encoder: Encoder | None = None
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Vectors of one document's passages, packed for the way between processes.

    `dense` is (n, dim) or None; token ids and weights of all sparse vectors lie end to end, cut at `ends`.
    """

    dense: FloatArray | None
    ids: NDArray[np.uint32]
    weights: FloatArray
    ends: NDArray[np.int64]

    def sparse(self) -> list[SparseVector]:
        """One vector a passage."""
        return list(zip(np.split(self.ids, self.ends[:-1]), np.split(self.weights, self.ends[:-1]), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One file made ready: a document, with vectors unless it is known or long, or why there is none."""

    task: Task
    document: Corpus | None = None
    vectors: Vectors | None = None
    skipped: Skipped | None = None


def default_workers() -> int:
    """As many as there are cores, four at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MAX_WORKERS)


def portable(encoder: Encoder) -> Encoder | None:
    """The encoder if workers may have copies of it: the shipped table yes, a model of torch no."""
    return encoder if isinstance(encoder, StaticEncoder) else None


def prepare(task: Task, job: Job, *, vectors: bool = True) -> Prepared:
    """Read one file and make it ready."""
    try:
        units = read_units(task.path, job.recogniser)
        document = build_document(task.path, units, kind=job.kind, source=task.source)
    except Unreadable as error:
        return Prepared(task=task, skipped=Skipped.of(task.source, error.reason_code, error.message))
    known = job.known.get(document.id, "") == document.meta["reading"]
    if known or not vectors or len(document.records) > _WHOLE:
        return Prepared(task=task, document=document)
    return Prepared(task=task, document=document, vectors=vectors_of(document.records, job.encoder))


def vectors_of(records: Sequence[PassageRecord], encoder: Encoder | None) -> Vectors:
    """Vectors of passages; dense ones only with an encoder."""
    sparse = [passage_vector(record) for record in records]
    return Vectors(
        dense=encoder.encode_documents([captioned_text(record) for record in records]) if encoder and records else None,
        ids=np.concatenate([np.empty(0, dtype=np.uint32), *(ids for ids, _ in sparse)]),
        weights=np.concatenate([np.empty(0, dtype=np.float32), *(weights for _, weights in sparse)]),
        ends=np.cumsum([len(ids) for ids, _ in sparse], dtype=np.int64),
    )


def prepare_all(tasks: Sequence[Task], job: Job, *, workers: int) -> Generator[Prepared]:
    """Make files ready, in their order.

    Args:
        tasks: The files.
        job: What is the same for all.
        workers: Processes; 1 stays in this one, and so do few files, which cost less than starting another.
    """
    if workers > 1 and len(tasks) > 1 and sum(task.size for task in tasks) >= WORTH_BYTES:
        crew = _Crew(job, workers)
        if crew.starts():
            yield from crew.work(tasks)
            return
    for task in tasks:
        yield prepare(task, job, vectors=False)


class _Crew:
    """Worker processes, replaced when one of them dies."""

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def starts(self) -> bool:
        """Whether processes can be started here: a script without a guard around its main part cannot have any."""
        try:
            self._submit(None, self._workers).result()
        except (BrokenProcessPool, OSError) as error:
            _log.warning("no worker processes (%s): files are read in this one", error)
            self._stop()
            return False
        return True

    def work(self, tasks: Iterable[Task]) -> Iterator[Prepared]:
        """Results in the order of the tasks."""
        coming = iter(tasks)
        waiting: deque[tuple[Task, Future[Prepared | None]]] = deque()
        try:
            while True:
                while len(waiting) < self._workers * _AHEAD and (task := next(coming, None)) is not None:
                    waiting.append((task, self._submit(task, self._workers)))
                if not waiting:
                    return
                task, future = waiting.popleft()
                try:
                    yield _result(future)
                except BrokenProcessPool:
                    yield from self._one_by_one([(task, future), *waiting])
                    waiting.clear()
        finally:
            self._stop()

    def _one_by_one(self, waiting: Sequence[tuple[Task, Future[Prepared | None]]]) -> Iterator[Prepared]:
        """After a death: what was done is taken, the rest tried alone, so that the file that kills is found."""
        self._stop()
        for task, future in waiting:
            if future.done() and not future.cancelled() and future.exception() is None:
                yield _result(future)
                continue
            try:
                yield _result(self._submit(task, 1))
            except BrokenProcessPool:
                self._stop()
                yield Prepared(task=task, skipped=Skipped.of(task.source, "crashed", "解析该文件时程序意外退出"))
        self._stop()

    def _submit(self, task: Task | None, workers: int) -> "Future[Prepared | None]":
        """Hand a task to the pool; a pool that broke unnoticed says so through the future."""
        if self._pool is None:
            spawning = multiprocessing.get_context("spawn")  # nothing inherited: no threads, no open store, no torch
            self._pool = ProcessPoolExecutor(workers, spawning, initializer=_begin, initargs=(self._job,))
        try:
            return self._pool.submit(_prepare_here, task)
        except BrokenProcessPool as error:
            broken: Future[Prepared | None] = Future()
            broken.set_exception(error)
            return broken

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _result(future: "Future[Prepared | None]") -> Prepared:
    found = future.result()
    assert found is not None  # only the first call, which asks whether anybody is there, has no task
    return found


_here: list[Job] = []
"""The job of this worker process."""


def _begin(job: Job) -> None:
    """Set up a worker: it leaves Ctrl-C to its parent, and goes when the parent is killed."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _here.append(job)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def _prepare_here(task: Task | None) -> Prepared | None:
    return prepare(task, _here[0]) if task is not None else None

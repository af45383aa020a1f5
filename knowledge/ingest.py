"""Files into the store: incremental, resumable, parallel, and counted, so that nothing is lost without being said."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from domain.errors import InvalidInput, UnreadableDocument
from knowledge import bounds
from knowledge.captions import captioned_text
from knowledge.document import KINDS, Corpus, version_of
from knowledge.embedding import Encoder
from knowledge.folders import FolderBook
from knowledge.intake import Intake, missing_sources
from knowledge.links import LINKS, link
from knowledge.ocr import TextRecogniser
from knowledge.preparing import Job, Prepared, Task, default_workers, portable, prepare_all
from knowledge.readers import MAX_BYTES, find_files
from knowledge.records import FloatArray, PassageRecord, SparseVector
from knowledge.report import IngestReport
from knowledge.sparse import passage_vector
from knowledge.store import VectorStore
from knowledge.textunits import Skipped
from knowledge.validity import Expiry, LawVersion, expiries, started

__all__ = ["IngestReport", "Options", "Progress", "Step", "Watch", "ingest", "load", "settle"]

BATCH_PASSAGES = 1024
"""Passages encoded and written at once; a kill costs at most so many."""
READING = "3"
"""Goes up when files are read otherwise than before: then every file is read again, else only those that changed."""

_SETTLED = ("starts", "expiry", *LINKS)
"""What `settle` writes into the meta of a law's document."""


class Step(NamedTuple):
    """How far an ingest is: files done and in all, the file at hand, passages new so far, files left out so far."""

    done: int
    total: int
    name: str
    passages: int = 0
    skipped: int = 0


Progress = Callable[[int, int, str], None]
"""Called with things done, things in all, and the name of the one at hand."""
Watch = Callable[[Step], None]
"""Told before every file, and once at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How an ingest is done.

    Attributes:
        kind: `law`, `case` or `doc` for all files; None decides file by file.
        workers: Processes that read and encode; None takes one for each core, four at most; 1 stays in this process.
        prune: Remove documents whose files have left a folder that is named again.
        recogniser: Reads scanned pages; None leaves them out.
        book: Where folders lay before; None misses no file.
        watch: Told of every file.
    """

    kind: str | None = None
    workers: int | None = None
    prune: bool = False
    recogniser: TextRecogniser | None = None
    book: FolderBook | None = None
    watch: Watch | None = None


class Writer:
    """Encodes and writes documents in batches; a document counts when its last passage is written."""

    def __init__(self, store: VectorStore, encoder: Encoder) -> None:
        self.store = store
        self.encoder = encoder
        self.waiting: list[Prepared | Corpus] = []
        self.count = 0

    def add(self, one: Prepared | Corpus) -> None:
        """Queue one document; writes when a batch is full."""
        self.waiting.append(one)
        self.count += len(_document(one).records)
        if self.count >= BATCH_PASSAGES:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        rows = [row for one in self.waiting for row in _rows(one)]
        for start in range(0, len(rows), BATCH_PASSAGES):
            self._write_batch(rows[start : start + BATCH_PASSAGES])
        for one in self.waiting:
            self.store.finish_document(_document(one).id, _document(one).meta)
        self.waiting.clear()
        self.count = 0

    def _write_batch(self, rows: Sequence["_Row"]) -> None:
        texts = [captioned_text(row.record) for row in rows if row.dense is None]
        fresh = iter(self.encoder.encode_documents(texts) if texts else ())
        dense = [next(fresh) if row.dense is None else row.dense for row in rows]
        sparse = [passage_vector(row.record) if row.sparse is None else row.sparse for row in rows]
        self.store.upsert([row.record for row in rows], np.stack(dense), sparse)


class _Row(NamedTuple):
    """A passage with what is known of its vectors."""

    record: PassageRecord
    dense: FloatArray | None
    sparse: SparseVector | None


def _document(one: Prepared | Corpus) -> Corpus:
    document = one if isinstance(one, Corpus) else one.document
    assert document is not None  # files without a document never reach the writer
    return document


def _rows(one: Prepared | Corpus) -> Iterator[_Row]:
    records = _document(one).records
    vectors = None if isinstance(one, Corpus) else one.vectors
    if vectors is None or len(vectors.ends) != len(records):  # a released passage came back to the document
        return (_Row(record, None, None) for record in records)
    dense = [None] * len(records) if vectors.dense is None else list(vectors.dense)
    return (_Row(*row) for row in zip(records, dense, vectors.sparse(), strict=True))


def ingest(paths: Sequence[Path], store: VectorStore, encoder: Encoder, options: Options | None = None) -> IngestReport:
    """Read files and folders into a builder; the same content twice adds nothing.

    Args:
        paths: Files and folders.
        store: A builder (`knowledge.store.open_builder`).
        encoder: Makes the dense vectors.
        options: How; None takes the defaults.

    Raises:
        InvalidInput: If the kind is none of the three, or there are fewer workers than one.
        UnreadableDocument: If nothing could be read at all, though something was named.
    """
    options = options or Options()
    workers = default_workers() if options.workers is None else options.workers
    if options.kind is not None and options.kind not in KINDS:
        raise InvalidInput(f"没有“{options.kind}”这种文件种类。", "种类只有 law（法规）、case（案例）、doc（其他）。")
    if workers < 1:
        raise InvalidInput(f"进程数不能是 {workers}。", "请写 1 或更大的数；默认每个处理器核心一个，最多四个。")
    report = IngestReport()
    found = list(find_files(paths))
    report.skipped += [one for _, one in found if isinstance(one, Skipped)]
    files = [(one, _source(one, root, options.book)) for root, one in found if isinstance(one, Path)]
    folders = [path for path in paths if path.is_dir()]
    missed = options.book.same(folders) if options.book else set()
    writer = Writer(store, encoder)
    intake = Intake(store, writer, report, missing=missing_sources(store, files, missed))
    _read_files(files, intake, options, workers, portable(encoder))
    writer.write()
    intake.report_gone(prune=options.prune)
    settle(store)
    store.flush()
    if options.book:
        options.book.remember()
    if options.watch:
        options.watch(Step(len(files), len(files), "完成", report.passages, len(report.skipped)))
    if report.skipped and not (report.documents or report.already or report.replaced or report.gone):
        first = report.skipped[0]
        raise UnreadableDocument(f"没有可导入的文件：{first.source}：{first.reason}。", first.hint)
    finish(store, report)
    return report


def _read_files(
    files: Sequence[tuple[Path, str]], intake: Intake, options: Options, workers: int, encoder: Encoder | None
) -> None:
    """Take the files one by one; those whose bytes are known are not read again."""
    marks = [_mark(path, source, options) for path, source in files]
    fresh = [
        Task(path=path, source=source, size=_size(path))
        for (path, source), mark in zip(files, marks, strict=True)
        if mark not in intake.by_mark
    ]
    readings = {doc_id: meta.get("reading", "") for doc_id, meta in intake.held.items()}
    job = Job(kind=options.kind, recogniser=options.recogniser, encoder=encoder, known=readings)
    with closing(prepare_all(fresh, job, workers=workers)) as coming:
        for done, ((path, source), mark) in enumerate(zip(files, marks, strict=True)):
            if options.watch:
                step = Step(done, len(files), path.name, intake.report.passages, len(intake.report.skipped))
                options.watch(step)
            if mark in intake.by_mark:
                intake.take_known(intake.by_mark[mark], source)
            else:
                intake.take(next(coming), mark)


def load(documents: Iterable[Corpus], store: VectorStore, encoder: Encoder) -> None:
    """Write documents that are already made (the starter corpus)."""
    writer = Writer(store, encoder)
    for document in documents:
        writer.add(document)
    writer.write()
    settle(store)
    store.flush()


def settle(store: VectorStore) -> None:
    """Bring starts, ends and links of all laws up to date: a new version ends an older one wherever it came from.

    Searching for a day goes by the dates of passages, citing by the catalogue: both must be what is known now, the
    packaged table included. The meta keeps what the text itself says.
    """
    documents = store.documents()
    read = {doc_id: version for doc_id, meta in documents.items() if (version := version_of(doc_id, meta))}
    versions = {doc_id: started(version) for doc_id, version in read.items()}
    ends = expiries(versions.values())
    links = link(versions.values(), ends, [doc_id for doc_id in versions if documents[doc_id].get("digest")])
    for doc_id, version in versions.items():
        meta, end = documents[doc_id], ends[doc_id]
        settled: dict[str, Any] = {**links[doc_id], **_plain_start(version, read[doc_id]), **_plain_expiry(end)}
        if settled == {key: meta[key] for key in _SETTLED if key in meta}:
            continue
        changes = {
            "effective_date": version.effective_date,
            "expiry_date": end.day,
            "expiry_kind": end.kind,
            "superseded_by": end.by,
            "status_note": end.note,
        }
        kept = {key: value for key, value in meta.items() if key not in _SETTLED}
        store.amend_document(doc_id, changes, kept | settled)


def finish(store: VectorStore, report: IngestReport) -> None:
    """Fill in what the knowledge base holds afterwards; passages that are missing are counted as lost."""
    documents = store.documents()
    report.total_documents = len(documents)
    report.total_passages = store.count()
    expected = sum(int(meta.get("passages", 0)) for meta in documents.values())
    report.lost += max(0, expected - report.total_passages)
    report.version = store.version()


def _mark(path: Path, source: str, options: Options) -> str:
    """Hash of a file's bytes and of what else decides how it is read; empty when it cannot or need not be read."""
    try:
        if not path.is_file() or not 0 < path.stat().st_size <= MAX_BYTES:
            return ""
        with path.open("rb") as opened:
            content = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""  # the reader says what is wrong with it
    return hashlib.sha256(f"{READING}\0{options.kind}\0{source}\0{content}".encode()).hexdigest()[:32]


def _size(path: Path) -> int:
    try:
        return min(path.stat().st_size, bounds.MAX_TEXT_BYTES)
    except OSError:
        return 0


def _plain_start(version: LawVersion, read: LawVersion) -> dict[str, str]:
    """Only where it is another than the text says."""
    day = version.effective_date
    return {} if day is None or day == read.effective_date else {"starts": day.isoformat()}


def _plain_expiry(expiry: Expiry) -> dict[str, dict[str, str]]:
    """Only where there is something to say."""
    if expiry == Expiry():
        return {}
    day = expiry.day.isoformat() if expiry.day else ""
    return {"expiry": {"day": day, "kind": expiry.kind, "by": expiry.by, "note": expiry.note}}


def _source(path: Path, root: Path, book: FolderBook | None) -> str:
    """Name of a file in reports and passages: its path from the folder that was named, that folder included.

    What lies in a part of it that was named before is known from there on, as it was.
    """
    try:
        inner = path.resolve().relative_to(root.resolve())
    except ValueError:  # reached through a link that leads out of the folder
        return path.as_posix()
    if book is None:
        return Path(root.resolve().name, inner).as_posix()
    book.name(root)
    return book.name(path)

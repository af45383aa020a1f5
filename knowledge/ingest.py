"""Files into the store: incremental, resumable, and counted, so that nothing is lost without being said."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput, UnreadableDocument
from knowledge.corpus import KINDS, LAW, Corpus, build_document, version_of
from knowledge.embedding import Encoder
from knowledge.names import law_key
from knowledge.readers import find_files, read_units
from knowledge.sparse import sparse_vector
from knowledge.store import VectorStore
from knowledge.textunits import Skipped, Unreadable
from knowledge.validity import Expiry, expiries

BATCH_PASSAGES = 1024
"""Passages encoded and written at once; a kill costs at most so many."""
_SHOWN = 20

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the name of the file at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFault:
    """A fault in a text that was taken in all the same."""

    source: str
    code: str
    detail: str
    line: int


@dataclass(slots=True, kw_only=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        documents, passages, articles: New in this run.
        already: Documents that were there before with the same content.
        replaced: Documents that took the place of an older content of the same file.
        duplicates: (file, file with the same content); counted once.
        skipped: Files left out, with code, reason and hint.
        faults: Faults in texts that were taken in.
        laws: Articles by law and version, of the laws in the files.
        counted, lost: Articles counted in the files independently of the parser, and how many of them are not stored.
        total_documents, total_passages: In the knowledge base afterwards.
        version: Of the knowledge base afterwards.
    """

    documents: int = 0
    passages: int = 0
    articles: int = 0
    already: int = 0
    replaced: int = 0
    counted: int = 0
    lost: int = 0
    total_documents: int = 0
    total_passages: int = 0
    version: str = ""
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    faults: list[TextFault] = field(default_factory=list)
    laws: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "documents": self.documents,
            "passages": self.passages,
            "articles": self.articles,
            "already": self.already,
            "replaced": self.replaced,
            "articles_counted": self.counted,
            "lost": self.lost,
            "laws": len(self.laws),
            "articles_by_law": self.laws,
            "duplicates": [{"source": source, "same_as": other} for source, other in self.duplicates],
            "skipped": [
                {"source": one.source, "code": one.code, "reason": one.reason, "hint": one.hint} for one in self.skipped
            ],
            "faults": [
                {"source": one.source, "code": one.code, "detail": one.detail, "line": one.line} for one in self.faults
            ],
            "total_documents": self.total_documents,
            "total_passages": self.total_passages,
            "version": self.version,
        }

    def lines(self) -> list[str]:
        """The report for people, in Chinese."""
        lines = [
            f"新增文件 {self.documents} 个，段落 {self.passages} 段，其中法规条文 {self.articles} 条；"
            f"已有 {self.already} 个，更新 {self.replaced} 个，"
            f"重复 {len(self.duplicates)} 个，跳过 {len(self.skipped)} 个。",
            f"本次文件中法规 {len(self.laws)} 部，独立清点条文 {self.counted} 条，丢失 {self.lost} 条。",
            f"知识库现有文件 {self.total_documents} 个、段落 {self.total_passages} 段，版本 {self.version}。",
        ]
        lines += [f"跳过 {one.source}（{one.code}）：{one.reason}。{one.hint}" for one in self.skipped[:_SHOWN]]
        lines += [f"重复 {source}：与 {other} 内容相同，只计一次。" for source, other in self.duplicates[:_SHOWN]]
        kinds = Counter(fault.code for fault in self.faults)
        if kinds:
            counts = (f"{FAULT_NAMES.get(code, code)} {count} 处" for code, count in sorted(kinds.items()))
            lines.append("文本瑕疵：" + "，".join(counts))
        return lines


FAULT_NAMES = {
    "bad_row": "读不懂的行",
    "history_incomplete": "沿革不全",
    "misprinted_number": "条号误印",
    "missing_articles": "缺条",
    "no_title": "没有标题",
    "no_version_date": "没有版本日期",
    "out_of_order": "条号次序不对",
    "quoted_article": "引文中的条",
    "starts_late": "不从第一条开始",
    "unread_head_line": "读不懂的题注",
}
"""Codes of `knowledge.law.Fault` as people read them."""


class Writer:
    """Encodes and writes documents in batches; a document counts when its last passage is written."""

    def __init__(self, store: VectorStore, encoder: Encoder) -> None:
        self.store = store
        self.encoder = encoder
        self.waiting: list[Corpus] = []

    def add(self, document: Corpus) -> None:
        """Queue one document; writes when a batch is full."""
        self.waiting.append(document)
        if sum(len(one.records) for one in self.waiting) >= BATCH_PASSAGES:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        records = [record for document in self.waiting for record in document.records]
        for start in range(0, len(records), BATCH_PASSAGES):
            part = records[start : start + BATCH_PASSAGES]
            texts = [record.index_text for record in part]
            self.store.upsert(part, self.encoder.encode_documents(texts), [sparse_vector(text) for text in texts])
        for document in self.waiting:
            self.store.finish_document(document.id, document.meta)
        self.waiting.clear()


def ingest(
    paths: Sequence[Path],
    store: VectorStore,
    encoder: Encoder,
    *,
    kind: str | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read files and folders into a builder; the same content twice adds nothing.

    Args:
        paths: Files and folders.
        store: A builder (`knowledge.store.open_builder`).
        encoder: Makes the dense vectors.
        kind: `law`, `case` or `doc` for all files; None decides file by file.
        progress: Told of every file.

    Raises:
        InvalidInput: If `kind` is none of the three.
        UnreadableDocument: If nothing could be read at all, though something was named.
    """
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"没有“{kind}”这种文件种类。", "种类只有 law（法规）、case（案例）、doc（其他）。")
    report = IngestReport()
    found = list(find_files(paths))
    report.skipped += [one for _, one in found if isinstance(one, Skipped)]
    files = [(one, _source(one, root)) for root, one in found if isinstance(one, Path)]
    intake = _Intake(store, Writer(store, encoder), report)
    for done, (path, source) in enumerate(files):
        if progress:
            progress(done, len(files), path.name)
        try:
            intake.take(build_document(path, read_units(path), kind=kind, source=source))
        except Unreadable as error:
            report.skipped.append(Skipped.of(source, error.reason_code, error.message))
    intake.writer.write()
    settle(store)
    store.flush()
    if progress:
        progress(len(files), len(files), "完成")
    if report.skipped and not (report.documents or report.already or report.replaced):
        first = report.skipped[0]
        raise UnreadableDocument(f"没有可导入的文件：{first.source}：{first.reason}。", first.hint)
    finish(store, report)
    return report


def load(documents: Iterable[Corpus], store: VectorStore, encoder: Encoder) -> None:
    """Write documents that are already made (the starter corpus)."""
    writer = Writer(store, encoder)
    for document in documents:
        writer.add(document)
    writer.write()
    settle(store)
    store.flush()


def settle(store: VectorStore) -> None:
    """Bring the end of every law's version up to date: a new version ends an older one wherever it came from."""
    documents = store.documents()
    versions = {doc_id: version for doc_id, meta in documents.items() if (version := version_of(doc_id, meta))}
    for doc_id, expiry in expiries(versions.values()).items():
        plain = _plain_expiry(expiry)
        if documents[doc_id].get("expiry", _plain_expiry(Expiry())) != plain:
            changes = {
                "expiry_date": expiry.day,
                "expiry_kind": expiry.kind,
                "superseded_by": expiry.by,
                "status_note": expiry.note,
            }
            store.amend_document(doc_id, changes, {**documents[doc_id], "expiry": plain})


def finish(store: VectorStore, report: IngestReport) -> None:
    """Fill in what the knowledge base holds afterwards; passages that are missing are counted as lost."""
    documents = store.documents()
    report.total_documents = len(documents)
    report.total_passages = store.count()
    expected = sum(int(meta.get("passages", 0)) for meta in documents.values())
    report.lost += max(0, expected - report.total_passages)
    report.version = store.version()


class _Intake:
    """Decides what happens to each document of one run."""

    def __init__(self, store: VectorStore, writer: Writer, report: IngestReport) -> None:
        self.store = store
        self.writer = writer
        self.report = report
        self.known: dict[str, Mapping[str, Any]] = dict(store.documents())
        self.before = frozenset(self.known)
        self.seen: dict[str, str] = {}
        self.by_source = {meta.get("source", ""): doc_id for doc_id, meta in self.known.items()}
        self.by_version = {_version_key(meta): doc_id for doc_id, meta in self.known.items() if _version_key(meta)}

    def take(self, document: Corpus) -> None:
        """Write, pass over or replace."""
        if document.id in self.seen:
            self.report.duplicates.append((document.source, self.seen[document.id]))
            return
        if document.id in self.before:
            self._count(document)
            self.report.already += 1
            return
        replaced = self._forerunner(document)
        twin = self.by_version.get(_version_key(document.meta))
        if twin and twin != replaced:
            other = self.known[twin]["source"]
            reason = f"《{document.title}》{document.meta['version_date']} 版本已由 {other} 收录，两处文字略有不同"
            self.report.skipped.append(Skipped.of(document.source, "duplicate_version", reason))
            return
        if replaced:
            self.store.delete_document(replaced)
            self.report.replaced += 1
        else:
            self.report.documents += 1
        self._count(document)
        self.report.passages += len(document.records)
        self.report.articles += document.articles
        self._remember(document)
        self.writer.add(document)

    def _forerunner(self, document: Corpus) -> str:
        """Document that the same file held before, if its name is still the same."""
        old = self.by_source.get(document.source, "")
        if not old or old in self.seen:
            return ""
        meta = self.known[old]
        same = meta.get("title") == document.meta["title"] and meta.get("kind") == document.kind
        return old if same and not meta.get("starter") else ""

    def _count(self, document: Corpus) -> None:
        self.seen[document.id] = document.source
        for fault in document.faults:
            self.report.faults.append(
                TextFault(source=document.source, code=fault.code, detail=fault.detail, line=fault.line)
            )
        if document.kind == LAW:
            stored = len({record.article for record in document.records if record.article})
            self.report.laws[_law_label(document)] = stored
            self.report.counted += document.heads
            self.report.lost += max(0, document.heads - stored)

    def _remember(self, document: Corpus) -> None:
        self.known[document.id] = document.meta
        self.by_source[document.source] = document.id
        if key := _version_key(document.meta):
            self.by_version[key] = document.id


def _version_key(meta: Mapping[str, Any]) -> tuple[str, str] | None:
    """What makes two texts the same version; digests stand beside the full text, they are no version of their own."""
    if meta.get("kind") != LAW or meta.get("digest") or not meta.get("law"):
        return None
    return law_key(meta["law"]), meta.get("version_date", "")


def _law_label(document: Corpus) -> str:
    version = document.meta.get("version_date", "")
    return f"{document.title}（{version}）" if version else document.title


def _plain_expiry(expiry: Expiry) -> dict[str, str]:
    return {
        "day": expiry.day.isoformat() if expiry.day else "",
        "kind": expiry.kind,
        "by": expiry.by,
        "note": expiry.note,
    }


def _source(path: Path, root: Path) -> str:
    """Name of a file in reports and passages: its path from the folder that was named, that folder included."""
    base = root.resolve() if root.is_dir() else root.resolve().parent
    try:
        return path.resolve().relative_to(base.parent if root.is_dir() else base).as_posix()
    except ValueError:  # reached through a link that leads out of the folder
        return path.as_posix()

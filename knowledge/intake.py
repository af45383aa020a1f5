"""What becomes of each file of one run: written, passed over, put in the place of an older one, or missed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from knowledge.document import DOC, LAW, Corpus, kept_meta
from knowledge.lawbody import Fault
from knowledge.names import law_key
from knowledge.preparing import Prepared
from knowledge.quarantine import Quarantined, quarantined_in
from knowledge.records import record_of
from knowledge.report import Gone, IngestReport, TextFault
from knowledge.store import VectorStore
from knowledge.textunits import Skipped


class Sink(Protocol):
    """Takes documents that are to be written (`knowledge.ingest.Writer`)."""

    def add(self, one: Prepared) -> None:
        """Queue one document."""
        ...


class Intake:
    """Decides what happens to each document of one run."""

    def __init__(self, store: VectorStore, writer: Sink, report: IngestReport, *, missing: set[str]) -> None:
        self.store = store
        self.writer = writer
        self.report = report
        self.held: dict[str, Mapping[str, Any]] = dict(store.documents())
        self.before = set(self.held)
        self.missing = missing
        self.seen: dict[str, str] = {}
        self.by_source = {meta.get("source", ""): doc_id for doc_id, meta in self.held.items()}
        self.by_version = {key: doc_id for doc_id, meta in self.held.items() if (key := _version_key(meta))}
        self.by_mark = {meta["file"]: doc_id for doc_id, meta in self.held.items() if meta.get("file")}

    def take_known(self, doc_id: str, source: str) -> None:
        """A file with the bytes that it had when its document was written."""
        if doc_id in self.seen:
            self.report.duplicates.append((source, self.seen[doc_id]))
            return
        meta = self.held[doc_id]
        faults = [Fault(code=code, detail=detail, line=line) for code, detail, line in meta.get("faults", ())]
        self._count(doc_id, meta, faults)
        self.report.already += 1

    def take(self, prepared: Prepared, mark: str) -> None:
        """Write, pass over or replace."""
        document = prepared.document
        if document is None:
            self.report.skipped += [prepared.skipped] if prepared.skipped else []
            return
        if document.id in self.seen:
            self.report.duplicates.append((document.source, self.seen[document.id]))
            return
        if document.id in self.before and self._is_same(document):
            self._count(document.id, document.meta, document.faults)
            self.report.already += 1
            self._note_mark(document, mark)
            return
        replaced = document.id if document.id in self.before else self._forerunner(document)
        twin = self.by_version.get(_version_key(document.meta) or ("", ""))
        if twin and not replaced and self._has_left(twin):
            replaced = twin
        if twin and twin != replaced:
            other = self.held[twin]["source"]
            reason = f"《{document.title}》{document.meta['version_date']} 版本已由 {other} 收录，两处文字略有不同"
            self.report.skipped.append(Skipped.of(document.source, "duplicate_version", reason))
            return
        released = quarantined_in(self.held[replaced]) if replaced else []
        document = _with_releases(document, released)
        document = replace(document, meta={**document.meta, "file": mark})
        if replaced:
            self.store.delete_document(replaced)
            self.before.discard(replaced)
            self.report.replaced += 1
        else:
            self.report.documents += 1
        self._count(document.id, document.meta, document.faults)
        self.report.passages += len(document.records)
        self.report.articles += document.articles
        self._remember(document)
        self.writer.add(replace(prepared, document=document))

    def report_gone(self, *, prune: bool) -> None:
        """Name, and if asked remove, what was ingested from a folder named again and is in none of the files now."""
        for source in sorted(self.missing):
            doc_id = self.by_source.get(source, "")
            if doc_id not in self.before or doc_id in self.seen:
                continue
            self.report.gone.append(Gone(source=source, title=self.held[doc_id].get("title", "")))
            if prune:
                self.store.delete_document(doc_id)
                self.report.pruned += 1

    def _has_left(self, doc_id: str) -> bool:
        """Whether the file of a document is no longer in its folder, and nothing in this run has brought it back."""
        return doc_id in self.before and doc_id not in self.seen and self.held[doc_id].get("source") in self.missing

    def _is_same(self, document: Corpus) -> bool:
        """Whether what is held was read as it is read now, and its file is where it says."""
        meta = self.held[document.id]
        return meta.get("reading") == document.meta.get("reading") and meta.get("source") not in self.missing

    def _note_mark(self, document: Corpus, mark: str) -> None:
        """The same file with other blanks: its new bytes are known from now on."""
        meta = self.held[document.id]
        if meta.get("source") == document.source and meta.get("file") != mark:
            self.store.amend_document(document.id, {}, {**meta, "file": mark})

    def _forerunner(self, document: Corpus) -> str:
        """Document that the same file held before, if its name is still the same, or it is read as law only now."""
        old = self.by_source.get(document.source, "")
        if not old or old in self.seen or old not in self.before:
            return ""
        meta = self.held[old]
        same = meta.get("title") == document.meta["title"] and meta.get("kind") == document.kind
        known_as_law = meta.get("kind") == DOC and document.kind == LAW
        return old if (same or known_as_law) and not meta.get("starter") else ""

    def _count(self, doc_id: str, meta: Mapping[str, Any], faults: Iterable[Fault]) -> None:
        source = str(meta["source"])
        self.seen[doc_id] = source
        for fault in faults:
            self.report.faults.append(TextFault(source=source, code=fault.code, detail=fault.detail, line=fault.line))
        apart = quarantined_in(meta)
        self.report.quarantined += [one for one in apart if not one.released]
        if meta["kind"] == LAW and not meta.get("digest"):
            stored = int(meta.get("articles", 0))
            heads = int(meta.get("heads", stored))
            self.report.laws[_law_label(meta)] = stored
            self.report.counted += heads
            self.report.lost += max(0, heads - stored)

    def _remember(self, document: Corpus) -> None:
        self.held[document.id] = document.meta
        self.by_source[document.source] = document.id
        if key := _version_key(document.meta):
            self.by_version[key] = document.id


def _with_releases(document: Corpus, earlier: Sequence[Quarantined]) -> Corpus:
    """What a person let in stays in when its file is read again with the same words."""
    let_in = {one.text: one.released for one in earlier if one.released}
    quarantine = tuple(replace(one, released=let_in.get(one.text, one.released)) for one in document.quarantine)
    if quarantine == document.quarantine:
        return document
    back = [record_of(payload) for one in quarantine if one.released for payload in one.payloads]
    records = tuple(sorted([*document.records, *back], key=lambda record: record.ordinal))
    meta = {**document.meta, **kept_meta(quarantine, document.faults), "passages": len(records)}
    return replace(document, records=records, quarantine=quarantine, meta=meta)


def missing_sources(store: VectorStore, files: Sequence[tuple[Path, str]], folders: set[str]) -> set[str]:
    """Sources of documents held that came from these folders (or are one of these files) and are not there now."""
    there = {source for _, source in files}
    held = {str(meta.get("source", "")) for meta in store.documents().values() if not meta.get("starter")}
    inside = tuple(f"{name}/" for name in folders)
    return {source for source in held - there if source in folders or source.startswith(inside)}


def _version_key(meta: Mapping[str, Any]) -> tuple[str, str] | None:
    """What makes two texts the same version; digests stand beside the full text, they are no version of their own."""
    if meta.get("kind") != LAW or meta.get("digest") or not meta.get("law"):
        return None
    return law_key(meta["law"]), meta.get("version_date", "")


def _law_label(meta: Mapping[str, Any]) -> str:
    version = meta.get("version_date", "")
    name = str(meta.get("law") or meta["title"])
    return f"{name}（{version}）" if version else name

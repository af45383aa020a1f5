"""Approved precedents into the knowledge base, and out again: one small document each, nothing twice.

A document carries the precedent's id in its meta (`precedent`); the same precedent with other words takes the place of
the older one, whoever wrote it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from domain.precedent import Precedent
from domain.precedentdraft import basis_line, ruled_words
from knowledge.corpus import CASE, Corpus, content_id, passage_record
from knowledge.embedding import Encoder
from knowledge.ingest import load
from knowledge.store import VectorStore

SOURCE = "先例库"
"""Where published precedents say they come from."""
KEY = "precedent"
"""Name in a document's meta under which the precedent's id stands."""


def precedent_document(precedent: Precedent) -> Corpus:
    """The document of a precedent; equal precedents give equal documents.

    Account names of officers stay in the records: what is published says what was ruled and when, and the precedent's
    id leads whoever may read the records to the people.
    """
    meta = precedent_meta(precedent)
    text = "\n".join(
        f"{name}：{part}"
        for name, part in (
            ("案情", precedent.facts),
            ("争议", precedent.issue),
            ("处理", precedent.ruling),
            ("依据", basis_line(precedent)),
        )
        if part
    )
    doc_id = content_id(CASE, f"{KEY}\0{precedent.id}", "\n".join([precedent.title, text, *meta.values()]))
    record = passage_record(
        doc_id,
        0,
        kind=CASE,
        text=text,
        title=precedent.title,
        # Everybody who may search may find it, wherever it happened; the place is in its meta.
        region="",
        source=SOURCE,
        # It is no precedent for what happened before it was closed.
        effective_date=precedent.day,
        meta=meta,
    )
    about = {"kind": CASE, "title": precedent.title, "source": SOURCE, "passages": 1, KEY: precedent.id}
    return Corpus(
        id=doc_id, kind=CASE, title=precedent.title, source=SOURCE, version=None, records=(record,), meta=about
    )


def precedent_meta(precedent: Precedent) -> dict[str, str]:
    """What a search finds beside the text: the four fields of every case, its features, and where it comes from."""
    provenance = precedent.provenance
    verdict = ruled_words(provenance.verdict)
    told = [
        f"{provenance.ruled_at[:10]} 经有权人员{verdict}" if provenance.ruled_at else "",
        f"{provenance.approved_at[:10]} 审核收录" if provenance.approved_at else "",
    ]
    versions = {f"{one.law}#{one.article}@{one.version_date}": None for one in precedent.basis}
    return {
        "id": precedent.id,
        "facts": precedent.facts,
        "issue": precedent.issue,
        "ruling": precedent.ruling,
        "basis": ";".join(dict.fromkeys(f"{one.law}#{one.article}" for one in precedent.basis)),
        "versions": ";".join(versions),
        "issues": " ".join(precedent.issues),
        "rules": " ".join(precedent.rules),
        "bearers": "；".join(f"{one.duty}:{one.role}" for one in precedent.bearers),
        "features": precedent.features,
        "region": precedent.region,
        "date": precedent.day.isoformat(),
        "origin": precedent.origin.value,
        "reference": precedent.reference,
        "provenance": "；".join(part for part in told if part),
    }


def published(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Document id by precedent id, of what a store holds (`VectorReader.documents`)."""
    return {meta[KEY]: doc_id for doc_id, meta in documents.items() if meta.get(KEY)}


def publish(documents: Sequence[Corpus], builder: VectorStore, encoder: Encoder) -> int:
    """Write documents that are not there yet, each in the place of an older one of the same precedent; how many."""
    stored = builder.documents()
    held = published(stored)
    fresh = [one for one in documents if one.id not in stored]
    for one in fresh:
        if (old := held.get(one.meta.get(KEY, ""))) is not None:
            builder.delete_document(old)
    if fresh:
        load(fresh, builder, encoder)
    return len(fresh)


def withdraw(precedent_ids: Iterable[str], builder: VectorStore) -> int:
    """Take precedents out; how many there were."""
    held = published(builder.documents())
    gone = [held[key] for key in dict.fromkeys(precedent_ids) if key in held]
    for doc_id in gone:
        builder.delete_document(doc_id)
    builder.flush()
    return len(gone)

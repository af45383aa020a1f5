"""A document ready for the store: its passages, and what the store must remember of it."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from typing_extensions import TypedDict, Unpack

from knowledge.lawbody import Fault
from knowledge.names import law_key
from knowledge.quarantine import QUARANTINE, Quarantined
from knowledge.records import PassageRecord, canonical_json, record_payload
from knowledge.validity import LawVersion

LAW, CASE, DOC = "law", "case", "doc"
KINDS = (LAW, CASE, DOC)

_MENTION = re.compile(r"[《〈]([^《》〈〉]{2,60})[》〉]")
FAULTS_KEPT = 200
"""So many faults of one text are kept and reported; one that has more is no law, or no text."""
_PLACE = ("source", "level", "region")
"""Fields that depend on the folder and not on the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """One document ready for the store.

    Attributes:
        id: SHA-256 over kind, name and normalised content: the same text in two folders is one document.
        version: What validity needs, for laws; None for other kinds.
        records: Passages in order; expiry is not filled in yet.
        meta: What the store keeps beside them (JSON-like); `reading` changes when the same text is read otherwise.
        articles: Articles found by the parser; `heads` counts them independently of it.
        faults: What is wrong with the text, by code.
        quarantine: What is set apart and not among the records.
    """

    id: str
    kind: str
    title: str
    source: str
    version: LawVersion | None
    records: tuple[PassageRecord, ...]
    meta: Mapping[str, Any]
    articles: int = 0
    heads: int = 0
    faults: tuple[Fault, ...] = ()
    quarantine: tuple[Quarantined, ...] = ()


class Fields(TypedDict, total=False):
    """Fields of a passage beyond its place and text."""

    law: str
    article: str
    chapter: str
    digest: bool
    text_sha256: str
    version_date: date | None
    effective_date: date | None
    level: str
    region: str
    source: str
    meta: dict[str, str]


def content_id(kind: str, name: str, text: str) -> str:
    """Id of a document: blanks and widths of letters do not count, everything else does."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return hashlib.sha256(f"{kind}\0{name}\0{plain}".encode()).hexdigest()


def passage_record(
    doc_id: str, ordinal: int, *, kind: str, text: str, title: str, **fields: Unpack[Fields]
) -> PassageRecord:
    """A passage with its content-addressed id."""
    return PassageRecord(
        id=hashlib.sha256(f"{doc_id}\0{ordinal}\0{text}".encode()).hexdigest()[:32],
        doc_id=doc_id,
        kind=kind,
        text=text,
        ordinal=ordinal,
        title=title,
        **fields,
    )


def reading_of(records: Iterable[PassageRecord], quarantine: Iterable[Quarantined], decided: Sequence[str] = ()) -> str:
    """Hash over what was read out of a text; 16 hex digits. Where the file lies does not count.

    Args:
        records: Its passages.
        quarantine: What was set apart.
        decided: Laws that it changes or ends, when it is a decision about them.
    """
    payloads = [{k: v for k, v in record_payload(record).items() if k not in _PLACE} for record in records]
    whole = canonical_json([payloads, [one.id for one in quarantine], *([list(decided)] if decided else ())])
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def kept_meta(quarantine: Iterable[Quarantined], faults: Iterable[Fault]) -> dict[str, Any]:
    """The part of a document's meta that is there only when there is something to say."""
    apart = [one.to_meta() for one in quarantine]
    wrong = [[fault.code, fault.detail, fault.line] for fault in faults]
    return ({QUARANTINE: apart} if apart else {}) | ({"faults": wrong} if wrong else {})


def version_of(doc_id: str, meta: Mapping[str, Any]) -> LawVersion | None:
    """The version a stored document stands for; None when it is no law."""
    if meta.get("kind") != LAW or not meta.get("law"):
        return None
    return LawVersion(
        id=doc_id,
        law=meta["law"],
        version_date=read_day(meta.get("version_date")),
        effective_date=read_day(meta.get("effective_date")),
        repeals=tuple(meta.get("repeals", ())),
        repeal_day=read_day(meta.get("repeal_day")),
        amends=tuple(meta.get("amends", ())),
        passed=read_day(meta.get("passed")),
    )


def mentions(texts: Iterable[str]) -> dict[str, int]:
    """How often other laws are named in book marks, by law key; the corpus' own measure of authority."""
    counted = Counter(law_key(name) for text in texts for name in _MENTION.findall(text))
    return dict(sorted(counted.items()))


def read_day(text: str | None) -> date | None:
    """A date kept as ISO text, empty for none."""
    return date.fromisoformat(text) if text else None

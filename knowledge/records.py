"""One passage as it is stored, the filters over it, and the payload both engines keep.

Dates are kept as integers `yyyymmdd`, so that one range filter answers "what held on that day" in every engine.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN_DAY = 0
"""Stored where no date is known: before every day."""
NO_EXPIRY = 99991231
"""Stored where no expiry is known: after every day."""

DRAFT, READY, DOCUMENT = "draft", "ready", "document"
"""Values of the payload field `state`: passage of an unfinished document, of a finished one, mark of a finished one."""

NATIONAL = "-"
"""Stored as region of what has none, so that it can be asked for like any other region."""

CURRENT = "current"
"""Stored as `status` of what no known text ends; else the status is how it ended or will end: `Filters.statuses`."""

KEYWORD_FIELDS = ("state", "doc_id", "kind", "law", "article", "level", "region", "status")
INTEGER_FIELDS = ("effective_date", "expiry_date", "version_date")
"""Indexed payload fields. What the standard calls valid_from and valid_to are `effective_date` and `expiry_date`."""
LAYOUT = 2
"""Number of this layout of payloads; part of the index recipe, so that a change asks for a new index."""

FloatArray = NDArray[np.float32]
SparseVector = tuple[NDArray[np.uint32], FloatArray]
"""Token ids, ascending and unique, and their weights; both of shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRecord:
    """One article, case or section with everything needed to cite it.

    Attributes:
        id: Content-addressed hex, at least 16 digits; the first 16 become the point id.
        doc_id: The document (one version of one law, one file) it belongs to.
        kind: `law`, `case` or `doc`.
        law, article: Title without 中华人民共和国 and book marks, and label (`13`, `120-1`); empty when not a law.
        ordinal: Place in the document, from 0.
        digest: `text` is our own summary, not the official text.
        text_sha256: Hash of the official text, also where only a digest is kept.
        effective_date: First day it holds; None when unknown (then it counts as always in effect).
        expiry_date: First day it no longer holds; None while it holds.
        expiry_kind: `repealed`, `superseded` or empty.
        region: Region code of a local regulation; empty for national law and for what holds everywhere.
    """

    id: str
    doc_id: str
    kind: str
    text: str
    law: str = ""
    article: str = ""
    ordinal: int = 0
    chapter: str = ""
    title: str = ""
    digest: bool = False
    text_sha256: str = ""
    version_date: date | None = None
    effective_date: date | None = None
    expiry_date: date | None = None
    expiry_kind: str = ""
    superseded_by: str = ""
    status_note: str = ""
    level: str = ""
    region: str = ""
    source: str = ""
    meta: dict[str, str] = field(default_factory=dict)

    @property
    def index_text(self) -> str:
        """What both arms index: title and chapter path give a bare article its subject."""
        head = "，".join(part for part in (self.title or self.law, self.chapter) if part)
        return f"{head}\n{self.text}" if head else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a search may return; an empty field does not restrict.

    Attributes:
        as_of: Only what is in effect on this day.
        regions: Only these region codes; `""` among them stands for national law.
        levels: Only these levels of law (`PassageRecord.level`).
        statuses: Only what nothing known ends (`current`), or what was or will be ended so (`superseded`, `repealed`);
            whether it holds on a day is for `as_of` to say.
        kinds: Only these kinds.
        law, article: Exactly this law, this article label.
        doc_id: Only this document.
    """

    as_of: date | None = None
    regions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    law: str = ""
    article: str = ""
    doc_id: str = ""


ANYTHING = Filters()


@dataclass(frozen=True, slots=True)
class OneOf:
    """The payload field has one of these values."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The payload field is a day at or before `latest`, or after `after`."""

    key: str
    latest: int | None = None
    after: int | None = None


Condition = OneOf | Between


def conditions(filters: Filters, *, states: tuple[str, ...] = (READY,)) -> list[Condition]:
    """The conditions, all of which must hold, in terms that each engine translates."""
    wanted: list[Condition] = [OneOf("state", states)] if states else []
    exact = {
        "region": tuple(region or NATIONAL for region in filters.regions),
        "level": filters.levels,
        "status": filters.statuses,
        "kind": filters.kinds,
        "law": (filters.law,) if filters.law else (),
        "article": (filters.article,) if filters.article else (),
        "doc_id": (filters.doc_id,) if filters.doc_id else (),
    }
    wanted += [OneOf(key, values) for key, values in exact.items() if values]
    if filters.as_of is not None:
        day = day_number(filters.as_of, UNKNOWN_DAY)
        wanted += [Between("effective_date", latest=day), Between("expiry_date", after=day)]
    return wanted


_DATES = {"version_date": UNKNOWN_DAY, "effective_date": UNKNOWN_DAY, "expiry_date": NO_EXPIRY}


def day_number(day: date | None, missing: int) -> int:
    """`yyyymmdd` of a day, or `missing`."""
    return missing if day is None else day.year * 10000 + day.month * 100 + day.day


def day_of(number: int, missing: int) -> date | None:
    """Inverse of `day_number`."""
    return None if number == missing else date(number // 10000, number // 100 % 100, number % 100)


def record_payload(record: PassageRecord) -> dict[str, Any]:
    """The payload of a record, without its state."""
    payload = asdict(record)
    for key, missing in _DATES.items():
        payload[key] = day_number(payload[key], missing)
    payload["region"] = record.region or NATIONAL
    payload["status"] = record.expiry_kind or CURRENT
    return payload


def record_of(payload: Mapping[str, Any]) -> PassageRecord:
    """Inverse of `record_payload`; keys that are no field of a record are dropped."""
    values = {key: payload[key] for key in _FIELDS if key in payload}
    for key, missing in _DATES.items():
        values[key] = day_of(int(values[key]), missing)
    values["region"] = "" if values["region"] == NATIONAL else values["region"]
    values["meta"] = dict(values["meta"])
    return PassageRecord(**values)


def changed_payload(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Payload fields for new values of some fields of a record.

    Raises:
        KeyError: A name that no record has, or one whose change would make it another passage.
    """
    if unknown := set(changes) - set(_FIELDS) | set(changes) & {"id", "doc_id", "text", "law", "article"}:
        raise KeyError(f"cannot change {sorted(unknown)}")
    values = dict(changes)
    for key in values.keys() & _DATES.keys():
        values[key] = day_number(values[key], _DATES[key])
    if "region" in values:
        values["region"] = values["region"] or NATIONAL
    if "expiry_kind" in values:
        values["status"] = values["expiry_kind"] or CURRENT
    return values


_FIELDS = tuple(item.name for item in fields(PassageRecord))


def point_id(record_id: str) -> int:
    """64-bit integer under which the engines know the record: its first 16 hex digits, so the order is the same.

    Raises:
        ValueError: The id does not begin with 16 hex digits.
    """
    if len(record_id) < 16:
        raise ValueError(f"id too short: {record_id!r}")
    return int(record_id[:16], 16)


def document_point_id(doc_id: str) -> int:
    """Integer of the mark that says a document is fully written."""
    return point_id(hashlib.sha256(f"document\0{doc_id}".encode()).hexdigest())


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values, equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(payloads: list[dict[str, Any]]) -> str:
    """SHA-256 over a document's payloads, whatever their order and state; what other fields imply is left out."""
    lines = sorted(
        canonical_json({k: v for k, v in payload.items() if k not in {"state", "status"}}) for payload in payloads
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def version_of(digests: Mapping[str, str], *, model: str, dim: int) -> str:
    """Version of a whole store: equal documents encoded by an equal model give an equal version."""
    whole = canonical_json({"documents": dict(digests), "model": model, "dim": dim})
    return hashlib.sha256(whole.encode()).hexdigest()[:16]

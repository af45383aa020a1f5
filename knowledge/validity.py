"""Whether a version of a law holds on a day: from the corpus itself, and from a table of facts it cannot know.

A later version of the same law ends an earlier one on the later one's effective date; a law that says it ends another
(…同时废止) does so on the day it first took effect; the packaged table adds versions known to exist but not held.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from domain.citation import Validity
from knowledge.names import law_key, without_version


@dataclass(frozen=True, slots=True, kw_only=True)
class LawVersion:
    """What deciding validity needs to know of one version of one law; `id` is its document's.

    `repeal_day` is the day on which the laws in `repeals` ended: when the law first took effect, not this version.
    """

    id: str
    law: str
    version_date: date | None
    effective_date: date | None
    repeals: tuple[str, ...] = ()
    repeal_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The end of a version: first day it no longer holds, `superseded` or `repealed`, by what, and a note."""

    day: date | None = None
    kind: str = ""
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFact:
    """One row of the packaged table: the end of a version, or the day from which it is in doubt."""

    expiry: Expiry
    doubt_from: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentLaw:
    """A law or version known to exist whose text is not held; `starts` is its effective date, if known."""

    law: str
    version: str
    starts: date | None
    note: str


@cache
def _table() -> Mapping[str, Any]:
    return json.loads((files("knowledge") / "data" / "validity.json").read_text(encoding="utf-8"))


@cache
def table_facts() -> Mapping[tuple[str, date], TableFact]:
    """Facts of the packaged table by (law key, version date)."""
    facts = {}
    for row in _table()["versions"]:
        expiry = Expiry(
            day=_day(row.get("until")), kind=row.get("kind", ""), by=row.get("by", ""), note=row.get("note", "")
        )
        key = law_key(row["law"]), date.fromisoformat(row["version_date"])
        facts[key] = TableFact(expiry=expiry, doubt_from=_day(row.get("doubt_from")))
    return facts


@cache
def absent_laws() -> Mapping[str, AbsentLaw]:
    """Laws known to exist that are not held, by law key."""
    rows = _table()["absent"]
    return {
        law_key(row["law"]): AbsentLaw(
            law=row["law"], version=row["version"], starts=_day(row["from"]), note=row["note"]
        )
        for row in rows
    }


def expiries(versions: Iterable[LawVersion]) -> dict[str, Expiry]:
    """The end of each version, by its id; a version without an end is given an empty Expiry (with its note)."""
    held = list(versions)
    by_key: defaultdict[str, list[LawVersion]] = defaultdict(list)
    for version in held:
        by_key[law_key(version.law)].append(version)
    repealed = _repealed(held)
    ends = {}
    for key, group in by_key.items():
        for version in group:
            fact = table_facts().get((key, version.version_date)) if version.version_date else None
            found = [_superseded(version, group), _repealed_by(version, repealed.get(key, ()))]
            if fact:
                found.append(fact.expiry)
            dated = [end for end in found if end.day is not None]
            first = min(dated, key=lambda end: (end.day or date.max, end.kind), default=Expiry())
            note = first.note or (fact.expiry.note if fact else "")
            ends[version.id] = Expiry(day=first.day, kind=first.kind, by=first.by, note=note)
    return ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Validity on a day, with what must be said along with it."""

    status: Validity
    note: str


def validity_on(
    day: date,
    *,
    law: str,
    version_date: date | None,
    effective_date: date | None,
    expiry: Expiry,
) -> Verdict:
    """Validity of one version on a day; without any date it is `unknown`, and so is one that the table doubts."""
    if expiry.day is not None and day >= expiry.day:
        status = Validity.REPEALED if expiry.kind == "repealed" else Validity.SUPERSEDED
        return Verdict(status=status, note=expiry.note)
    if effective_date is not None and day < effective_date:
        return Verdict(status=Validity.NOT_YET, note=expiry.note or f"自{effective_date.isoformat()}起施行")
    if version_date is None and effective_date is None:
        return Verdict(status=Validity.UNKNOWN, note=expiry.note or "文本没有日期，版本未核实")
    fact = table_facts().get((law_key(law), version_date)) if version_date else None
    if fact and fact.doubt_from and day >= fact.doubt_from:
        return Verdict(status=Validity.UNKNOWN, note=expiry.note or fact.expiry.note)
    return Verdict(status=Validity.IN_FORCE, note=expiry.note or (fact.expiry.note if fact else ""))


def version_name(version: LawVersion) -> str:
    """How a version is named when it replaces another: 行政处罚法（2021-01-22）."""
    return f"{version.law}（{version.version_date.isoformat()}）" if version.version_date else version.law


def _superseded(version: LawVersion, group: list[LawVersion]) -> Expiry:
    born = version.version_date or date.min
    later = [other for other in group if other.version_date and other.version_date > born and other.effective_date]
    if not later:
        return Expiry()
    # Versions made between two starts count too: the first to take effect ends this one.
    successor = min(later, key=lambda other: (other.effective_date or date.max, other.version_date or date.max))
    return Expiry(day=successor.effective_date, kind="superseded", by=version_name(successor))


def _repealed(versions: list[LawVersion]) -> dict[str, list[LawVersion]]:
    found: defaultdict[str, list[LawVersion]] = defaultdict(list)
    for version in versions:
        for name in version.repeals:
            found[law_key(without_version(name))].append(version)
    return found


def _repealed_by(version: LawVersion, repealers: Iterable[LawVersion]) -> Expiry:
    """A law can only end what was made before it took effect: a namesake made later is a new law."""
    born = version.version_date or date.min
    ending = [(other.repeal_day or other.effective_date, other) for other in repealers]
    dated = [(day, other) for day, other in ending if day is not None and day > born]
    if not dated:
        return Expiry()
    day, first = min(dated, key=lambda end: (end[0], end[1].law))
    return Expiry(day=day, kind="repealed", by=version_name(first), note=f"被《{first.law}》废止")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

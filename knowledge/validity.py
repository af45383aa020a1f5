"""Whether a version of a law holds on a day: from the corpus itself, and from a table of facts it cannot know.

A later version of the same law ends an earlier one on the later one's effective date; a law that says it ends another
(…同时废止) does so on the day it first took effect; a decision to amend a law (关于修改《…》的决定) leaves its earlier
text in doubt where the amended one is not held; the packaged table (`knowledge/data/validity.json`) adds versions
known to exist but not held, the day on which an amendment took effect where the text does not say so, and districts
that are called otherwise since.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from domain.citation import Validity
from knowledge.names import law_key, public_name, without_version

NO_AMENDED_TEXT = "原文未收录修改后的文本"
_NAMED = 3
_PUBLISHING = timedelta(days=200)
"""So long after a decision the text that it makes may be dated: by its passing, its publication or its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LawVersion:
    """What deciding validity needs to know of one version of one law; `id` is its document's.

    `repeal_day` is the day on which the laws in `repeals` ended: when the law first took effect, not this version.
    `amends` are laws that a decision changes without being their text; `passed` is when it was first adopted.
    """

    id: str
    law: str
    version_date: date | None
    effective_date: date | None
    repeals: tuple[str, ...] = ()
    repeal_day: date | None = None
    amends: tuple[str, ...] = ()
    passed: date | None = None
    called: str = ""
    """Name of a version that is not held, as the table has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """The end of a version: first day it no longer holds, `superseded` or `repealed`, by what, and a note."""

    day: date | None = None
    kind: str = ""
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A decision that changed a version, and the text that it made is not held.

    Attributes:
        by: The decision.
        version_date: Its day.
        starts: First day on which the version reads otherwise.
    """

    by: str
    version_date: date
    starts: date


def amended_note(amended: Sequence[Amendment]) -> str:
    """What must be said of a version that decisions changed, oldest first; at least one."""
    names = "".join(f"《{one.by}》" for one in amended[:_NAMED])
    more = f"等{len(amended)}件" if len(amended) > _NAMED else ""
    return f"自{amended[0].starts.isoformat()}起经{names}{more}修改，{NO_AMENDED_TEXT}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFact:
    """One row of the packaged table: the start or end of a version, or the day from which it is in doubt."""

    expiry: Expiry
    doubt_from: date | None
    starts: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentLaw:
    """A version known to exist whose text is not held.

    Attributes:
        version: How people call it: 2025年修订, 渝府令〔2025〕373号.
        version_date: Day it was made; None when not known.
        starts: First day it holds; None when not known, and then nothing is said of any day.
        ends: Its end, where the table knows it; else it lasts until the next version begins.
    """

    law: str
    version: str
    version_date: date | None
    starts: date | None
    ends: Expiry
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """Districts that older texts still name: from `since` on a reader must know what became of them."""

    region: str
    names: tuple[str, ...]
    since: date
    note: str


@cache
def _table() -> Mapping[str, Any]:
    return json.loads((files("knowledge") / "data" / "validity.json").read_text(encoding="utf-8"))


@cache
def table_facts() -> Mapping[tuple[str, date], TableFact]:
    """Facts of the packaged table by (law key, version date)."""
    return {
        (law_key(row["law"]), date.fromisoformat(row["version_date"])): TableFact(
            expiry=_end(row), doubt_from=_day(row.get("doubt_from")), starts=_day(row.get("from"))
        )
        for row in _table()["versions"]
    }


@cache
def absent_laws() -> Mapping[str, tuple[AbsentLaw, ...]]:
    """Versions known to exist that are not held, by law key; those without a known start first, then by start."""
    found: defaultdict[str, list[AbsentLaw]] = defaultdict(list)
    for row in _table()["absent"]:
        absent = AbsentLaw(
            law=row["law"],
            version=row["version"],
            version_date=_day(row.get("version_date")),
            starts=_day(row.get("from")),
            ends=_end(row | {"note": ""}),
            note=row.get("note", ""),
        )
        found[law_key(row["law"])].append(absent)
    return {key: tuple(sorted(rows, key=lambda one: one.starts or date.min)) for key, rows in found.items()}


@cache
def renamings() -> tuple[Renaming, ...]:
    """Districts that were renamed or merged."""
    return tuple(
        Renaming(
            region=row["region"],
            names=tuple(row["names"]),
            since=date.fromisoformat(row["from"]),
            note=row["note"],
        )
        for row in _table()["renamed"]
    )


def renaming_note(text: str, region: str, day: date) -> str:
    """What a reader of a local text must know on a day of the districts that it names; usually nothing."""
    said = [
        one.note
        for one in renamings()
        if one.region == region and day >= one.since and any(name in text for name in one.names)
    ]
    return "；".join(said)


def start_of(law: str, version_date: date | None, read: date | None) -> date | None:
    """First day a version holds: as the table knows it, else as read from its text."""
    fact = _fact(law, version_date)
    return fact.starts if fact and fact.starts else read


def started(version: LawVersion) -> LawVersion:
    """The version with the first day it holds, see `start_of`."""
    start = start_of(version.law, version.version_date, version.effective_date)
    return version if start == version.effective_date else replace(version, effective_date=start)


def expiries(versions: Iterable[LawVersion]) -> dict[str, Expiry]:
    """The end of each version, by its id; a version without an end is given an empty Expiry (with its note)."""
    held = [started(version) for version in versions]
    by_key: defaultdict[str, list[LawVersion]] = defaultdict(list)
    for version in held:
        by_key[law_key(version.law)].append(version)
    repealed = _repealed(held)
    ends = {}
    for key, group in by_key.items():
        dates = {version.version_date for version in group}
        others = [_as_version(one) for one in absent_laws().get(key, ()) if one.version_date not in dates]
        for version in group:
            fact = _fact(version.law, version.version_date)
            found = [fact.expiry] if fact else []
            found += [_superseded(version, [*group, *others]), _repealed_by(version, repealed.get(key, ()))]
            dated = [end for end in found if end.day is not None]
            first = min(dated, key=lambda end: (end.day or date.max, end.kind), default=Expiry())
            note = first.note or (fact.expiry.note if fact else "")
            ends[version.id] = Expiry(day=first.day, kind=first.kind, by=first.by, note=note)
    return ends


def amendments(versions: Iterable[LawVersion], ends: Mapping[str, Expiry]) -> dict[str, tuple[Amendment, ...]]:
    """Decisions that changed a version whose amended text is not known, by the version's id, oldest first.

    Args:
        versions: All versions held, the decisions among them.
        ends: Their ends (`expiries`): what starts after the end of a version does not concern it.
    """
    held = [started(version) for version in versions]
    decisions: defaultdict[str, list[LawVersion]] = defaultdict(list)
    for version in held:
        for name in version.amends:
            decisions[law_key(without_version(name))].append(version)
    dates: defaultdict[str, set[date]] = defaultdict(set)
    for version in held:
        if version.version_date and decisions:
            dates[law_key(version.law)].add(version.version_date)
    found = {}
    for version in held if decisions else ():
        key = law_key(version.law)
        known = dates[key] | {one.version_date for one in absent_laws().get(key, ()) if one.version_date and one.starts}
        by = {one.id: one for name in (key, law_key(public_name(version.law))) for one in decisions.get(name, ())}
        changed = [made for one in by.values() if (made := _amendment(version, one, known))]
        end = ends[version.id].day or date.max
        kept = sorted((one for one in changed if one.starts < end), key=lambda one: (one.starts, one.by))
        if kept:
            found[version.id] = tuple(kept)
    return found


def _amendment(version: LawVersion, decision: LawVersion, known: Iterable[date]) -> Amendment | None:
    """The decision as it changes a version; None when the version was made later, or the amended text is known."""
    made, begins = decision.version_date, decision.effective_date
    if made is None or begins is None:
        return None
    passed = min(decision.passed or made, made)
    born = version.version_date or version.effective_date or date.min
    if born >= passed or any(passed <= one <= made + _PUBLISHING for one in known):
        return None
    return Amendment(by=decision.law, version_date=made, starts=max(begins, version.effective_date or begins))


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
    amended: Sequence[Amendment] = (),
) -> Verdict:
    """Validity of one version on a day; without any date it is `unknown`, and so is one in doubt.

    In doubt is what the table doubts, and what a decision changed whose amended text is not held (`amended`).
    """
    if expiry.day is not None and day >= expiry.day:
        status = Validity.REPEALED if expiry.kind == "repealed" else Validity.SUPERSEDED
        return Verdict(status=status, note=expiry.note)
    effective_date = start_of(law, version_date, effective_date)
    if effective_date is not None and day < effective_date:
        return Verdict(status=Validity.NOT_YET, note=expiry.note or f"自{effective_date.isoformat()}起施行")
    if version_date is None and effective_date is None:
        return Verdict(status=Validity.UNKNOWN, note=expiry.note or "文本没有日期，版本未核实")
    fact = _fact(law, version_date)
    if changed := [one for one in amended if day >= one.starts]:
        notes = [expiry.note or (fact.expiry.note if fact else ""), amended_note(changed)]
        return Verdict(status=Validity.UNKNOWN, note="；".join(note for note in notes if note))
    if fact and fact.doubt_from and day >= fact.doubt_from:
        return Verdict(status=Validity.UNKNOWN, note=expiry.note or fact.expiry.note)
    return Verdict(status=Validity.IN_FORCE, note=expiry.note or (fact.expiry.note if fact else ""))


def version_name(version: LawVersion) -> str:
    """How a version is named when it replaces another: 行政处罚法（2021-01-22）."""
    if version.called:
        return f"{version.law}（{version.called}）"
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
    return Expiry(day=day, kind="repealed", by=version_name(first), note=f"自{day.isoformat()}起被《{first.law}》废止")


@cache
def _fact_days() -> frozenset[date]:
    return frozenset(day for _, day in table_facts())


def _fact(law: str, version_date: date | None) -> TableFact | None:
    """The table's row of a version; most have none, and their names need not be compared."""
    if version_date is None or version_date not in _fact_days():
        return None
    return table_facts().get((law_key(law), version_date))


def _as_version(absent: AbsentLaw) -> LawVersion:
    return LawVersion(
        id="",
        law=absent.law,
        version_date=absent.version_date,
        effective_date=absent.starts,
        called=absent.version,
    )


def _end(row: Mapping[str, Any]) -> Expiry:
    return Expiry(day=_day(row.get("until")), kind=row.get("kind", ""), by=row.get("by", ""), note=row.get("note", ""))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

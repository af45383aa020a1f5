"""The versions of a law in time, held or not, and which of them applies on a day (法规版本沿革与某日适用版本)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.citation import Validity
from domain.errors import LawNotFound
from knowledge.catalogue import NOT_HELD, Catalogue, HeldLaw, version_for
from knowledge.names import law_key, public_name
from knowledge.validity import AbsentLaw, Amendment, absent_laws, amended_note

HOLDING = {Validity.IN_FORCE, Validity.UNKNOWN}
"""Validity of texts that a search for a day gives: those that hold, and those of which it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEntry:
    """One version of one law.

    Attributes:
        version: How it is called: 2021-01-22 版本, or as the table of facts names what is not held.
        version_date: Day it was made.
        starts, ends: First day it holds, first day it no longer does; None when not known, and while it holds.
        end_kind: `superseded`, `repealed` or empty.
        superseded_by: What came after it, in words; `repealed_by` when a law ended it without continuing it.
        supersedes: The version before it, in words; empty for the first that is known.
        held: Its text, or a digest of some articles, is here; `digest` when only that.
        articles: Articles held.
    """

    law: str
    version: str
    version_date: date | None
    starts: date | None
    ends: date | None
    end_kind: str
    superseded_by: str
    repealed_by: str
    supersedes: str
    held: bool
    digest: bool
    articles: int
    note: str
    doc_id: str = ""

    def covers(self, day: date) -> bool:
        """Whether the version holds on the day; one whose start is unknown covers none."""
        return self.starts is not None and self.starts <= day and (self.ends is None or day < self.ends)

    def to_json(self, day: date) -> dict[str, Any]:
        """One row of the timeline; `current` says whether it is the one that holds on `day`."""
        return {
            "law": public_name(self.law),
            "version": self.version,
            "version_date": f"{self.version_date or ''}",
            "effective_date": f"{self.starts or ''}",
            "until": f"{self.ends or ''}",
            "end_kind": self.end_kind,
            "superseded_by": self.superseded_by,
            "repealed_by": self.repealed_by,
            "supersedes": self.supersedes,
            "held": self.held,
            "digest": self.digest,
            "articles": self.articles,
            "note": self.note,
            "current": self.covers(day),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A law on a day.

    Attributes:
        status: Of the law: `in_force` when some version applies, `repealed` after its end, `not_yet_in_force` before
            its beginning, `unknown` when the version of the day is not known or in doubt.
        version: The version that applies; None when none does or it is not known.
        text: The text that is held for the day (that version's, else the nearest); None when none is held at all.
        text_status: Validity of that text on the day.
    """

    law: str
    day: date
    status: Validity
    version: VersionEntry | None
    text: HeldLaw | None
    text_status: Validity | None
    note: str

    @property
    def held(self) -> bool:
        """Whether the text of the version that applies is held."""
        return self.version is not None and self.version.held

    def to_json(self) -> dict[str, Any]:
        """The answer to "what holds on that day"."""
        return {
            "law": self.law,
            "as_of": self.day.isoformat(),
            "status": self.status.value,
            "version": self.version.version if self.version else "",
            "version_date": f"{self.version.version_date or ''}" if self.version else "",
            "held": self.held,
            "text_version_date": f"{self.text.version_date or ''}" if self.text else "",
            "text_status": self.text_status.value if self.text_status else "",
            "note": self.note,
        }


def timeline(catalogue: Catalogue, law: str) -> list[VersionEntry]:
    """All known versions of a law, oldest first; those of the Civil Code book by book.

    Raises:
        LawNotFound: No version of such a law is held or known.
    """
    try:
        families = catalogue.find(law)
    except LawNotFound:
        known = next((absent_laws()[key] for key in catalogue.keys(law) if key in absent_laws()), None)
        if known is None:
            raise
        return _linked([_absent(one) for one in known])
    return [entry for family in families for entry in _family(family)]


def standing(catalogue: Catalogue, law: str, day: date) -> Standing:
    """Which version of a law holds on a day, whether its text is held, and what text there is.

    Raises:
        LawNotFound: No version of such a law is held or known.
    """
    entries = timeline(catalogue, law)
    try:
        text = version_for(catalogue.find(law)[0], day)
    except LawNotFound:
        text = None
    entries = [entry for entry in entries if entry.law == entries[0].law]
    verdict = text.on(day) if text else None
    applying = [entry for entry in entries if entry.covers(day)]
    status, version = _status(entries, applying, day)
    if version is not None and text is not None and verdict is not None and version.doc_id == text.doc_id:
        status = verdict.status
    notes = [verdict.note if verdict else "", *_absence(entries, version)]
    return Standing(
        law=public_name(entries[0].law),
        day=day,
        status=status,
        version=version,
        text=text,
        text_status=verdict.status if verdict else None,
        note="；".join(dict.fromkeys(part for note in notes for part in note.split("；") if part)),
    )


def unheld_note(catalogue: Catalogue, held: HeldLaw, day: date) -> str:
    """That another version applies whose text is not held, where a text does not hold on the day; else nothing."""
    if held.on(day).status in HOLDING:
        return ""
    found = standing(catalogue, held.law, day)
    return f"当日适用{found.version.version}，{NOT_HELD}" if found.version is not None and not found.held else ""


def unheld_on(catalogue: Catalogue, day: date) -> dict[str, Standing]:
    """Laws held of which no text holds on a day, because the version that does is not held; by stored name."""
    found = {}
    for key in absent_laws():
        versions = catalogue.laws.get(key, ())
        if not versions or any(held.on(day).status in HOLDING for held in versions):
            continue
        one = standing(catalogue, versions[-1].law, day)
        if one.version is not None and not one.held:
            found |= dict.fromkeys([held.law for held in versions], one)
    return found


def _absence(entries: Sequence[VersionEntry], version: VersionEntry | None) -> list[str]:
    """What must be said when the text of the day is not here."""
    if version is not None:
        return [] if version.held else [version.note, f"当日适用{version.version}，{NOT_HELD}"]
    if any(entry.held for entry in entries):
        return []
    last = entries[-1]
    return [f"被{last.repealed_by}废止" if last.repealed_by else "", last.note, f"{last.version}，{NOT_HELD}"]


def _status(
    entries: Sequence[VersionEntry], applying: Sequence[VersionEntry], day: date
) -> tuple[Validity, VersionEntry | None]:
    if applying:
        return Validity.IN_FORCE, applying[-1]
    dated = [entry for entry in entries if entry.starts is not None]
    if not dated or len(dated) < len(entries):
        return Validity.UNKNOWN, None
    begun = [entry for entry in dated if entry.starts and entry.starts <= day]
    if not begun:
        return Validity.NOT_YET, None
    last = max(begun, key=lambda entry: entry.ends or date.max)
    return (Validity.REPEALED if last.end_kind == "repealed" else Validity.UNKNOWN), None


def _family(versions: Sequence[HeldLaw]) -> list[VersionEntry]:
    """Held versions, full text before digest, and those that are only known."""
    held: dict[date | None, VersionEntry] = {}
    for one in versions:
        held.setdefault(one.version_date, _held(one))
    absent = absent_laws().get(law_key(versions[0].law), ())
    made = {one: held_law.law for held_law in versions for one in held_law.amended}
    return _linked(
        [
            *held.values(),
            *(_absent(one) for one in absent if one.version_date not in held),
            *(_amended(law, one) for one, law in made.items()),
        ]
    )


def _held(one: HeldLaw) -> VersionEntry:
    repealed = one.expiry.kind == "repealed"
    return VersionEntry(
        law=one.law,
        version=f"{one.version_date} 版本" if one.version_date else "未标日期的版本",
        version_date=one.version_date,
        starts=one.effective_date,
        ends=one.expiry.day,
        end_kind=one.expiry.kind,
        superseded_by="" if repealed else one.expiry.by,
        repealed_by=one.expiry.by if repealed else "",
        supersedes="",
        held=True,
        digest=one.digest,
        articles=one.articles,
        note=one.expiry.note,
        doc_id=one.doc_id,
    )


def _absent(one: AbsentLaw) -> VersionEntry:
    repealed = one.ends.kind == "repealed"
    return VersionEntry(
        law=one.law,
        version=one.version,
        version_date=one.version_date,
        starts=one.starts,
        ends=one.ends.day,
        end_kind=one.ends.kind,
        superseded_by="" if repealed else one.ends.by,
        repealed_by=one.ends.by if repealed else "",
        supersedes="",
        held=False,
        digest=False,
        articles=0,
        note=one.note,
    )


def _amended(law: str, one: Amendment) -> VersionEntry:
    """The version that a decision made; its text is not held."""
    return VersionEntry(
        law=law,
        version=f"{one.version_date.isoformat()} 修改后的版本",
        version_date=one.version_date,
        starts=one.starts,
        ends=None,
        end_kind="",
        superseded_by="",
        repealed_by="",
        supersedes="",
        held=False,
        digest=False,
        articles=0,
        note=amended_note([one]),
    )


def _linked(entries: Sequence[VersionEntry]) -> list[VersionEntry]:
    """In order of time, each with its neighbours; one without an end of its own lasts until the next begins."""
    ordered = sorted(entries, key=lambda one: (one.starts or date.min, one.version_date or date.min))
    linked: list[VersionEntry] = []
    for index, entry in enumerate(ordered):
        after = next(
            (one for one in ordered[index + 1 :] if one.starts and one.starts > (entry.starts or date.min)), None
        )
        if after is not None and after.starts and (entry.ends is None or after.starts < entry.ends):
            entry = replace(
                entry,
                ends=after.starts,
                end_kind="superseded",
                superseded_by=f"{after.law}（{after.version}）",
                repealed_by="",
            )
        before = linked[-1] if linked else None
        linked.append(replace(entry, supersedes=f"{before.law}（{before.version}）" if before else ""))
    return linked

"""The form of a scene: a report, the day, and per duty what is true of it (真值) because of how it was put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

DUTIES = ("handling", "upkeep", "supervision", "enforcement")
"""现场处置, 权属养护, 行业监管, 行政执法."""


class Outcome(StrEnum):
    """What is true of one duty."""

    UNIT = "unit"
    """One unit bears it."""
    PERSON = "person"
    """Law or an honest look leaves it to a person: nobody may be named as settled."""
    NONE = "none"
    """There is nothing of the kind (no such duty, or nothing to penalise)."""
    UNKNOWN = "unknown"
    """It cannot be known from what is there; nobody may be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is true of one duty.

    Attributes:
        unit: Code of the unit, for `Outcome.UNIT`.
        also: Codes that are right as well: a second body that the source names beside the first, or, where nothing is
            to be penalised, the body that would be competent.
        signed: Whether a person must sign whatever the answer is (an act to be penalised, a designation).
        why: How it follows from the construction, with the article, in Chinese.
    """

    outcome: Outcome
    unit: str = ""
    also: tuple[str, ...] = ()
    signed: bool = False
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; what is empty is left out."""
        plain: dict[str, Any] = {"outcome": self.outcome.value, "why": self.why}
        if self.unit:
            plain["unit"] = self.unit
        if self.also:
            plain["also"] = list(self.also)
        if self.signed:
            plain["signed"] = True
        return plain


def truth_from_json(plain: Mapping[str, Any]) -> Truth:
    """Read back what `Truth.to_json` wrote."""
    return Truth(
        outcome=Outcome(plain["outcome"]),
        unit=plain.get("unit", ""),
        also=tuple(plain.get("also", ())),
        signed=bool(plain.get("signed", False)),
        why=plain.get("why", ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One report with its truth.

    Attributes:
        issue: What it is about, by construction.
        given: Whether the issue is handed to the service (as by an officer) instead of read from the words.
        day: Civil day of the event.
        received: Civil day on which the report reached the service; the event's day unless it came late.
        observation: The report as it is sent (contract of design, section 4).
        truths: Truth per duty, all four.
        note: What is special here, in Chinese.
    """

    id: str
    family: str
    issue: str
    given: bool
    day: date
    observation: Mapping[str, Any]
    truths: Mapping[str, Truth]
    note: str
    received: date | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; `received` only where the report came late."""
        late = {"received": self.received.isoformat()} if self.received else {}
        return late | {
            "id": self.id,
            "family": self.family,
            "issue": self.issue,
            "given": self.given,
            "day": self.day.isoformat(),
            "observation": dict(self.observation),
            "truths": {duty: self.truths[duty].to_json() for duty in DUTIES},
            "note": self.note,
        }


def scene_from_json(plain: Mapping[str, Any]) -> Scene:
    """Read back what `Scene.to_json` wrote."""
    return Scene(
        id=plain["id"],
        family=plain["family"],
        issue=plain["issue"],
        given=bool(plain["given"]),
        day=date.fromisoformat(plain["day"]),
        observation=plain["observation"],
        truths={duty: truth_from_json(plain["truths"][duty]) for duty in DUTIES},
        note=plain["note"],
        received=date.fromisoformat(plain["received"]) if "received" in plain else None,
    )


def unit(code: str, why: str, *, also: tuple[str, ...] = (), signed: bool = False) -> Truth:
    """One unit bears it."""
    return Truth(outcome=Outcome.UNIT, unit=code, also=also, signed=signed, why=why)


def person(why: str) -> Truth:
    """A person decides."""
    return Truth(outcome=Outcome.PERSON, signed=True, why=why)


def none(why: str, *also: str) -> Truth:
    """Nothing of the kind; `also` names who would be competent if there were."""
    return Truth(outcome=Outcome.NONE, also=also, why=why)


def unknown(why: str) -> Truth:
    """It cannot be known from what is there."""
    return Truth(outcome=Outcome.UNKNOWN, why=why)

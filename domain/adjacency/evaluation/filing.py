"""Evaluations on file: what was asked, the report, and what people said of its suspicions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, cast

from domain.adjacency.evaluation.assessment import CUTS, Asked
from domain.adjacency.evaluation.definitions import Definitions
from domain.adjacency.evaluation.effects import Question
from domain.adjacency.evaluation.wording import summary
from domain.clock import iso, parse_iso
from domain.errors import EmptyText, InvalidInput
from domain.opinion import canonical

MOST_CUTS = 12
MOST_QUESTIONS = 8


class EvaluationState(StrEnum):
    """Where an evaluation stands."""

    WAITING = "waiting"
    FINAL = "final"


STATE_NAMES = {EvaluationState.WAITING: "疑点待核实", EvaluationState.FINAL: "已定稿"}
"""As Chinese users read them."""


class ReviewVerdict(StrEnum):
    """What a person says of a suspicion."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's word on one suspicion, with the reason."""

    finding: str
    verdict: ReviewVerdict
    reason: str
    by: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise EmptyText("核实结论须说明理由。", "请写明查了什么、看到什么。")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value, without the finding."""
        return {"verdict": self.verdict.value, "reason": self.reason, "by": self.by, "at": iso(self.at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledEvaluation:
    """An evaluation with where it stands.

    Attributes:
        region: Code of the region that was looked at; the city's for the whole.
        asked: What was asked, as `asked_to_json` writes it.
        report: As `assess` gives it, without what people said since.
    """

    id: str
    region: str
    state: EvaluationState
    asked: Mapping[str, Any]
    report: Mapping[str, Any]
    asked_by: str
    asked_at: datetime
    reviews: tuple[Review, ...] = ()

    @property
    def open(self) -> tuple[str, ...]:
        """Ids of the suspicions that nobody has looked at."""
        seen = {one.finding for one in self.reviews}
        return tuple(one["id"] for one in self.report["gaming"] if one["id"] not in seen)

    def body(self) -> dict[str, Any]:
        """The report with what people said of its suspicions, in its words too."""
        return with_reviews(self.report, self.reviews)


def with_reviews(report: Mapping[str, Any], reviews: Sequence[Review]) -> dict[str, Any]:
    """The report with each suspicion's review beside it."""
    said = {one.finding: one.to_json() for one in reviews}
    gaming = [one | ({"verdict": said[one["id"]]} if one["id"] in said else {}) for one in report["gaming"]]
    body = {**report, "gaming": gaming}
    return {**body, "summary": summary(body)}


def asked_to_json(asked: Asked) -> dict[str, Any]:
    """What was asked as a plain JSON value."""
    return {
        "as_of": iso(asked.as_of),
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "regions": list(asked.regions),
        "cuts": [list(one) for one in asked.cuts],
        "questions": [
            {
                "indicator": one.indicator.id,
                "treated": list(one.treated),
                "start": one.start.isoformat(),
                "across": one.across,
            }
            for one in asked.questions
        ],
    }


def asked_from_json(plain: Mapping[str, Any], definitions: Definitions) -> Asked:
    """Read back what `asked_to_json` wrote, or what a caller sent in that form.

    Raises:
        InvalidInput: If an indicator does not exist, or there is too much of anything.
    """
    cuts = tuple(tuple(one) for one in plain.get("cuts") or CUTS)
    questions = cast("list[Mapping[str, Any]]", plain.get("questions") or [])
    if len(cuts) > MOST_CUTS or len(questions) > MOST_QUESTIONS:
        raise InvalidInput(f"分组至多 {MOST_CUTS} 种，前后对照至多 {MOST_QUESTIONS} 项。", "请分几次评估。")
    return Asked(
        as_of=parse_iso(plain["as_of"]),
        since=date.fromisoformat(plain["since"]) if plain.get("since") else None,
        until=date.fromisoformat(plain["until"]) if plain.get("until") else None,
        regions=tuple(plain.get("regions") or ()),
        cuts=cuts,
        questions=tuple(
            Question(
                indicator=definitions.indicator(one["indicator"]),
                treated=tuple(one["treated"]),
                start=date.fromisoformat(one["start"]),
                across=bool(one.get("across", True)),
            )
            for one in questions
        ),
    )


def evaluation_id(asked: Mapping[str, Any], *, by: str) -> str:
    """Id of an evaluation: equal for equal questions of one asker at one moment."""
    return "ev-" + hashlib.sha256(f"evaluation\0{by}\0{canonical(asked)}".encode()).hexdigest()[:20]

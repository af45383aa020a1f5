"""Agreements between neighbours and designations from above, as they hold at the place (R30)."""

import re
from dataclasses import dataclass
from datetime import date

from domain.adjacency.question import Question
from domain.geo import Point
from domain.region import RegionCandidate
from domain.territory import Territory
from domain.world import Agreement

_OVERSTEPS = re.compile(r"(?:行政)?(?:处罚|执法)[^。；;，,]{0,12}(?:由|归|统一|交)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacts:
    """What was arranged here for this issue.

    A paper whose only party is a region above both sides is not an agreement but that superior's designation
    (上级指定); it ranks with law, and may name who enforces (行政处罚法第25条). An agreement never may.
    """

    agreements: tuple[Agreement, ...] = ()
    designations: tuple[Agreement, ...] = ()
    expired: tuple[Agreement, ...] = ()

    @property
    def overstepping(self) -> tuple[Agreement, ...]:
        """Agreements in force that try to arrange enforcement."""
        return tuple(a for a in self.agreements if oversteps(a))

    def lead(self, duty: str) -> str:
        """Unit code of who leads the duty by agreement; empty when none arranges it."""
        return next((a.lead for a in self.agreements if duty in a.arranges and duty != "enforcement"), "")

    def designated(self, duty: str) -> str:
        """Unit code of who a superior designated for the duty; empty when none did."""
        return next((a.lead for a in self.designations if duty in a.arranges), "")


def oversteps(agreement: Agreement) -> bool:
    """Whether an agreement arranges who enforces, which only law or a superior may."""
    return "enforcement" in agreement.arranges or _OVERSTEPS.search(agreement.text) is not None


def pacts_at(point: Point | None, question: Question, territory: Territory) -> Pacts:
    """The papers that cover the point and the issue, sorted by what they are worth."""
    if point is None:
        return Pacts()
    live = _for_issue(territory.agreements_at(point, question.day), question.issue)
    gone = _for_issue(territory.agreements_at(point, question.day, expired=True), question.issue)
    from_above = {a.id for a in live if _is_designation(a, question.boundary.candidates, territory, question.day)}
    return Pacts(
        agreements=tuple(a for a in live if a.id not in from_above),
        designations=tuple(a for a in live if a.id in from_above),
        expired=gone,
    )


def _for_issue(found: tuple[Agreement, ...], issue: str) -> tuple[Agreement, ...]:
    return tuple(a for a in found if not a.issues or issue in a.issues)


def _is_designation(
    agreement: Agreement, candidates: tuple[RegionCandidate, ...], territory: Territory, day: date
) -> bool:
    """Whether its only party lies above every region that may hold the point."""
    if len(agreement.parties) != 1 or not candidates:
        return False
    paths = [territory.path(candidate.code, day) for candidate in candidates]
    return all(agreement.parties[0] in path[1:] for path in paths)

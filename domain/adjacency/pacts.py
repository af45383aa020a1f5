"""Agreements between neighbours (毗邻协议) and designations from above, as they hold at the place on the day (R30).

A paper binds here when all its parties signed, it is in force on the day, its area covers the point, it is about the
issue, no later paper replaces it, and a party governs the place. It may arrange handling, upkeep and cost. It may not
say who enforces, move a line, change who owns a thing, or burden a unit that stands under none of its parties: such
words are void (`overreach`) and the rest of the paper holds. Two papers that bind and name different units for one
duty are a conflict: reported, and neither is taken.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.adjacency.question import Question
from domain.geo import Point
from domain.issues import issue_table
from domain.organisation import Register
from domain.region import RegionCandidate
from domain.territory import Territory
from domain.world import Agreement

ARRANGEABLE = ("handling", "upkeep", "cost")
"""What neighbours may arrange among themselves (现场处置, 权属养护, 费用)."""

ARRANGED_NAMES = {
    "handling": "现场处置",
    "upkeep": "日常养护、保洁",
    "cost": "费用分担",
    "supervision": "行业监管",
    "enforcement": "行政执法",
}
UNTOUCHED = ("行政执法主体与处罚管辖", "行政区域界线", "设施产权", "上级的指定和裁决")
"""What no agreement changes, as an opinion says it."""

BINDING_P = 0.05
"""A region that may hold the place with at least this probability must be a party's for the paper to bind wholly."""

ENDING_SOON = timedelta(days=30)
"""An agreement that ends within this time is said to (renewal needs its time)."""

_ENFORCES = re.compile(r"(?:行政)?(?:处罚|执法)[^。；;，,]{0,12}(?:由|归|统一|交)")
_MOVES_LINE = re.compile(
    r"(?:界线|边界|区划|管辖范围)[^。；;，,]{0,8}(?:改为|改到|调整到|移至|移到|划归|划入|变更为|重新划定)"
    r"|(?:划归|划入)[^。；;，,]{0,10}(?:管辖|行政区域|辖区)"
)
_GIVES_AWAY = re.compile(r"(?:产权|所有权)[^。；;，,]{0,8}(?:归|转给|转移|划转|移交)")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Papers that bind here and name different units for one duty; `leads` are (paper id, unit code)."""

    duty: str
    leads: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacts:
    """What was arranged here for this issue.

    A paper whose only party is a region above both sides is not an agreement but that superior's designation
    (上级指定); it ranks with law, and may name who enforces (行政处罚法第25条). An agreement never may.

    Attributes:
        agreements: Those that bind here.
        expired: Ended before the day.
        void: Papers that cover the place but do not bind, each with the reason in Chinese.
        partial: Ids of binding agreements when the place may also be a region's that is no party.
        conflicts: By duty; nobody is taken from any of them.
        nobodies: (paper id, unit code) of leads that do not count, with the reason in Chinese.
    """

    agreements: tuple[Agreement, ...] = ()
    designations: tuple[Agreement, ...] = ()
    expired: tuple[Agreement, ...] = ()
    void: tuple[tuple[Agreement, str], ...] = ()
    partial: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    nobodies: tuple[tuple[str, str, str], ...] = ()

    @property
    def overstepping(self) -> tuple[Agreement, ...]:
        """Agreements in force that say what no agreement may."""
        return tuple(a for a in self.agreements if overreach(a))

    def lead(self, duty: str) -> str:
        """Unit code of who leads the duty by agreement; empty when none arranges it, or when they disagree."""
        return self._sole(self.agreements, duty) if duty in ARRANGEABLE else ""

    def designated(self, duty: str) -> str:
        """Unit code of who a superior designated for the duty; empty when none did, or when designations disagree."""
        return self._sole(self.designations, duty)

    def torn(self, duty: str) -> tuple[str, ...]:
        """Codes of the units between which papers in conflict leave a duty; empty where none conflict."""
        found = next((conflict for conflict in self.conflicts if conflict.duty == duty), None)
        return tuple(dict.fromkeys(unit for _, unit in found.leads)) if found else ()

    def overruled(self, duty: str) -> bool:
        """Whether an agreement names another unit than a superior's designation does."""
        above, agreed = self.designated(duty), self.lead(duty)
        return bool(above and agreed) and above != agreed

    def _sole(self, papers: Iterable[Agreement], duty: str) -> str:
        ignored = {(paper, unit) for paper, unit, _ in self.nobodies}
        leads = {a.lead_of(duty) for a in papers if (a.id, a.lead_of(duty)) not in ignored} - {""}
        return leads.pop() if len(leads) == 1 else ""


def oversteps(agreement: Agreement) -> bool:
    """Whether an agreement arranges who enforces, which only law or a superior may."""
    return "enforcement" in agreement.arranges or _ENFORCES.search(agreement.text) is not None


def overreach(agreement: Agreement) -> tuple[str, ...]:
    """What an agreement says that no agreement may, in Chinese; empty when it keeps to what it may arrange."""
    found = (
        (oversteps(agreement), "行政执法（协议不能改变法定执法主体）"),
        (_MOVES_LINE.search(agreement.text) is not None, "行政区域界线（须经法定审批，协议不能改）"),
        (_GIVES_AWAY.search(agreement.text) is not None, "设施产权（须依法移交并登记）"),
        ("supervision" in agreement.arranges, "行业监管（由法律法规和部门职责确定）"),
    )
    return tuple(what for is_so, what in found if is_so)


def pacts_at(point: Point | None, question: Question, territory: Territory) -> Pacts:
    """The papers that cover the point and the issue, sorted by what they are worth."""
    if point is None:
        return Pacts()
    day, candidates = question.day, question.boundary.candidates
    matters = _matters(question)
    here = [a for a in territory.agreements_covering(point) if not a.issues or matters & set(a.issues)]
    expired = tuple(a for a in here if a.valid_to is not None and a.valid_to <= day)
    running = [a for a in here if a not in expired]
    void = [(a, why) for a in running if (why := _not_binding(a, running, candidates, territory, day))]
    binding = [a for a in running if all(a is not other for other, _ in void)]
    from_above = [a for a in binding if _is_designation(a, candidates, territory, day)]
    agreed = [a for a in binding if a not in from_above]
    nobodies = [
        (a.id, lead, why)
        for a in binding
        for lead in dict.fromkeys(a.lead_of(duty) for duty in a.arranges)
        if (why := _no_lead(a, lead, territory, day, designation=a in from_above))
    ]
    return Pacts(
        agreements=tuple(agreed),
        designations=tuple(from_above),
        expired=expired,
        void=tuple(void),
        partial=tuple(a.id for a in agreed if not _binds_all(a, candidates, territory, day)),
        conflicts=(*_conflicts(from_above, nobodies, ("enforcement", *ARRANGEABLE)), *_conflicts(agreed, nobodies)),
        nobodies=tuple(nobodies),
    )


def _matters(question: Question) -> set[str]:
    """What it is about; a report that says whose ground it is (飞地) leaves what happened to its other readings."""
    known = issue_table().get(question.issue)
    others = question.guesses if known is not None and known.dispute == "boundary" else ()
    return {question.issue, *(issue for issue, _ in others)}


def ends_soon(agreement: Agreement, day: date) -> bool:
    """Whether the agreement holds on the day and ends within `ENDING_SOON`."""
    return agreement.valid_to is not None and day < agreement.valid_to <= day + ENDING_SOON


def _not_binding(
    agreement: Agreement,
    others: Sequence[Agreement],
    candidates: Sequence[RegionCandidate],
    territory: Territory,
    day: date,
) -> str:
    """Why a paper that covers the place binds nobody here, in Chinese; empty when it does."""
    if not agreement.signed or (agreement.signed_on is not None and agreement.signed_on > day):
        return "各方尚未签署"
    if day < agreement.valid_from:
        return f"{agreement.valid_from.isoformat()} 起才生效"
    later = next((a for a in others if agreement.id in a.replaces and a.signed and a.valid_from <= day), None)
    if later is not None:
        return f"已由《{later.title}》替代"
    if candidates and not any(_is_under(c.code, agreement.parties, territory, day) for c in _likely(candidates)):
        return "点位不在任何一个当事方的辖区"
    return ""


def _likely(candidates: Sequence[RegionCandidate]) -> list[RegionCandidate]:
    return [c for c in candidates if c.probability >= BINDING_P] or list(candidates[:1])


def _binds_all(agreement: Agreement, candidates: Sequence[RegionCandidate], territory: Territory, day: date) -> bool:
    return all(_is_under(c.code, agreement.parties, territory, day) for c in _likely(candidates))


def _is_under(code: str, parties: Sequence[str], territory: Territory, day: date) -> bool:
    """Whether a party is the region, lies above it, or is a part of it."""
    path = territory.path(code, day)
    return any(party in path or code in _path(territory, party, day) for party in parties)


def _path(territory: Territory, code: str, day: date) -> tuple[str, ...]:
    """Path of a region; empty when the code holds none on the day (redrawn since the paper was signed)."""
    return territory.path(code, day) if territory.holds(code, day) else ()


def _no_lead(agreement: Agreement, lead: str, territory: Territory, day: date, *, designation: bool) -> str:
    """Why a lead does not count, in Chinese; empty when it does.

    A unit may lead that serves a party, a part of one, or a region above one; a neighbour that did not sign may not
    be burdened. A superior may name any unit below it.
    """
    if not lead:
        return ""
    unit = territory.world.register.get(lead)
    if unit is None or not unit.valid_on(day):
        return f"约定的牵头单位 {lead} 在事件日不存在"
    path = _path(territory, unit.region, day)
    above = {step for party in agreement.parties for step in _path(territory, party, day)}
    if not path or designation or set(path) & set(agreement.parties) or unit.region in above:
        return ""
    return f"{unit.name}不在当事方辖下，未签署的一方不受约束"


def _conflicts(
    papers: Sequence[Agreement], nobodies: Sequence[tuple[str, str, str]], duties: Sequence[str] = ARRANGEABLE
) -> tuple[Conflict, ...]:
    ignored = {(paper, unit) for paper, unit, _ in nobodies}
    found: list[Conflict] = []
    for duty in duties:
        leads = tuple((a.id, a.lead_of(duty)) for a in papers if a.lead_of(duty))
        leads = tuple(pair for pair in leads if pair not in ignored)
        if duty != "cost" and len({unit for _, unit in leads}) > 1:
            found.append(Conflict(duty, leads))
    return tuple(found)


def _is_designation(
    agreement: Agreement, candidates: Sequence[RegionCandidate], territory: Territory, day: date
) -> bool:
    """Whether its only party lies above every region that may hold the point."""
    if len(agreement.parties) != 1 or not candidates:
        return False
    paths = [territory.path(candidate.code, day) for candidate in candidates]
    return all(agreement.parties[0] in path[1:] for path in paths)


def keepers_of(register: Register, codes: Sequence[str]) -> str:
    """Names of units for a text, by their codes."""
    return "、".join(unit.name if (unit := register.get(code)) else code for code in codes)

"""Is a set of agreements sound? What is wrong with each, and which clash, told by row before anybody relies on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shapely import STRtree

from domain.adjacency.pacts import ARRANGEABLE, ARRANGED_NAMES, keepers_of, overreach
from domain.geo import LocalFrame
from domain.issues import issue_table
from domain.territory import Territory
from domain.world import Agreement

SPECK_M2 = 1.0
"""Areas that share less than this touch along a drawn line and do not overlap."""


@dataclass(frozen=True, slots=True)
class PactFault:
    """One thing wrong with one agreement.

    Attributes:
        row: Its place in the list, from 1.
        kind: `dates party lead area issue duty overreach double clash`; only the last two concern a second one.
        reason: What is wrong, in Chinese.
        other: Id of the other agreement, for `double` and `clash`.
    """

    row: int
    id: str
    kind: str
    reason: str
    other: str = ""


def review(agreements: Sequence[Agreement], territory: Territory) -> tuple[PactFault, ...]:
    """Everything wrong with a list of agreements, by row.

    A fault does not take an agreement out of the list: what it validly arranges still holds, and an opinion says what
    it left aside. Clashes are reported and never resolved here.
    """
    found = [fault for row, paper in enumerate(agreements, 1) for fault in _faults(row, paper, territory)]
    firsts: dict[str, int] = {}
    for row, paper in enumerate(agreements, 1):
        if firsts.setdefault(paper.id, row) != row:
            found.append(PactFault(row, paper.id, "double", f"编号与第 {firsts[paper.id]} 行重复", paper.id))
    found += _clashes(agreements, territory)
    return tuple(sorted(found, key=lambda fault: (fault.row, fault.kind, fault.other)))


def _faults(row: int, paper: Agreement, territory: Territory) -> Iterator[PactFault]:
    for kind, reason in (*_of_words(paper), *_of_people(paper, territory), *_of_place(paper, territory)):
        yield PactFault(row, paper.id, kind, reason)


def _of_words(paper: Agreement) -> Iterator[tuple[str, str]]:
    if paper.valid_to is not None and paper.valid_to <= paper.valid_from:
        yield "dates", f"失效日 {paper.valid_to} 不晚于生效日 {paper.valid_from}"
    if paper.signed_on is not None and paper.signed_on > paper.valid_from:
        yield "dates", f"签署日 {paper.signed_on} 晚于生效日 {paper.valid_from}，签署前不约束各方"
    unknown = sorted(set(paper.issues) - set(issue_table()))
    if unknown:
        yield "issue", f"没有这些事项：{'、'.join(unknown)}"
    strange = sorted(set(paper.arranges) - set(ARRANGED_NAMES))
    if strange:
        yield "duty", f"不认识的约定内容：{'、'.join(strange)}"
    if not paper.arranges:
        yield "duty", "没有写明约定了什么（处置、养护或费用）"
    if len(paper.parties) != 1:
        for what in overreach(paper):
            yield "overreach", f"约定了不能约定的内容，该部分不生效：{what}"


def _of_people(paper: Agreement, territory: Territory) -> Iterator[tuple[str, str]]:
    if not paper.parties:
        yield "party", "没有当事方"
    for code in paper.parties:
        if not territory.has_region(code):
            yield "party", f"当事方 {code} 不是本市区域"
        elif not territory.holds(code, paper.valid_from):
            yield "party", f"当事方 {code} 在生效日不是现行区划"
    for code in dict.fromkeys(paper.lead_of(duty) for duty in paper.arranges):
        unit = territory.world.register.get(code) if code else None
        if not code:
            yield "lead", "没有写明牵头单位"
        elif unit is None:
            yield "lead", f"牵头单位 {code} 不在单位名录"
        elif not unit.valid_on(paper.valid_from):
            yield "lead", f"牵头单位{unit.name}在生效日不存在"


def _of_place(paper: Agreement, territory: Territory) -> Iterator[tuple[str, str]]:
    if paper.area.is_empty:
        yield "area", "没有适用范围图形"
        return
    if not paper.area.is_valid:
        yield "area", "适用范围图形无效（自相交等）"
        return
    day = paper.valid_from
    held = [territory.region(code, day).geometry for code in paper.parties if territory.holds(code, day)]
    if held and not any(area.intersects(paper.area) for area in held):
        yield "area", "适用范围不在任何一个当事方的辖区内"


def _clashes(agreements: Sequence[Agreement], territory: Territory) -> Iterator[PactFault]:
    """Pairs of one rank that hold at one time, on one ground, for one issue, and name different units for a duty."""
    usable = [(row, a) for row, a in enumerate(agreements, 1) if a.signed and a.area.is_valid and not a.area.is_empty]
    tree = STRtree([a.area for _, a in usable])
    for i, (row, first) in enumerate(usable):
        for j in sorted(int(k) for k in tree.query(first.area, predicate="intersects")):
            other_row, second = usable[j]
            if j <= i or not _meet(first, second):
                continue
            register = territory.world.register
            for duty in ARRANGEABLE[:2]:
                leads = first.lead_of(duty), second.lead_of(duty)
                if all(leads) and leads[0] != leads[1]:
                    reason = (
                        f"与第 {other_row} 行《{second.title}》在同一范围、同一时间对{ARRANGED_NAMES[duty]}约定不一："
                        f"本件为{keepers_of(register, leads[:1])}，彼件为{keepers_of(register, leads[1:])}"
                    )
                    yield PactFault(row, first.id, "clash", reason, second.id)


def _meet(first: Agreement, second: Agreement) -> bool:
    if first.id in second.replaces or second.id in first.replaces:
        return False
    if (len(first.parties) == 1) is not (len(second.parties) == 1):
        return False
    if first.issues and second.issues and not set(first.issues) & set(second.issues):
        return False
    ends = [a.valid_to or date.max for a in (first, second)]
    if max(first.valid_from, second.valid_from) >= min(ends):
        return False
    shared = first.area.intersection(second.area)
    spot = shared.representative_point()
    # An agreement about a spot or a line has no area to share.
    drawn = min(first.area.area, second.area.area) == 0.0
    return drawn or LocalFrame(spot.x, spot.y).flatten(shared).area > SPECK_M2

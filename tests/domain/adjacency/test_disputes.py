"""Disputes over returned orders: their clock, their superior, and that nothing is settled twice."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.disputes import (
    Dispute,
    DisputeState,
    Returned,
    Settlement,
    Statement,
    dispute_from_json,
    dispute_id,
    escalated,
    limit_of,
    opened,
    ruled,
    stated,
    superior_of,
    withdrawn,
)
from domain.adjacency.responsibility import decide
from domain.adjacency.returns import PROVEN, UNPROVEN, draft_return, summary_of
from domain.clock import CHINA, civil_date
from domain.errors import Conflict, EmptyText
from domain.limits import national_calendar
from domain.organisation import Level, Sector
from domain.territory import Territory
from tests.domain.adjacency.asking import question_of
from tests.worked_cases import WORKED
from tests.worlds import CITY, EAST, EAST_BRIDGE, EAST_GATE, WEST, WORLDS, two_districts, unit_code

S = Sector
NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
TERRITORIES = {name: Territory(build()) for name, build in WORLDS.items()}
TERRITORY = Territory(two_districts())
TWO = [case for case in WORKED if case.world == "two_districts"]
CODES = tuple(sorted(unit.code for unit in two_districts().register.units))


@cache
def opinion_of(number: int) -> Mapping[str, Any]:
    question, territory = question_of(TWO[number])
    return decide(question, territory.world, territory).to_json()


def returned(unit: str, *, duty: str = "handling", order: str = "o-1", at: datetime = NOW) -> Returned:
    return Returned(case_id="c-1", order_id=order, duty=duty, unit=unit, reason="不属于我单位职责", by="u", at=at)


def made(number: int = 0, unit: str = CODES[0], *, before: tuple[str, ...] = (), emergency: bool = False) -> Dispute:
    return opened(
        opinion_of(number), returned(unit), returned_before=before, emergency=emergency, territory=TERRITORY,
        day=civil_date(NOW),
    )  # fmt: skip


numbers = st.integers(0, len(TWO) - 1)
units = st.sampled_from(CODES)


@given(numbers, units, st.lists(units, max_size=3), st.booleans())
@settings(max_examples=80, deadline=None)
def test_every_dispute_has_a_clock_parties_and_a_superior_above_them_all(
    number: int, unit: str, before: list[str], emergency: bool
) -> None:
    dispute = made(number, unit, before=tuple(before), emergency=emergency)
    assert dispute.due_at is not None
    assert dispute.due_at > NOW
    assert dispute.due_source in ("statutory", "suggested")
    assert dispute.parties[0] == unit
    assert dispute.round == len(before) + 1
    assert (dispute.state is DisputeState.ESCALATED) == bool(before)
    assert dispute_from_json(dispute.to_json()) == dispute
    assert dispute.superior is not None
    register = TERRITORY.world.register
    path_of = {code: TERRITORY.path(u.region, civil_date(NOW)) for code in dispute.parties if (u := register.get(code))}
    if dispute.superior.unit:
        assert dispute.superior.unit not in dispute.parties
        assert all(dispute.superior.region in path for path in path_of.values())
        level = TERRITORY.region(dispute.superior.region, civil_date(NOW)).level
        assert level in (Level.DISTRICT, Level.CITY)


@pytest.mark.parametrize(
    ("first", "second", "region"),
    [
        (unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE), unit_code(EAST_GATE, S.TOWNSHIP_OFFICE), EAST),
        (unit_code(EAST, S.SANITATION), unit_code(WEST, S.SANITATION), CITY),
        (unit_code(EAST, S.SANITATION), unit_code(CITY, S.BRIDGE), CITY),
    ],
)
def test_the_superior_is_the_lowest_region_above_both(first: str, second: str, region: str) -> None:
    """Far from any line the parties alone decide how high it goes."""
    plain = next(n for n in range(len(TWO)) if not opinion_of(n)["boundary"]["adjacent"])
    bare = {**opinion_of(plain), "escalation": [], "boundary": {**opinion_of(plain)["boundary"], "common_superior": ""}}
    above = superior_of(bare, "handling", (first, second), TERRITORY, civil_date(NOW))
    assert above.region == region
    assert above.unit not in (first, second)


def test_over_the_citys_edge_there_is_no_common_superior_to_name() -> None:
    territory = TERRITORIES["province_edge"]
    bare = {**opinion_of(0), "escalation": [], "boundary": {**opinion_of(0)["boundary"], "common_superior": ""}}
    assert superior_of(bare, "handling", ("u-nowhere",), territory, date(2026, 3, 5)).region == CITY


def test_talking_runs_on_workdays_and_says_that_law_does_not_set_it() -> None:
    friday = datetime(2026, 3, 6, 10, tzinfo=CHINA)
    plain = {**opinion_of(0), "deadlines": []}
    dispute = opened(
        plain, returned(CODES[0], at=friday), returned_before=(), emergency=False, territory=TERRITORY,
        day=civil_date(friday),
    )  # fmt: skip
    assert dispute.due_at is not None
    assert civil_date(dispute.due_at) == date(2026, 3, 10)
    assert national_calendar().works_on(civil_date(dispute.due_at))
    assert dispute.due_source == "suggested"


def test_a_limit_that_the_opinion_names_counts_instead() -> None:
    named = {"what": "部门协商", "value": 5.0, "unit": "workday", "source": "suggested", "basis": "x"}
    assert limit_of({"deadlines": [named]}, DisputeState.CONSULTING).value == 5.0
    assert limit_of({"deadlines": []}, DisputeState.CONSULTING).value == 2.0


@given(st.integers(1, 60 * 24 * 20))
@settings(max_examples=40, deadline=None)
def test_a_step_is_due_exactly_from_its_hour_on(minutes: int) -> None:
    dispute = made()
    at = NOW + timedelta(minutes=minutes)
    assert dispute.due_at is not None
    assert dispute.is_due(at) == (at >= dispute.due_at)


def test_the_second_return_goes_up_by_itself() -> None:
    assert made().state is DisputeState.CONSULTING
    twice = made(before=(CODES[1],))
    assert twice.state is DisputeState.ESCALATED
    assert "第 2 次被退回" in twice.why_up


def test_where_danger_waits_the_clock_runs_in_hours_day_and_night() -> None:
    night = datetime(2026, 3, 6, 23, tzinfo=CHINA)
    asked = returned(CODES[0], at=night)
    dispute = opened(
        opinion_of(0), asked, returned_before=(), emergency=True, territory=TERRITORY, day=civil_date(night)
    )
    assert dispute.due_at == night + timedelta(hours=1)
    up = escalated(dispute, opinion_of(0), why="逾期", at=night + timedelta(hours=1))
    assert up.due_at == night + timedelta(hours=5)
    upkeep = opened(
        opinion_of(0), returned(CODES[0], duty="upkeep", at=night), returned_before=(), emergency=True,
        territory=TERRITORY, day=civil_date(night),
    )  # fmt: skip
    assert upkeep.due_at is not None
    assert upkeep.due_at > night + timedelta(days=1)


def test_going_up_twice_is_going_up_once() -> None:
    up = escalated(made(), opinion_of(0), why="逾期", at=NOW + timedelta(days=3))
    assert escalated(up, opinion_of(0), why="又逾期", at=NOW + timedelta(days=9)) == up


def test_what_is_settled_stays_settled() -> None:
    at = NOW + timedelta(hours=1)
    done = ruled(made(), {"handling": CODES[1]}, how=Settlement.SUPERIOR, by="o", at=at, reason="按移交清单")
    assert done.state is DisputeState.RULED
    assert done.due_at is None
    assert not done.is_due(at + timedelta(days=900))
    with pytest.raises(Conflict):
        ruled(done, {"handling": CODES[2]}, how=Settlement.SUPERIOR, by="p", at=at, reason="另")
    with pytest.raises(Conflict):
        withdrawn(done, by="p", at=at, reason="撤")
    with pytest.raises(Conflict):
        escalated(done, opinion_of(0), why="逾期", at=at)
    with pytest.raises(Conflict):
        stated(done, Statement(unit=CODES[1], text="再说", by="p", at="x"))


@pytest.mark.parametrize(
    ("duties", "reason"), [({}, "有"), ({"upkeep": CODES[1]}, "有"), ({"handling": CODES[1]}, " ")]
)
def test_a_ruling_names_who_and_why(duties: dict[str, str], reason: str) -> None:
    with pytest.raises(EmptyText):
        ruled(made(), duties, how=Settlement.SUPERIOR, by="o", at=NOW, reason=reason)


def test_one_order_opens_one_dispute() -> None:
    assert dispute_id("a") == dispute_id("a") != dispute_id("b")


@given(numbers, units, st.sampled_from(["handling", "upkeep", "supervision", "enforcement"]), st.text(max_size=40))
@settings(max_examples=80, deadline=None)
def test_every_sentence_of_a_draft_says_how_far_it_is_proven(number: int, unit: str, duty: str, said: str) -> None:
    opinion = opinion_of(number)
    draft = draft_return(opinion, duty=duty, unit=unit, unit_name="某单位", order_id="o-1", said=said)
    assert draft.text == draft_return(
        opinion, duty=duty, unit=unit, unit_name="某单位", order_id="o-1", said=said
    ).text  # fmt: skip
    for line in draft.lines:
        assert line.shown() in draft.text
        assert line.shown().endswith(f"【{PROVEN if line.proven else UNPROVEN}】")
    held = opinion["duties"][duty]
    if held["unit"] == unit:
        assert any(line.against for line in draft.lines)
    if said.strip():
        assert draft.lines[0] == replace(draft.lines[0], proven=False)
    assert list(draft.missing) == opinion["evidence"]["missing"]


def test_what_the_ledger_says_against_the_unit_stands_in_its_own_draft() -> None:
    number = next(i for i, case in enumerate(TWO) if "not its place's" in case.name)
    opinion = opinion_of(number)
    keeper = opinion["duties"]["upkeep"]["unit"]
    draft = draft_return(opinion, duty="upkeep", unit=keeper, unit_name="排水公司", order_id="o", said="不是我们的井")
    assert "不一致的内容" in draft.text
    assert any(line.against and line.proven and "台账" in line.text for line in draft.lines)


def test_the_summary_tells_both_sides_and_marks_them() -> None:
    other = Statement(unit=CODES[1], text="也不归我们", by="p", at="2026-03-05T03:00:00Z")
    dispute = stated(made(), other)
    text = summary_of(dispute, opinion_of(0), TERRITORY.world.register)
    assert text.count(f"【{UNPROVEN}】") == 2
    assert "共同上级" in text
    assert "建议时限，非法定" in text
    done = ruled(dispute, {"handling": CODES[1]}, how=Settlement.NEGOTIATED, by="o", at=NOW, reason="协商")
    assert "协商一致" in summary_of(done, opinion_of(0), TERRITORY.world.register)

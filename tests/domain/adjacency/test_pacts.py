"""Agreements: whom they bind, when, about what, and what they may never change."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.pacts import Pacts, overreach, oversteps, pacts_at
from domain.adjacency.responsibility import Question, decide
from domain.clock import CHINA
from domain.geo import Point
from domain.observation import Observation, Source
from domain.opinion import Opinion
from domain.organisation import Sector
from domain.territory import Territory
from domain.world import Agreement
from tests.worlds import (
    CITY,
    EAST,
    EAST_BRIDGE,
    EAST_GATE,
    START,
    WEST,
    WEST_BRIDGE,
    articles_for,
    at,
    box,
    territory_change,
    two_districts,
    unit_code,
)

DAY = date(2026, 3, 5)
BASE = replace(two_districts(), agreements=())
EAST_CLEANS, WEST_CLEANS = unit_code(EAST, Sector.SANITATION), unit_code(WEST, Sector.SANITATION)
BOTH = (EAST, WEST)


def paper(name: str = "A", **more: Any) -> Agreement:
    """Both districts let the west clean a square around (-20, 2700), this year and the last."""
    fields: dict[str, Any] = {
        "id": name,
        "title": f"协议{name}",
        "parties": BOTH,
        "issues": ("E01",),
        "area": box(-60, 2600, 60, 2800),
        "arranges": ("handling", "upkeep"),
        "lead": WEST_CLEANS,
        "valid_from": date(2025, 1, 1),
        "valid_to": date(2027, 1, 1),
    }
    return Agreement(**fields | more)


def asked(
    papers: tuple[Agreement, ...], x_m: float = 30.0, y_m: float = 2700.0, issue: str = "E01", day: date = DAY
) -> tuple[Question, Territory]:
    territory = Territory(replace(BASE, agreements=papers))
    lon, lat = at(x_m, y_m)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=CHINA)
    seen = Observation(
        id="o", source=Source.PERSON, text="路边一堆垃圾", lon=lon, lat=lat, crs="WGS84", accuracy_m=4.0,
        observed_at=noon, received_at=noon,
    )  # fmt: skip
    boundary = territory.relate(Point(lon, lat), 4.0, day)
    return Question(observation=seen, issue=issue, day=day, boundary=boundary, articles=articles_for(issue)), territory


def opinion(*papers: Agreement, **where: Any) -> Opinion:
    question, territory = asked(papers, **where)
    return decide(question, territory.world, territory)


def pacts(*papers: Agreement, **where: Any) -> Pacts:
    question, territory = asked(papers, **where)
    seen = question.observation
    assert seen.lon is not None
    assert seen.lat is not None
    return pacts_at(Point(seen.lon, seen.lat), question, territory)


def status(found: Opinion, name: str) -> str:
    return next(p["status"] for p in found.agreements if p["id"] == name)


days = st.dates(date(2024, 6, 1), date(2027, 6, 1))
ends = st.none() | days
arranged = st.lists(st.sampled_from(["handling", "upkeep", "cost", "enforcement", "supervision"]), unique=True)


@st.composite
def papers(draw: st.DrawFn) -> tuple[Agreement, ...]:
    """Up to three agreements over the same square, of any span, duties, leads and parties."""
    units = [unit.code for unit in BASE.register.units if unit.region in (EAST, WEST, EAST_BRIDGE, CITY)]
    return tuple(
        paper(
            name,
            valid_from=draw(days),
            valid_to=draw(ends),
            arranges=tuple(draw(arranged)),
            lead=draw(st.sampled_from(units)),
            parties=draw(st.sampled_from([BOTH, (EAST,), (WEST,), (EAST_BRIDGE, WEST_BRIDGE), (CITY,), (EAST_GATE,)])),
            issues=draw(st.sampled_from([(), ("E01",), ("E02",)])),
            text=draw(st.sampled_from(["", "处罚统一由西岭区办理", "界线调整到路东侧"])),
            signed=draw(st.booleans()),
        )
        for name in draw(st.sampled_from([("A",), ("A", "B"), ("A", "B", "C")]))
    )


@given(papers())
@settings(max_examples=60, deadline=None)
def test_no_agreement_ever_changes_who_enforces(found: tuple[Agreement, ...]) -> None:
    agreements = tuple(a for a in found if len(a.parties) > 1)
    assert opinion(*agreements).duties["enforcement"].unit == opinion().duties["enforcement"].unit


@given(papers())
@settings(max_examples=60, deadline=None)
def test_only_a_paper_that_binds_names_a_lead(found: tuple[Agreement, ...]) -> None:
    held = pacts(*found)
    for a in (*held.agreements, *held.designations):
        assert a.signed
        assert a.valid_from <= DAY
        assert a.valid_to is None or a.valid_to > DAY
        assert not a.issues or "E01" in a.issues
    leads = {a.lead_of(duty) for a in (*held.agreements, *held.designations) for duty in a.arranges}
    for duty in ("handling", "upkeep"):
        assert {held.lead(duty), held.designated(duty)} - {""} <= leads
    assert held.lead("enforcement") == held.lead("supervision") == ""


@given(papers())
@settings(max_examples=60, deadline=None)
def test_what_conflicts_is_reported_and_nobody_is_taken(found: tuple[Agreement, ...]) -> None:
    held = pacts(*found)
    result = opinion(*found)
    for conflict in held.conflicts:
        assert len({unit for _, unit in conflict.leads}) > 1
    for duty in ("handling", "upkeep"):
        if held.torn(duty) and not held.designated(duty):
            assert held.lead(duty) == ""
    if held.torn("upkeep") and not held.designated("upkeep"):
        assert result.duties["upkeep"].unit == ""
    if held.conflicts:
        assert result.human_required
        assert any("约定不一" in why for why in result.human_why)


@given(papers(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_papers_does_not_matter(found: tuple[Agreement, ...], shuffler: Any) -> None:
    mixed = list(found)
    shuffler.shuffle(mixed)
    assert opinion(*mixed).to_json()["duties"] == opinion(*found).to_json()["duties"]


def test_an_agreement_names_who_cleans() -> None:
    found = opinion(paper())
    assert found.duties["handling"].unit == found.duties["upkeep"].unit == WEST_CLEANS
    assert opinion().duties["upkeep"].unit == EAST_CLEANS
    shown = found.agreements[0]
    assert shown["may_change"] == ["现场处置", "日常养护、保洁", "费用分担"]
    assert "行政执法主体与处罚管辖" in shown["may_not_change"]
    assert shown["parties"] == ["东岸区", "西岭区"]
    assert "不改变行政执法主体" in found.formal


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"signed": False}, "尚未签署"),
        ({"signed_on": date(2026, 4, 1)}, "尚未签署"),
        ({"valid_from": date(2026, 4, 1)}, "起才生效"),
        ({"parties": (WEST, EAST_GATE)}, "不在任何一个当事方的辖区"),
    ],
)
def test_a_paper_that_does_not_bind_is_listed_and_not_followed(change: dict[str, Any], why: str) -> None:
    found = opinion(paper(**change), x_m=30.0)
    assert found.duties["upkeep"].unit == EAST_CLEANS
    assert status(found, "A") == "void"
    assert why in " ".join(found.notes)


def test_the_last_day_is_the_day_before_it_ends() -> None:
    ending = paper(valid_to=DAY + timedelta(days=1))
    assert opinion(ending).duties["upkeep"].unit == WEST_CLEANS
    assert "30 日内到期" in " ".join(opinion(ending).notes)
    assert status(opinion(paper(valid_to=DAY)), "A") == "expired"


def test_another_issue_is_not_arranged() -> None:
    assert opinion(paper(issues=("E02",))).agreements == ()


def test_two_papers_that_disagree_leave_upkeep_open_and_both_as_candidates() -> None:
    found = opinion(paper("A"), paper("B", lead=EAST_CLEANS))
    assert found.duties["upkeep"].unit == ""
    assert found.duties["upkeep"].status == "pending_ruling"
    assert found.duties["handling"].unit == unit_code(EAST_BRIDGE, Sector.TOWNSHIP_OFFICE)
    assert {c.unit for c in found.candidates if c.duty == "upkeep"} >= {EAST_CLEANS, WEST_CLEANS}
    assert found.human_required
    assert [p["conflicts_with"] for p in found.agreements] == [["B"], ["A"]]
    assert "未采用任何一份" in found.formal


def test_two_papers_that_agree_do_not_conflict() -> None:
    found = opinion(paper("A"), paper("B", arranges=("upkeep",)))
    assert found.duties["upkeep"].unit == WEST_CLEANS
    assert not any("约定不一" in why for why in found.human_why)


def test_a_later_paper_that_says_so_takes_the_place_of_the_earlier() -> None:
    later = paper("B", lead=EAST_CLEANS, valid_from=date(2026, 1, 1), replaces=("A",))
    found = opinion(paper("A"), later)
    assert found.duties["upkeep"].unit == EAST_CLEANS
    assert status(found, "A") == "void"
    assert opinion(paper("A"), later, day=date(2025, 6, 1)).duties["upkeep"].unit == WEST_CLEANS


def test_a_designation_outranks_agreements_even_in_conflict() -> None:
    order = paper("D", parties=(CITY,), lead=EAST_CLEANS, arranges=("handling", "upkeep"))
    found = opinion(paper("A"), order)
    assert found.duties["upkeep"].unit == EAST_CLEANS
    assert "以指定为准" in " ".join(found.notes)
    torn = opinion(paper("A"), paper("B", lead=unit_code(EAST, Sector.GREENING)), order)
    assert torn.duties["upkeep"].unit == EAST_CLEANS
    assert torn.human_required


def test_designations_that_disagree_name_nobody() -> None:
    orders = (
        paper("D", parties=(CITY,), lead=EAST_CLEANS, arranges=("upkeep", "enforcement")),
        paper("E", parties=(CITY,), lead=WEST_CLEANS, arranges=("upkeep", "enforcement")),
    )
    found = opinion(*orders)
    assert found.duties["upkeep"].unit == ""
    assert found.duties["enforcement"].unit not in (EAST_CLEANS, WEST_CLEANS)
    assert found.human_required


def test_who_did_not_sign_is_not_burdened() -> None:
    third = paper(parties=(EAST_BRIDGE, EAST_GATE), lead=WEST_CLEANS)
    found = opinion(third)
    assert found.duties["upkeep"].unit == EAST_CLEANS
    assert "未签署的一方不受约束" in " ".join(found.notes)


def test_a_unit_above_the_parties_may_lead() -> None:
    found = opinion(paper(lead=unit_code(CITY, Sector.BRIDGE)))
    assert found.duties["upkeep"].unit == unit_code(CITY, Sector.BRIDGE)


def test_one_paper_may_name_different_units_for_different_duties() -> None:
    found = opinion(paper(leads=(("handling", EAST_CLEANS),)))
    assert found.duties["handling"].unit == EAST_CLEANS
    assert found.duties["upkeep"].unit == WEST_CLEANS


def test_a_place_that_may_be_a_strangers_goes_to_a_person() -> None:
    found = opinion(paper(parties=(EAST_BRIDGE, EAST_GATE), lead=EAST_CLEANS), x_m=1.0)
    assert found.human_required
    assert any("没有签署协议的一方" in why for why in found.human_why)


def test_the_ledger_outranks_an_agreement_about_cleaning() -> None:
    held = paper(issues=("P05",), area=box(-60, 500, 60, 700), lead=EAST_CLEANS)
    found = opinion(held, issue="P05", x_m=6.0, y_m=600.0)
    assert found.duties["upkeep"].unit == unit_code(WEST, Sector.LIGHTING)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("片区处罚统一由西岭区办理。", "行政执法"),
        ("双方同意界线调整到道路东侧。", "界线"),
        ("该地块划归西岭区管辖。", "界线"),
        ("灯杆产权归东岸区所有。", "产权"),
    ],
)
def test_what_no_agreement_may_say_is_found(text: str, what: str) -> None:
    assert any(what in fault for fault in overreach(paper(text=text)))
    found = opinion(paper(text=text))
    assert found.duties["upkeep"].unit == WEST_CLEANS
    assert found.human_required


@pytest.mark.parametrize(
    "text", ["执法仍按各自辖区。", "行政执法按行政区划不变。", "不涉及行政执法。", "界线以协议书为准。"]
)
def test_words_that_leave_it_as_it_is_are_no_overreach(text: str) -> None:
    assert overreach(paper(text=text)) == ()
    assert not oversteps(paper(text=text))


def test_a_party_that_was_redrawn_no_longer_governs_the_place() -> None:
    """河口镇 passed to the east under a new code: what its old town signed does not bind the new one."""
    world = replace(
        territory_change(),
        agreements=(
            paper(parties=("590102003", WEST_BRIDGE), area=box(-700, -200, -300, 200), valid_from=START, valid_to=None),
        ),
    )
    territory = Territory(world)
    lon, lat = at(-500.0, 0.0)

    def found(day: date) -> Pacts:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=CHINA)
        seen = Observation(id="o", source=Source.PERSON, text="垃圾", observed_at=noon, received_at=noon)
        boundary = territory.relate(Point(lon, lat), 4.0, day)
        question = Question(observation=seen, issue="E01", day=day, boundary=boundary, articles={})
        return pacts_at(Point(lon, lat), question, territory)

    assert [a.id for a in found(date(2025, 11, 5)).agreements] == ["A"]
    assert found(date(2025, 11, 6)).agreements == ()


def test_supervision_follows_whom_a_superior_designated_to_enforce() -> None:
    bureau = unit_code(WEST, Sector.URBAN_MANAGEMENT)
    order = paper("D", parties=(CITY,), lead=bureau, arranges=("enforcement",), issues=("S01",))
    found = opinion(order, issue="S01", x_m=0.0)
    assert found.duties["enforcement"].unit == bureau
    assert found.duties["enforcement"].status == "provisional"
    assert found.duties["supervision"].unit == bureau
    assert found.human_required

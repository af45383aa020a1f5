"""What parties say, held against the evidence: a claim alone never wins."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.claims import FINDINGS
from domain.adjacency.responsibility import Filing, Question, decide
from domain.geo import Point
from domain.issues import issue_table
from domain.observation import Claim, Observation, Source
from domain.opinion import Opinion
from domain.organisation import Sector
from domain.territory import Territory
from tests.worlds import CITY, EAST, EAST_BRIDGE, WEST, articles_for, at, two_districts, unit_code

S = Sector
DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
WORLD = two_districts()
TERRITORY = Territory(WORLD)
UNITS = tuple(sorted(unit.code for unit in WORLD.register.units))
SAYINGS = (
    "不归我们管", "不属于我单位职责，应由对方负责", "应由我局负责", "由我们来处理", "这条路没移交给我们",
    "我局已于3月2日立案查处", "无主的东西", "是条村道", "是公路，找交通", "里面是化粪池", "要求处罚",
    "按界线协议书在对方界内", "没得人认", "费用怎么分摊",
)  # fmt: skip


def question(issue: str, text: str, x_m: float, y_m: float, *claims: tuple[str, str], **more: Any) -> Question:
    lon, lat = at(x_m, y_m)
    seen = Observation(
        id="o", source=Source.PERSON, text=text, lon=lon, lat=lat, crs="WGS84", accuracy_m=5.0, observed_at=NOON,
        received_at=NOON, claims=tuple(Claim(unit=unit, text=said) for unit, said in claims),
    )  # fmt: skip
    boundary = TERRITORY.relate(Point(lon, lat), 5.0, DAY)
    return Question(observation=seen, issue=issue, day=DAY, boundary=boundary, articles=articles_for(issue), **more)


def opinion(*args: Any, **more: Any) -> Opinion:
    return decide(question(*args, **more), WORLD, TERRITORY)


def finding(found: Opinion) -> str:
    assert len(found.claims) == 1
    return found.claims[0]["finding"]


@given(
    st.sampled_from(sorted(issue_table())),
    st.integers(-2500, 2500),
    st.integers(-1800, 3000),
    st.sampled_from(UNITS),
    st.sampled_from(SAYINGS),
)
@settings(max_examples=150, deadline=None)
def test_a_claim_alone_never_wins(issue: str, x_m: int, y_m: int, unit: str, said: str) -> None:
    """Whoever says whatever: a duty stays where the evidence put it, or waits; nobody else gets it for the asking."""
    plain = opinion(issue, "这里有问题", x_m, y_m)
    after = opinion(issue, "这里有问题", x_m, y_m, (unit, said))
    for duty in ("upkeep", "supervision", "enforcement"):
        assert after.duties[duty].unit in ("", plain.duties[duty].unit), duty
    assert after.duties["handling"].unit in (plain.duties["handling"].unit, unit_of_first_receiver(after))


def unit_of_first_receiver(found: Opinion) -> str:
    """Who acts until it is settled: neither the claimant's choice nor anybody else's."""
    handling = found.duties["handling"]
    return handling.unit if any("首接单位" in reason for reason in handling.reasons) else ""


@given(st.sampled_from(UNITS), st.sampled_from(SAYINGS))
@settings(max_examples=60, deadline=None)
def test_every_claim_is_listed_with_how_far_it_is_proven(unit: str, said: str) -> None:
    found = opinion("P01", "井盖翻了，盖子上写的雨", -1.0, 500.0, (unit, said))
    assert [(claim["unit"], claim["text"]) for claim in found.claims] == [(unit, said)]
    assert finding(found) in FINDINGS
    assert FINDINGS[finding(found)] in found.formal


def test_a_keeper_that_denies_is_contradicted_by_the_ledger() -> None:
    keeper = unit_code(EAST, S.DRAINAGE)
    found = opinion("P01", "井盖翻了，盖子上写的雨", -1.0, 500.0, (keeper, "这个井不是我们的"))
    assert finding(found) == "contradicted"
    assert "台账" in found.claims[0]["against"][0]
    assert found.duties["upkeep"].unit == keeper
    assert any("主张本身不改变认定" in note for note in found.notes)


def test_a_stranger_that_denies_is_borne_out() -> None:
    found = opinion("P01", "井盖翻了，盖子上写的雨", -1.0, 500.0, (unit_code(WEST, S.DRAINAGE), "不归我们管"))
    assert finding(found) == "supported"
    assert any("台账" in line for line in found.claims[0]["supports"])


@pytest.mark.parametrize(("said", "kinds"), [("应由我局负责", ("accepts",)), ("不该由我局负责", ("denies",))])
def test_taking_on_and_turning_down_are_told_apart(said: str, kinds: tuple[str, ...]) -> None:
    found = opinion("E01", "垃圾堆成山", 1000.0, 2200.0, (unit_code(EAST, S.SANITATION), said))
    assert found.claims[0]["says"] == kinds


def test_who_takes_on_what_the_place_makes_its_own_is_borne_out() -> None:
    found = opinion("E01", "垃圾堆成山", 1000.0, 2200.0, (unit_code(EAST, S.SANITATION), "由我们来处理"))
    assert finding(found) == "supported"
    other = opinion("E01", "垃圾堆成山", 1000.0, 2200.0, (unit_code(WEST, S.SANITATION), "由我们来处理"))
    assert finding(other) == "contradicted"
    assert other.duties["upkeep"].unit == unit_code(EAST, S.SANITATION)


def test_that_a_road_was_not_handed_over_must_be_proven() -> None:
    keeper = unit_code(EAST, S.ROAD_MAINTENANCE)
    found = opinion("T06", "路面烂了个坑", 1000.0, 2500.0, (keeper, "这条路未移交给我们"))
    assert found.duties["upkeep"].unit == keeper
    assert found.duties["upkeep"].status == "provisional"
    assert found.human_required
    in_ledger = opinion("T06", "路面烂了个坑", 2000.0, 100.0, (keeper, "这条路未移交给我们"))
    assert finding(in_ledger) == "contradicted"
    assert in_ledger.duties["upkeep"].unit == keeper


def test_one_partys_word_opens_no_case() -> None:
    bureau = unit_code(WEST, S.URBAN_MANAGEMENT)
    alone = opinion("T07", "渣土车洒一路，两个区都有", 0.0, 2100.0, (bureau, "我局已于3月2日立案查处"))
    assert alone.duties["enforcement"].unit == ""
    assert alone.duties["enforcement"].status == "pending_ruling"
    assert finding(alone) == "unproven"


def test_who_admits_a_later_day_bears_the_other_out() -> None:
    west, east = unit_code(WEST, S.URBAN_MANAGEMENT), unit_code(EAST, S.URBAN_MANAGEMENT)
    both = opinion(
        "T07", "渣土车洒一路", 0.0, 2100.0, (west, "我局已于3月2日立案查处"), (east, "我局已于3月4日立案查处")
    )
    assert both.duties["enforcement"].unit == west
    assert [claim["finding"] for claim in both.claims] == ["supported", "unproven"]


def test_a_record_beats_what_is_claimed() -> None:
    west, east = unit_code(WEST, S.URBAN_MANAGEMENT), unit_code(EAST, S.URBAN_MANAGEMENT)
    filings = (Filing(unit=east, at=datetime(2026, 3, 4, tzinfo=UTC), number="东罚立1号"),)
    asked = question("T07", "渣土车洒一路", 0.0, 2100.0, (west, "我局已于3月2日立案查处"), filings=filings)
    found = decide(replace(asked), WORLD, TERRITORY)
    assert found.duties["enforcement"].unit == east


def test_where_a_line_runs_is_not_judged() -> None:
    found = opinion("E01", "垃圾", 0.0, 2700.0, (unit_code(EAST_BRIDGE, S.TOWNSHIP_OFFICE), "按界线协议书在对方界内"))
    assert finding(found) == "not_judged"


def test_the_counter_argument_begins_with_what_the_evidence_bears_out() -> None:
    found = opinion(
        "P01", "井盖翻了，盖子上写的雨", -1.0, 500.0,
        (unit_code(EAST, S.DRAINAGE), "不是我们的"), (unit_code(CITY, S.POWER), "不归我们管"),
    )  # fmt: skip
    assert found.counter_argument.startswith("临江市供电企业主张")

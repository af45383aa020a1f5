"""What the ground settles: layers, keepers over lines, powers by day, the edge of the city, the side of a line."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.responsibility import Question, decide
from domain.geo import Point
from domain.observation import Observation, Source
from domain.opinion import Opinion
from domain.organisation import Sector
from domain.territory import Territory
from domain.world import Asset, EnforcementPower, World
from tests.worlds import (
    CITY,
    EAST,
    EAST_BRIDGE,
    EAST_GATE,
    WEST,
    articles_for,
    at,
    box,
    one_district_two_towns,
    province_edge,
    spot,
    two_districts,
    unit_code,
)

S = Sector
DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
BASE = two_districts()


def ask(
    world: World, issue: str, text: str, x_m: float, y_m: float, *, accuracy_m: float = 5.0, **seen: Any
) -> Opinion:
    territory = Territory(world)
    lon, lat = at(x_m, y_m)
    report = Observation(
        id="o", source=Source.PERSON, text=text, lon=lon, lat=lat, crs="WGS84", accuracy_m=accuracy_m,
        observed_at=NOON, received_at=NOON, **seen,
    )  # fmt: skip
    boundary = territory.relate(Point(lon, lat), accuracy_m, DAY)
    question = Question(observation=report, issue=issue, day=DAY, boundary=boundary, articles=articles_for(issue))
    return decide(question, world, territory)


def road(ident: str, keeper: str, name: str, height_m: float | None, category: str = "road") -> Asset:
    return Asset(
        id=ident, category=category, owner=keeper, name=name, height_m=height_m, geometry=box(1990, 1990, 2010, 2010)
    )


GROUND, RAMP, TOP = unit_code(EAST, S.ROAD_MAINTENANCE), unit_code(CITY, S.BRIDGE), unit_code(CITY, S.RAIL_TRANSIT)
CROSSING = replace(
    BASE,
    assets=(
        road("C-0", GROUND, "立交地面层", 0.0),
        road("C-1", RAMP, "立交二层匝道", 7.5, "overpass"),
        road("C-2", TOP, "立交三层快速路", 15.0, "overpass"),
    ),
)


@pytest.mark.parametrize(
    ("text", "height_m", "keeper"),
    [
        ("立交地面层有个大坑", None, GROUND),
        ("二层匝道路面烂了", None, RAMP),
        ("三层快速路上有个坑", None, TOP),
        ("路面烂了个坑", 0.5, GROUND),
        ("路面烂了个坑", 8.0, RAMP),
        ("路面烂了个坑", 16.0, TOP),
    ],
)
def test_the_height_or_the_words_say_which_layer(text: str, height_m: float | None, keeper: str) -> None:
    opinion = ask(CROSSING, "T06", text, 2000.0, 2000.0, height_m=height_m)
    assert opinion.duties["upkeep"].unit == keeper
    assert opinion.duties["handling"].unit == keeper


def test_layers_that_nobody_tells_apart_go_to_a_person() -> None:
    opinion = ask(CROSSING, "T06", "路面烂了个坑", 2000.0, 2000.0)
    assert opinion.duties["upkeep"].unit == ""
    assert opinion.human_required
    assert any("几层" in why for why in opinion.human_why)
    assert {c.unit for c in opinion.candidates if c.duty == "upkeep"} >= {GROUND, RAMP, TOP}


@given(st.floats(-300.0, 300.0))
@settings(max_examples=25, deadline=None)
def test_a_road_in_the_ledger_is_its_keepers_on_either_side_of_the_line(x_m: float) -> None:
    held = Asset(id="R", category="road", owner=GROUND, name="线上路", geometry=box(-400, 2650, 400, 2670))
    opinion = ask(replace(BASE, assets=(held,)), "T06", "路面有个坑", x_m, 2660.0)
    assert opinion.duties["upkeep"].unit == opinion.duties["handling"].unit == GROUND
    assert opinion.duties["supervision"].unit == unit_code(EAST, S.URBAN_MANAGEMENT) or abs(x_m) > 100.0


@given(st.floats(-400.0, 400.0))
@settings(max_examples=25, deadline=None)
def test_a_city_wide_keeper_is_supervised_where_the_thing_stands(x_m: float) -> None:
    """Between two towns of one district the district supervises, however near the line is."""
    keeper = unit_code(CITY, S.POWER)
    thing = Asset(id="X", category="power_box", owner=keeper, geometry=spot(x_m, 500.0), marking="电")
    opinion = ask(replace(one_district_two_towns(), assets=(thing,)), "P10", "配电箱坏了", x_m, 500.0)
    assert opinion.duties["upkeep"].unit == keeper
    unit = one_district_two_towns().register.get(opinion.duties["supervision"].unit)
    assert unit is not None
    assert unit.region == EAST


def test_between_two_districts_the_city_supervises_its_own_keeper() -> None:
    thing = Asset(id="X", category="power_box", owner=unit_code(CITY, S.POWER), geometry=spot(0.0, 500.0))
    opinion = ask(replace(BASE, assets=(thing,)), "P10", "配电箱坏了", 0.0, 500.0)
    unit = BASE.register.get(opinion.duties["supervision"].unit)
    assert unit is not None
    assert unit.region == CITY


@pytest.mark.parametrize(("offset_days", "team"), [(-1, False), (0, True), (399, True), (400, False)])
def test_powers_hold_from_their_first_day_to_the_day_before_they_end(offset_days: int, team: bool) -> None:
    """District x item x date, for what is penalised and for who would be competent alike."""
    start = date.fromordinal(DAY.toordinal() - offset_days)
    power = EnforcementPower(
        district=EAST, item="E01", basis="granted", valid_from=start, valid_to=date.fromordinal(start.toordinal() + 400)
    )
    world = replace(BASE, powers=(power,))
    wanted = unit_code(EAST_BRIDGE, S.TOWN_ENFORCEMENT) if team else unit_code(EAST, S.URBAN_MANAGEMENT)
    for text in ("垃圾堆成山", "垃圾堆成山，要求处罚"):
        assert ask(world, "E01", text, 1000.0, 2200.0).duties["enforcement"].unit == wanted
    other = ask(world, "E01", "垃圾堆成山，要求处罚", -1000.0, 2200.0)
    assert other.duties["enforcement"].unit == unit_code(WEST, S.URBAN_MANAGEMENT)


def test_rubbish_that_was_not_collected_is_no_confiscation() -> None:
    assert not ask(BASE, "E01", "垃圾好几天没收，臭得很", 1000.0, 2200.0).human_required
    assert ask(BASE, "S01", "请依法没收他的摊子", 1000.0, 2200.0).human_required


@given(st.sampled_from([5.0, 20.0, 60.0, 200.0]))
@settings(max_examples=4, deadline=None)
def test_an_error_that_reaches_over_the_citys_edge_lowers_what_is_known(accuracy_m: float) -> None:
    territory = Territory(province_edge())
    deep = Point(*at(1500.0, 0.0))
    assert territory.outside_share(deep, accuracy_m, DAY) == 0.0
    assert territory.outside_share(Point(*at(0.0, 0.0)), accuracy_m, DAY) == pytest.approx(0.5, abs=0.01)
    opinion = ask(province_edge(), "E01", "垃圾堆成山", 2.0, 0.0, accuracy_m=accuracy_m)
    assert opinion.human_required
    assert opinion.duties["upkeep"].status != "determined"


def test_a_slope_needs_an_expert_wherever_it_slid() -> None:
    opinion = ask(BASE, "E20", "边坡滑下来了", 2000.0, 2000.0)
    assert opinion.duties["upkeep"].status == "pending_ruling"
    assert any("专家认定" in why for why in opinion.human_why)


def test_a_side_that_changes_nothing_is_not_asked_for() -> None:
    """On the line between two towns of one district, what the district's units do is the same on both sides."""
    shared = ask(one_district_two_towns(), "E01", "垃圾堆成山", 0.0, 500.0)
    assert shared.duties["upkeep"].unit == unit_code(EAST, S.SANITATION)
    assert not shared.human_required
    apart = ask(one_district_two_towns(), "S01", "小贩占道摆摊", 0.0, 500.0)
    assert any("点图确认" in why for why in apart.human_why)
    assert any("点图确认" in why for why in ask(BASE, "E01", "垃圾堆成山", 0.0, 2700.0).human_why)


@given(st.sampled_from([EAST, WEST]), st.sampled_from([EAST_BRIDGE, EAST_GATE, WEST]))
@settings(max_examples=6, deadline=None)
def test_the_common_superior_is_above_both_and_the_lowest_that_is(first: str, second: str) -> None:
    territory = Territory(BASE)
    above = territory.common_superior((first, second), DAY)
    paths = [territory.path(code, DAY) for code in (first, second)]
    assert all(above in path for path in paths)
    below = [paths[0][i] for i in range(paths[0].index(above))]
    assert all(code not in paths[1] for code in below)

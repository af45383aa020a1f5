"""Who goes: the unit that is responsible, else the nearest that can."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.dispatch import StraightLineDispatcher
from domain.errors import Unavailable
from domain.geo import Point, distance_m
from domain.issues import issue_table
from domain.organisation import Level, Register, Sector, Unit
from domain.world import World
from domain.worlddata import schematic_city

DAY = date(2026, 5, 1)
HERE = Point(106.5, 29.6)


def unit(code: str, east_m: float, sector: Sector = Sector.SANITATION, **fields: object) -> Unit:
    given = {"level": Level.DISTRICT, "region": "d1", "skills": ("E01",), "lon": 106.5 + east_m / 96_900, "lat": 29.6}
    return Unit(code=code, name=f"单位{code}", sector=sector, **{**given, **fields})  # pyright: ignore[reportArgumentType]


def world(*units: Unit) -> World:
    return World(name="w", version="1", city="c", regions=(), register=Register(units))


CENTRE = unit("centre", 0, Sector.GOVERNANCE_CENTRE, region="c", level=Level.CITY, skills=())


def test_the_unit_the_opinion_names_goes_even_if_another_is_nearer() -> None:
    choose = StraightLineDispatcher(world(unit("far", 3_000), unit("near", 100)))
    chosen = choose(HERE, "far", "E01", DAY)
    assert chosen.unit.code == "far"
    assert chosen.distance_m == pytest.approx(3_000, rel=0.01)
    assert any("单位near" in reason and "支援" in reason for reason in chosen.reasons)


def test_without_a_name_the_nearest_that_can_goes() -> None:
    choose = StraightLineDispatcher(world(unit("a", 900), unit("b", 300), unit("c", 100, skills=("E02",))))
    assert choose(HERE, "", "E01", DAY).unit.code == "b"


def test_the_kind_of_unit_that_handles_such_things_comes_before_others_that_could() -> None:
    near_stranger = unit("stranger", 50, Sector.MARKET)
    sector = issue_table()["E01"].handling[0]
    choose = StraightLineDispatcher(world(near_stranger, unit("own", 800, sector)))
    assert choose(HERE, "", "E01", DAY).unit.code == "own"


@pytest.mark.parametrize(
    "gone",
    [unit("a", 100, valid_to=DAY), unit("a", 100, valid_from=date(2026, 5, 2))],
    ids=["dissolved that day", "not yet founded"],
)
def test_a_unit_that_does_not_exist_on_the_day_is_not_sent(gone: Unit) -> None:
    choose = StraightLineDispatcher(world(gone, unit("b", 900)))
    assert choose(HERE, "", "E01", DAY).unit.code == "b"
    assert choose(HERE, "a", "E01", DAY).unit.code == "b"


@pytest.mark.parametrize(
    ("point", "issue"), [(None, "E01"), (HERE, ""), (HERE, "S14")], ids=["place", "issue", "skill"]
)
def test_what_nobody_can_be_found_for_goes_to_the_governance_centre(point: Point | None, issue: str) -> None:
    choose = StraightLineDispatcher(world(unit("a", 100), CENTRE))
    chosen = choose(point, "", issue, DAY)
    assert (chosen.unit.code, chosen.distance_m) == ("centre", None)


def test_without_a_place_the_named_unit_still_goes() -> None:
    chosen = StraightLineDispatcher(world(unit("a", 100), CENTRE))(None, "a", "E01", DAY)
    assert (chosen.unit.code, chosen.distance_m) == ("a", None)


def test_without_a_centre_any_unit_of_the_city_receives_it() -> None:
    bureau = replace(CENTRE, code="bureau", sector=Sector.URBAN_MANAGEMENT)
    assert StraightLineDispatcher(world(bureau))(None, "", "", DAY).unit.code == "bureau"


def test_a_city_without_units_says_how_to_mend_it() -> None:
    with pytest.raises(Unavailable, match="没有任何单位"):
        StraightLineDispatcher(world())(HERE, "", "E01", DAY)


@settings(deadline=None)  # the first call loads the city
@given(st.floats(106.42, 106.56), st.floats(29.54, 29.66), st.sampled_from(sorted(issue_table())))
def test_nobody_who_can_is_nearer_than_the_one_chosen(lon: float, lat: float, issue: str) -> None:
    city = schematic_city()
    point = Point(lon, lat)
    chosen = StraightLineDispatcher(city)(point, "", issue, DAY)
    if chosen.distance_m is None:
        return
    able = [u for u in city.register.units if issue in u.skills and u.valid_on(DAY)]
    able = [u for u in able if u.sector in issue_table()[issue].handling] or able
    assert chosen.distance_m == pytest.approx(min(distance_m(point, Point(u.lon, u.lat)) for u in able))

"""How points lie to lines: laws over a small hand-made city whose frame is in metres."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from domain.errors import InvalidInput, UnknownRegion
from domain.geo import LocalFrame, Point
from domain.organisation import Level, Register
from domain.region import BoundaryRelation, Position, Region
from domain.territory import Territory
from domain.world import Agreement, Asset, World, Zone

FRAME = LocalFrame(106.5, 29.6)
DAY, BEFORE, CHANGE = date(2026, 7, 2), date(2026, 6, 30), date(2026, 7, 1)


def at(x: float, y: float) -> Point:
    lon, lat = FRAME.to_degrees(np.array([[x, y]]))[0]
    return Point(float(lon), float(lat))


def box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    return FRAME.unflatten(shapely.box(west, south, east, north))


def region(code: str, parent: str, level: Level, area: BaseGeometry, **more: object) -> Region:
    return Region(code=code, name=f"区{code}", level=level, parent=parent, geometry=area, **more)  # type: ignore[arg-type]


def town(code: str, parent: str, area: BaseGeometry, **more: object) -> Region:
    return region(code, parent, Level.TOWNSHIP, area, **more)


def small_city() -> World:
    """Two districts of 4 x 4 km, 10 km city. West has a1 (south), a2 (north); east b1, b2 with the oddities.

    * line x = 0 between the districts, y = 0 between the towns of each;
    * an enclave of a1 at (2500..2900, -2500..-2100) in b1;
    * a gap 60 m wide at y = 3940..4000 north of a2 (in the city, in no town);
    * b1 and b2 overlap in a strip 40 m wide at y = -20..20, x = 3000..4000;
    * c1 moves from district B to A on 2026-07-01.
    """
    enclave = box(2500, -2500, 2900, -2100)
    a1 = shapely.union_all([box(-4000, -4000, 0, 0), enclave])
    b1 = shapely.union_all([shapely.difference(box(0, -4000, 4000, 0), enclave), box(3000, 0, 4000, 20)])
    b2 = shapely.union_all([box(0, 0, 4000, 4000), box(3000, -20, 4000, 0)])
    c1 = box(-4000, -6000, 4000, -4000)
    west, east = box(-4000, -4000, 0, 4000), box(0, -4000, 4000, 4000)
    regions = (
        region("C", "", Level.CITY, box(-4000, -6000, 4000, 4000)),
        region("A", "C", Level.DISTRICT, west, valid_to=CHANGE),
        region("A", "C", Level.DISTRICT, shapely.union_all([west, c1]), valid_from=CHANGE),
        region("B", "C", Level.DISTRICT, shapely.union_all([east, c1]), valid_to=CHANGE),
        region("B", "C", Level.DISTRICT, east, valid_from=CHANGE),
        town("A1", "A", a1, boundary_source="agreement"),
        town("A2", "A", box(-4000, 0, 0, 3940), boundary_source="agreement"),
        town("B1", "B", b1),
        town("B2", "B", b2),
        Region(code="B3", name="易属镇", level=Level.TOWNSHIP, parent="B", geometry=c1, valid_to=CHANGE),
        Region(code="A3", name="易属镇", level=Level.TOWNSHIP, parent="A", geometry=c1, valid_from=CHANGE),
        region("A1-1", "A1", Level.COMMUNITY, box(-4000, -4000, 0, 0)),
    )
    zones = (
        Zone(id="z1", kind="compound", name="小区", geometry=box(100, 100, 200, 200), unit="p"),
        Zone(id="z2", kind="built_up", name="建成区", geometry=box(-1000, -1000, 1000, 1000)),
        Zone(id="z3", kind="dispute", name="争议地段", geometry=box(-20, 500, 20, 700)),
        Zone(id="z4", kind="market", name="旧市场", geometry=box(100, 100, 200, 200), valid_to=CHANGE),
    )
    assets = (
        Asset(id="m1", category="manhole.gas", owner="g", geometry=FRAME.unflatten(shapely.Point(10, 0))),
        Asset(id="m2", category="manhole.unmarked", owner="", geometry=FRAME.unflatten(shapely.Point(3, 0))),
        Asset(id="m3", category="manholes", owner="", geometry=FRAME.unflatten(shapely.Point(1, 0))),
        Asset(
            id="r1", category="road", owner="r", geometry=FRAME.unflatten(shapely.LineString([(-500, 30), (500, 30)]))
        ),
    )
    agreements = (
        agreement("g1", date(2026, 1, 1), None),
        agreement("g2", date(2024, 1, 1), date(2025, 1, 1)),
    )
    return World(
        name="小城", version="t", city="C", regions=regions, register=Register(()), assets=assets, zones=zones,
        agreements=agreements,
    )  # fmt: skip


def agreement(name: str, start: date, end: date | None) -> Agreement:
    return Agreement(
        id=name, title=name, parties=("A", "B"), issues=(), area=box(-100, -100, 100, 100), arranges=("handling",),
        lead="u", valid_from=start, valid_to=end,
    )  # fmt: skip


@pytest.fixture(scope="module")
def territory() -> Territory:
    return Territory(small_city())


CITY = Territory(small_city())  # for hypothesis, which does not take function fixtures
ANYWHERE = st.builds(at, st.floats(-5000, 5000), st.floats(-7000, 5000))
ACCURACY = st.one_of(st.none(), st.floats(0.5, 800))
DAYS = st.sampled_from([BEFORE, DAY])


def codes(relation: BoundaryRelation) -> set[str]:
    return {c.code for c in relation.candidates}


@given(ANYWHERE, ACCURACY, DAYS)
def test_probabilities_sum_to_one(point: Point, accuracy: float | None, day: date) -> None:
    relation = CITY.relate(point, accuracy, day)
    shares = [c.probability for c in relation.candidates]
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert shares == sorted(shares, reverse=True)
    if relation.candidates:
        assert sum(shares) == pytest.approx(1.0, abs=1e-9)
    else:
        assert relation.position is Position.OUTSIDE


@given(ANYWHERE, ACCURACY, DAYS)
def test_the_common_superior_is_above_all_candidates(point: Point, accuracy: float | None, day: date) -> None:
    relation = CITY.relate(point, accuracy, day)
    if relation.crosses == "province":
        assert relation.common_superior == ""
    else:
        assert all(relation.common_superior in CITY.path(c.code, day) for c in relation.candidates)


@given(ANYWHERE, ACCURACY, DAYS)
def test_every_candidate_is_within_the_threshold_or_surrounds(point: Point, accuracy: float | None, day: date) -> None:
    relation = CITY.relate(point, accuracy, day)
    if relation.position not in (Position.ENCLAVE, Position.GAP):
        assert all(c.distance_m <= relation.threshold_m for c in relation.candidates)


@given(st.floats(-3500, 3500), st.floats(0.5, 30))
def test_moving_along_a_line_keeps_on_the_line(y: float, accuracy: float) -> None:
    relation = CITY.relate(at(0, y), accuracy, DAY)
    assert relation.position is Position.ON_LINE
    assert relation.adjacent
    assert relation.distance_m == pytest.approx(0.0, abs=0.05)
    assert relation.crosses == "district"
    assert relation.common_superior == "C"
    west = sum(c.probability for c in relation.candidates if c.code.startswith("A"))
    assert west == pytest.approx(0.5, abs=0.01)


@given(st.floats(-3500, -500), st.floats(500, 3300), st.floats(0.5, 30))
def test_deep_inside_is_inside(x: float, y: float, accuracy: float) -> None:
    relation = CITY.relate(at(x, y), accuracy, DAY)
    assert relation.position is Position.INSIDE
    assert not relation.adjacent
    assert (relation.township, relation.district, relation.crosses) == ("A2", "A", "none")
    assert relation.common_superior == "A2"
    assert relation.candidates[0].probability == 1.0


@given(st.floats(-300, 300), st.floats(1, 60))
def test_the_threshold_is_the_largest_of_its_three_parts(x: float, accuracy: float) -> None:
    relation = CITY.relate(at(x, 2000), accuracy, DAY)
    assert relation.threshold_m == pytest.approx(max(3 * accuracy, 10.0, 100.0))
    assert relation.adjacent == (abs(x) <= relation.threshold_m)
    assert relation.distance_m == pytest.approx(abs(x), abs=0.15)


@given(st.floats(-60, 60), st.floats(5, 60))
def test_the_share_of_the_disc_is_the_circle_segment(x: float, radius: float) -> None:
    """Against the closed formula for the part of a disc east of a straight line."""
    relation = CITY.relate(at(x, 2000), radius, DAY)
    t = float(np.clip(-x / radius, -1, 1))
    east = (np.arccos(t) - t * np.sqrt(1 - t * t)) / np.pi
    found = {c.code: c.probability for c in relation.candidates}
    assert found.get("B2", 0.0) == pytest.approx(east, abs=0.004)


def test_a_worse_position_turns_inside_into_on_the_line(territory: Territory) -> None:
    assert territory.relate(at(-150, 2000), 5, DAY).position is Position.INSIDE
    assert territory.relate(at(-80, 2000), 5, DAY).position is Position.NEAR
    assert territory.relate(at(-80, 2000), 90, DAY).position is Position.ON_LINE


def test_near_names_the_neighbour_although_it_has_no_share(territory: Territory) -> None:
    relation = territory.relate(at(-80, 2000), 5, DAY)
    assert [(c.code, c.probability) for c in relation.candidates] == [("A2", 1.0), ("B2", 0.0)]
    assert relation.districts == ("A", "B")


def test_two_towns_of_one_district_have_it_as_common_superior(territory: Territory) -> None:
    relation = territory.relate(at(-2000, 3), 10, DAY)
    assert (relation.crosses, relation.common_superior, relation.district) == ("township", "A", "A")
    assert relation.boundary_source == "agreement"


def test_the_meeting_of_four_towns_has_four_candidates(territory: Territory) -> None:
    relation = territory.relate(at(0, 0), 20, DAY)
    assert codes(relation) == {"A1", "A2", "B1", "B2"}
    assert [c.probability for c in relation.candidates] == pytest.approx([0.25] * 4, abs=0.01)


def test_a_strip_that_no_town_claims_is_a_gap(territory: Territory) -> None:
    relation = territory.relate(at(-2000, 3970), 5, DAY)
    assert (relation.position, relation.township, relation.district) == (Position.GAP, "", "A")
    assert relation.adjacent
    assert codes(relation) == {"A2"}


def test_a_strip_that_two_towns_claim_is_an_overlap(territory: Territory) -> None:
    relation = territory.relate(at(3500, 0), 5, DAY)
    assert relation.position is Position.OVERLAP
    assert {c.code: c.probability for c in relation.candidates} == {"B1": 0.5, "B2": 0.5}
    assert territory.relate(at(1500, 0), 5, DAY).position is Position.ON_LINE


@pytest.mark.parametrize("depth", [0, 150])
def test_an_enclave_names_its_surroundings(territory: Territory, depth: float) -> None:
    relation = territory.relate(at(2700 + depth, -2300), 5, DAY)
    assert relation.position is Position.ENCLAVE
    assert (relation.township, relation.district) == ("A1", "A")
    assert codes(relation) == {"A1", "B1"}
    assert relation.common_superior == "C"
    assert any("飞地" in note for note in relation.notes)


def test_the_main_body_of_a_town_with_an_enclave_is_inside(territory: Territory) -> None:
    assert territory.relate(at(-2000, -2000), 5, DAY).position is Position.INSIDE


def test_a_town_that_another_surrounds_is_an_enclave() -> None:
    hole = box(-500, -500, 500, 500)
    ring = shapely.difference(box(-3000, -3000, 3000, 3000), hole)
    world = World(
        name="环城", version="t", city="C", register=Register(()),
        regions=(town("K1", "C", hole), town("K2", "C", ring)),
    )  # fmt: skip
    relation = Territory(world).relate(at(0, 0), 5, DAY)
    assert relation.position is Position.ENCLAVE
    assert codes(relation) == {"K1", "K2"}


def test_digitising_noise_is_neither_gap_nor_overlap() -> None:
    world = World(
        name="毛边", version="t", city="C", register=Register(()),
        regions=(
            region("C", "", Level.CITY, box(-1000, -1000, 1000, 1000)),
            town("K1", "C", box(-1000, -1000, -0.4, 1000)),
            town("K2", "C", shapely.union_all([box(0.4, -1000, 1000, 1000), box(-1.2, 300, 1000, 900)])),
        ),
    )  # fmt: skip
    noisy = Territory(world)
    assert noisy.relate(at(0, 0), 5, DAY).position is Position.ON_LINE
    assert noisy.relate(at(-0.8, 600), 5, DAY).position is Position.ON_LINE


def test_near_the_outer_edge_there_is_no_common_superior(territory: Territory) -> None:
    relation = territory.relate(at(3950, 2000), 5, DAY)
    assert (relation.position, relation.crosses, relation.common_superior) == (Position.NEAR, "province", "")
    assert relation.adjacent


def test_outside_has_candidates_only_near_the_edge(territory: Territory) -> None:
    beside = territory.relate(at(4050, 2000), 5, DAY)
    far = territory.relate(at(9000, 2000), 5, DAY)
    assert beside.position is far.position is Position.OUTSIDE
    assert (codes(beside), beside.adjacent, beside.township) == ({"B2"}, True, "")
    assert (codes(far), far.adjacent) == (set(), False)
    assert not territory.contains(at(4050, 2000))
    assert territory.contains(at(4005, 2000))  # within the 10 m error of the edge
    assert territory.contains(at(-2000, 3970))  # in the gap


def test_no_point_is_unknown(territory: Territory) -> None:
    relation = territory.relate(None, None, DAY)
    assert (relation.position, relation.candidates, relation.distance_m) == (Position.UNKNOWN, (), None)


@pytest.mark.parametrize("accuracy", [0.0, -3.0, float("nan"), float("inf"), 60_000.0])
def test_an_impossible_accuracy_is_refused(territory: Territory, accuracy: float) -> None:
    with pytest.raises(InvalidInput, match="精度"):
        territory.relate(at(0, 0), accuracy, DAY)


def test_the_day_chooses_the_edition(territory: Territory) -> None:
    before, after = (territory.relate(at(0, -5000), 5, day) for day in (BEFORE, DAY))
    assert (before.township, before.district) == ("B3", "B")
    assert (after.township, after.district) == ("A3", "A")
    assert (before.territory_version, after.territory_version) == ("2000-01-01", "2026-07-01")
    assert territory.version_on(CHANGE) == "2026-07-01"
    assert territory.versions() == ("2000-01-01", "2026-07-01")


def test_a_code_that_ended_says_what_it_is_now(territory: Territory) -> None:
    assert territory.has_region("B3")
    assert territory.region("B3", BEFORE).parent == "B"
    with pytest.raises(UnknownRegion, match="B3") as refused:
        territory.region("B3", DAY)
    assert "A3" in refused.value.hint
    with pytest.raises(UnknownRegion) as early:
        territory.path("A3", BEFORE)
    assert "2026-07-01" in early.value.hint
    assert not territory.has_region("Z9")
    with pytest.raises(UnknownRegion):
        territory.region("Z9", DAY)


@given(st.lists(st.sampled_from(["A", "B", "A1", "A2", "B1", "B2", "A3", "A1-1"]), min_size=1, max_size=4))
def test_the_lowest_common_region_contains_all_and_no_lower_one_does(wanted: Sequence[str]) -> None:
    superior = CITY.common_superior(wanted, DAY)
    paths = [CITY.path(code, DAY) for code in wanted]
    assert all(superior in path for path in paths)
    lower = paths[0][: paths[0].index(superior)]
    assert not any(all(code in path for path in paths) for code in lower)


def test_paths_run_from_the_code_to_the_city(territory: Territory) -> None:
    assert territory.path("A1-1", DAY) == ("A1-1", "A1", "A", "C")
    assert territory.common_superior([], DAY) == ""
    assert [r.code for r in territory.containing(at(-5, -5), Level.COMMUNITY, DAY)] == ["A1-1"]


def test_zones_are_those_around_the_point_and_disputes_within_reach(territory: Territory) -> None:
    def kinds(x: float, y: float, accuracy: float | None, day: date = DAY) -> list[str]:
        return [zone.id for zone in territory.zones_at(at(x, y), accuracy, day)]

    assert kinds(150, 150, 5) == ["z1", "z2"]
    assert kinds(150, 150, 5, BEFORE) == ["z1", "z4", "z2"]
    assert kinds(95, 150, 20) == ["z2"]  # beside the compound is not in it
    assert kinds(-30, 600, 5) == ["z2"]
    assert kinds(-30, 600, 15) == ["z2", "z3"]
    assert kinds(2000, 2000, None) == []


def test_assets_come_nearest_first_by_whole_kinds(territory: Territory) -> None:
    found = territory.assets_near(at(0, 0), 50, DAY)
    assert [asset.id for asset, _ in found] == ["m3", "m2", "m1", "r1"]
    assert [gap for _, gap in found] == pytest.approx([1, 3, 10, 30], abs=0.02)
    assert [a.id for a, _ in territory.assets_near(at(0, 0), 50, DAY, ["manhole"])] == ["m2", "m1"]
    assert [a.id for a, _ in territory.assets_near(at(0, 0), 50, DAY, ["manhole.gas", "road"])] == ["m1", "r1"]
    assert territory.assets_near(at(0, 0), 0.5, DAY) == ()


def test_agreements_that_ended_are_told_apart(territory: Territory) -> None:
    assert [a.id for a in territory.agreements_at(at(0, 0), DAY)] == ["g1"]
    assert [a.id for a in territory.agreements_at(at(0, 0), DAY, expired=True)] == ["g2"]
    assert territory.agreements_at(at(500, 0), DAY) == ()


@given(ANYWHERE, ACCURACY)
def test_the_same_question_has_the_same_answer(point: Point, accuracy: float | None) -> None:
    assert CITY.relate(point, accuracy, DAY) == Territory(CITY.world).relate(point, accuracy, DAY)


def test_a_gap_wider_than_the_threshold_names_the_nearest_towns() -> None:
    world = World(
        name="宽隙", version="t", city="C", register=Register(()),
        regions=(
            region("C", "", Level.CITY, box(-3000, -1000, 3000, 1000)),
            town("K1", "C", box(-3000, -1000, -400, 1000)),
            town("K2", "C", box(500, -1000, 3000, 1000)),
        ),
    )  # fmt: skip
    relation = Territory(world).relate(at(0, 0), 5, DAY)
    assert relation.position is Position.GAP
    assert [(c.code, round(c.distance_m)) for c in relation.candidates] == [("K1", 400), ("K2", 500)]
    assert sum(c.probability for c in relation.candidates) == pytest.approx(1.0)
    assert relation.common_superior == "C"

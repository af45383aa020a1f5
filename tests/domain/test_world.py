"""The schematic city: it holds together, and each named place is what its name says."""

import time
from datetime import date

import pytest

from domain.crs import wgs84_to_gcj02
from domain.geo import Point
from domain.organisation import SECTOR_NAMES, Level, Sector
from domain.region import BoundaryRelation, Position
from domain.territory import Territory
from domain.world import World
from domain.worlddata import (
    content_version,
    places,
    schematic_city,
    world_from_json,
    world_to_json,
)

BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 1)


@pytest.fixture(scope="module")
def world() -> World:
    return schematic_city()


@pytest.fixture(scope="module")
def territory(world: World) -> Territory:
    return Territory(world)


def at(territory: Territory, place: str, accuracy: float = 10.0, day: date = AFTER) -> BoundaryRelation:
    return territory.relate(places()[place], accuracy, day)


def names(relation: BoundaryRelation) -> set[str]:
    return {c.name for c in relation.candidates}


def test_a_world_survives_json(world: World) -> None:
    assert world_from_json(world_to_json(world)) == world


def test_another_form_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="lianzhi-world"):
        world_from_json({**world_to_json(world), "format": "else"})


def test_the_version_is_the_hash_of_the_content(world: World) -> None:
    plain = world_to_json(world)
    assert content_version(plain) == world.version
    assert content_version({**plain, "name": "别处"}) != world.version


def test_the_world_loads_at_once() -> None:
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        schematic_city.__wrapped__()
        best = min(best, time.perf_counter() - start)
    assert best < 0.5


def test_there_are_4_districts_and_24_towns_on_every_day(world: World) -> None:
    for day in (BEFORE, AFTER):
        valid = [r for r in world.regions if r.valid_on(day)]
        count = {level: sum(r.level is level for r in valid) for level in Level}
        assert count == {
            Level.CITY: 1, Level.DISTRICT: 4, Level.TOWNSHIP: 24, Level.COMMUNITY: 72, Level.GRID: 216,
        }  # fmt: skip


def test_codes_and_geometries_hold_together(world: World, territory: Territory) -> None:
    spans = [(r.code, r.valid_from) for r in world.regions]
    assert len(spans) == len(set(spans))
    for region in world.regions:
        assert region.geometry.is_valid
        assert not region.geometry.is_empty
        day = region.valid_from
        assert territory.path(region.code, day)[-1] == world.city
        assert region.code.startswith(region.parent) or region.level is Level.DISTRICT
    for thing in (*world.assets, *world.zones):
        assert thing.geometry.is_valid
        assert not thing.geometry.is_empty


def test_every_code_that_is_named_exists(world: World, territory: Territory) -> None:
    units = {unit.code: unit for unit in world.register.units}
    assert len(units) == len(world.register.units)
    named = {unit.parent for unit in units.values()} | {a.owner for a in world.assets}
    named |= {a.maintainer for a in world.assets} | {z.unit for z in world.zones} | {a.lead for a in world.agreements}
    assert named - units.keys() <= {""}
    regions = {unit.region for unit in units.values()} | {c for a in world.agreements for c in a.parties}
    assert all(territory.has_region(code) for code in regions | {p.district for p in world.powers})


def test_an_owner_exists_as_long_as_the_asset_is_his(world: World) -> None:
    for asset in world.assets:
        for code in filter(None, (asset.owner, asset.maintainer)):
            unit = world.register.get(code)
            assert unit is not None
            assert unit.valid_on(asset.valid_from)
            assert unit.valid_to is None or (asset.valid_to is not None and asset.valid_to <= unit.valid_to)


@pytest.mark.parametrize("sector", list(Sector))
def test_every_sector_has_a_unit(world: World, sector: Sector) -> None:
    assert any(unit.sector is sector for unit in world.register.units), SECTOR_NAMES[sector]


@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_every_town_finds_its_departments(world: World, territory: Territory, day: date) -> None:
    find = world.register.find
    for region in (r for r in world.regions if r.level is Level.TOWNSHIP and r.valid_on(day)):
        path = territory.path(region.code, day)
        for sector in (Sector.URBAN_MANAGEMENT, Sector.HOUSING, Sector.SANITATION, Sector.DRAINAGE, Sector.WATER):
            unit = find(sector, path, day)
            assert unit is not None
            assert unit.region == path[1]
        office = find(Sector.TOWNSHIP_OFFICE, path, day)
        assert office is not None
        assert office.region == region.code


def test_depots_lie_in_the_regions_they_serve(world: World, territory: Territory) -> None:
    for unit in world.register.units:
        assert territory.contains(Point(unit.lon, unit.lat), unit.valid_from), unit.name


def test_the_city_is_where_gcj02_shifts(territory: Territory) -> None:
    """Reading a GCJ-02 position as WGS-84 must be able to name the wrong town."""
    place = places()["border_road"]
    lon, lat = wgs84_to_gcj02(place.lon, place.lat)
    shifted = type(place)(lon, lat)
    assert territory.relate(shifted, 10, AFTER).position is Position.INSIDE


@pytest.mark.parametrize(
    ("place", "position", "crosses", "superior", "towns"),
    [
        ("manhole_on_river_line", "on_line", "district", "509900", {"望澜门街道", "白鹭滩街道"}),
        ("border_road", "on_line", "district", "509900", {"九十九梯街道", "屏风岭街道"}),
        ("border_road_unmarked", "on_line", "district", "509900", {"九十九梯街道", "屏风岭街道"}),
        ("half_street", "on_line", "township", "509901", {"九十九梯街道", "望澜门街道"}),
        ("three_town_market", "on_line", "district", "509900", {"屏风岭街道", "吊脚湾街道", "九十九梯街道"}),
        ("enclave", "enclave", "district", "509900", {"镜子湾街道", "钟声坪街道"}),
        ("enclave_in_district", "enclave", "township", "509903", {"月弯沱镇", "青瓦坪镇"}),
        ("gap_strip", "gap", "district", "509900", {"雾门街道", "九十九梯街道"}),
        ("overlap", "overlap", "township", "509902", {"萤火坪镇", "石鼓坝镇"}),
        ("bridge_foot", "near", "district", "509900", {"白鹭滩街道", "望澜门街道"}),
        ("interchange", "on_line", "township", "509902", {"白鹭滩街道", "镜子湾街道"}),
        ("dispute", "on_line", "district", "509900", {"松涛埂镇", "吊脚湾街道"}),
        ("moved_town", "inside", "none", "509901007", {"云梯口镇"}),
        ("moved_town_line", "on_line", "township", "509901", {"云梯口镇", "云脚街道"}),
        ("compound_on_line", "on_line", "township", "509901", {"九十九梯街道", "望澜门街道"}),
        ("site_on_line", "on_line", "district", "509900", {"屏风岭街道", "吊脚湾街道"}),
        ("river_middle", "on_line", "district", "509900", {"望澜门街道", "南澜渡街道"}),
        ("fire_ridge", "on_line", "district", "509900", {"屏风岭街道", "吊脚湾街道"}),
        ("city_edge", "near", "province", "", {"月弯沱镇"}),
        ("plain_inside", "inside", "none", "509901002", {"望澜门街道"}),
        ("outside_city", "outside", "province", "", set()),
    ],
)
def test_each_place_lies_as_its_name_says(
    territory: Territory, place: str, position: str, crosses: str, superior: str, towns: set[str]
) -> None:
    relation = at(territory, place)
    assert (relation.position, relation.crosses, relation.common_superior) == (position, crosses, superior)
    assert names(relation) == towns


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("three_town_market", "market"),
        ("bridge_foot", "bridge_under"),
        ("interchange", "bridge_under"),
        ("dispute", "dispute"),
        ("compound_on_line", "compound"),
        ("site_on_line", "building_site"),
        ("river_middle", "river_reach"),
        ("fire_ridge", "forest"),
        ("rail_station", "rail_zone"),
        ("railway_side", "railway_land"),
        ("fireworks_line", "no_fireworks"),
        ("plain_inside", "built_up"),
    ],
)
def test_each_place_has_its_zone(territory: Territory, place: str, kind: str) -> None:
    assert kind in {zone.kind for zone in territory.zones_at(places()[place], 5, AFTER)}


def test_fireworks_are_banned_on_one_side_only(territory: Territory) -> None:
    west = territory.zones_at(places()["fireworks_line_west"], 5, AFTER)
    assert "no_fireworks" not in {zone.kind for zone in west}


def test_the_covers_on_the_lines_are_marked_and_unmarked(territory: Territory) -> None:
    for place, category, marking in (
        ("manhole_on_river_line", "manhole.sewage", "污"),
        ("border_road", "manhole.sewage", "污"),
        ("border_road_unmarked", "manhole.unmarked", ""),
    ):
        asset, gap = territory.assets_near(places()[place], 5, AFTER, ["manhole"])[0]
        assert (asset.category, asset.marking) == (category, marking)
        assert gap < 1.0
        assert bool(asset.owner) == bool(marking)


def test_the_two_halves_of_the_border_road_have_two_owners(territory: Territory) -> None:
    found = territory.assets_near(places()["border_road"], 3, AFTER, ["road"])
    assert {asset.owner for asset, _ in found} == {"u-509901-urban_management", "u-509904-urban_management"}
    (median, _), *_ = territory.assets_near(places()["border_road"], 3, AFTER, ["green"])
    assert median.owner == ""


def test_the_interchange_has_four_layers_of_different_keepers(territory: Territory) -> None:
    found = [a for a, _ in territory.assets_near(places()["interchange"], 2, AFTER, ["road", "overpass"])]
    heights = sorted(a.height_m or 0.0 for a in found)
    assert heights == [0.0, 7.5, 15.0, 23.0]
    assert len({a.maintainer or a.owner for a in found}) == 4


def test_agreements_hold_have_ended_or_come_with_the_change(territory: Territory) -> None:
    spot = places()
    assert [a.id for a in territory.agreements_at(spot["border_road"], AFTER)] == ["XY001"]
    ended = territory.agreements_at(spot["three_town_market"], AFTER, expired=True)
    assert [a.title for a in ended] == ["三界坝集市共同管理备忘录"]
    assert not territory.agreements_at(spot["moved_town"], BEFORE)
    assert territory.agreements_at(spot["moved_town"], AFTER)
    assert all("enforcement" not in a.arranges for a in territory.world.agreements)


def test_a_town_changes_district_in_the_middle_of_the_year(world: World, territory: Territory) -> None:
    before, after = (at(territory, "moved_town", day=day) for day in (BEFORE, AFTER))
    assert (before.township, before.district) == ("509904006", "509904")
    assert (after.township, after.district) == ("509901007", "509901")
    line_before, line_after = (at(territory, "moved_town_line", day=day) for day in (BEFORE, AFTER))
    assert (line_before.crosses, line_after.crosses) == ("district", "township")
    old, new = (world.register.get(f"u-{code}-township_office") for code in ("509904006", "509901007"))
    assert old is not None
    assert new is not None
    assert (old.valid_on(BEFORE), old.valid_on(AFTER)) == (True, False)
    assert (new.valid_on(BEFORE), new.valid_on(AFTER)) == (False, True)
    assert new.parent == "u-509901-government"


def test_powers_differ_between_neighbours_and_dates(world: World) -> None:
    def granted(day: date) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for power in world.powers:
            if power.valid_from <= day and (power.valid_to is None or day < power.valid_to):
                found.setdefault(power.district, set()).add(power.item)
        return found

    now, then = granted(AFTER), granted(date(2024, 1, 1))
    assert "E13" in now["509904"] - now["509903"]
    assert "E12" in then["509901"] - now["509901"]
    assert {power.basis for power in world.powers} == {"legal", "granted", "entrusted"}

"""Units at three levels, operators, committees and grids, each with a depot and what it can do."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from domain.organisation import SECTOR_NAMES, Level, Sector, Unit
from domain.region import Region
from scripts.worldgen import plan
from scripts.worldgen.land import FRAME, Land, spots_in

S = Sector

CITY_ONLY = (S.TELECOM_ADMIN,)
DEPARTMENTS = (
    S.GOVERNMENT, S.GOVERNANCE_CENTRE, S.URBAN_MANAGEMENT, S.HOUSING, S.PLANNING, S.ECOLOGY, S.WATER,
    S.PUBLIC_SECURITY, S.TRAFFIC_POLICE, S.FIRE, S.EMERGENCY, S.TRANSPORT, S.MARKET, S.AGRICULTURE, S.FORESTRY,
    S.ECONOMY_IT, S.CIVIL_AFFAIRS, S.JUSTICE, S.FINANCE, S.BIG_DATA, S.HEALTH, S.CULTURE_SPORT,
)  # fmt: skip
"""Departments of the city and of each district."""

SPECIAL_NAMES = {
    (Level.CITY, S.GOVERNANCE_CENTRE): "{place}数字化城市运行和治理中心",
    (Level.CITY, S.TRAFFIC_POLICE): "{place}公安局交巡警总队",
    (Level.CITY, S.FIRE): "{place}消防救援总队",
    (Level.CITY, S.WATER): "{place}水利局（市河长办）",
    (Level.DISTRICT, S.GOVERNANCE_CENTRE): "{place}数字化城市运行和治理中心",
    (Level.DISTRICT, S.PUBLIC_SECURITY): "{place}公安分局",
    (Level.DISTRICT, S.TRAFFIC_POLICE): "{place}交巡警支队",
    (Level.DISTRICT, S.FIRE): "{place}消防救援支队",
}

DISTRICT_OPERATORS = {
    S.SANITATION: "{place}环卫作业中心",
    S.ROAD_MAINTENANCE: "{place}市政设施养护中心",
    S.GREENING: "{place}园林绿化养护中心",
    S.LIGHTING: "{place}城市照明管理所",
    S.DRAINAGE: "{place}排水设施运营公司",
    S.HIGHWAY: "{place}公路养护中心",
    S.RIVER_CHIEF: "{place}区级河长",
}

CITY_OPERATORS: tuple[tuple[Sector, str, str], ...] = (
    (S.WATER_SUPPLY, "", "云屏北岸自来水公司"),
    (S.WATER_SUPPLY, "2", "云屏南岸自来水公司"),
    (S.GAS, "", "云屏燃气公司"),
    (S.POWER, "", "云屏供电公司"),
    (S.TELECOM, "", "云信通信公司"),
    (S.TELECOM, "2", "屏联通信公司"),
    (S.TELECOM, "3", "岚广网络公司"),
    (S.BRIDGE, "", "云屏市桥隧管护中心"),
    (S.ROAD_MAINTENANCE, "", "云屏市快速路养护中心"),
    (S.HIGHWAY, "", "云屏市公路事务中心"),
    (S.RAIL_TRANSIT, "", "云屏轨道交通公司"),
    (S.RAILWAY, "", "云屏铁路工务段"),
    (S.BUS, "", "云屏公交公司"),
    (S.BIKE_SHARING, "", "萤火单车公司"),
    (S.BIKE_SHARING, "2", "蜻蜓单车公司"),
    (S.LIGHTING, "", "云屏市城市照明中心"),
    (S.RIVER_CHIEF, "", "沧澜江市级河长"),
    (S.RIVER_CHIEF, "2", "白鹭河市级河长"),
)
"""Sector, suffix of the code, and name of what serves the whole city."""

SKILLS: dict[Sector, tuple[str, ...]] = {
    S.TOWNSHIP_OFFICE: ("E01", "E02", "E03", "E17", "S01", "S02", "S03", "S12", "P02", "X06", "S14"),
    S.TOWN_ENFORCEMENT: ("S01", "S02", "S03", "S04", "A01", "A03", "E11", "E13", "E17", "S10"),
    S.COMMUNITY_COMMITTEE: ("E01", "E03", "A01", "S07", "S12", "T10"),
    S.URBAN_MANAGEMENT: (
        "P01",
        "P02",
        "P05",
        "E01",
        "E02",
        "E03",
        "E06",
        "E07",
        "E11",
        "E13",
        "E14",
        "E17",
        "A01",
        "A02",
        "A03",
        "T05",
        "T07",
        "T08",
        "T09",
        "T12",
        "T14",
        "S01",
        "S02",
        "S03",
        "S04",
        "S10",
        "C03",
        "C04",
        "X09",
    ),
    S.HOUSING: ("P02", "P03", "P04", "C02", "C05", "E18", "E21", "S12", "X07"),
    S.PLANNING: ("S10", "S11", "E20", "X07"),
    S.ECOLOGY: ("E05", "E12", "X10", "C01"),
    S.WATER: ("E04", "E22", "X03", "E21"),
    S.PUBLIC_SECURITY: ("S07", "S09", "E15", "E19"),
    S.TRAFFIC_POLICE: ("T01", "T02", "T08", "E16", "X02"),
    S.FIRE: ("P09", "T10", "T11", "X01", "X02"),
    S.EMERGENCY: ("X01", "X02", "E20"),
    S.TRANSPORT: ("T06", "T13", "T15", "X08"),
    S.MARKET: ("S01", "S13"),
    S.AGRICULTURE: ("E10", "E23"),
    S.FORESTRY: ("E09", "X01"),
    S.ECONOMY_IT: ("P06", "P07", "P10"),
    S.CIVIL_AFFAIRS: ("S05", "X04", "X05", "X06"),
    S.HEALTH: ("S14",),
    S.CULTURE_SPORT: ("P11",),
    S.SANITATION: ("E01", "E02", "E03", "E04", "E10", "A01", "T07", "P04", "C03"),
    S.ROAD_MAINTENANCE: ("P01", "T02", "T03", "T06", "T14", "E22"),
    S.GREENING: ("E06", "E07", "E08", "E09"),
    S.LIGHTING: ("P05",),
    S.DRAINAGE: ("P01", "P03", "P04", "E21"),
    S.WATER_SUPPLY: ("P01", "P08", "P09"),
    S.GAS: ("P01", "P07"),
    S.POWER: ("P01", "P06", "P10", "E08"),
    S.TELECOM: ("P01", "P06"),
    S.BRIDGE: ("T03", "T04", "T05"),
    S.HIGHWAY: ("T02", "T05", "T06"),
    S.RAIL_TRANSIT: ("X09", "T05"),
    S.RAILWAY: ("X08", "T05"),
    S.BUS: ("T13",),
    S.BIKE_SHARING: ("T09",),
    S.PROPERTY: ("S12", "S13", "T10", "T11", "P04", "E18"),
    S.BUILDER: ("C01", "C02", "C03", "C04", "C05", "T12"),
    S.RIVER_CHIEF: ("E04", "E05", "X03"),
}
"""Issues (ids of the issue table) that a unit of each sector takes."""


def code_of(sector: Sector, region: str, suffix: str = "") -> str:
    """Code of the unit of a sector in a region, e.g. `u-509901-drainage`."""
    return f"u-{region}-{sector.value}{suffix}"


def units(land: Land, regions: Iterable[Region], rng: Generator) -> list[Unit]:
    """All units but the property firms and builders, which come with their zones."""
    found = _government(plan.CITY, plan.CITY_NAME, Level.CITY, "", land.towns["509901002"], rng)
    found += _city_operators(land, rng)
    for code, name in plan.DISTRICTS.items():
        seat = land.towns[f"{code}002" if code != "509904" else "509904001"]
        found += _government(code, name, Level.DISTRICT, plan.CITY, seat, rng)
        found += _district_operators(code, name, land, rng)
    for town in plan.TOWNS:
        found += _town(town, land, rng)
    found += _committees(regions)
    return _with_the_change(found)


def _unit(
    sector: Sector, region: str, name: str, level: Level, parent: str, spot: np.ndarray, suffix: str = ""
) -> Unit:
    lon, lat = np.round(FRAME.to_degrees(np.asarray([spot], dtype=float))[0], 6)
    return Unit(
        code=code_of(sector, region, suffix),
        name=name,
        level=level,
        sector=sector,
        region=region,
        parent=parent,
        lon=float(lon),
        lat=float(lat),
        skills=(sector.value, *SKILLS.get(sector, ())),
    )


def _government(region: str, place: str, level: Level, above: str, seat: BaseGeometry, rng: Generator) -> list[Unit]:
    sectors = [*DEPARTMENTS, *(CITY_ONLY if level is Level.CITY else ())]
    spots = spots_in(seat, len(sectors), rng)
    found: list[Unit] = []
    for sector, spot in zip(sectors, spots, strict=True):
        name = SPECIAL_NAMES.get((level, sector), "{place}" + SECTOR_NAMES[sector]).format(place=place)
        parent = code_of(sector, above) if above else ("" if sector is S.GOVERNMENT else code_of(S.GOVERNMENT, region))
        found.append(_unit(sector, region, name, level, parent, spot))
    return found


_LEADS = {
    S.SANITATION: S.URBAN_MANAGEMENT,
    S.ROAD_MAINTENANCE: S.URBAN_MANAGEMENT,
    S.GREENING: S.URBAN_MANAGEMENT,
    S.LIGHTING: S.URBAN_MANAGEMENT,
    S.BRIDGE: S.URBAN_MANAGEMENT,
    S.DRAINAGE: S.HOUSING,
    S.HIGHWAY: S.TRANSPORT,
    S.RIVER_CHIEF: S.GOVERNMENT,
}
"""Which department an operator belongs to; others stand alone."""


def _parent(sector: Sector, region: str) -> str:
    return code_of(_LEADS[sector], region) if sector in _LEADS else ""


def _city_operators(land: Land, rng: Generator) -> list[Unit]:
    urban = [town.code for town in plan.TOWNS if town.urban]
    found: list[Unit] = []
    for i, (sector, suffix, name) in enumerate(CITY_OPERATORS):
        spot = spots_in(land.towns[urban[i % len(urban)]], 1, rng)[0]
        found.append(_unit(sector, plan.CITY, name, Level.CITY, _parent(sector, plan.CITY), spot, suffix))
    return found


def _district_operators(region: str, place: str, land: Land, rng: Generator) -> list[Unit]:
    own = [town.code for town in plan.TOWNS if town.district == region]
    found: list[Unit] = []
    for i, (sector, pattern) in enumerate(DISTRICT_OPERATORS.items()):
        spot = spots_in(land.towns[own[i % len(own)]], 1, rng)[0]
        parent = _parent(sector, region)
        found.append(_unit(sector, region, pattern.format(place=place), Level.DISTRICT, parent, spot))
    return found


def _town(town: plan.Town, land: Land, rng: Generator) -> list[Unit]:
    office = f"{town.name}办事处" if town.is_street else f"{town.name}人民政府"
    names = {
        S.TOWNSHIP_OFFICE: office,
        S.GOVERNANCE_CENTRE: f"{town.name}基层治理中心",
        S.TOWN_ENFORCEMENT: f"{town.name}综合行政执法大队",
    }
    spots = spots_in(land.towns[town.code], len(names) + 1, rng)
    above = {
        S.TOWNSHIP_OFFICE: code_of(S.GOVERNMENT, town.district),
        S.GOVERNANCE_CENTRE: code_of(S.GOVERNANCE_CENTRE, town.district),
        S.TOWN_ENFORCEMENT: code_of(S.TOWNSHIP_OFFICE, town.code),
    }
    found = [
        _unit(sector, town.code, name, Level.TOWNSHIP, above[sector], spot)
        for (sector, name), spot in zip(names.items(), spots, strict=False)
    ]
    if _riverside(town, land):
        office_code = code_of(S.TOWNSHIP_OFFICE, town.code)
        name = f"{town.name}镇街级河长"
        found.append(_unit(S.RIVER_CHIEF, town.code, name, Level.TOWNSHIP, office_code, spots[-1]))
    return found


def _riverside(town: plan.Town, land: Land) -> bool:
    area = land.towns[town.code]
    return area.intersects(land.cang.buffer(150)) or area.intersects(land.lu.buffer(60))


def _committees(regions: Iterable[Region]) -> list[Unit]:
    """A committee for every community and a grid team for every grid, in the edition before the change."""
    found: list[Unit] = []
    for region in regions:
        if region.level not in (Level.COMMUNITY, Level.GRID) or region.valid_from >= plan.CHANGE:
            continue
        spot = FRAME.flatten(region.geometry).representative_point()
        if region.level is Level.COMMUNITY:
            name = region.name + ("村委会" if region.name.endswith("村") else "居委会").removeprefix("村")
            parent = code_of(S.TOWNSHIP_OFFICE, region.parent)
        else:
            name, parent = region.name, code_of(S.COMMUNITY_COMMITTEE, region.parent)
        place = np.array([spot.x, spot.y])
        found.append(_unit(S.COMMUNITY_COMMITTEE, region.code, name, region.level, parent, place))
    return found


def _with_the_change(found: list[Unit]) -> list[Unit]:
    """Units of the town that moves end on the day of the change and go on under their new codes and superiors."""
    result: list[Unit] = []
    for unit in found:
        if not unit.region.startswith(plan.MOVED_OLD):
            result.append(unit)
            continue
        region = plan.MOVED_NEW + unit.region[len(plan.MOVED_OLD) :]
        parent = unit.parent.replace(plan.MOVED_OLD, plan.MOVED_NEW).replace("u-509904-", "u-509901-")
        result.append(replace(unit, valid_to=plan.CHANGE))
        result.append(
            replace(unit, code=code_of(unit.sector, region), region=region, parent=parent, valid_from=plan.CHANGE)
        )
    return result

"""Small named worlds, built by hand: each shows one kind of line, so that a case can be drawn on a napkin.

Coordinates are metres from 106.5 E, 29.5 N (x east, y north). Names and codes are invented.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.adjacency.responsibility import needed_articles
from domain.citation import Article, Validity
from domain.geo import LocalFrame
from domain.organisation import SECTOR_NAMES, Level, Register, Sector, Unit
from domain.region import Region
from domain.world import Agreement, Asset, EnforcementPower, World, Zone

FRAME = LocalFrame(106.5, 29.5)
CITY = "590000"
EAST, WEST = "590101", "590102"
EAST_BRIDGE, EAST_GATE = "590101001", "590101002"
WEST_BRIDGE, WEST_GATE = "590102001", "590102002"
START = date(2000, 1, 1)
CHANGE = date(2025, 11, 6)
"""The day on which `territory_change` moves 河口镇 from the west to the east."""

_S = Sector
BUREAUS = (
    _S.GOVERNMENT, _S.GOVERNANCE_CENTRE, _S.URBAN_MANAGEMENT, _S.HOUSING, _S.PLANNING, _S.ECOLOGY, _S.WATER,
    _S.PUBLIC_SECURITY, _S.TRAFFIC_POLICE, _S.FIRE, _S.EMERGENCY, _S.TRANSPORT, _S.MARKET, _S.AGRICULTURE, _S.FORESTRY,
    _S.ECONOMY_IT, _S.CIVIL_AFFAIRS, _S.JUSTICE, _S.FINANCE, _S.HEALTH, _S.CULTURE_SPORT,
)  # fmt: skip
DISTRICT_OPERATORS = (
    _S.SANITATION, _S.ROAD_MAINTENANCE, _S.GREENING, _S.LIGHTING, _S.DRAINAGE, _S.HIGHWAY, _S.RIVER_CHIEF,
)  # fmt: skip
CITY_OPERATORS = (
    _S.GAS, _S.POWER, _S.TELECOM, _S.TELECOM_ADMIN, _S.WATER_SUPPLY, _S.BRIDGE, _S.RAIL_TRANSIT, _S.RAILWAY, _S.BUS,
    _S.BIKE_SHARING,
)  # fmt: skip
TOWN_UNITS = (_S.TOWNSHIP_OFFICE, _S.TOWN_ENFORCEMENT)


def at(x_m: float, y_m: float) -> tuple[float, float]:
    """Longitude and latitude of a place in metres."""
    lon, lat = shapely.get_coordinates(FRAME.unflatten(shapely.Point(x_m, y_m)))[0]
    return round(float(lon), 8), round(float(lat), 8)


def box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """A rectangle in metres, as degrees."""
    return FRAME.unflatten(shapely.box(x0, y0, x1, y1))


def spot(x_m: float, y_m: float) -> BaseGeometry:
    """A point in metres, as degrees."""
    return FRAME.unflatten(shapely.Point(x_m, y_m))


def unit_code(region: str, sector: Sector) -> str:
    """The code of a region's unit of a sector in these worlds."""
    return f"u-{region}-{sector.value}"


def units_of(regions: Iterable[Region]) -> tuple[Unit, ...]:
    """Bureaus, operators and offices of every region, each once; they live as long as the region's code."""
    sectors: Mapping[Level, tuple[Sector, ...]] = {
        Level.CITY: BUREAUS + CITY_OPERATORS,
        Level.DISTRICT: BUREAUS + DISTRICT_OPERATORS,
        Level.TOWNSHIP: TOWN_UNITS,
    }
    firsts: dict[str, Unit] = {}
    for region in regions:
        for sector in sectors.get(region.level, ()):
            code = unit_code(region.code, sector)
            firsts.setdefault(
                code,
                Unit(
                    code=code,
                    name=f"{region.name}{SECTOR_NAMES[sector]}",
                    level=region.level,
                    sector=sector,
                    region=region.code,
                    valid_from=region.valid_from,
                    valid_to=region.valid_to,
                ),
            )
    return tuple(firsts.values())


def region(code: str, name: str, level: Level, parent: str, geometry: BaseGeometry, **more: object) -> Region:
    """A region whose line is good to 2 m and approximate, unless said otherwise."""
    fields: dict[str, object] = {"accuracy_m": 2.0, "boundary_source": "approximate", **more}
    return Region(code=code, name=name, level=level, parent=parent, geometry=geometry, **fields)  # type: ignore[arg-type]


def _asset(ident: str, category: str, owner: str, x_m: float, y_m: float, marking: str = "", name: str = "") -> Asset:
    return Asset(
        id=ident,
        category=category,
        owner=owner,
        geometry=spot(x_m, y_m),
        marking=marking,
        name=name or ident,
        accuracy_m=2.0,
    )


def _zone(ident: str, kind: str, name: str, geometry: BaseGeometry, unit: str = "") -> Zone:
    return Zone(id=ident, kind=kind, name=name, geometry=geometry, unit=unit)


def _own(code: str, name: str, sector: Sector, town: str) -> Unit:
    return Unit(code=code, name=name, level=Level.TOWNSHIP, sector=sector, region=town)


@cache
def two_districts() -> World:
    """East and west meet at x = 0: a road along the line to the north, a river along it to the south.

    North of y = 0 lie 东桥街道 and 西桥街道, south of it 东门镇 and 西门镇; the city ends 4 km to each side.
    """
    regions = (
        region(CITY, "临江市", Level.CITY, "", box(-4000, -4000, 4000, 4000)),
        region(EAST, "东岸区", Level.DISTRICT, CITY, box(0, -4000, 4000, 4000)),
        region(WEST, "西岭区", Level.DISTRICT, CITY, box(-4000, -4000, 0, 4000)),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, box(0, 0, 4000, 4000)),
        region(EAST_GATE, "东门镇", Level.TOWNSHIP, EAST, box(0, -4000, 4000, 0)),
        region(WEST_BRIDGE, "西桥街道", Level.TOWNSHIP, WEST, box(-4000, 0, 0, 4000)),
        region(WEST_GATE, "西门镇", Level.TOWNSHIP, WEST, box(-4000, -4000, 0, 0)),
    )
    own = (
        _own("u-property-bridge", "桥头小区物业服务公司", Sector.PROPERTY, EAST_BRIDGE),
        _own("u-builder-east", "东岸新城建设公司", Sector.BUILDER, EAST_BRIDGE),
        _own("u-shop-street", "东桥商街管理公司", Sector.PROPERTY, EAST_BRIDGE),
    )
    return World(
        name="two_districts",
        version="two-districts-1",
        city=CITY,
        regions=regions,
        register=Register((*units_of(regions), *own)),
        assets=_assets(),
        zones=_zones(),
        agreements=_agreements(),
        powers=_powers(),
    )


def _assets() -> tuple[Asset, ...]:
    east_drainage, west_light = unit_code(EAST, _S.DRAINAGE), unit_code(WEST, _S.LIGHTING)
    gas, bridge = unit_code(CITY, _S.GAS), unit_code(CITY, _S.BRIDGE)
    return (
        _asset("M-1", "manhole.storm", east_drainage, -1.0, 500.0, "雨", "界心路雨水井"),
        _asset("M-2", "manhole.unmarked", "", 900.0, 700.0, "", "无标识井"),
        _asset("M-3", "manhole.gas", gas, 1500.0, 900.0, "燃气", "燃气阀井"),
        _asset("M-4", "manhole.power", unit_code(CITY, _S.POWER), 1500.0, 1100.0, "电", "电力井"),
        _asset("M-5", "manhole.telecom", unit_code(CITY, _S.TELECOM), 1501.0, 1101.0, "信", "通信井"),
        _asset("L-1", "lamp", west_light, 6.0, 600.0, "西照0231", "西照0231号灯杆"),
        _asset("T-1", "tree", unit_code(EAST, _S.GREENING), 700.0, 2000.0, "", "黄葛树"),
        _asset("P-1", "pipe.gas", gas, 0.0, 900.0, "", "界心路燃气管"),
        _asset("H-1", "hydrant", unit_code(CITY, _S.WATER_SUPPLY), 2000.0, 900.0, "消防", "消火栓"),
        _asset("D-1", "dyke", "", 60.0, -2500.0, "", "东岸河堤"),
        Asset(
            id="B-1",
            category="bridge",
            owner=bridge,
            name="双岸大桥",
            geometry=FRAME.unflatten(LineString([(-300.0, -1000.0), (300.0, -1000.0)])),
        ),
        Asset(
            id="R-1",
            category="road",
            owner=unit_code(EAST, _S.ROAD_MAINTENANCE),
            name="东桥大道",
            geometry=box(1000.0, 90.0, 3000.0, 110.0),
        ),
    )


def _zones() -> tuple[Zone, ...]:
    return (
        _zone("Z-compound", "compound", "桥头小区", box(400.0, 300.0, 600.0, 450.0), "u-property-bridge"),
        _zone("Z-site", "building_site", "东岸新城工地", box(2400.0, 2400.0, 2600.0, 2600.0), "u-builder-east"),
        _zone("Z-frontage", "frontage", "东桥商街门前", box(800.0, 1500.0, 900.0, 1520.0), "u-shop-street"),
        _zone(
            "Z-rail", "rail_zone", "一号线车站", box(1200.0, 1500.0, 1300.0, 1600.0), unit_code(CITY, _S.RAIL_TRANSIT)
        ),
        _zone(
            "Z-railway", "railway_land", "临江铁路", box(1700.0, -3000.0, 1760.0, -200.0), unit_code(CITY, _S.RAILWAY)
        ),
        _zone(
            "Z-river-e", "river_reach", "双岸河东岸段", box(0.0, -3500.0, 60.0, -500.0), unit_code(EAST, _S.RIVER_CHIEF)
        ),
        _zone(
            "Z-river-w",
            "river_reach",
            "双岸河西岸段",
            box(-60.0, -3500.0, 0.0, -500.0),
            unit_code(WEST, _S.RIVER_CHIEF),
        ),
        _zone("Z-dispute", "dispute", "北坡争议地", box(-80.0, 3400.0, 80.0, 3600.0)),
        _zone("Z-built", "built_up", "临江建成区", box(-3000.0, -400.0, 3000.0, 3000.0)),
    )


def _agreements() -> tuple[Agreement, ...]:
    west_sanitation = unit_code(WEST, _S.SANITATION)
    common = {"parties": (EAST, WEST), "valid_from": date(2024, 1, 1), "valid_to": None}
    return (
        Agreement(
            id="A-1", title="界心路北段环境卫生共管协议", issues=("E01", "E03"), lead=west_sanitation,
            area=box(-60, 1200, 60, 1500), arranges=("handling", "upkeep", "cost"), text="执法仍按各自辖区。", **common,
        ),
        Agreement(
            id="A-2", title="界心路中段环境卫生共管协议", issues=("E01",), lead=west_sanitation,
            area=box(-60, 1000, 60, 1190), arranges=("handling", "upkeep"), parties=(EAST, WEST),
            valid_from=date(2022, 1, 1), valid_to=date(2025, 1, 1),
        ),
        Agreement(
            id="A-3", title="夜市联合管理协议", issues=("S01",), lead=unit_code(WEST, _S.URBAN_MANAGEMENT),
            area=box(-60, 1550, 60, 1700), arranges=("handling", "enforcement"),
            text="两侧处罚统一由西岭区办理。", **common,
        ),
        Agreement(
            id="A-4", title="关于界心路末段渣土案件指定管辖的决定", issues=("E02",), parties=(CITY,),
            area=box(-60, 2300, 60, 2500), arranges=("handling", "enforcement"),
            lead=unit_code(WEST, _S.URBAN_MANAGEMENT), valid_from=date(2025, 6, 1), valid_to=None,
        ),
    )  # fmt: skip


def _powers() -> tuple[EnforcementPower, ...]:
    july = date(2025, 7, 1)
    return (
        EnforcementPower(district=EAST, item="S01", basis="granted", valid_from=july),
        EnforcementPower(district=EAST, item="E13", basis="entrusted", valid_from=july),
        EnforcementPower(district=EAST, item="S02", basis="granted", valid_from=START, valid_to=july),
        EnforcementPower(district=WEST, item="S02", basis="granted", valid_from=july),
    )


@cache
def one_district_two_towns() -> World:
    """One district; a street at x = 0 whose two sides belong to different towns; surveyed lines (界线协议书)."""
    agreed = {"boundary_source": "agreement", "accuracy_m": 1.0}
    regions = (
        region(CITY, "临江市", Level.CITY, "", box(-2000, -2000, 2000, 2000), **agreed),
        region(EAST, "东岸区", Level.DISTRICT, CITY, box(-2000, -2000, 2000, 2000), **agreed),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, box(0, -2000, 2000, 2000), **agreed),
        region(EAST_GATE, "东门镇", Level.TOWNSHIP, EAST, box(-2000, -2000, 0, 2000), **agreed),
    )
    powers = (EnforcementPower(district=EAST, item="S01", basis="granted", valid_from=date(2025, 7, 1)),)
    return World(
        name="one_district_two_towns",
        version="one-district-1",
        city=CITY,
        regions=regions,
        register=Register(units_of(regions)),
        zones=(_zone("Z-built", "built_up", "东岸建成区", box(-1500, -1500, 1500, 1500)),),
        powers=powers,
    )


@cache
def province_edge() -> World:
    """One district whose west edge at x = 0 is the city's: beyond it another province begins."""
    regions = (
        region(CITY, "临江市", Level.CITY, "", box(0, -2000, 3000, 2000)),
        region(EAST, "东岸区", Level.DISTRICT, CITY, box(0, -2000, 3000, 2000)),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, box(0, -2000, 3000, 2000)),
    )
    return World(
        name="province_edge",
        version="province-edge-1",
        city=CITY,
        regions=regions,
        register=Register(units_of(regions)),
    )


@cache
def enclave() -> World:
    """A piece of 东桥街道 (200 m square at x = -1000) lies inside 西桥街道, another district's."""
    piece = box(-1100, -100, -900, 100)
    main = box(0, -2000, 2000, 2000)
    west = box(-2000, -2000, 0, 2000).difference(piece)
    east = MultiPolygon([main, piece])
    regions = (
        region(CITY, "临江市", Level.CITY, "", box(-2000, -2000, 2000, 2000)),
        region(EAST, "东岸区", Level.DISTRICT, CITY, east),
        region(WEST, "西岭区", Level.DISTRICT, CITY, west),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, east),
        region(WEST_BRIDGE, "西桥街道", Level.TOWNSHIP, WEST, west),
    )
    return World(name="enclave", version="enclave-1", city=CITY, regions=regions, register=Register(units_of(regions)))


@cache
def territory_change() -> World:
    """河口镇 (-1000 < x < 0) belongs to the west until 2025-11-06, to the east under a new code from then on."""
    before, after = {"valid_to": CHANGE}, {"valid_from": CHANGE}
    mouth, east, west = box(-1000, -1000, 0, 1000), box(0, -1000, 2000, 1000), box(-3000, -1000, -1000, 1000)
    regions = (
        region(CITY, "临江市", Level.CITY, "", box(-3000, -1000, 2000, 1000)),
        region(EAST, "东岸区", Level.DISTRICT, CITY, east, **before),
        region(EAST, "东岸区", Level.DISTRICT, CITY, east.union(mouth), **after),
        region(WEST, "西岭区", Level.DISTRICT, CITY, west.union(mouth), **before),
        region(WEST, "西岭区", Level.DISTRICT, CITY, west, **after),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, east),
        region(WEST_BRIDGE, "西桥街道", Level.TOWNSHIP, WEST, west),
        region("590102003", "河口镇", Level.TOWNSHIP, WEST, mouth, **before),
        region("590101003", "河口镇", Level.TOWNSHIP, EAST, mouth, **after),
    )
    units = tuple(u for u in units_of(regions) if u.level is not Level.DISTRICT)
    lasting = units_of(r for r in (regions[0], *_undated(regions)) if r.level is Level.DISTRICT)
    return World(
        name="territory_change",
        version="territory-change-1",
        city=CITY,
        regions=regions,
        register=Register((*units, *lasting)),
    )


def _undated(regions: Iterable[Region]) -> Iterable[Region]:
    """The districts as if they had never changed: their bureaus stay."""
    return (
        region(r.code, r.name, r.level, r.parent, r.geometry)
        for r in regions
        if r.level is Level.DISTRICT and r.valid_to is None
    )


WORLDS = {
    world.__name__: world for world in (two_districts, one_district_two_towns, province_edge, enclave, territory_change)
}


def articles_for(
    issue_id: str,
    statuses: Mapping[tuple[str, str], Validity] | None = None,
    missing: Iterable[tuple[str, str]] = (),
) -> dict[tuple[str, str], Article]:
    """Made-up articles for all that an opinion on the issue may cite: in force, unless `statuses` says otherwise."""
    gone = set(missing)
    return {
        (law, number): Article(
            law=law,
            number=number,
            text=f"（{law}第{number}条的摘要）",
            digest=True,
            text_sha256="0" * 64,
            version_date=START,
            effective_date=START,
            status=(statuses or {}).get((law, number), Validity.IN_FORCE),
            superseded_by=f"{law}（新）"
            if (statuses or {}).get((law, number)) in (Validity.REPEALED, Validity.SUPERSEDED)
            else "",
        )
        for law, number in needed_articles(issue_id)
        if (law, number) not in gone
    }

"""The ledger of managed parts (部件台账): what stands where, who owns it, who keeps it up."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.random import Generator
from shapely import STRtree
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from domain.organisation import Sector
from domain.world import Asset
from scripts.worldgen import plan
from scripts.worldgen.land import Land, degrees
from scripts.worldgen.people import code_of
from scripts.worldgen.roads import Network, Road, beside

S = Sector
CARRIERS = (("", "云信通信"), ("2", "屏联通信"), ("3", "岚广网络"))
COVERS = (
    ("sewage", 0.24, "污"), ("storm", 0.26, "雨"), ("water", 0.12, "自来水"), ("power", 0.1, "电力"),
    ("telecom", 0.14, ""), ("gas", 0.07, "燃气"), ("police", 0.02, "公安"), ("unmarked", 0.05, ""),
)  # fmt: skip
"""Kinds of manhole, their share and the word on the cover."""
WORN = 0.08
"""Share of covers whose word cannot be read any more although the ledger knows the owner."""


@dataclass(slots=True)
class Ledger:
    """Collects assets, numbers them and knows in which town a spot is."""

    land: Land
    rng: Generator
    assets: list[Asset] = field(default_factory=list)
    _codes: list[str] = field(init=False)
    _tree: STRtree = field(init=False)

    def __post_init__(self) -> None:
        self._codes = list(self.land.towns)
        self._tree = STRtree(list(self.land.towns.values()))

    def town(self, where: BaseGeometry) -> str:
        """Code of the town nearest to the middle of a geometry, in the edition before the change."""
        middle = where if isinstance(where, Point) else where.representative_point()
        return self._codes[int(self._tree.nearest(middle))]

    def add(self, category: str, where: BaseGeometry, owner: str, maintainer: str = "", **more: str | float) -> Asset:
        """Enter one asset; `owner` and `maintainer` are unit codes or empty."""
        number = f"YP{len(self.assets) + 1:06d}"
        asset = Asset(
            id=number, category=category, geometry=degrees(where), owner=owner, maintainer=maintainer,
            **more,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
        self.assets.append(asset)
        return asset

    def owner(self, sector: Sector, where: BaseGeometry) -> str:
        """The district's unit of a sector where the geometry is."""
        return code_of(sector, self.town(where)[:6])


def ledger(land: Land, net: Network, rng: Generator) -> list[Asset]:
    """All assets, those of the town that moves in two editions."""
    book = Ledger(land, rng)
    for road in net.roads:
        _road(book, road)
        _street_furniture(book, road)
    _structures(book, net)
    _special(book, net)
    _greens(book)
    return list(_with_the_change(book))


def _supplier(where: Point) -> str:
    """Water supply areas do not follow districts: the border is a straight line south of the great river."""
    return code_of(S.WATER_SUPPLY, plan.CITY, "" if where.y > -4600 else "2")


_COVER_OWNERS: dict[str, Callable[[Ledger, Point], str]] = {
    "sewage": lambda book, p: book.owner(S.DRAINAGE, p),
    "storm": lambda book, p: book.owner(S.DRAINAGE, p),
    "water": lambda _, p: _supplier(p),
    "power": lambda _, __: code_of(S.POWER, plan.CITY),
    "gas": lambda _, __: code_of(S.GAS, plan.CITY),
    "police": lambda book, p: book.owner(S.TRAFFIC_POLICE, p),
    "unmarked": lambda _, __: "",
}


def _road(book: Ledger, road: Road) -> None:
    """A road is one asset in each district that it runs through."""
    for area in _district_areas(book.land):
        for part in shapely.get_parts(road.line.intersection(area)):
            if not isinstance(part, LineString) or part.length < 20:
                continue
            owner, keeper = S.URBAN_MANAGEMENT, S.ROAD_MAINTENANCE
            if road.grade == "highway":
                owner, keeper = S.TRANSPORT, S.HIGHWAY
            book.add("road", part, book.owner(owner, part), book.owner(keeper, part), name=road.name)


def _district_areas(land: Land) -> list[BaseGeometry]:
    return [
        shapely.union_all([area for town, area in land.towns.items() if town.startswith(code)])
        for code in plan.DISTRICTS
    ]


def _spots(road: Road, step_m: float, offset_m: float, rng: Generator) -> Iterator[Point]:
    along = rng.uniform(0.2, 0.8) * step_m
    while along < road.line.length - 10:
        side = offset_m if rng.random() < 0.5 else -offset_m
        yield beside(road.line, along, side)
        along += step_m * rng.uniform(0.7, 1.3)


def _street_furniture(book: Ledger, road: Road) -> None:
    """Covers, lamps, trees and boxes along a road, about every so many metres and so far from its middle."""
    sparse = 2.2 if road.grade == "highway" else 1.0
    for step_m, offset_m, put in _ALONG:
        for spot in _spots(road, step_m * sparse, offset_m, book.rng):
            put(book, spot, road)
    if road.grade == "main":
        for spot in _spots(road, 2200, 10.0, book.rng):
            book.add("bus_shelter", spot, code_of(S.BUS, plan.CITY), name=f"{road.name}站")
        for spot in _spots(road, 2600, 3.0, book.rng):
            book.add("signal", spot, book.owner(S.TRAFFIC_POLICE, spot), name=f"{road.name}路口")


def _lamp(book: Ledger, spot: Point, road: Road) -> None:
    book.add("lamp", spot, book.owner(S.LIGHTING, spot), marking=f"照{len(book.assets):05d}", name=road.name)


def _tree(book: Ledger, spot: Point, _: Road) -> None:
    book.add("tree", spot, book.owner(S.GREENING, spot), name="黄葛树" if book.rng.random() < 0.4 else "香樟")


def _grate(book: Ledger, spot: Point, road: Road) -> None:
    book.add("grate", spot, book.owner(S.DRAINAGE, spot), name=road.name)


def _hydrant(book: Ledger, spot: Point, _: Road) -> None:
    book.add("hydrant", spot, _supplier(spot), marking=f"消{len(book.assets):05d}")


def _power_box(book: Ledger, spot: Point, _: Road) -> None:
    book.add("power_box", spot, code_of(S.POWER, plan.CITY), marking=f"屏电{len(book.assets):05d}")


def _pole(book: Ledger, spot: Point, _: Road) -> None:
    suffix, brand = CARRIERS[int(book.rng.integers(3))]
    book.add("pole", spot, code_of(S.TELECOM, plan.CITY, suffix), marking=brand)


def _sign(book: Ledger, spot: Point, road: Road) -> None:
    owner = S.TRAFFIC_POLICE if road.grade != "highway" else S.HIGHWAY
    book.add("sign", spot, book.owner(owner, spot), name=road.name)


def _manhole(book: Ledger, spot: Point, road: Road) -> None:
    shares = np.array([share for _, share, _ in COVERS])
    kind, _, word = COVERS[int(book.rng.choice(len(COVERS), p=shares / shares.sum()))]
    if kind == "telecom":
        suffix, word = CARRIERS[int(book.rng.integers(3))]
        owner = code_of(S.TELECOM, plan.CITY, suffix)
    else:
        owner = _COVER_OWNERS[kind](book, spot)
    worn = book.rng.random() < WORN
    book.add(f"manhole.{kind}", spot, owner, marking="" if worn else word, name=road.name)


_ALONG: tuple[tuple[float, float, Callable[[Ledger, Point, Road], None]], ...] = (
    (420.0, 2.5, _manhole),
    (420.0, 7.0, _lamp),
    (560.0, 8.0, _tree),
    (700.0, 5.0, _grate),
    (1500.0, 9.0, _hydrant),
    (1800.0, 9.5, _power_box),
    (1500.0, 9.0, _pole),
    (2400.0, 8.0, _sign),
)
"""Mean step along a road and offset from its middle, metres, and what stands there."""


def _structures(book: Ledger, net: Network) -> None:
    """Bridges, the interchange, rails, pipes along the main roads, dykes along the rivers."""
    keeper = code_of(S.BRIDGE, plan.CITY)
    for deck in net.bridges:
        book.add("bridge", deck.line.buffer(14, cap_style="flat"), keeper, name=deck.name, height_m=25.0)
    district = book.town(net.crossing)[:6]
    owners = (
        (code_of(S.URBAN_MANAGEMENT, district), code_of(S.ROAD_MAINTENANCE, district), "road"),
        (code_of(S.URBAN_MANAGEMENT, district), code_of(S.BRIDGE, plan.CITY), "overpass"),
        (code_of(S.URBAN_MANAGEMENT, plan.CITY), code_of(S.ROAD_MAINTENANCE, plan.CITY), "overpass"),
        (code_of(S.RAIL_TRANSIT, plan.CITY), "", "overpass"),
    )
    for layer, (owner, maintainer, kind) in zip(net.layers, owners, strict=True):
        width = layer.line.buffer(9, cap_style="flat")
        book.add(kind, width, owner, maintainer, name=layer.name, height_m=layer.height_m or 0.0)
    book.add("rail", net.rail, code_of(S.RAIL_TRANSIT, plan.CITY), name="轨道一号线")
    book.add("railway", net.railway, code_of(S.RAILWAY, plan.CITY), name="屏南铁路")
    for road in net.roads:
        if road.grade == "main":
            _pipes(book, road)
    for name, line, half in (("沧澜江", net_river(book, "cang"), 195.0), ("白鹭河", net_river(book, "lu"), 85.0)):
        for bank in (half, -half):
            for area in _district_areas(book.land):
                for part in shapely.get_parts(line.offset_curve(bank).simplify(8).intersection(area)):
                    if isinstance(part, LineString) and part.length > 300:
                        book.add("dyke", part, book.owner(S.WATER, part), name=f"{name}堤防")


def net_river(book: Ledger, which: str) -> LineString:
    """The middle line of a river within the city."""
    line = (book.land.cang if which == "cang" else book.land.lu).intersection(book.land.outline)
    return max((p for p in shapely.get_parts(line) if isinstance(p, LineString)), key=lambda p: p.length)


def _pipes(book: Ledger, road: Road) -> None:
    line = LineString(road.line.simplify(4.0).coords)
    kinds = (
        ("pipe.gas", code_of(S.GAS, plan.CITY), 4.0),
        ("pipe.water", _supplier(line.interpolate(0.5, normalized=True)), -4.0),
        ("pipe.sewage", book.owner(S.DRAINAGE, line), 2.0),
    )
    kind, owner, offset = kinds[int(book.rng.integers(3))]
    book.add(kind, line.offset_curve(offset), owner, name=f"{road.name}管线")


def _special(book: Ledger, net: Network) -> None:
    """What stands exactly where it matters."""
    line, middle = net.border_road, net.border_road.length / 2
    left, right = (line.buffer(side, single_sided=True, cap_style="flat") for side in (9.0, -9.0))
    for half in (left, right):
        owners = book.owner(S.URBAN_MANAGEMENT, half), book.owner(S.ROAD_MAINTENANCE, half)
        book.add("road", half, *owners, name="界心路")
    book.add("green", line.buffer(1.0, cap_style="flat"), "", name="界心路中央隔离带")
    drains = code_of(S.DRAINAGE, "509901")
    book.add("manhole.sewage", line.interpolate(middle), drains, marking="污", name="界心路")
    book.add("manhole.unmarked", line.interpolate(middle + 180), "", name="界心路")
    book.add("manhole.telecom", line.interpolate(middle - 150), code_of(S.TELECOM, plan.CITY), name="界心路")
    lighting = code_of(S.LIGHTING, "509904")
    book.add("lamp", beside(line, middle + 60, 2.0), lighting, marking="照J0001", name="界心路")
    book.add("tree", beside(line, middle - 60, -1.5), code_of(S.GREENING, "509901"), name="黄葛树")
    book.add("signal", beside(line, 20, 1.0), code_of(S.TRAFFIC_POLICE, "509901"), name="界心路南口")
    book.add(
        "old_tree", beside(line, line.length - 40, 6.0), code_of(S.URBAN_MANAGEMENT, "509904"), name="界口黄葛古树"
    )
    half_line = net.half_street
    owners = code_of(S.URBAN_MANAGEMENT, "509901"), code_of(S.ROAD_MAINTENANCE, "509901")
    book.add("road", half_line, *owners, name="半边街")
    book.add("grate", half_line.interpolate(0.5, normalized=True), drains, name="半边街")
    book.add("fitness", beside(half_line, 700, 12.0), code_of(S.TOWNSHIP_OFFICE, "509901003"), name="半边街健身角")
    river_deck = net.bridges[0].line
    book.add("manhole.sewage", Point(river_deck.coords[1]), drains, marking="污", name="鹭影大桥过江管检查井")
    book.add(
        "manhole.gas", beside(river_deck, river_deck.length / 2 + 25, 4.0), code_of(S.GAS, plan.CITY), marking="燃气"
    )
    book.add("guardrail", river_deck.offset_curve(13.5), code_of(S.BRIDGE, plan.CITY), name="鹭影大桥护栏")


def _greens(book: Ledger) -> None:
    """A park, a toilet, a fitness corner and an old tree in each town."""
    rng = book.rng
    for town in plan.TOWNS:
        middle = np.array(town.spot) + rng.uniform(-300, 300, 2)
        park = Point(middle).buffer(float(rng.uniform(60, 130)), quad_segs=4)
        if not book.land.towns[town.code].contains(park):
            continue
        book.add("green", park, code_of(S.URBAN_MANAGEMENT, town.district), book.owner(S.GREENING, park),
                 name=f"{town.stem}公园")  # fmt: skip
        near = (Point(middle + rng.uniform(-90, 90, 2)) for _ in range(3))
        office = code_of(S.TOWNSHIP_OFFICE, town.code)
        book.add("fitness", next(near), office, name=f"{town.stem}健身广场")
        book.add("toilet", next(near), book.owner(S.SANITATION, park), name=f"{town.stem}公厕")
        book.add("old_tree", next(near), book.owner(S.URBAN_MANAGEMENT, park), name=f"{town.stem}黄葛古树")


def _with_the_change(book: Ledger) -> Iterator[Asset]:
    """District assets in the town that moves go over to the units of the new district, under a new number."""
    moved = degrees(book.land.towns[plan.MOVED_OLD])
    for asset in book.assets:
        old = "u-509904-" in asset.owner + asset.maintainer or plan.MOVED_OLD in asset.owner
        if not old or not moved.contains(asset.geometry.representative_point()):
            yield asset
            continue

        def heir(unit: str) -> str:
            return unit.replace(plan.MOVED_OLD, plan.MOVED_NEW).replace("u-509904-", "u-509901-")

        yield replace(asset, valid_to=plan.CHANGE)
        yield replace(
            asset, id=f"{asset.id}B", owner=heir(asset.owner), maintainer=heir(asset.maintainer),
            valid_from=plan.CHANGE,
        )  # fmt: skip

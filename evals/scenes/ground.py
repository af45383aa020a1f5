"""The schematic city as ground to place scenes on: where a spot lies is known because it was put there.

Works on the outlines of the townships alone, in metres around the city's middle. Nothing here asks how the service
would judge a place. What a scene needs (a cover, a road, an agreement) is planted into the city at the spot.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from shapely import STRtree
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from domain.geo import LocalFrame
from domain.organisation import Level, Sector, Unit
from domain.world import Agreement, Asset, World, Zone

FRAME = LocalFrame(106.50, 29.60)
CLEAR_M = 130.0
"""Ground of a legal quality, agreements and planted things keep this far from a spot that wants none of them."""
APART_M = 90.0
"""Planted things keep this far from each other."""
EVERYWHERE = ("built_up", "no_fireworks", "forest")
"""Zones that cover whole towns and decide nothing by themselves."""
FIRE = {"X01", "E11"}
"""Matters of the forest agreement along a whole ridge; no scene there is about them. The list of what passes over with
the township that moves (no matter named) covers that township only, where one family of scenes counts with it."""
MOVED_OLD, MOVED_NEW = "509904006", "509901007"
CHANGE = date(2026, 7, 1)
APART_TOWN_M = 310.0
"""Third townships keep this far from a spot that is between two."""
TRIES = 4000


def code_of(sector: Sector, region: str, suffix: str = "") -> str:
    """Code of the unit of a sector in a region."""
    return f"u-{region}-{sector.value}{suffix}"


class NoRoom(RuntimeError):
    """The ground leaves no spot that is wanted."""


@dataclass(frozen=True, slots=True)
class Town:
    """A township with its area in metres."""

    code: str
    name: str
    area: BaseGeometry

    @property
    def district(self) -> str:
        """The district's code."""
        return self.code[:6]

    def unit(self, sector: Sector) -> str:
        """The district's unit of a sector."""
        return code_of(sector, self.district)

    @property
    def office(self) -> str:
        """The township's office."""
        return code_of(Sector.TOWNSHIP_OFFICE, self.code)

    @property
    def team(self) -> str:
        """The township's enforcement team."""
        return code_of(Sector.TOWN_ENFORCEMENT, self.code)


@dataclass(slots=True)
class Ground:
    """The city with what scenes plant into it.

    Attributes:
        base: The schematic city as shipped.
        towns: Townships of the edition before the change, by code.
    """

    base: World
    towns: dict[str, Town] = field(default_factory=dict[str, Town])
    assets: list[Asset] = field(default_factory=list[Asset])
    zones: list[Zone] = field(default_factory=list[Zone])
    agreements: list[Agreement] = field(default_factory=list[Agreement])
    firms: list[Unit] = field(default_factory=list[Unit])
    _lines: dict[tuple[str, str], BaseGeometry] = field(default_factory=dict[tuple[str, str], BaseGeometry])
    _pairs: dict[bool, list[tuple[Town, Town]]] = field(default_factory=dict[bool, list[tuple[Town, Town]]])
    _taken: list[BaseGeometry] = field(default_factory=list[BaseGeometry])
    _odd: list[BaseGeometry] = field(init=False)
    _qualities: STRtree = field(init=False)
    _ledger: STRtree = field(init=False)
    _blocked: STRtree = field(init=False)
    _outer: BaseGeometry = field(init=False)

    def __post_init__(self) -> None:
        for region in self.base.regions:
            if region.level is Level.TOWNSHIP and region.valid_from < CHANGE:
                self.towns[region.code] = Town(region.code, region.name, FRAME.flatten(region.geometry))
        live = [zone for zone in self.base.zones if zone.kind not in EVERYWHERE]
        zones = [FRAME.flatten(zone.geometry) for zone in live]
        papers = [paper for paper in self.base.agreements if set(paper.issues) - FIRE]
        areas = [FRAME.flatten(paper.area) for paper in papers]
        self._odd, self._blocked, self._qualities = [*zones, *areas], STRtree(areas), STRtree(zones)
        self._ledger = STRtree([FRAME.flatten(asset.geometry) for asset in self.base.assets])
        city = next(r for r in self.base.regions if r.level is Level.CITY)
        self._outer = FRAME.flatten(city.geometry).boundary

    def fresh(self) -> "Ground":
        """The same city with nothing planted."""
        for same in (True, False):
            self.neighbours(same_district=same)
        other = copy(self)
        other.assets, other.zones, other.agreements, other.firms, other._taken = [], [], [], [], []
        other._lines = dict(self._lines)
        return other

    def world(self) -> World:
        """The city with everything that was planted; its version says that it is the suite's."""
        return replace(
            self.base,
            version=f"{self.base.version}+scenes",
            register=type(self.base.register)((*self.base.register.units, *self.firms)),
            assets=(*self.base.assets, *self.assets),
            zones=(*self.base.zones, *self.zones),
            agreements=(*self.base.agreements, *self.agreements),
        )

    def settled_towns(self) -> list[Town]:
        """Townships that do not change hands."""
        return [town for code, town in self.towns.items() if code != MOVED_OLD]

    def neighbours(self, *, same_district: bool) -> list[tuple[Town, Town]]:
        """Pairs of townships with at least 500 m of line between them on land."""
        if same_district in self._pairs:
            return self._pairs[same_district]
        towns = self.settled_towns()
        found: list[tuple[Town, Town]] = []
        for i, a in enumerate(towns):
            for b in towns[i + 1 :]:
                if (a.district == b.district) is same_district and self.line(a, b).length >= 500.0:
                    found.append((a, b))
        self._pairs[same_district] = found
        return found

    def line(self, a: Town, b: Town) -> BaseGeometry:
        """The line that two townships share, without stretches near water, agreements, third townships and the edge."""
        key = (a.code, b.code)
        if key not in self._lines:
            self._lines[key] = self._free_line(a, b)
        return self._lines[key]

    def _free_line(self, a: Town, b: Town) -> BaseGeometry:
        shared = _shared(a, b)
        if shared.is_empty:
            return LineString()
        near = [area.buffer(CLEAR_M) for area in self._odd if area.distance(shared) <= CLEAR_M]
        near += [town.area.buffer(APART_TOWN_M) for town in self.towns.values() if town.code not in (a.code, b.code)]
        free = shapely.difference(shared, shapely.union_all([*near, self._outer.buffer(600.0)]))
        parts = [part for part in shapely.get_parts(free) if isinstance(part, LineString)]
        return shapely.line_merge(shapely.union_all(parts)) if parts else LineString()

    def inside(self, rng: Generator, town: Town, *, margin_m: float = 320.0, clear_m: float = CLEAR_M) -> Point:
        """A spot in a township, at least `margin_m` from every line and clear of everything of a legal quality."""
        west, south, east, north = town.area.bounds
        for _ in range(TRIES):
            spot = Point(np.round([rng.uniform(west, east), rng.uniform(south, north)], 1))
            if town.area.contains(spot) and town.area.boundary.distance(spot) >= margin_m and self.free(spot, clear_m):
                return spot
        raise NoRoom(f"no free spot in {town.name}")

    def beside(self, rng: Generator, a: Town, b: Town, gap_m: float) -> Point:
        """A spot in `a`, `gap_m` from its line with `b` (0: on the line), far from all other townships."""
        parts = self.room(a, b)
        if not parts:
            raise NoRoom(f"no free spot between {a.name} and {b.name}")
        lengths = np.array([part.length for part in parts])
        for _ in range(TRIES // 20):
            part = parts[int(rng.choice(len(parts), p=lengths / lengths.sum()))]
            spot = self._off(part, float(rng.uniform(0.0, part.length)), gap_m, float(rng.choice([-1.0, 1.0])))
            if self._between(spot, a, b, gap_m) and self.free(spot, CLEAR_M):
                return spot
        raise NoRoom(f"no free spot between {a.name} and {b.name}")

    def room(self, a: Town, b: Town) -> list[LineString]:
        """What is left of the line between two townships, away from what was planted."""
        left = shapely.get_parts(self.line(a, b))
        return [part for part in left if isinstance(part, LineString) and part.length > 2.0]

    def on_river(self, rng: Generator, a: Town, b: Town, gap_m: float) -> Point:
        """A spot on the water between two townships, on `a`'s side and the gap from the middle line (0: on it)."""
        middle = max(shapely.get_parts(_shared(a, b)), key=lambda piece: piece.length)
        reaches = shapely.union_all([FRAME.flatten(z.geometry) for z in self.base.zones if z.kind == "river_reach"])
        dry = [FRAME.flatten(z.geometry) for z in self.base.zones if z.kind in ("rail_zone", "railway_land")]
        away = shapely.union_all([*dry, *self._blocked.geometries]).buffer(60.0)
        for _ in range(TRIES):
            spot = self._off(middle, float(rng.uniform(0.0, middle.length)), gap_m, float(rng.choice([-1.0, 1.0])))
            beside = gap_m == 0.0 or (a.area.contains(spot) and abs(b.area.distance(spot) - gap_m) < 6.0)
            if beside and reaches.distance(spot) < 0.5 and not away.contains(spot) and self._between(spot, a, b, 0.0):
                return spot
        raise NoRoom(f"no free water between {a.name} and {b.name}")

    def within(self, rng: Generator, area: BaseGeometry, margin_m: float) -> Point:
        """A spot in an area, at least so far from its edge."""
        west, south, east, north = area.bounds
        for _ in range(TRIES):
            spot = Point(np.round([rng.uniform(west, east), rng.uniform(south, north)], 1))
            if area.contains(spot) and area.boundary.distance(spot) >= margin_m:
                return spot
        raise NoRoom("the area is too narrow")

    def unclaimed(self) -> BaseGeometry:
        """The widest piece of the city that no township holds."""
        city = next(r for r in self.base.regions if r.level is Level.CITY)
        rest = FRAME.flatten(city.geometry).difference(shapely.union_all([t.area for t in self.towns.values()]))
        return max(shapely.get_parts(rest.buffer(-2.0)), key=lambda piece: piece.area).buffer(2.0)

    def claimed_twice(self, a: str, b: str) -> BaseGeometry:
        """What two townships both hold on paper."""
        both = shapely.intersection(self.towns[a].area, self.towns[b].area)
        return max(shapely.get_parts(both), key=lambda piece: piece.area)

    def near_edge(self, rng: Generator, gap_m: float) -> tuple[Point, Town]:
        """A spot so far inside the city's outer line, and the township that holds it, far from all others."""
        for _ in range(TRIES):
            spot = self._off(self._outer, float(rng.uniform(0.0, self._outer.length)), gap_m, 1.0)
            held = [town for town in self.settled_towns() if town.area.contains(spot)]
            others = (town for town in self.towns.values() if town not in held)
            apart = all(town.area.distance(spot) > 420.0 for town in others)
            if len(held) == 1 and apart and self.free(spot, CLEAR_M) and abs(self._outer.distance(spot) - gap_m) < 1.0:
                return spot, held[0]
        raise NoRoom("no free spot at the city's edge")

    def _off(self, line: BaseGeometry, along_m: float, gap_m: float, side: float) -> Point:
        stretch = LineString(line.coords)
        here = stretch.interpolate(along_m)
        ahead = stretch.interpolate(min(along_m + 1.0, stretch.length))
        back = stretch.interpolate(max(along_m - 1.0, 0.0))
        dx, dy = ahead.x - back.x, ahead.y - back.y
        reach = max(float(np.hypot(dx, dy)), 1e-9)
        return Point(here.x - side * gap_m * dy / reach, here.y + side * gap_m * dx / reach)

    def _between(self, spot: Point, a: Town, b: Town, gap_m: float) -> bool:
        if gap_m > 0.0 and not (a.area.contains(spot) and abs(b.area.distance(spot) - gap_m) <= 0.05 * gap_m + 0.3):
            return False
        others = (town for town in self.towns.values() if town.code not in (a.code, b.code))
        return all(town.area.distance(spot) > 300.0 for town in others) and self._outer.distance(spot) > 600.0

    def free(self, spot: Point, reach_m: float) -> bool:
        """Whether nothing of a legal quality, no agreement and nothing planted is within reach."""
        trees = (self._qualities, self._blocked)
        if any(len(tree.query(spot, "dwithin", reach_m)) for tree in trees):
            return False
        return all(geometry.distance(spot) > APART_M for geometry in self._taken)

    def without_parts(self, spot: Point, categories: Sequence[str], reach_m: float) -> bool:
        """Whether the shipped ledger has no part of these kinds (`manhole` takes all covers) within reach."""
        near = (self.base.assets[int(i)].category for i in self._ledger.query(spot, "dwithin", reach_m))
        return not any(kind == want or kind.startswith(f"{want}.") for kind in near for want in categories)

    def take(self, area: BaseGeometry) -> None:
        """Keep others away from here."""
        self._taken.append(area)
        around = area.buffer(APART_M + 16.0)
        for key, line in self._lines.items():
            if line.intersects(around):
                self._lines[key] = shapely.difference(line, around)

    def plant(self, category: str, where: BaseGeometry, owner: str, **more: Any) -> Asset:  # noqa: ANN401
        """Enter one part into the ledger."""
        number = f"QJ{len(self.assets) + 1:05d}"
        asset = Asset(id=number, category=category, owner=owner, geometry=degrees(where), **more)
        self.assets.append(asset)
        self.take(where)
        return asset

    def mark_out(self, kind: str, name: str, area: BaseGeometry, unit: str) -> Zone:
        """Enter one zone."""
        zone = Zone(id=f"QQ{len(self.zones) + 1:04d}", kind=kind, name=name, geometry=degrees(area), unit=unit)
        self.zones.append(zone)
        self.take(area)
        return zone

    def agree(self, area: BaseGeometry, **more: Any) -> Agreement:  # noqa: ANN401
        """Enter one agreement over an area."""
        found = Agreement(id=f"QX{len(self.agreements) + 1:03d}", area=degrees(area), **more)
        self.agreements.append(found)
        self.take(area)
        return found

    def firm(self, sector: Sector, town: Town, name: str, spot: Point) -> str:
        """Enter one firm of a township; returns its code."""
        code = code_of(sector, town.code, f"s{len(self.firms) + 1}")
        lon, lat = lon_lat(spot)
        self.firms.append(
            Unit(code=code, name=name, level=Level.TOWNSHIP, sector=sector, region=town.code, lon=lon, lat=lat,
                 skills=(sector.value,))
        )  # fmt: skip
        return code


def _main(town: Town) -> BaseGeometry:
    """A township's largest part: its enclaves elsewhere have lines of their own."""
    return max(shapely.get_parts(town.area), key=lambda part: part.area)


def _shared(a: Town, b: Town) -> BaseGeometry:
    """All of the line between two townships."""
    shared = shapely.intersection(_main(a).boundary, _main(b).boundary)
    parts = [part for part in shapely.get_parts(shared) if isinstance(part, LineString)]
    return shapely.line_merge(shapely.union_all(parts)) if parts else LineString()


def degrees(geometry: BaseGeometry) -> BaseGeometry:
    """Metres to degrees, rounded to centimetres."""
    return shapely.transform(geometry, lambda coords: np.round(FRAME.to_degrees(coords), 7))


def lon_lat(spot: Point) -> tuple[float, float]:
    """Longitude and latitude of a spot, WGS-84 degrees, to a centimetre."""
    lon, lat = np.round(FRAME.to_degrees(np.array([[spot.x, spot.y]]))[0], 7)
    return float(lon), float(lat)


def box(spot: Point, width_m: float, depth_m: float) -> Polygon:
    """A rectangle around a spot."""
    return shapely.box(spot.x - width_m / 2, spot.y - depth_m / 2, spot.x + width_m / 2, spot.y + depth_m / 2)


def shifted(spot: Point, east_m: float, north_m: float = 0.0) -> Point:
    """A spot some metres away."""
    return Point(spot.x + east_m, spot.y + north_m)

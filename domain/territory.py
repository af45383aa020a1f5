"""Where a point lies: in which region, on which line, between whom (rules R01 to R04).

The territory never says where a line should be. It says how a point lies to the lines it was given, how sure that is
with the position's error, and which regions must be asked.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import TypeVar

import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from domain.edition import Edition, lowest_common
from domain.errors import InvalidInput, UnknownRegion
from domain.geo import LocalFrame, Point, disc
from domain.organisation import Level
from domain.region import BoundaryRelation, Region
from domain.relation import relate
from domain.world import Agreement, Asset, World, Zone

NEAR_M = 100.0
"""R01's configured distance within which a point counts as adjacent, metres."""

T = TypeVar("T", Asset, Zone, Agreement)
_ORIGIN = shapely.Point(0.0, 0.0)

MAX_ACCURACY_M = 50_000.0
"""A position less sure than this says nothing."""


class Territory:
    """The regions, zones, assets and agreements of a world, found by place and day.

    Args:
        world: The city.
        near_m: Distance to a line, metres, >= 0, within which a point counts as adjacent (R01).
    """

    def __init__(self, world: World, *, near_m: float = NEAR_M) -> None:
        self.world = world
        self.near_m = near_m
        self._codes = {region.code for region in world.regions}
        starts = {r.valid_from for r in world.regions}
        ends = {r.valid_to for r in world.regions if r.valid_to is not None}
        self._starts = tuple(sorted(starts | ends)) or (date(2000, 1, 1),)
        self._editions: dict[date, Edition] = {}

    def relate(self, point: Point | None, accuracy_m: float | None, on: date) -> BoundaryRelation:
        """How a point lies to the lines between townships on a day.

        Args:
            point: The place, WGS-84; None when it is not known.
            accuracy_m: Radius of its error, metres, > 0; None when it is not known.
            on: The day whose territory holds (R02).

        Raises:
            InvalidInput: If the accuracy is not a positive number below 50 km.
        """
        if accuracy_m is not None and not 0.0 < accuracy_m <= MAX_ACCURACY_M:
            raise InvalidInput("定位精度必须是大于0、不超过50公里的米数。", "不知道精度时请不要填写 accuracy_m。")
        return relate(self._edition(on), point, accuracy_m, self.near_m)

    def region(self, code: str, on: date) -> Region:
        """The region with this code on that day.

        Raises:
            UnknownRegion: If no such region holds on the day; the hint names its other versions.
        """
        found = self._edition(on).by_code.get(code)
        if found is None:
            raise UnknownRegion(f"{on.isoformat()} 没有编码为“{code}”的区域。", self._hint(code))
        return found

    def has_region(self, code: str) -> bool:
        """Whether the code is or was a region's on any day."""
        return code in self._codes

    def holds(self, code: str, on: date) -> bool:
        """Whether the code is a region's on that day."""
        return code in self._edition(on).by_code

    def path(self, code: str, on: date) -> tuple[str, ...]:
        """The code itself, then its parents up to the city, e.g. grid, community, township, district, city.

        Raises:
            UnknownRegion: If the code holds no region on the day.
        """
        self.region(code, on)
        return self._edition(on).path(code)

    def common_superior(self, codes: Iterable[str], on: date) -> str:
        """Code of the lowest region that is, or contains, all of these; empty when there is none.

        Raises:
            UnknownRegion: If a code holds no region on the day.
        """
        paths = [self.path(code, on) for code in codes]
        return lowest_common(paths)

    def version_on(self, day: date) -> str:
        """ISO date from which the territory of this day holds."""
        return self._edition(day).since.isoformat()

    def versions(self) -> tuple[str, ...]:
        """ISO dates on which the territory changed, the first one included."""
        return tuple(start.isoformat() for start in self._starts)

    def contains(self, point: Point, on: date | None = None) -> bool:
        """Whether the point is in the city, or off its edge by no more than the error of the edge (newest edition)."""
        edition = self._edition(on or self._starts[-1])
        return edition.outside_m(point, edition.city_error_m) <= edition.city_error_m

    def outside_share(self, point: Point, accuracy_m: float, on: date) -> float:
        """Share of the error disc (radius in metres, > 0) that lies beyond the city's edge, in [0, 1]."""
        frame = LocalFrame(point.lon, point.lat)
        circle = disc(accuracy_m)
        window = shapely.box(*frame.window(accuracy_m * 1.05))
        inside = frame.flatten(shapely.intersection(self._edition(on).city_area, window))
        return round(1.0 - float(shapely.intersection(circle, inside).area / circle.area), 6)

    def containing(self, point: Point, level: Level, on: date) -> tuple[Region, ...]:
        """Regions of one level that cover the point, by code: none in a gap, several on a line or in an overlap."""
        return tuple(self._edition(on).covering(level, point))

    def zones_at(self, point: Point, accuracy_m: float | None, on: date) -> tuple[Zone, ...]:
        """Zones the point is in, smallest first; a disputed piece of ground counts from the first touch of the error.

        Whether a compound or a rail zone is meant by a point beside it is a question of evidence (R14), so the error
        of the position does not pull those in: ask `zones_near`.
        """
        reach = accuracy_m or 0.0
        near = self.zones_near(point, reach, on)
        return tuple(zone for zone, gap in near if gap == 0.0 or zone.kind == "dispute")

    def zones_near(self, point: Point, radius_m: float, on: date) -> tuple[tuple[Zone, float], ...]:
        """Zones within the radius with their distance in metres (0 inside), nearest and then smallest first."""
        found = _within(self._zone_tree, self.world.zones, point, radius_m)
        live = [(zone, gap) for zone, gap in found if _holds(zone, on)]
        return tuple(sorted(live, key=lambda pair: (pair[1], pair[0].geometry.area, pair[0].id)))

    def assets_near(
        self, point: Point, radius_m: float, on: date, categories: Sequence[str] = ()
    ) -> tuple[tuple[Asset, float], ...]:
        """Assets within the radius with their distance in metres, nearest first.

        `categories` keeps what is or is under one of them: `manhole` takes `manhole.gas`; empty keeps all.
        """
        found = _within(self._asset_tree, self.world.assets, point, radius_m)
        kept = [(a, gap) for a, gap in found if _holds(a, on) and _is_kind(a.category, categories)]
        return tuple(sorted(kept, key=lambda pair: (pair[1], pair[0].id)))

    def agreements_at(self, point: Point, on: date, *, expired: bool = False) -> tuple[Agreement, ...]:
        """Agreements whose area covers the point and that hold on the day, by id.

        With `expired`, those that held before and no longer do, instead (R30: they weigh less).
        """
        found = self.agreements_covering(point)
        ended = (a for a in found if (a.valid_to is not None and a.valid_to <= on if expired else _holds(a, on)))
        return tuple(sorted(ended, key=lambda agreement: agreement.id))

    def agreements_covering(self, point: Point) -> tuple[Agreement, ...]:
        """Agreements whose area covers the point, on whatever day they hold, by id."""
        found = (a for a, gap in _within(self._agreement_tree, self.world.agreements, point, 0.0) if gap == 0.0)
        return tuple(sorted(found, key=lambda agreement: agreement.id))

    @cached_property
    def _zone_tree(self) -> STRtree:
        return STRtree([zone.geometry for zone in self.world.zones])

    @cached_property
    def _asset_tree(self) -> STRtree:
        return STRtree([asset.geometry for asset in self.world.assets])

    @cached_property
    def _agreement_tree(self) -> STRtree:
        return STRtree([agreement.area for agreement in self.world.agreements])

    def _edition(self, on: date) -> Edition:
        """The edition of the day; before the first one, the first one."""
        since = max((s for s in self._starts if s <= on), default=self._starts[0])
        found = self._editions.get(since)
        if found is None:
            valid = [region for region in self.world.regions if region.valid_on(since)]
            found = self._editions[since] = Edition(since=since, regions=valid, city=self.world.city)
        return found

    def _hint(self, code: str) -> str:
        spans = [r for r in self.world.regions if r.code == code]
        if not spans:
            return "请核对区划编码；可用 lianzhi world show 查看全部区域。"
        ended = [r for r in spans if r.valid_to is not None]
        if not ended:
            return f"该编码自 {spans[0].valid_from.isoformat()} 起启用。"
        last = ended[-1]
        heirs = [r for r in self.world.regions if r.valid_from == last.valid_to and r.name == last.name]
        now = f"，现编码为 {heirs[0].code}" if heirs else ""
        return f"“{last.name}”的该编码用到 {last.valid_to} 前一日{now}。"


def _holds(thing: Asset | Zone | Agreement, on: date) -> bool:
    return thing.valid_from <= on and (thing.valid_to is None or on < thing.valid_to)


def _is_kind(category: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(category == kind or category.startswith(f"{kind}.") for kind in wanted)


def _geometry(thing: Asset | Zone | Agreement) -> BaseGeometry:
    return thing.area if isinstance(thing, Agreement) else thing.geometry


def _within(tree: STRtree, things: Sequence[T], point: Point, radius_m: float) -> list[tuple[T, float]]:
    """Things within the radius, with their distance in metres rounded to centimetres; no order."""
    frame = LocalFrame(point.lon, point.lat)
    box = shapely.box(*frame.window(radius_m * 1.01))
    found: list[tuple[T, float]] = []
    for index in tree.query(box, predicate="intersects"):
        thing = things[int(index)]
        gap = float(frame.flatten(_geometry(thing)).distance(_ORIGIN))
        if gap <= radius_m:
            found.append((thing, round(gap, 2)))
    return found

"""One edition of the territory: the regions that hold on the same days, indexed once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from domain.geo import LocalFrame, Point
from domain.organisation import Level
from domain.region import Region

CHUNK = 16
"""Vertices per indexed piece of a line: short pieces keep the nearest-line search local."""

JOINED_M = 5.0
"""Pieces of a township closer than this are one body: a digitising cut, not an enclave (飞地)."""


def lowest_common(paths: Sequence[Sequence[str]]) -> str:
    """First code of the first path that all paths have, empty when none; paths run from the narrow to the wide."""
    if not paths:
        return ""
    shared = set(paths[0]).intersection(*paths[1:])
    return next((code for code in paths[0] if code in shared), "")


def parts_of(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons of a polygon or multipolygon."""
    return [part for part in shapely.get_parts(geometry) if isinstance(part, Polygon)]


@dataclass(slots=True)
class Edition:
    """Regions of one span of days and the indexes over them; built once, then only read.

    Attributes:
        since: First day of the edition.
        frame: Metric frame around the city's middle.
        townships: Townships in the order of their codes.
        city_area: The city's polygon, or the union of its districts or townships without holes.
    """

    since: date
    regions: Sequence[Region]
    city: str
    by_code: dict[str, Region] = field(init=False)
    townships: tuple[Region, ...] = field(init=False)
    frame: LocalFrame = field(init=False)
    city_area: BaseGeometry = field(init=False)
    _edge: BaseGeometry = field(init=False)
    _levels: dict[Level, tuple[Region, ...]] = field(init=False)
    _trees: dict[Level, STRtree] = field(init=False)
    _lines: NDArray[np.object_] = field(init=False)
    _line_tree: STRtree = field(init=False)
    _bodies: dict[str, BaseGeometry] = field(init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.regions, key=lambda region: region.code)
        self.by_code = {region.code: region for region in ordered}
        self._levels = {level: tuple(r for r in ordered if r.level is level) for level in Level}
        self._trees = {level: STRtree([r.geometry for r in found]) for level, found in self._levels.items()}
        self.townships = self._levels[Level.TOWNSHIP]
        self.city_area = self._city_area()
        self._edge = shapely.boundary(self.city_area)
        centre = self.city_area.centroid
        self.frame = LocalFrame(centre.x, centre.y) if not centre.is_empty else LocalFrame(0.0, 0.0)
        self._lines = _pieces_of_lines([self.frame.flatten(t.geometry) for t in self.townships])
        self._line_tree = STRtree(self._lines)
        self._bodies = {}
        for township in self.townships:
            self._bodies[township.code] = self._main_body(township)
        shapely.prepare([region.geometry for region in ordered])
        shapely.prepare(self.city_area)

    def _city_area(self) -> BaseGeometry:
        """The city's own polygon, or the union of what is known when it has none."""
        city = self.by_code.get(self.city)
        if city is not None and not city.geometry.is_empty:
            return city.geometry
        known = self._levels[Level.DISTRICT] or self.townships
        union = shapely.union_all([region.geometry for region in known])
        # a hole is ground that nobody claims inside the city, not ground outside it
        return shapely.union_all([Polygon(p.exterior) for p in parts_of(union)])

    @property
    def boundary_error_m(self) -> float:
        """Largest error of any township's line, metres."""
        return max((township.accuracy_m for township in self.townships), default=0.0)

    @property
    def city_error_m(self) -> float:
        """Error of the city's edge, metres."""
        city = self.by_code.get(self.city)
        return city.accuracy_m if city is not None else 10.0

    def outside_m(self, point: Point, within_m: float) -> float:
        """Metres from the point to the city, 0 inside it; infinite beyond `within_m`."""
        spot = shapely.Point(point.lon, point.lat)
        if shapely.covers(self.city_area, spot):
            return 0.0
        return self.edge_m(point, within_m)

    def edge_m(self, point: Point, within_m: float) -> float:
        """Metres from the point to the city's outer line; infinite beyond `within_m`."""
        frame = LocalFrame(point.lon, point.lat)
        line = shapely.clip_by_rect(self._edge, *frame.window(within_m * 1.01 + 1.0))
        gap = float(frame.flatten(line).distance(shapely.Point(0.0, 0.0))) if not line.is_empty else math.inf
        return gap if gap <= within_m else math.inf

    def _main_body(self, township: Region) -> BaseGeometry:
        """The largest piece with all pieces that join it; empty when another township surrounds it whole."""
        pieces = sorted((self.frame.flatten(p) for p in parts_of(township.geometry)), key=lambda p: -p.area)
        if not pieces:
            return township.geometry
        body, rest, grown = pieces[0], pieces[1:], True
        while grown:
            near = [p for p in rest if shapely.dwithin(p, body, max(JOINED_M, 2 * township.accuracy_m))]
            grown = bool(near)
            body = shapely.union_all([body, *near])
            rest = [p for p in rest if p not in near]
        if self._surrounded(township):
            return Polygon()
        return self.frame.unflatten(body)

    def _surrounded(self, township: Region) -> bool:
        """Whether one other township has a hole that holds all of this one."""
        for index in self._trees[Level.TOWNSHIP].query(township.geometry):
            other = self.townships[int(index)]
            if other.code == township.code:
                continue
            for piece in parts_of(other.geometry):
                holes = [Polygon(ring) for ring in piece.interiors]
                if any(hole.buffer(1e-6).covers(township.geometry) for hole in holes):
                    return True
        return False

    def in_enclave(self, township: Region, point: Point) -> bool:
        """Whether the point is in a piece of the township that is cut off from its main body (飞地/插花地)."""
        spot = shapely.Point(point.lon, point.lat)
        return not shapely.dwithin(self._bodies[township.code], spot, 1e-6)

    def surroundings(self, township: Region, point: Point) -> list[Region]:
        """The other townships that touch the piece of the township in which the point is, by code."""
        spot = shapely.Point(point.lon, point.lat)
        piece = min(parts_of(township.geometry), key=lambda p: (p.distance(spot), -p.area))
        tolerance = JOINED_M / self.frame.north_m
        found = self._trees[Level.TOWNSHIP].query(piece, predicate="dwithin", distance=tolerance)
        return [self.townships[int(i)] for i in sorted(found) if self.townships[int(i)].code != township.code]

    def near(self, level: Level, frame: LocalFrame, radius_m: float) -> list[Region]:
        """Regions of the level within `radius_m` of the frame's origin, by code; bounding boxes decide."""
        box = shapely.box(*frame.window(radius_m))
        return [self._levels[level][int(i)] for i in sorted(self._trees[level].query(box, predicate="intersects"))]

    def covering(self, level: Level, point: Point) -> list[Region]:
        """Regions of the level that cover the point, their lines included, by code."""
        spot = shapely.Point(point.lon, point.lat)
        return [self._levels[level][int(i)] for i in sorted(self._trees[level].query(spot, predicate="intersects"))]

    def line_distance_m(self, point: Point) -> float | None:
        """Metres to the nearest line of any township; None when there is no township.

        The index is in the city's frame, whose scale is off by up to 0.3 %; the candidates it gives are
        measured again in the frame of the point.
        """
        if not len(self._lines):
            return None
        spot = shapely.Point(*self.frame.to_m(np.array([[point.lon, point.lat]]))[0])
        closest: BaseGeometry = self._lines[int(self._line_tree.nearest(spot))]
        rough = float(spot.distance(closest))
        found = self._line_tree.query(spot, predicate="dwithin", distance=rough * 1.02 + 1.0)
        lines = self.frame.unflatten(shapely.multilinestrings(list(self._lines[found])))
        own = LocalFrame(point.lon, point.lat).flatten(lines)
        return float(own.distance(shapely.Point(0.0, 0.0)))

    def path(self, code: str) -> tuple[str, ...]:
        """The code and its parents up to the city; stops where a parent is not known."""
        walk: list[str] = []
        here = code
        while here in self.by_code and here not in walk:
            walk.append(here)
            here = self.by_code[here].parent
        return tuple(walk)


def _pieces_of_lines(areas: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """The boundaries of all areas as short lines."""
    pieces: list[BaseGeometry] = []
    for ring in shapely.get_rings([part for area in areas for part in parts_of(area)]):
        coords = shapely.get_coordinates(ring)
        starts = range(0, len(coords) - 1, CHUNK)
        pieces.extend(shapely.LineString(coords[i : i + CHUNK + 1]) for i in starts)
    return np.array(pieces, dtype=object)

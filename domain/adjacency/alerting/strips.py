"""Boundary strips (毗邻带): both sides of a shared line taken together; a problem cut in two is counted whole."""

# pyright: standard
# shapely's overloads are only partly typed.

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from domain.adjacency.alerting.arrays import IntArray
from domain.geo import FloatArray, LocalFrame
from domain.organisation import Level
from domain.world import World

STRIP_M = 300.0
"""A case belongs to a strip up to this far from the line, metres."""
SEGMENT_M = 400.0
"""Length of a piece of line at the most, metres."""
SHARED_M = 60.0
"""Two townships share a line where their edges are closer than this: ground that nobody claims is thinner."""
SHORTEST_M = 100.0
"""Shorter shared pieces are corners where three meet, metres."""


@dataclass(frozen=True, slots=True)
class Strips:
    """Pieces of the lines between townships on one day.

    Attributes:
        frame: The flat frame of all coordinates.
        lines: The pieces, metres.
        pairs: Codes of the two townships of each piece.
        middles: Middle of each piece, metres, shape (S, 2).
    """

    frame: LocalFrame
    lines: tuple[BaseGeometry, ...]
    pairs: tuple[tuple[str, str], ...]
    middles: FloatArray = field(init=False)
    _tree: STRtree = field(init=False, repr=False)

    def __post_init__(self) -> None:
        points = shapely.line_interpolate_point(np.array(self.lines, dtype=object), 0.5, normalized=True)
        object.__setattr__(self, "middles", shapely.get_coordinates(points).reshape(-1, 2))
        object.__setattr__(self, "_tree", STRtree(self.lines))

    def __len__(self) -> int:
        return len(self.lines)

    def nearest(self, points_m: FloatArray, within_m: float = STRIP_M) -> IntArray:
        """Piece of line next to each place, -1 where none is within reach; shape (n,)."""
        found = np.full(len(points_m), -1, dtype=np.int64)
        usable = np.flatnonzero(~np.isnan(points_m).any(axis=1))
        if len(self.lines) and len(usable):
            spots = shapely.points(points_m[usable])
            pairs = self._tree.query_nearest(spots, max_distance=within_m, all_matches=False)
            found[usable[pairs[0]]] = pairs[1]
        return found


def strips_of(world: World, on: date, frame: LocalFrame, *, segment_m: float = SEGMENT_M) -> Strips:
    """The lines between townships as they are on a day, cut into pieces."""
    towns = sorted(
        (r for r in world.regions if r.level is Level.TOWNSHIP and r.valid_on(on)), key=lambda region: region.code
    )
    areas = [frame.flatten(town.geometry) for town in towns]
    lines: list[BaseGeometry] = []
    pairs: list[tuple[str, str]] = []
    if areas:
        first, second = STRtree(areas).query(areas, predicate="dwithin", distance=SHARED_M)
        for a, b in sorted(zip(first.tolist(), second.tolist(), strict=True)):
            if a < b:
                pieces = list(_shared(areas[a], areas[b], segment_m))
                lines += pieces
                pairs += [(towns[a].code, towns[b].code)] * len(pieces)
    return Strips(frame, tuple(lines), tuple(pairs))


def _shared(a: BaseGeometry, b: BaseGeometry, segment_m: float) -> Iterator[BaseGeometry]:
    """The edge of `a` along `b` in pieces of equal length."""
    shared = shapely.line_merge(shapely.intersection(shapely.boundary(a), shapely.buffer(b, SHARED_M)))
    for line in shapely.get_parts(shared):
        length = float(shapely.length(line))
        if length < SHORTEST_M:
            continue
        count = int(np.ceil(length / segment_m))
        cuts = np.linspace(0.0, 1.0, count + 1)
        for start, end in pairwise(cuts.tolist()):
            yield substring(line, start, end, normalized=True)

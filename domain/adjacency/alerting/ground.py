"""A case log laid out for scanning: which cell and which piece of boundary each case lies on, worked out once."""

# pyright: standard
# h3 carries no types.

from dataclasses import dataclass, replace
from datetime import date, datetime

import h3
import numpy as np
from numpy.typing import NDArray

from domain.adjacency.alerting.arrays import IntArray
from domain.adjacency.alerting.strips import STRIP_M, Strips, strips_of
from domain.adjacency.alerting.zones import Zones, circle_zones
from domain.caselog import NOT_SAID, CaseTable
from domain.geo import FloatArray, LocalFrame
from domain.organisation import Level
from domain.region import Region
from domain.world import World

CELL_RESOLUTION = 9
"""H3 resolution: cells of about 0.1 km², some 350 m from middle to middle."""
CELL_RADII_M = (0.0, 400.0, 750.0, 1100.0, 1600.0)
STRIP_RADII_M = (0.0, 500.0, 900.0, 1400.0, 2000.0)
"""Circles of places that are looked at together, metres."""
NOT_A_CASE = ("merged", "rejected", "void")
"""Stages of reports that were no case of their own: the same thing again, or nothing."""
DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The cases of a log that can be scanned, with where they lie; arrays over its cases, shape (n,).

    Attributes:
        table: The whole log.
        world: The city.
        rows: Index of each case in the table; cases stand in order of reporting.
        reported_s: When it was reported, seconds since 1970, UTC.
        issue: Code of its issue in `issues`, -1 unknown.
        township, district: Codes in `townships` and `districts`, -1 unknown.
        points_m: Where it lies in `frame`, NaN unknown, shape (n, 2).
        cell: Its cell, -1 unknown; `cells` are H3 indexes, `cell_points_m` their middles.
        segment: Its piece of boundary in `strips`, -1 none.
        left_out: What cannot be counted, by reason in Chinese: how many rows of the log.
    """

    table: CaseTable
    world: World
    frame: LocalFrame
    rows: IntArray
    reported_s: IntArray
    issue: IntArray
    issues: tuple[str, ...]
    township: IntArray
    townships: tuple[str, ...]
    district: IntArray
    districts: tuple[str, ...]
    points_m: FloatArray
    cell: IntArray
    cells: tuple[str, ...]
    cell_points_m: FloatArray
    cell_zones: Zones
    segment: IntArray
    strips: Strips
    strip_zones: Zones
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.rows)

    def until(self, as_of: datetime) -> int:
        """How many cases were reported by an instant: the first so many."""
        return int(np.searchsorted(self.reported_s, int(as_of.timestamp()), side="right"))

    def only(self, kept: NDArray[np.bool_]) -> "Ground":
        """The same ground with some of its cases only, shape of the mask (n,)."""
        names = ("rows", "reported_s", "issue", "township", "district", "points_m", "cell", "segment")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})


def lay_out(table: CaseTable, world: World, on: date, *, strip_m: float = STRIP_M) -> Ground:
    """Lay a case log out on the territory of a day.

    Args:
        table: The log.
        world: The city; cases outside of it are still counted where they lie.
        on: Day whose lines hold.
        strip_m: How far from a line a case belongs to its strip, metres.
    """
    duplicate = table.words["stage"].is_any(NOT_A_CASE)
    untimed = ~table.known("reported_at")
    unnamed = table.words["issue"].codes == NOT_SAID
    unplaced = np.isnan(table.numbers["lon"]) | np.isnan(table.numbers["lat"])
    counted = ~duplicate & ~untimed
    left_out = {
        "合并或不予立案的，不另计": int(duplicate.sum()),
        "没有上报时间，未计入": int((untimed & ~duplicate).sum()),
        "没有可识别的事项，未计入": int((unnamed & counted).sum()),
        "没有位置，只计入区县合计": int((unplaced & counted & ~unnamed).sum()),
    }
    rows = np.flatnonzero(counted & ~unnamed)
    seconds = table.time("reported_at")[rows].astype("datetime64[s]").astype(np.int64)
    order = np.argsort(seconds, kind="stable")
    rows, seconds = rows[order], seconds[order]
    degrees = np.column_stack([table.numbers["lon"][rows], table.numbers["lat"][rows]])
    frame = frame_of(world, degrees)
    points = frame.to_m(degrees)
    cell, cells, middles = _cells(degrees, frame)
    strips = strips_of(world, on, frame)
    return Ground(
        table=table,
        world=world,
        frame=frame,
        rows=rows,
        reported_s=seconds,
        issue=table.words["issue"].codes[rows].astype(np.int64),
        issues=table.words["issue"].vocab,
        township=table.words["township"].codes[rows].astype(np.int64),
        townships=table.words["township"].vocab,
        district=table.words["district"].codes[rows].astype(np.int64),
        districts=table.words["district"].vocab,
        points_m=points,
        cell=cell,
        cells=cells,
        cell_points_m=middles,
        cell_zones=circle_zones(middles, CELL_RADII_M),
        segment=strips.nearest(points, strip_m),
        strips=strips,
        strip_zones=circle_zones(strips.middles, STRIP_RADII_M),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def frame_of(world: World, degrees: NDArray[np.float64]) -> LocalFrame:
    """A flat frame around the city's middle, or around the cases where the city has no shape."""
    city: Region | None = next((r for r in world.regions if r.level is Level.CITY), None)
    if city is not None and not city.geometry.is_empty:
        centre = city.geometry.centroid
        return LocalFrame(float(centre.x), float(centre.y))
    known = degrees[~np.isnan(degrees).any(axis=1)]
    middle = known.mean(axis=0) if len(known) else np.zeros(2)
    return LocalFrame(float(middle[0]), float(middle[1]))


def _cells(degrees: FloatArray, frame: LocalFrame) -> tuple[IntArray, tuple[str, ...], FloatArray]:
    """Cell of each place, the cells in the order of their names, and their middles in the frame."""
    known = np.flatnonzero(~np.isnan(degrees).any(axis=1))
    names = [h3.latlng_to_cell(lat, lon, CELL_RESOLUTION) for lon, lat in degrees[known].tolist()]
    cells, inverse = np.unique(np.array(names, dtype=np.str_), return_inverse=True)
    found = np.full(len(degrees), -1, dtype=np.int64)
    found[known] = inverse
    centres = np.array([h3.cell_to_latlng(name)[::-1] for name in cells.tolist()], dtype=float).reshape(-1, 2)
    return found, tuple(cells.tolist()), frame.to_m(centres)

"""Do the boundaries of one level fit together? Overlaps and gaps, told by row; nothing is moved.

Where a line runs is not for a program to decide: what overlaps stays so and what nobody claims stays a gap, and points
there are answered as such (`domain.relation`). Slivers along one line, from digitising it twice, are no facts.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from adapters.tables import RowNote
from domain.geo import LocalFrame
from domain.organisation import Level
from domain.region import Region
from domain.relation import SLIVER_M

CHECKED = (Level.DISTRICT, Level.TOWNSHIP)
"""Levels whose regions should cover those above without overlap; communities and grids often do not on purpose."""
Numbered = Sequence[tuple[int, Region]]
Rows = Mapping[tuple[str, date], int]


def faults_of_topology(file: str, numbered: Numbered) -> list[RowNote]:
    """Overlaps between neighbours and gaps between the parts of a region, each once, by row.

    Args:
        file: Name of the file.
        numbered: Regions with their rows, the city too; 0 where the file has no row for one.
    """
    rows = {_key(region): row for row, region in numbered}
    taken = [region for _, region in numbered]
    found = [*_overlaps(taken, rows), *_gaps(taken, rows)]
    return [RowNote(file, row, reason) for row, reason in sorted(dict.fromkeys(found))]


def _key(region: Region) -> tuple[str, date]:
    return region.code, region.valid_from


def _overlaps(regions: Sequence[Region], rows: Rows) -> Iterator[tuple[int, str]]:
    for level in CHECKED:
        peers = [region for region in regions if region.level is level]
        tree = STRtree([region.geometry for region in peers])
        for i, first in enumerate(peers):
            for j in sorted(int(k) for k in tree.query(first.geometry, predicate="intersects")):
                second = peers[j]
                if j <= i or first.code == second.code or not _together(first, second):
                    continue
                pieces = _wide(shapely.intersection(first.geometry, second.geometry))
                if pieces:
                    where = f"与第 {rows.get(_key(second), 0)} 行“{second.name}”"
                    yield rows.get(_key(first), 0), f"{first.name}：{where}重叠{_told(pieces)}，已采用，该处按重叠处理"


def _gaps(regions: Sequence[Region], rows: Rows) -> Iterator[tuple[int, str]]:
    """Ground of a region that none of its parts of the next level covers, on each day on which something changed."""
    for day in sorted({region.valid_from for region in regions}):
        held = [region for region in regions if region.valid_on(day)]
        for above in held:
            parts = [r.geometry for r in held if r.parent == above.code and r.level in CHECKED]
            if not parts:
                continue
            pieces = _wide(shapely.difference(above.geometry, shapely.union_all(parts)))
            if pieces:
                yield rows.get(_key(above), 0), f"{above.name}：下级区域之间有空白{_told(pieces)}，该处按无人认领处理"


def _together(first: Region, second: Region) -> bool:
    """Whether both hold on some day."""
    ends = [region.valid_to or date.max for region in (first, second)]
    return max(first.valid_from, second.valid_from) < min(ends)


def _wide(area: BaseGeometry) -> list[tuple[float, BaseGeometry]]:
    """Pieces wider than a sliver with their areas in m², largest first."""
    found: list[tuple[float, BaseGeometry]] = []
    for piece in shapely.get_parts(area):
        if piece.area <= 0.0:
            continue
        middle = piece.representative_point()
        flat = LocalFrame(middle.x, middle.y).flatten(piece)
        if not flat.buffer(-SLIVER_M / 2).is_empty:
            found.append((float(flat.area), piece))
    return sorted(found, key=lambda pair: (-pair[0], pair[1].wkt))


def _told(pieces: Sequence[tuple[float, BaseGeometry]]) -> str:
    """How many, how large, and where the largest is."""
    spot = pieces[0][1].representative_point()
    total = sum(area for area, _ in pieces)
    return f"{len(pieces)}处、共约{total:.0f}平方米（最大一处在 {spot.x:.5f},{spot.y:.5f}）"

"""Draws the territory: rivers, districts, townships, communities, grids, and its planted oddities."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, split, substring

from domain.geo import LocalFrame
from domain.organisation import Level
from domain.region import Region
from scripts.worldgen import plan

FRAME = LocalFrame(*plan.ORIGIN)
GRID_M = 0.1


@dataclass(frozen=True, slots=True)
class Land:
    """The plan in metres: the lines, the towns by code (before the change), and the planted pieces."""

    outline: Polygon
    cang: LineString
    lu: LineString
    ridge: LineString
    towns: dict[str, BaseGeometry]
    gap: BaseGeometry
    overlap: BaseGeometry
    enclave: Polygon
    enclave_home: Polygon
    overlap_line: LineString


def degrees(geometry: BaseGeometry) -> BaseGeometry:
    """Metres to degrees rounded to 1e-6 (0.1 m); equal corners stay equal."""
    rounded = shapely.transform(geometry, lambda c: np.round(FRAME.to_degrees(c), 6))
    return rounded if rounded.is_valid else shapely.make_valid(rounded)


def wiggle(points: Sequence[tuple[float, float]], rng: Generator, swing_m: float, step_m: float = 160.0) -> LineString:
    """A natural line through the points: densified, swinging by up to `swing_m` to both sides."""
    line = LineString(points)
    count = max(2, int(line.length // step_m))
    along = np.linspace(0.0, line.length, count + 1)
    base = np.array([line.interpolate(d).coords[0] for d in along])
    tangent = np.gradient(base, axis=0)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / np.hypot(*tangent.T)[:, None]
    phase, share = rng.uniform(0, 2 * np.pi, 3), np.array([0.55, 0.3, 0.15])
    waves = np.array([2600.0, 1100.0, 520.0])
    offset = (share * np.sin(2 * np.pi * along[:, None] / waves + phase)).sum(axis=1) * swing_m
    taper = np.minimum(1.0, np.minimum(along, line.length - along) / 400.0)
    return LineString(np.round(base + normal * (offset * taper)[:, None], 1))


def blob(x: float, y: float, radius_m: float, rng: Generator) -> Polygon:
    """A rounded, irregular patch."""
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    reach = radius_m * rng.uniform(0.85, 1.15, 18)
    return Polygon(np.round(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]), 1))


def stretch(line: LineString, south: float, north: float) -> LineString:
    """The part of a line that runs north-south between two y values."""
    coords = np.array(line.coords)
    along = [line.project(shapely.Point(x, y)) for x, y in coords]
    inside = [d for d, (_, y) in zip(along, coords, strict=True) if south <= y <= north]
    return cast(LineString, substring(line, min(inside), max(inside)))


def draw(rng: Generator) -> Land:
    """The whole territory as it was before the change."""
    outline = Polygon(wiggle((*plan.OUTLINE, plan.OUTLINE[0]), rng, 140.0))
    cang, lu = wiggle(plan.CANG, rng, 180.0), wiggle(plan.LU, rng, 150.0)
    lu = cast(LineString, split(lu, cang).geoms[0])  # the lesser river ends where it meets the great one
    ridge = wiggle(plan.RIDGE, rng, 60.0)
    faces = _faces([outline.exterior, cang, lu, ridge])
    for points, spot in zip(plan.CUTS, plan.CUT_SPOTS, strict=True):
        faces = _cut(faces, wiggle(points, rng, 90.0), spot)
    noded = _faces([face.exterior for face in faces])
    towns: dict[str, BaseGeometry] = {}
    for town in plan.TOWNS:
        towns[town.code] = next(f for f in noded if f.contains(shapely.Point(town.spot)))
    if len(noded) != len(towns):
        raise RuntimeError(f"the plan has {len(noded)} faces for {len(towns)} towns")
    return _plant(Land(outline, cang, lu, ridge, towns, Polygon(), Polygon(), Polygon(), Polygon(), LineString()), rng)


def _faces(lines: Iterable[BaseGeometry]) -> list[Polygon]:
    """Faces of the plane cut by the lines, noded on a grid so that neighbours share their corners."""
    noded = shapely.union_all(list(lines), grid_size=GRID_M)
    return [face for face in polygonize(noded) if face.area > 1000.0]


def _cut(faces: list[Polygon], line: LineString, spot: tuple[float, float]) -> list[Polygon]:
    """Cut the one face that holds the spot in two; the larger two parts count."""
    index = next(i for i, face in enumerate(faces) if face.contains(shapely.Point(spot)))
    parts = sorted((p for p in split(faces[index], line).geoms if isinstance(p, Polygon)), key=lambda p: -p.area)
    if len(parts) < 2:
        raise RuntimeError(f"the cut at {spot} does not cross its face")
    crumbs = parts[2:]
    first: BaseGeometry = parts[0]
    second: BaseGeometry = parts[1]
    for crumb in crumbs:  # a swing of the line beyond the face's edge leaves crumbs: give each to its neighbour
        if first.intersection(crumb).length >= second.intersection(crumb).length:
            first = first.union(crumb)
        else:
            second = second.union(crumb)
    return [*faces[:index], *faces[index + 1 :], cast(Polygon, first), cast(Polygon, second)]


def _plant(land: Land, rng: Generator) -> Land:
    """Put in the gap, the overlap and the two enclaves."""
    towns = dict(land.towns)
    gap = stretch(land.ridge, -2300, -1200).buffer(45.0, cap_style="flat")
    for code in ("509901003", "509904002"):
        towns[code] = towns[code].difference(gap, grid_size=GRID_M)
    shared = _line_between(towns["509902004"], towns["509902006"])
    overlap_line = stretch(shared, 6200, 7000)
    overlap = overlap_line.buffer(60.0, cap_style="flat")
    for code in ("509902004", "509902006"):
        towns[code] = towns[code].union(overlap, grid_size=GRID_M)
    enclave = blob(2900, -4000, 350.0, rng)
    home = blob(-3400, -7600, 300.0, rng)
    _move_piece(towns, enclave, "509903002", "509902003")
    _move_piece(towns, home, "509903005", "509903004")
    return replace(
        land, towns=towns, gap=gap, overlap=overlap, enclave=enclave, enclave_home=home, overlap_line=overlap_line
    )


def _line_between(a: BaseGeometry, b: BaseGeometry) -> LineString:
    """The longest run of the line that two towns share."""
    merged = shapely.line_merge(shapely.intersection(shapely.boundary(a), shapely.boundary(b)))
    return max((p for p in shapely.get_parts(merged) if isinstance(p, LineString)), key=lambda p: p.length)


def line_between(land: Land, a: str, b: str) -> LineString:
    """The longest run of the line that two towns share, metres."""
    return _line_between(land.towns[a], land.towns[b])


def _move_piece(towns: dict[str, BaseGeometry], piece: Polygon, giver: str, taker: str) -> None:
    if not towns[giver].contains(piece):
        raise RuntimeError(f"the enclave is not inside {giver}")
    towns[giver] = towns[giver].difference(piece)
    towns[taker] = shapely.union_all([towns[taker], piece])


def regions(land: Land, rng: Generator) -> list[Region]:
    """All regions of both editions, in degrees."""
    towns = {code: degrees(area) for code, area in land.towns.items()}
    found = [_region(plan.CITY, plan.CITY_NAME, Level.CITY, "", degrees(land.outline))]
    found += _districts(towns)
    for town in plan.TOWNS:
        found += _below(town.code, town.name, towns[town.code], land.towns[town.code], rng)
    old = [r for r in found if r.code.startswith(plan.MOVED_OLD)]
    kept = [r for r in found if not r.code.startswith(plan.MOVED_OLD)]
    moved = [replace(r, valid_to=plan.CHANGE) for r in old]
    moved += [replace(r, code=_new(r.code), parent=_new(r.parent), valid_from=plan.CHANGE) for r in old]
    return sorted([*kept, *moved], key=lambda r: (len(r.code), r.code, r.valid_from))


def _new(code: str) -> str:
    """The code after the change of one that was under 屏岭区."""
    if code == "509904":
        return "509901"
    return plan.MOVED_NEW + code[len(plan.MOVED_OLD) :]


def _region(code: str, name: str, level: Level, parent: str, area: BaseGeometry) -> Region:
    source = "agreement" if level in (Level.CITY, Level.DISTRICT, Level.TOWNSHIP) else "approximate"
    if code.startswith("509903"):
        source = "approximate"
    return Region(code=code, name=name, level=level, parent=parent, geometry=area, boundary_source=source)


def _districts(towns: dict[str, BaseGeometry]) -> list[Region]:
    """Each district as the union of its towns; two of them in two editions."""
    found: list[Region] = []
    moved = towns[plan.MOVED_OLD]
    for code, name in plan.DISTRICTS.items():
        own = [area for town, area in towns.items() if town.startswith(code)]
        before = shapely.union_all(own)
        region = _region(code, name, Level.DISTRICT, plan.CITY, before)
        if code in ("509901", "509904"):
            rest = [area for town, area in towns.items() if town.startswith(code) and town != plan.MOVED_OLD]
            after = shapely.union_all([*own, moved] if code == "509901" else rest)
            found.append(replace(region, valid_to=plan.CHANGE))
            found.append(replace(region, geometry=after, valid_from=plan.CHANGE))
        else:
            found.append(region)
    return found


def _below(code: str, name: str, area: BaseGeometry, area_m: BaseGeometry, rng: Generator) -> list[Region]:
    """The township with three communities of three grids each."""
    found = [_region(code, name, Level.TOWNSHIP, code[:6], area)]
    stems = rng.permutation(len(plan.COMMUNITY_STEMS))[:3]
    kinds = ("社区", "社区", "社区" if name.endswith("街道") else "村")
    for i, part in enumerate(_parts(area_m, 3, rng)):
        community = f"{code}{i + 1:03d}"
        title = plan.COMMUNITY_STEMS[int(stems[i])] + kinds[i]
        found.append(_region(community, title, Level.COMMUNITY, code, degrees(part)))
        for j, cell in enumerate(_parts(part, 3, rng)):
            grid = _region(f"{community}{j + 1:02d}", f"{title}第{j + 1}网格", Level.GRID, community, degrees(cell))
            found.append(grid)
    return found


def _parts(area: BaseGeometry, count: int, rng: Generator) -> list[BaseGeometry]:
    """An area in `count` parts around spread-out seeds (Voronoi), coarsened a little at the cuts."""
    seeds = spots_in(area, count * 8, rng)
    chosen = [seeds[0]]
    while len(chosen) < count:  # farthest-point sampling spreads the seeds
        gaps = [min(np.hypot(*(s - c)) for c in chosen) for s in seeds]
        chosen.append(seeds[int(np.argmax(gaps))])
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(chosen), extend_to=area.envelope.buffer(500)))
    found = [area.intersection(cell) for cell in cells]
    return sorted(found, key=lambda p: (round(p.centroid.x), round(p.centroid.y)))


def spots_in(area: BaseGeometry, count: int, rng: Generator) -> list[np.ndarray]:
    """Random spots inside an area, metres."""
    west, south, east, north = area.bounds
    found: list[np.ndarray] = []
    while len(found) < count:
        spot = np.round(rng.uniform((west, south), (east, north)), 1)
        if area.contains(shapely.Point(spot)):
            found.append(spot)
    return found

"""How one point lies to the lines of one edition: the facts that rules R01 to R04 judge by."""

import math
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry

from domain.edition import Edition, lowest_common
from domain.geo import LocalFrame, Point, disc
from domain.organisation import Level
from domain.region import BoundaryRelation, Position, Region, RegionCandidate

ASSUMED_ACCURACY_M = 30.0
"""Taken when a report does not say how sure its position is: a phone between high buildings."""

SLIVER_M = 2.0
"""Gaps and overlaps narrower than this are digitising noise along one line, not facts."""

_ORIGIN = shapely.Point(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Near:
    """A township near the point, clipped and flattened into the point's frame."""

    region: Region
    area: BaseGeometry
    distance_m: float


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that is measured around one point; `city_line_m` is infinite away from the city's edge."""

    edition: Edition
    point: Point
    frame: LocalFrame
    accuracy_m: float
    threshold_m: float
    boundary_error_m: float
    near: tuple[_Near, ...]
    line_m: float | None
    city_line_m: float
    outside_m: float


def relate(edition: Edition, point: Point | None, accuracy_m: float | None, near_m: float) -> BoundaryRelation:
    """Relation of a point to the lines between townships; see `domain.territory.Territory.relate`."""
    if point is None:
        return _unknown(edition, accuracy_m, near_m)
    scene = _survey(edition, point, accuracy_m or ASSUMED_ACCURACY_M, near_m)
    position = _position(scene)
    candidates = _candidates(scene, position)
    crosses = _crosses(scene, candidates)
    paths = [edition.path(c.code) for c in candidates]
    nowhere = position in (Position.GAP, Position.OUTSIDE)
    township = candidates[0].code if candidates and not nowhere else ""
    return BoundaryRelation(
        position=position,
        adjacent=_adjacent(scene, position, candidates),
        distance_m=None if scene.line_m is None else round(scene.line_m, 2),
        accuracy_m=accuracy_m,
        threshold_m=scene.threshold_m,
        township=township,
        district=_district(edition, township) if township else _sole_district(scene),
        candidates=candidates,
        districts=_districts(edition, candidates),
        crosses=crosses,
        common_superior="" if crosses == "province" else lowest_common(paths),
        territory_version=edition.since.isoformat(),
        boundary_source=_source(edition, candidates),
        notes=_notes(scene, position, candidates, accuracy_m),
    )


def _unknown(edition: Edition, accuracy_m: float | None, near_m: float) -> BoundaryRelation:
    return BoundaryRelation(
        position=Position.UNKNOWN,
        adjacent=False,
        distance_m=None,
        accuracy_m=accuracy_m,
        threshold_m=max(3 * (accuracy_m or 0.0), near_m),
        township="",
        district="",
        candidates=(),
        districts=(),
        crosses="none",
        common_superior="",
        territory_version=edition.since.isoformat(),
        boundary_source="approximate",
        notes=("没有坐标，无法判断与界线的关系。",),
    )


def _survey(edition: Edition, point: Point, accuracy_m: float, near_m: float) -> _Scene:
    frame = LocalFrame(point.lon, point.lat)
    reach = max(3 * accuracy_m, near_m, edition.boundary_error_m)
    near = _clip(edition, frame, reach)
    error = max((n.region.accuracy_m for n in near if n.distance_m <= reach), default=0.0)
    threshold = max(3 * accuracy_m, error, near_m)
    return _Scene(
        edition=edition,
        point=point,
        frame=frame,
        accuracy_m=accuracy_m,
        threshold_m=threshold,
        boundary_error_m=error,
        near=near,
        line_m=edition.line_distance_m(point),
        city_line_m=edition.edge_m(point, max(threshold, edition.city_error_m)),
        outside_m=edition.outside_m(point, max(threshold, edition.city_error_m)),
    )


def _clip(edition: Edition, frame: LocalFrame, reach_m: float) -> tuple[_Near, ...]:
    """Townships in the window around the point, in metres."""
    window = shapely.box(*frame.window(reach_m * 1.05 + 1.0))
    found: list[_Near] = []
    for region in edition.near(Level.TOWNSHIP, frame, reach_m * 1.05 + 1.0):
        area = frame.flatten(shapely.intersection(region.geometry, window))
        if not area.is_empty:
            found.append(_Near(region, area, float(area.distance(_ORIGIN))))
    return tuple(found)


def _wide_here(area: BaseGeometry) -> bool:
    """Whether the area is more than a sliver where the origin is (morphological opening)."""
    core = area.buffer(-SLIVER_M / 2)
    return not core.is_empty and core.distance(_ORIGIN) <= SLIVER_M


def _position(scene: _Scene) -> Position:
    if scene.outside_m > scene.edition.city_error_m:
        return Position.OUTSIDE
    covering = [n for n in scene.near if n.distance_m == 0.0]
    if not covering and scene.outside_m == 0.0 and _wide_here(_unclaimed(scene)):
        return Position.GAP
    if _overlaps(covering):
        return Position.OVERLAP
    if len(covering) == 1 and scene.edition.in_enclave(covering[0].region, scene.point):
        return Position.ENCLAVE
    line_m = math.inf if scene.line_m is None else scene.line_m
    if line_m <= max(scene.accuracy_m, scene.boundary_error_m):
        return Position.ON_LINE
    return Position.NEAR if line_m <= scene.threshold_m else Position.INSIDE


def _unclaimed(scene: _Scene) -> BaseGeometry:
    """What of the city around the point no township covers, in metres."""
    window = shapely.box(*scene.frame.window(max(scene.threshold_m, 50.0)))
    city = scene.frame.flatten(shapely.intersection(scene.edition.city_area, window))
    return shapely.difference(city, shapely.union_all([n.area for n in scene.near]))


def _overlaps(covering: list[_Near]) -> bool:
    pairs = ((a, b) for i, a in enumerate(covering) for b in covering[i + 1 :])
    return any(_wide_here(shapely.intersection(a.area, b.area)) for a, b in pairs)


def _candidates(scene: _Scene, position: Position) -> tuple[RegionCandidate, ...]:
    """Townships that may hold the point or must be asked, with the share of the accuracy disc that each covers."""
    if position is Position.OUTSIDE and scene.outside_m > scene.threshold_m:
        return ()
    near = [n for n in scene.near if n.distance_m <= scene.threshold_m]
    if not near and position is not Position.OUTSIDE:
        near = _nearest(scene)
    if position is Position.ENCLAVE:
        near += _around_enclave(scene, near)
    circle = disc(scene.accuracy_m)
    shares = [float(shapely.intersection(circle, n.area).area) for n in near]
    if sum(shares) <= 0.0:
        shares = [1.0 / (n.distance_m + 1.0) for n in near]
    ranked = sorted(
        zip(_normalised(shares), near, strict=True), key=lambda p: (-p[0], p[1].distance_m, p[1].region.code)
    )
    return tuple(
        RegionCandidate(
            code=n.region.code,
            name=n.region.name,
            level=n.region.level,
            parent=n.region.parent,
            probability=share,
            distance_m=round(n.distance_m, 2),
        )
        for share, n in ranked
    )


def _nearest(scene: _Scene) -> list[_Near]:
    """In a gap wider than the threshold: the townships about as near as the nearest one."""
    if scene.line_m is None:
        return []
    reach = scene.line_m * 1.5 + 1.0
    return [n for n in _clip(scene.edition, scene.frame, reach) if n.distance_m <= reach]


def _around_enclave(scene: _Scene, near: list[_Near]) -> list[_Near]:
    """The townships around the piece: they are parties however deep inside it the point is (R04)."""
    known = {n.region.code for n in near}
    home = next(n.region for n in near if n.distance_m == 0.0)
    around: list[_Near] = []
    for region in scene.edition.surroundings(home, scene.point):
        if region.code not in known:
            area = scene.frame.flatten(region.geometry)
            around.append(_Near(region, area, float(area.distance(_ORIGIN))))
    return around


def _normalised(shares: list[float]) -> list[float]:
    """Shares as probabilities with six decimals that sum to 1; what rounding leaves goes to the largest."""
    total = sum(shares)
    rounded = [round(share / total, 6) for share in shares]
    if rounded:
        largest = rounded.index(max(rounded))
        rounded[largest] = round(rounded[largest] + 1.0 - sum(rounded), 6)
    return rounded


def _adjacent(scene: _Scene, position: Position, candidates: tuple[RegionCandidate, ...]) -> bool:
    if position in (Position.OVERLAP, Position.GAP, Position.ENCLAVE):
        return True
    if position is Position.OUTSIDE:
        return bool(candidates)
    touched = sum(c.probability > 0.0 for c in candidates)
    return touched > 1 or (scene.line_m is not None and scene.line_m <= scene.threshold_m)


def _crosses(scene: _Scene, candidates: tuple[RegionCandidate, ...]) -> str:
    if scene.outside_m > 0.0 or scene.city_line_m <= scene.threshold_m:
        return "province"
    if len(_districts(scene.edition, candidates)) > 1:
        return "district"
    return "township" if len(candidates) > 1 else "none"


def _district(edition: Edition, code: str) -> str:
    """The district above a code; empty when its path has none."""
    return next((c for c in edition.path(code) if edition.by_code[c].level is Level.DISTRICT), "")


def _sole_district(scene: _Scene) -> str:
    """In a gap between townships: the district, if exactly one covers the point."""
    found = scene.edition.covering(Level.DISTRICT, scene.point)
    return found[0].code if len(found) == 1 else ""


def _districts(edition: Edition, candidates: tuple[RegionCandidate, ...]) -> tuple[str, ...]:
    found = (_district(edition, c.code) for c in candidates)
    return tuple(dict.fromkeys(code for code in found if code))


def _source(edition: Edition, candidates: tuple[RegionCandidate, ...]) -> str:
    sources = {edition.by_code[c.code].boundary_source for c in candidates}
    return "agreement" if sources == {"agreement"} else "approximate"


def _notes(
    scene: _Scene, position: Position, candidates: tuple[RegionCandidate, ...], accuracy_m: float | None
) -> tuple[str, ...]:
    notes: list[str] = []
    names = "、".join(c.name for c in candidates)
    if accuracy_m is None:
        notes.append(f"定位精度未知，按{ASSUMED_ACCURACY_M:.0f}米估计。")
    if position is Position.OUTSIDE:
        notes.append("该点在本市界线以外。")
    if position is Position.GAP:
        notes.append(f"该点在各镇街界线之间的空白地带，没有镇街认领；相邻：{names}。")
    if position is Position.OVERLAP:
        claimed = "、".join(c.name for c in candidates if c.distance_m == 0.0)
        notes.append(f"该点同时落在多个镇街的界线内：{claimed}。")
    if position is Position.ENCLAVE:
        others = "、".join(c.name for c in candidates[1:])
        notes.append(f"该地块属{candidates[0].name}，与其主体不相连（飞地/插花地），四周为{others}。")
    if len(candidates) > 1 and _source(scene.edition, candidates) == "approximate":
        notes.append("所用界线为近似边界，不得作为执法依据。")
    return tuple(notes)

"""Territory with validity dates, and how a point lies to its lines (毗邻判定)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from domain.organisation import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region in one version of the territory.

    Attributes:
        code: Administrative code; districts 6 digits, townships 9, grids longer.
        geometry: Polygon or MultiPolygon, WGS-84 degrees (lon, lat).
        accuracy_m: Error of its boundary data, metres, >= 0.
        boundary_source: `agreement` (界线协议书/详图) or `approximate` (近似边界，不得用于执法).
        valid_from, valid_to: First day it holds, and first day it no longer does.
    """

    code: str
    name: str
    level: Level
    parent: str
    geometry: BaseGeometry
    accuracy_m: float = 10.0
    boundary_source: str = "approximate"
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether this version holds on the day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Position(StrEnum):
    """How a point lies to the lines between regions of one level."""

    INSIDE = "inside"
    NEAR = "near"
    ON_LINE = "on_line"
    OVERLAP = "overlap"
    GAP = "gap"
    ENCLAVE = "enclave"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCandidate:
    """One region the point may lie in; `probability` in [0, 1], candidates sum to 1.

    `distance_m`: metres from the point to the region, 0 when inside it.
    """

    code: str
    name: str
    level: Level
    parent: str
    probability: float
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryRelation:
    """Where a point lies, how sure that is, and who the neighbours are.

    Attributes:
        position: Relation at township level.
        adjacent: R01: `distance_m <= max(3 * accuracy, boundary error, configured 100 m)`, or the accuracy circle
            touches more than one township, or the point is in an overlap, gap or enclave.
        distance_m: Metres to the nearest line between townships; None when the point is unknown.
        threshold_m: The threshold that `adjacent` was judged by.
        township, district: Best codes, empty when in a gap or unknown.
        candidates: Townships by falling probability.
        districts: Codes of the candidate districts (more than one: the line is a district line).
        crosses: `none`, `township` or `district`: the highest line that candidates straddle, or `province`.
        common_superior: Code of the lowest region that contains all candidates; empty across the city's edge.
        territory_version: ISO date from which the version of the territory used holds.
        boundary_source: `agreement` or `approximate` (the weaker of the candidates').
    """

    position: Position
    adjacent: bool
    distance_m: float | None
    accuracy_m: float | None
    threshold_m: float
    township: str
    district: str
    candidates: tuple[RegionCandidate, ...]
    districts: tuple[str, ...]
    crosses: str
    common_superior: str
    territory_version: str
    boundary_source: str
    notes: tuple[str, ...] = ()

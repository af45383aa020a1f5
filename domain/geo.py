"""Points and distances on WGS-84."""

from dataclasses import dataclass

from pyproj import Geod

WGS84 = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Point:
    """A place: WGS-84 degrees; `height_m` above the ellipsoid when known."""

    lon: float
    lat: float
    height_m: float | None = None


def distance_m(a: Point, b: Point) -> float:
    """Geodesic distance over the ground, metres; heights are not used."""
    return float(WGS84.inv(a.lon, a.lat, b.lon, b.lat)[2])

"""Coordinate systems of Chinese city data: WGS-84, GCJ-02 and CGCS2000, to and fro.

GCJ-02 is WGS-84 shifted by a smooth field, some 300 to 700 m in China (about 480 m in Chongqing); a point that is taken
for WGS-84 by mistake lands in the wrong district. The field is not published; the formula below is the common
public approximation of it, and its inverse is found by iteration. CGCS2000 differs from WGS-84 by less than a metre
and is taken as equal.
"""

import re
from enum import StrEnum
from typing import cast, overload

import numpy as np
from numpy.typing import NDArray

from domain.errors import UnknownCrs

FloatArray = NDArray[np.float64]


class Crs(StrEnum):
    """Coordinate systems that are accepted; all are longitude and latitude in degrees."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"
    CGCS2000 = "CGCS2000"


KRASOVSKY_A_M = 6378245.0
"""Semi-major axis of the Krasovsky 1940 ellipsoid, metres; GCJ-02's shift is scaled with it."""

KRASOVSKY_E2 = 0.00669342162296594323
"""Squared eccentricity that goes with it."""

CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north: outside this box the shift is zero by definition."""

INVERSE_STEPS = 8
"""Each step of the inverse shrinks the error about 300-fold; 8 are more than doubles can show."""

ACCEPTED = "WGS84（EPSG:4326）、CGCS2000（EPSG:4490）、GCJ02（火星坐标，高德/腾讯地图）"
"""The systems accepted, as told to users."""

_ALIASES: dict[str, Crs] = {
    "WGS84": Crs.WGS84,
    "WGS1984": Crs.WGS84,
    "GCSWGS1984": Crs.WGS84,
    "EPSG4326": Crs.WGS84,
    "4326": Crs.WGS84,
    "EPSG4979": Crs.WGS84,
    "CRS84": Crs.WGS84,
    "OGCCRS84": Crs.WGS84,
    "URNOGCDEFCRSEPSG4326": Crs.WGS84,
    "URNOGCDEFCRSOGC13CRS84": Crs.WGS84,
    "GPS": Crs.WGS84,
    "CGCS2000": Crs.CGCS2000,
    "GCS2000": Crs.CGCS2000,
    "GCSCHINAGEODETICCOORDINATESYSTEM2000": Crs.CGCS2000,
    "CHINAGEODETICCOORDINATESYSTEM2000": Crs.CGCS2000,
    "EPSG4490": Crs.CGCS2000,
    "4490": Crs.CGCS2000,
    "URNOGCDEFCRSEPSG4490": Crs.CGCS2000,
    "国家2000": Crs.CGCS2000,
    "2000国家大地坐标系": Crs.CGCS2000,
    "GCJ02": Crs.GCJ02,
    "GCJ2": Crs.GCJ02,
    "GCJ": Crs.GCJ02,
    "MARS": Crs.GCJ02,
    "火星坐标": Crs.GCJ02,
    "火星坐标系": Crs.GCJ02,
    "国测局坐标": Crs.GCJ02,
}

_BD09 = {"BD09", "BD09LL", "BD09MC", "百度", "百度坐标"}


def parse_crs(text: str) -> Crs:
    """The system that a name or EPSG code means; case, blanks, `-`, `_`, `:` and `/` do not matter.

    Raises:
        UnknownCrs: If the name is empty or means none of the accepted systems.
    """
    key = re.sub(r"[\s\-_:/.]+", "", text).upper()
    found = _ALIASES.get(key)
    if found is not None:
        return found
    if not key:
        raise UnknownCrs("没有声明坐标系。", f"请用 crs 声明坐标系，可用：{ACCEPTED}。")
    if key in _BD09:
        raise UnknownCrs("不接受百度坐标 BD-09。", f"请先换算为下列坐标系之一：{ACCEPTED}。")
    raise UnknownCrs(f"不认识坐标系“{text}”。", f"可用：{ACCEPTED}。")


def to_wgs84(lon: float, lat: float, crs: Crs) -> tuple[float, float]:
    """One point in WGS-84 degrees; only GCJ-02 moves."""
    return gcj02_to_wgs84(lon, lat) if crs is Crs.GCJ02 else (lon, lat)


def in_china_box(lon: FloatArray, lat: FloatArray) -> NDArray[np.bool_]:
    """Where GCJ-02 is shifted at all: inside `CHINA_BOX`."""
    west, south, east, north = CHINA_BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


@overload
def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def wgs84_to_gcj02(lon: float | FloatArray, lat: float | FloatArray) -> tuple[float | FloatArray, float | FloatArray]:
    """Shift WGS-84 degrees to GCJ-02; outside China nothing changes.

    Args:
        lon: Longitude, a number or an array of any shape.
        lat: Latitude, of the same kind and shape.

    Returns:
        Longitude and latitude in GCJ-02, of the kind that came in.
    """
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    d_lon, d_lat = _shift(x, y)
    return _like(lon, x + d_lon), _like(lat, y + d_lat)


@overload
def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def gcj02_to_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def gcj02_to_wgs84(lon: float | FloatArray, lat: float | FloatArray) -> tuple[float | FloatArray, float | FloatArray]:
    """Find the WGS-84 degrees whose shift gives these GCJ-02 degrees; outside China nothing changes.

    The shift hardly changes over its own length, so `w <- g - shift(w)` contracts; the round trip closes to well
    under a millimetre.
    """
    goal_x, goal_y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = goal_x, goal_y
    for _ in range(INVERSE_STEPS):
        d_lon, d_lat = _shift(x, y)
        x, y = goal_x - d_lon, goal_y - d_lat
    inside = in_china_box(goal_x, goal_y)
    return _like(lon, np.where(inside, x, goal_x)), _like(lat, np.where(inside, y, goal_y))


def _like(sample: float | FloatArray, values: FloatArray) -> float | FloatArray:
    """A plain number for a plain number, an array for an array."""
    return values if isinstance(sample, np.ndarray) else float(values)


def _shift(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 minus WGS-84 in degrees at WGS-84 places; zero outside China."""
    x, y = lon - 105.0, lat - 35.0
    east_m, north_m = _east_m(x, y), _north_m(x, y)
    phi = np.radians(lat)
    curvature = 1.0 - KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian_m = KRASOVSKY_A_M * (1.0 - KRASOVSKY_E2) / curvature**1.5
    parallel_m = KRASOVSKY_A_M / np.sqrt(curvature) * np.cos(phi)
    inside = in_china_box(lon, lat)
    d_lon = np.where(inside, np.degrees(east_m / np.where(inside, parallel_m, 1.0)), 0.0)
    d_lat = np.where(inside, np.degrees(north_m / meridian_m), 0.0)
    return cast(FloatArray, d_lon), cast(FloatArray, d_lat)


def _waves(t: FloatArray, *parts: tuple[float, float]) -> FloatArray:
    """Two thirds of a sum of sines: (amplitude, angular frequency) per part."""
    total = np.zeros_like(t)
    for amplitude, omega in parts:
        total = total + amplitude * np.sin(omega * t)
    return total * (2.0 / 3.0)


def _root_abs(x: FloatArray) -> FloatArray:
    return np.sqrt(np.abs(x))


def _east_m(x: FloatArray, y: FloatArray) -> FloatArray:
    """Eastward part of the shift, metres, from degrees east of 105 and north of 35."""
    ripple = _waves(x, (20.0, 6 * np.pi), (20.0, 2 * np.pi), (20.0, np.pi), (40.0, np.pi / 3))
    swell = _waves(x, (150.0, np.pi / 12), (300.0, np.pi / 30))
    return 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * _root_abs(x) + ripple + swell


def _north_m(x: FloatArray, y: FloatArray) -> FloatArray:
    """Northward part of the shift, metres, from degrees east of 105 and north of 35."""
    ripple = _waves(x, (20.0, 6 * np.pi), (20.0, 2 * np.pi)) + _waves(y, (20.0, np.pi), (40.0, np.pi / 3))
    swell = _waves(y, (160.0, np.pi / 12), (320.0, np.pi / 30))
    return -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * _root_abs(x) + ripple + swell

"""Coordinate systems: names, the GCJ-02 shift and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from domain.crs import Crs, gcj02_to_wgs84, parse_crs, to_wgs84, wgs84_to_gcj02
from domain.errors import UnknownCrs

GEOD = Geod(ellps="WGS84")
LON, LAT = st.floats(73.0, 136.5), st.floats(3.0, 54.5)  # China, well inside the box of the shift


def metres(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    return float(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2])


@given(LON, LAT)
def test_there_and_back_closes(lon: float, lat: float) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert metres(lon, lat, *back) < 0.001


@given(LON, LAT)
def test_back_and_there_closes(lon: float, lat: float) -> None:
    there = wgs84_to_gcj02(*gcj02_to_wgs84(lon, lat))
    assert metres(lon, lat, *there) < 0.001


@given(LON, LAT)
def test_the_shift_in_china_is_tens_to_hundreds_of_metres(lon: float, lat: float) -> None:
    assert 10.0 < metres(lon, lat, *wgs84_to_gcj02(lon, lat)) < 1200.0


def test_chongqing_is_off_by_what_was_measured() -> None:
    """Measured in the reference notes: about 359 m east and 318 m south in Yuzhong."""
    lon, lat = wgs84_to_gcj02(106.5700, 29.5530)
    east = metres(106.57, 29.553, lon, 29.553)
    south = metres(106.57, 29.553, 106.57, lat)
    assert lon > 106.57
    assert lat < 29.553
    assert east == pytest.approx(359, abs=15)
    assert south == pytest.approx(318, abs=15)


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (-74.0, 40.7), (151.2, -33.9), (180.0, 90.0)])
def test_nothing_moves_outside_china(lon: float, lat: float) -> None:
    assert wgs84_to_gcj02(lon, lat) == (lon, lat)
    assert gcj02_to_wgs84(lon, lat) == (lon, lat)


def test_arrays_agree_with_single_points() -> None:
    lon, lat = np.array([106.5, 2.35, 121.4]), np.array([29.6, 48.85, 31.2])
    xs, ys = gcj02_to_wgs84(lon, lat)
    assert xs.shape == (3,)
    for i in range(3):
        assert gcj02_to_wgs84(float(lon[i]), float(lat[i])) == (xs[i], ys[i])


def test_only_gcj02_moves_on_the_way_to_wgs84() -> None:
    assert to_wgs84(106.5, 29.6, Crs.WGS84) == (106.5, 29.6)
    assert to_wgs84(106.5, 29.6, Crs.CGCS2000) == (106.5, 29.6)
    assert metres(106.5, 29.6, *to_wgs84(106.5, 29.6, Crs.GCJ02)) > 300


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("wgs-84", Crs.WGS84),
        (" WGS 84 ", Crs.WGS84),
        ("EPSG:4326", Crs.WGS84),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", Crs.WGS84),
        ("urn:ogc:def:crs:EPSG::4490", Crs.CGCS2000),
        ("cgcs2000", Crs.CGCS2000),
        ("gcj-02", Crs.GCJ02),
        ("GCJ02", Crs.GCJ02),
        ("火星坐标系", Crs.GCJ02),
        *((str(crs), crs) for crs in Crs),
    ],
)
def test_names_are_read_as_people_write_them(text: str, crs: Crs) -> None:
    assert parse_crs(text) is crs


@pytest.mark.parametrize("text", ["", "  ", "bd-09", "EPSG:3857", "beijing54", "WGS"])
def test_an_unknown_name_is_refused_with_the_accepted_ones(text: str) -> None:
    with pytest.raises(UnknownCrs) as refused:
        parse_crs(text)
    assert refused.value.code == "unknown_crs"
    for name in ("WGS84", "CGCS2000", "GCJ02"):
        assert name in refused.value.hint

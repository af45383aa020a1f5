"""Distances and the flat frame agree with the geodesic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geo import LocalFrame, Point, disc, distance_m

LON, LAT = st.floats(75.0, 130.0), st.floats(5.0, 50.0)


@given(LON, LAT, st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_the_flat_frame_measures_like_the_ellipsoid(lon: float, lat: float, x: float, y: float) -> None:
    frame = LocalFrame(lon, lat)
    there = frame.to_degrees(np.array([[x, y]]))[0]
    flat = float(np.hypot(x, y))
    assert distance_m(Point(lon, lat), Point(*map(float, there))) == pytest.approx(flat, rel=5e-4, abs=1e-4)


@given(LON, LAT, st.floats(-20000, 20000), st.floats(-20000, 20000))
def test_metres_and_degrees_undo_each_other(lon: float, lat: float, x: float, y: float) -> None:
    frame = LocalFrame(lon, lat)
    assert frame.to_m(frame.to_degrees(np.array([[x, y]])))[0] == pytest.approx([x, y], abs=1e-5)


@given(st.floats(0.5, 5000))
def test_the_disc_has_the_area_of_its_circle(radius_m: float) -> None:
    assert disc(radius_m).area == pytest.approx(np.pi * radius_m**2, rel=1e-9)


def test_the_window_reaches_as_far_as_asked() -> None:
    west, south, east, north = LocalFrame(106.5, 29.6).window(500)
    assert distance_m(Point(106.5, 29.6), Point(east, 29.6)) == pytest.approx(500, abs=0.01)
    assert distance_m(Point(106.5, 29.6), Point(106.5, south)) == pytest.approx(500, abs=0.01)
    assert (west + east) / 2 == pytest.approx(106.5)
    assert (south + north) / 2 == pytest.approx(29.6)

"""Boundaries that overlap or leave gaps are told by row and taken as they are; slivers of digitising are no facts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from adapters.geodata import Imported, import_world
from adapters.topology import faults_of_topology
from domain.geo import Point
from domain.organisation import Level
from domain.region import Position, Region
from domain.territory import Territory
from graphs.city import report_lines, summary
from tests.adapters.geofiles import CITY, DAY, EAST, WEST, Rows, geojson, row, small

METRE = 1.0 / 96_900.0
"""About a metre of longitude at this latitude, degrees."""


def imported(tmp_path: Path, rows: Rows) -> Imported:
    return import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="WGS84")


def told(done: Imported) -> list[tuple[int, str]]:
    return [(note.row, note.reason) for note in done.report.suspect]


def with_west(area: Polygon) -> Rows:
    rows = small()
    rows[1] = row("510001", "西区", "district", "510000", area)
    rows[3] = row("510001001", "西街道", "township", "510001", area)
    return rows


def box(east: float) -> Polygon:
    return shapely.box(106.4, 29.5, east, 29.6)


def test_boundaries_that_fit_have_nothing_told(tmp_path: Path) -> None:
    assert told(imported(tmp_path, small())) == []


def test_an_overlap_is_told_with_both_rows_and_answered_as_one(tmp_path: Path) -> None:
    done = imported(tmp_path, with_west(box(106.502)))
    (first, district), (second, township) = told(done)
    assert (first, second) == (2, 4)
    assert "与第 3 行“东区”重叠1处" in district
    assert "与第 5 行“东街道”重叠" in township
    assert len(done.world.regions) == 5
    relation = Territory(done.world).relate(Point(106.501, 29.55), 10, DAY)
    assert relation.position is Position.OVERLAP


def test_a_gap_is_told_at_the_region_that_has_it_and_answered_as_one(tmp_path: Path) -> None:
    done = imported(tmp_path, with_west(box(106.495)))
    rows = dict(told(done))
    assert rows.keys() == {1}
    assert "空白1处" in rows[1]
    relation = Territory(done.world).relate(Point(106.497, 29.55), 10, DAY)
    assert relation.position is Position.GAP


def test_a_bow_tie_is_mended_told_and_the_rest_goes_through(tmp_path: Path) -> None:
    rows = small()
    bow = Polygon([(106.4, 29.5), (106.5, 29.6), (106.5, 29.5), (106.4, 29.6)])
    rows[3] = row("510001001", "西街道", "township", "510001", bow)
    done = imported(tmp_path, rows)
    assert [note.row for note in done.report.changed] == [4]
    assert "Self-intersection" in done.report.changed[0].reason
    assert any(number == 2 and "空白" in reason for number, reason in told(done))
    assert len(done.world.regions) == 5


@given(st.floats(-0.9, 0.9))
@settings(max_examples=30, deadline=None)
def test_slivers_of_less_than_two_metres_are_no_facts(off_m: float) -> None:
    west = Region(code="1", name="西", level=Level.DISTRICT, parent="0", geometry=box(106.5 + off_m * METRE))
    east = Region(code="2", name="东", level=Level.DISTRICT, parent="0", geometry=EAST)
    city = Region(code="0", name="市", level=Level.CITY, parent="", geometry=CITY)
    assert faults_of_topology("f", [(1, city), (2, west), (3, east)]) == []


@pytest.mark.parametrize("apart", [True, False])
def test_editions_that_never_hold_together_do_not_overlap(apart: bool) -> None:
    change = date(2026, 7, 1)
    whole = Region(code="1", name="旧区", level=Level.DISTRICT, parent="0", geometry=CITY, valid_to=change)
    west = Region(
        code="2", name="西区", level=Level.DISTRICT, parent="0", geometry=WEST,
        valid_from=change if apart else date(2026, 6, 1),
    )  # fmt: skip
    east = Region(code="3", name="东区", level=Level.DISTRICT, parent="0", geometry=EAST, valid_from=change)
    city = Region(code="0", name="市", level=Level.CITY, parent="", geometry=CITY)
    found = faults_of_topology("f", [(1, city), (2, whole), (3, west), (4, east)])
    assert [note.row for note in found] == ([] if apart else [2])


def test_people_read_what_must_be_checked(tmp_path: Path) -> None:
    done = imported(tmp_path, with_west(box(106.502)))
    result: dict[str, Any] = {"file": "x", "report": done.report.to_json(), "world": summary(done.world)}
    assert any(line.startswith("须核对：a.geojson 第 2 行：西区：与第 3 行“东区”重叠") for line in report_lines(result))

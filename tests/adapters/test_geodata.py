"""Importing a city's own data: files of every accepted kind, made here, good and bad."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from adapters.geodata import import_world
from domain.errors import BadGeodata, UnknownCrs
from domain.geo import Point, distance_m
from domain.region import Position
from domain.territory import Territory
from tests.adapters.geofiles import (
    CHINESE,
    CITY,
    DAY,
    SOUTH_WEST,
    WEST,
    Rows,
    corner,
    geojson,
    layer,
    moved,
    row,
    small,
    to_gcj,
)


def test_geojson_needs_a_declared_system(tmp_path: Path) -> None:
    for crs in (None, "urn:ogc:def:crs:OGC:1.3:CRS84"):  # exporters write the default out
        path = geojson(tmp_path / "a.geojson", small(), crs)
        with pytest.raises(UnknownCrs) as refused:
            import_world(path, None, None)
        assert "GCJ-02" in refused.value.hint


def test_geojson_declared_wgs84_is_taken_as_it_is(tmp_path: Path) -> None:
    done = import_world(geojson(tmp_path / "a.geojson", small()), None, None, crs="WGS84")
    assert (done.world.name, done.world.city, len(done.world.regions)) == ("试验市", "510000", 5)
    assert done.report.taken == {"regions": 5}
    assert done.report.skipped == []
    assert corner(done.world, "510001") == SOUTH_WEST
    relation = Territory(done.world).relate(Point(106.5, 29.55), 10, DAY)
    assert (relation.position, relation.crosses, relation.common_superior) == (Position.ON_LINE, "district", "510000")


def test_geojson_declared_gcj02_is_converted(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", to_gcj(small()))
    converted = import_world(path, None, None, crs="gcj-02")
    mistaken = import_world(path, None, None, crs="wgs84")
    assert distance_m(corner(converted.world, "510001"), SOUTH_WEST) < 0.01
    assert distance_m(corner(mistaken.world, "510001"), SOUTH_WEST) > 300
    assert any("GCJ-02" in note for note in converted.report.notes)


def test_geojson_that_names_cgcs2000_itself_is_taken(tmp_path: Path) -> None:
    done = import_world(geojson(tmp_path / "a.geojson", small(), "urn:ogc:def:crs:EPSG::4490"), None, None)
    assert corner(done.world, "510001") == SOUTH_WEST


def test_geopackage_in_metres_is_converted_by_its_own_system(tmp_path: Path) -> None:
    step = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4544", always_xy=True)
    rows = moved(small(), lambda xy: np.column_stack(step.transform(xy[:, 0], xy[:, 1])))
    done = import_world(layer(tmp_path / "a.gpkg", rows, "EPSG:4544", CHINESE), None, None)
    assert distance_m(corner(done.world, "510001"), SOUTH_WEST) < 0.5
    assert any("换算" in note for note in done.report.notes)


def test_a_projection_may_be_declared(tmp_path: Path) -> None:
    step = pyproj.Transformer.from_crs("EPSG:4490", "EPSG:4544", always_xy=True)
    rows = moved(small(), lambda xy: np.column_stack(step.transform(xy[:, 0], xy[:, 1])))
    path = geojson(tmp_path / "a.geojson", rows)
    done = import_world(path, None, None, crs="EPSG:4544")
    assert distance_m(corner(done.world, "510002"), Point(106.5, 29.5)) < 0.5


@pytest.mark.filterwarnings("ignore:Could not decode")  # GDAL's own message about a Chinese field name
@pytest.mark.parametrize(("encoding", "with_cpg"), [("GB18030", True), ("GB18030", False)])
def test_shapefile_in_gb18030_says_check_for_gcj02(tmp_path: Path, encoding: str, with_cpg: bool) -> None:
    names = {**CHINESE, "code": "编码"}
    path = layer(tmp_path / "a.shp", small(), "EPSG:4326", names, encoding=encoding)
    if not with_cpg:
        path.with_suffix(".cpg").unlink()
    done = import_world(path, None, None)
    assert [r.name for r in done.world.regions] == ["试验市", "西区", "东区", "西街道", "东街道"]
    assert any("GCJ-02" in note for note in done.report.notes)


def test_shapefile_in_utf8_without_cpg_is_read(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.shp", small(), "EPSG:4326", encoding="UTF-8")
    path.with_suffix(".cpg").unlink()
    assert import_world(path, None, None).world.name == "试验市"


def test_a_declaration_beats_the_prj_and_says_so(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.shp", to_gcj(small()), "EPSG:4326", encoding="UTF-8")
    done = import_world(path, None, None, crs="GCJ02")
    assert distance_m(corner(done.world, "510001"), SOUTH_WEST) < 0.01
    assert any("自称" in note and "WGS84" in note for note in done.report.notes)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_without_a_system_is_refused(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.shp", small(), None, encoding="UTF-8")
    with pytest.raises(UnknownCrs, match="没有坐标系说明"):
        import_world(path, None, None)
    assert import_world(path, None, None, crs="CGCS2000").world.city == "510000"


def test_an_old_datum_is_refused(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.gpkg", small(), "EPSG:4214")
    with pytest.raises(UnknownCrs) as refused:
        import_world(path, None, None)
    assert "CGCS2000" in refused.value.hint


@pytest.mark.parametrize(
    ("crs", "code"), [("bd09", "unknown_crs"), ("nonsense", "unknown_crs"), ("EPSG:1", "unknown_crs")]
)
def test_an_unknown_declaration_is_refused(tmp_path: Path, crs: str, code: str) -> None:
    with pytest.raises(UnknownCrs) as refused:
        import_world(geojson(tmp_path / "a.geojson", small()), None, None, crs=crs)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("how", "hint"),
    [
        (lambda xy: xy[:, ::-1], "颠倒"),
        (lambda xy: xy * 100_000, "EPSG"),
    ],
)
def test_coordinates_that_are_no_degrees_are_refused_with_the_cause(tmp_path: Path, how: Any, hint: str) -> None:
    path = geojson(tmp_path / "a.geojson", moved(small(), how))
    with pytest.raises(BadGeodata) as refused:
        import_world(path, None, None, crs="wgs84")
    assert hint in refused.value.hint


def test_bad_rows_are_reported_and_the_rest_goes_through(tmp_path: Path) -> None:
    bow = shapely.Polygon([(106.40, 29.50), (106.45, 29.55), (106.45, 29.50), (106.40, 29.55)])
    rows = [
        *small(),
        row("510001002", "蝴蝶结镇", "镇", "510001", bow),
        row("510001003", "无图镇", "镇", "510001", None),
        row("", "无码镇", "镇", "510001", WEST),
        row("510001004", "", "镇", "510001", WEST),
        row("510001005", "怪级镇", "星球", "510001", WEST),
        row("510001001", "重码镇", "镇", "510001", WEST),
        row("510009001", "孤儿镇", "镇", "510009", WEST),
        row("510009001001", "孤儿社区", "社区", "510009001", WEST),
        row("510003", "倒挂区", "区", "510001001", WEST),
        row("510001006", "线镇", "镇", "510001", shapely.LineString([(106.4, 29.5), (106.5, 29.6)])),
        row("510001007", "远镇", "镇", "510001", shapely.box(106.7, 29.7, 106.8, 29.8)),
        row("510001008", "飞出地球镇", "镇", "510001", shapely.box(9000, 9000, 9100, 9100)),
    ]
    done = import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="wgs84")
    reasons = {note.row: note.reason for note in done.report.skipped}
    expected = {
        7: "没有图形", 8: "区划代码", 9: "名称", 10: "星球", 11: "重复", 12: "510009", 13: "510009001", 14: "级别",
        15: "不是面", 17: "经纬度",
    }  # fmt: skip
    assert reasons.keys() == expected.keys()
    assert all(part in reasons[number] for number, part in expected.items())
    changed = {note.row: note.reason for note in done.report.changed}
    assert changed.keys() == {6, 16}
    assert "修复" in changed[6]
    assert "上级区域之外" in changed[16]
    assert done.report.taken["regions"] == 7
    mended = next(r.geometry for r in done.world.regions if r.code == "510001002")
    assert mended.is_valid
    assert done.report.to_json()["skipped"][0].keys() == {"file", "row", "reason"}


def test_a_missing_column_is_named_in_both_languages(tmp_path: Path) -> None:
    rows: Rows = [({"code": "1", "名称": "x"}, CITY)]
    with pytest.raises(BadGeodata, match="level（级别/层级）") as refused:
        import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="wgs84")
    assert "名称" in refused.value.hint


def test_a_city_is_put_together_when_the_file_has_none(tmp_path: Path) -> None:
    ring = shapely.difference(shapely.box(106.3, 29.4, 106.7, 29.7), shapely.box(106.45, 29.5, 106.5, 29.55))
    rows = [row("510001", "环区", "区", "510000", ring)]
    done = import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="wgs84", name="环市")
    assert (done.world.city, done.world.name) == ("510000", "环市")
    assert Territory(done.world).contains(Point(106.47, 29.52))  # a hole is a gap, not abroad


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([row("1", "甲市", "市", "", CITY), row("2", "乙市", "市", "", CITY)], "多个市级"),
        ([row("1", "甲区", "区", "8", CITY), row("2", "乙区", "区", "9", CITY)], "没有市级"),
        ([row("1", "甲区", "区", "8", None)], "没有几何"),
    ],
)
def test_a_file_that_is_no_city_is_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(BadGeodata, match=match):
        import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="wgs84")


def test_versions_of_one_region_are_kept(tmp_path: Path) -> None:
    rows = small()
    rows[3] = row("510001001", "西街道", "街道", "510001", WEST, 失效日期="2026-07-01")
    rows.append(row("510002002", "西街道", "街道", "510002", WEST, 生效日期="2026/7/1"))
    done = import_world(geojson(tmp_path / "a.geojson", rows), None, None, crs="wgs84")
    territory = Territory(done.world)
    assert territory.versions() == ("2000-01-01", "2026-07-01")
    middle = Point(106.45, 29.55)
    assert territory.relate(middle, 5, date(2026, 6, 30)).township == "510001001"
    assert territory.relate(middle, 5, date(2026, 7, 1)).township == "510002002"


@pytest.mark.parametrize(
    ("name", "content"),
    [("broken.geojson", "{"), ("broken.gpkg", "no"), ("a.kml", "<kml/>"), ("broken.shp", "")],
)
def test_unreadable_boundaries_are_a_plain_refusal(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadGeodata):
        import_world(path, None, None, crs="wgs84")
    with pytest.raises(BadGeodata, match="找不到"):
        import_world(tmp_path / "none.gpkg", None, None)


def test_the_districts_of_a_real_city_are_taken(shared_dir: Path, tmp_path: Path) -> None:
    """Real shapes with thousands of corners; each seat of government lies in its own district."""
    plain = json.loads((shared_dir / "domain" / "cq_districts_wgs84_simplified.geojson").read_text(encoding="utf-8"))
    rows: Rows = []
    for feature in plain["features"]:
        code, name = str(feature["properties"]["adcode"]), feature["properties"]["name"]
        area = shapely.geometry.shape(feature["geometry"])
        rows += [row(code, name, "区县", "500000", area), row(f"{code}000", name, "镇街", code, area)]
    done = import_world(geojson(tmp_path / "real.geojson", rows), None, None, crs="wgs84")
    assert done.report.taken == {"regions": 1 + 2 * len(plain["features"])}
    assert done.report.skipped == []
    territory = Territory(done.world)
    for feature in plain["features"]:
        lon, lat = feature["properties"]["seat_wgs84"]
        relation = territory.relate(Point(lon, lat), 10, DAY)
        assert relation.district == str(feature["properties"]["adcode"]), feature["properties"]["name"]
        assert relation.position in (Position.INSIDE, Position.NEAR, Position.ON_LINE)

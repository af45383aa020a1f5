"""Importing a city's own data: files of every accepted kind, made here, good and bad."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio
import pyproj
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from adapters.geodata import import_world
from domain.crs import wgs84_to_gcj02
from domain.errors import BadGeodata, UnknownCrs
from domain.geo import Point, distance_m
from domain.organisation import Level, Sector
from domain.region import Position
from domain.territory import Territory
from domain.worlddata import content_version, schematic_city, world_from_json, world_to_json

DAY = date(2026, 11, 1)
WEST, EAST = shapely.box(106.4, 29.5, 106.5, 29.6), shapely.box(106.5, 29.5, 106.6, 29.6)
CITY = shapely.box(106.4, 29.5, 106.6, 29.6)
Rows = list[tuple[dict[str, Any], BaseGeometry | None]]


def row(code: str, name: str, level: str, parent: str, area: BaseGeometry | None, **more: Any) -> Any:
    return {"code": code, "name": name, "level": level, "parent": parent, **more}, area


def small() -> Rows:
    return [
        row("510000", "试验市", "city", "", CITY),
        row("510001", "西区", "district", "510000", WEST),
        row("510002", "东区", "district", "510000", EAST),
        row("510001001", "西街道", "township", "510001", WEST),
        row("510002001", "东街道", "township", "510002", EAST),
    ]


def geojson(path: Path, rows: Rows, crs: str | None = None) -> Path:
    features = [
        {"type": "Feature", "properties": props, "geometry": None if g is None else shapely.geometry.mapping(g)}
        for props, g in rows
    ]
    plain: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs:
        plain["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    return path


def layer(path: Path, rows: Rows, crs: str | None, names: dict[str, str] | None = None, **more: Any) -> Path:
    """A GeoPackage or Shapefile; `names` renames the columns."""
    keys = list(rows[0][0])
    shapes = np.array([None if g is None else shapely.to_wkb(g) for _, g in rows], dtype=object)
    columns = [np.array([props[key] for props, _ in rows], dtype=object) for key in keys]
    titles = [(names or {}).get(key, key) for key in keys]
    pyogrio.raw.write(path, shapes, columns, titles, geometry_type="Polygon", crs=crs, **more)
    return path


def moved(rows: Rows, how: Any) -> Rows:
    return [(props, None if g is None else shapely.transform(g, how)) for props, g in rows]


def to_gcj(rows: Rows) -> Rows:
    return moved(rows, lambda xy: np.column_stack(wgs84_to_gcj02(xy[:, 0], xy[:, 1])))


def corner(world: Any, code: str) -> Point:
    area = next(r.geometry for r in world.regions if r.code == code)
    west, south, _, _ = area.bounds
    return Point(west, south)


SOUTH_WEST = Point(106.4, 29.5)
CHINESE = {"code": "区划代码", "name": "名称", "level": "级别", "parent": "上级"}


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


UNITS = """单位编码,单位名称,行业,服务区域,上级单位,经度,纬度,承接事项
u1,西区城管局,城市管理局,510001,,106.45,29.55,E01、E02
u2,东区排水公司,drainage,510002,u9,,,
u3,无业单位,航天局,510001,,,,
u4,外地单位,城市管理局,999999,,,,
u1,重码单位,城市管理局,510001,,,,
,无码单位,城市管理局,510001,,,,
u5,坐标坏的单位,城市管理局,510001,,东经,29.55,
"""
ASSETS = """部件编码,部件类别,经度,纬度,权属单位,盖面标识,启用日期
m1,污水井盖,106.5,29.55,东区排水公司,污,2020-01-01
m2,无主井盖,106.41,29.51,,,
m3,lamp,106.42,29.52,u1,照01,
m4,路灯,106.43,29.53,谁也不是,照02,
m5,火箭 发射架,106.43,29.53,,,
m6,路灯,,29.53,,,
m7,路灯,108.0,29.53,,,
m1,路灯,106.43,29.53,,,
m8,路灯,106.43,29.53,,,昨天
"""


@pytest.fixture
def border(tmp_path: Path) -> Path:
    return geojson(tmp_path / "border.geojson", small())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_units_come_from_csv_in_the_usual_encodings(tmp_path: Path, border: Path, encoding: str) -> None:
    table = tmp_path / "units.csv"
    table.write_text(UNITS, encoding=encoding)
    done = import_world(border, table, None, crs="wgs84")
    first, second = done.world.register.units
    assert (first.name, first.sector, first.level) == ("西区城管局", Sector.URBAN_MANAGEMENT, Level.DISTRICT)
    assert first.skills == ("urban_management", "E01", "E02")
    assert (first.lon, first.lat) == pytest.approx((106.45, 29.55))
    assert second.sector is Sector.DRAINAGE
    assert 106.5 < second.lon < 106.6  # no depot given: the middle of its region
    reasons = {note.row: note.reason for note in done.report.skipped}
    assert reasons.keys() == {3, 4, 5, 6, 7}
    for number, part in {3: "航天局", 4: "999999", 5: "重复", 6: "单位编码", 7: "东经"}.items():
        assert part in reasons[number]
    assert [note.reason for note in done.report.changed] == ["东区排水公司：上级单位“u9”不在表中（已采用）"]
    assert done.report.taken == {"regions": 5, "units": 2}


def test_assets_find_their_owners_by_code_or_name(tmp_path: Path, border: Path) -> None:
    units, assets = tmp_path / "u.csv", tmp_path / "a.csv"
    units.write_text(UNITS, encoding="utf-8")
    assets.write_text(ASSETS, encoding="gb18030")
    done = import_world(border, units, assets, crs="wgs84")
    found = {asset.id: asset for asset in done.world.assets}
    assert found.keys() == {"m1", "m2", "m3", "m4", "m7"}
    assert (found["m1"].category, found["m1"].owner, found["m1"].marking) == ("manhole.sewage", "u2", "污")
    assert found["m1"].valid_from == date(2020, 1, 1)
    assert found["m2"].category == "manhole.unmarked"
    assert (found["m3"].owner, found["m4"].owner) == ("u1", "")
    own = {note.row: note.reason for note in done.report.skipped if note.file == "a.csv"}
    assert own.keys() == {5, 6, 8, 9}
    changed = {note.row: note.reason for note in done.report.changed if note.file == "a.csv"}
    assert "谁也不是" in changed[4]
    assert "界线以外" in changed[7]


def test_assets_without_a_declared_system_are_refused(tmp_path: Path) -> None:
    assets = tmp_path / "a.csv"
    assets.write_text(ASSETS, encoding="utf-8")
    with pytest.raises(UnknownCrs, match="没有声明坐标系"):
        import_world(None, None, assets, base=schematic_city())


def test_a_row_may_name_its_own_system(tmp_path: Path, border: Path) -> None:
    lon, lat = wgs84_to_gcj02(106.45, 29.55)
    assets = tmp_path / "a.csv"
    assets.write_text(
        f"id,category,lon,lat,坐标系\nm1,lamp,{lon},{lat},GCJ02\nm2,lamp,106.45,29.55,\nm3,lamp,1,1,火星文\n",
        encoding="utf-8",
    )
    done = import_world(border, None, assets, crs="wgs84")
    first, second = (Point(a.geometry.x, a.geometry.y) for a in done.world.assets)
    assert distance_m(first, second) < 0.05
    assert [note.row for note in done.report.skipped] == [3]


def test_most_assets_abroad_raise_a_doubt_about_the_system(tmp_path: Path, border: Path) -> None:
    assets = tmp_path / "a.csv"
    assets.write_text("id,category,lon,lat\nm1,lamp,108,29\nm2,lamp,106.45,29.55\n", encoding="utf-8")
    done = import_world(border, None, assets, crs="wgs84")
    assert any("请核对声明的坐标系" in note for note in done.report.notes)


def test_tables_come_from_xlsx_with_numbers_and_dates(tmp_path: Path, border: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["部件编码", "部件类别", "经度（度）", "纬度（度）", "启用日期", None])
    sheet.append([50010001, "路灯", 106.45, 29.55, date(2021, 5, 1), "x"])
    sheet.append([None] * 5)
    sheet.append([50010002.0, "路灯", "106.46", "29.56", "2021/5/1", None])
    path = tmp_path / "a.xlsx"
    book.save(path)
    done = import_world(border, None, path, crs="wgs84")
    assert [asset.id for asset in done.world.assets] == ["50010001", "50010002"]
    assert {asset.valid_from for asset in done.world.assets} == {date(2021, 5, 1)}


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("u.csv", b"", "缺少必需的列"),
        ("u.csv", "单位编码,名称\n1,x\n".encode(), "sector"),
        ("u.csv", b"code,name,sector,region\n1,x,nothing,510001\n", "没有一个可用的单位"),
        ("u.csv", b"code,name,sector,region\n\xff\xfe\xff\xff", "编码"),
        ("u.xlsx", b"not a zip", "无法打开"),
        ("u.docx", b"", "不支持的表格格式"),
    ],
)
def test_a_useless_table_is_a_plain_refusal(
    tmp_path: Path, border: Path, name: str, content: bytes, match: str
) -> None:
    table = tmp_path / name
    table.write_bytes(content)
    with pytest.raises(BadGeodata, match=match):
        import_world(border, table, None, crs="wgs84")


def test_each_file_replaces_its_part_of_the_base(tmp_path: Path, border: Path) -> None:
    base = schematic_city()
    done = import_world(border, None, None, crs="wgs84", base=base)
    assert done.world.register is base.register
    assert done.world.assets == base.assets
    assert done.world.city == "510000"
    assert any("请同时导入单位表" in note for note in done.report.notes)


def test_nothing_to_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadGeodata, match="没有给出任何文件"):
        import_world(None, None, None)
    units = tmp_path / "u.csv"
    units.write_text(UNITS, encoding="utf-8")
    with pytest.raises(BadGeodata, match="没有界线文件"):
        import_world(None, units, None)


def test_the_same_files_give_the_same_world(tmp_path: Path, border: Path) -> None:
    units = tmp_path / "u.csv"
    units.write_text(UNITS, encoding="utf-8")
    one, two = (import_world(border, units, None, crs="wgs84").world for _ in range(2))
    assert one == two
    assert one.version == content_version(world_to_json(one))
    assert world_from_json(json.loads(json.dumps(world_to_json(one)))) == one


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

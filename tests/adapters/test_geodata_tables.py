"""Importing a city's units and assets from tables, good and bad."""

import json
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from adapters.geodata import import_world
from domain.crs import wgs84_to_gcj02
from domain.errors import BadGeodata, UnknownCrs
from domain.geo import Point, distance_m
from domain.organisation import Level, Sector
from domain.worlddata import content_version, schematic_city, world_from_json, world_to_json
from tests.adapters.geofiles import geojson, small

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

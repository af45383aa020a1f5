"""A city's own data instead of the schematic city: boundaries, units and assets in, a `World` and a report out."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from adapters.boundaries import LEVELS, Boundaries, read_boundaries
from adapters.geocrs import declared_way
from adapters.tables import Row, RowFault, RowNote, read_table
from domain.crs import ACCEPTED
from domain.errors import BadGeodata, UnknownCrs
from domain.geo import Point
from domain.organisation import SECTOR_NAMES, Register, Sector, Unit
from domain.region import Region
from domain.territory import Territory
from domain.world import Asset, World
from domain.worlddata import content_version, world_to_json

UNIT_ALIASES: Mapping[str, Sequence[str]] = {
    "code": ("单位编码", "编码", "代码", "统一社会信用代码"),
    "name": ("单位名称", "名称"),
    "sector": ("行业", "部门类别", "类别", "部门"),
    "region": ("服务区域", "区划代码", "所在区划"),
    "level": ("级别", "层级"),
    "parent": ("上级", "上级单位", "上级编码"),
    "lon": ("经度", "lng", "longitude"),
    "lat": ("纬度", "latitude"),
    "crs": ("坐标系",),
    "phone": ("电话", "联系电话"),
    "skills": ("能力", "技能", "承接事项"),
    "valid_from": ("生效日期", "启用日期"),
    "valid_to": ("失效日期", "停用日期"),
}
ASSET_ALIASES: Mapping[str, Sequence[str]] = {
    "id": ("部件编码", "部件标识码", "编号", "编码", "标识码"),
    "category": ("部件类别", "类别", "部件名称", "类型"),
    "lon": ("经度", "lng", "longitude"),
    "lat": ("纬度", "latitude"),
    "crs": ("坐标系",),
    "owner": ("权属单位", "产权单位", "权属"),
    "maintainer": ("养护单位", "管护单位", "养护"),
    "marking": ("标识", "盖面标识", "杆号"),
    "name": ("名称", "位置", "位置描述"),
    "height_m": ("高度", "离地高度"),
    "accuracy_m": ("精度", "定位精度"),
    "valid_from": ("启用日期", "生效日期"),
    "valid_to": ("停用日期", "失效日期"),
}
CATEGORIES: Mapping[str, str] = {
    "污水井盖": "manhole.sewage", "雨水井盖": "manhole.storm", "供水井盖": "manhole.water",
    "电力井盖": "manhole.power", "通信井盖": "manhole.telecom", "燃气井盖": "manhole.gas",
    "公安井盖": "manhole.police", "无主井盖": "manhole.unmarked", "井盖": "manhole.unmarked", "雨水箅子": "grate",
    "路灯": "lamp", "行道树": "tree", "古树名木": "old_tree", "桥梁": "bridge", "人行天桥": "overpass",
    "隧道": "tunnel", "交通信号灯": "signal", "信号灯": "signal", "交通标志牌": "sign", "标志牌": "sign",
    "护栏": "guardrail", "消火栓": "hydrant", "配电箱": "power_box", "变压器": "power_box", "通信杆": "pole",
    "电杆": "pole", "公交站亭": "bus_shelter", "绿地": "green", "健身设施": "fitness", "公共厕所": "toilet",
    "公厕": "toilet", "堤防": "dyke",
}  # fmt: skip
"""Our categories by the names that part ledgers use."""

_SECTORS: Mapping[str, Sector] = {
    **{sector.value: sector for sector in Sector},
    **{name: sector for sector, name in SECTOR_NAMES.items()},
}
_CATEGORY = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)*")
SUSPICIOUS = 0.2
"""Share of assets outside the city from which the coordinate system itself is in doubt."""


@dataclass(slots=True)
class ImportReport:
    """What came of an import.

    Attributes:
        taken: How many regions, units and assets were taken.
        skipped: Rows that were not taken, with the reason.
        changed: Rows that were taken with a repair or a doubt.
        suspect: Boundaries that overlap or leave gaps; taken as they are, since a line is not for a program to move.
        notes: What holds for a whole file, e.g. how its coordinates were read.
    """

    taken: dict[str, int] = field(default_factory=dict)
    skipped: list[RowNote] = field(default_factory=list)
    changed: list[RowNote] = field(default_factory=list)
    suspect: list[RowNote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value of the report."""

        def plain(rows: Sequence[RowNote]) -> list[dict[str, Any]]:
            return [{"file": note.file, "row": note.row, "reason": note.reason} for note in rows]

        return {
            "taken": self.taken,
            "skipped": plain(self.skipped),
            "changed": plain(self.changed),
            "suspect": plain(self.suspect),
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class Imported:
    """The new world and how it came about."""

    world: World
    report: ImportReport


def import_world(
    boundaries: Path | None,
    units: Path | None,
    assets: Path | None,
    *,
    crs: str | None = None,
    base: World | None = None,
    name: str = "",
) -> Imported:
    """Build a world from files; each file given replaces that part of `base`, the other parts stay.

    Args:
        boundaries: GeoJSON, GeoPackage or Shapefile of regions; see `adapters.boundaries.read_boundaries`.
        units: CSV or XLSX with `code name sector region` (单位编码 单位名称 行业 服务区域).
        assets: CSV or XLSX with `id category lon lat` (部件编码 部件类别 经度 纬度).
        crs: Declared coordinate system of the files; a column `crs`/坐标系 of a table counts before it.
        base: World to start from; None = nothing, then `boundaries` is required.
        name: Name of the city; empty = the name of its region.

    Raises:
        BadGeodata: If a file cannot be read or used as a whole, or nothing was given.
        UnknownCrs: If the coordinate system of a file is not known or not accepted.
    """
    if boundaries is None and units is None and assets is None:
        raise BadGeodata("没有给出任何文件。", "请至少给出界线、单位、部件三类文件之一。")
    report = ImportReport()
    world = base
    if boundaries is not None:
        read = read_boundaries(boundaries, crs)
        world = _with_regions(read, base, name, report)
    if world is None:
        raise BadGeodata("没有界线文件，也没有可沿用的城市。", "请先导入界线，或在已有城市上导入。")
    if units is not None:
        world = replace(world, register=Register(tuple(_units(units, crs, world, report))))
    if assets is not None:
        world = replace(world, assets=tuple(_assets(assets, crs, world, report)))
    if name:
        world = replace(world, name=name)
    return Imported(replace(world, version=content_version(world_to_json(world))), report)


def _with_regions(read: Boundaries, base: World | None, name: str, report: ImportReport) -> World:
    report.taken["regions"] = len(read.regions)
    report.skipped += read.skipped
    report.changed += read.changed
    report.suspect += read.suspect
    report.notes += read.notes
    city = next(region for region in read.regions if region.code == read.city)
    if base is None:
        base = World(name="", version="", city=read.city, regions=(), register=Register(()))
    codes = {region.code for region in read.regions}
    stray = sum(unit.region not in codes for unit in base.register.units)
    if stray:
        report.notes.append(f"沿用的单位中有 {stray} 个的服务区域不在新界线中，请同时导入单位表。")
    return replace(base, name=name or city.name, city=read.city, regions=tuple(read.regions))


def _units(path: Path, crs: str | None, world: World, report: ImportReport) -> list[Unit]:
    """Units of a table whose region is known; the others are reported."""
    regions: dict[str, Region] = {region.code: region for region in world.regions}
    found: dict[str, Unit] = {}
    for row in read_table(path, UNIT_ALIASES, ("code", "name", "sector", "region")):
        try:
            unit = _unit(row, crs, regions)
            if unit.code in found:
                raise RowFault(f"单位编码 {unit.code} 重复")
        except RowFault as fault:
            report.skipped.append(RowNote(path.name, row.number, str(fault)))
            continue
        found[unit.code] = unit
    if not found:
        raise BadGeodata(f"{path.name} 中没有一个可用的单位。", _reasons(report, path))
    for number, unit in enumerate(found.values(), start=1):
        if unit.parent and unit.parent not in found:
            report.changed.append(RowNote(path.name, number, f"{unit.name}：上级单位“{unit.parent}”不在表中（已采用）"))
    report.taken["units"] = len(found)
    return list(found.values())


def _unit(row: Row, crs: str | None, regions: Mapping[str, Region]) -> Unit:
    sector = _SECTORS.get(row.need("sector", "行业").lower()) or _SECTORS.get(row.text("sector"))
    if sector is None:
        raise RowFault(f"不认识行业“{row.text('sector')}”")
    region = regions.get(row.need("region", "服务区域"))
    if region is None:
        raise RowFault(f"服务区域“{row.text('region')}”不在界线数据中")
    level = LEVELS.get(row.text("level").lower(), region.level) if row.text("level") else region.level
    depot = _place(row, crs) if row.text("lon") and row.text("lat") else _middle(region)
    skills = tuple(s for s in re.split(r"[、,，;；\s]+", row.text("skills")) if s)
    return Unit(
        code=row.need("code", "单位编码"),
        name=row.need("name", "单位名称"),
        level=level,
        sector=sector,
        region=region.code,
        parent=row.text("parent"),
        lon=depot.lon,
        lat=depot.lat,
        skills=(sector.value, *(s for s in skills if s != sector.value)),
        phone=row.text("phone"),
        valid_from=row.day("valid_from", "生效日期") or date(2000, 1, 1),
        valid_to=row.day("valid_to", "失效日期"),
    )


def _middle(region: Region) -> Point:
    spot = region.geometry.representative_point()
    return Point(round(spot.x, 6), round(spot.y, 6))


def _place(row: Row, crs: str | None) -> Point:
    """The row's point in WGS-84.

    Raises:
        UnknownCrs: If neither the row nor the caller says what the coordinates are.
        RowFault: If they are no longitude and latitude.
    """
    lon, lat = row.number_of("lon", "经度"), row.number_of("lat", "纬度")
    if lon is None or lat is None:
        raise RowFault("没有坐标")
    declared = row.text("crs") or crs
    if not declared:
        raise UnknownCrs("表格中的坐标没有声明坐标系。", f"请用 --crs 声明，或加一列“坐标系”；可用：{ACCEPTED}。")
    try:
        way = declared_way(declared)
    except UnknownCrs as fault:
        if not row.text("crs"):
            raise
        raise RowFault(fault.message) from fault
    x, y = way.to_wgs84(np.array([[lon, lat]]))[0]
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise RowFault(f"坐标不是经纬度：{lon}，{lat}")
    return Point(float(x), float(y))


def _assets(path: Path, crs: str | None, world: World, report: ImportReport) -> list[Asset]:
    """Assets of a table; an owner may be a unit's code or its name."""
    names = {unit.name: unit.code for unit in world.register.units}
    territory = Territory(world)
    found: dict[str, Asset] = {}
    outside = 0
    for row in read_table(path, ASSET_ALIASES, ("id", "category", "lon", "lat")):
        try:
            point = _place(row, crs)
            asset = _asset(row, point, _resolver(row, path, world, names, report))
            if asset.id in found:
                raise RowFault(f"部件编码 {asset.id} 重复")
        except RowFault as fault:
            report.skipped.append(RowNote(path.name, row.number, str(fault)))
            continue
        found[asset.id] = asset
        if not territory.contains(point):
            outside += 1
            report.changed.append(RowNote(path.name, row.number, f"部件 {asset.id} 在本市界线以外（已采用）"))
    if not found:
        raise BadGeodata(f"{path.name} 中没有一个可用的部件。", _reasons(report, path))
    if outside > SUSPICIOUS * len(found):
        report.notes.append(f"{path.name} 有 {outside} 个部件在本市界线以外，请核对声明的坐标系。")
    report.taken["assets"] = len(found)
    return list(found.values())


def _resolver(
    row: Row, path: Path, world: World, names: Mapping[str, str], report: ImportReport
) -> Callable[[str, str], str]:
    """Finds a unit by code or name; an unknown one is left empty and reported."""

    def resolve(key: str, title: str) -> str:
        text = row.text(key)
        if not text:
            return ""
        code = text if world.register.get(text) else names.get(text, "")
        if not code:
            report.changed.append(RowNote(path.name, row.number, f"{title}“{text}”不在单位表中，按未知处理（已采用）"))
        return code

    return resolve


def _asset(row: Row, point: Point, resolve: Callable[[str, str], str]) -> Asset:
    label = row.need("category", "部件类别")
    category = CATEGORIES.get(label, label.lower())
    if not _CATEGORY.fullmatch(category):
        raise RowFault(f"不认识部件类别“{label}”")
    accuracy = row.number_of("accuracy_m", "定位精度")
    if accuracy is not None and accuracy <= 0:
        raise RowFault("定位精度必须大于0")
    return Asset(
        id=row.need("id", "部件编码"),
        category=category,
        geometry=shapely.Point(round(point.lon, 7), round(point.lat, 7)),
        owner=resolve("owner", "权属单位"),
        maintainer=resolve("maintainer", "养护单位"),
        marking=row.text("marking"),
        name=row.text("name"),
        height_m=row.number_of("height_m", "高度"),
        accuracy_m=5.0 if accuracy is None else accuracy,
        valid_from=row.day("valid_from", "启用日期") or date(2000, 1, 1),
        valid_to=row.day("valid_to", "停用日期"),
    )


def _reasons(report: ImportReport, path: Path) -> str:
    own = [note for note in report.skipped if note.file == path.name]
    return "；".join(f"第{note.row}行：{note.reason}" for note in own[:3]) or "表格为空。"

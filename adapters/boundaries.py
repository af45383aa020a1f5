"""Administrative boundaries from GeoJSON, GeoPackage or Shapefile, as regions in WGS-84."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from adapters.geocrs import Way, check_degrees, file_way, in_degrees
from adapters.tables import Row, RowFault, RowNote, canonical_keys
from adapters.topology import faults_of_topology
from domain.errors import BadGeodata
from domain.organisation import Level
from domain.region import Region

ALIASES: Mapping[str, Sequence[str]] = {
    "code": ("区划代码", "行政区划代码", "区划代", "编码", "代码", "adcode"),
    "name": ("名称", "区划名称", "行政区名称"),
    "level": ("级别", "层级", "行政级别"),
    "parent": ("上级", "上级代码", "上级区划代码", "上级编码"),
    "accuracy_m": ("精度", "界线误差", "界线精度"),
    "boundary_source": ("界线来源", "来源"),
    "valid_from": ("生效日期", "启用日期"),
    "valid_to": ("失效日期", "停用日期"),
}
REQUIRED = ("code", "name", "level", "parent")
SUFFIXES = (".geojson", ".json", ".gpkg", ".shp")

LEVELS: Mapping[str, Level] = {
    **{level.value: level for level in Level},
    "市": Level.CITY, "直辖市": Level.CITY, "地级市": Level.CITY, "市级": Level.CITY,
    "区县": Level.DISTRICT, "区": Level.DISTRICT, "县": Level.DISTRICT, "自治县": Level.DISTRICT,
    "区县级": Level.DISTRICT, "县级": Level.DISTRICT, "县级市": Level.DISTRICT, "开发区": Level.DISTRICT,
    "镇街": Level.TOWNSHIP, "乡镇": Level.TOWNSHIP, "街道": Level.TOWNSHIP, "镇": Level.TOWNSHIP, "乡": Level.TOWNSHIP,
    "乡级": Level.TOWNSHIP, "乡镇街道": Level.TOWNSHIP, "town": Level.TOWNSHIP, "county": Level.DISTRICT,
    "社区": Level.COMMUNITY, "村": Level.COMMUNITY, "村社": Level.COMMUNITY, "村（社区）": Level.COMMUNITY,
    "网格": Level.GRID,
}  # fmt: skip
"""Level by the words that files use."""

SOURCES = {"agreement": "agreement", "协议书": "agreement", "界线协议书": "agreement", "详图": "agreement"}
ORDER = (Level.CITY, Level.DISTRICT, Level.TOWNSHIP, Level.COMMUNITY, Level.GRID)
SPILL = 0.05
"""Share of a region that may lie outside its parent before it is mentioned."""


@dataclass(slots=True)
class Boundaries:
    """What was read: regions, the city's code, and what must be said about rows and the file."""

    regions: list[Region] = field(default_factory=list)
    city: str = ""
    skipped: list[RowNote] = field(default_factory=list)
    changed: list[RowNote] = field(default_factory=list)
    suspect: list[RowNote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_boundaries(path: Path, crs: str | None) -> Boundaries:
    """Read a boundary file; bad rows are reported and the rest goes through.

    Args:
        path: GeoJSON, GeoPackage or Shapefile with the columns `code name level parent` (or 区划代码 名称 级别 上级).
        crs: Declared coordinate system; required for GeoJSON and for files that do not say.

    Raises:
        BadGeodata: If the file cannot be read, lacks a column, or no region of it can be used.
        UnknownCrs: If the coordinate system is not known or not accepted.
    """
    rows, geometries, file_crs = _read(path)
    way = file_way(path, file_crs, crs)
    found = Boundaries(notes=list(way.notes))
    usable = [g for g in geometries if g is not None and not g.is_empty]
    if not usable:
        raise BadGeodata(f"{path.name} 中没有几何图形。", "请确认导出时包含了面图形。")
    check_degrees([way.geometry(g) for g in usable], path.name)
    numbered = _regions(path, rows, geometries, way, found)
    _link(path.name, numbered, found)
    rows_of = {(region.code, region.valid_from): number for number, region in numbered}
    found.suspect = faults_of_topology(
        path.name, [(rows_of.get((region.code, region.valid_from), 0), region) for region in found.regions]
    )
    found.skipped.sort(key=lambda note: note.row)
    return found


def _first_reasons(skipped: Sequence[RowNote]) -> str:
    return "；".join(f"第{note.row}行：{note.reason}" for note in skipped[:3])


def _read(path: Path) -> tuple[list[Row], list[BaseGeometry | None], str | None]:
    """Rows under canonical keys, geometries as they are, and the file's own coordinate system."""
    import pyogrio  # loads GDAL: only an import of boundaries pays for it
    from pyogrio.errors import DataLayerError, DataSourceError

    if path.suffix.lower() not in SUFFIXES:
        raise BadGeodata(
            f"不支持的界线文件格式：{path.name}。", "请提供 GeoJSON、GeoPackage（.gpkg）或 Shapefile（.shp）。"
        )
    if not path.is_file():
        raise BadGeodata(f"找不到文件 {path.name}。", "请核对路径；Shapefile 须与 .dbf、.shx 同目录。")
    try:
        info = pyogrio.read_info(path)
        meta, _, shapes, columns = _raw(path, str(info["encoding"]))
    except (DataSourceError, DataLayerError) as fault:
        raise BadGeodata(f"无法读取界线文件 {path.name}。", "文件可能已损坏或不完整，请重新导出。") from fault
    headers = [str(name) for name in meta["fields"]]
    keys = canonical_keys(headers, ALIASES, REQUIRED, path.name)
    at = {key: headers.index(header) for key, header in keys.items()}
    rows = [Row(i + 1, {key: _plain(columns[c][i]) for key, c in at.items()}) for i in range(len(shapes))]
    geometries: list[BaseGeometry | None] = [None if raw is None else shapely.from_wkb(raw) for raw in shapes]
    return rows, geometries, info["crs"]


def _raw(path: Path, encoding: str) -> tuple[dict[str, Any], Any, Any, list[Any]]:
    """Read all; a Shapefile that does not say its encoding is tried as UTF-8 and then GB 18030."""
    from pyogrio import raw

    if path.suffix.lower() != ".shp" or encoding.upper() == "UTF-8":
        return raw.read(path)
    try:
        return raw.read(path, encoding="UTF-8")
    except UnicodeDecodeError:
        return raw.read(path, encoding="GB18030")


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A plain Python value for a numpy one."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[D]").item()
    return value.item() if isinstance(value, np.generic) else value


def _regions(
    path: Path, rows: Sequence[Row], geometries: Sequence[BaseGeometry | None], way: Way, found: Boundaries
) -> list[tuple[int, Region]]:
    numbered: list[tuple[int, Region]] = []
    seen: set[tuple[str, date]] = set()
    for row, geometry in zip(rows, geometries, strict=True):
        try:
            region, repair = _region(row, geometry, way)
            if (region.code, region.valid_from) in seen:
                raise RowFault(f"编码 {region.code} 重复")
        except RowFault as fault:
            found.skipped.append(RowNote(path.name, row.number, str(fault)))
            continue
        seen.add((region.code, region.valid_from))
        if repair:
            found.changed.append(RowNote(path.name, row.number, f"{region.name}：{repair}"))
        numbered.append((row.number, region))
    return numbered


def _region(row: Row, geometry: BaseGeometry | None, way: Way) -> tuple[Region, str]:
    level = LEVELS.get(row.need("level", "级别").lower())
    if level is None:
        raise RowFault(f"不认识级别“{row.text('level')}”")
    area, repair = _area(geometry, way)
    region = Region(
        code=row.need("code", "区划代码"),
        name=row.need("name", "名称"),
        level=level,
        parent=row.text("parent"),
        geometry=area,
        accuracy_m=_accuracy(row),
        boundary_source=SOURCES.get(row.text("boundary_source").lower(), "approximate"),
        valid_from=row.day("valid_from", "生效日期") or date(2000, 1, 1),
        valid_to=row.day("valid_to", "失效日期"),
    )
    if region.valid_to is not None and region.valid_to <= region.valid_from:
        raise RowFault("失效日期不晚于生效日期")
    return region, repair


def _accuracy(row: Row) -> float:
    value = row.number_of("accuracy_m", "界线误差")
    if value is not None and value < 0:
        raise RowFault("界线误差不能为负数")
    return 10.0 if value is None else value


def _area(geometry: BaseGeometry | None, way: Way) -> tuple[Polygon | MultiPolygon, str]:
    """The polygons of a geometry in WGS-84, mended where they are not valid; says what was mended."""
    if geometry is None or geometry.is_empty:
        raise RowFault("没有图形")
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise RowFault(f"图形不是面：{geometry.geom_type}")
    area = way.geometry(geometry)
    if not in_degrees(area):
        raise RowFault("坐标不是经纬度，或无法换算")
    repair = ""
    if not area.is_valid:
        reason = shapely.is_valid_reason(area).split("[")[0]
        area = shapely.make_valid(area)
        repair = f"图形无效（{reason}），已修复"
    pieces = [p for p in shapely.get_parts(_areas_of(area)) if isinstance(p, Polygon) and p.area > 0]
    if not pieces:
        raise RowFault("图形无效且无法修复")
    return (pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)), repair


def _areas_of(geometry: BaseGeometry) -> BaseGeometry:
    """Only the areas of what mending left; lines and points that it split off are dropped."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else Polygon()


def _link(file: str, numbered: Sequence[tuple[int, Region]], found: Boundaries) -> None:
    """Take regions from the city downwards, each only when its parent was taken."""
    cities = _city(file, [region for _, region in numbered], found)
    found.city = cities[0].code
    taken: dict[str, list[Region]] = {found.city: cities}
    found.regions += cities
    levels = {region.code: region.level for _, region in numbered}
    for number, region in sorted(numbered, key=lambda pair: (ORDER.index(pair[1].level), pair[0])):
        if region.level is Level.CITY:
            continue
        above = taken.get(region.parent, [])
        if not _higher(levels.get(region.parent), region.level):
            found.skipped.append(RowNote(file, number, f"{region.name}：上级级别不高于本级"))
            continue
        if not above:
            found.skipped.append(RowNote(file, number, f"{region.name}：上级“{region.parent}”不存在或未被采用"))
            continue
        if all(_spilt(region, parent) > SPILL for parent in above):
            found.changed.append(RowNote(file, number, f"{region.name}：图形有一部分在上级区域之外，请核对（已采用）"))
        taken.setdefault(region.code, []).append(region)
        found.regions.append(region)


def _higher(parent: Level | None, level: Level) -> bool:
    """Whether the parent's level, where it is known, is above this one."""
    return parent is None or ORDER.index(parent) < ORDER.index(level)


def _spilt(region: Region, parent: Region) -> float:
    outside = shapely.difference(region.geometry, parent.geometry).area
    return float(outside / region.geometry.area)


def _city(file: str, regions: Sequence[Region], found: Boundaries) -> list[Region]:
    """The file's city in all its editions; put together from the top regions when they name one parent.

    Raises:
        BadGeodata: If there are several cities, or no way to tell which it is.
    """
    cities = [replace(region, parent="") for region in regions if region.level is Level.CITY]
    if len({city.code for city in cities}) > 1:
        names = "、".join(city.name for city in cities)
        raise BadGeodata(f"{file} 中有多个市级区域：{names}。", "一次只能导入一个城市。")
    if cities:
        return cities
    codes = {region.code for region in regions}
    above = {region.parent for region in regions if region.parent not in codes and region.parent}
    if len(above) != 1:
        reasons = _first_reasons(found.skipped)
        raise BadGeodata(f"{file} 中没有市级区域，也无法从上级编码推出。", f"请加入一行级别为“市”的区域。{reasons}")
    code = above.pop()
    top = [region.geometry for region in regions if region.parent == code]
    found.notes.append(f"文件没有市级区域，已由上级编码为 {code} 的区域合成。")
    area = _filled(shapely.union_all(top))
    return [Region(code=code, name=f"城市{code}", level=Level.CITY, parent="", geometry=area)]


def _filled(area: BaseGeometry) -> BaseGeometry:
    """Without holes: ground that nobody claims inside the city is a gap, not another city."""
    pieces: Iterator[Polygon] = (Polygon(p.exterior) for p in shapely.get_parts(area) if isinstance(p, Polygon))
    return shapely.union_all(list(pieces))

"""Which coordinate system a file is in, and the way from it to WGS-84."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from domain.crs import ACCEPTED, Crs, gcj02_to_wgs84, parse_crs
from domain.errors import BadGeodata, UnknownCrs

FloatArray = NDArray[np.float64]
CHECK_GCJ = (
    "国内流通的界线文件常自称WGS-84而实为GCJ-02（重庆约偏480米），请与已知地物核对；确为GCJ-02时请声明 crs=GCJ02。"
)
_GOOD_DATUMS = ("world geodetic system 1984", "wgs 84", "wgs_1984", "china 2000", "cgcs2000", "china_2000", "wgs84")


@dataclass(frozen=True, slots=True)
class Way:
    """How coordinates (n, 2) become WGS-84 degrees, under which name, and what must be said about it."""

    name: str
    to_wgs84: Callable[[FloatArray], FloatArray]
    notes: tuple[str, ...] = ()

    def geometry(self, geometry: BaseGeometry) -> BaseGeometry:
        """A geometry in WGS-84 degrees, without heights."""
        return shapely.transform(shapely.force_2d(geometry), self.to_wgs84)


def declared_way(text: str) -> Way:
    """The way from a system that the caller declared: a name, an EPSG code or WKT.

    Raises:
        UnknownCrs: If the name means nothing, or its datum is neither WGS-84 nor CGCS2000.
    """
    try:
        return _way_of(parse_crs(text))
    except UnknownCrs as unknown:
        if not (text.strip().upper().startswith("EPSG:") or "[" in text or "+proj" in text):
            raise
        try:
            system = pyproj.CRS.from_user_input(text)
        except CRSError:
            raise unknown from None
        return _projected_way(system)


def file_way(path: Path, file_crs: str | None, declared: str | None) -> Way:
    """The way for a geodata file: what the caller declares counts, else what the file says.

    GeoJSON is WGS-84 by RFC 7946, yet most Chinese boundary files in this form are GCJ-02: the caller must declare.

    Raises:
        UnknownCrs: If nobody says what the coordinates are, or what is said is not accepted.
    """
    if declared:
        way = declared_way(declared)
        if file_crs and way.name not in (_short(file_crs), "") and not _is_default_geojson(path, file_crs):
            told = f"{path.name} 自称坐标系为 {_short(file_crs)}，已按声明的 {way.name} 处理。"
            return Way(way.name, way.to_wgs84, (*way.notes, told))
        return way
    if not file_crs:
        raise UnknownCrs(
            f"{path.name} 没有坐标系说明。", f"请用 --crs 声明，可用：{ACCEPTED}，或投影坐标的 EPSG 编号。"
        )
    if _is_default_geojson(path, file_crs):
        raise UnknownCrs(
            f"{path.name} 是 GeoJSON，没有可信的坐标系说明。",
            f"请用 --crs 明确声明。{CHECK_GCJ}",
        )
    way = declared_way(file_crs)
    return Way(way.name, way.to_wgs84, (*way.notes, CHECK_GCJ)) if way.name == Crs.WGS84 else way


def is_geojson(path: Path) -> bool:
    """Whether the file name is that of a GeoJSON."""
    return path.suffix.lower() in (".geojson", ".json")


def _is_default_geojson(path: Path, file_crs: str) -> bool:
    """GeoJSON whose system is only the format's default, also where the default is spelt out (as exporters do)."""
    if not is_geojson(path):
        return False
    try:
        return parse_crs(file_crs) is Crs.WGS84
    except UnknownCrs:
        return False


def _way_of(crs: Crs) -> Way:
    if crs is Crs.GCJ02:
        note = "坐标由 GCJ-02 换算为 WGS-84（公开近似公式，米级）。"
        return Way(crs.value, lambda xy: np.column_stack(gcj02_to_wgs84(xy[:, 0], xy[:, 1])), (note,))
    return Way(crs.value, lambda xy: xy)


def _projected_way(system: pyproj.CRS) -> Way:
    base = system.geodetic_crs
    datum = base.datum.name.lower() if base is not None and base.datum is not None else ""
    if base is None or not any(good in datum for good in _GOOD_DATUMS):
        raise UnknownCrs(
            f"坐标系“{system.name}”的基准不是 WGS-84 或 CGCS2000。",
            "北京54、西安80 等须先由测绘部门转换到 CGCS2000。",
        )
    step = pyproj.Transformer.from_crs(system, base, always_xy=True)

    def convert(xy: FloatArray) -> FloatArray:
        return np.column_stack(step.transform(xy[:, 0], xy[:, 1]))

    return Way(_short(system.to_string()), convert, (f"坐标由 {system.name} 换算为经纬度。",))


def _short(text: str) -> str:
    """A short name for a system: our own names where they fit, else the EPSG code or the name in the WKT."""
    try:
        return parse_crs(text).value
    except UnknownCrs:
        pass
    try:
        system = pyproj.CRS.from_user_input(text)
    except CRSError:
        return text[:40]
    code = system.to_epsg()
    if code is None:
        return system.name
    return {4326: Crs.WGS84.value, 4490: Crs.CGCS2000.value}.get(code, f"EPSG:{code}")


def in_degrees(geometry: BaseGeometry) -> bool:
    """Whether all coordinates are finite and can be longitude and latitude."""
    xy = shapely.get_coordinates(geometry)
    return bool(np.isfinite(xy).all() and (np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 90).all())


def check_degrees(geometries: Sequence[BaseGeometry], file: str) -> None:
    """Refuse a file most of whose coordinates cannot be longitude and latitude.

    Raises:
        BadGeodata: With the likely cause: swapped axes, or metres that were not declared.
    """
    bad = [geometry for geometry in geometries if not in_degrees(geometry)]
    if len(bad) * 2 <= len(geometries):
        return
    xy = shapely.get_coordinates(np.array(bad, dtype=object))
    swapped = bool(np.isfinite(xy).all() and (np.abs(xy[:, 1]) <= 180).all() and (np.abs(xy[:, 0]) <= 90).all())
    hint = "经度与纬度似乎颠倒，应为先经度后纬度。" if swapped else "坐标似为投影坐标（米），请声明其 EPSG 编号。"
    raise BadGeodata(f"{file} 的坐标不是经纬度（例如 {xy[0, 0]:.2f}，{xy[0, 1]:.2f}）。", hint)

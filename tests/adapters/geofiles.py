"""Boundary files as cities hand them over, made for the tests."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from domain.crs import wgs84_to_gcj02
from domain.geo import Point

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

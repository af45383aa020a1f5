"""The city's data from the command line: what is loaded, and how real data come in."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from adapters.geodata import import_world
from domain.errors import Unavailable, reason_of
from domain.world import World
from domain.worlddata import world_to_json
from graphs.bootstrap import load_world
from graphs.settings import GraphSettings

LEVEL_NAMES = {"city": "市", "district": "区县", "township": "镇街", "community": "村社", "grid": "网格"}


def current_world(settings: GraphSettings | None = None) -> World:
    """The imported city, else the schematic one.

    Raises:
        BadGeodata: If the imported file cannot be read.
    """
    return load_world((settings or GraphSettings()).home)


def summary(world: World) -> dict[str, Any]:
    """Name, version and counts."""
    levels = Counter(region.level.value for region in world.regions if region.valid_to is None)
    changes = sorted({r.valid_from.isoformat() for r in world.regions if r.valid_from.year > 2000})
    return {
        "name": world.name,
        "city": world.city,
        "version": world.version,
        "regions": dict(levels),
        "territory_changes": changes,
        "units": len(world.register.units),
        "assets": len(world.assets),
        "zones": len(world.zones),
        "agreements": len(world.agreements),
        "enforcement_powers": len(world.powers),
    }


def summary_lines(facts: dict[str, Any]) -> list[str]:
    """The same in Chinese."""
    regions = "，".join(f"{LEVEL_NAMES[level]} {count}" for level, count in facts["regions"].items())
    return [
        f"{facts['name']}（{facts['city']}），数据版本 {facts['version'][:12]}",
        f"区划：{regions}；调整日期：{'、'.join(facts['territory_changes']) or '无'}",
        f"单位 {facts['units']}，部件 {facts['assets']}，地块 {facts['zones']}，"
        f"协议 {facts['agreements']}，镇街执法事项 {facts['enforcement_powers']}",
    ]


def import_city(
    *,
    boundaries: Path | None,
    units: Path | None,
    assets: Path | None,
    crs: str | None,
    settings: GraphSettings | None = None,
) -> dict[str, Any]:
    """Import real data into the data folder; used from the next start on.

    Boundaries begin a city of their own; units and assets alone are added to the city that is loaded.

    Returns:
        The import's report, and the summary of the city it made.

    Raises:
        BadGeodata: If the files cannot be used at all.
        UnknownCrs: If the coordinate system is not declared or not known.
        Unavailable: If the data folder cannot be written.
    """
    home = (settings or GraphSettings()).home
    base = None if boundaries is not None else load_world(home)
    made = import_world(boundaries, units, assets, crs=crs, base=base)
    path = write_world(made.world, home)
    return {"file": str(path), "report": made.report.to_json(), "world": summary(made.world)}


def write_world(world: World, home: Path) -> Path:
    """Make a world the city of a data folder, from the next start on. Raises Unavailable if it cannot be written."""
    path = home / "world.json"
    try:
        home.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".json.new")
        fresh.write_text(json.dumps(world_to_json(world), ensure_ascii=False), encoding="utf-8")
        os.replace(fresh, path)
    except OSError as error:
        raise Unavailable(f"写不进数据目录“{home}”：{reason_of(error)}。", "请检查权限与磁盘空间。") from error
    return path


def report_lines(result: dict[str, Any]) -> list[str]:
    """The report in Chinese, with every row that was left out."""
    report = result["report"]
    names = {"regions": "区划", "units": "单位", "assets": "部件"}
    taken = "，".join(f"{names.get(kind, kind)} {count}" for kind, count in report["taken"].items())
    lines = [f"已导入：{taken}；写入 {result['file']}", *report["notes"]]
    for title, rows in (("未导入", report["skipped"]), ("已修正", report["changed"]), ("须核对", report["suspect"])):
        lines += [f"{title}：{row['file']} 第 {row['row']} 行：{row['reason']}" for row in rows]
    return [*lines, *summary_lines(result["world"]), "重启服务后生效。"]

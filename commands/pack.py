"""`lianzhi pack`: hand on rules, taxonomy, agreements, schemes and limits; compare them; take them in."""

import asyncio
import getpass
from pathlib import Path
from typing import Annotated

import typer

from commands.common import AsJson, command, show

pack = typer.Typer(help="场景数据包：导出、引入、比对（一地创新·全市共享）", no_args_is_help=True)
Only = Annotated[str, typer.Option("--only", help="只含这些内容，逗号分隔：rules,taxonomy,agreements,schemes,limits")]


@pack.command("export")
@command
def pack_export(
    file: Annotated[Path, typer.Argument(help="写到此文件（.json）")],
    name: Annotated[str, typer.Option(help="数据包名称，如 江岚区-跨界河流")],
    version: Annotated[str, typer.Option(help="版本，如 2026.1")],
    publisher: Annotated[str, typer.Option(help="发布单位")] = "",
    note: Annotated[str, typer.Option(help="说明")] = "",
    only: Only = "",
    scheme: Annotated[list[str] | None, typer.Option(help="一并收入的补偿方案：编号或文件，可多次")] = None,
    as_json: AsJson = False,
) -> None:
    """导出规则、事项、毗邻协议、补偿方案与时限，附内容摘要（SHA-256）。"""
    from domain.packs import KIND_NAMES
    from graphs.packs import export_pack, wanted_kinds

    kinds = wanted_kinds(only)
    made = asyncio.run(
        export_pack(file, name=name, version=version, publisher=publisher, note=note, kinds=kinds, schemes=scheme or ())
    )
    counts = "，".join(f"{KIND_NAMES[kind]} {count}" for kind, count in made.counts().items())
    show(
        {"file": str(file), "name": made.name, "version": made.version, "digest": made.digest, "counts": made.counts()},
        as_json,
        lambda: [
            f"已导出 {made.name} {made.version} 到 {file}：{counts}",
            f"摘要 {made.digest}（请另行告知接收方核对）",
        ],
    )


@pack.command("import")
@command
def pack_import(
    file: Annotated[Path, typer.Argument(help="数据包文件")],
    by: Annotated[str, typer.Option(help="引入人，默认当前系统用户")] = "",
    adopt: Annotated[bool, typer.Option("--adopt", help="把其中的毗邻协议并入本市数据")] = False,
    as_json: AsJson = False,
) -> None:
    """核对摘要后引入数据包：逐条校验，不可用的列明原因，谁在何时引入记入审计链。"""
    from graphs.packs import import_pack

    report = asyncio.run(import_pack(file, by=by or _login(), adopt=adopt))
    show(report.to_json(), as_json, report.lines)


def _login() -> str:
    """Name of the account that runs the command; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


@pack.command("diff")
@command
def pack_diff(
    old: Annotated[str, typer.Argument(help="数据包文件，或已引入的 名称、名称@序号")],
    new: Annotated[str, typer.Argument(help="与之相比的数据包；不填则以本地现状为旧、前者为新")] = "",
    only: Only = "",
    as_json: AsJson = False,
) -> None:
    """比对两个数据包，或本地现状与一个数据包：新增、删去、逐项修改。"""
    from graphs.packs import changes_lines, diff_packs, wanted_kinds

    found = asyncio.run(diff_packs(old, new, kinds=wanted_kinds(only)))
    show({key: found[key] for key in ("old", "new", "changes")}, as_json, lambda: changes_lines(found))


@pack.command("list")
@command
def pack_list(as_json: AsJson = False) -> None:
    """已引入的数据包：版本、摘要、引入人与时间。"""
    from graphs.packs import list_packs

    rows = asyncio.run(list_packs())
    show(
        {"packs": rows},
        as_json,
        lambda: (
            [
                f"{row['name']}@{row['number']} 版本 {row['version']} {row['publisher']} 摘要 {row['digest'][:12]} "
                f"引入人 {row['imported_by']} {row['imported_at']}"
                for row in rows
            ]
            or ["还没有引入过数据包。"]
        ),
    )

"""`lianzhi compensate`: what a section table comes to under a scheme; nothing is filed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commands.common import AsJson, command, show


@command
def compensate(
    file: Annotated[Path, typer.Argument(help="断面监测表：CSV、XLSX、JSONL 或 JSON")],
    scheme: Annotated[str, typer.Option(help="方案：编号、包名/编号，或方案文件 .toml/.json；默认按表选择")] = "",
    period: Annotated[str, typer.Option(help="期间：2024、2024-03 或 2024-01..2024-06；默认表中全部月份")] = "",
    out_file: Annotated[Path | None, typer.Option("--out", help="另写报告：.html、.xlsx 或 .docx")] = None,
    as_json: AsJson = False,
) -> None:
    """流域横向生态保护补偿核算：逐月核算、年度清缴；缺测不结算，转人工（文档见 docs/compensation.md）。"""
    from domain.adjacency.compensation.reporting import summary_lines
    from graphs.compensating import compensate_file, named_scheme

    chosen = asyncio.run(named_scheme(scheme)) if scheme else None
    body = asyncio.run(compensate_file(file, scheme=chosen, period=period, out=out_file))
    written = [f"报告：{out_file}"] if out_file is not None else []
    show(body, as_json, lambda: [*summary_lines(body), *written])

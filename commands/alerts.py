"""`lianzhi alerts`: what a case table warns of; nothing is filed."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from commands.common import AsJson, command, show


@command
def alerts(
    file: Annotated[Path, typer.Argument(help="案件表：CSV、XLSX、JSONL（可 .gz）")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="监测截至：2026-06-15（当日24时）或带时刻；默认表中最后一次上报")
    ] = "",
    q: Annotated[
        float | None, typer.Option("--q", help="错误发现率，默认 LIANZHI_ALERT_Q", min=0.0001, max=0.5)
    ] = None,
    crs: Annotated[str, typer.Option(help="未声明坐标系的按此：WGS84、GCJ02 或 CGCS2000")] = "WGS84",
    out_file: Annotated[Path | None, typer.Option("--out", help="另写报告：.html、.xlsx 或 .docx")] = None,
    as_json: AsJson = False,
) -> None:
    """高频共性问题监测预警：何处何事、预期与实际、涉及谁、可能成因与联合行动建议（见 docs/alerting.md）。"""
    from domain.adjacency.alerting.report import watch_lines
    from graphs.watching import watch_file

    made = asyncio.run(watch_file(file, as_of=as_of, q=q, crs=crs, out=out_file))
    written = [f"报告：{out_file}"] if out_file is not None else []
    show(made, as_json, lambda: [*watch_lines(made), *written])

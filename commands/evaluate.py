"""`lianzhi evaluate`: effectiveness of governance from a case table; nothing is filed."""

from pathlib import Path
from typing import Annotated

import typer

from commands.common import AsJson, command, day, show


@command
def evaluate(
    file: Annotated[Path, typer.Argument(help="案件台账：CSV、XLSX、JSONL（CSV 与 JSONL 可为 .gz）")],
    out_file: Annotated[Path | None, typer.Option("--out", help="另写报告：.html、.xlsx 或 .docx")] = None,
    as_of: Annotated[str, typer.Option("--as-of", help="评估时刻（ISO 8601，含时区），默认现在")] = "",
    since: Annotated[str, typer.Option(help="上报起始日 YYYY-MM-DD")] = "",
    until: Annotated[str, typer.Option(help="上报截止日 YYYY-MM-DD（含）")] = "",
    region: Annotated[list[str] | None, typer.Option(help="只评估此区划及其下级，可多次给出")] = None,
    by: Annotated[list[str] | None, typer.Option(help="另加分组，如 source、reporter、township+month")] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="前后对照：指标编号:区划编码[,区划编码]:起始日，可多次给出")
    ] = None,
    cases: Annotated[str, typer.Option(help="只列一项指标背后的案件：指标编号 或 指标编号@district=编码")] = "",
    definitions: Annotated[Path | None, typer.Option(help="本地口径文件（TOML），默认随项目的口径")] = None,
    crs: Annotated[str, typer.Option(help="未声明坐标系的行按此读取")] = "WGS84",
    as_json: AsJson = False,
) -> None:
    """治理效能评估：指标、区间、刷量疑点、前后对照；每个数都能下钻到案件（文档见 docs/evaluation.md）。"""
    from graphs.evaluating import asked_of, cases_of_file, definitions_from, evaluate_file

    chosen = definitions_from(definitions) if definitions is not None else None
    asked = asked_of(
        as_of=as_of,
        since=day(since),
        until=day(until),
        regions=region or (),
        by=by or (),
        comparisons=compare or (),
        definitions=chosen,
    )
    if cases:
        found = cases_of_file(file, asked, cases, definitions=chosen, crs=crs)
        show(dict(found), as_json, lambda: [f"{name}\t{one}" for name, ids in found.items() for one in ids])
        return
    body = evaluate_file(file, asked, definitions=chosen, crs=crs, out=out_file)
    written = [f"报告：{out_file}"] if out_file is not None else []
    show(body, as_json, lambda: [*body["summary"], *written])

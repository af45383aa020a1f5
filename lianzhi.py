"""The command line `lianzhi`: thin; each command calls one function of a package.

Every command takes `--json` (machine-readable on stdout, logs on stderr) and exits 0 on success, 2 on bad input with
`{"error": {"code", "message", "hint"}}`, 1 on failure.
"""

import asyncio
import functools
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from domain.errors import ArticleNotFound, Conflict, InvalidInput, LawNotFound, LianzhiError, NotFound, reason_of

app = typer.Typer(
    name="lianzhi",
    help="联治：城市治理智能体服务",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
kb = typer.Typer(help="知识库：检索与条文核对", no_args_is_help=True)
world = typer.Typer(help="城市数据：查看与导入", no_args_is_help=True)
audit = typer.Typer(help="审计链", no_args_is_help=True)
app.add_typer(kb, name="kb")
app.add_typer(world, name="world")
app.add_typer(audit, name="audit")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
P = ParamSpec("P")
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出到标准输出")]
AsOf = Annotated[str, typer.Option("--as-of", help="按该日期的有效版本（YYYY-MM-DD）")]


def report_error(error: LianzhiError, as_json: bool) -> int:
    """Show an expected failure; 2 when the caller can mend the input, else 1."""
    body: dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, ArticleNotFound | LawNotFound):
        body["nearest"] = list(error.nearest)
    if as_json:
        typer.echo(json.dumps({"error": body}, ensure_ascii=False))
    else:
        err.print(f"[red]错误[/red]（{error.code}）：{error.message}")
        if error.hint:
            err.print(f"怎么办：{error.hint}")
        if body.get("nearest") and body["nearest"][0] not in error.hint:
            err.print(f"最接近的：{'、'.join(body['nearest'])}")
    return 2 if isinstance(error, InvalidInput | NotFound | Conflict) else 1


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Turn expected failures into the contract's exit codes."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except LianzhiError as error:
            raise typer.Exit(report_error(error, bool(kwargs.get("as_json")))) from None

    return run


def show(value: dict[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Print the JSON value, or its Chinese lines for people."""
    if as_json:
        typer.echo(json.dumps(value, ensure_ascii=False))
        return
    for line in lines():
        out.print(line, markup=False)


def day(text: str) -> date | None:
    """Read a date option.

    Raises:
        InvalidInput: When it is not `YYYY-MM-DD`.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"日期“{text}”无法识别。", "请写成 2026-11-23 这样的形式。") from error


@app.command()
@command
def serve(
    host: Annotated[str, typer.Option(help="监听地址，默认取 LIANZHI_HOST")] = "",
    port: Annotated[int, typer.Option(help="端口，默认取 LIANZHI_PORT")] = 0,
    as_json: AsJson = False,
) -> None:
    """启动服务（API），打印访问地址。"""
    from api.server import serve_forever

    serve_forever(host=host or None, port=port or None, announce=lambda urls: announce(urls, as_json))


def announce(urls: dict[str, str], as_json: bool) -> None:
    """Say where the service answers."""
    show(urls, as_json, lambda: ["联治已启动：", *(f"  {name:<8} {url}" for name, url in urls.items())])
    sys.stdout.flush()


@app.command()
@command
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="文件或文件夹（md txt docx pdf html csv xlsx jsonl）")],
    kind: Annotated[str, typer.Option(help="law 法规 | case 案例 | doc 其他；默认按内容判断")] = "",
    recreate: Annotated[bool, typer.Option("--recreate", help="先清空知识库再导入")] = False,
    as_json: AsJson = False,
) -> None:
    """导入法规、案例与文件；可重复、可中断，同样内容不会重复入库。"""
    from knowledge.base import open_knowledge
    from knowledge.settings import KnowledgeSettings

    base = open_knowledge(KnowledgeSettings())
    try:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=err,
            transient=True,
        ) as bar:
            task = bar.add_task("导入", total=None)
            report = base.ingest(
                paths,
                kind=kind or None,
                recreate=recreate,
                progress=lambda done, total, name: bar.update(
                    task, completed=done, total=total, description=name[-24:]
                ),
            )
    finally:
        base.close()
    show(report.to_json(), as_json, report.lines)


@kb.command("search")
@command
def kb_search(
    text: Annotated[str, typer.Argument(help="要问的话")] = "",
    k: Annotated[int, typer.Option("--k", help="返回条数", min=1, max=200)] = 10,
    as_of: AsOf = "",
    region: Annotated[str, typer.Option(help="地域，默认全国加本市")] = "",
    batch: Annotated[Path | None, typer.Option(help="批量：每行 {qid,text} 的 JSONL")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="批量结果写到此文件")] = None,
    as_json: AsJson = False,
) -> None:
    """检索法规、案例与事项。"""
    from knowledge.base import open_knowledge
    from knowledge.output import batch_search, passage_lines, results_json
    from knowledge.settings import KnowledgeSettings

    if batch is None and not text.strip():
        raise InvalidInput("没有写要问的话。", "例如：lianzhi kb search 两个区交界的垃圾没人收；批量请加 --batch。")
    base = open_knowledge(KnowledgeSettings())
    try:
        if batch is not None:
            count = batch_search(base, batch, out_file, k=k, as_of=day(as_of), region=region)
            show({"queries": count, "out": str(out_file)}, as_json, lambda: [f"已检索 {count} 条，结果在 {out_file}"])
            return
        found = base.search(text, limit=k, as_of=day(as_of), region=region)
        show(results_json(found), as_json, lambda: [line for p in found for line in passage_lines(p)])
    finally:
        base.close()


@kb.command("cite")
@command
def kb_cite(
    law: Annotated[str, typer.Argument(help="法规名称")],
    article: Annotated[str, typer.Argument(help="条号：13、第十三条 或 120-1")],
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """核对一条法规：原文（或摘要）、版本与效力；不存在则退出码 2，并给出最接近的条号。"""
    from knowledge.base import open_knowledge
    from knowledge.output import article_json, article_lines
    from knowledge.settings import KnowledgeSettings

    base = open_knowledge(KnowledgeSettings())
    try:
        found = base.cite(law, article, as_of=day(as_of))
    finally:
        base.close()
    show(article_json(found), as_json, lambda: article_lines(found))


@app.command()
@command
def assign(
    file: Annotated[str, typer.Argument(help="上报 JSON 文件，- 表示标准输入")],
    as_json: AsJson = False,
) -> None:
    """对一条上报出具确权定责意见（不入库、不派单）。"""
    from graphs.assign import assign_text, opinion_lines

    opinion = asyncio.run(assign_text(read_text(file)))
    show(opinion, as_json, lambda: opinion_lines(opinion))


def read_text(file: str) -> str:
    """Text of a file or of standard input.

    Raises:
        InvalidInput: When the file cannot be read.
    """
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"读不到文件“{file}”：{reason_of(error)}。", "请检查路径与权限。") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"文件“{file}”不是 UTF-8 文本。", "请另存为 UTF-8 后重试。") from error


@app.command()
@command
def replay(
    file: Annotated[Path, typer.Argument(help="每行一条上报的 JSONL")],
    rate: Annotated[float, typer.Option(help="每秒条数，0 表示不限", min=0)] = 0.0,
    url: Annotated[str, typer.Option(help="服务地址")] = "http://127.0.0.1:8000",
    as_json: AsJson = False,
) -> None:
    """把记录的上报重放到运行中的服务：吞吐、p50/p95/p99 与丢失数（须为 0）。"""
    from adapters.replay import replay_file

    with Progress(TextColumn("重放"), BarColumn(), MofNCompleteColumn(), console=err, transient=True) as bar:
        task = bar.add_task("replay", total=None)
        report = asyncio.run(
            replay_file(file, url, rate=rate, progress=lambda n, total: bar.update(task, completed=n, total=total))
        )
    show(report.to_json(), as_json, report.lines)
    if report.lost:
        raise typer.Exit(1)


@world.command("show")
@command
def world_show(as_json: AsJson = False) -> None:
    """当前城市数据：区划、单位、部件、协议的数量与版本。"""
    from graphs.city import current_world, summary, summary_lines

    facts = summary(current_world())
    show(facts, as_json, lambda: summary_lines(facts))


@world.command("import")
@command
def world_import(
    boundaries: Annotated[Path | None, typer.Option(help="区划面：GeoJSON、GeoPackage 或 Shapefile")] = None,
    units: Annotated[Path | None, typer.Option(help="单位表：CSV 或 XLSX")] = None,
    assets: Annotated[Path | None, typer.Option(help="部件台账：CSV 或 XLSX")] = None,
    crs: Annotated[str, typer.Option(help="坐标系：WGS84、GCJ02、CGCS2000 或 EPSG 代码")] = "",
    as_json: AsJson = False,
) -> None:
    """导入真实区划、单位与部件台账（坐标系须声明；GCJ-02 自动转换）。"""
    from graphs.city import import_city, report_lines

    report = import_city(boundaries=boundaries, units=units, assets=assets, crs=crs or None)
    show(report, as_json, lambda: report_lines(report))


@audit.command("verify")
@command
def audit_verify(as_json: AsJson = False) -> None:
    """核对审计链；被改动时退出码 1，并指出第一处。"""
    from records.verify import verify_from_settings

    count = asyncio.run(verify_from_settings())
    show({"ok": True, "entries": count}, as_json, lambda: [f"审计链完整，共 {count} 条。"])


@app.command()
@command
def doctor(as_json: AsJson = False) -> None:
    """检查安装：缺什么、怎么补。"""
    from graphs.doctor import examine

    checks = asyncio.run(examine())
    failed = [check for check in checks if not check.ok and check.needed]
    show(
        {"ok": not failed, "checks": [check.to_json() for check in checks]},
        as_json,
        lambda: [check.line() for check in checks],
    )
    if failed:
        raise typer.Exit(1)


def main() -> None:
    """Console script; a command line that cannot be understood answers like any other bad input."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        sys.exit(report_usage(error, "--json" in sys.argv))
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)


def report_usage(error: typer.TyperException, as_json: bool) -> int:
    """Show a command line that cannot be understood; typing a group alone asks for its help."""
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is not None and type(error).__name__ == "NoArgsIsHelpError":  # Typer does not export the class
        typer.echo(context.get_help())
        return 2
    called = context.command_path if context is not None else "lianzhi"
    parameter = getattr(getattr(error, "param", None), "name", "")
    what = f"参数 {parameter} 缺少或" if parameter else "命令、选项"
    said = str(getattr(error, "message", "") or error)
    return report_error(InvalidInput(f"{what}写得不对：{said}", f"用法见 {called} --help。"), as_json)


if __name__ == "__main__":
    main()

"""The command line `lianzhi`: thin; each command calls one function of a package.

Every command takes `--json` (machine-readable on stdout, logs on stderr) and exits 0 on success, 2 on bad input with
`{"error": {"code", "message", "hint"}}`, 1 on failure.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from commands.alerts import alerts
from commands.cases import kb_cases
from commands.common import AsJson, command, err, report_error, show
from commands.compensate import compensate
from commands.evaluate import evaluate
from commands.index import reindex
from commands.kb import ingest, kb
from commands.pack import pack
from domain.errors import InvalidInput, reason_of

app = typer.Typer(
    name="lianzhi",
    help="联治：城市治理智能体服务",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
world = typer.Typer(help="城市数据：查看与导入", no_args_is_help=True)
audit = typer.Typer(help="审计链", no_args_is_help=True)
app.command("ingest")(ingest)
app.command("alerts")(alerts)
app.command("compensate")(compensate)
app.command("evaluate")(evaluate)
kb.command("cases")(kb_cases)
kb.command("reindex")(reindex)
app.add_typer(kb, name="kb")
app.add_typer(world, name="world")
app.add_typer(audit, name="audit")
app.add_typer(pack, name="pack")


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

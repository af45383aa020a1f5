"""`lianzhi ingest` and `lianzhi kb quarantine`: what goes into the knowledge base, and what is kept out of it.

`lianzhi.py` registers the first, `commands/kb.py` the second.
"""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from commands.common import AsJson, command, err, show

if TYPE_CHECKING:
    from knowledge.ingest import Step


@command
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="文件或文件夹（md txt docx pdf html csv xlsx jsonl）")],
    kind: Annotated[str, typer.Option(help="law 法规 | case 案例 | doc 其他；默认按内容判断")] = "",
    recreate: Annotated[bool, typer.Option("--recreate", help="先清空知识库再导入")] = False,
    workers: Annotated[
        int, typer.Option(help="并行进程数，默认每个处理器核心一个、最多四个", envvar="LIANZHI_INGEST_WORKERS", min=0)
    ] = 0,
    prune: Annotated[bool, typer.Option("--prune", help="移除已从所导入文件夹中消失的文件")] = False,
    as_json: AsJson = False,
) -> None:
    """导入法规、案例与文件；可重复、可中断，同样内容不会重复入库。"""
    from knowledge.base import open_knowledge
    from knowledge.settings import KnowledgeSettings

    base = open_knowledge(KnowledgeSettings())
    try:
        with _bar() as bar:
            task = bar.add_task("导入", total=None, rate="", left_out=0)
            report = base.ingest(
                paths,
                kind=kind or None,
                recreate=recreate,
                workers=workers or None,
                prune=prune,
                watch=lambda step: _advance(bar, task, step),
            )
    finally:
        base.close()
    show(report.to_json(), as_json, report.lines)


@command
def quarantine(
    release: Annotated[str, typer.Option("--release", help="审看无害后放行：隔离编号")] = "",
    by: Annotated[str, typer.Option("--by", help="由谁审看，默认当前系统用户")] = "",
    everything: Annotated[bool, typer.Option("--all", help="连同已放行的一起列出")] = False,
    as_json: AsJson = False,
) -> None:
    """查看被隔离的可疑文字（指使模型的话、看不见的文字）；--release 放行一处。"""
    from knowledge.base import open_knowledge
    from knowledge.settings import KnowledgeSettings

    base = open_knowledge(KnowledgeSettings())
    try:
        if release:
            one = base.release(release, by=by or getpass.getuser())
            show(one.to_json(), as_json, lambda: ["已放行并收录：", one.line()])
            return
        found = [one for one in base.quarantine() if everything or not one.released]
    finally:
        base.close()
    show(
        {"quarantined": [one.to_json() for one in found]},
        as_json,
        lambda: [one.line() for one in found] or ["没有被隔离的内容。"],
    )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("跳过 {task.fields[left_out]}"),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )


def _advance(bar: Progress, task: TaskID, step: "Step") -> None:
    """Show how far an ingest is: files, passages and how many of them a second, files left out, time left."""
    elapsed = bar.tasks[task].elapsed or 0.0
    rate = f"{step.passages} 段 · {step.passages / elapsed:.0f} 段/秒" if elapsed > 1 else f"{step.passages} 段"
    bar.update(
        task,
        completed=step.done,
        total=step.total,
        description=step.name[-24:],
        rate=rate,
        left_out=step.skipped,
    )

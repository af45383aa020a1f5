"""`lianzhi kb reindex`: the index made anew; `lianzhi.py` registers it with `kb.command("reindex")(reindex)`."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from commands.common import AsJson, command, err, show


@command
def reindex(as_json: AsJson = False) -> None:
    """用当前的向量模型和方法重建索引：不需要原文件，可中断后重来，期间照常检索。"""
    from knowledge.opening import reindex_knowledge
    from knowledge.settings import KnowledgeSettings

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("重建索引", total=None)
        report = reindex_knowledge(
            KnowledgeSettings(),
            progress=lambda done, total, name: bar.update(task, completed=done, total=total, description=name[-24:]),
        )
    show(report.to_json(), as_json, report.lines)

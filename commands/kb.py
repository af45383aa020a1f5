"""`lianzhi kb`: what the knowledge base answers; `commands.loading` has what goes in."""

from pathlib import Path
from typing import Annotated

import typer

from commands.common import AsJson, AsOf, command, day, show
from commands.loading import ingest as ingest
from domain.errors import InvalidInput

kb = typer.Typer(help="知识库：检索与条文核对", no_args_is_help=True)


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
        basis = base.answerable(text, found)
        said = [] if basis.found else [basis.why]
        show(results_json(found, basis), as_json, lambda: [*said, *(line for p in found for line in passage_lines(p))])
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

"""`lianzhi kb cases`: precedents like what a text tells."""

from typing import Annotated

import typer

from commands.common import AsJson, AsOf, command, day, show
from domain.errors import InvalidInput


@command
def kb_cases(
    text: Annotated[str, typer.Argument(help="案情：发生了什么、在哪里")] = "",
    k: Annotated[int, typer.Option("--k", help="返回条数", min=1, max=50)] = 5,
    as_of: AsOf = "",
    region: Annotated[str, typer.Option(help="地域，默认全国加本市")] = "",
    as_json: AsJson = False,
) -> None:
    """按案情找相似先例，并说明相同与不同之处；先例只作参考，不是法律依据。"""
    from domain.casefacts import facts_of_text
    from knowledge.base import open_knowledge
    from knowledge.caseoutput import similar_json, similar_lines
    from knowledge.settings import KnowledgeSettings

    if not text.strip():
        raise InvalidInput("没有写案情。", "例如：lianzhi kb cases 两区交界的河堤护栏坏了，两边都不管")
    base = open_knowledge(KnowledgeSettings())
    try:
        found = base.similar_cases(facts_of_text(text), k, as_of=day(as_of), region=region)
    finally:
        base.close()
    show(
        {"results": [similar_json(case) for case in found]},
        as_json,
        lambda: [line for case in found for line in similar_lines(case)] or ["没有找到相似先例。"],
    )

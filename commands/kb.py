"""`lianzhi kb`: what the knowledge base answers; `commands.loading` has what goes in."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.common import AsJson, AsOf, command, day, err, show
from commands.loading import ingest as ingest
from commands.loading import quarantine
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from knowledge.base import KnowledgeBase

Law = Annotated[str, typer.Argument(help="法规名称；可带版本，如 公司法(2018)")]
Article = Annotated[str, typer.Argument(help="条号：13、第十三条、120-1，可到款项：第十三条第二款第（三）项 或 13.2.3")]
kb = typer.Typer(help="知识库：检索与条文核对", no_args_is_help=True)
kb.command("quarantine")(quarantine)


@kb.command("search")
@command
def kb_search(
    text: Annotated[str, typer.Argument(help="要问的话")] = "",
    k: Annotated[int, typer.Option("--k", help="返回条数", min=1, max=200)] = 10,
    as_of: AsOf = "",
    region: Annotated[str, typer.Option(help="地域：重庆、500103，或 * 不限；默认全国加本市")] = "",
    batch: Annotated[Path | None, typer.Option(help="批量：每行 {qid,text} 的 JSONL；坏行跳过并列出")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="批量结果写到此文件")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="说明每条为什么找到；不用于批量")] = False,
    as_json: AsJson = False,
) -> None:
    """检索法规、案例与事项。"""
    from knowledge.batch import batch_search
    from knowledge.output import results_json, results_lines

    if batch is None and not text.strip():
        raise InvalidInput("没有写要问的话。", "例如：lianzhi kb search 两个区交界的垃圾没人收；批量请加 --batch。")
    _check_region(region)
    if batch is not None and explain:
        raise InvalidInput("批量检索不能说明每条为什么找到。", "请去掉 --explain，或把要说明的问题单独检索。")
    with opened() as base:
        if batch is not None:
            report = batch_search(base, batch, out_file, k=k, as_of=day(as_of), region=region)
            for one in report.skipped:
                err.print(f"第 {one.line} 行跳过（{one.code}）：{one.message}", markup=False)
            left_out = f"，跳过 {len(report.skipped)} 行" if report.skipped else ""
            told = f"已检索 {report.queries} 条{left_out}，结果在 {out_file}"
            show(report.to_json(out_file), as_json, lambda: [told])
            return
        found = base.find(text, limit=k, as_of=day(as_of), region=region)
        passages, notes = found.passages, found.notes
        basis = base.answerable(text, passages, notes)
        reasons = base.explain(text, passages) if explain else None
        show(
            results_json(passages, basis, reasons, notes),
            as_json,
            lambda: results_lines(passages, basis, reasons, notes),
        )


@kb.command("cite")
@command
def kb_cite(law: Law, article: Article, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """核对一条法规：原文（或摘要）、版本与效力；不存在则退出码 2，并给出最接近的条号。"""
    from knowledge.output import article_json, article_lines

    with opened() as base:
        found = base.cite(law, article, as_of=day(as_of))
    show(article_json(found), as_json, lambda: article_lines(found))


@kb.command("verify")
@command
def kb_verify(
    law: Law,
    article: Article,
    claim: Annotated[str, typer.Option(help="要由该条支持的论断；不写则只核对引用本身")] = "",
    version: Annotated[str, typer.Option("--version", help="所引版本的日期（YYYY-MM-DD）")] = "",
    sha: Annotated[str, typer.Option("--sha", help="所引原文的 SHA-256，至少前 16 位")] = "",
    digest: Annotated[bool, typer.Option("--digest", help="所引为摘要而非原文")] = False,
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """核验一处引用：存在、该日有效、文本一致、支持论断；不成立则退出码 1。"""
    with opened() as base:
        on = day(as_of) or base.today()
        verdict = base.verify(law, article, as_of=on, claim=claim, version_date=version, text_sha256=sha, digest=digest)
    show(verdict.to_json(), as_json, verdict.lines)
    if not verdict.holds:
        raise typer.Exit(1)


@kb.command("versions")
@command
def kb_versions(law: Law, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """一部法规的版本沿革，与某日适用的版本；原文未收录的也列出。"""
    from knowledge.lawoutput import versions_json, versions_lines

    with opened() as base:
        standing, entries = base.standing(law, day(as_of) or base.today()), base.versions(law)
    show(versions_json(standing, entries), as_json, lambda: versions_lines(standing, entries))


@kb.command("diff")
@command
def kb_diff(
    law: Law,
    old: Annotated[str, typer.Option("--from", help="旧版本日期或年份；默认倒数第二个全文版本")] = "",
    new: Annotated[str, typer.Option("--to", help="新版本日期或年份；默认最新全文版本")] = "",
    as_json: AsJson = False,
) -> None:
    """两个版本逐条对照：新增、删去、修改（逐词）、只改条号。"""
    from knowledge.lawoutput import diff_lines

    with opened() as base:
        found = base.diff(law, old, new)
    show(found.to_json(), as_json, lambda: diff_lines(found))


@kb.command("changes")
@command
def kb_changes(
    since: Annotated[str, typer.Option(help="从该日之后（YYYY-MM-DD）")],
    until: Annotated[str, typer.Option(help="到该日为止；默认含已知的将来变更")] = "",
    region: Annotated[str, typer.Option(help="只列全国与该地（重庆 或 500103）；默认全部")] = "",
    as_json: AsJson = False,
) -> None:
    """某日以来开始施行、被取代或废止的法规，及变动的条文。"""
    from knowledge.lawoutput import change_lines

    first = day(since)
    if first is None:
        raise InvalidInput("没有写从哪一日起。", "例如 --since 2024-06-01。")
    _check_region(region)
    with opened() as base:
        found = base.changes_since(first, until=day(until), region=region)
    show(
        {"since": first.isoformat(), "changes": [one.to_json() for one in found]},
        as_json,
        lambda: change_lines(found),
    )


@kb.command("cited-by")
@command
def kb_cited_by(law: Law, article: Article, as_of: AsOf = "", as_json: AsJson = False) -> None:
    """反查谁引用了某条：事项、规则、先例、证据、其他法规、案例与意见书；条文变了的予以提示。"""
    from graphs.citations import recorded_opinions
    from knowledge.lawoutput import cited_lines

    with opened() as base:
        found = base.cited_by(law, article, as_of=day(as_of))
    opinions = asyncio.run(recorded_opinions(found.article))
    show(
        found.to_json() | {"opinions": [one.to_json() for one in opinions]},
        as_json,
        lambda: cited_lines(found, [one.line() for one in opinions]),
    )


def _check_region(region: str) -> None:
    """A name that is no place would else be taken for the city, or for none, without a word."""
    from knowledge.lawhead import PROVINCES
    from knowledge.searching import EVERYWHERE

    if region and not region.isdigit() and region not in {EVERYWHERE, *PROVINCES.values()}:
        raise InvalidInput(
            f"没有“{region}”这个地域。", "请写省级简称（重庆、四川）或区划代码（500103）；不限地域写 *。"
        )


@contextmanager
def opened() -> Iterator["KnowledgeBase"]:
    """The knowledge base of the environment, closed at the end."""
    from knowledge.base import open_knowledge
    from knowledge.settings import KnowledgeSettings

    base = open_knowledge(KnowledgeSettings())
    try:
        yield base
    finally:
        base.close()

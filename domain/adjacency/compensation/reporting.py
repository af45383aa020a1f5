"""A statement as a document: paragraphs and tables in Chinese, the same for every format that writes it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.adjacency.compensation.money import FEN, wan_text
from domain.report import Cell, Report, Section, Table, table

TITLE = "流域横向生态保护补偿核算表（稿）"
_MONEY = "number"
"""Form of a column of sums: two decimals, from exact decimals."""


def report_of(body: Mapping[str, Any], *, state: str = "") -> Report:
    """The document of a statement.

    Args:
        body: As `agents.compensation.body_of` makes it: `statement`, `citations`, `citation_notes`.
        state: Where it stands, in Chinese; empty when it was filed nowhere.
    """
    statement = body["statement"]
    parts = (
        Section(heading="概况", lines=tuple(_summary(statement, state))),
        *(_year(year) for year in statement["years"]),
        _open(statement),
        Section(heading="逐月核算", tables=(_items(statement),)),
        Section(heading="各月收支", tables=(_months(statement),)),
        _listed("推断之处（公开规则未写明）", statement["inferred"], "无"),
        _listed("公开规则未说明、本核算不作推算的事项", statement["undisclosed"], "无"),
        _problems(statement),
        _listed("依据", [_cited(one) for one in body["citations"]], "没有核对通过的依据"),
        _listed("依据备注", body["citation_notes"], "无"),
        _listed("参数来源", statement["scheme"]["sources"], "方案未注明来源"),
    )
    return Report(title=TITLE, label=statement["label"], sections=parts)


def summary_lines(body: Mapping[str, Any]) -> list[str]:
    """A statement for people at the command line."""
    statement = body["statement"]
    lines = _summary(statement, "")
    for year in statement["years"]:
        lines.append(_year_line(year))
        lines += [f"  {one['party']}：{_wan(one['fen'])}" for one in year["balances"]]
        lines += [f"  {one['payer']} → {one['payee']}：{one['cny']} 元" for one in year["payments"]]
    lines += [f"转人工：{why}" for why in statement["human_required"]["why"]]
    lines += [f"第 {one['row']} 行：{one['reason']}" for one in statement["problems"]]
    lines += [f"说明：{one}" for one in (*statement["notes"], *statement["inferred"], *statement["undisclosed"])]
    lines += [f"依据：{_cited(one)}" for one in body["citations"]]
    lines += [f"依据备注：{one}" for one in body["citation_notes"]]
    return [*lines, statement["label"]]


def _summary(statement: Mapping[str, Any], state: str) -> list[str]:
    scheme, (first, last) = statement["scheme"], statement["period"]
    done = sum(item["status"] == "settled" for item in statement["items"])
    lines = [
        f"方案：{scheme['name']}（{scheme['id']}，版本 {scheme['version']}，摘要 {scheme['digest'][:12]}）",
        f"期间：{first or '—'} 至 {last or '—'}；已结算 {done} 项，未结算转人工 {len(statement['open'])} 项",
    ]
    lines += [statement["chosen"]] if statement["chosen"] else []
    lines += [f"状态：{state}"] if state else []
    if statement["looked_back"]:
        lines.append(f"仅作上年对照的断面月：{statement['looked_back']} 个，不重复核算")
    return lines


def _year_line(year: Mapping[str, Any]) -> str:
    if year["complete"]:
        return f"{year['year']} 年清缴：全年 12 个月齐全，各方合计 {year['sum_fen']} 分"
    return (
        f"{year['year']} 年暂算：已有 {len(year['months'])} 个月，未结算 {year['open']} 项，不得据以清缴；"
        f"各方合计 {year['sum_fen']} 分"
    )


def _year(year: Mapping[str, Any]) -> Section:
    balances = table(
        f"{year['year']} 年各方净额",
        (("主体", "text"), ("净额（元）", _MONEY), ("折合", "text")),
        [(one["party"], _yuan(one["fen"]), _wan(one["fen"])) for one in year["balances"]],
        "正为应收，负为应付。",
    )
    payments = table(
        f"{year['year']} 年清缴划转",
        (("付款方", "text"), ("收款方", "text"), ("金额（元）", _MONEY)),
        [(one["payer"], one["payee"], _yuan(one["fen"])) for one in year["payments"]],
    )
    return Section(heading=f"{year['year']} 年", lines=(_year_line(year),), tables=(balances, payments))


def _open(statement: Mapping[str, Any]) -> Section:
    # Sentences, not a table: documents show the beginning of a long table only, and none of these may be missed.
    lines = tuple(map(_waiting, statement["open"]))
    return Section(heading="未结算、转人工（缺测、无效或相互矛盾的数据一律不结算）", lines=lines or ("无",))


def _waiting(one: Mapping[str, Any]) -> str:
    where = one["title"] or one["section"]
    return f"{one['month']} {where}（{one['component']}）：{'；'.join(one['why'])}（表中行 {_rows(one['rows'])}）"


def _items(statement: Mapping[str, Any]) -> Table:
    heads = ("月份", "河流", "断面", "上游", "下游", "项目", "类别", "目标", "上年", "基准", "结论")
    rows = tuple(
        (
            one["month"], one["river"], one["title"], one["upstream"], one["downstream"], one["component"],
            one["grade"], one["target"], one["previous"], one["baseline"], one["finding"],
            "未结算" if one["amount_fen"] is None else _yuan(one["amount_fen"]),
        )
        for one in statement["items"]
    )  # fmt: skip
    columns = (*((head, "text") for head in heads), ("下游补上游（元）", _MONEY))
    return table("逐月核算", columns, rows, "正为下游补上游，负为上游补下游。")


def _months(statement: Mapping[str, Any]) -> Table:
    parties = [one["party"] for one in statement["months"][0]["balances"]] if statement["months"] else []
    rows: list[tuple[Cell, ...]] = []
    for month in statement["months"]:
        rows.append((month["month"], *(_yuan(one["fen"]) for one in month["balances"]), month["open"]))
    columns = (("月份", "text"), *((party, _MONEY) for party in parties), ("未结算项", "count"))
    return table("各月收支", columns, rows, "各方净额，元。")


def _problems(statement: Mapping[str, Any]) -> Section:
    lines = [
        f"{'第 ' + str(one['row']) + ' 行' if one['row'] else '全表'} {one['section']} {one['month']}：{one['reason']}"
        for one in statement["problems"]
    ]
    return Section(heading="数据表中的问题", lines=(*statement["notes"], *lines) or ("无",))


def _listed(heading: str, lines: Sequence[str], otherwise: str) -> Section:
    return Section(heading=heading, lines=tuple(lines) or (otherwise,))


def _cited(one: Mapping[str, Any]) -> str:
    head, _, tail = one["article"].partition("-")
    label = f"《{one['law']}》第{head}条" + (f"之{tail}" if tail else "")
    return f"{label}（{one['version_date']} 版本）" if one["version_date"] else label


def _rows(rows: Sequence[int]) -> str:
    return "、".join(map(str, rows)) or "—"


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / FEN


def _wan(fen: int) -> str:
    return ("应收 " if fen > 0 else "应付 " if fen < 0 else "") + wan_text(abs(fen))

"""A watch as a report that any format can show: the alerts in a table and a chart, each in full, and what was left."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.clock import shown
from domain.report import Cell, Chart, Listing, Report, Section, Series, Table, table

CHARTED = 20
"""Alerts that are drawn; the rest stands in the table."""
_HEADS = (
    ("预警", "text"),
    ("类别", "text"),
    ("事项", "text"),
    ("起于", "text"),
    ("件数", "count"),
    ("预期", "number"),
    ("倍数", "number"),
    ("p", "text"),
    ("校正后", "text"),
    ("牵头单位", "text"),
    ("期限", "text"),
    ("复核", "text"),
)


def report_of(made: Mapping[str, Any]) -> Report:
    """The report of a watch (JSON of `domain.adjacency.alerting.report.watch_table`)."""
    sections = [_overview(made), *(_alert(alert) for alert in made["alerts"]), _rest(made)]
    return Report(
        title=f"高频共性问题监测预警（截至 {shown(made['as_of'])}）", label=made["label"], sections=tuple(sections)
    )


def _overview(made: Mapping[str, Any]) -> Section:
    alerts: Sequence[Mapping[str, Any]] = made["alerts"]
    lines = (
        f"案件 {made['cases']:,} 件；全市共检验 {sum(made['tests'].values()):,} 处，预警 {len(alerts)} 条。",
        f"错误发现率控制在 {made['params']['q']:.0%}：所发预警中碰巧的平均不超过此比例。",
    )
    rows = [_row(alert) for alert in alerts]
    charts = (_chart(alerts[:CHARTED]),) if alerts else ()
    return Section(heading="总览", lines=lines, tables=(table("预警", _HEADS, rows),), charts=charts)


def _row(alert: Mapping[str, Any]) -> list[Cell]:
    action = alert["action"]
    figures: list[Cell] = [alert["observed"], alert["expected"], alert["relative_risk"], _p(alert["p"]), _p(alert["q"])]
    who: list[Cell] = [action["lead_name"] or "待指定", action["due_on"], alert["review_on"]]
    return [alert["title"], alert["kind_name"], alert["issue_name"], shown(alert["since"]), *figures, *who]


def _p(value: float) -> str:
    return f"{value:.2g}"


def _chart(alerts: Sequence[Mapping[str, Any]]) -> Chart:
    labels = tuple(f"{number}. {alert['issue_name']}" for number, alert in enumerate(alerts, 1))
    observed = Series(name="实际", values=tuple(float(alert["observed"]) for alert in alerts))
    expected = Series(name="预期", values=tuple(float(alert["expected"]) for alert in alerts))
    return Chart(title="实际与预期（件）", kind="bars", labels=labels, series=(observed, expected), form="number")


def _alert(alert: Mapping[str, Any]) -> Section:
    action = alert["action"]
    lines = [alert["explanation"]]
    lines += [f"可能成因：{cause['text']}（{cause['evidence']}）" for cause in alert["causes"]]
    lines += [f"相似先例：{one['title']}（{one['id']}）{one['ruling']}" for one in alert.get("similar", ())]
    lead = action["lead_name"] or "治理中心指定的单位"
    lines.append(f"建议由{lead}牵头（{action['ground']}），{action['due_on']}前，{action['due_source']}。")
    lines += [f"{number}. {step}" for number, step in enumerate(action["steps"], 1)]
    place = "" if alert["lon"] is None else f"（{alert['lon']:.5f}, {alert['lat']:.5f}，半径{alert['radius_m']:.0f}米）"
    cases = Listing(title="相关案件", items=tuple(alert["cases"][:500]), total=len(alert["cases"]))
    return Section(
        heading=f"{alert['title']}{place}",
        lines=tuple(lines),
        tables=(*_sides(alert), _signals(alert)),
        listings=(cases,) if alert["cases"] else (),
    )


def _sides(alert: Mapping[str, Any]) -> tuple[Table, ...]:
    if not alert["sides"]:
        return ()
    heads = (("镇街", "text"), ("件数", "count"), ("预期", "number"), ("责任单位", "text"))
    rows = [[s["name"], s["observed"], s["expected"], s["owner_name"] or "待定"] for s in alert["sides"]]
    return (table("各侧", heads, rows),)


def _signals(alert: Mapping[str, Any]) -> Table:
    heads = (
        ("方法", "text"),
        ("天数", "count"),
        ("件数", "count"),
        ("预期", "number"),
        ("p", "text"),
        ("说明", "text"),
    )
    rows = [
        [s["method_name"], s["days"], s["observed"], s["expected"], _p(s["p"]), s["note"]] for s in alert["signals"]
    ]
    return table("依据的信号", heads, rows)


def _rest(made: Mapping[str, Any]) -> Section:
    """What nearly was an alert, and what could not be counted."""
    near = [[n["issue_name"], n["method_name"], n["observed"], n["expected"], _p(n["p"])] for n in made["near"]]
    heads = (("事项", "text"), ("方法", "text"), ("件数", "count"), ("预期", "number"), ("p", "text"))
    left = [[reason, count] for reason, count in made["left_out"].items()]
    faults = [[p["row"], p["id"], p["field"], p["value"], p["reason"]] for p in made["problems"]]
    columns = (("行", "count"), ("案件编号", "text"), ("字段", "text"), ("值", "text"), ("原因", "text"))
    more = sum(made["problem_counts"].values()) - len(faults)
    return Section(
        heading="未达标准的、未计入的与数据问题",
        tables=(
            table("接近预警", heads, near),
            table("未计入", (("原因", "text"), ("件数", "count")), left),
            table("数据问题", columns, faults, note=f"另有 {more} 处未列出。" if more > 0 else ""),
        ),
    )

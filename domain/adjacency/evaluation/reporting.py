"""The report of an evaluation as parts that any format can show."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.adjacency.evaluation.wording import effect_sentence
from domain.caselog import FIELD_NAMES
from domain.report import Cell, Chart, Listing, Report, Section, Series, Table, table

Plain = Mapping[str, Any]
LABEL = (
    "由案件台账按公开口径自动计算；每项均列分子、分母、公式与来源，区间为 95% 置信区间，“样本少”者不宜据以排名。"
    "刷量疑点未经人工核实不构成认定；个人以编号代替。"
)
_CHARTED = (
    "on_time_handling_rate", "adjacent_first_right_rate", "adjacent_return_rate", "settling_hours", "recurrence_rate",
)  # fmt: skip
"""Indicators that are drawn, where they could be computed."""
_FORM = {"share": "share", "ratio": "share", "mean": "number", "median": "number"}
_TOP = 25
"""Bars of a chart; the table has all groups."""


def report_of(body: Plain) -> Report:
    """The parts, from the JSON of `domain.adjacency.evaluation.assessment.assess`."""
    indicators = {one["id"]: one for one in body["definitions"]["indicators"]}
    panels = {tuple(one["dimensions"]): one for one in body["panels"]}
    sections = [Section(heading="结论", lines=tuple(body["summary"]))]
    if ("city",) in panels:
        sections.append(_overall(body, panels[("city",)], indicators))
    sections += [_cut(body, panel, indicators) for key, panel in panels.items() if key != ("city",)]
    sections += [_gaming(body), *_effects(body), _definitions(body), _problems(body)]
    scope = body["scope"]
    where = "、".join(one["name"] for one in scope["regions"]) or "全市"
    title = f"{where}治理效能评估（{scope['first_day']} 至 {scope['last_day']}）"
    return Report(title=title, label=LABEL, sections=tuple(sections))


def _overall(body: Plain, panel: Plain, indicators: Mapping[str, Plain]) -> Section:
    group: Plain = panel["groups"][0] if panel["groups"] else {"figures": {}, "scores": {}}
    heads = [("指标", "text"), ("值", "text"), ("区间下限", "text"), ("区间上限", "text"), ("分子", "count"),
             ("分母", "count"), ("说不清", "count"), ("提示", "text"), ("公式", "text"), ("来源", "text")]  # fmt: skip
    rows: list[list[Cell]] = []
    for name, one in indicators.items():
        figure = group["figures"].get(name)
        if figure is None:
            rows.append(
                [one["name"], "未计算", None, None, None, None, None, _lack(body, name), one["formula"], one["source"]]
            )
            continue
        sides = [_said(figure[side], one) for side in ("value", "low", "high")]
        hint = "样本少" if figure["small"] else ""
        rows.append(
            [
                one["name"],
                *sides,
                figure["above"],
                figure["below"],
                figure["untold"],
                hint,
                one["formula"],
                one["source"],
            ]
        )
    scores = [_score_line(one, group["scores"].get(one["id"])) for one in body["definitions"]["scores"]]
    return Section(
        heading="总体",
        lines=tuple(scores),
        tables=(table("总体指标", heads, rows, "分子与分母之差即未达到的案件；下钻见下方清单。"),),
        listings=tuple(_listings(body, ("city",), indicators)),
    )


def _score_line(score: Plain, found: Plain | None) -> str:
    if found is None or found["value"] is None:
        return f"{score['name']}：未计算，所需指标不全。"
    span = f"{found['low']:.1f}–{found['high']:.1f}"
    return (
        f"{score['name']}：{found['value']:.1f} 分（区间 {span}）。公式：{score['formula']}。来源：{score['source']}。"
    )


def _said(value: float | None, indicator: Plain) -> Cell:
    if value is None:
        return None
    return f"{value:.1%}" if _FORM[indicator["kind"]] == "share" else f"{value:.2f} {indicator['unit']}".strip()


def _lack(body: Plain, name: str) -> str:
    found = next((one for one in body["not_computed"] if one["indicator"] == name), None)
    return f"台账缺少：{'、'.join(FIELD_NAMES[field] for field in found['missing'])}" if found else ""


def _listings(body: Plain, dimensions: Sequence[str], indicators: Mapping[str, Plain]) -> list[Listing]:
    words = {"above": "计入分子", "missed": "计入分母、未计入分子", "untold": "说不清、未计入"}
    found: list[Listing] = []
    for one in body["behind"]:
        if one["dimensions"] != list(dimensions):
            continue
        where = "" if tuple(dimensions) == ("city",) else f"{one['label']} · "
        for side, said in words.items():
            total = one[f"{side}_total"]
            if total:
                title = f"{where}{indicators[one['indicator']]['name']}：{said} {total} 件"
                found.append(Listing(title=title, items=tuple(one[side]), total=total))
    return found


def _cut(body: Plain, panel: Plain, indicators: Mapping[str, Plain]) -> Section:
    heading = "按" + "与".join(panel["names"])
    names = [name for name in indicators if any(name in group["figures"] for group in panel["groups"])]
    heads = [("分组", "text"), ("案件数", "count")]
    heads += [(f"{indicators[name]['name']}", _FORM[indicators[name]["kind"]]) for name in names]
    scores = body["definitions"]["scores"]
    heads += [(one["name"], "number") for one in scores]
    rows = [_row(group, names, [one["id"] for one in scores]) for group in panel["groups"]]
    details = [_detail(group, name, indicators[name]) for group in panel["groups"] for name in names]
    detail_heads = [("分组", "text"), ("指标", "text"), ("分子", "count"), ("分母", "count"), ("值", "number"),
                    ("下限", "number"), ("上限", "number"), ("提示", "text")]  # fmt: skip
    tables = [table(heading, heads, rows, "横线为无样本；分子、分母、区间与样本多少见“明细”表。")]
    if len(panel["dimensions"]) == 1:
        tables.append(table(f"{heading}明细", detail_heads, details))
    over_time = panel["dimensions"] in (["month"], ["quarter"], ["week"])
    charts = [_chart(panel, indicators[name], over_time) for name in _CHARTED if name in names]
    listings = _listings(body, panel["dimensions"], indicators) if panel["dimensions"] == ["district"] else []
    crossed = len(panel["dimensions"]) > 1
    return Section(
        heading=heading, tables=tuple(tables), charts=() if crossed else tuple(charts), listings=tuple(listings)
    )


def _row(group: Plain, names: Sequence[str], scores: Sequence[str]) -> list[Cell]:
    everyone = group["figures"].get("valid_report_rate", {"below": None})["below"]
    return [
        group["label"],
        everyone,
        *(group["figures"][name]["value"] for name in names),
        *(group["scores"].get(score, {"value": None})["value"] for score in scores),
    ]


def _detail(group: Plain, name: str, indicator: Plain) -> list[Cell]:
    figure = group["figures"][name]
    star = "样本少" if figure["small"] and figure["cases"] else ""
    sides = [figure[side] for side in ("value", "low", "high")]
    return [group["label"], indicator["name"], figure["above"], figure["below"], *sides, star]


def _chart(panel: Plain, indicator: Plain, over_time: bool) -> Chart:
    """Bars of the groups with the most cases, or a line over the periods; both with intervals."""
    groups = [group for group in panel["groups"] if group["key"][0]]
    if not over_time:
        groups = sorted(groups, key=lambda group: -group["figures"][indicator["id"]]["cases"])[:_TOP]
    figures = [group["figures"][indicator["id"]] for group in groups]
    sides = {side: tuple(figure[side] for figure in figures) for side in ("value", "low", "high")}
    unit = f"（{indicator['unit']}）" if indicator["unit"] else ""
    return Chart(
        title=f"{indicator['name']}{unit}：按{panel['names'][0]}",
        kind="lines" if over_time else "bars",
        labels=tuple(group["label"] for group in groups),
        series=(Series(name=indicator["name"], values=sides["value"], low=sides["low"], high=sides["high"]),),
        form=_FORM[indicator["kind"]],
    )


def _gaming(body: Plain) -> Section:
    patterns = {one["id"]: one for one in body["definitions"]["patterns"]}
    heads = [("疑点", "text"), ("对象", "text"), ("案件数", "count"), ("说明", "text"), ("p", "text"), ("核实", "text")]
    rows: list[list[Cell]] = [
        [patterns[one["pattern"]]["name"], one["subject"], one["count"], one["told"],
         None if one["p"] is None else f"{one['p']:.2g}", _verdict(one)]
        for one in body["gaming"]
    ]  # fmt: skip
    looked = "；".join(f"{one['name']}——{one['what']}" for one in patterns.values())
    listings = [
        Listing(
            title=f"{patterns[one['pattern']]['name']} · {one['subject']}",
            items=tuple(one["cases"]),
            total=one["count"],
        )
        for one in body["gaming"]
    ]
    note = "阈值为数据，可改；p 为偶然出现此等偏离的概率，已按单位数校正（假发现率）。"
    tables = (table("刷量疑点", heads, rows, note),) if rows else ()
    return Section(heading="刷量疑点", lines=(f"所查：{looked}。",), tables=tables, listings=tuple(listings))


def _verdict(one: Plain) -> str:
    said = one.get("verdict")
    if not said:
        return "待人工核实"
    return f"{VERDICTS[said['verdict']]}：{said['reason']}（{said['by']}）"


VERDICTS = {"confirmed": "属实", "dismissed": "排除", "unclear": "存疑"}
"""What a person may say of a suspicion."""


def _effects(body: Plain) -> list[Section]:
    return [_effect(one) for one in body["effects"]]


def _effect(one: Plain) -> Section:
    form = "share" if one["kind"] == "share" else "number"
    months: Sequence[Plain] = one["months"]
    lines = [
        effect_sentence(one),
        f"实施地区：{'、'.join(one['treated'])}{'（含界线另一侧触及者）' if one['across'] else ''}；"
        f"案件 {one['cases']} 件，镇街 {one['clusters']} 个（其中实施组 {one['treated_clusters']} 个）；"
        f"没有镇街、未计入的 {one['unplaced']} 件。",
    ]
    heads = [
        ("月份", "text"),
        ("实施地区件数", "count"),
        ("实施地区", form),
        ("其他地区件数", "count"),
        ("其他地区", form),
    ]
    rows = [[m["month"], m["treated_cases"], m["treated_mean"], m["control_cases"], m["control_mean"]] for m in months]
    first = next((m["month"] for m in months if m["after"]), "")
    chart = Chart(
        title=f"{one['name']}：实施地区与其他地区",
        kind="lines",
        labels=tuple(m["month"] for m in months),
        series=(
            Series(name="实施地区", values=tuple(m["treated_mean"] for m in months)),
            Series(name="其他地区", values=tuple(m["control_mean"] for m in months)),
        ),
        form=form,
        mark=first,
        mark_name=f"{one['start']} 起实施",
    )
    made: Table = table(f"前后对照 {one['name']}", heads, rows)
    return Section(heading=f"前后对照：{one['name']}", lines=tuple(lines), tables=(made,), charts=(chart,))


def _definitions(body: Plain) -> Section:
    given = body["definitions"]
    heads = [("指标", "text"), ("公式", "text"), ("来源", "text"), ("状态", "text"), ("说明", "text")]
    rows = [
        [one["name"], one["formula"], one["source"], one["status_name"], one["note"]] for one in given["indicators"]
    ]
    limits = "、".join(f"{name} = {value:g}" for name, value in given["limits"].items())
    lines = (f"口径：{given['name']} {given['version']}。", f"参数（时限均为建议时限，非法定）：{limits}。")
    return Section(heading="口径与来源", lines=lines, tables=(table("口径", heads, rows),))


def _problems(body: Plain) -> Section:
    found = body["problems"]
    if not found["counts"]:
        return Section(heading="台账问题", lines=("没有发现。",))
    counts = [[one["code"], one["reason"], one["rows"]] for one in found["counts"]]
    rows = [[one["row"], one["id"], FIELD_NAMES[one["field"]], one["value"], one["reason"]] for one in found["first"]]
    heads = [("行", "count"), ("案件编号", "text"), ("字段", "text"), ("原值", "text"), ("原因", "text")]
    return Section(
        heading="台账问题",
        tables=(
            table("台账问题汇总", [("代码", "text"), ("处理", "text"), ("处数", "count")], counts),
            table("台账问题逐行", heads, rows, f"至多列 {len(rows)} 处。"),
        ),
    )

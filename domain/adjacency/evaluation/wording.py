"""What a report says in words: plain Chinese sentences, made by rules from its figures, each with its uncertainty."""

from collections.abc import Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]
_LEADING = (
    "on_time_handling_rate", "right_dispatch_rate", "adjacent_first_right_rate", "adjacent_return_rate",
    "settling_hours", "recurrence_rate", "satisfaction_rate",
)  # fmt: skip
"""Indicators that the summary speaks of, where they could be computed."""


def amount(figure: Plain, indicator: Plain, side: str = "value") -> str:
    """A figure as people read it: 91.2%、3.4 小时; 无样本 where there is none."""
    value = figure[side]
    if value is None:
        return "无样本"
    return f"{value:.1%}" if indicator["kind"] in ("share", "ratio") else f"{value:.2f}{_gap(indicator['unit'])}"


def _gap(unit: str) -> str:
    return f" {unit}" if unit else ""


def with_interval(figure: Plain, indicator: Plain) -> str:
    """A figure with its interval and a word about small numbers."""
    if figure["value"] is None:
        return "无样本"
    low, high = amount(figure, indicator, "low"), amount(figure, indicator, "high")
    small = "，样本少" if figure["small"] else ""
    return f"{amount(figure, indicator)}（区间 {low}–{high}{small}）"


def summary(report: Plain) -> list[str]:
    """Sentences for the head of a report."""
    indicators = {one["id"]: one for one in report["definitions"]["indicators"]}
    return [
        *_scope(report),
        *report["notes"],
        *_overall(report, indicators),
        *_unlike(report, indicators),
        *_gaming(report),
        *(effect_sentence(one) for one in report["effects"]),
        *(f"未作比较：{one['name']}——{one['reason']}" for one in report["not_compared"]),
        *_missing(report),
    ]


def _scope(report: Plain) -> list[str]:
    scope, problems = report["scope"], report["problems"]["counts"]
    where = "、".join(one["name"] for one in scope["regions"]) or "全市"
    said = (
        f"{where} {scope['first_day']} 至 {scope['last_day']} 共 {scope['cases']} 件。"
        if scope["cases"]
        else f"{where}没有案件。"
    )
    if not problems:
        return [said]
    told = "；".join(f"{one['reason']} {one['rows']} 处" for one in problems)
    return [said, f"台账问题：{told}。"]


def _city(report: Plain) -> Plain | None:
    for one in report["panels"]:
        if one["dimensions"] == ["city"] and one["groups"]:
            return one["groups"][0]
    return None


def _overall(report: Plain, indicators: Mapping[str, Plain]) -> list[str]:
    city = _city(report)
    if city is None:
        return []
    said = [
        f"{indicators[name]['name']} {with_interval(city['figures'][name], indicators[name])}"
        for name in _LEADING
        if name in city["figures"] and city["figures"][name]["value"] is not None
    ]
    scores = [
        f"{one['name']}：{city['scores'][one['id']]['value']:.1f} 分"
        for one in report["definitions"]["scores"]
        if city["scores"].get(one["id"], {}).get("value") is not None
    ]
    return [f"总体：{'；'.join(said)}。"] * bool(said) + [f"{'；'.join(scores)}。"] * bool(scores)


def _unlike(report: Plain, indicators: Mapping[str, Plain]) -> list[str]:
    """Districts whose intervals lie wholly apart from the rest of the city's value: only these may be called unlike."""
    city = _city(report)
    panel = next((one for one in report["panels"] if one["dimensions"] == ["district"]), None)
    if city is None or panel is None:
        return []
    said: list[str] = []
    for name in _LEADING:
        whole = city["figures"].get(name)
        if whole is None or whole["value"] is None or indicators[name]["good"] == "none":
            continue
        for group in panel["groups"]:
            figure = group["figures"][name]
            if not group["key"][0] or figure["value"] is None or figure["small"]:
                continue
            if figure["low"] > whole["high"] or figure["high"] < whole["low"]:
                said.append(_apart(group["label"], figure, whole, indicators[name]))
    return [f"{'；'.join(said)}。"] if said else ["各区县之间没有超出偶然波动的差别。"] * (len(panel["groups"]) > 1)


def _apart(label: str, figure: Plain, whole: Plain, indicator: Plain) -> str:
    better = (figure["value"] > whole["value"]) == (indicator["good"] == "high")
    return f"{label}的{indicator['name']}{'好' if better else '差'}于全市：{with_interval(figure, indicator)}"


def _gaming(report: Plain) -> list[str]:
    names = {one["id"]: one["name"] for one in report["definitions"]["patterns"]}
    by_pattern: dict[str, list[Plain]] = {}
    for one in report["gaming"]:
        by_pattern.setdefault(one["pattern"], []).append(one)
    if not by_pattern:
        return ["未发现刷量迹象。"]
    told = "、".join(f"{names[key]} {len(ones)} 处" for key, ones in by_pattern.items())
    return [f"刷量疑点：{told}；均附案件，须由人工核实后才能认定。"]


def effect_sentence(one: Plain) -> str:
    """A comparison in one paragraph: what changed on both sides, what is left, and whether it may be believed."""
    own = f"由 {_number(one, 'before_treated')} 变为 {_number(one, 'after_treated')}"
    other = f"由 {_number(one, 'before_control')} 变为 {_number(one, 'after_control')}"
    span = f"区间 {_change(one, 'low')} 至 {_change(one, 'high')}，p = {one['p']:.3f}"
    parts = [
        f"自 {one['start']} 起的做法对“{one['name']}”：实施地区{own}，其他地区{other}；",
        f"扣除地区与月份的差别后，估计效果为 {_change(one, 'effect')}（{span}）。",
    ]
    if one["parallel"] is False:
        parts.append(f"但实施前两组走势不同（p = {one['trend_p']:.3f}），这一差别不能归因于该做法。")
    elif one["low"] <= 0 <= one["high"]:
        parts.append("区间包含零：现有数据看不出效果，也不能说没有效果。")
    elif one["parallel"]:
        parts.append("实施前两组走势没有明显不同，差别可以认为与该做法有关。")
    parts += [note for note in one["notes"] if "不能归因" not in note]
    return "".join(parts)


def _number(one: Plain, side: str) -> str:
    return f"{one[side]:.1%}" if one["kind"] == "share" else f"{one[side]:.2f}{_gap(one['unit'])}"


def _change(one: Plain, side: str) -> str:
    value = one[side]
    return f"{value * 100:+.1f} 个百分点" if one["kind"] == "share" else f"{value:+.2f}{_gap(one['unit'])}"


def _missing(report: Plain) -> list[str]:
    lacking: Sequence[Plain] = report["not_computed"]
    return [f"未计算：{'、'.join(one['name'] for one in lacking)}（台账缺少所需的列）。"] if lacking else []

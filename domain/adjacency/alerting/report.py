"""A watch as one JSON value: alerts, what nearly was one, what was tested, and what could not be counted."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.adjacency.alerting.alerts import alerts_of
from domain.adjacency.alerting.causes import causes_of
from domain.adjacency.alerting.ground import Ground, lay_out
from domain.adjacency.alerting.proposing import alert_json, propose, signal_json
from domain.adjacency.alerting.signals import METHOD_NAMES, Method, WatchParams
from domain.adjacency.alerting.watch import Watch, watch
from domain.caselog import CaseTable
from domain.clock import civil_date, iso, shown
from domain.issues import issue_table
from domain.opinion import AIGC_LABEL
from domain.territory import Territory

SHOWN_PROBLEMS = 200
"""Faults of rows that are told one by one; the rest is counted."""


def watch_table(
    table: CaseTable, territory: Territory, as_of: datetime, params: WatchParams | None = None
) -> dict[str, Any]:
    """Watch a case log at an instant.

    Args:
        table: The log; what was reported later than `as_of` is not seen.
        territory: Lines, units and agreements; those of the day of the watch hold.
        as_of: End of the last day that is looked at, aware.
        params: Settings; None for the usual ones.

    Returns:
        `alerts` (see docs/alerting.md), `near`, `tests`, `left_out`, `problems`, `params`, `label`.
    """
    params = params or WatchParams()
    ground = lay_out(table, territory.world, civil_date(as_of))
    found = watch(ground, as_of, params)
    return {
        "as_of": iso(as_of),
        "cases": ground.until(as_of),
        "later": len(ground) - ground.until(as_of),
        "alerts": _alerts(found, ground, territory),
        "near": [{"issue": one.issue, "issue_name": _name(one.issue), **signal_json(one)} for one in found.near],
        "tests": {method.value: found.tests.get(method, 0) for method in Method},
        "left_out": dict(ground.left_out),
        **problems_of(table),
        "params": params_json(params),
        "methods": {method.value: METHOD_NAMES[method] for method in Method},
        "label": AIGC_LABEL,
    }


def _alerts(found: Watch, ground: Ground, territory: Territory) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for alert in alerts_of(found, ground):
        causes = causes_of(alert, ground, territory)
        action = propose(alert, causes, territory)
        ids = [str(one) for one in ground.table.id[ground.rows[alert.members]].tolist()]
        made.append(alert_json(alert, causes, action, ids, found.params.q))
    return made


def problems_of(table: CaseTable) -> dict[str, Any]:
    """What is wrong with which row of the log: counts by reason, and the first rows in full."""
    return {
        "rows_read": table.rows_read,
        "problem_counts": table.problem_counts(),
        "problems": [problem.to_json() for problem in table.problems[:SHOWN_PROBLEMS]],
    }


def params_json(params: WatchParams) -> dict[str, Any]:
    """Settings as JSON."""
    plain: Mapping[str, Any] = asdict(params)
    return {**plain, "durations": list(params.durations), "methods": [method.value for method in params.methods]}


def watch_lines(made: Mapping[str, Any]) -> list[str]:
    """A watch for people."""
    tests, alerts = sum(made["tests"].values()), len(made["alerts"])
    told = [f"截至 {shown(made['as_of'])}：案件 {made['cases']} 件，检验 {tests} 处，预警 {alerts} 条"]
    for alert in made["alerts"]:
        told += ["", *alert_lines(alert)]
    if made["near"]:
        told += ["", "接近但未达到预警标准："]
        told += [
            f"  {one['issue_name']}（{one['method_name']}）：{one['observed']}件，预期{one['expected']:.1f}件"
            for one in made["near"]
        ]
    told += [f"{reason}：{count} 件" for reason, count in made["left_out"].items()]
    told += [f"第 {one['row']} 行 {one['id']}：{one['reason']}" for one in made["problems"][:20]]
    rest = sum(made["problem_counts"].values()) - min(len(made["problems"]), 20)
    return [*told, *([f"……另有 {rest} 处数据问题，见 --json"] if rest > 0 else []), made["label"]]


def alert_lines(alert: Mapping[str, Any]) -> list[str]:
    """One alert for people."""
    action = alert["action"]
    told = [f"【{alert['kind_name']}】{alert['title']}", f"  起于 {shown(alert['since'])}；{alert['explanation']}"]
    told += [
        f"  {s['name']}：{s['observed']}件（预期{s['expected']:.1f}件），{s['owner_name'] or '处置单位待定'}"
        for s in alert["sides"]
    ]
    told += [f"  可能成因：{cause['text']}（{cause['evidence']}）" for cause in alert["causes"]]
    lead, due = action["lead_name"] or "待指定", f"{action['due_on']}前（{action['due_source']}）"
    told.append(f"  建议：{lead}牵头，{due}，{alert['review_on']}复核")
    return [*told, *(f"    {number}. {step}" for number, step in enumerate(action["steps"], 1))]


def _name(issue: str) -> str:
    known = issue_table().get(issue)
    return known.name if known else issue

"""What to do about an alert: who leads, who joins, by when, and when it is looked at again; and all of it in words."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from domain.adjacency.alerting.alerts import Alert, Side
from domain.adjacency.alerting.causes import Cause, agreements_over
from domain.adjacency.alerting.signals import METHOD_NAMES, Method, Signal
from domain.clock import iso
from domain.errors import UnknownRegion
from domain.issues import issue_table
from domain.limits import national_calendar
from domain.organisation import Sector
from domain.territory import Territory

JOINT_WORKDAYS = 5
"""Suggested time for a joint action, workdays."""
REVIEW_DAYS = 14
"""Days after which an alert is looked at again."""
KIND_NAMES = {"cluster": "聚集", "strip": "毗邻带聚集", "area": "区域性上升", "repeat": "同址反复"}
SUGGESTED = "建议时限，非法定"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A proposal; an officer decides.

    Attributes:
        lead, lead_name: Unit that should lead; empty when none is known.
        partners: Units (code, name) that join, one on each side.
        ground: Why this one leads, Chinese.
        steps: What to do, Chinese, in order.
        due: Last day of the joint action; `review` when its effect is looked at.
    """

    lead: str
    lead_name: str
    partners: tuple[tuple[str, str], ...]
    ground: str
    steps: tuple[str, ...]
    due: date
    review: date


def propose(alert: Alert, causes: Sequence[Cause], territory: Territory) -> Action:
    """A joint action that fits the sides, the agreements and the leads."""
    lead, name, ground = _lead(alert, territory)
    owners = {side.owner: side.owner_name for side in alert.sides if side.owner and side.owner != lead}
    days = national_calendar().days_after(alert.day)
    due = next(day for number, day in enumerate(days, 1) if number == JOINT_WORKDAYS)
    return Action(
        lead=lead,
        lead_name=name,
        partners=tuple(owners.items()),
        ground=ground,
        steps=_steps(alert, causes),
        due=due,
        review=alert.day + timedelta(days=REVIEW_DAYS),
    )


def _lead(alert: Alert, territory: Territory) -> tuple[str, str, str]:
    """By agreement in force, else the one side's own unit, else the trade's department of the common superior."""
    register = territory.world.register
    valid, _ = agreements_over(alert, territory) if len(alert.sides) > 1 else ([], [])
    for paper in valid:
        unit = register.get(paper.lead)
        if unit is not None and unit.valid_on(alert.day):
            return unit.code, unit.name, f"《{paper.title}》约定牵头"
    if len(alert.sides) == 1 and alert.sides[0].owner:
        return alert.sides[0].owner, alert.sides[0].owner_name, "只涉及一个镇街，由其处置单位牵头"
    superior = _superior(alert, territory)
    known = issue_table().get(alert.issue)
    sectors = (*(known.supervision if known else ()), Sector.URBAN_MANAGEMENT, Sector.GOVERNANCE_CENTRE)
    for sector in sectors:
        unit = register.find(sector, (superior,), alert.day)
        if unit is not None:
            return unit.code, unit.name, "涉及多方且无有效协议，建议由共同上一级的行业主管部门牵头"
    return "", "", "没有找到可牵头的单位，请治理中心指定"


def _superior(alert: Alert, territory: Territory) -> str:
    codes = [side.township for side in alert.sides] or list(alert.regions)
    try:
        found = territory.common_superior(codes, alert.day)
    except UnknownRegion:  # a table may name townships of another day
        found = ""
    return territory.path(found, alert.day)[1] if found in codes and len(codes) > 1 else found or territory.world.city


def _steps(alert: Alert, causes: Sequence[Cause]) -> tuple[str, ...]:
    where = "、".join(side.name for side in alert.sides[:4]) or ("相关区县" if alert.lon is None else "相邻镇街")
    steps = [f"牵头单位召集{where}现场会商，核对{alert.main.observed}件案件是否同一来源"]
    steps += [f"核查线索：{cause.text}" for cause in causes if cause.p > 0.0][:3]
    names = {cause.name for cause in causes}
    if len(alert.sides) > 1:
        steps.append("两侧同日联合处置，一侧处置时通知另一侧，处置结果共同回告")
    if names & {"no_agreement", "agreement_ended"}:
        steps.append("就此处此事项商签（续签）毗邻协议，明确处置、养护与费用；执法主体不因协议改变")
    if alert.kind == "repeat":
        steps.append("追到源头再结案：列明每次结案做了什么、为什么又发生，落实设施或管护措施")
    steps.append(f"{REVIEW_DAYS}天后复核：同处同类案件是否回到预期水平")
    return tuple(steps)


def explain(signal: Signal, q: float) -> str:
    """What the figures mean, for people without statistics."""
    times = f"约为预期的{signal.relative_risk:.1f}倍" if signal.expected >= 0.05 else "往常几乎没有"
    if signal.method is Method.REPEATS:
        what = f"近{signal.days}天这一处前后发生{signal.observed}次，同类地点一般为{signal.expected:.1f}次"
    else:
        what = f"近{signal.days}天发生{signal.observed}件，按往常规律预期{signal.expected:.1f}件，{times}"
    return (
        f"{what}。p{short(signal.p)}：如果一切照常，{_odds(signal.p)}。"
        f"全市同时检验很多处，已按错误发现率校正：所发预警中碰巧的平均不超过{q:.0%}。"
        "这说明值得核查，不等于已查明原因。"
    )


def _odds(p: float) -> str:
    if p < 1e-6:
        return "碰巧出现这种情形的机会不到百万分之一"
    times = 1 / p
    size = 10 ** max(math.floor(math.log10(times)) - 1, 0)
    return f"平均每{round(times / size) * size:,.0f}次这样的检验才会碰巧出现一次"


def short(p: float) -> str:
    """A p-value with two digits that count, and the sign before it."""
    return f"={p:.2g}" if p >= 1e-4 else "<0.0001"


def alert_json(
    alert: Alert, causes: Sequence[Cause], action: Action, case_ids: Sequence[str], q: float
) -> dict[str, Any]:
    """The alert as JSON: what, where, since when, how surely, whom it concerns, why perhaps, and what to do."""
    main = alert.main
    return {
        "id": alert.id,
        "issue": alert.issue,
        "issue_name": alert.issue_name,
        "kind": alert.kind,
        "kind_name": KIND_NAMES[alert.kind],
        "title": title(alert),
        "since": iso(alert.since),
        "as_of": iso(alert.as_of),
        "lon": alert.lon,
        "lat": alert.lat,
        "radius_m": round(main.radius_m, 0),
        "regions": list(alert.regions),
        "observed": main.observed,
        "expected": round(main.expected, 3),
        "relative_risk": round(main.relative_risk, 2),
        "p": _rounded(main.p),
        "q": _rounded(main.q),
        "signals": [signal_json(signal) for signal in alert.signals],
        "sides": [_side_json(side) for side in alert.sides],
        "explanation": explain(main, q),
        "causes": [_cause_json(cause) for cause in causes],
        "action": _action_json(action),
        "review_on": action.review.isoformat(),
        "cases": list(case_ids),
    }


def title(alert: Alert) -> str:
    """One line: where and what."""
    names = [side.name for side in alert.sides]
    where = (
        "与".join(names[:2]) + ("等" if len(names) > 2 else "")
        if names
        else "全域"
        if alert.lon is None
        else "未归属地段"
    )
    joint = "交界处" if alert.kind == "strip" else ""
    what = f"{where}{joint}{alert.issue_name}{KIND_NAMES[alert.kind]}"
    return f"{what}：{alert.main.observed}件，预期{alert.main.expected:.1f}件"


def signal_json(signal: Signal) -> dict[str, Any]:
    """One finding as JSON."""
    return {
        "method": signal.method.value,
        "method_name": METHOD_NAMES[signal.method],
        "days": signal.days,
        "observed": signal.observed,
        "expected": round(signal.expected, 3),
        "p": _rounded(signal.p),
        "q": _rounded(signal.q),
        "areas": list(signal.areas),
        "note": signal.note,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _side_json(side: Side) -> dict[str, Any]:
    return asdict(side) | {"expected": round(side.expected, 3)}


def _cause_json(cause: Cause) -> dict[str, Any]:
    share, usual = (None if math.isnan(x) else round(x, 3) for x in (cause.share, cause.usual))
    return {
        "name": cause.name,
        "text": cause.text,
        "evidence": cause.evidence,
        "share": share,
        "usual": usual,
        "p": _rounded(cause.p),
    }


def _action_json(action: Action) -> dict[str, Any]:
    return {
        "lead": action.lead,
        "lead_name": action.lead_name,
        "ground": action.ground,
        "partners": [{"unit": code, "unit_name": name} for code, name in action.partners],
        "steps": list(action.steps),
        "due_on": action.due.isoformat(),
        "due_source": SUGGESTED,
    }

"""Dispatch (派单): handling at once, the rest after the ruling; enforcement is never ordered by a machine."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Assignment, Context
from agents.intake import point_of
from domain.case import Decision, Move, OrderStatus, Stage, Verdict, WorkOrder
from domain.clock import civil_date, iso
from domain.errors import IllegalMove, UnknownUnit
from domain.geo import Point, distance_m
from domain.issues import issue_table
from domain.limits import SOURCE_NAMES, due_at, national_calendar
from domain.observation import observation_from_json
from domain.opinion import AIGC_LABEL, DUTIES, Deadline

BY = "system"
DUTY_NAMES: dict[str, str] = dict(zip(DUTIES, ("现场处置", "权属养护", "行业监管", "行政执法"), strict=True))
ORDERABLE = ("handling", "upkeep")
"""Duties for which a work order may be written; supervision and enforcement are told by people."""
OUT_OF_HAND = (OrderStatus.RETURNED, OrderStatus.REVOKED)
"""Statuses of an order that its unit no longer has to carry out."""


class DispatchInput(TypedDict):
    """The part of the state that `dispatch` reads."""

    case_id: str
    observation: dict[str, Any]
    issue: str
    opinion: dict[str, Any]


class DispatchUpdate(TypedDict):
    """The part of the state that `dispatch` writes."""

    orders: list[str]
    summary: str


async def dispatch(state: DispatchInput, runtime: Runtime[Context]) -> DispatchUpdate:
    """Send somebody to the spot at once, whoever turns out to own the matter (R00)."""
    context, case_id = runtime.context, state["case_id"]
    seen = observation_from_json(state["observation"])
    named = state["opinion"]["duties"]["handling"]["unit"]
    chosen = context.dispatch(point_of(seen), named, state["issue"], civil_date(seen.observed_at))
    order = order_for(f"{case_id}:handling", "handling", chosen, state, context.clock())
    # Together: whoever hears of the order and accepts it must find the case dispatched.
    async with context.cases.together():
        written = await issue(context, order, state["opinion"])
        await context.cases.move(case_id, Move.DISPATCH, by=BY, at=written.issued_at, key=f"{case_id}:dispatch")
    gap = "" if chosen.distance_m is None else f"，直线距离{chosen.distance_m:.0f}米"
    return {"orders": [written.id], "summary": f"现场处置已派{written.unit_name}{gap}：{'；'.join(chosen.reasons)}"}


def order_for(order_id: str, duty: str, chosen: Assignment, state: Mapping[str, Any], now: datetime) -> WorkOrder:
    """A work order of one duty, due by the opinion's limit for it."""
    due, source = due_of(state["opinion"], duty, now)
    return WorkOrder(
        id=order_id,
        case_id=state["case_id"],
        duty=duty,
        unit=chosen.unit.code,
        unit_name=chosen.unit.name,
        status=OrderStatus.ISSUED,
        issued_at=now,
        due_at=due,
        due_source=source,
        text=text_of(state, duty, "；".join(chosen.reasons)),
        distance_m=None if chosen.distance_m is None else round(chosen.distance_m, 1),
    )


def due_of(opinion: Mapping[str, Any], duty: str, now: datetime) -> tuple[datetime | None, str]:
    """When an order is due and whether the limit is statutory: handling by the issue's first limit, upkeep by its last.

    Limits of procedure (consultation, replies) bind offices and not crews. A limit of "at once" that the table keeps
    for the dangerous variant of an issue counts only in an emergency.
    """
    known = issue_table().get(opinion["issue"]["id"])
    own = {limit.what for limit in known.deadlines} if known else set[str]()
    limits = [Deadline(**plain) for plain in opinion["deadlines"] if plain["what"] in own]
    if not opinion["emergency"]:
        limits = [limit for limit in limits if limit.value > 0] or limits
    if not limits:
        return None, ""
    dues = [(due_at(now, limit, national_calendar()), limit.source) for limit in limits]
    return min(dues) if duty == "handling" else max(dues)


def text_of(state: Mapping[str, Any], duty: str, why: str) -> str:
    """What the unit reads."""
    seen = observation_from_json(state["observation"])
    opinion = state["opinion"]
    place = seen.address or (f"经度{seen.lon:.6f}、纬度{seen.lat:.6f}" if seen.lon and seen.lat else "位置待核实")
    urgent = "【紧急】" if opinion["emergency"] else ""
    name = opinion["issue"].get("name") or "待认定事项"
    lines = [
        f"{urgent}{name}（{DUTY_NAMES[duty]}）",
        f"地点：{place}",
        f"上报：{seen.text}",
        f"派单理由：{why}",
        f"先做：{opinion['explanation']['steps'][0]}",
        AIGC_LABEL,
    ]
    return "\n".join(lines)


async def issue(context: Context, order: WorkOrder, opinion: Mapping[str, Any]) -> WorkOrder:
    """Write the order with the message that webhooks and the console hear."""
    limit = {"due_at": iso(order.due_at) if order.due_at else "", "due_source": order.due_source}
    event = {
        "order": order.id,
        "case": order.case_id,
        "duty": order.duty,
        "unit": order.unit,
        "unit_name": order.unit_name,
        "opinion": opinion["id"],
        "emergency": opinion["emergency"],
        "due_note": SOURCE_NAMES.get(order.due_source, ""),
        **limit,
    }
    return await context.cases.issue_order(order, by=BY, at=order.issued_at, event=event)


class AwaitRulingInput(TypedDict):
    """The part of the state that `await_ruling` reads."""

    case_id: str
    opinion_id: str
    opinion: dict[str, Any]


class AwaitRulingUpdate(TypedDict):
    """The part of the state that `await_ruling` writes."""

    ruling: str
    summary: str


async def await_ruling(state: AwaitRulingInput) -> AwaitRulingUpdate:
    """Stop until an officer has ruled; what is ruled is read from the records, never from the answer here."""
    opinion = state["opinion"]
    interrupt(
        {
            "case_id": state["case_id"],
            "opinion_id": state["opinion_id"],
            "why": opinion["human_required"]["why"],
            "duties": {name: opinion["duties"][name]["unit_name"] for name in DUTIES},
        }
    )
    return {"ruling": state["opinion_id"], "summary": "收到人工裁定"}


class SettleInput(TypedDict):
    """The part of the state that `settle` reads."""

    case_id: str
    observation: dict[str, Any]
    issue: str
    opinion_id: str
    opinion: dict[str, Any]
    orders: list[str]


class SettleUpdate(TypedDict):
    """The part of the state that `settle` writes."""

    orders: list[str]
    outcome: str
    summary: str


async def settle(state: SettleInput, runtime: Runtime[Context]) -> SettleUpdate:
    """Carry out what the records say was ruled; without a ruling only what needs none."""
    context, opinion = runtime.context, state["opinion"]
    decision = await context.cases.decision_of(state["opinion_id"])
    if decision is None and opinion["human_required"]["value"]:
        return {"orders": state["orders"], "outcome": "waiting", "summary": "尚无人工裁定，继续等待"}
    if decision is not None and decision.verdict is Verdict.REJECT:
        return await _rejected(state, context, decision)
    return await _carried_out(state, context, decision)


async def _rejected(state: SettleInput, context: Context, decision: Decision) -> SettleUpdate:
    """The case stays with whoever handles it, goes up, and nobody is told to keep the thing up.

    An officer who says who bears the duties instead has ruled: that is carried out, and nothing goes up.
    """
    if decision.changes:
        return await _overruled(state, context, decision)
    case_id, now, reason = state["case_id"], context.clock(), decision.reason.strip() or "意见书未获批准"
    try:
        await context.cases.move(case_id, Move.ESCALATE, by=decision.by, at=now, reason=reason, key=f"{case_id}:settle")
        text = f"意见书被退回（{reason}），现场处置不变，已提请上级"
    except IllegalMove as error:
        # The unit has handled it meanwhile: there is no way up from there, but the ruling is kept in sight.
        detail = {"reason": reason, "stage": error.message}
        await context.cases.note(case_id, "case.escalation_noted", detail, at=now, key=f"{case_id}:settle")
        text = f"意见书被退回（{reason}）；案件已进入后续阶段，提请上级的要求已记录"
    return {"orders": state["orders"], "outcome": "rejected", "summary": text}


async def _overruled(state: SettleInput, context: Context, decision: Decision) -> SettleUpdate:
    """Carry out the officer's own ruling; of the rejected opinion nothing is."""
    ruled, orders = dict(decision.changes or {}), list(state["orders"])
    said = ["意见书被否决，按有权人员另行的裁定办理"]
    if ruled.get("handling"):
        said += await _redirect(state, context, decision, ruled["handling"], orders)
    if ruled.get("upkeep"):
        why = "经有权人员否决意见书后另行裁定"
        order = await _send(state, context, "upkeep", ruled["upkeep"], f"{state['case_id']}:upkeep", why)
        orders.append(order.id)
        said.append(f"权属养护已派{order.unit_name}")
    others = [DUTY_NAMES[duty] for duty in ruled if duty not in ORDERABLE]
    if others:
        said.append(f"{'、'.join(others)}的裁定已记录，由有权机关依法启动")
    if len(orders) == len(state["orders"]):
        await _close_handled(context, state["case_id"])
    return {"orders": orders, "outcome": "rejected", "summary": "；".join(said)}


async def _carried_out(state: SettleInput, context: Context, decision: Decision | None) -> SettleUpdate:
    changes = dict(decision.changes or {}) if decision and decision.verdict is Verdict.AMEND else {}
    orders = list(state["orders"])
    said: list[str] = []
    if changes.get("handling"):
        said += await _redirect(state, context, decision, changes["handling"], orders)
    unit = changes.get("upkeep") or _upkeep_of(state["opinion"], ruled=decision is not None)
    if unit:
        order = await _send(state, context, "upkeep", unit, f"{state['case_id']}:upkeep", _why(decision))
        orders.append(order.id)
        said.append(f"权属养护已派{order.unit_name}")
    elif decision is not None:
        said.append("权属养护单位不明，未派养护工单")
    others = [DUTY_NAMES[duty] for duty in changes if duty not in ORDERABLE]
    if others:
        said.append(f"{'、'.join(others)}的改定已记录，由有权机关依法启动")
    if len(orders) == len(state["orders"]):
        await _close_handled(context, state["case_id"])
    outcome = "settled" if decision is None else ("amended" if decision.verdict is Verdict.AMEND else "approved")
    return {"orders": orders, "outcome": outcome, "summary": "；".join(said) or "无需另派工单"}


async def _close_handled(context: Context, case_id: str) -> None:
    """The crew was done before the ruling, and the ruling brought no new order: nothing else moves the case on."""
    file = await context.cases.case(case_id)
    open_ = [
        o for o in await context.cases.orders_of(case_id) if o.status not in (OrderStatus.DONE, OrderStatus.REVOKED)
    ]
    if file.stage is not Stage.ACCEPTED or open_:
        return
    for move in (Move.HANDLE, Move.REPORT):
        key = f"{case_id}:settle:{move.value}"
        await context.cases.move(case_id, move, by=BY, at=context.clock(), key=key)


def _why(decision: Decision | None) -> str:
    return "意见书确定，无须人工裁定" if decision is None else "经人工审核确定"


def _upkeep_of(opinion: Mapping[str, Any], *, ruled: bool) -> str:
    """Unit to be told of its upkeep; without a ruling only one that is determined."""
    duty = opinion["duties"]["upkeep"]
    return duty["unit"] if ruled or duty["status"] == "determined" else ""


async def _redirect(
    state: SettleInput, context: Context, decision: Decision | None, unit: str, orders: list[str]
) -> list[str]:
    """Take handling from the unit first sent and give it to the officer's."""
    by, now = decision.by if decision else BY, context.clock()
    handling = [order for order in await context.cases.orders_of(state["case_id"]) if order.duty == "handling"]
    for order in handling:
        if order.unit != unit and order.status in (OrderStatus.ISSUED, OrderStatus.ACCEPTED):
            reason = "人工改定现场处置单位"
            await context.cases.order_move(order.id, OrderStatus.REVOKED, by=by, at=now, reason=reason)
    amended = f"{state['case_id']}:handling:amended"
    if any(order.unit == unit and order.id != amended and order.status not in OUT_OF_HAND for order in handling):
        return []
    async with context.cases.together():
        order = await _send(state, context, "handling", unit, amended, _why(decision))
        if (await context.cases.case(state["case_id"])).stage in (Stage.RETURNED, Stage.ESCALATED):
            # Else the new unit's acceptance would find a case that nobody may accept.
            await context.cases.move(state["case_id"], Move.DISPATCH, by=by, at=now, key=f"{amended}:dispatch")
    orders.append(order.id)
    return [f"现场处置改派{order.unit_name}"]


async def _send(state: SettleInput, context: Context, duty: str, code: str, order_id: str, why: str) -> WorkOrder:
    unit = context.world.register.get(code)
    if unit is None:
        raise UnknownUnit(f"没有编码为“{code}”的单位。", "请核对单位表后重新裁定。")
    point = point_of(observation_from_json(state["observation"]))
    gap_m = None if point is None else distance_m(point, Point(unit.lon, unit.lat))
    chosen = Assignment(unit=unit, distance_m=gap_m, reasons=(why,))
    return await issue(context, order_for(order_id, duty, chosen, state, context.clock()), state["opinion"])

"""Disputes over returned orders: look at the clock and at what was said, do what is due; then wait for a word."""

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Assignment, Context, Disputes
from agents.dispatch import DUTY_NAMES, ORDERABLE, issue, order_for
from domain.adjacency.disputes import SETTLEMENT_NAMES, STATE_NAMES, Dispute, DisputeState, Settlement
from domain.case import CaseFile, Move, OrderStatus, Stage, WorkOrder
from domain.clock import iso
from domain.errors import Unavailable, UnknownUnit
from domain.geo import Point, distance_m
from domain.observation import observation_from_json

BY = "system"
ENDED = (Stage.CLOSED, Stage.EVALUATED, Stage.REJECTED, Stage.MERGED)
"""Stages after which nobody needs to know any more whose it was."""
LIVE = (OrderStatus.ISSUED, OrderStatus.ACCEPTED)


class ActInput(TypedDict):
    """The part of the state that `act` reads."""

    dispute_id: str


class ActUpdate(TypedDict):
    """The part of the state that `act` writes."""

    outcome: str
    summary: str


async def act(state: ActInput, runtime: Runtime[Context]) -> ActUpdate:
    """Do what the records and the clock say is due: take it up, carry out the ruling, or nothing yet."""
    context = runtime.context
    book = _book(context)
    dispute = await book.get(state["dispute_id"])
    case = await context.cases.case(dispute.case_id)
    if dispute.is_open and case.stage in ENDED:
        dispute = await book.withdraw(dispute.id, by=BY, at=context.clock(), reason="案件已了结，争议不再办理")
    if dispute.state is DisputeState.RULED:
        said = await _carried_out(context, dispute, case)
        await book.settle(dispute.id)
        return {"outcome": dispute.state.value, "summary": said}
    if not dispute.is_open:
        return {"outcome": dispute.state.value, "summary": f"争议{STATE_NAMES[dispute.state]}：{dispute.ruled_why}"}
    return await _kept_open(context, dispute, case)


async def _kept_open(context: Context, dispute: Dispute, case: CaseFile) -> ActUpdate:
    """Up when talking took too long; said aloud when the superior does."""
    now = context.clock()
    if dispute.state is DisputeState.CONSULTING and dispute.is_due(now):
        opinion = await context.cases.opinion(dispute.opinion_id)
        why = f"{dispute.due_what}逾期，自动提请共同上级"
        dispute = await _book(context).escalate(dispute.id, opinion, why=why, by=BY, at=now)
    if dispute.state is DisputeState.ESCALATED and case.stage is Stage.RETURNED:
        key = f"{dispute.id}:escalate"
        await context.cases.move(case.id, Move.ESCALATE, by=BY, at=now, reason=dispute.why_up, key=key)
    if dispute.state is DisputeState.ESCALATED and dispute.is_due(now):
        detail = {"dispute": dispute.id, "due_at": dispute.to_json()["due_at"], "what": dispute.due_what}
        await context.cases.note(case.id, "dispute.overdue", detail, at=now, key=f"{dispute.id}:overdue")
    above = f"，共同上级：{dispute.superior.name}" if dispute.superior else ""
    limit = f"，{dispute.due_what}至 {iso(dispute.due_at)}" if dispute.due_at else ""
    return {"outcome": "waiting", "summary": f"争议{STATE_NAMES[dispute.state]}{above}{limit}"}


async def _carried_out(context: Context, dispute: Dispute, case: CaseFile) -> str:
    """Orders to the units that were ruled, and the case back on its way."""
    told = [f"{SETTLEMENT_NAMES[Settlement(dispute.settlement)]}"]
    for duty in ORDERABLE:
        if code := dispute.ruling.get(duty):
            told.append(f"{DUTY_NAMES[duty]}由{await _sent(context, dispute, case, duty, code)}承担")
    others = [DUTY_NAMES[duty] for duty in dispute.ruling if duty not in ORDERABLE]
    if others:
        told.append(f"{'、'.join(others)}的裁定已记录，由有权机关依法启动")
    return "；".join(told)


async def _sent(context: Context, dispute: Dispute, case: CaseFile, duty: str, code: str) -> str:
    """Name of the unit, which has an order for the duty; orders of others for it are revoked."""
    unit = context.world.register.get(code)
    if unit is None:
        raise UnknownUnit(f"没有编码为“{code[:40]}”的单位。", "请核对单位表后重新裁定。")
    orders = [order for order in await context.cases.orders_of(case.id) if order.duty == duty]
    for order in orders:
        if order.unit != code and order.status in LIVE:
            await context.cases.order_move(
                order.id, OrderStatus.REVOKED, by=dispute.ruled_by, at=context.clock(), reason="争议裁定由其他单位承担"
            )
    if any(order.unit == code and order.status in (*LIVE, OrderStatus.DONE) for order in orders):
        return unit.name
    point = observation_from_json(case.observation).point
    away_m = None if point is None else distance_m(point, Point(unit.lon, unit.lat))
    chosen = Assignment(unit=unit, distance_m=away_m, reasons=(f"争议裁定：{dispute.ruled_why}",))
    opinion = await context.cases.opinion(dispute.opinion_id)
    state: dict[str, Any] = {"case_id": case.id, "observation": case.observation, "opinion": opinion}
    order = order_for(f"{dispute.id}:{duty}", duty, chosen, state, context.clock())
    await _issued(context, dispute, case.id, order, opinion)
    return unit.name


async def _issued(context: Context, dispute: Dispute, case_id: str, order: WorkOrder, opinion: dict[str, Any]) -> None:
    """The order and the move that lets its unit accept it, together."""
    async with context.cases.together():
        await issue(context, order, opinion)
        if (await context.cases.case(case_id)).stage in (Stage.RETURNED, Stage.ESCALATED):
            key = f"{dispute.id}:dispatch"
            await context.cases.move(case_id, Move.DISPATCH, by=dispute.ruled_by, at=context.clock(), key=key)


class AwaitWordInput(TypedDict):
    """The part of the state that `await_word` reads."""

    dispute_id: str


class AwaitWordUpdate(TypedDict):
    """The part of the state that `await_word` writes."""

    heard: bool
    summary: str


async def await_word(state: AwaitWordInput) -> AwaitWordUpdate:
    """Stop until somebody said something or the time is up; what was said is read from the records."""
    interrupt({"dispute_id": state["dispute_id"]})
    return {"heard": True, "summary": "争议有新的进展"}


def _book(context: Context) -> Disputes:
    if context.disputes is None:
        raise Unavailable("没有打开争议记录。", "请通过服务办理争议。")
    return context.disputes

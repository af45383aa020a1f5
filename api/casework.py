"""What officers and crews do to a case over HTTP, each as one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from agents.dispatch import issue, order_for
from api.errors import PreconditionFailed
from domain.case import CaseFile, Move, OrderStatus, Stage, WorkOrder
from domain.clock import civil_date
from domain.dispatch import Assignment
from domain.errors import Conflict, IllegalMove, UnknownUnit
from domain.geo import Point, distance_m
from domain.observation import observation_from_json
from graphs.bootstrap import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Whom to send when a case is dispatched by hand: `duty` is handling or upkeep, `unit` a unit's code."""

    duty: str
    unit: str


async def move_case(
    services: Services,
    case_id: str,
    move: Move,
    *,
    by: str,
    reason: str = "",
    into: str = "",
    version: int | None = None,
    key: str = "",
    sending: Sending | None = None,
) -> CaseFile:
    """Make a move for a person; a case that is taken out of its master, or resumed, goes on with its run.

    Args:
        services: The collaborators.
        case_id: The case.
        move: What to do.
        by: Who does it.
        reason: Why, in words.
        into: The master, for a merge.
        version: The version the caller saw; None when any will do.
        key: The caller's idempotency key; empty when there is none.
        sending: Whom to send with a new work order, for a dispatch.

    Raises:
        PreconditionFailed: If the case has another version.
        IllegalMove: If the life cycle has no such move from here (lists the legal ones), or a work order is asked for
            and there is no opinion yet.
        UnknownUnit: If there is no such unit today.
    """
    own_key = f"{by}:{key}" if key else ""
    try:
        async with services.book.together():
            moved = await services.book.move(
                case_id, move, by=by, at=services.clock(), reason=reason, key=own_key, into=into, version=version
            )
            if sending is not None:
                mark = sha256(own_key.encode()).hexdigest()[:12] if own_key else f"v{moved.version}"
                await _send(services, moved, sending, f"{case_id}:{sending.duty}:{mark}", reason)
                await services.disputes.reassigned(case_id, sending.duty, sending.unit, by=by, reason=reason)
            if move is Move.UNMERGE:
                await services.book.reopen_intake(case_id)
    except Conflict as fault:
        # The book says Conflict for an outdated version; HTTP has a status of its own for that.
        if type(fault) is Conflict and version is not None:
            raise PreconditionFailed(fault.message, fault.hint) from None
        raise
    if move in (Move.UNMERGE, Move.RESUME):
        # A run that met the suspended case gave up; one that has nothing left to do notices that at once.
        services.runner.submit(case_id)
    return moved


async def _send(services: Services, case: CaseFile, sending: Sending, order_id: str, reason: str) -> None:
    """Write a work order for a unit that an officer chose, due and worded like those of a run."""
    now = services.clock()
    unit = services.world.register.get(sending.unit)
    if unit is None or not unit.valid_on(civil_date(now)):
        raise UnknownUnit(f"没有编码为“{sending.unit[:40]}”的现行单位。", "单位编码见 /api/v1/world/units。")
    if not case.opinion:
        raise IllegalMove("案件尚无意见书，不能派发工单。", "请待识别与定责完成，或先不指定 unit。")
    opinion = await services.book.opinion(case.opinion)
    point = observation_from_json(case.observation).point
    away_m = None if point is None else distance_m(point, Point(unit.lon, unit.lat))
    chosen = Assignment(unit=unit, distance_m=away_m, reasons=(reason.strip() or "经坐席重新派遣",))
    state = {"case_id": case.id, "observation": case.observation, "opinion": opinion}
    await issue(services.context, order_for(order_id, sending.duty, chosen, state, now), opinion)


async def move_order(
    services: Services, order: WorkOrder, status: OrderStatus, *, by: str, reason: str
) -> tuple[WorkOrder, CaseFile]:
    """Change an order's status and drive its case along, all or nothing; the status it has already changes nothing.

    Args:
        services: The collaborators.
        order: The order.
        status: What it becomes.
        by: Who says so.
        reason: Why, in words; needed to return it.

    Raises:
        IllegalMove: If the status may not follow; lists those that may.
        EmptyText: If an order is returned without a reason.
    """
    book, now = services.book, services.clock()
    async with book.together():
        moved = await book.order_move(order.id, status, by=by, at=now, reason=reason)
        case = await book.case(order.case_id)
        if moved.status is order.status:
            return moved, case
        if status is OrderStatus.RETURNED:
            return moved, await _returned(services, moved, case, by=by, reason=reason)
        settled = await _is_settled(services, case)
        for move in moves_after(case.stage, await book.orders_of(case.id), status, settled=settled):
            key = f"{order.id}:{status.value}:{move.value}"
            case = await book.move(case.id, move, by=by, at=now, reason=reason, key=key)
    return moved, case


async def _returned(services: Services, order: WorkOrder, case: CaseFile, *, by: str, reason: str) -> CaseFile:
    """The case of an order that came back, with the dispute that this opens; a second return takes it up at once."""
    book, now = services.book, services.clock()
    for move in moves_after(case.stage, await book.orders_of(case.id), OrderStatus.RETURNED, settled=False):
        key = f"{order.id}:{OrderStatus.RETURNED.value}:{move.value}"
        case = await book.move(case.id, move, by=by, at=now, reason=reason, key=key)
    await services.disputes.returned(order, case, by=by, reason=reason)
    return await book.case(case.id)


async def _is_settled(services: Services, case: CaseFile) -> bool:
    """Whether no order can come any more: nothing waits for a signature, and no run still carries out a ruling."""
    if await services.book.has_work(case.id):
        return False
    if not case.opinion:
        return True
    opinion = await services.book.opinion(case.opinion)
    return not opinion["human_required"]["value"] or await services.book.decision_of(case.opinion) is not None


def moves_after(stage: Stage, orders: Sequence[WorkOrder], status: OrderStatus, *, settled: bool) -> tuple[Move, ...]:
    """The moves of a case that follow from a change of one of its orders.

    The first acceptance accepts the case, a return returns it, and it is handled and reported once every order is
    done and no further one can come: a ruling may still bring an upkeep order. If it brings none, the run that carries
    it out reports the case.

    Args:
        stage: Where the case stands.
        orders: All its orders, oldest first, the change included.
        status: What the changed order became.
        settled: Whether no order can come any more.
    """
    latest = {order.duty: order.status for order in orders if order.status is not OrderStatus.REVOKED}
    if status is OrderStatus.ACCEPTED and stage is Stage.DISPATCHED:
        return (Move.ACCEPT,)
    if status is OrderStatus.RETURNED and stage in (Stage.DISPATCHED, Stage.ACCEPTED):
        return (Move.RETURN,)
    finished = settled and set(latest.values()) <= {OrderStatus.DONE}
    if status is OrderStatus.DONE and stage is Stage.ACCEPTED and finished:
        return (Move.HANDLE, Move.REPORT)
    return ()

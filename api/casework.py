"""What officers and crews do to a case over HTTP, each as one transaction."""

from collections.abc import Sequence

from api.errors import PreconditionFailed
from domain.case import CaseFile, Move, OrderStatus, Stage, WorkOrder
from domain.errors import Conflict
from graphs.bootstrap import Services

OPEN = frozenset({OrderStatus.ISSUED, OrderStatus.ACCEPTED})
"""Orders that somebody still has to work on."""


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
) -> CaseFile:
    """Make a move for a person; a case that is taken out of its master goes on with its run.

    Args:
        services: The collaborators.
        case_id: The case.
        move: What to do.
        by: Who does it.
        reason: Why, in words.
        into: The master, for a merge.
        version: The version the caller saw; None when any will do.
        key: The caller's idempotency key; empty when there is none.

    Raises:
        PreconditionFailed: If the case has another version.
        IllegalMove: If the life cycle has no such move from here; lists the legal ones.
    """
    own_key = f"{by}:{key}" if key else ""
    try:
        async with services.book.together():
            moved = await services.book.move(
                case_id, move, by=by, at=services.clock(), reason=reason, key=own_key, into=into, version=version
            )
            if move is Move.UNMERGE:
                await services.book.reopen_intake(case_id)
    except Conflict as fault:
        # The book says Conflict for an outdated version; HTTP has a status of its own for that.
        if type(fault) is Conflict and version is not None:
            raise PreconditionFailed(fault.message, fault.hint) from None
        raise
    if move is Move.UNMERGE:
        services.runner.submit(case_id)
    return moved


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
        ruled = await _is_ruled(services, case)
        for move in moves_after(case.stage, await book.orders_of(case.id), status, ruled=ruled):
            key = f"{order.id}:{status.value}:{move.value}"
            case = await book.move(case.id, move, by=by, at=now, reason=reason, key=key)
    return moved, case


async def _is_ruled(services: Services, case: CaseFile) -> bool:
    """Whether nothing about the case waits for an officer's signature."""
    if not case.opinion:
        return True
    opinion = await services.book.opinion(case.opinion)
    return not opinion["human_required"]["value"] or await services.book.decision_of(case.opinion) is not None


def moves_after(stage: Stage, orders: Sequence[WorkOrder], status: OrderStatus, *, ruled: bool) -> tuple[Move, ...]:
    """The moves of a case that follow from a change of one of its orders.

    The first acceptance accepts the case, a return returns it, and it is handled and reported once every order is
    done and no opinion waits: an upkeep order may still come of the ruling.

    Args:
        stage: Where the case stands.
        orders: All its orders, oldest first, the change included.
        status: What the changed order became.
        ruled: Whether no opinion on the case waits for a signature.
    """
    latest = {order.duty: order.status for order in orders if order.status is not OrderStatus.REVOKED}
    if status is OrderStatus.ACCEPTED and stage is Stage.DISPATCHED:
        return (Move.ACCEPT,)
    if status is OrderStatus.RETURNED and stage in (Stage.DISPATCHED, Stage.ACCEPTED):
        return (Move.RETURN,)
    finished = ruled and set(latest.values()) <= {OrderStatus.DONE}
    if status is OrderStatus.DONE and stage is Stage.ACCEPTED and finished:
        return (Move.HANDLE, Move.REPORT)
    return ()

"""Work orders page by page, and how much there is of everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true, tuple_

from domain.case import OrderStatus, Stage, WorkOrder
from records.orders import order_of
from records.pages import below, decode, encode, require_codes, require_size
from records.tables import cases, outbox, work_orders


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage:
    """One page of work orders, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[WorkOrder, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilters:
    """Which orders to list.

    Attributes:
        region_prefixes: Orders of cases whose region begins so may be seen; `("",)` is everything, `()` is nothing.
        units: Orders to these units may be seen as well.
        status: Only orders of this status.
        unit: Only orders to this unit; empty for all.
    """

    region_prefixes: Sequence[str] = ()
    units: Sequence[str] = ()
    status: OrderStatus | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        require_codes(self.region_prefixes, self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """How many cases stand in each stage (stages without any included), and how many messages wait or were given up."""

    cases: dict[Stage, int]
    outbox_pending: int
    outbox_dead: int


def order_page(conn: Connection, filters: OrderFilters, *, limit: int, cursor: str) -> OrderPage:
    """One page of orders; one that is issued later never shifts the pages after the cursor.

    Raises:
        InvalidInput: If the cursor is not one that a page gave, or the limit is not in 1 to 500.
    """
    require_size(limit)
    query = select(work_orders).join(cases, cases.c.id == work_orders.c.case_id).where(_wanted(filters))
    if cursor:
        query = query.where(tuple_(work_orders.c.issued_at, work_orders.c.id) < tuple_(*decode(cursor)))
    query = query.order_by(work_orders.c.issued_at.desc(), work_orders.c.id.desc()).limit(limit + 1)
    orders = [order_of(row) for row in conn.execute(query)]
    more = len(orders) > limit
    return OrderPage(
        items=tuple(orders[:limit]), cursor=encode(orders[limit - 1].issued_at, orders[limit - 1].id) if more else ""
    )


def _wanted(filters: OrderFilters) -> ColumnElement[bool]:
    seen = [below(prefix) for prefix in filters.region_prefixes]
    seen.append(work_orders.c.unit.in_(list(filters.units)))
    return and_(
        or_(*seen),
        work_orders.c.status == filters.status.value if filters.status else true(),
        work_orders.c.unit == filters.unit if filters.unit else true(),
    )


def tallies(conn: Connection) -> Tallies:
    """Count cases by stage and messages by state; two grouped scans."""
    by_stage = select(cases.c.stage, func.count()).group_by(cases.c.stage)
    by_state = select(outbox.c.state, func.count()).where(outbox.c.state != "done").group_by(outbox.c.state)
    stages: dict[str, int] = {row[0]: row[1] for row in conn.execute(by_stage)}
    states: dict[str, int] = {row[0]: row[1] for row in conn.execute(by_state)}
    return Tallies(
        cases={stage: stages.get(stage.value, 0) for stage in Stage},
        outbox_pending=states.get("pending", 0),
        outbox_dead=states.get("dead", 0),
    )

"""Work orders page by page, and how much there is of everything."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true, tuple_

from domain.case import OrderStatus, Stage, WorkOrder
from domain.errors import InvalidInput
from records.pages import LARGEST_PAGE, below
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
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(f"每页条数须在 1 到 {LARGEST_PAGE} 之间。", "请调整 limit。")
    query = select(work_orders).join(cases, cases.c.id == work_orders.c.case_id).where(_wanted(filters))
    if cursor:
        query = query.where(tuple_(work_orders.c.issued_at, work_orders.c.id) < tuple_(*_decode(cursor)))
    query = query.order_by(work_orders.c.issued_at.desc(), work_orders.c.id.desc()).limit(limit + 1)
    orders = [_order(row) for row in conn.execute(query)]
    more = len(orders) > limit
    return OrderPage(items=tuple(orders[:limit]), cursor=_encode(orders[limit - 1]) if more else "")


def _order(row: Row[Any]) -> WorkOrder:
    return WorkOrder(**{**row._mapping, "status": OrderStatus(row.status)})


def _wanted(filters: OrderFilters) -> ColumnElement[bool]:
    seen = [below(prefix) for prefix in filters.region_prefixes]
    seen.append(work_orders.c.unit.in_(list(filters.units)))
    return and_(
        or_(*seen),
        work_orders.c.status == filters.status.value if filters.status else true(),
        work_orders.c.unit == filters.unit if filters.unit else true(),
    )


def _encode(last: WorkOrder) -> str:
    place = json.dumps([last.issued_at.astimezone(UTC).isoformat(timespec="microseconds"), last.id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        at, order_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or not isinstance(order_id, str):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidInput("分页游标无法识别。", "请使用上一页返回的 cursor，或从第一页开始。") from error
    return instant, order_id


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

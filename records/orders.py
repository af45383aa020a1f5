"""Work orders (工单): issued once, then moved by the unit that has them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from domain.case import ORDER_NAMES, OrderStatus, WorkOrder
from domain.clock import iso
from domain.errors import DuplicateId, EmptyText, IllegalMove, WorkOrderNotFound
from records.cases import case
from records.engine import Work
from records.outbox import put
from records.storable import require_storable
from records.tables import order_events, work_orders

_O = OrderStatus
LEGAL_STATUSES: dict[OrderStatus, frozenset[OrderStatus]] = {
    _O.ISSUED: frozenset({_O.ACCEPTED, _O.RETURNED, _O.REVOKED}),
    _O.ACCEPTED: frozenset({_O.DONE, _O.RETURNED, _O.REVOKED}),
    _O.RETURNED: frozenset(),
    _O.DONE: frozenset(),
    _O.REVOKED: frozenset(),
}
"""From each status, those that may follow."""

REASON_REQUIRED = frozenset({_O.RETURNED, _O.REVOKED})


def issue(work: Work, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
    """Write the order, its event, its message and its audit entry; see `CaseBook.issue_order`."""
    require_storable(order.id, order.text, order.unit_name, by)
    case(work.conn, order.case_id)
    row = asdict(order) | {"status": order.status.value}
    if not work.insert_once(work_orders, **row):
        stored = _locked(work, order.id)
        if (stored.case_id, stored.duty, stored.unit) != (order.case_id, order.duty, order.unit):
            raise DuplicateId(f"工单编号 {order.id} 已用于另一份工单。", "请核对案卷、责任类别与单位。")
        return order_of(stored)
    _event(work, order.id, order.status, by=by, at=at, reason="")
    put(work, f"work_order.issued:{order.id}", "work_order.issued", order.case_id, event, at=at)
    detail = {
        "order": order.id,
        "duty": order.duty,
        "unit": order.unit,
        "due_at": iso(order.due_at) if order.due_at else None,
        "due_source": order.due_source,
    }
    work.record("order.issue", order.case_id, detail, by=by, at=at)
    return order


def order(conn: Connection, order_id: str) -> WorkOrder:
    """The work order. Raises WorkOrderNotFound."""
    row = conn.execute(select(work_orders).where(work_orders.c.id == order_id)).one_or_none()
    if row is None:
        raise _missing(order_id)
    return order_of(row)


def orders_of(conn: Connection, case_id: str) -> list[WorkOrder]:
    """All work orders of a case, oldest first."""
    query = select(work_orders).where(work_orders.c.case_id == case_id)
    return [order_of(row) for row in conn.execute(query.order_by(work_orders.c.issued_at, work_orders.c.id))]


def move(work: Work, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str) -> WorkOrder:
    """Change an order's status; see `CaseBook.order_move`."""
    require_storable(by, reason)
    row = _locked(work, order_id)
    before = OrderStatus(row.status)
    if before is status:
        return order_of(row)
    legal = sorted(LEGAL_STATUSES[before])
    if status not in legal:
        names = "、".join(f"{ORDER_NAMES[name]}（{name.value}）" for name in legal) or "无（已到终点）"
        message = f"工单现为“{ORDER_NAMES[before]}”，不能改为“{ORDER_NAMES[status]}”。"
        raise IllegalMove(message, f"此状态可改为：{names}。", legal=[str(name) for name in legal])
    if status in REASON_REQUIRED and not reason.strip():
        raise EmptyText(f"工单改为“{ORDER_NAMES[status]}”须说明理由。", "请填写理由后重试。")
    work.conn.execute(update(work_orders).where(work_orders.c.id == order_id).values(status=status.value))
    _event(work, order_id, status, by=by, at=at, reason=reason)
    detail = {"order": order_id, "from": before.value, "to": status.value} | ({"reason": reason} if reason else {})
    work.record("order.move", row.case_id, detail, by=by, at=at)
    return order(work.conn, order_id)


def _event(work: Work, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str) -> None:
    work.insert(order_events, order_id=order_id, status=status.value, actor=by, at=at, reason=reason)


def _locked(work: Work, order_id: str) -> Row[Any]:
    query = select(work_orders).where(work_orders.c.id == order_id).with_for_update(key_share=True)
    row = work.conn.execute(query).one_or_none()
    if row is None:
        raise _missing(order_id)
    return row


def _missing(order_id: str) -> WorkOrderNotFound:
    return WorkOrderNotFound(f"没有编号为 {order_id} 的工单。", "请核对工单编号。")


def order_of(row: Row[Any]) -> WorkOrder:
    """The work order in a row of its table."""
    return WorkOrder(**{**row._mapping, "status": OrderStatus(row.status)})

"""Routes about work orders (工单): what a unit has to do, and what it says back."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Principal, Right, region_prefixes
from api.casework import move_order
from api.deps import CanMoveOrders, CanReadCases, Cursor, Limit, ServicesDep, find_case
from api.docs import answers
from api.models import CASE_EXAMPLE, ORDER_EXAMPLE, CaseOut, OrderOut, case_out, order_out
from domain.case import OrderStatus, WorkOrder
from domain.errors import (
    EmptyText,
    Forbidden,
    IllegalMove,
    InvalidInput,
    MalformedJson,
    NotFound,
    Unavailable,
    WorkOrderNotFound,
)

router = APIRouter(prefix="/api/v1/work-orders", tags=["工单"])


class OrderMove(StrEnum):
    """What a unit may say to an order."""

    ACCEPT = "accept"
    RETURN = "return"
    DONE = "done"


_STATUS = {
    OrderMove.ACCEPT: OrderStatus.ACCEPTED,
    OrderMove.RETURN: OrderStatus.RETURNED,
    OrderMove.DONE: OrderStatus.DONE,
}


class OrderPage(BaseModel):
    """One page of work orders, newest first."""

    items: list[OrderOut]
    cursor: str = Field(description="取下一页时填入 cursor；最后一页为空。")


class OrderMoveIn(BaseModel):
    """What the unit says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"move": "done", "reason": "已更换井盖并清场"}]},
    )

    move: OrderMove = Field(description="accept 接单，return 退单（须说明理由），done 办结。")
    reason: str = Field(default="", max_length=2000, description="说明；退单必填。")


class OrderMoved(BaseModel):
    """The order after the change, and its case."""

    order: OrderOut
    case: CaseOut


_READ = (InvalidInput, WorkOrderNotFound, Forbidden, Unavailable)


async def visible_order(
    order_id: Annotated[str, Path(description="工单编号。", examples=["c-5b1f8c2e9d4a70361b2c:handling"])],
    services: ServicesDep,
    principal: CanReadCases,
) -> WorkOrder:
    """Dependency: the order of the path, if its case is the caller's. Raises WorkOrderNotFound."""
    try:
        order = await services.book.order(order_id)
        await find_case(order.case_id, services, principal)
    except NotFound:
        raise WorkOrderNotFound(f"没有编号为“{order_id}”的工单。", "请核对编号，并确认它属于您的辖区或单位。") from None
    return order


VisibleOrder = Annotated[WorkOrder, Depends(visible_order)]


def access_order(principal: Principal, order: WorkOrder) -> None:
    """Let the unit that has the order speak for it, and officers who may move the case. Raises Forbidden."""
    if principal.unit != order.unit and not principal.may(Right.MOVE_CASES):
        raise Forbidden("这张工单不是派给您单位的。", f"请由“{order.unit_name}”或有权的坐席办理。")


@router.get(
    "",
    summary="工单列表",
    description="按派发时间从新到旧列出本辖区及本单位的工单；游标分页。",
    responses=answers({"items": [ORDER_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_orders(
    services: ServicesDep,
    principal: CanReadCases,
    status: Annotated[OrderStatus | None, Query(description="只列此状态。")] = None,
    unit: Annotated[str, Query(max_length=200, description="只列此单位的。", examples=["u-509901-drainage"])] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> OrderPage:
    """One page of the orders that the caller may see."""
    prefixes = region_prefixes(principal, services.world.city)
    units = (principal.unit,) if principal.unit else ()
    page = await services.book.orders(
        region_prefixes=prefixes, units=units, status=status, unit=unit, limit=limit, cursor=cursor
    )
    return OrderPage(items=[order_out(order) for order in page.items], cursor=page.cursor)


@router.get(
    "/{order_id}",
    summary="查看工单",
    description="工单的承办单位、时限、内容与状态。",
    responses=answers(ORDER_EXAMPLE, *_READ),
)
async def read_order(order: VisibleOrder) -> OrderOut:
    """The order."""
    return order_out(order)


@router.post(
    "/{order_id}/moves",
    summary="办理工单",
    description=(
        "接单、退单或办结，并带动案件：首次接单即案件受理；退单即案件退回并开启退单争议（见 /api/v1/disputes），"
        "同一案件第 2 次退单自动提请共同上级；全部工单办结、且没有待签的意见书时，"
        "案件转为已处理并反馈，待核查。同一动作重复提交不再生效。"
    ),
    responses=answers(
        {"order": ORDER_EXAMPLE | {"status": "done"}, "case": CASE_EXAMPLE | {"stage": "reported"}},
        *_READ, MalformedJson, EmptyText, IllegalMove,
    ),
)  # fmt: skip
async def make_move(
    body: OrderMoveIn, order: VisibleOrder, services: ServicesDep, principal: CanMoveOrders
) -> OrderMoved:
    """Say what became of an order; its case follows."""
    access_order(principal, order)
    moved, case = await move_order(services, order, _STATUS[body.move], by=principal.id, reason=body.reason)
    return OrderMoved(order=order_out(moved), case=case_out(case))

"""What routes may ask for: the services, the caller with a right, a page, a case that the caller may see."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Query, Request

from api.auth import Principal, Right, access_case, no_such_case, require
from api.metrics import Metrics
from domain.case import CaseFile
from domain.clock import civil_date
from domain.errors import CaseNotFound, Unavailable
from graphs.bootstrap import Services
from graphs.precedents import PrecedentDesk


def get_services(request: Request) -> Services:
    """The collaborators opened at start-up. Raises Unavailable before that."""
    services = getattr(request.state, "services", None)
    if services is None:
        raise Unavailable("服务尚未启动完成。", "请稍候再试；/ready 会说明还缺什么。")
    return services


def get_desk(request: Request) -> PrecedentDesk:
    """The desk of precedents opened at start-up. Raises Unavailable before that."""
    desk = getattr(request.state, "precedents", None)
    if desk is None:
        raise Unavailable("服务尚未启动完成。", "请稍候再试；/ready 会说明还缺什么。")
    return desk


def get_metrics(request: Request) -> Metrics:
    """The app's counters."""
    return request.app.state.metrics


ServicesDep = Annotated[Services, Depends(get_services)]
Desk = Annotated[PrecedentDesk, Depends(get_desk)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]

CanReport = Annotated[Principal, Depends(require(Right.REPORT))]
CanReadCases = Annotated[Principal, Depends(require(Right.READ_CASES))]
CanMoveCases = Annotated[Principal, Depends(require(Right.MOVE_CASES))]
CanDecide = Annotated[Principal, Depends(require(Right.DECIDE))]
CanMoveOrders = Annotated[Principal, Depends(require(Right.MOVE_ORDERS))]
CanReadKnowledge = Annotated[Principal, Depends(require(Right.READ_KNOWLEDGE))]
CanReadWorld = Annotated[Principal, Depends(require(Right.READ_WORLD))]
CanReadAudit = Annotated[Principal, Depends(require(Right.READ_AUDIT))]
CanProposePrecedents = Annotated[Principal, Depends(require(Right.PROPOSE_PRECEDENTS))]
CanDecideAlerts = Annotated[Principal, Depends(require(Right.DECIDE_ALERTS))]
CanWatch = Annotated[Principal, Depends(require(Right.WATCH))]
CanApprovePrecedents = Annotated[Principal, Depends(require(Right.APPROVE_PRECEDENTS))]
CanReadCompensation = Annotated[Principal, Depends(require(Right.READ_COMPENSATION))]
CanPrepareCompensation = Annotated[Principal, Depends(require(Right.PREPARE_COMPENSATION))]
CanReadEvaluations = Annotated[Principal, Depends(require(Right.READ_EVALUATIONS))]
CanEvaluate = Annotated[Principal, Depends(require(Right.EVALUATE))]
CanReviewEvaluations = Annotated[Principal, Depends(require(Right.REVIEW_EVALUATIONS))]
CanConfirmCompensation = Annotated[Principal, Depends(require(Right.CONFIRM_COMPENSATION))]


async def find_case(case_id: str, services: Services, principal: Principal) -> CaseFile:
    """The case, if it exists and the caller may see it. Raises CaseNotFound."""
    try:
        case = await services.book.case(case_id)
    except CaseNotFound:
        raise no_such_case(case_id) from None
    orders = await services.book.orders_of(case_id) if principal.unit else []
    units = frozenset(order.unit for order in orders)
    return access_case(principal, case, services.world.city, order_units=units)


async def visible_case(
    case_id: Annotated[str, Path(description="案件编号。", examples=["c-5b1f8c2e9d4a70361b2c"])],
    services: ServicesDep,
    principal: CanReadCases,
) -> CaseFile:
    """Dependency: the case of the path. Raises CaseNotFound."""
    return await find_case(case_id, services, principal)


VisibleCase = Annotated[CaseFile, Depends(visible_case)]

AsOf = Annotated[
    date | None, Query(alias="as_of", description="按该日期的有效版本（YYYY-MM-DD）。", examples=["2026-03-02"])
]
Limit = Annotated[int, Query(ge=1, le=500, description="每页条数。")]
Cursor = Annotated[str, Query(max_length=500, description="上一页给出的 cursor；第一页不填。")]


def today(services: ServicesDep) -> date:
    """Dependency: the calendar day in the city."""
    return civil_date(services.clock())


Today = Annotated[date, Depends(today)]

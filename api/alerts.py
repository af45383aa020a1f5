"""Routes about alerts (监测预警): watches on demand, the list, and an officer's word on each."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.alertmodels import (
    ALERT_EXAMPLE,
    ALERT_ID,
    HEAD_EXAMPLE,
    THRESHOLDS_EXAMPLE,
    WATCH_EXAMPLE,
    AlertOut,
    AlertPageOut,
    CloseIn,
    DismissIn,
    Kind,
    NoteIn,
    ThresholdsOut,
    WatchIn,
    WatchOut,
    alert_out,
    head_out,
)
from api.auth import region_prefixes
from api.cases import IfMatch, wanted_version
from api.deps import CanDecideAlerts, CanReadCases, CanWatch, Cursor, Limit, ServicesDep
from api.docs import answers
from api.errors import PreconditionFailed
from domain.adjacency.alerting.filing import AlertDecision, AlertState, AlertVerdict, FiledAlert
from domain.errors import (
    AlertNotFound,
    Conflict,
    EmptyText,
    Forbidden,
    FutureDate,
    InvalidInput,
    MalformedJson,
    Unavailable,
)
from records.alerts import AlertFilters

router = APIRouter(prefix="/api/v1/alerts", tags=["监测预警"])

_READ = (InvalidInput, AlertNotFound, Forbidden, Unavailable)
_CHANGE = (*_READ, MalformedJson, EmptyText, Conflict, PreconditionFailed)


async def visible_alert(
    alert: Annotated[str, Path(alias="alert_id", description="预警编号。", examples=[ALERT_ID])],
    services: ServicesDep,
    principal: CanReadCases,
) -> FiledAlert:
    """Dependency: the alert of the path, if it concerns a region of the caller. Raises AlertNotFound."""
    missing = AlertNotFound(f"没有编号为“{alert[:60]}”的预警。", "请核对预警编号，并确认它涉及您的辖区。")
    try:
        filed = await services.book.alerts.get(alert)
    except AlertNotFound:
        raise missing from None
    prefixes = region_prefixes(principal, services.world.city)
    if not any(str(code).startswith(prefix) for code in filed.body["regions"] for prefix in prefixes):
        raise missing
    return filed


VisibleAlert = Annotated[FiledAlert, Depends(visible_alert)]


def _shown(filed: FiledAlert, response: Response) -> AlertOut:
    response.headers["ETag"] = f'"{filed.version}"'
    return alert_out(filed)


def _expected(filed: FiledAlert, if_match: str) -> int | None:
    """The version that the caller saw. Raises PreconditionFailed if there is a newer one."""
    version = wanted_version(if_match)
    if version is not None and version != filed.version:
        raise PreconditionFailed(f"预警已更新到第 {filed.version} 版。", "请刷新后重试。")
    return version


@router.post(
    "/watches",
    summary="立即监测",
    description=(
        "对截至某一时刻的案件做一次全市监测：时空扫描、毗邻带两侧合并扫描、控制图、同址反复；"
        "按全市错误发现率控制误报。同一事物延续的不另立预警。服务也按 LIANZHI_ALERT_EVERY_H 定时监测。"
    ),
    responses=answers(WATCH_EXAMPLE, MalformedJson, InvalidInput, FutureDate, Forbidden, Conflict, Unavailable),
)
async def hold_watch(body: WatchIn, services: ServicesDep, principal: CanWatch) -> WatchOut:
    """Look at the city now."""
    moment = body.as_of
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput("as_of 没有时区。", "请写成 2026-06-15T00:00:00+08:00。")
    made = await services.alerts.watch(as_of=moment.astimezone(UTC) if moment else None, by=principal.id)
    return WatchOut(**{key: made[key] for key in WatchOut.model_fields})


@router.get(
    "",
    summary="预警列表",
    description="涉及本辖区的预警，按首次发现从新到旧；review_by 只列已确认且到该日应复核的。",
    responses=answers({"items": [HEAD_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_alerts(
    services: ServicesDep,
    principal: CanReadCases,
    state: Annotated[AlertState | None, Query(description="只列此状态。")] = None,
    issue: Annotated[str, Query(max_length=20, description="只列此事项。", examples=["E04"])] = "",
    kind: Annotated[Kind | None, Query(description="只列此类：聚集、毗邻带聚集、区域性上升、同址反复。")] = None,
    review_by: Annotated[
        str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="到此日应复核的。", examples=["2026-06-28"])
    ] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> AlertPageOut:
    """One page of the alerts that the caller may see."""
    filters = AlertFilters(
        region_prefixes=region_prefixes(principal, services.world.city),
        state=state,
        issue=issue,
        kind=kind or "",
        review_by=review_by,
    )
    page = await services.book.alerts.page(filters, limit=limit, cursor=cursor)
    return AlertPageOut(items=[head_out(one) for one in page.items], cursor=page.cursor)


@router.get(
    "/thresholds",
    summary="阈值报告",
    description="近一年预警经研判后有多少值得发出（含区间），按方法、事项与更严的错误发现率分列，并提出建议。",
    responses=answers(THRESHOLDS_EXAMPLE, Forbidden, Unavailable),
)
async def thresholds(services: ServicesDep, principal: CanReadCases) -> ThresholdsOut:
    """What the officers' words say of the settings."""
    filters = AlertFilters(region_prefixes=region_prefixes(principal, services.world.city))
    return ThresholdsOut(**await services.alerts.thresholds(filters))


@router.get(
    "/{alert_id}",
    summary="查看预警",
    description="哪里、什么、自何时、预期与实际、各侧与责任单位、可能成因与证据、相似先例、联合行动建议。",
    responses=answers(ALERT_EXAMPLE, *_READ),
)
async def read_alert(filed: VisibleAlert, response: Response) -> AlertOut:
    """The alert."""
    return _shown(filed, response)


@router.post(
    "/{alert_id}/acknowledge",
    summary="确认预警",
    description="确认属实：向建议的牵头单位与各侧单位写出联合行动通知，到复核日再看。",
    responses=answers(ALERT_EXAMPLE | {"state": "acknowledged", "state_name": "已确认", "version": 3}, *_CHANGE),
)
async def acknowledge(
    body: NoteIn,
    filed: VisibleAlert,
    services: ServicesDep,
    principal: CanDecideAlerts,
    response: Response,
    if_match: IfMatch = "",
) -> AlertOut:
    """Acknowledge; the sides are told."""
    decision = AlertDecision(
        alert_id=filed.id,
        verdict=AlertVerdict.ACKNOWLEDGE,
        by=principal.id,
        at=services.clock(),
        reason=body.reason,
    )
    return _shown(await services.alerts.decide(decision, version=_expected(filed, if_match)), response)


@router.post(
    "/{alert_id}/dismiss",
    summary="排除预警",
    description="须选类别并说明理由，计入阈值报告；此后同一事物件数翻倍才重新提请。",
    responses=answers(ALERT_EXAMPLE | {"state": "dismissed", "state_name": "已排除", "version": 3}, *_CHANGE),
)
async def dismiss(
    body: DismissIn,
    filed: VisibleAlert,
    services: ServicesDep,
    principal: CanDecideAlerts,
    response: Response,
    if_match: IfMatch = "",
) -> AlertOut:
    """Dismiss with a reason."""
    decision = AlertDecision(
        alert_id=filed.id,
        verdict=AlertVerdict.DISMISS,
        by=principal.id,
        at=services.clock(),
        category=body.category,
        reason=body.reason,
    )
    return _shown(await services.alerts.decide(decision, version=_expected(filed, if_match)), response)


@router.post(
    "/{alert_id}/close",
    summary="了结预警",
    description="已确认的预警复核后了结，须写明复核结果。",
    responses=answers(ALERT_EXAMPLE | {"state": "closed", "state_name": "已了结", "version": 5}, *_CHANGE),
)
async def close(
    body: CloseIn,
    filed: VisibleAlert,
    services: ServicesDep,
    principal: CanDecideAlerts,
    response: Response,
    if_match: IfMatch = "",
) -> AlertOut:
    """Close after its review."""
    decision = AlertDecision(
        alert_id=filed.id,
        verdict=AlertVerdict.CLOSE,
        by=principal.id,
        at=services.clock(),
        reason=body.reason,
    )
    return _shown(await services.alerts.decide(decision, version=_expected(filed, if_match)), response)

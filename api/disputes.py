"""Routes about disputes over returned orders (退单争议): drafts, both sides' words, the superior, the ruling."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.auth import Principal, Right, region_prefixes
from api.cases import IfMatch, wanted_version
from api.deps import (
    CanDecide,
    CanMoveOrders,
    CanReadCases,
    Cursor,
    Limit,
    ServicesDep,
    VisibleCase,
    find_case,
)
from api.disputemodels import (
    DISPUTE_EXAMPLE,
    DISPUTE_ID,
    DRAFT_EXAMPLE,
    SUMMARY_EXAMPLE,
    DisputeListOut,
    DisputeOut,
    DisputePageOut,
    EscalateIn,
    ReturnDraftOut,
    RuleIn,
    StatementIn,
    SummaryOut,
    WithdrawIn,
    dispute_out,
    draft_out,
)
from api.docs import answers
from api.errors import PreconditionFailed
from api.orders import VisibleOrder, access_order
from domain.adjacency.disputes import Dispute, DisputeState, Settlement
from domain.clock import civil_date
from domain.errors import (
    CaseNotFound,
    Conflict,
    DisputeNotFound,
    EmptyText,
    Forbidden,
    InvalidInput,
    MalformedJson,
    NotFound,
    OpinionNotFound,
    Unavailable,
    UnknownUnit,
    WorkOrderNotFound,
)
from domain.territory import Territory
from graphs.bootstrap import Services
from records.disputes import DisputeFilters

router = APIRouter(prefix="/api/v1", tags=["退单争议"])

_READ = (InvalidInput, DisputeNotFound, Forbidden, Unavailable)
_CHANGE = (*_READ, MalformedJson, EmptyText, Conflict)


async def visible_dispute(
    dispute_id: Annotated[str, Path(description="争议编号。", examples=[DISPUTE_ID])],
    services: ServicesDep,
    principal: CanReadCases,
) -> Dispute:
    """Dependency: the dispute of the path, if its case is the caller's. Raises DisputeNotFound."""
    try:
        dispute = await services.book.disputes.get(dispute_id)
        await find_case(dispute.case_id, services, principal)
    except NotFound:
        message = f"没有编号为“{dispute_id[:60]}”的争议。"
        raise DisputeNotFound(message, "请核对编号，并确认它属于您的辖区或单位。") from None
    return dispute


VisibleDispute = Annotated[Dispute, Depends(visible_dispute)]


def access_ruling(
    principal: Principal, dispute: Dispute, unit: str, territory: Territory, services: Services
) -> Settlement:
    """How the caller may settle the dispute in favour of a unit's bearing the duty.

    Whoever governs the region of the common superior rules. While it is talked over, another officer may record what
    was agreed, if the unit that takes the duty on has spoken in the dispute; what went up is the superior's alone.

    Raises:
        Forbidden: The caller may not.
    """
    above = dispute.superior
    path = territory.path(above.region, civil_date(services.clock())) if above is not None and above.region else ()
    if not path or set(principal.regions) & set(path):
        return Settlement.SUPERIOR
    name = above.name if above is not None else "共同上级"
    if dispute.state is DisputeState.ESCALATED:
        raise Forbidden(f"该争议已提请共同上级（{name}），须由共同上级裁定。", "请由上级坐席办理。")
    if unit not in {statement.unit for statement in dispute.statements}:
        raise Forbidden("承担责任的单位还没有在争议中表态，不能记为协商一致。", "请其先提交意见，或提请共同上级。")
    return Settlement.NEGOTIATED


def access_party(principal: Principal, dispute: Dispute) -> None:
    """Let parties and officers who move cases speak in a dispute. Raises Forbidden."""
    if principal.unit not in dispute.parties and not principal.may(Right.MOVE_CASES):
        raise Forbidden("您的单位不是该争议的当事方。", "请由当事单位或有权的坐席办理。")


def _shown(dispute: Dispute, services: Services, response: Response) -> DisputeOut:
    response.headers["ETag"] = f'"{dispute.version}"'
    return dispute_out(dispute, services.world.register)


@router.get(
    "/work-orders/{order_id}/return-draft",
    summary="起草退单理由",
    description=(
        "按意见书和案卷证据起草退单理由：支持的、相反的、还缺的，逐句标明“有据”或“未证实”。"
        "只起草，不退单；said 为单位自己的说法，作为未证实内容写入。"
    ),
    responses=answers(DRAFT_EXAMPLE, InvalidInput, WorkOrderNotFound, OpinionNotFound, Forbidden, Unavailable),
)
async def read_return_draft(
    order: VisibleOrder,
    services: ServicesDep,
    principal: CanMoveOrders,
    said: Annotated[str, Query(max_length=2000, description="单位自己的理由。")] = "",
) -> ReturnDraftOut:
    """A draft of why the order would be returned."""
    access_order(principal, order)
    return draft_out(await services.disputes.draft(order, said=said))


@router.get(
    "/cases/{case_id}/disputes",
    summary="案件的争议",
    description="此案历次退单引起的争议，从旧到新。",
    responses=answers({"items": [DISPUTE_EXAMPLE]}, InvalidInput, CaseNotFound, Forbidden, Unavailable),
)
async def read_disputes(case: VisibleCase, services: ServicesDep) -> DisputeListOut:
    """All disputes of the case."""
    register = services.world.register
    return DisputeListOut(items=[dispute_out(one, register) for one in await services.book.disputes.of_case(case.id)])


@router.get(
    "/disputes",
    summary="争议列表",
    description="本辖区案件的退单争议，从新到旧；游标分页。",
    responses=answers({"items": [DISPUTE_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_disputes(
    services: ServicesDep,
    principal: CanReadCases,
    state: Annotated[DisputeState | None, Query(description="只列此状态。")] = None,
    is_open: Annotated[bool | None, Query(alias="open", description="true：只列未了结的；false：只列其余。")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> DisputePageOut:
    """One page of the disputes that the caller may see."""
    prefixes = region_prefixes(principal, services.world.city)
    filters = DisputeFilters(region_prefixes=prefixes, state=state, is_open=is_open)
    page = await services.book.disputes.page(filters, limit=limit, cursor=cursor)
    items = [dispute_out(one, services.world.register) for one in page.items]
    return DisputePageOut(items=items, cursor=page.cursor)


@router.get(
    "/disputes/{dispute_id}",
    summary="查看争议",
    description="争议的各方意见、时限及其来源、共同上级与处理结果；响应头 ETag 为其版本。",
    responses=answers(DISPUTE_EXAMPLE, *_READ),
)
async def read_dispute(dispute: VisibleDispute, services: ServicesDep, response: Response) -> DisputeOut:
    """The dispute."""
    return _shown(dispute, services, response)


@router.get(
    "/disputes/{dispute_id}/summary",
    summary="争议摘要书",
    description="供共同上级裁定的摘要（草拟）：各方意见均标“未证实”，附意见书的认定、反方理由、所缺证据与时限。",
    responses=answers(SUMMARY_EXAMPLE, *_READ),
)
async def read_summary(dispute: VisibleDispute, services: ServicesDep) -> SummaryOut:
    """The dispute in words."""
    return SummaryOut(dispute_id=dispute.id, text=await services.disputes.summary(dispute))


@router.post(
    "/disputes/{dispute_id}/statements",
    summary="提交意见",
    description="当事单位在争议中陈述意见；意见在有证据之前一律视为未证实。",
    responses=answers(DISPUTE_EXAMPLE | {"version": 2}, *_CHANGE),
)
async def make_statement(
    body: StatementIn, dispute: VisibleDispute, services: ServicesDep, principal: CanMoveOrders, response: Response
) -> DisputeOut:
    """Say something in the dispute, for one's own unit."""
    access_party(principal, dispute)
    said = await services.disputes.say(dispute.id, unit=principal.unit, text=body.text, by=principal.id)
    return _shown(said, services, response)


@router.post(
    "/disputes/{dispute_id}/escalate",
    summary="提请共同上级",
    description="协商期满前由坐席提请共同上级；期满的由系统自动提请。已提请的不再重复。",
    responses=answers(DISPUTE_EXAMPLE | {"state": "escalated"}, *_CHANGE),
)
async def escalate(
    body: EscalateIn, dispute: VisibleDispute, services: ServicesDep, principal: CanDecide, response: Response
) -> DisputeOut:
    """Take the dispute up before its time."""
    up = await services.disputes.escalate(dispute.id, by=principal.id, reason=body.reason)
    return _shown(up, services, response)


@router.post(
    "/disputes/{dispute_id}/rule",
    summary="裁定争议",
    description=(
        "写明各项责任由谁承担及理由，随即派单；一件争议只能裁定一次。由辖区涵盖共同上级的坐席裁定；"
        "协商期间其他坐席可记录协商一致的结果，前提是承担责任的单位已在争议中表态。"
        "案件结案评价后，裁定作为先例草稿提出，脱敏后由他人审核。"
    ),
    responses=answers(DISPUTE_EXAMPLE | {"state": "ruled"}, *_CHANGE, UnknownUnit, PreconditionFailed),
)
async def rule(
    body: RuleIn,
    dispute: VisibleDispute,
    services: ServicesDep,
    principal: CanDecide,
    response: Response,
    if_match: IfMatch = "",
) -> DisputeOut:
    """Say who bears what; orders follow."""
    duties = {str(duty): code for duty, code in body.duties.items()}
    how = access_ruling(principal, dispute, duties.get(dispute.duty, ""), services.territory, services)
    version = wanted_version(if_match)
    if version is not None and version != dispute.version:
        raise PreconditionFailed(f"争议已更新到第 {dispute.version} 版。", "请刷新后重试。")
    done = await services.disputes.rule(
        dispute.id, duties, how=how, by=principal.id, reason=body.reason, version=version
    )
    return _shown(done, services, response)


@router.post(
    "/disputes/{dispute_id}/withdraw",
    summary="撤回争议",
    description="退单单位或坐席撤回争议，须说明理由；需要由原单位承办的，请重新派遣。",
    responses=answers(DISPUTE_EXAMPLE | {"state": "withdrawn"}, *_CHANGE),
)
async def withdraw(
    body: WithdrawIn, dispute: VisibleDispute, services: ServicesDep, principal: CanMoveOrders, response: Response
) -> DisputeOut:
    """Take the dispute back."""
    if principal.unit != dispute.unit and not principal.may(Right.MOVE_CASES):
        raise Forbidden("只有退单单位或有权的坐席可以撤回。", "请由退单单位办理。")
    return _shown(await services.disputes.withdraw(dispute.id, by=principal.id, reason=body.reason), services, response)

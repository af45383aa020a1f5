"""Routes about precedents (先例): proposed from closed cases, read, approved, and found by likeness of facts."""

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response, status

from api.auth import Principal, Right, access_case, region_prefixes
from api.cases import IfMatch, wanted_version
from api.deps import (
    AsOf,
    CanApprovePrecedents,
    CanProposePrecedents,
    CanReadCases,
    CanReadKnowledge,
    Cursor,
    Desk,
    Limit,
    ServicesDep,
    find_case,
)
from api.docs import answers
from api.errors import PreconditionFailed
from api.models import CASE_ID
from api.precedentmodels import (
    NOTE,
    PRECEDENT_EXAMPLE,
    PRECEDENT_ID,
    PROPOSED_EXAMPLE,
    SIMILAR_EXAMPLE,
    ConsentIn,
    EditIn,
    PrecedentOut,
    PrecedentPageOut,
    ProposalIn,
    RefusalIn,
    SimilarListOut,
    precedent_out,
    similar_out,
)
from domain.casefacts import facts_of_text
from domain.clock import civil_date, parse_iso
from domain.errors import (
    CaseNotFound,
    Conflict,
    EmptyText,
    Forbidden,
    InvalidInput,
    MalformedJson,
    NotFound,
    PrecedentNotFound,
    TextTooLong,
    Unavailable,
)
from domain.precedent import State, precedent_id
from graphs.precedents import PrecedentDesk
from records.precedents import FiledPrecedent

router = APIRouter(prefix="/api/v1/precedents", tags=["先例"])

_READ = (InvalidInput, PrecedentNotFound, Forbidden, Unavailable)
_CHANGE = (*_READ, MalformedJson, EmptyText, Conflict, PreconditionFailed)


async def visible_precedent(
    precedent: Annotated[str, Path(alias="precedent_id", description="先例编号。", examples=[PRECEDENT_ID])],
    services: ServicesDep,
    principal: CanReadCases,
) -> FiledPrecedent:
    """Dependency: the precedent of the path, if its case is the caller's. Raises PrecedentNotFound."""
    try:
        filed = await services.book.precedents.get(precedent)
        access_case(principal, await services.book.case(filed.case_id), services.world.city)
    except NotFound:
        raise PrecedentNotFound(f"没有编号为“{precedent[:60]}”的先例。", "请核对编号，并确认它属于您的辖区。") from None
    return filed


VisiblePrecedent = Annotated[FiledPrecedent, Depends(visible_precedent)]


def _shown(filed: FiledPrecedent, desk: PrecedentDesk, response: Response) -> PrecedentOut:
    response.headers["ETag"] = f'"{filed.version}"'
    return precedent_out(filed, desk.published_ids())


def _expected(filed: FiledPrecedent, if_match: str) -> int | None:
    """The version that the caller saw. Raises PreconditionFailed if there is a newer one."""
    version = wanted_version(if_match)
    if version is not None and version != filed.version:
        raise PreconditionFailed(f"先例已更新到第 {filed.version} 版。", "请刷新后重试。")
    return version


@router.post(
    "",
    summary="提出先例",
    description=(
        "由已结案并评价、意见书经人员批准或改定的案件起草先例：事实取自案卷，个人信息先行隐去，不增添内容。"
        "一案一件；再次提出答 200 与已有的一件。未通过或已撤下的可以重新提出。"
    ),
    status_code=status.HTTP_201_CREATED,
    responses=answers(PROPOSED_EXAMPLE, *_READ, CaseNotFound, MalformedJson, Conflict, status=201)
    | {200: {"description": "已有", "content": {"application/json": {"example": PROPOSED_EXAMPLE}}}},
)
async def propose(
    body: ProposalIn, services: ServicesDep, desk: Desk, principal: CanProposePrecedents, response: Response
) -> PrecedentOut:
    """Draft a precedent from a settled case of the caller's region."""
    case = await find_case(body.case_id, services, principal)
    access_case(principal, case, services.world.city)
    filed, created = await desk.propose(case.id, by=principal.id)
    if not created:
        response.status_code = status.HTTP_200_OK
    return _shown(filed, desk, response)


@router.get(
    "",
    summary="先例列表",
    description="本辖区案件形成的先例，按提出时间从新到旧；游标分页。",
    responses=answers({"items": [PRECEDENT_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_precedents(
    services: ServicesDep,
    desk: Desk,
    principal: CanReadCases,
    state: Annotated[State | None, Query(description="只列此状态。")] = None,
    issue: Annotated[str, Query(max_length=20, description="只列此事项。", examples=["P02"])] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> PrecedentPageOut:
    """One page of the precedents that the caller may see."""
    prefixes = region_prefixes(principal, services.world.city)
    page = await services.book.precedents.page(
        region_prefixes=prefixes, state=state, issue=issue, limit=limit, cursor=cursor
    )
    held = desk.published_ids()
    return PrecedentPageOut(items=[precedent_out(one, held) for one in page.items], cursor=page.cursor)


@router.get(
    "/similar",
    summary="找相似先例",
    description=(
        "按案情要素（事项、争议、界线、单位、地点、危险、层级）与文字找相似先例，并列明相同与不同之处。"
        "case_id 与 text 二者填一；按案件找时只看案发日之前结案的，且不含本案。"
    ),
    responses=answers(SIMILAR_EXAMPLE, InvalidInput, EmptyText, CaseNotFound, Forbidden, Unavailable),
)
async def find_similar(
    services: ServicesDep,
    desk: Desk,
    principal: CanReadKnowledge,
    case_id: Annotated[str, Query(max_length=200, description="按此案件找。", examples=[CASE_ID])] = "",
    text: Annotated[str, Query(max_length=2000, description="按此案情找。", examples=["两区交界井盖没人管"])] = "",
    k: Annotated[int, Query(ge=1, le=50, description="至多几条。")] = 5,
    as_of: AsOf = None,
) -> SimilarListOut:
    """Cases like a case, or like what a text tells."""
    if bool(case_id) == bool(text):
        raise InvalidInput("case_id 与 text 须填且只填一个。", "按案件找填 case_id，按文字找填 text。")
    exclude: tuple[str, ...] = ()
    if case_id:
        facts, day = await _of_case(case_id, services, desk, principal)
        as_of, exclude = as_of or day, (precedent_id(case_id),)
    elif text.strip():
        facts = await asyncio.to_thread(facts_of_text, text)
    else:
        raise EmptyText("没有写案情。", "请写明发生了什么、在哪里。")
    found = await asyncio.to_thread(services.knowledge.similar_cases, facts, k, as_of=as_of, exclude=exclude)
    return SimilarListOut(items=[similar_out(case) for case in found], note=NOTE)


async def _of_case(case_id: str, services: ServicesDep, desk: PrecedentDesk, principal: Principal) -> tuple[Any, date]:
    """Features of a case that the caller may see, and the day it happened. Raises CaseNotFound or Forbidden."""
    if not principal.may(Right.READ_CASES):
        raise Forbidden(f"“{principal.name}”没有查看案件的权限（{Right.READ_CASES.value}）。", "请改用 text。")
    case = await find_case(case_id, services, principal)
    facts, seen = await desk.facts_of_case(case.id)
    return facts, civil_date(parse_iso(seen["observed_at"]))


@router.get(
    "/{precedent_id}",
    summary="查看先例",
    description="先例全文、来源、脱敏清单与审核经过；响应头 ETag 为其版本。",
    responses=answers(PRECEDENT_EXAMPLE, *_READ),
)
async def read_precedent(filed: VisiblePrecedent, desk: Desk, response: Response) -> PrecedentOut:
    """The precedent."""
    return _shown(filed, desk, response)


@router.patch(
    "/{precedent_id}",
    summary="改写先例",
    description="待审核期间改写标题或案情；改写后再次脱敏，改写人不能再作审核人。",
    responses=answers(PROPOSED_EXAMPLE | {"edited_by": "officer-3", "version": 2}, *_CHANGE, TextTooLong),
)
async def edit(
    body: EditIn,
    filed: VisiblePrecedent,
    desk: Desk,
    principal: CanProposePrecedents,
    response: Response,
    if_match: IfMatch = "",
) -> PrecedentOut:
    """Reword a proposal."""
    fresh = await desk.edit(
        filed.precedent.id,
        title=body.title,
        facts=body.facts,
        by=principal.id,
        version=_expected(filed, if_match),
    )
    return _shown(fresh, desk, response)


@router.post(
    "/{precedent_id}/approve",
    summary="审核通过先例",
    description=(
        "由提出人、改写人之外的区县或市级坐席审核；通过后在后台发布到知识库。知识库正在重建时稍后自动发布，"
        "published 说明是否已发布。"
    ),
    responses=answers(PRECEDENT_EXAMPLE, *_CHANGE),
)
async def approve(
    body: ConsentIn,
    filed: VisiblePrecedent,
    desk: Desk,
    principal: CanApprovePrecedents,
    response: Response,
    if_match: IfMatch = "",
) -> PrecedentOut:
    """Approve; publication follows."""
    version = _expected(filed, if_match)
    fresh = await desk.approve(filed.precedent.id, by=principal.id, reason=body.reason, version=version)
    return _shown(fresh, desk, response)


@router.post(
    "/{precedent_id}/reject",
    summary="不通过先例",
    description="审核不通过，须说明理由；之后可以重新提出。",
    responses=answers(PRECEDENT_EXAMPLE | {"state": "rejected", "published": False}, *_CHANGE),
)
async def reject(
    body: RefusalIn,
    filed: VisiblePrecedent,
    desk: Desk,
    principal: CanApprovePrecedents,
    response: Response,
    if_match: IfMatch = "",
) -> PrecedentOut:
    """Reject a proposal."""
    version = _expected(filed, if_match)
    fresh = await desk.reject(filed.precedent.id, by=principal.id, reason=body.reason, version=version)
    return _shown(fresh, desk, response)


@router.post(
    "/{precedent_id}/withdraw",
    summary="撤下先例",
    description="把已收录的先例撤下（如所据法规已变），须说明理由；随后从知识库移除，案卷与审计记录保留。",
    responses=answers(PRECEDENT_EXAMPLE | {"state": "withdrawn", "published": False, "version": 3}, *_CHANGE),
)
async def withdraw(
    body: RefusalIn,
    filed: VisiblePrecedent,
    desk: Desk,
    principal: CanApprovePrecedents,
    response: Response,
    if_match: IfMatch = "",
) -> PrecedentOut:
    """Withdraw an approved one; removal follows."""
    version = _expected(filed, if_match)
    fresh = await desk.withdraw(filed.precedent.id, by=principal.id, reason=body.reason, version=version)
    return _shown(fresh, desk, response)

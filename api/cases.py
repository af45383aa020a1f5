"""Routes about cases (案卷): lists, one case, its history and opinions, and moves through the life cycle."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Header, Query, Response, status
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.auth import region_prefixes
from api.casework import Sending, move_case
from api.deps import CanMoveCases, CanReadCases, Cursor, Desk, Limit, ServicesDep, VisibleCase, find_case
from api.docs import answers
from api.errors import PreconditionFailed
from api.models import (
    CASE_EXAMPLE,
    CASE_ID,
    OPINION_VIEW_EXAMPLE,
    ORDER_EXAMPLE,
    CaseOut,
    OpinionOut,
    OpinionView,
    OrderOut,
    View,
    case_out,
    decision_out,
    order_out,
)
from domain.case import Move, Stage
from domain.errors import (
    CaseNotFound,
    Conflict,
    DuplicateId,
    EmptyText,
    Forbidden,
    IllegalMove,
    InvalidInput,
    MalformedJson,
    Unavailable,
    UnknownUnit,
)

router = APIRouter(prefix="/api/v1/cases", tags=["案件"])

_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"|\*')
_READ = (InvalidInput, CaseNotFound, Forbidden, Unavailable)
_MOVE = (*_READ, MalformedJson, EmptyText, DuplicateId, IllegalMove, Conflict, PreconditionFailed)


class CasePage(BaseModel):
    """One page of cases, newest first."""

    items: list[CaseOut]
    cursor: str = Field(description="取下一页时填入 cursor；最后一页为空。")


class MoveRecord(View):
    """One line of a case's history."""

    version: int = Field(description="此步之后的版本号。")
    move: Move
    from_stage: Stage
    to_stage: Stage
    by: str = Field(description="办理人；system 为系统自动。")
    at: datetime
    reason: str
    into: str = Field(description="合并时的主案件编号。")


class HistoryOut(BaseModel):
    """How a case went through its life, oldest first."""

    case_id: str
    moves: list[MoveRecord]


class MoveIn(BaseModel):
    """A move through the life cycle."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"move": "verify", "reason": "现场核查已修复"},
                {"move": "dispatch", "unit": "u-509902-road_maintenance", "reason": "原单位退单，改派"},
            ]
        },
    )

    move: Move = Field(description="动作；当前阶段可执行的动作见 illegal_move 错误的 legal。")
    reason: str = Field(default="", max_length=2000, description="理由；退回、驳回、挂起、升级、返工必填。")
    into: str = Field(default="", max_length=200, description="合并时的主案件编号。")
    unit: str = Field(default="", max_length=200, description="派遣（dispatch）时向此单位发出工单；单位编码。")
    duty: Literal["handling", "upkeep"] = Field(default="handling", description="所发工单的责任类别。")

    @model_validator(mode="after")
    def _unit_only_with_dispatch(self) -> Self:
        if self.unit and self.move is not Move.DISPATCH:
            raise ValueError("unit goes with dispatch only")
        return self

    @property
    def sending(self) -> Sending | None:
        """Whom to send, if anybody."""
        return Sending(duty=self.duty, unit=self.unit) if self.unit else None


class ReasonIn(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "两处相距较远，不是同一问题"}]}
    )

    reason: str = Field(min_length=1, max_length=2000, description="理由。")


class OpinionsOut(BaseModel):
    """All opinions on a case, oldest first."""

    items: list[OpinionView]


class OrdersOut(BaseModel):
    """All work orders of a case, oldest first."""

    items: list[OrderOut]


_HISTORY = {
    "case_id": CASE_ID,
    "moves": [
        {
            "version": 2,
            "move": "register",
            "from_stage": "collected",
            "to_stage": "registered",
            "by": "system",
            "at": "2026-03-02T01:00:01Z",
            "reason": "",
            "into": "",
        }
    ],
}

IfMatch = Annotated[
    str, Header(max_length=100, description="所见版本的 ETag；案件已有新版本时答 412。", examples=['"4"'])
]
IfNoneMatch = Annotated[str, Header(max_length=100, description="已有版本的 ETag；未变时答 304。")]
IdempotencyKey = Annotated[str, Header(max_length=200, description="幂等键：同一键重复提交只办理一次。")]


def wanted_version(if_match: str) -> int | None:
    """The version that `If-Match` names; None when any will do.

    Raises:
        InvalidInput: If it is not an ETag that we gave.
    """
    found = _ETAG.fullmatch(if_match.strip() or "*")
    if found is None:
        raise InvalidInput("If-Match 无法识别。", '请原样填写读取案件时响应头中的 ETag，例如 "4"。')
    return int(found[1]) if found[1] else None


@router.get(
    "",
    summary="案件列表",
    description="按立案时间从新到旧列出本辖区（及承办单位为本单位）的案件；游标分页，新案件不会打乱后面的页。",
    responses=answers({"items": [CASE_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_cases(
    services: ServicesDep,
    principal: CanReadCases,
    stage: Annotated[Stage | None, Query(description="只列此阶段。")] = None,
    issue: Annotated[str, Query(max_length=20, description="只列此事项。", examples=["P01"])] = "",
    awaiting: Annotated[bool | None, Query(description="true：只列意见书待签的；false：只列其余。")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> CasePage:
    """One page of the cases that the caller may see."""
    prefixes = region_prefixes(principal, services.world.city)
    units = (principal.unit,) if principal.unit else ()
    page = await services.book.cases(
        stage=stage, region_prefixes=prefixes, units=units, issue=issue, awaiting=awaiting, limit=limit, cursor=cursor
    )
    return CasePage(items=[case_out(case) for case in page.items], cursor=page.cursor)


@router.get(
    "/{case_id}",
    summary="查看案件",
    description="案件当前的全部内容；响应头 ETag 为其版本，If-None-Match 相同时答 304。",
    responses=answers(CASE_EXAMPLE, *_READ) | {304: {"description": "未变"}},
)
async def read_case(case: VisibleCase, response: Response, if_none_match: IfNoneMatch = "") -> CaseOut | None:
    """The case, with its version as ETag."""
    response.headers["ETag"] = f'"{case.version}"'
    if if_none_match and wanted_version(if_none_match) == case.version:
        response.status_code = status.HTTP_304_NOT_MODIFIED
    return case_out(case)


@router.get(
    "/{case_id}/history",
    summary="案件历程",
    description="案件在生命周期中的每一步：何时、何人、由何阶段到何阶段、为何。只增不改。",
    responses=answers(_HISTORY, *_READ),
)
async def read_history(case: VisibleCase, services: ServicesDep) -> HistoryOut:
    """Every move of the case, oldest first."""
    moves = await services.book.moves_of(case.id)
    return HistoryOut(case_id=case.id, moves=[MoveRecord.model_validate(move) for move in moves])


@router.get(
    "/{case_id}/opinions",
    summary="案件的意见书",
    description="此案的全部确权定责意见书及其裁定，从旧到新；现行的一份见案件的 opinion。",
    responses=answers({"items": [OPINION_VIEW_EXAMPLE]}, *_READ),
)
async def read_opinions(case: VisibleCase, services: ServicesDep) -> OpinionsOut:
    """All opinions on the case with the rulings on them."""
    items = []
    for opinion in await services.book.opinions_of(case.id):
        ruling = await services.book.decision_of(opinion["id"])
        view = OpinionOut.model_validate(opinion)
        items.append(OpinionView(case_id=case.id, opinion=view, decision=decision_out(ruling) if ruling else None))
    return OpinionsOut(items=items)


@router.get(
    "/{case_id}/work-orders",
    summary="案件的工单",
    description="此案派出的全部工单，从旧到新。",
    responses=answers({"items": [ORDER_EXAMPLE]}, *_READ),
)
async def read_orders(case: VisibleCase, services: ServicesDep) -> OrdersOut:
    """All work orders of the case."""
    return OrdersOut(items=[order_out(order) for order in await services.book.orders_of(case.id)])


@router.post(
    "/{case_id}/moves",
    summary="办理案件",
    description=(
        "按闭环流程推进案件；不合流程时答 409 illegal_move 并在 legal 中列出可执行的动作。"
        "dispatch 时给出 unit 即向该单位发出新工单（如退单后改派）。"
        "可用 If-Match 防止覆盖他人的办理（412），用 Idempotency-Key 防止重复办理。"
    ),
    responses=answers(CASE_EXAMPLE | {"stage": "verified"}, *_MOVE, UnknownUnit),
)
async def make_move(
    body: MoveIn,
    case: VisibleCase,
    services: ServicesDep,
    principal: CanMoveCases,
    desk: Desk,
    response: Response,
    if_match: IfMatch = "",
    idempotency_key: IdempotencyKey = "",
) -> CaseOut:
    """Make a legal move, once per idempotency key; an end with a ruling of its own becomes a precedent's draft."""
    if body.into:
        await find_case(body.into, services, principal)
    moved = await move_case(
        services, case.id, body.move, by=principal.id, reason=body.reason, into=body.into,
        version=wanted_version(if_match), key=idempotency_key, sending=body.sending,
    )  # fmt: skip
    if body.move is Move.EVALUATE:
        await desk.propose_ruling(moved.id)
    response.headers["ETag"] = f'"{moved.version}"'
    return case_out(moved)


@router.post(
    "/{case_id}/unmerge",
    summary="撤销合并",
    description="把误并的案件从主案件中拆出，恢复到合并之前的阶段，并继续办理；双方历程均保留。",
    responses=answers(CASE_EXAMPLE | {"stage": "collected"}, *_MOVE),
)
async def unmerge(
    body: ReasonIn,
    case: VisibleCase,
    services: ServicesDep,
    principal: CanMoveCases,
    response: Response,
    if_match: IfMatch = "",
) -> CaseOut:
    """Take a merged case out of its master again and go on with it."""
    moved = await move_case(
        services, case.id, Move.UNMERGE, by=principal.id, reason=body.reason, version=wanted_version(if_match)
    )
    response.headers["ETag"] = f'"{moved.version}"'
    return case_out(moved)

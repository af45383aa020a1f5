"""Routes about responsibility opinions (确权定责意见书) and the officer's ruling on them."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.opinionpapers import MEDIA_TYPE, OpinionFile, opinion_docx
from api.deps import CanDecide, CanReadCases, ServicesDep, find_case
from api.docs import answers
from api.models import (
    CASE_ID,
    DECISION_EXAMPLE,
    OPINION_VIEW_EXAMPLE,
    DecisionOut,
    OpinionOut,
    OpinionView,
    decision_out,
)
from api.observations import STATUS_URL
from domain.case import Decision, Verdict
from domain.errors import (
    AlreadyDecided,
    Conflict,
    Forbidden,
    InvalidInput,
    MalformedJson,
    NotFound,
    OpinionNotFound,
    Unavailable,
    UnknownUnit,
)

router = APIRouter(prefix="/api/v1/opinions", tags=["意见书"])

DutyName = Literal["handling", "upkeep", "supervision", "enforcement"]


class ApproveIn(BaseModel):
    """Consent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "同意"}]})

    reason: str = Field(default="", max_length=2000, description="批注，可不填。")


class AmendIn(BaseModel):
    """Consent with changes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"changes": {"upkeep": "u-509901-drainage"}, "reason": "台账显示该井盖由排水公司养护"}]
        },
    )

    changes: dict[DutyName, str] = Field(min_length=1, description="改定的责任：责任类别 → 单位编码。")
    reason: str = Field(min_length=1, max_length=2000, description="改定的理由。")


class RejectIn(BaseModel):
    """Refusal."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"reason": "证据不足，补拍井盖标识"},
                {"reason": "移交清单显示归市政养护", "duties": {"upkeep": "u-509901-road_maintenance"}},
            ]
        },
    )

    reason: str = Field(min_length=1, max_length=2000, description="不同意的理由。")
    duties: dict[DutyName, str] = Field(
        default_factory=dict,
        description="否决后另行裁定的各项责任：责任类别 → 单位编码；填写后按此办理，不再提请上级。不填即只否决。",
    )


class RulingOut(BaseModel):
    """The ruling as recorded; the case goes on in the background."""

    case_id: str
    status_url: str = Field(description="查看案件后续的地址。")
    decision: DecisionOut


_RULING = {"case_id": CASE_ID, "status_url": STATUS_URL.format(CASE_ID), "decision": DECISION_EXAMPLE}
_READ = (InvalidInput, OpinionNotFound, Forbidden, Unavailable)
_RULE = (*_READ, MalformedJson, AlreadyDecided, Conflict)


async def visible_opinion(
    opinion_id: Annotated[str, Path(description="意见书编号。", examples=["op-3c9a51d07be2"])],
    services: ServicesDep,
    principal: CanReadCases,
) -> OpinionView:
    """Dependency: the opinion of the path, if its case is the caller's. Raises OpinionNotFound."""
    try:
        opinion = await services.book.opinion(opinion_id)
        case = await find_case(await services.book.case_of_opinion(opinion_id), services, principal)
    except NotFound:
        raise OpinionNotFound(f"没有编号为“{opinion_id}”的意见书。", "请核对编号，并确认它属于您的辖区。") from None
    ruling = await services.book.decision_of(opinion_id)
    return OpinionView(
        case_id=case.id,
        opinion=OpinionOut.model_validate(opinion),
        decision=decision_out(ruling) if ruling else None,
    )


VisibleOpinion = Annotated[OpinionView, Depends(visible_opinion)]


async def _rule(
    services: ServicesDep,
    seen: OpinionView,
    verdict: Verdict,
    by: str,
    reason: str,
    changes: dict[str, str] | None = None,
) -> RulingOut:
    decision = await services.runner.decide(
        Decision(
            opinion_id=seen.opinion.id, verdict=verdict, by=by, at=services.clock(), reason=reason, changes=changes
        )
    )
    return RulingOut(case_id=seen.case_id, status_url=STATUS_URL.format(seen.case_id), decision=decision_out(decision))


@router.get(
    "/{opinion_id}.docx",
    summary="下载意见书文档",
    description=(
        "意见书全文为 Word 文档：四种责任、依据、协议、先例比对、证据、反方意见、时限及其来源、三步说明。"
        "裁定之前落款为“待签发”，裁定之后列明何人、何时、如何裁定；内容相同则文件逐字节相同。"
    ),
    response_class=Response,
    responses=answers("PK…", *_READ, media_type=MEDIA_TYPE),
)
async def read_opinion_paper(opinion: VisibleOpinion, services: ServicesDep) -> Response:
    """The opinion as a document to sign."""
    case = await services.book.case(opinion.case_id)
    ruling = await services.book.decision_of(opinion.opinion.id)
    register = services.world.register
    changes = (ruling.changes or {}) if ruling else {}
    names = {code: unit.name for code in changes.values() if (unit := register.get(code)) is not None}
    file = OpinionFile(
        opinion=await services.book.opinion(opinion.opinion.id), case_id=case.id, observation=case.observation,
        decision=ruling, unit_names=names,
    )  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="{opinion.opinion.id}.docx"'}
    # In a thread: making the document takes a tenth of a second, and its library is read the first time.
    return Response(await asyncio.to_thread(opinion_docx, file), media_type=MEDIA_TYPE, headers=headers)


@router.get(
    "/{opinion_id}",
    summary="查看意见书",
    description="意见书全文（四种责任、依据、证据、反方意见、时限、推理步骤）及其裁定。",
    responses=answers(OPINION_VIEW_EXAMPLE, *_READ),
)
async def read_opinion(opinion: VisibleOpinion) -> OpinionView:
    """The opinion with the ruling on it."""
    return opinion


@router.post(
    "/{opinion_id}/approve",
    summary="批准意见书",
    description="按意见书办理。一份意见书只能裁定一次：其后的裁定答 409 already_decided，并给出谁、何时、如何裁定。",
    responses=answers(_RULING | {"decision": DECISION_EXAMPLE | {"verdict": "approve", "changes": None}}, *_RULE),
)
async def approve(body: ApproveIn, opinion: VisibleOpinion, services: ServicesDep, principal: CanDecide) -> RulingOut:
    """Consent; the run goes on."""
    return await _rule(services, opinion, Verdict.APPROVE, principal.id, body.reason)


@router.post(
    "/{opinion_id}/amend",
    summary="修改后批准",
    description="改定一项或几项责任的承担单位后批准；须给出理由。单位编码须存在且现行有效。",
    responses=answers(_RULING, *_RULE, UnknownUnit),
)
async def amend(body: AmendIn, opinion: VisibleOpinion, services: ServicesDep, principal: CanDecide) -> RulingOut:
    """Consent with other units for some duties; the run goes on."""
    changes = {str(duty): code for duty, code in body.changes.items()}
    return await _rule(services, opinion, Verdict.AMEND, principal.id, body.reason, changes)


@router.post(
    "/{opinion_id}/reject",
    summary="否决意见书",
    description=(
        "不同意此意见书；须给出理由。可在 duties 中写明四种责任各由谁承担，即按此办理并可提为先例；"
        "不写则提请上级。没有另行指定的，已派出的现场处置不受影响。"
    ),
    responses=answers(
        _RULING | {"decision": DECISION_EXAMPLE | {"verdict": "reject", "changes": None}}, *_RULE, UnknownUnit
    ),
)
async def reject(body: RejectIn, opinion: VisibleOpinion, services: ServicesDep, principal: CanDecide) -> RulingOut:
    """Refuse; the run goes on without the opinion, by the officer's own ruling where there is one."""
    ruled = {str(duty): code for duty, code in body.duties.items()} or None
    return await _rule(services, opinion, Verdict.REJECT, principal.id, body.reason, ruled)

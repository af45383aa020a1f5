"""Route about agreements between neighbours (毗邻协议): what they arrange, whether they hold, and what is wrong."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.deps import CanReadWorld, ServicesDep, Today
from api.docs import answers
from domain.adjacency.agreements import PactFault, review
from domain.adjacency.pacts import ARRANGEABLE, UNTOUCHED
from domain.errors import Forbidden, InvalidInput, Unavailable
from domain.world import Agreement
from graphs.bootstrap import Services

router = APIRouter(prefix="/api/v1/world/agreements", tags=["城市"])

STATUS_NAMES = {"in_force": "现行有效", "expired": "已过期", "not_yet": "尚未生效", "unsigned": "尚未签署"}


class FaultOut(BaseModel):
    """One thing wrong with an agreement."""

    kind: str = Field(description="dates、party、lead、area、issue、duty、overreach、double 或 clash。")
    reason: str
    other: str = Field(description="与之冲突或重复的协议编号；没有时为空。")


class AgreementOut(BaseModel):
    """One agreement, or a superior's designation."""

    id: str
    title: str
    kind: str = Field(description="agreement 各方协议；designation 上级指定（当事方只有一个上级区域）。")
    parties: list[str] = Field(description="当事方区域编码。")
    issues: list[str] = Field(description="适用的事项；空为全部。")
    arranges: list[str] = Field(description="约定的内容：handling、upkeep、cost 等。")
    leads: dict[str, str] = Field(description="责任类别 → 牵头单位编码。")
    valid_from: date
    valid_to: date | None
    status: str
    status_name: str
    may_change: list[str] = Field(description="可以约定的内容。")
    may_not_change: list[str] = Field(description="协议不能改变的内容；上级指定为空。")
    text: str
    faults: list[FaultOut] = Field(description="缺陷与冲突；有冲突的，意见书不采用任何一份。")


class AgreementsOut(BaseModel):
    """All agreements in the order of the city's data."""

    on: date
    items: list[AgreementOut]


_EXAMPLE: dict[str, Any] = {
    "on": "2026-03-02",
    "items": [
        {
            "id": "XY001", "title": "界心路毗邻区域环境卫生共管协议", "kind": "agreement",
            "parties": ["509901", "509904"],
            "issues": ["E01"], "arranges": ["handling", "upkeep", "cost"],
            "leads": {"handling": "u-509901-sanitation", "upkeep": "u-509901-sanitation"}, "valid_from": "2025-03-01",
            "valid_to": "2028-03-01", "status": "in_force", "status_name": "现行有效",
            "may_change": ["handling", "upkeep", "cost"], "may_not_change": list(UNTOUCHED),
            "text": "执法仍按各自辖区。", "faults": [],
        }
    ],
}  # fmt: skip


@router.get(
    "",
    summary="毗邻协议",
    description="全部毗邻协议和上级指定：范围、有效期、当事方、能与不能约定的内容，以及缺陷与相互冲突（只报告，不替各方选）。",
    responses=answers(_EXAMPLE, InvalidInput, Forbidden, Unavailable),
)
async def read_agreements(
    services: ServicesDep,
    principal: CanReadWorld,  # noqa: ARG001  the right is what is asked for
    today: Today,
    on: Annotated[date | None, Query(description="按哪一天的状态；默认今天。", examples=["2026-03-02"])] = None,
) -> AgreementsOut:
    """All agreements with what is wrong with them."""
    day, papers = on or today, services.world.agreements
    faults: dict[int, list[PactFault]] = {}
    for fault in review(papers, services.territory):
        faults.setdefault(fault.row, []).append(fault)
    items = [_out(paper, faults.get(row, []), day, services) for row, paper in enumerate(papers, 1)]
    return AgreementsOut(on=day, items=items)


def _out(paper: Agreement, faults: list[PactFault], day: date, services: Services) -> AgreementOut:
    above = len(paper.parties) == 1 and _is_wide(paper.parties[0], day, services)
    status = status_on(paper, day)
    return AgreementOut(
        id=paper.id, title=paper.title, kind="designation" if above else "agreement", parties=list(paper.parties),
        issues=list(paper.issues), arranges=list(paper.arranges),
        leads={duty: code for duty in paper.arranges if (code := paper.lead_of(duty))}, valid_from=paper.valid_from,
        valid_to=paper.valid_to, status=status, status_name=STATUS_NAMES[status],
        may_change=[*ARRANGEABLE, *(["enforcement"] if above else [])],
        may_not_change=[] if above else list(UNTOUCHED), text=paper.text,
        faults=[FaultOut(kind=fault.kind, reason=fault.reason, other=fault.other) for fault in faults],
    )  # fmt: skip


def _is_wide(code: str, day: date, services: Services) -> bool:
    """Whether a region is above townships: its word alone is a superior's."""
    holds = services.territory.holds(code, day)
    return holds and services.territory.region(code, day).level in ("city", "district")


def status_on(paper: Agreement, day: date) -> str:
    """Key of `STATUS_NAMES`."""
    if not paper.signed or (paper.signed_on is not None and paper.signed_on > day):
        return "unsigned"
    if day < paper.valid_from:
        return "not_yet"
    return "expired" if paper.valid_to is not None and paper.valid_to <= day else "in_force"

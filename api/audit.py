"""Routes about the audit chain (审计链): what was done, by whom, and whether the record is whole."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.auth import access_city
from api.deps import CanReadAudit, Limit, ServicesDep, find_case
from api.docs import answers
from api.models import CASE_ID, View
from domain.errors import AuditBroken, CaseNotFound, Forbidden, InvalidInput, Unavailable
from graphs.bootstrap import Services
from records.audit import AuditEntry

router = APIRouter(prefix="/api/v1/audit", tags=["审计"])

SCAN_STEP = 1000
"""Entries read at a time when a filter is applied."""

MAX_SCANNED = 20_000
"""Entries looked at for one page; the cursor goes on from there."""


class EntryOut(View):
    """One entry of the chain."""

    seq: int = Field(description="序号，从 1 起，无间断。", ge=1)
    at: str = Field(description="时刻，ISO 8601，UTC。")
    actor: str = Field(description="办理人；system 为系统自动。")
    action: str = Field(description="做了什么，如 case.move。")
    subject: str = Field(description="案件编号等。")
    detail: dict[str, Any]
    prev_hash: str = Field(description="前一条的哈希。")
    hash: str = Field(description="本条的哈希：SHA-256(前一条哈希 + 本条规范 JSON)。")


class AuditPage(BaseModel):
    """One page of entries, oldest first."""

    items: list[EntryOut]
    cursor: int = Field(description="取下一页时填入 after；0 表示到底。", ge=0)


class ChainOut(BaseModel):
    """The chain holds."""

    valid: bool
    entries: int = Field(description="核对过的条数。", ge=0)
    head: str = Field(description="最后一条的哈希；另处留存，可证明此前记录未被改写。")


_ENTRY: dict[str, Any] = {
    "seq": 17,
    "at": "2026-03-02T01:00:01.000000+00:00",
    "actor": "system",
    "action": "case.move",
    "subject": CASE_ID,
    "detail": {"move": "register", "from": "collected", "to": "registered", "version": 2},
    "prev_hash": "1" * 64,
    "hash": "2" * 64,
}


async def _matching(
    services: Services, subject: str | None, actor: str, action: str, *, after: int, limit: int
) -> AuditPage:
    """Entries that pass the filters; a page may be short when they are rare, its cursor still leads on."""
    kept: list[AuditEntry] = []
    first = after
    while after - first < MAX_SCANNED:
        entries = await services.book.audit(subject, after, SCAN_STEP)
        for entry in entries:
            after = entry.seq
            if actor in ("", entry.actor) and entry.action.startswith(action):
                kept.append(entry)
            if len(kept) == limit:
                return _page(kept, after)
        if len(entries) < SCAN_STEP:
            return _page(kept, 0)
    return _page(kept, after)


def _page(entries: list[AuditEntry], cursor: int) -> AuditPage:
    return AuditPage(items=[EntryOut.model_validate(entry) for entry in entries], cursor=cursor)


@router.get(
    "",
    summary="审计记录",
    description="从旧到新列出审计记录；给出 case 时只列该案，否则须为全市范围的人员。",
    responses=answers({"items": [_ENTRY], "cursor": 0}, InvalidInput, CaseNotFound, Forbidden, Unavailable),
)
async def read_audit(
    services: ServicesDep,
    principal: CanReadAudit,
    case: Annotated[str, Query(max_length=200, description="案件编号。", examples=[CASE_ID])] = "",
    actor: Annotated[str, Query(max_length=200, description="办理人。", examples=["demo-officer"])] = "",
    action: Annotated[str, Query(max_length=100, description="动作，可只给前缀。", examples=["case."])] = "",
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="只列序号大于此的；用上一页的 cursor。")] = 0,
    limit: Limit = 100,
) -> AuditPage:
    """One page of entries, oldest first."""
    if case:
        await find_case(case, services, principal)
    else:
        access_city(principal, services.world.city)
    return await _matching(services, case or None, actor, action, after=after, limit=limit)


@router.get(
    "/verify",
    summary="核验审计链",
    description="从头核对整条哈希链；断裂时答 500 audit_broken，seq 为第一条有问题的记录。",
    responses=answers({"valid": True, "entries": 128, "head": "2" * 64}, AuditBroken, Forbidden, Unavailable),
)
async def verify_audit(services: ServicesDep, principal: CanReadAudit) -> ChainOut:
    """Walk the whole chain."""
    access_city(principal, services.world.city)
    entries = await services.book.verify_audit()
    _, head = await services.book.audit_head()
    return ChainOut(valid=True, entries=entries, head=head)

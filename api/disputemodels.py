"""What the routes about disputes take and answer with, as JSON with examples."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.models import CASE_ID, ORDER_ID
from domain.adjacency.disputes import LONGEST_REASON, STATE_NAMES, Dispute, DisputeState
from domain.adjacency.returns import ReturnDraft
from domain.limits import SOURCE_NAMES
from domain.organisation import Register

DISPUTE_ID = "dp-2f1c9d0a7be3546810aa"
DutyName = Literal["handling", "upkeep", "supervision", "enforcement"]


class StatementOut(BaseModel):
    """What a party says."""

    unit: str
    unit_name: str
    text: str
    by: str
    at: str
    proven: bool = Field(description="当事方的陈述一律未证实；证据见意见书。")


class SuperiorOut(BaseModel):
    """Who is above all parties."""

    region: str = Field(description="共同上级所在区域编码，由区划树推算。")
    unit: str = Field(description="共同上级单位编码；名录中没有时为空，须人工指定。")
    name: str
    basis: str = Field(description="法律依据；没有时为空。")


class DisputeOut(BaseModel):
    """A dispute with where it stands."""

    id: str
    case_id: str
    order_id: str
    opinion_id: str
    duty: str = Field(description="争议的责任：handling、upkeep 等。")
    unit: str = Field(description="退单单位编码。")
    unit_name: str
    reason: str = Field(description="退单理由，未证实。")
    round: int = Field(ge=1, description="此案第几次退单。")
    state: DisputeState = Field(
        description="consulting 协商中、escalated 已提请共同上级、ruled 已裁定、withdrawn 已撤回。"
    )
    state_name: str
    opened_by: str
    opened_at: datetime
    due_at: datetime | None = Field(description="当前步骤的时限；了结后为空。")
    due_what: str
    due_source: str = Field(description="statutory 法定，suggested 建议。")
    due_note: str = Field(description="时限的性质，如“建议时限，非法定”。")
    parties: list[str]
    superior: SuperiorOut | None
    statements: list[StatementOut]
    escalated_at: datetime | None
    why_up: str = Field(description="提请共同上级的原因；未提请为空。")
    settlement: str = Field(description="negotiated 协商一致、superior 共同上级裁定、reassigned 坐席改派；未裁定为空。")
    ruling: dict[str, str] = Field(description="责任类别 → 单位编码。")
    ruled_by: str
    ruled_at: datetime | None
    ruled_why: str
    version: int = Field(ge=1)


class DisputePageOut(BaseModel):
    """One page of disputes, newest first."""

    items: list[DisputeOut]
    cursor: str = Field(description="取下一页时填入 cursor；最后一页为空。")


class DisputeListOut(BaseModel):
    """All disputes of a case, oldest first."""

    items: list[DisputeOut]


class SummaryOut(BaseModel):
    """The dispute in words."""

    dispute_id: str
    text: str


class DraftLineOut(BaseModel):
    """One sentence of a draft."""

    text: str
    proven: bool = Field(description="true：案卷中有证据；false：未证实。")
    against: bool = Field(description="true：与退单理由相反。")


class ReturnDraftOut(BaseModel):
    """A draft of why an order is returned."""

    lines: list[DraftLineOut]
    missing: list[str] = Field(description="还须补充的证据。")
    text: str = Field(description="草稿全文。")


class StatementIn(BaseModel):
    """A party's words."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "该路段未移交我方"}]})

    text: str = Field(min_length=1, max_length=LONGEST_REASON, description="意见。")


class EscalateIn(BaseModel):
    """Why it goes up now."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "双方已明确表示不能一致"}]})

    reason: str = Field(min_length=1, max_length=LONGEST_REASON, description="提请的理由。")


class RuleIn(BaseModel):
    """Who bears what, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"duties": {"handling": "u-509902-road_maintenance"}, "reason": "按移交清单归鹭北区市政"}]
        },
    )

    duties: dict[DutyName, str] = Field(min_length=1, description="责任类别 → 单位编码；须含争议的责任。")
    reason: str = Field(min_length=1, max_length=LONGEST_REASON, description="裁定的理由。")


class WithdrawIn(BaseModel):
    """Why it is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "核实后由我单位办理"}]})

    reason: str = Field(min_length=1, max_length=LONGEST_REASON, description="撤回的理由。")


def dispute_out(dispute: Dispute, register: Register) -> DisputeOut:
    """A dispute as JSON, with names of units."""

    def name(code: str) -> str:
        unit = register.get(code)
        return unit.name if unit else code

    plain: dict[str, Any] = dispute.to_json() | {
        "state_name": STATE_NAMES[dispute.state],
        "unit_name": name(dispute.unit),
        "due_note": SOURCE_NAMES.get(dispute.due_source, ""),
        "statements": [
            {
                "unit": one.unit,
                "unit_name": name(one.unit),
                "text": one.text,
                "by": one.by,
                "at": one.at,
                "proven": False,
            }
            for one in dispute.statements
        ],
    }
    return DisputeOut.model_validate(plain)


def draft_out(draft: ReturnDraft) -> ReturnDraftOut:
    """A draft as JSON."""
    lines = [DraftLineOut(text=line.text, proven=line.proven, against=line.against) for line in draft.lines]
    return ReturnDraftOut(lines=lines, missing=list(draft.missing), text=draft.text)


DISPUTE_EXAMPLE: dict[str, Any] = {
    "id": DISPUTE_ID,
    "case_id": CASE_ID,
    "order_id": ORDER_ID,
    "opinion_id": "op-3c9a51d07be2",
    "duty": "handling",
    "unit": "u-509901004-township_office",
    "unit_name": "听雨巷街道办事处",
    "reason": "点位在河对岸，不在我街道",
    "round": 1,
    "state": "consulting",
    "state_name": "协商中",
    "opened_by": "g-1",
    "opened_at": "2026-03-02T02:00:00Z",
    "due_at": "2026-03-04T10:00:00Z",
    "due_what": "退单协商",
    "due_source": "suggested",
    "due_note": "建议时限，非法定",
    "parties": ["u-509901004-township_office", "u-509902003-township_office"],
    "superior": {
        "region": "509900",
        "unit": "u-509900-urban_management",
        "name": "云屏市城市管理局",
        "basis": "《重庆市市容环境卫生管理条例》第13条",
    },
    "statements": [
        {
            "unit": "u-509901004-township_office", "unit_name": "听雨巷街道办事处", "text": "点位在河对岸，不在我街道",
            "by": "g-1", "at": "2026-03-02T02:00:00Z", "proven": False,
        }
    ],
    "escalated_at": None,
    "why_up": "",
    "settlement": "",
    "ruling": {},
    "ruled_by": "",
    "ruled_at": None,
    "ruled_why": "",
    "version": 1,
}  # fmt: skip

DRAFT_EXAMPLE: dict[str, Any] = {
    "lines": [
        {"text": "点位毗邻界线，可能落在：听雨巷街道（0.52）、镜子湾街道（0.48）", "proven": False, "against": False}
    ],
    "missing": ["E04 部件标识与普查台账"],
    "text": "退单理由（草拟）……",
}
SUMMARY_EXAMPLE: dict[str, Any] = {"dispute_id": DISPUTE_ID, "text": "争议摘要书（草拟）……"}

"""What routes answer with: cases, opinions, orders and decisions as JSON, with units and examples."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.case import CaseFile, Decision, OrderStatus, Stage, Verdict, WorkOrder

CASE_ID = "case-5b1f8c2e9d4a7036"
OPINION_ID = "op-3c9a51d07be2"
ORDER_ID = "wo-7f20c4b1a9e3"


class View(BaseModel):
    """Read from the domain's dataclasses by attribute."""

    model_config = ConfigDict(from_attributes=True)


class CaseOut(View):
    """One case (案卷)."""

    id: str = Field(description="案件编号。")
    stage: Stage = Field(description="所处阶段（七阶段闭环及挂起、升级、合并等）。")
    observation: dict[str, Any] = Field(description="引发案件的上报，坐标已统一为 WGS-84。")
    created_at: datetime
    updated_at: datetime
    issue: str = Field(description="事项编号，如 P01；识别之前为空。")
    class_code: str = Field(description="标准中的类别代码。")
    standard_ref: str = Field(description="类别代码所属的标准。")
    severity: str
    emergency: bool = Field(description="是否紧急：紧急案件先处置、后定责。")
    region: str = Field(description="所在区划编码；未定位时为空。")
    lon: float | None = Field(description="经度，度，WGS-84。")
    lat: float | None = Field(description="纬度，度，WGS-84。")
    stage_before: Stage | None = Field(description="挂起或合并之前的阶段。")
    master: str = Field(description="被并入的案件编号；未合并时为空。")
    previous: str = Field(description="复发时，此前已结案的案件编号。")
    opinion: str = Field(description="最新确权定责意见书编号。")
    returns: int = Field(description="被退回的次数。", ge=0)
    version: int = Field(description="版本号，即 ETag；每次变更加一。", ge=1)


class DecisionOut(View):
    """An officer's ruling on an opinion."""

    opinion_id: str
    verdict: Verdict
    by: str = Field(description="裁定人。")
    at: datetime
    reason: str
    changes: dict[str, str] | None = Field(description="改定的责任：责任类别 → 单位编码。")


class OpinionOut(BaseModel):
    """The responsibility opinion (确权定责意见书), as made; keys may be added, none is taken away."""

    model_config = ConfigDict(extra="allow")

    id: str
    observation: str = Field(description="所依据的上报编号。")
    issue: dict[str, Any]
    duties: dict[str, Any] = Field(
        description="四种责任：handling 现场处置、upkeep 权属养护、supervision 行业监管、enforcement 行政执法。"
    )
    candidates: list[dict[str, Any]]
    boundary: dict[str, Any] = Field(description="与界线的关系：距离（米）、相邻区划及其概率。")
    citations: list[dict[str, Any]] = Field(description="依据：法规、条、版本、效力。")
    agreements: list[dict[str, Any]]
    precedents: list[dict[str, Any]]
    evidence: dict[str, list[str]] = Field(description="已有证据与尚缺证据。")
    counter_argument: str
    confidence: float = Field(ge=0.0, le=1.0)
    emergency: bool
    human_required: dict[str, Any]
    escalation: list[dict[str, Any]]
    deadlines: list[dict[str, Any]]
    rules: dict[str, Any]
    explanation: dict[str, Any]
    versions: dict[str, str]


class OpinionView(BaseModel):
    """An opinion with its case and the ruling on it, if there is one."""

    case_id: str
    opinion: OpinionOut
    decision: DecisionOut | None


class OrderOut(View):
    """One unit's task (工单)."""

    id: str
    case_id: str
    duty: str = Field(description="handling、upkeep、supervision 或 enforcement。")
    unit: str = Field(description="承办单位编码。")
    unit_name: str
    status: OrderStatus
    issued_at: datetime
    due_at: datetime | None
    due_source: str = Field(description="时限来源：statutory 法定，suggested 建议。")
    text: str
    distance_m: float | None = Field(description="承办单位驻地到现场的距离，米。")


def case_out(case: CaseFile) -> CaseOut:
    """A case as JSON."""
    return CaseOut.model_validate(case)


def order_out(order: WorkOrder) -> OrderOut:
    """A work order as JSON."""
    return OrderOut.model_validate(order)


def decision_out(decision: Decision) -> DecisionOut:
    """A ruling as JSON."""
    return DecisionOut.model_validate(decision)


OBSERVATION_EXAMPLE: dict[str, Any] = {
    "source": "person",
    "text": "两区交界的路上有个井盖不见了，晚上差点有人掉下去",
    "lon": 106.496153,
    "lat": 29.622639,
    "crs": "GCJ02",
    "accuracy_m": 15,
    "observed_at": "2026-03-02T08:55:00+08:00",
    "external_id": "12345-20260302-0017",
}

CASE_EXAMPLE: dict[str, Any] = {
    "id": CASE_ID,
    "stage": "dispatched",
    "observation": {"id": "person:12345-20260302-0017", "source": "person", "text": "井盖不见了"},
    "created_at": "2026-03-02T01:00:00Z",
    "updated_at": "2026-03-02T01:00:02Z",
    "issue": "P02",
    "class_code": "",
    "standard_ref": "",
    "severity": "serious",
    "emergency": True,
    "region": "509901004",
    "lon": 106.492277,
    "lat": 29.625308,
    "stage_before": None,
    "master": "",
    "previous": "",
    "opinion": OPINION_ID,
    "returns": 0,
    "version": 4,
}

DECISION_EXAMPLE: dict[str, Any] = {
    "opinion_id": OPINION_ID,
    "verdict": "amend",
    "by": "demo-officer",
    "at": "2026-03-02T01:20:00Z",
    "reason": "台账显示该井盖由排水公司养护",
    "changes": {"upkeep": "u-509901-drainage"},
}

OPINION_EXAMPLE: dict[str, Any] = {
    "id": OPINION_ID,
    "observation": "person:12345-20260302-0017",
    "issue": {"code": "P02", "standard_ref": "", "name": "无标识井盖"},
    "duties": {
        "handling": {
            "unit": "u-509901004-township_office",
            "unit_name": "听雨巷街道办事处",
            "level": "township",
            "probability": 0.9,
            "status": "determined",
            "reasons": ["先到先处置，不影响后续定责"],
        }
    },
    "candidates": [],
    "boundary": {"position": "on_line", "adjacent": True, "distance_m": 4.0},
    "citations": [{"law": "城市道路管理条例", "article": "23", "status": "in_force", "role": "upkeep"}],
    "agreements": [],
    "precedents": [],
    "evidence": {"have": ["现场坐标"], "missing": ["井盖标识照片"]},
    "counter_argument": "若井盖属通信管线，则养护责任在通信运营企业。",
    "confidence": 0.72,
    "emergency": True,
    "human_required": {"value": True, "why": ["位于两区界线上"]},
    "escalation": [],
    "deadlines": [{"what": "设置围挡警示", "value": 1, "unit": "hour", "source": "suggested"}],
    "rules": {"fired": [], "considered": []},
    "explanation": {"steps": ["认定事项", "判明位置", "确定责任"], "formal": "……"},
    "versions": {"knowledge": "…", "world": "…"},
}

OPINION_VIEW_EXAMPLE: dict[str, Any] = {"case_id": CASE_ID, "opinion": OPINION_EXAMPLE, "decision": None}

ORDER_EXAMPLE: dict[str, Any] = {
    "id": ORDER_ID,
    "case_id": CASE_ID,
    "duty": "handling",
    "unit": "u-509901004-township_office",
    "unit_name": "听雨巷街道办事处",
    "status": "issued",
    "issued_at": "2026-03-02T01:00:02Z",
    "due_at": "2026-03-02T02:00:02Z",
    "due_source": "suggested",
    "text": "到场设置围挡并警示，等待权属单位修复。",
    "distance_m": 640.0,
}

"""What the routes about precedents take and answer with, as JSON with examples."""

from collections.abc import Set
from datetime import date, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.models import CASE_ID, View
from domain.precedent import MAX_FACTS, MAX_TITLE, State, precedent_id
from domain.redaction import KIND_NAMES
from knowledge.caseoutput import similar_json
from knowledge.cases import SimilarCase
from records.precedents import FiledPrecedent


class BasisOut(View):
    """One article that the ruling rests on."""

    law: str
    article: str = Field(description="条号，如 13 或 120-1。")
    version_date: str = Field(description="所据版本的日期；未标明时为空。")
    role: str = Field(description="在论证中的作用。")


class BearerOut(View):
    """Which role bears a duty; never a unit's name."""

    duty: str
    sector: str = Field(description="部门类别，如 drainage。")
    level: str = Field(description="层级：city、district、township……")
    role: str = Field(description="中文称谓，如 区县级排水设施运营单位。")


class ProvenanceOut(View):
    """Who made it what it is; accounts and instants, empty where nobody did."""

    verdict: str
    ruled_by: str
    ruled_at: str
    proposed_by: str
    proposed_at: str
    approved_by: str
    approved_at: str


class RedactedOut(BaseModel):
    """What was taken out of the words, and how often."""

    kind: str
    name: str = Field(description="中文名称，如 电话。")
    count: int = Field(ge=1)


class PrecedentOut(BaseModel):
    """A precedent with where it stands."""

    id: str
    case_id: str
    state: State = Field(description="proposed 待审核、approved 已收录、rejected 未通过、withdrawn 已撤下。")
    published: bool = Field(description="知识库中现在是否有它；已收录而为 false 表示等待发布。")
    title: str
    facts: str = Field(description="案情，已脱敏。")
    issue: str = Field(description="争议所在。")
    ruling: str = Field(description="如何裁定、如何办结。")
    basis: list[BasisOut]
    bearers: list[BearerOut] = Field(description="各项责任由何种角色承担。")
    issues: list[str] = Field(description="事项编号。")
    rules: list[str] = Field(description="所体现的规则编号。")
    region: str
    day: date = Field(description="结案日；对此前的事不作先例。")
    provenance: ProvenanceOut
    redacted: list[RedactedOut] = Field(description="脱敏时隐去了什么、各几处；审核人应通读后再批准。")
    proposed_by: str
    proposed_at: datetime
    edited_by: str = Field(description="改写人；未改写为空。")
    decided_by: str
    decided_at: datetime | None
    reason: str
    version: int = Field(ge=1, description="版本号，即 ETag。")


class PrecedentPageOut(BaseModel):
    """One page, newest proposal first."""

    items: list[PrecedentOut]
    cursor: str = Field(description="取下一页时填入 cursor；最后一页为空。")


class ProposalIn(BaseModel):
    """Which case is proposed."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"case_id": CASE_ID}]})

    case_id: str = Field(min_length=1, max_length=200, description="已结案并评价、意见书经人员裁定的案件。")


class EditIn(BaseModel):
    """New words; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "区县交界处井盖缺失，由排水单位补装"}]}
    )

    title: str | None = Field(default=None, min_length=1, max_length=MAX_TITLE, description="新标题。")
    facts: str | None = Field(default=None, min_length=1, max_length=MAX_FACTS, description="新的案情，将再次脱敏。")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.title is None and self.facts is None:
            raise ValueError("title or facts")
        return self


class ConsentIn(BaseModel):
    """Approval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "可供毗邻井盖案参照"}]})

    reason: str = Field(default="", max_length=2000, description="批注，可不填。")


class RefusalIn(BaseModel):
    """Rejection or withdrawal."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "所据法规已被取代"}]})

    reason: str = Field(min_length=1, max_length=2000, description="理由。")


class SimilarOut(BaseModel):
    """One case like the one asked about."""

    id: str
    title: str
    score: float = Field(ge=0.0, le=1.0, description="相似度：要素与文字加权。")
    features: float = Field(ge=0.0, le=1.0, description="要素部分。")
    words: float = Field(ge=0.0, le=1.0, description="文字部分，相对于本次检索的最好一条。")
    alike: list[str] = Field(description="相同之处。")
    differs: list[str] = Field(description="不同之处。")
    facts: str
    issue: str
    ruling: str
    basis: str = Field(description="法名#条号，以分号相隔。")
    issues: list[str]
    date: str
    source: str
    provenance: str


class SimilarListOut(BaseModel):
    """Cases like the one asked about, best first."""

    items: list[SimilarOut]
    note: str = Field(description="先例只作参考，不是法律依据。")


NOTE = "先例只作参考，不是法律依据；时间、地点和主体与本案不同，须逐项核对。"
PRECEDENT_ID = precedent_id(CASE_ID)
PRECEDENT_EXAMPLE: dict[str, Any] = {
    "id": PRECEDENT_ID,
    "case_id": CASE_ID,
    "state": "approved",
    "published": True,
    "title": "区县交界处无标识井盖：权属养护由区县级排水设施运营单位承担",
    "facts": "2026年3月，人员上报“无标识井盖”。\n地点涉及区县界线，距最近的镇街界线约10米。",
    "issue": "区县交界处“无标识井盖”的现场处置、权属养护由谁承担（设施权属争议）",
    "ruling": "经有权人员修改后批准：\n权属养护——区县级排水设施运营单位（裁定时改定）。",
    "basis": [{"law": "城市道路管理条例", "article": "23", "version_date": "2019-03-24", "role": "upkeep"}],
    "bearers": [{"duty": "upkeep", "sector": "drainage", "level": "district", "role": "区县级排水设施运营单位"}],
    "issues": ["P02"],
    "rules": ["R12"],
    "region": "509901004",
    "day": "2026-03-05",
    "provenance": {
        "verdict": "amend", "ruled_by": "officer-1", "ruled_at": "2026-03-02T01:20:00Z",
        "proposed_by": "officer-1", "proposed_at": "2026-03-10T02:00:00Z",
        "approved_by": "officer-2", "approved_at": "2026-03-11T02:00:00Z",
    },
    "redacted": [{"kind": "phone", "name": "电话", "count": 1}],
    "proposed_by": "officer-1",
    "proposed_at": "2026-03-10T02:00:00Z",
    "edited_by": "",
    "decided_by": "officer-2",
    "decided_at": "2026-03-11T02:00:00Z",
    "reason": "可供毗邻井盖案参照",
    "version": 2,
}  # fmt: skip
PROPOSED_EXAMPLE = PRECEDENT_EXAMPLE | {
    "state": "proposed", "published": False, "decided_by": "", "decided_at": None, "reason": "", "version": 1,
}  # fmt: skip
SIMILAR_EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "id": PRECEDENT_ID, "title": PRECEDENT_EXAMPLE["title"], "score": 0.91, "features": 0.89, "words": 0.97,
            "alike": ["事项相同：无主井盖/权属不明管线井（P02）", "界线情形相同：涉及区县界线、在界线附近"],
            "differs": ["先例有安全危险，本案没有"],
            **{key: PRECEDENT_EXAMPLE[key] for key in ("facts", "issue", "ruling")},
            "basis": "城市道路管理条例#23", "issues": ["P02"], "date": "2026-03-05", "source": "先例库",
            "provenance": "2026-03-02 经有权人员修改后批准；2026-03-11 审核收录",
        }
    ],
    "note": NOTE,
}  # fmt: skip


def precedent_out(filed: FiledPrecedent, published: Set[str]) -> PrecedentOut:
    """A precedent as JSON."""
    own = filed.precedent
    return PrecedentOut(
        id=own.id,
        case_id=filed.case_id,
        state=filed.state,
        published=own.id in published,
        title=own.title,
        facts=own.facts,
        issue=own.issue,
        ruling=own.ruling,
        basis=[BasisOut.model_validate(one) for one in own.basis],
        bearers=[BearerOut.model_validate(one) for one in own.bearers],
        issues=list(own.issues),
        rules=list(own.rules),
        region=own.region,
        day=own.day,
        provenance=ProvenanceOut.model_validate(own.provenance),
        redacted=[RedactedOut(kind=key, name=KIND_NAMES[key], count=n) for key, n in own.redacted.items()],
        proposed_by=filed.proposed_by,
        proposed_at=filed.proposed_at,
        edited_by=filed.edited_by,
        decided_by=filed.decided_by,
        decided_at=filed.decided_at,
        reason=filed.reason,
        version=filed.version,
    )


def similar_out(case: SimilarCase) -> SimilarOut:
    """A similar case as JSON."""
    return SimilarOut.model_validate(similar_json(case))

"""What the routes about river-basin compensation take and answer with, as JSON with examples."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.adjacency.compensation.filing import FiledStatement, StatementState, StatementVerdict
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.compensation.submission import MAX_ROWS

STATEMENT_ID = "cs-5b1f8c2e9d4a70361b2c"
ROW_EXAMPLE: dict[str, Any] = {
    "断面": "云溪中断面", "月份": "2024-07", "上游": "江岚区", "下游": "鹭北区", "考核目标": "Ⅲ", "上年类别": "Ⅳ",
    "化学需氧量(mg/L)": 17, "氨氮(mg/L)": 0.42, "总磷(mg/L)": 0.15, "溶解氧(mg/L)": 6.4,
}  # fmt: skip

Rows = list[dict[str, Any]]
SchemeIn = str | dict[str, Any] | None


class SubmissionIn(BaseModel):
    """A section table, and under which scheme it is settled."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"scheme": "cq-2018", "period": "2024", "rows": [ROW_EXAMPLE]}]}
    )

    rows: Rows = Field(min_length=1, max_length=MAX_ROWS, description="断面表各行，列名中英文均可，单位写在括号里。")
    scheme: SchemeIn = Field(default=None, description="方案编号，或方案全文（字段同方案文件）；不填按表选择。")
    period: str = Field(
        default="", max_length=20, description="期间：2024、2024-03 或 2024-01..2024-06；不填为表中全部月份。"
    )


class AmendmentIn(BaseModel):
    """Rows that take the place of those about the same section and month."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rows": [ROW_EXAMPLE], "reason": "补测 7 月氨氮，监测站出具报告"}]},
    )

    rows: Rows = Field(default_factory=list, max_length=MAX_ROWS, description="取代同一断面同一月份的行；其余行不变。")
    scheme: SchemeIn = Field(default=None, description="换用的方案；不填沿用原方案。")
    reason: str = Field(min_length=1, max_length=2000, description="为什么修订。")


class ConfirmIn(BaseModel):
    """A finance officer's consent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "与月通报一致"}]})

    reason: str = Field(default="", max_length=2000, description="批注，可不填。")
    open_accepted: bool = Field(default=False, description="知悉仍有未结算项，先确认已结算部分。")


class ReturnIn(BaseModel):
    """A finance officer's refusal."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "7 月断面数据与监测月报不符"}]}
    )

    reason: str = Field(min_length=1, max_length=2000, description="为什么退回。")


class StatementDecisionOut(BaseModel):
    """A finance officer's word."""

    verdict: StatementVerdict = Field(description="confirm 确认、return 退回。")
    by: str
    at: datetime
    reason: str
    open_accepted: bool = Field(description="是否知悉仍有未结算项。")


class StatementHeadOut(BaseModel):
    """A statement in a list."""

    id: str
    state: StatementState = Field(description="draft 待确认、confirmed 已确认、returned 已退回、superseded 已被替代。")
    line: str = Field(description="同一核算的第一份的编号；修订件与之相同。")
    number: int = Field(ge=1, description="第几份，从 1 起。")
    supersedes: str = Field(description="所修订的核算表编号；第一份为空。")
    scheme: str
    period: list[str] = Field(description="起止月份。")
    parties: list[str]
    open: int = Field(ge=0, description="未结算、转人工的项数。")
    prepared_by: str
    prepared_at: datetime
    decision: StatementDecisionOut | None


class StatementOut(StatementHeadOut):
    """A statement whole."""

    statement: dict[str, Any] = Field(description="核算表全文（lianzhi-compensation/1），金额以分为单位的整数。")
    citations: list[dict[str, Any]] = Field(description="依据，按期间最后一日的效力逐条核对。")
    citation_notes: list[str] = Field(description="未能引用的条文与原因。")
    reason: str = Field(description="修订理由；第一份为空。")
    versions: dict[str, str]


class StatementPageOut(BaseModel):
    """One page, newest first."""

    items: list[StatementHeadOut]
    cursor: str = Field(description="取下一页时填入 cursor；最后一页为空。")


class SchemeOut(BaseModel):
    """A scheme that can be named."""

    id: str = Field(description="提交时填写的编号；经数据包引入的为 包名/编号。")
    name: str
    version: str
    digest: str
    sources: list[str] = Field(description="参数来源。")
    undisclosed: list[str] = Field(description="公开规则未说明之处。")


class SchemeListOut(BaseModel):
    """Schemes that can be named."""

    items: list[SchemeOut]


def head_out(filed: FiledStatement) -> StatementHeadOut:
    """A statement in a list."""
    return StatementHeadOut(**_head(filed))


def statement_out(filed: FiledStatement) -> StatementOut:
    """A statement whole."""
    names = ("statement", "citations", "citation_notes", "reason", "versions")
    return StatementOut(**_head(filed), **{name: filed.body[name] for name in names})


def _head(filed: FiledStatement) -> dict[str, Any]:
    said = filed.decision
    decision = said and StatementDecisionOut(
        verdict=said.verdict, by=said.by, at=said.at, reason=said.reason, open_accepted=said.open_accepted
    )
    return {
        "id": filed.id,
        "state": filed.state,
        "line": filed.line,
        "number": filed.number,
        "supersedes": filed.supersedes,
        "scheme": filed.scheme,
        "period": filed.body["statement"]["period"],
        "parties": list(filed.parties),
        "open": len(filed.body["statement"]["open"]),
        "prepared_by": filed.prepared_by,
        "prepared_at": filed.prepared_at,
        "decision": decision,
    }


def scheme_out(name: str, scheme: Scheme) -> SchemeOut:
    """A scheme that can be named."""
    return SchemeOut(
        id=name, name=scheme.name, version=scheme.version, digest=scheme.digest, sources=list(scheme.sources),
        undisclosed=list(scheme.undisclosed),
    )  # fmt: skip


HEAD_EXAMPLE: dict[str, Any] = {
    "id": STATEMENT_ID, "state": "draft", "line": STATEMENT_ID, "number": 1, "supersedes": "", "scheme": "cq-2018",
    "period": ["2024-07", "2024-07"], "parties": ["江岚区", "鹭北区", "市财政"], "open": 0, "prepared_by": "officer-1",
    "prepared_at": "2026-03-02T04:00:00Z", "decision": None,
}  # fmt: skip
STATEMENT_EXAMPLE: dict[str, Any] = HEAD_EXAMPLE | {
    "statement": {
        "format": "lianzhi-compensation/1",
        "items": [
            {"section": "云溪中断面", "month": "2024-07", "amount_fen": 100_000_000, "finding": "达标且较上年提升"}
        ],
        "open": [],
    },
    "citations": [{"law": "生态保护补偿条例", "article": "17", "version_date": "2024-04-06", "status": "in_force"}],
    "citation_notes": [],
    "reason": "",
    "versions": {"code": "0.1.0"},
}
DECISION_EXAMPLE: dict[str, Any] = {
    "verdict": "confirm",
    "by": "finance-1",
    "at": "2026-03-03T01:00:00Z",
    "reason": "与月通报一致",
    "open_accepted": False,
}
SCHEME_EXAMPLE: dict[str, Any] = {
    "id": "cq-2018", "name": "流域横向生态保护补偿（2018 年试行口径）", "version": "2018.1", "digest": "a9fa58d3e50a",
    "sources": ["公开报道"], "undisclosed": ["未达标月份的核算"],
}  # fmt: skip

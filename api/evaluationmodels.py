"""What the routes about evaluations take and answer with, as JSON with examples."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain.adjacency.evaluation.filing import (
    MOST_CUTS,
    MOST_QUESTIONS,
    STATE_NAMES,
    EvaluationState,
    FiledEvaluation,
    ReviewVerdict,
)

EVALUATION_ID = "ev-7c2f0a4e9b1d83560aef"
FINDING_ID = "split:reporter:上报人0003"
COMPARISON_EXAMPLE = {
    "indicator": "adjacent_first_right_rate", "treated": ["509901", "509904"], "start": "2026-05-01", "across": True,
}  # fmt: skip


class ComparisonIn(BaseModel):
    """Before and after, with the other regions as control group."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [COMPARISON_EXAMPLE]})

    indicator: str = Field(max_length=60, description="指标编号。", examples=["adjacent_first_right_rate"])
    treated: list[str] = Field(min_length=1, max_length=100, description="实施地区的区划编码。", examples=[["509901"]])
    start: date = Field(description="实施起始日。")
    across: bool = Field(default=True, description="界线另一侧触及实施地区的案件是否也算实施组。")


class EvaluationIn(BaseModel):
    """What to evaluate."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"since": "2026-01-01", "region": "509901", "comparisons": [COMPARISON_EXAMPLE]}]
        },
    )

    since: date | None = Field(default=None, description="上报起始日（含）；不填不限。")
    until: date | None = Field(default=None, description="上报截止日（含）；不填不限。")
    as_of: datetime | None = Field(default=None, description="评估时刻，含时区；不填即现在。其后发生的一概不计。")
    region: str = Field(default="", max_length=20, description="区划编码；不填为本人辖区。", examples=["509901"])
    cuts: list[list[str]] = Field(
        default_factory=list,
        max_length=MOST_CUTS,
        description="分组，每组一至三个维度；不填为区县、镇街、单位、大类、事项、月份、区县与月份。",
        examples=[[["district"], ["district", "month"]]],
    )
    comparisons: list[ComparisonIn] = Field(
        default_factory=list, max_length=MOST_QUESTIONS, description="前后对照（双重差分）。"
    )


class VerdictIn(BaseModel):
    """A person's word on one suspicion."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(max_length=200, description="疑点编号。", examples=[FINDING_ID])
    verdict: ReviewVerdict = Field(description="confirmed 属实、dismissed 排除、unclear 存疑。")
    reason: str = Field(min_length=1, max_length=2000, description="查了什么、看到什么。")


class ReviewIn(BaseModel):
    """Words on one or more suspicions."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"findings": [{"id": FINDING_ID, "verdict": "dismissed", "reason": "同一现场四个独立部件，逐件可查"}]}
            ]
        },
    )

    findings: list[VerdictIn] = Field(min_length=1, max_length=500)


class EvaluationHeadOut(BaseModel):
    """An evaluation in a list."""

    id: str = Field(description="评估编号。", examples=[EVALUATION_ID])
    state: EvaluationState = Field(description="waiting 疑点待核实、final 已定稿。")
    state_name: str
    region: str = Field(description="区划编码。")
    asked: dict[str, Any] = Field(description="评估了什么。")
    asked_by: str
    asked_at: datetime
    cases: int = Field(description="所计案件数。")
    suspicions: int = Field(description="刷量疑点数。")
    open: list[str] = Field(description="尚未核实的疑点。")
    summary: list[str] = Field(description="结论。")
    digest: str = Field(description="报告的 SHA-256；同样的案件与问题，摘要相同。")


class EvaluationOut(EvaluationHeadOut):
    """An evaluation whole."""

    report: dict[str, Any] = Field(description="全部指标、区间、疑点、对照、口径与台账问题。")


class EvaluationPageOut(BaseModel):
    """One page of evaluations."""

    items: list[EvaluationHeadOut]
    cursor: str = Field(description="下一页游标，末页为空。")


class BehindOut(BaseModel):
    """The cases behind one figure."""

    above: list[str] = Field(description="计入分子的案件。")
    below: list[str] = Field(description="计入分母的案件。")
    untold: list[str] = Field(description="台账说不清、两处都不计的案件。")
    spots: list[str] = Field(default_factory=list, description="共性点位的全部案件（仅协议转化率）。")


HEAD_EXAMPLE: dict[str, Any] = {
    "id": EVALUATION_ID,
    "state": "waiting",
    "state_name": "疑点待核实",
    "region": "509901",
    "asked": {
        "as_of": "2026-11-01T00:00:00Z",
        "since": "",
        "until": "",
        "regions": ["509901"],
        "cuts": [],
        "questions": [],
    },
    "asked_by": "officer-1",
    "asked_at": "2026-11-01T01:20:00Z",
    "cases": 2859,
    "suspicions": 1,
    "open": [FINDING_ID],
    "summary": ["江岚区 2025-11-01 至 2026-10-31 共 2859 件。"],
    "digest": "9f2c…",
}
EVALUATION_EXAMPLE: dict[str, Any] = HEAD_EXAMPLE | {"report": {"format": "lianzhi-evaluation-report/1"}}
BEHIND_EXAMPLE = {"above": ["c-2"], "below": ["c-1", "c-2"], "untold": [], "spots": []}


def head_out(filed: FiledEvaluation) -> EvaluationHeadOut:
    """An evaluation as a list shows it."""
    return EvaluationHeadOut(**_head(filed, filed.body()))


def evaluation_out(filed: FiledEvaluation) -> EvaluationOut:
    """An evaluation whole, with people's words in the report."""
    body = filed.body()
    return EvaluationOut(**_head(filed, body), report=body)


def _head(filed: FiledEvaluation, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": filed.id,
        "state": filed.state,
        "state_name": STATE_NAMES[filed.state],
        "region": filed.region,
        "asked": dict(filed.asked),
        "asked_by": filed.asked_by,
        "asked_at": filed.asked_at,
        "cases": body["scope"]["cases"],
        "suspicions": len(body["gaming"]),
        "open": list(filed.open),
        "summary": body["summary"],
        "digest": body["digest"],
    }

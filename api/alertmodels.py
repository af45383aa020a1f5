"""What the alert routes take and give, with examples."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.adjacency.alerting.filing import DISMISSALS, STATE_NAMES, AlertState, FiledAlert

ALERT_ID = "al-3576f6f23aeaf505"
Kind = Literal["cluster", "strip", "area", "repeat"]
Category = Literal["false_alarm", "seasonal", "data", "known", "other"]


class Strict(BaseModel):
    """A body; keys that the contract does not have are refused."""

    model_config = ConfigDict(extra="forbid")


class WatchIn(Strict):
    """A watch on demand."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"as_of": "2026-06-15T00:00:00+08:00"}]})

    as_of: datetime | None = Field(
        default=None,
        description="监测截止时刻（含时区）；此后上报的一概不看。不填为最近一个整日之末。",
        examples=["2026-06-15T00:00:00+08:00"],
    )


class NoteIn(Strict):
    """An acknowledgement."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "已约两侧明日现场会商"}]})

    reason: str = Field(default="", max_length=500, description="可附说明。", examples=["已约两侧明日现场会商"])


class DismissIn(Strict):
    """A dismissal."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"category": "seasonal", "reason": "汛期漂浮物每年如此，已有专项清捞"}]},
    )

    category: Category = Field(
        description="类别：" + "、".join(f"{key} {name}" for key, name in DISMISSALS.items()), examples=["seasonal"]
    )
    reason: str = Field(
        max_length=500, description="理由，用于改进阈值。", examples=["汛期漂浮物每年如此，已有专项清捞"]
    )


class CloseIn(Strict):
    """What the review found."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "拦污设施已修复，两周内未再发生"}]}
    )

    reason: str = Field(max_length=500, description="复核结果。", examples=["拦污设施已修复，两周内未再发生"])


class AlertHeadOut(BaseModel):
    """One alert in a list."""

    id: str
    state: AlertState
    state_name: str
    title: str
    issue: str
    kind: Kind
    lon: float | None = Field(description="经度，度，WGS-84；区域性上升为空。")
    lat: float | None = Field(description="纬度，度，WGS-84；区域性上升为空。")
    radius_m: float = Field(description="范围半径，米。")
    regions: list[str]
    observed: int = Field(description="窗口内件数；反复发生为前后次数。")
    expected: float = Field(description="按往常规律的预期。")
    p: float = Field(description="碰巧出现这种情形的概率。")
    q: float = Field(description="按全市检验数校正后的 p 值。")
    first_seen: datetime
    last_seen: datetime
    seen: int = Field(description="被多少次监测发现。")
    review_on: str = Field(description="复核日期。")
    decided_by: str
    decided_at: datetime | None
    version: int = Field(description="版本号，即 ETag。")


class AlertOut(AlertHeadOut):
    """One alert, whole."""

    alert: dict[str, Any] = Field(
        description="最近一次监测所见：信号、各侧、解释、可能成因、相似先例、联合行动建议、案件。"
    )
    category: str
    category_name: str
    reason: str
    raised_by: str
    settled: bool = Field(description="研判的后续（通知各侧）是否已写入待发箱。")


class AlertPageOut(BaseModel):
    """One page, newest first."""

    items: list[AlertHeadOut]
    cursor: str


class WatchOut(BaseModel):
    """What a watch found and filed."""

    id: str
    as_of: datetime
    summary: str
    cases: int = Field(description="看到的案件数。")
    tests: dict[str, int] = Field(description="各方法检验了多少处。")
    filed: list[tuple[str, Literal["new", "again", "woken", "quiet"]]] = Field(
        description="预警编号与去向：new 新增，again 延续，woken 重新提请，quiet 已排除且未明显加重。"
    )
    near: list[dict[str, Any]] = Field(description="接近但未达到预警标准的。")
    left_out: dict[str, int] = Field(description="未能计入的案件与原因。")
    problem_counts: dict[str, int]
    problems: list[dict[str, Any]] = Field(description="有问题的行（前 200 条）。")


class ThresholdsOut(BaseModel):
    """What officers' words of the last year say of the settings."""

    model_config = ConfigDict(extra="allow")

    raised: int
    decided: int
    undecided: int
    worth: dict[str, Any]
    dismissed: dict[str, int]
    by_method: list[dict[str, Any]]
    by_issue: list[dict[str, Any]]
    at_q: list[dict[str, Any]]
    proposal: dict[str, Any] = Field(description="建议；是否调整由负责人决定。")


def head_out(filed: FiledAlert) -> AlertHeadOut:
    """An alert in a list."""
    return AlertHeadOut(**_head(filed))


def alert_out(filed: FiledAlert) -> AlertOut:
    """An alert, whole."""
    return AlertOut(
        **_head(filed),
        alert=dict(filed.body),
        category=filed.category,
        category_name=DISMISSALS.get(filed.category, ""),
        reason=filed.reason,
        raised_by=filed.raised_by,
        settled=filed.settled,
    )


def _head(filed: FiledAlert) -> dict[str, Any]:
    keys = (
        "title",
        "issue",
        "kind",
        "lon",
        "lat",
        "radius_m",
        "regions",
        "observed",
        "expected",
        "p",
        "q",
        "review_on",
    )
    own = ("id", "state", "first_seen", "last_seen", "seen", "decided_by", "decided_at", "version")
    return {
        **{key: filed.body[key] for key in keys},
        **{key: getattr(filed, key) for key in own},
        "state_name": STATE_NAMES[filed.state],
    }


HEAD_EXAMPLE: dict[str, Any] = {
    "id": ALERT_ID,
    "state": "open",
    "state_name": "待研判",
    "title": "望澜门街道与白鹭滩街道交界处水域漂浮物/河道垃圾毗邻带聚集：11件，预期2.9件",
    "issue": "E04",
    "kind": "strip",
    "lon": 106.491353,
    "lat": 29.624569,
    "radius_m": 283.0,
    "regions": ["509901", "509901002", "509902", "509902001"],
    "observed": 11,
    "expected": 2.906,
    "p": 9.5e-06,
    "q": 0.0016,
    "first_seen": "2026-06-14T16:00:00Z",
    "last_seen": "2026-06-14T16:00:00Z",
    "seen": 1,
    "review_on": "2026-06-28",
    "decided_by": "",
    "decided_at": None,
    "version": 1,
}
ALERT_EXAMPLE: dict[str, Any] = {
    **HEAD_EXAMPLE,
    "alert": {
        "explanation": "近5天发生11件，按往常规律预期2.9件，约为预期的3.8倍。……",
        "sides": [{"township": "509901002", "name": "望澜门街道", "observed": 7, "owner_name": "望澜门街道办事处"}],
        "causes": [{"text": "靠近桥下空间", "evidence": "11件中7件距桥下空间不到150米（64%）"}],
        "action": {"lead_name": "鹭北区区级河长", "due_on": "2026-06-22", "due_source": "建议时限，非法定"},
    },
    "category": "",
    "category_name": "",
    "reason": "",
    "raised_by": "schedule",
    "settled": True,
}
WATCH_EXAMPLE: dict[str, Any] = {
    "id": "wt-5b1f8c2e9d4a7036",
    "as_of": "2026-06-14T16:00:00Z",
    "summary": "新增1条，延续0条，重新提请0条，保持静默0条",
    "cases": 4637,
    "tests": {"cells": 45, "strips": 37, "regions": 45, "weekly": 225, "daily": 155, "repeats": 2918},
    "filed": [[ALERT_ID, "new"]],
    "near": [],
    "left_out": {"合并或不予立案的，不另计": 428},
    "problem_counts": {},
    "problems": [],
}
THRESHOLDS_EXAMPLE: dict[str, Any] = {
    "raised": 42,
    "decided": 36,
    "undecided": 6,
    "worth": {"n": 36, "worth_raising": 31, "share": 0.861, "interval": [0.713, 0.939]},
    "dismissed": {"seasonal": 5},
    "by_method": [],
    "by_issue": [],
    "at_q": [{"q": 0.05, "n": 36, "worth_raising": 31, "share": 0.861, "lost_worth_raising": 0}],
    "proposal": {"q": 0.05, "text": "若错误发现率取0.05，已研判预警中86%值得发出，不会漏掉已确认的预警。"},
}

"""An alert on file: where it stands, what an officer may say to it, and when it is the same as one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.errors import EmptyText, InvalidInput
from domain.geo import Point, distance_m


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    CLOSED = "closed"


class AlertVerdict(StrEnum):
    """What an officer says."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"
    CLOSE = "close"


STATE_NAMES = {
    AlertState.OPEN: "待研判",
    AlertState.ACKNOWLEDGED: "已确认",
    AlertState.DISMISSED: "已排除",
    AlertState.CLOSED: "已了结",
}
FROM = {
    AlertVerdict.ACKNOWLEDGE: (AlertState.OPEN,),
    AlertVerdict.DISMISS: (AlertState.OPEN, AlertState.ACKNOWLEDGED),
    AlertVerdict.CLOSE: (AlertState.ACKNOWLEDGED,),
}
"""States in which each may be said."""
TO = {
    AlertVerdict.ACKNOWLEDGE: AlertState.ACKNOWLEDGED,
    AlertVerdict.DISMISS: AlertState.DISMISSED,
    AlertVerdict.CLOSE: AlertState.CLOSED,
}
DISMISSALS = {
    "false_alarm": "核查后没有共性问题",
    "seasonal": "季节或活动带来的正常变化",
    "data": "集中录入、专项巡查等数据原因",
    "known": "情况属实，但已经知道、正在处置",
    "other": "其他",
}
"""Reasons for which an alert is dismissed; the first three count as false alarms in the threshold report."""
FALSE_ALARMS = ("false_alarm", "seasonal", "data")
REACH_M = 300.0
"""An alert goes on where a newer one is within its radius and this much more, metres."""
OPEN_DAYS = 14
"""An alert that no watch repeated for so long is over; the next is a new one."""
WORSE = 2.0
"""A dismissed or closed alert comes up again when it has so many times the cases it had."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDecision:
    """An officer's word.

    Attributes:
        category: One of `DISMISSALS` for a dismissal, else empty.
        reason: In words; needed for a dismissal and for closing.
    """

    alert_id: str
    verdict: AlertVerdict
    by: str
    at: datetime
    category: str = ""
    reason: str = ""

    def check(self) -> None:
        """Refuse what the threshold report could not use.

        Raises:
            EmptyText: If a dismissal or closing gives no reason, or nobody signs.
            InvalidInput: If the category is not known or not wanted, or the reason too long.
        """
        if not self.by.strip():
            raise EmptyText("研判须有署名。", "请以有权人员身份登录后再研判。")
        if self.verdict is not AlertVerdict.ACKNOWLEDGE and not self.reason.strip():
            raise EmptyText("排除或了结预警须说明理由。", "请填写理由后重试；理由用于改进阈值。")
        if len(self.reason) > LONGEST_REASON:
            raise InvalidInput(f"理由超过 {LONGEST_REASON} 字。", "请删减后重试。")
        if (self.verdict is AlertVerdict.DISMISS) != bool(self.category):
            raise InvalidInput("排除预警须选择类别，其他研判不填类别。", f"类别：{'、'.join(DISMISSALS)}。")
        if self.category and self.category not in DISMISSALS:
            raise InvalidInput(f"没有名为“{self.category[:20]}”的类别。", f"类别：{'、'.join(DISMISSALS)}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledAlert:
    """An alert with where it stands.

    Attributes:
        body: JSON of the alert as the last watch saw it.
        first_seen, last_seen: Watches that found it first and last; `seen` counts them.
        raised_by: `schedule`, or the officer who asked for the watch.
        category, reason, decided_by, decided_at: Of the last decision; empty before.
        decided_cases: Cases it had when it was decided.
        settled: Whether the decision's effects are written.
        version: Counts changes; the ETag.
    """

    id: str
    state: AlertState
    body: Mapping[str, Any]
    first_seen: datetime
    last_seen: datetime
    seen: int
    raised_by: str
    category: str = ""
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_cases: int = 0
    settled: bool = True
    version: int = 1


def goes_on(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a new alert is an old one that goes on (both as JSON): same issue, same kind of place, near enough."""
    if old["issue"] != new["issue"] or (old["kind"] == "repeat") != (new["kind"] == "repeat"):
        return False
    if old["lon"] is None or new["lon"] is None:
        return old["lon"] is None and new["lon"] is None and bool(set(old["regions"]) & set(new["regions"]))
    gap = distance_m(*(Point(float(one["lon"]), float(one["lat"])) for one in (old, new)))
    return gap <= max(float(old["radius_m"]), float(new["radius_m"])) + REACH_M


def still_open(filed: FiledAlert, at: datetime) -> bool:
    """Whether a new finding at an instant may still belong to it."""
    return timedelta(0) <= at - filed.last_seen <= timedelta(days=OPEN_DAYS)


def wakes(filed: FiledAlert, new: Mapping[str, Any]) -> bool:
    """Whether a decided alert has become so much worse that an officer must look again."""
    decided = filed.state in (AlertState.DISMISSED, AlertState.CLOSED)
    return decided and int(new["observed"]) >= WORSE * max(filed.decided_cases, 1)

"""Service limits (时限) and the clocks they run on.

Minutes, hours, urgent hours (紧急工作时) and natural days run through nights, weekends and holidays; working hours
(工作时) and workdays (工作日) run on a work calendar, which is data. A limit of workdays does not count the day on
which it begins and ends when work ends on its last day.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise

from domain.clock import CHINA
from domain.errors import InvalidInput
from domain.opinion import Deadline

UNIT_NAMES = {
    "minute": "分钟",
    "urgent_hour": "紧急工作时",
    "hour": "小时",
    "work_hour": "工作时",
    "workday": "个工作日",
    "day": "天",
}
"""Units of a limit; `hour` is a plain hour, `urgent_hour` runs the same but is called so in filing standards."""

CONTINUOUS = {
    "minute": timedelta(minutes=1),
    "urgent_hour": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
"""Units that never stop, and how long each is."""

SOURCE_NAMES = {"statutory": "法定时限", "suggested": "建议时限，非法定"}

MAX_VALUE = {
    "minute": 525_600,
    "urgent_hour": 87_600,
    "hour": 87_600,
    "work_hour": 20_000,
    "workday": 2_500,
    "day": 3_650,
}
"""No limit is longer than about ten years (one year in minutes): more is a slip of the pen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """When offices work, in the city's civil time.

    Attributes:
        holidays: Days off beyond the weekends.
        makeup_days: Weekend days that are worked (调休上班); they win over `holidays`.
        hours: Spans of one working day, in order, apart from each other and within the day.
    """

    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()
    hours: tuple[tuple[time, time], ...] = ((time(9), time(12)), (time(14), time(18)))

    def __post_init__(self) -> None:
        edges = [edge for span in self.hours for edge in span]
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise InvalidInput("工作时间设置有误。", "各段须依次排列、互不重叠，例如 09:00-12:00、14:00-18:00。")

    def works_on(self, day: date) -> bool:
        """Whether offices work on this day."""
        return day in self.makeup_days or (day.weekday() < 5 and day not in self.holidays)

    def days_after(self, day: date) -> Iterator[date]:
        """Working days after `day`, without end."""
        while True:
            day += timedelta(days=1)
            if self.works_on(day):
                yield day

    def spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans of working time from `start` on, without end."""
        day = start.astimezone(CHINA).date()
        while True:
            if self.works_on(day):
                for opens, closes in self.hours:
                    begin = max(start, datetime.combine(day, opens, CHINA))
                    end = datetime.combine(day, closes, CHINA)
                    if begin < end:
                        yield begin, end
            day += timedelta(days=1)


@cache
def national_calendar() -> WorkCalendar:
    """Public holidays of 2025 and 2026; other years have their weekends only.

    Sources:
        国务院办公厅关于2025年部分节假日安排的通知; 国务院办公厅关于2026年部分节假日安排的通知 (2025-11-04).
    """
    plain = json.loads(files("domain").joinpath("data/calendar.json").read_text(encoding="utf-8"))
    return WorkCalendar(
        holidays=frozenset(date.fromisoformat(day) for day in plain["holidays"]),
        makeup_days=frozenset(date.fromisoformat(day) for day in plain["makeup_days"]),
        hours=tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in plain["hours"]),
    )


def due_at(start: datetime, deadline: Deadline, calendar: WorkCalendar) -> datetime:
    """When a limit ends, aware, UTC; never before `start`.

    Args:
        start: When the clock begins, aware.
        deadline: A value of 0 is due at once. A part of a workday counts as a whole one.
        calendar: For working hours and workdays; other units do not look at it.

    Raises:
        InvalidInput: If the unit is not known or the value is negative, not a number or absurdly large.
        ValueError: If `start` has no zone.
    """
    if start.tzinfo is None:
        raise ValueError("start must be aware")
    _check(deadline)
    if deadline.unit in CONTINUOUS:
        due = start + deadline.value * CONTINUOUS[deadline.unit]
    elif deadline.value == 0:
        due = start
    elif deadline.unit == "work_hour":
        due = _after_working_time(start, timedelta(hours=deadline.value), calendar)
    else:
        due = _end_of_workday(start, math.ceil(deadline.value), calendar)
    return due.astimezone(UTC)


def parse_limit(text: str) -> tuple[float, str]:
    """Value and unit of the first limit in Chinese words: `2紧急工作时`, `4小时`, `三日内`, `5个工作日`, `即时`.

    紧急工作日 is read as 24 urgent hours, since urgent clocks do not stop.

    Raises:
        InvalidInput: If there is no limit in the words.
    """
    if found := _LIMIT.search(text):
        value, (unit, factor) = _number(found["value"]) * (0.5 if found["half"] else 1), _WORDS[found["unit"]]
        return value * factor, unit
    if re.search(r"即时|立即|即刻|马上", text):
        return 0.0, "minute"
    raise InvalidInput(f"读不懂时限“{text[:30]}”。", "请写成：15分钟、2紧急工作时、4小时、4工作时、3个工作日、7天。")


def describe(deadline: Deadline) -> str:
    """The limit as shown to people, always with what it is: 修复：24小时（建议时限，非法定）."""
    unit = UNIT_NAMES.get(deadline.unit, deadline.unit)
    length = f"{deadline.value:g}{unit}" if deadline.value else "立即"
    return f"{deadline.what}：{length}（{SOURCE_NAMES[deadline.source]}）"


def _check(deadline: Deadline) -> None:
    if deadline.unit not in UNIT_NAMES:
        raise InvalidInput(f"不认识的时限单位“{deadline.unit[:20]}”。", f"可用单位：{'、'.join(UNIT_NAMES)}。")
    if not 0 <= deadline.value <= MAX_VALUE[deadline.unit]:  # also refuses nan
        raise InvalidInput(f"时限数值 {deadline.value} 不在允许范围内。", "时限须为非负数，且不超过约十年。")


def _after_working_time(start: datetime, left: timedelta, calendar: WorkCalendar) -> datetime:
    for begin, end in calendar.spans(start):
        if left <= end - begin:
            return begin + left
        left -= end - begin
    raise AssertionError("spans never end")


def _end_of_workday(start: datetime, count: int, calendar: WorkCalendar) -> datetime:
    days = calendar.days_after(start.astimezone(CHINA).date())
    last = next(day for number, day in enumerate(days, 1) if number == count)
    return datetime.combine(last, calendar.hours[-1][1], CHINA)


_WORDS = {
    "分钟": ("minute", 1),
    "紧急工作时": ("urgent_hour", 1),
    "紧急工作小时": ("urgent_hour", 1),
    "紧急工作日": ("urgent_hour", 24),
    "工作时": ("work_hour", 1),
    "工作小时": ("work_hour", 1),
    "工作日": ("workday", 1),
    "小时": ("hour", 1),
    "自然日": ("day", 1),
    "天": ("day", 1),
    "日": ("day", 1),
}
_LIMIT = re.compile(
    r"(?P<half>半)?(?P<value>\d+(?:\.\d+)?|[一二两三四五六七八九十]+|(?<=半))个?(?P<unit>"
    + "|".join(sorted(_WORDS, key=len, reverse=True))
    + ")"
)
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


def _number(words: str) -> float:
    """Arabic or Chinese numerals up to 99; the empty string, after 半, is one."""
    if not words:
        return 1.0
    if words[0].isdigit():
        return float(words)
    tens, ten, ones = words.rpartition("十")
    return float((_DIGITS.get(tens, 1) if ten else 0) * 10 + _DIGITS.get(ones, 0))

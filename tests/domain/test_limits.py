"""Clocks of service limits: laws first, then the days that offices got wrong."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import CHINA
from domain.errors import InvalidInput
from domain.issues import issue_table
from domain.limits import (
    CONTINUOUS,
    MAX_VALUE,
    UNIT_NAMES,
    WorkCalendar,
    describe,
    due_at,
    national_calendar,
    parse_limit,
)
from domain.opinion import Deadline

PLAIN = WorkCalendar()
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))
INSTANTS = st.builds(datetime.combine, DAYS, st.times(), tzinfo=st.just(UTC))
CALENDARS = st.builds(
    WorkCalendar, holidays=st.frozensets(DAYS, max_size=40), makeup_days=st.frozensets(DAYS, max_size=10)
)


def limit(value: float, unit: str, source: str = "suggested") -> Deadline:
    return Deadline(what="处置", value=value, unit=unit, source=source)


LIMITS = st.builds(limit, st.floats(0, 60), st.sampled_from(sorted(UNIT_NAMES)))


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@given(INSTANTS, LIMITS, CALENDARS)
def test_nothing_is_due_before_it_begins(start: datetime, item: Deadline, calendar: WorkCalendar) -> None:
    assert due_at(start, item, calendar) >= start


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=30)), LIMITS, CALENDARS)
def test_a_later_start_is_never_due_earlier(
    start: datetime, delay: timedelta, item: Deadline, calendar: WorkCalendar
) -> None:
    assert due_at(start, item, calendar) <= due_at(start + delay, item, calendar)


@given(INSTANTS, st.floats(0, 60), st.floats(0, 60), st.sampled_from(sorted(UNIT_NAMES)), CALENDARS)
def test_a_longer_limit_is_never_due_earlier(
    start: datetime, a: float, b: float, unit: str, calendar: WorkCalendar
) -> None:
    short, long = sorted((a, b))
    assert due_at(start, limit(short, unit), calendar) <= due_at(start, limit(long, unit), calendar)


@given(INSTANTS, st.floats(0, 60), st.sampled_from(sorted(CONTINUOUS)), CALENDARS)
def test_continuous_clocks_ignore_nights_and_holidays(
    start: datetime, value: float, unit: str, calendar: WorkCalendar
) -> None:
    due = due_at(start, limit(value, unit), calendar)
    assert abs((due - start) - value * CONTINUOUS[unit]) < timedelta(milliseconds=1)


@given(INSTANTS, st.floats(0.01, 60), st.sampled_from(["work_hour", "workday"]), CALENDARS)
def test_work_clocks_end_in_working_time(start: datetime, value: float, unit: str, calendar: WorkCalendar) -> None:
    due = due_at(start, limit(value, unit), calendar).astimezone(CHINA)
    assert calendar.works_on(due.date())
    assert any(opens <= due.time() <= closes for opens, closes in calendar.hours)


@given(INSTANTS, st.integers(1, 30), CALENDARS)
def test_n_workdays_pass_exactly_n_working_days(start: datetime, count: int, calendar: WorkCalendar) -> None:
    first, last = (
        start.astimezone(CHINA).date(),
        due_at(start, limit(count, "workday"), calendar).astimezone(CHINA).date(),
    )
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(calendar.works_on(day) for day in between) == count


@pytest.mark.parametrize(
    ("start", "value", "unit", "want"),
    [
        ("2026-03-06T10:00", 1, "workday", "2026-03-09T18:00"),  # Friday: the weekend is skipped
        ("2026-03-06T23:30", 2, "urgent_hour", "2026-03-07T01:30"),  # through the night
        ("2026-03-06T17:00", 4, "work_hour", "2026-03-09T12:00"),  # one hour Friday, three on Monday
        ("2026-03-06T11:30", 1, "work_hour", "2026-03-06T14:30"),  # over the lunch break
        ("2026-03-07T03:00", 2, "work_hour", "2026-03-09T11:00"),  # begins on Saturday
        ("2026-02-13T10:00", 2, "workday", "2026-02-24T18:00"),  # 14th is made up, 15th to 23rd Spring Festival
        ("2026-09-30T10:00", 3, "workday", "2026-10-10T18:00"),  # 1st to 7th off, Saturday 10th worked
        ("2025-09-26T10:00", 1, "workday", "2025-09-28T18:00"),  # Sunday worked
        ("2026-05-01T00:00", 15, "day", "2026-05-16T00:00"),
        ("2026-05-01T00:00", 0, "workday", "2026-05-01T00:00"),  # at once
        ("2026-03-06T10:00", 0.5, "workday", "2026-03-09T18:00"),
    ],
)
def test_known_days(start: str, value: float, unit: str, want: str) -> None:
    assert due_at(china(start), limit(value, unit), national_calendar()) == china(want)


def test_answers_are_in_utc() -> None:
    assert due_at(china("2026-03-06T10:00"), limit(1, "hour"), PLAIN).tzinfo is UTC


@pytest.mark.parametrize(
    "bad",
    [
        limit(-1, "hour"),
        limit(float("nan"), "hour"),
        limit(float("inf"), "workday"),
        limit(MAX_VALUE["workday"] + 1, "workday"),
        limit(1, "fortnight"),
    ],
)
def test_senseless_limits_are_refused(bad: Deadline) -> None:
    with pytest.raises(InvalidInput) as caught:
        due_at(china("2026-03-06T10:00"), bad, PLAIN)
    assert caught.value.hint


def test_a_naive_start_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="aware"):
        due_at(datetime.fromisoformat("2026-03-06"), limit(1, "hour"), PLAIN)


@pytest.mark.parametrize("hours", [(), ((time(12), time(9)),), ((time(9), time(13)), (time(12), time(18)))])
def test_a_calendar_with_impossible_hours_is_refused(hours: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(InvalidInput):
        WorkCalendar(hours=hours)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2紧急工作时", 2, "urgent_hour"),
        ("1紧急工作时制止", 1, "urgent_hour"),
        ("2紧急工作日", 48, "urgent_hour"),
        ("4小时", 4, "hour"),
        ("24小时内处置", 24, "hour"),
        ("4工作时(他市)", 4, "work_hour"),
        ("3个工作日", 3, "workday"),
        ("十五日内改正", 15, "day"),
        ("两天", 2, "day"),
        ("二十个工作日", 20, "workday"),
        ("半小时", 0.5, "hour"),
        ("15分钟先期封控", 15, "minute"),
        ("即时", 0, "minute"),
        ("1.5小时", 1.5, "hour"),
    ],
)
def test_limits_are_read_from_words(text: str, value: float, unit: str) -> None:
    assert parse_limit(text) == (value, unit)


@pytest.mark.parametrize("text", ["", "尽快", "按协议", "三"])
def test_words_without_a_limit_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_limit(text)


@given(st.text())
def test_any_words_either_read_or_are_refused(text: str) -> None:
    try:
        value, unit = parse_limit(text)
    except InvalidInput:
        return
    assert value >= 0
    assert unit in UNIT_NAMES


def test_every_limit_of_the_issue_table_has_a_due_time() -> None:
    start = china("2026-03-06T10:00")
    for item in issue_table().values():
        for deadline in item.deadlines:
            assert due_at(start, deadline, national_calendar()) >= start
            assert ("非法定" in describe(deadline)) == (deadline.source == "suggested")


def test_limits_are_described_with_their_standing() -> None:
    assert describe(limit(24, "hour")) == "处置：24小时（建议时限，非法定）"
    assert describe(limit(15, "day", "statutory")) == "处置：15天（法定时限）"
    assert describe(limit(0, "minute")) == "处置：立即（建议时限，非法定）"


def test_every_limit_of_a_real_city_table_can_be_read(shared_dir: Path) -> None:
    with (shared_dir / "patrol/yuncheng_case_standard.csv").open(encoding="utf-8-sig", newline="") as file:
        texts = {row["time_limit"] for row in csv.DictReader(file)}
    assert len(texts) > 10
    for text in texts:
        assert parse_limit(text)[0] > 0

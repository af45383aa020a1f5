"""Gaming: every planted pattern is found with its cases; honest work is left alone."""

from typing import Any

import numpy as np
import pytest

from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.gaming import Finding, suspicions
from domain.worlddata import year_of_cases
from tests.domain.adjacency.evaluation.logs import at, case, reading, table_of

Rows = list[dict[str, Any]]


def found(rows: Rows, pattern: str) -> list[Finding]:
    return [one for one in suspicions(reading(rows), shipped().patterns) if one.pattern == pattern]


def honest(n: int = 120) -> Rows:
    """Cases far apart, of many people and three units, handled in hours, anywhere before the limit."""
    rng = np.random.default_rng(5)
    return [
        case(
            f"h{i}",
            i * 20,
            lon=106.0 + i / 100,
            reporter=f"甲{i % 40}",
            unit=f"u{i % 3}",
            first_unit=f"u{i % 3}",
            handled_at=at(i * 20 + 0.2 + float(rng.uniform(0.5, 3.0))),
            closed_at=at(i * 20 + 6),
        )
        for i in range(n)
    ]


def quick(case_id: str, hours: float, **fields: Any) -> dict[str, Any]:
    """Handled five minutes after it was dispatched."""
    return case(case_id, hours, handled_at=at(hours + 0.2 + 1 / 12), closed_at=at(hours + 0.4), **fields)


def test_honest_work_is_left_alone() -> None:
    assert suspicions(reading(honest()), shipped().patterns) == []


def test_one_case_split_in_four_is_found_whole() -> None:
    parts = [case(f"s{i}", 500 + i / 20, reporter="乙") for i in range(4)]
    other = [case("alone", 500, reporter="丙")]  # at the same place and time, by another person
    (one,) = found([*honest(), *parts, *other], "split")
    assert one.cases == ("s0", "s1", "s2", "s3")
    assert one.figures["多出件数"] == 3
    assert "乙" not in str(one.to_json())


def test_closed_at_once_and_back_within_days_is_found_with_both_cases() -> None:
    rows: Rows = []
    for i in range(8):
        place = {"lon": 106.2 + i / 50, "lat": 29.9, "unit": "bad", "first_unit": "bad"}
        rows += [quick(f"a{i}", i * 100, **place), case(f"b{i}", i * 100 + 40, **place, previous=f"a{i}")]
    more = [quick(f"q{i}", 3 + i * 20, lon=107.0 + i / 50) for i in range(40)]  # quick, but it stays done
    (one,) = found([*honest(), *rows, *more], "close_reopen")
    assert one.subject == "bad"
    assert set(one.cases) == {row["id"] for row in rows}
    assert one.p is not None
    assert one.p < 0.01


def test_reporting_and_closing_ones_own_cases_is_found() -> None:
    rows = [quick(f"r{i}", i * 30, reporter="丁", lon=106.3 + i / 50) for i in range(15)]
    (one,) = found([*honest(), *rows], "self_report")
    assert set(one.cases) == {row["id"] for row in rows}


def test_a_unit_that_is_too_quick_is_found_against_the_others() -> None:
    rows = [quick(f"q{i}", i * 30, unit="fast", lon=106.3 + i / 50) for i in range(20)]
    (one,) = found([*honest(), *rows], "quick")
    assert one.subject == "fast"


def test_finishing_just_before_the_limit_is_found() -> None:
    edge = [
        case(f"e{i}", i * 30, unit="edge", lon=106.3 + i / 50, handled_at=at(i * 30 + 3.9), closed_at=at(i * 30 + 6))
        for i in range(30)
    ]
    rng = np.random.default_rng(1)
    others = [
        case(
            f"o{i}", i * 30, unit="fair", lon=107.3 + i / 50, handled_at=at(i * 30 + 4 + float(rng.uniform(-0.7, 0.7)))
        )
        | {"closed_at": at(i * 30 + 6)}
        for i in range(200)
    ]
    (one,) = found([*edge, *others], "limit_edge")
    assert (one.subject, one.count) == ("edge", 30)


def test_a_heap_closed_in_one_minute_is_found() -> None:
    rows = [
        case(f"b{i}", 9 + i / 10, unit="heap", lon=106.3 + i / 50, handled_at=at(40), closed_at=at(41))
        for i in range(12)
    ]
    (one,) = found([*honest(), *rows], "batch")
    assert (one.subject, one.count) == ("heap", 12)


def test_a_quota_filled_each_month_is_found() -> None:
    even = [
        case(f"e{m}-{k}", m * 730 + k * 30, reporter="戊", lon=106.2 + (m * 20 + k) / 50)
        for m in range(11)
        for k in range(20)
    ]
    rng = np.random.default_rng(3)
    free = [
        case(f"f{m}-{k}", m * 730 + k * 20, reporter="己", lon=108.2 + (m * 30 + k) / 50)
        for m in range(11)
        for k in range(rng.poisson(20))
    ]
    (one,) = found([*even, *free], "even")
    assert one.count == len(even)


def test_a_picture_used_twice_is_found() -> None:
    rows = [*honest(3), case("x", 1, photo="sha-1"), case("y", 900, photo="sha-1"), case("z", 950, photo="sha-2")]
    (one,) = found(rows, "photo")
    assert one.cases == ("x", "y")


def test_a_pattern_that_is_not_declared_is_not_looked_for() -> None:
    rows = [*honest(3), case("x", 1, photo="sha-1"), case("y", 900, photo="sha-1")]
    assert suspicions(reading(rows), {}) == []


@pytest.fixture(scope="module")
def year() -> tuple[list[Finding], dict[str, str]]:
    """Findings in the packaged year, and what was planted in it."""
    plain = list(year_of_cases())
    table = table_of([{k: v for k, v in row.items() if k != "truth"} for row in plain])
    read = Reading(table, np.datetime64("2026-11-01T00:00:00"), shipped().limits, ())
    planted = {row["id"]: row["truth"]["gaming"] for row in plain if "gaming" in row["truth"]}
    return suspicions(read, shipped().patterns), planted


def test_the_packaged_year_gives_what_was_planted_and_nothing_else(year: tuple[list[Finding], dict[str, str]]) -> None:
    found_, planted = year
    shown = {case_id for one in found_ for case_id in one.cases}
    assert len(shown & planted.keys()) / len(planted) > 0.9
    assert len(shown & planted.keys()) / len(shown) > 0.98
    split = {case_id for one in found_ if one.pattern == "split" for case_id in one.cases}
    assert split == {case_id for case_id, kind in planted.items() if kind == "split"}


def test_findings_are_plain_json_and_name_nobody(year: tuple[list[Finding], dict[str, str]]) -> None:
    import json

    text = json.dumps([one.to_json() for one in year[0]], ensure_ascii=False)
    assert "网格员" not in text

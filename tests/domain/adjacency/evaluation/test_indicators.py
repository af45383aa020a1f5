"""Laws of the indicators: parts of wholes, sums over regions, and who is behind each figure."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from domain.adjacency.evaluation.definitions import read_definitions, shipped
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.groups import DIMENSIONS, cut
from domain.adjacency.evaluation.indicators import figures, members, panel
from domain.errors import InvalidInput
from tests.domain.adjacency.evaluation.logs import AS_OF, at, case, loose_logs, reading

ALL = shipped().indicators
Rows = list[dict[str, Any]]


def value(rows: Rows, indicator: str) -> tuple[float, float]:
    """Numerator and denominator for the whole log."""
    read = reading(rows)
    found = figures(read, shipped().indicator(indicator), cut(read.table, ["city"]))
    assert not found.missing, found.missing
    return float(found.above[0]), float(found.below[0])


@settings(max_examples=30)
@given(loose_logs())
def test_numerators_are_parts_of_denominators(rows: Rows) -> None:
    read = reading(rows)
    for one in ALL:
        who = members(read, one)
        assert not (who.above & ~who.below).any(), one.id
        assert not (who.untold & who.below).any(), one.id


@settings(max_examples=15)
@given(loose_logs())
def test_groups_of_every_cut_add_up_to_the_city(rows: Rows) -> None:
    read = reading(rows)
    city = panel(read, shipped(), cut(read.table, ["city"]))
    for dimensions in ([name] for name in DIMENSIONS):
        part = panel(read, shipped(), cut(read.table, dimensions))
        for name, whole in city.figures.items():
            found = part.figures[name]
            assert found.above.sum() == pytest.approx(whole.above[0]), (name, dimensions)
            assert found.below.sum() == pytest.approx(whole.below[0]), (name, dimensions)
            assert found.untold.sum() == whole.untold[0], (name, dimensions)


@settings(max_examples=15)
@given(loose_logs())
def test_the_cases_behind_a_share_are_as_many_as_it_says(rows: Rows) -> None:
    read = reading(rows)
    grouping = cut(read.table, ["district", "month"])
    for one in ALL:
        found, who = figures(read, one, grouping), members(read, one)
        if one.kind != "share" or found.missing:
            continue
        for g in range(len(grouping)):
            here = grouping.group == g
            assert (who.above & here).sum() == found.above[g]
            assert (who.below & here).sum() == found.below[g]


@settings(max_examples=15)
@given(loose_logs())
def test_values_lie_in_their_intervals(rows: Rows) -> None:
    read = reading(rows)
    for name, found in panel(read, shipped(), cut(read.table, ["district"])).figures.items():
        known = ~np.isnan(found.estimate.value)
        low, middle, high = found.estimate.low[known], found.estimate.value[known], found.estimate.high[known]
        assert (low <= middle + 1e-12).all(), name
        assert (middle <= high + 1e-12).all(), name
        if found.indicator.kind == "share":
            assert ((low >= 0) & (high <= 1)).all()
            np.testing.assert_array_equal(known, found.below > 0)


@settings(max_examples=10)
@given(loose_logs(12))
def test_a_log_told_twice_under_other_ids_has_the_same_shares(rows: Rows) -> None:
    """All but what looks at other cases at the place: those come up again when they are told twice."""
    twice = [*rows, *({**row, "id": f"{row['id']}x"} for row in rows)]
    for one in ALL:
        if one.kind == "share" and one.id not in ("agreement_rate", "recurrence_rate"):
            once_, both = reading(rows), reading(twice)
            a = figures(once_, one, cut(once_.table, ["city"]))
            b = figures(both, one, cut(both.table, ["city"]))
            np.testing.assert_array_equal(2 * a.above, b.above)
            np.testing.assert_array_equal(2 * a.below, b.below)


@settings(max_examples=15)
@given(loose_logs())
def test_what_is_due_grows_with_time(rows: Rows) -> None:
    early, late = reading(rows, np.datetime64("2026-06-01T00:00:00")), reading(rows)
    for name in ("should_handle", "should_close", "handled", "closed", "registered"):
        assert not (early.yes(name) & ~late.yes(name)).any(), name


def test_a_case_handled_in_time_late_and_not_at_all() -> None:
    rows = [
        case("good"),
        case("late", due_at=at(1)),
        case("open", handled_at=None, closed_at=None, stage="dispatched"),  # long overdue
        case("young", 8730, due_at=at(9999), handled_at=None, closed_at=None, stage="dispatched"),  # not yet due
        case("rejected", stage="rejected", registered_at=None, dispatched_at=None),
    ]
    assert value(rows, "handling_rate") == (2, 3)
    assert value(rows, "on_time_handling_rate") == (1, 3)
    assert value(rows, "overdue_open_rate") == (1, 3)
    assert value(rows, "valid_report_rate") == (4, 5)


def test_contradictory_times_are_in_no_timed_indicator() -> None:
    rows = [case("a"), case("b", handled_at=at(-50))]
    read = reading(rows)
    found = figures(read, shipped().indicator("on_time_handling_rate"), cut(read.table, ["city"]))
    assert (found.above[0], found.below[0], found.untold[0]) == (1, 1, 1)
    assert value(rows, "handling_rate") == (2, 2)


def test_adjacent_indicators_count_adjacent_cases_only() -> None:
    sent_back = [{"at": at(1), "unit": "u2", "reason": "界线另一侧"}]
    rows = [
        case("own", returns=2),
        case("near", adjacent=True),
        case("far", 10, adjacent=True, returns=sent_back, settled_at=at(4), settled_by="superior"),
    ]
    assert value(rows, "adjacent_share") == (2, 3)
    assert value(rows, "adjacent_first_right_rate") == (1, 2)
    assert value(rows, "adjacent_return_rate") == (1, 3)
    assert value(rows, "adjacent_mean_hops") == (3, 2)
    assert value(rows, "settling_hours") == (3, 1)
    assert value(rows, "superior_share") == (1, 1)


def test_recurrence_needs_ninety_days_to_be_known() -> None:
    rows = [
        case("first", 0, adjacent=True),
        case("again", 24 * 20, adjacent=True, lon=106.50001),
        case("elsewhere", 24 * 30, adjacent=True, lon=106.52),
        case("recent", 24 * 330, adjacent=True),  # closed too late to be judged
    ]
    assert value(rows, "recurrence_rate") == (1, 3)


def test_what_the_log_lacks_is_said_and_not_guessed() -> None:
    read = reading([case("a")])
    found = figures(read, shipped().indicator("interim_handling_rate"), cut(read.table, ["city"]))
    assert found.missing == ("interim_at",)
    assert "先期处置时间" in found.reason()
    assert np.isnan(found.estimate.value[0])


def test_the_jinniu_score_by_hand() -> None:
    rows = [
        case("a"),
        case("b", rework=1),
        case("c", due_at=at(1), extended=1),
        case("d", stage="dispatched", handled_at=None, closed_at=None),
    ]
    read = reading(rows)
    score = panel(read, shipped(), cut(read.table, ["city"])).points["jinniu"].estimate
    by_hand = 30 * 3 / 4 + 20 * 2 / 4 + 20 * (1 - 1 / 4) + 20 * (1 - 1 / 4) + 10 * (1 - 1 / 4)
    assert score.value[0] == pytest.approx(by_hand)
    assert score.low[0] < by_hand < score.high[0]


def test_people_are_numbers_and_nobody_is_named() -> None:
    rows = [case("a", reporter="张三"), case("b", reporter="张三"), case("c", reporter="李四"), case("d")]
    grouping = cut(reading(rows).table, ["reporter"])
    assert grouping.labels == ("上报人0001", "上报人0002", "未载明上报人")
    assert np.bincount(grouping.group).tolist() == [2, 1, 1]


def test_periods_are_civil_ones() -> None:
    rows = [case("a", -1), case("b", -9)]  # 07:00 on new year's day in China, and the evening before
    assert cut(reading(rows).table, ["month"]).keys == (("2025-12",), ("2026-01",))
    assert cut(reading(rows).table, ["quarter"]).keys == (("2025-Q4",), ("2026-Q1",))
    assert cut(reading(rows).table, ["week"]).keys == (("2025-12-29",),)


@pytest.mark.parametrize(
    "broken",
    [
        "not toml",
        'format = "other"',
        'format = "lianzhi-evaluation/1"\nname = "x"\nversion = "1"\n[limits]\n',  # limits are missing
    ],
)
def test_broken_definitions_are_refused_in_words(broken: str) -> None:
    with pytest.raises(InvalidInput):
        read_definitions(broken)


def test_an_indicator_of_facts_that_do_not_exist_is_refused() -> None:
    from importlib.resources import files

    text = files("domain").joinpath("data/evaluation.toml").read_text(encoding="utf-8")
    with pytest.raises(InvalidInput, match="没有判断项 wonderful"):
        read_definitions(text.replace('count = ["valid"]', 'count = ["wonderful"]'))


def test_a_reading_needs_no_agreements_but_then_says_so() -> None:
    rows = [case(f"c{i}", i * 24, adjacent=True) for i in range(3)]
    read = Reading(reading(rows).table, AS_OF, shipped().limits, None)
    found = figures(read, shipped().indicator("agreement_rate"), cut(read.table, ["city"]))
    assert (found.below[0], found.untold[0]) == (0, 1)
    assert value(rows, "agreement_rate") == (0, 1)

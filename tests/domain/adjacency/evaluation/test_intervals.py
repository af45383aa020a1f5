"""Intervals: against other people's code, and by how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from domain.adjacency.evaluation.intervals import mean, median, ratio_of_sums, wilson

ONE = np.zeros


@given(st.integers(1, 5000), st.data())
def test_wilson_is_that_of_scipy(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found = wilson(np.array([float(k)]), np.array([float(n)]), 0.95)
    known = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert found.low[0] == pytest.approx(known.low, abs=1e-9)
    assert found.high[0] == pytest.approx(known.high, abs=1e-9)


def test_nothing_in_nothing_out() -> None:
    found = wilson(np.zeros(1), np.zeros(1), 0.95)
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all()
    empty = median(np.zeros(0, np.int64), 2, np.zeros(0), 0.95)
    assert np.isnan(empty.value).all()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_the_median_is_that_of_numpy_and_lies_in_its_interval(amounts: list[float]) -> None:
    found = median(np.zeros(len(amounts), np.int64), 1, np.array(amounts), 0.95)
    assert found.value[0] == pytest.approx(np.median(amounts))
    assert found.low[0] <= found.value[0] <= found.high[0]


def test_median_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    groups, n = 2000, 40
    amounts = rng.exponential(1.0, groups * n)
    found = median(np.repeat(np.arange(groups), n), groups, amounts, 0.95)
    held = (found.low <= np.log(2)) & (np.log(2) <= found.high)
    assert 0.945 <= held.mean() <= 0.985  # exact intervals of whole ranks hold somewhat more


def test_bootstrap_means_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    groups, n = 400, 80
    amounts = 1.0 + rng.poisson(0.6, groups * n)
    found = mean(np.repeat(np.arange(groups), n), groups, amounts, 0.95)
    held = (found.low <= 1.6) & (found.high >= 1.6)
    assert 0.90 <= held.mean() <= 0.98


def test_ratios_are_of_sums_and_not_means_of_ratios() -> None:
    found = ratio_of_sums(np.zeros(2, np.int64), 1, np.array([0.0, 3.0]), np.array([1.0, 4.0]), 0.95)
    assert found.value[0] == pytest.approx(3 / 5)


def test_equal_input_gives_equal_bytes() -> None:
    amounts = np.arange(50.0) % 4
    one, other = (mean(np.arange(50) % 3, 3, amounts, 0.95) for _ in range(2))
    assert one.low.tobytes() == other.low.tobytes()

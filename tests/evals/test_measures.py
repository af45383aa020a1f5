"""Means with bootstrap intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.measures import estimate, reciprocal

VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(VALUES, st.integers(0, 9))
def test_an_interval_lies_between_the_extremes_and_is_the_same_for_the_same_seed(
    values: list[float], seed: int
) -> None:
    found = estimate(values, seed=seed, rounds=50)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9
    assert found.value == pytest.approx(sum(values) / len(values))
    assert found == estimate(values, seed=seed, rounds=50)


@given(st.floats(0, 1), st.integers(1, 20))
def test_equal_values_leave_no_doubt(value: float, count: int) -> None:
    found = estimate([value] * count, rounds=20)
    assert found.low == pytest.approx(value)
    assert found.high == pytest.approx(value)


def test_cases_of_one_matter_count_as_one_draw() -> None:
    values = [0.0, 1.0] * 20
    alone = estimate(values)
    together = estimate(values, ["a", "b"] * 20)
    assert together.high - together.low > 3 * (alone.high - alone.low)
    assert together.value == alone.value == 0.5
    assert (together.low, together.high) == (0.0, 1.0)


def test_nothing_measured_has_no_cases() -> None:
    assert estimate([]).to_json() == {"n": 0, "value": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(("rank", "worth"), [(0, 0.0), (1, 1.0), (2, 0.5), (10, 0.1)])
def test_reciprocal_rank(rank: int, worth: float) -> None:
    assert reciprocal(rank) == worth

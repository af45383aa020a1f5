"""Charts: their definitions, their level on chance alone, their eye for a rise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.alerting.charts import ears, surprise
from domain.adjacency.alerting.discovery import adjusted, wilson
from domain.adjacency.alerting.farrington import farrington
from tests.domain.adjacency.alerting.test_scan import rejected

RISE = np.array([[4, 6, 5, 3, 7, 5, 4, 6, 5, 5, 14, 16, 18]])


def test_c1_and_c2_by_hand() -> None:
    before = RISE[0, 3:10]
    c1 = (14 - before.mean()) / before.std(ddof=1)
    assert ears(RISE, "C1").statistic[0, 10] == pytest.approx(c1)
    before = RISE[0, 1:8]
    assert ears(RISE, "C2").statistic[0, 10] == pytest.approx((14 - before.mean()) / before.std(ddof=1))


def test_c3_adds_the_excess_of_the_days_before() -> None:
    c2 = ears(RISE, "C2").statistic[0]
    expected = sum(max(0.0, c2[t] - 1.0) for t in (12, 11, 10))
    assert ears(RISE, "C3").statistic[0, 12] == pytest.approx(expected)
    upper = ears(RISE, "C3").upper[0, 12]
    assert ears(RISE, "C3").alarm[0, 12] == (RISE[0, 12] > upper)


def test_a_rise_alarms_and_a_quiet_week_does_not() -> None:
    for method, day in (("C1", 10), ("C2", 10), ("C3", 11)):
        assert ears(RISE, method).alarm[0, day], method
        assert not ears(np.full((1, 20), 5), method).alarm.any()


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="C1, C2 or C3"):
        ears(RISE, "C4")
    with pytest.raises(ValueError, match="3 days"):
        ears(RISE, "C1", baseline=2)


@pytest.mark.parametrize("mean", [0.3, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("lag", [0, 2])
def test_surprise_keeps_its_level_on_poisson_streams(mean: float, lag: int) -> None:
    counts = np.random.default_rng(int(mean * 10) + lag).poisson(mean, (4000, 7 + lag + 1))
    found = surprise(counts, lag=lag)[:, -1].tolist()
    for level in (0.001, 0.01, 0.05):
        assert not rejected(found, level), level


def test_surprise_keeps_its_level_where_days_scatter_more_than_poisson() -> None:
    rng = np.random.default_rng(11)
    counts = rng.negative_binomial(20.0 / 2.0, 1.0 / 3.0, (4000, 8))
    found = surprise(counts)[:, -1].tolist()
    for level in (0.01, 0.05):
        assert sum(p <= level for p in found) <= 1.3 * level * len(found)


def test_surprise_sees_a_rise() -> None:
    assert surprise(RISE)[0, 10] < 0.01
    assert surprise(np.array([[0, 0, 0, 0, 0, 0, 0, 6]]))[0, 7] < 0.001


@pytest.mark.parametrize(("mean", "weeks"), [(2.0, 20), (10.0, 40)])
def test_farrington_keeps_its_level_on_poisson_streams(mean: float, weeks: int) -> None:
    rng = np.random.default_rng(3)
    found = [f.p for _ in range(100) if (f := farrington(rng.poisson(mean, weeks).astype(float))) is not None]
    assert len(found) > 70
    for level in (0.01, 0.05):
        assert not rejected(found, level), level


def test_farrington_follows_a_trend_and_sees_a_jump() -> None:
    rng = np.random.default_rng(8)
    growing = rng.poisson(10 * 1.02 ** np.arange(45)).astype(float)
    forecast = farrington(growing)
    assert forecast is not None
    assert forecast.trend > 1.005
    assert forecast.p > 0.01
    jump = farrington(np.append(growing[:-1], 80.0))
    assert jump is not None
    assert jump.p < 1e-5
    assert jump.expected < jump.upper < 80


def test_an_old_outbreak_is_weighed_down() -> None:
    quiet = np.random.default_rng(4).poisson(6.0, 45).astype(float)
    struck = quiet.copy()
    struck[20] = 60
    a, b = farrington(quiet), farrington(struck)
    assert a is not None
    assert b is not None
    assert b.expected < a.expected + 0.5


def test_a_wave_of_the_year_is_learned_from_two_years() -> None:
    rng = np.random.default_rng(9)
    weeks = np.arange(150)
    season = rng.poisson(np.exp(2.5 + 0.8 * np.sin(2 * np.pi * weeks / 52.18))).astype(float)
    forecast = farrington(season)
    assert forecast is not None
    assert forecast.expected == pytest.approx(np.exp(2.5 + 0.8 * np.sin(2 * np.pi * 149 / 52.18)), rel=0.25)


def test_too_little_history_says_nothing() -> None:
    assert farrington(np.ones(9)) is None
    assert farrington(np.zeros(40)) is None


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=40))
@settings(max_examples=50)
def test_adjusted_values_announce_what_benjamini_and_hochberg_do(values: list[float]) -> None:
    p = np.array(values)
    q, m = 0.1, len(values)
    ranks = np.sort(p) <= q * np.arange(1, m + 1) / m
    threshold = np.sort(p)[np.flatnonzero(ranks)[-1]] if ranks.any() else -1.0
    got = adjusted(p) <= q
    assert (got == (p <= threshold)).all() or np.isclose(adjusted(p), q).any()
    assert (adjusted(p) >= p - 1e-15).all()
    assert (adjusted(p, tests=2 * m) >= adjusted(p) - 1e-15).all()


def test_of_what_is_announced_on_mixed_streams_few_are_chance() -> None:
    rng = np.random.default_rng(2)
    shares = []
    for _ in range(300):
        p = np.concatenate([rng.uniform(size=90), rng.beta(0.05, 5.0, 10)])
        told = adjusted(p) <= 0.1
        shares.append(told[:90].sum() / max(told.sum(), 1))
    assert np.mean(shares) < 0.1


def test_wilson_interval() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))

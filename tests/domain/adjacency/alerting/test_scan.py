"""Scans agree with plain loops, keep their level on chance alone, and are the same for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.alerting.scan import (
    MonteCarlo,
    gumbel_tail,
    scan_expectation,
    scan_permutation,
    scan_poisson,
    stream_of,
)
from domain.adjacency.alerting.zones import circle_zones, nearest_zones, zones_of
from tests.domain.adjacency.alerting.plain import permutation_scan, permutation_test, poisson_score

DURATIONS = (1, 2, 4, 7)
SIDE = 5
GRID = np.array([(x * 400.0, y * 400.0) for x in range(SIDE) for y in range(SIDE)])
ZONES = circle_zones(GRID, (0.0, 450.0, 900.0))


def cases(seed: int, n: int = 120, days: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Cases whose place and day have nothing to do with each other; some places see more than others."""
    rng = np.random.default_rng(seed)
    busy = rng.gamma(0.7, size=len(GRID))
    return rng.choice(len(GRID), n, p=busy / busy.sum()), rng.integers(0, days, n)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(5, 60))
def test_the_best_window_is_that_of_plain_loops(seed: int, n: int) -> None:
    places, days = cases(seed, n)
    sets = [ZONES.of(k).tolist() for k in range(len(ZONES))]
    score, _, _ = permutation_scan(places.tolist(), days.tolist(), sets, DURATIONS)
    found = scan_permutation(
        places, days, ZONES, np.random.default_rng(0), MonteCarlo(replicates=1), durations=DURATIONS
    )
    if score == 0.0:
        assert not found.windows
        return
    best = found.windows[0]
    assert best.score == pytest.approx(score)
    members = set(ZONES.of(best.zone).tolist())
    assert best.observed == sum(d < best.duration and p in members for p, d in zip(places, days, strict=True))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_the_expectation_based_score_is_that_of_plain_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = rng.gamma(2.0, 0.5, (len(GRID), 5))
    seen = rng.poisson(expected)
    found = scan_expectation(seen, expected, ZONES, rng, MonteCarlo(replicates=1))
    scores = [
        poisson_score(int(seen[ZONES.of(z)][:, -d:].sum()), float(expected[ZONES.of(z)][:, -d:].sum()))
        for z in range(len(ZONES))
        for d in range(1, 6)
    ]
    assert found.windows[0].score == pytest.approx(max(scores))


def test_p_values_agree_with_plain_loops() -> None:
    places, days = cases(7, 40)
    places[:6], days[:6] = 3, 0
    sets = [ZONES.of(k).tolist() for k in range(len(ZONES))]
    slow = permutation_test(places.tolist(), days.tolist(), sets, (1, 7), 200, np.random.default_rng(1))
    fast = scan_permutation(
        places, days, ZONES, np.random.default_rng(2), MonteCarlo(replicates=2000), durations=(1, 7)
    )
    assert slow == pytest.approx(fast.windows[0].p, abs=0.03)


def rejected(p_values: list[float], level: float) -> bool:
    """Whether more p-values lie at or below the level than chance explains in one of a thousand tries."""
    hits = sum(p <= level for p in p_values)
    return hits > level * len(p_values) + 3.1 * np.sqrt(level * (1 - level) * len(p_values))


@pytest.mark.parametrize("stop_at", [0, 5])
def test_on_chance_alone_the_permutation_scan_keeps_its_level(stop_at: int) -> None:
    how = MonteCarlo(replicates=99, stop_at=stop_at)
    found = []
    for seed in range(200):
        places, days = cases(seed)
        result = scan_permutation(places, days, ZONES, np.random.default_rng(seed + 10_000), how, durations=DURATIONS)
        found.append(result.p_monte_carlo)
    for level in (0.05, 0.1, 0.25):
        assert not rejected(found, level), level
    # and it is not so careful that it never speaks
    assert sum(p <= 0.25 for p in found) > 0.15 * len(found)


def test_on_chance_alone_the_other_scans_keep_their_level() -> None:
    how = MonteCarlo(replicates=99)
    based, shared = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        expected = rng.gamma(2.0, 0.5, (len(GRID), 7))
        seen = rng.poisson(expected)
        based.append(scan_expectation(seen, expected, ZONES, rng, how).p_monte_carlo)
        shared.append(scan_poisson(seen, expected, ZONES, rng, how).p_monte_carlo)
    for found in (based, shared):
        assert not rejected(found, 0.05)
        assert not rejected(found, 0.2)


def test_the_fitted_tail_keeps_its_level() -> None:
    how = MonteCarlo(replicates=199, tail=True)
    found = []
    for seed in range(250):
        places, days = cases(seed)
        result = scan_permutation(places, days, ZONES, np.random.default_rng(seed), how, durations=DURATIONS)
        found.append(result.windows[0].p if result.windows else 1.0)
    for level in (0.005, 0.02, 0.05):
        assert not rejected(found, level), level


def test_a_planted_cluster_is_found_where_and_when_it_is() -> None:
    places, days = cases(3, 200)
    hot = [12, 11, 13]
    places = np.concatenate([places, np.repeat(hot, 8)])
    days = np.concatenate([days, np.tile([0, 1, 2, 0], 6)])
    how = MonteCarlo(replicates=199, tail=True, secondary=3)
    result = scan_permutation(places, days, ZONES, np.random.default_rng(1), how, durations=DURATIONS)
    best = result.windows[0]
    assert set(hot) <= set(ZONES.of(best.zone).tolist())
    assert best.duration in (2, 4)
    assert best.p < 0.001
    members = [set(ZONES.of(window.zone).tolist()) for window in result.windows]
    assert all(not members[i] & members[j] for i in range(len(members)) for j in range(i))
    assert [window.score for window in result.windows] == sorted((w.score for w in result.windows), reverse=True)


def test_busy_places_and_busy_days_are_no_cluster() -> None:
    """The permutation scan asks for places and days together: each alone is in the margins."""
    places = np.concatenate([np.full(300, 4), np.arange(len(GRID)).repeat(4)])
    days = np.concatenate([np.arange(300) % 30, np.tile([0, 0, 0, 0], len(GRID))])
    result = scan_permutation(places, days, ZONES, np.random.default_rng(1), MonteCarlo(replicates=99), durations=(1,))
    inside = {place for window in result.windows if window.p <= 0.05 for place in ZONES.of(window.zone).tolist()}
    assert 4 not in inside


@given(st.integers(0, 1000))
@settings(max_examples=10)
def test_the_same_seed_gives_the_same_answer(seed: int) -> None:
    places, days = cases(seed, 60)
    once, again = (
        scan_permutation(places, days, ZONES, np.random.default_rng(seed), MonteCarlo(replicates=50, stop_at=3))
        for _ in range(2)
    )
    assert once == again


@given(st.integers(0, 1000))
@settings(max_examples=20)
def test_leaving_out_empty_locations_changes_nothing(seed: int) -> None:
    places, days = cases(seed, 30)
    whole = scan_permutation(
        places, days, ZONES, np.random.default_rng(0), MonteCarlo(replicates=1), durations=DURATIONS
    )
    stream = stream_of(places, days, ZONES)
    part = scan_permutation(
        stream.places,
        stream.days_ago,
        stream.zones,
        np.random.default_rng(0),
        MonteCarlo(replicates=1),
        durations=DURATIONS,
    )
    assert len(stream.zones) <= len(ZONES)
    assert [w.score for w in whole.windows] == pytest.approx([w.score for w in part.windows])


def test_no_cases_no_window() -> None:
    nothing = np.empty(0, dtype=np.int64)
    result = scan_permutation(nothing, nothing, ZONES, np.random.default_rng(0))
    assert (result.windows, result.p_monte_carlo) == ((), 1.0)


def test_zones_are_sets_once_each() -> None:
    zones = zones_of([[0, 1], [1, 0], [2], [], [0]], 3)
    assert [zones.of(k).tolist() for k in range(len(zones))] == [[0, 1], [2], [0]]
    assert zones.sums(np.array([1, 10, 100])).tolist() == [11, 100, 1]
    circles = circle_zones(GRID, (0.0, 1.0, 450.0))
    assert len(circles) == 2 * len(GRID)
    near = nearest_zones(np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0))), 2)
    assert {tuple(near.of(k)) for k in range(len(near))} == {(0,), (1,), (2,), (3,), (0, 1), (1, 2), (2, 3)}


def test_the_tail_of_a_gumbel_is_found_again() -> None:
    tail = gumbel_tail(np.random.default_rng(5).gumbel(3.0, 0.8, 5000))
    exact = -np.expm1(-np.exp(-(9.0 - 3.0) / 0.8))
    assert tail(9.0) == pytest.approx(exact, rel=0.35)
    assert tail(8.0) > tail(9.0)

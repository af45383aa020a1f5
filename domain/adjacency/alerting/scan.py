"""Space–time scan statistics: the set of places and the span of days in which cases exceed what chance would bring.

Three models, one engine. A window is a zone and the last `d` days; its score is the log likelihood ratio of "more than
expected inside" against "as expected", and the score of the data is the largest of all windows. How often chance alone
reaches it is found by Monte Carlo: the p-value is (1 + replicates that reach it) / (1 + replicates).

Every score has the form `g[c] - c * slope - offset` with `c` the count of the window, and counts only if `c` exceeds
the expectation; `g` is a table over whole numbers, so that no logarithm is taken in a replicate.

Sources:
    Kulldorff, A spatial scan statistic, Commun. Stat. 26 (1997): discrete Poisson.
    Kulldorff et al., A space–time permutation scan statistic for disease outbreak detection, PLoS Med 2 (2005).
    Neill, Expectation-based scan statistics for monitoring spatial time series data, Int. J. Forecasting 25 (2009).
    Abrams, Kleinman, Kulldorff, Gumbel based p-value approximations for spatial scan statistics, IJHG 9 (2010).
    Besag, Clifford, Sequential Monte Carlo p-values, Biometrika 78 (1991).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from domain.adjacency.alerting.arrays import CountMatrix, IntArray
from domain.adjacency.alerting.zones import Zones
from domain.geo import FloatArray

WORK_CELLS = 4_000_000
"""Cells (zones × durations × replicates) that are worked on at a time: about 100 MiB at the most."""
GUMBEL_FROM = 99
"""Replicates from which the tail is fitted; fewer tell too little of it."""

Draw = Callable[[Generator, int], CountMatrix]
"""Draws replicates: counts of the last days, shape (L, W, n)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One zone over the last days.

    Attributes:
        zone: Its number.
        duration: Days, the last ones, >= 1.
        observed, expected: Cases in it, and what was expected.
        score: Log likelihood ratio, >= 0.
        p: Probability that chance alone reaches the score anywhere, in (0, 1].
    """

    zone: int
    duration: int
    observed: int
    expected: float
    score: float
    p: float

    @property
    def relative_risk(self) -> float:
        """Observed by expected."""
        return self.observed / self.expected if self.expected > 0 else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """What a scan found.

    Attributes:
        windows: The best window, then the best of those that share no location with a better one; empty when no
            window exceeds its expectation.
        p_monte_carlo: Of the best window, by counting replicates alone; 1 when there is none.
        replicates: How many were drawn.
        stopped: True when counting was given up early because the best window was plainly nothing special.
    """

    windows: tuple[Window, ...]
    p_monte_carlo: float
    replicates: int
    stopped: bool


NOTHING = ScanResult(windows=(), p_monte_carlo=1.0, replicates=0, stopped=False)


@dataclass(frozen=True, slots=True)
class _Model:
    """Scores of windows: `g[c] - c * slope - offset` where `c` exceeds `expected`; arrays of shape (Z, D)."""

    g: FloatArray
    slope: FloatArray
    offset: FloatArray
    expected: FloatArray

    def scores(self, counts: NDArray[Any]) -> FloatArray:
        """Scores of counts of shape (Z, D) or (Z, D, n); 0 where a count does not exceed its expectation."""
        wide = counts.ndim == 3
        slope, offset, expected = (x[..., None] if wide else x for x in (self.slope, self.offset, self.expected))
        score = self.g[counts.astype(np.int32)]
        score -= counts * slope
        score -= offset
        return np.where(counts > expected, score, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """How chance is asked.

    Attributes:
        replicates: The most that are drawn, >= 1.
        stop_at: Counting is given up once so many replicates reached the score (0: never). The p-value is then
            `stop_at` / drawn, which is exact (Besag and Clifford); a series with nothing in it costs few draws.
        tail: Whether a p-value that fewer than ten replicates reach is read from a Gumbel fitted to all of them.
        secondary: Windows that are reported, >= 1.
    """

    replicates: int = 999
    stop_at: int = 0
    tail: bool = False
    secondary: int = 1

    def __post_init__(self) -> None:
        if self.replicates < 1 or self.secondary < 1 or self.stop_at < 0:
            raise ValueError("replicates and secondary are at least 1, stop_at at least 0")


EXACT = MonteCarlo()


def scan_expectation(
    counts: CountMatrix,
    baselines: FloatArray,
    zones: Zones,
    rng: Generator,
    how: MonteCarlo = EXACT,
    *,
    durations: Sequence[int] = (),
    draw: Draw | None = None,
) -> ScanResult:
    """Expectation-based Poisson scan: are there more cases than the baselines say, whatever happens elsewhere?

    Args:
        counts: Cases by location and day, the last day last, shape (L, W).
        baselines: What was expected, same shape, > 0 wherever a case can be.
        zones: Sets of locations.
        rng: Where chance comes from.
        how: How it is asked.
        durations: Lengths of windows, days; all from 1 to W when empty.
        draw: Draws replicates in place of independent Poisson numbers around the baselines.
    """
    spans = _spans(durations, counts.shape[1])
    recent = _recent(baselines, spans)
    expected = zones.sums(recent)
    with np.errstate(divide="ignore"):
        slope = np.where(expected > 0, np.log(expected) + 1.0, 0.0)
    seen = _recent(counts, spans)

    def poisson(source: Generator, n: int) -> CountMatrix:
        return source.poisson(baselines[..., None], (*baselines.shape, n))

    top = int(counts.sum() + 10 * np.sqrt(baselines.sum()) + baselines.sum() + 1000)
    model = _Model(_xlogx(np.arange(top + 1)), slope, -expected, expected)
    return _run(model, seen, draw or poisson, zones, spans, rng, how)


def scan_poisson(
    counts: CountMatrix,
    population: FloatArray,
    zones: Zones,
    rng: Generator,
    how: MonteCarlo = EXACT,
    *,
    durations: Sequence[int] = (),
) -> ScanResult:
    """Kulldorff's discrete Poisson scan: is a window's share of all cases more than its share of the population?

    The total is held; replicates spread it over locations and days by the population. Arguments as in
    `scan_expectation`; `population` is what cases are in proportion to, shape (L, W).
    """
    spans = _spans(durations, counts.shape[1])
    total = int(counts.sum())
    shares = population / population.sum()

    def multinomial(source: Generator, n: int) -> CountMatrix:
        return source.multinomial(total, shares.ravel(), n).T.reshape(*shares.shape, n)

    model = _conditional(zones.sums(_recent(shares * total, spans)), total)
    return _run(model, _recent(counts, spans), multinomial, zones, spans, rng, how)


def scan_permutation(
    places: IntArray,
    days_ago: IntArray,
    zones: Zones,
    rng: Generator,
    how: MonteCarlo = EXACT,
    *,
    durations: Sequence[int] = (1, 2, 3, 5, 7, 10, 14),
) -> ScanResult:
    """Space–time permutation scan: did a zone have more of the last days' cases than its share of all cases?

    Needs no population: where cases always are many, and days that were busy everywhere, are accounted for by the
    cases themselves. Replicates shuffle the days among the cases, so that both margins stay.

    Args:
        places: Location of each case, shape (N,).
        days_ago: Age of each case, whole days, 0 = within the last day, shape (N,); the study period is all of them.
        zones: Sets of locations.
        rng: Where chance comes from.
        how: How it is asked.
        durations: Lengths of windows, days.
    """
    spans = _spans(durations, max(durations))
    width, total = int(spans[-1]), len(places)
    if total == 0:
        return NOTHING
    order = np.argsort(days_ago, kind="stable")
    places, days_ago = places[order], days_ago[order]
    within = int(np.searchsorted(days_ago, width))
    columns = width - 1 - days_ago[:within]
    inside = zones.sums(np.bincount(places, minlength=zones.locations))
    by_span = np.array([np.searchsorted(days_ago, span) for span in spans], dtype=float)
    cells, where = zones.locations * width, columns

    def shuffle(source: Generator, n: int) -> CountMatrix:
        mixed = source.permuted(np.broadcast_to(places, (n, total)), axis=1)[:, :within]
        flat = (mixed * width + where) + cells * np.arange(n)[:, None]
        counts = np.bincount(flat.ravel(), minlength=cells * n).reshape(n, zones.locations, width)
        return np.moveaxis(counts, 0, 2)

    seen = np.bincount(places[:within] * width + where, minlength=cells).reshape(zones.locations, width)
    model = _conditional(inside[:, None] * by_span / max(total, 1), total)
    return _run(model, _recent(seen, spans), shuffle, zones, spans, rng, how)


def _conditional(expected: FloatArray, total: int) -> _Model:
    """The score when the total is held: c log(c/m) + (C - c) log((C - c)/(C - m))."""
    usable = (expected > 0) & (expected < total)
    safe = np.where(usable, expected, 0.5 * max(total, 1))
    rest = total - safe
    table = np.arange(total + 1)
    slope, offset = np.log(safe) - np.log(rest), total * np.log(rest)
    never = np.where(usable, expected, np.inf)
    return _Model(_xlogx(table) + _xlogx(total - table), slope, offset, never)


def _run(
    model: _Model, seen: CountMatrix, draw: Draw, zones: Zones, spans: IntArray, rng: Generator, how: MonteCarlo
) -> ScanResult:
    counts = zones.sums(seen)
    if not counts.size or not seen.any():
        return NOTHING
    scores = model.scores(counts)
    best = float(scores.max())
    if best <= 0.0:
        return NOTHING
    maxima, reached, stopped = _maxima(model, best, draw, zones, spans, rng, how)
    drawn = len(maxima)
    p = reached / drawn if stopped else (1 + reached) / (1 + drawn)
    tail = gumbel_tail(maxima) if how.tail and drawn >= GUMBEL_FROM and not stopped else None
    windows: list[Window] = []
    free = np.ones(len(zones), dtype=bool)
    for _ in range(how.secondary):
        zone, span = np.unravel_index(int(np.argmax(np.where(free[:, None], scores, -1.0))), scores.shape)
        score = float(scores[zone, span])
        if not free[zone] or score <= 0.0:
            break
        windows.append(
            Window(
                zone=int(zone),
                duration=int(spans[span]),
                observed=int(counts[zone, span]),
                expected=float(model.expected[zone, span]),
                score=score,
                p=p if stopped and not windows else _p_of(score, maxima, tail),
            )
        )
        taken = np.zeros(zones.locations)
        taken[zones.of(int(zone))] = 1.0
        free &= zones.sums(taken) == 0
    return ScanResult(windows=tuple(windows), p_monte_carlo=p, replicates=drawn, stopped=stopped)


def _maxima(
    model: _Model, best: float, draw: Draw, zones: Zones, spans: IntArray, rng: Generator, how: MonteCarlo
) -> tuple[FloatArray, int, bool]:
    """Largest scores of replicates, how many reach `best`, and whether counting was given up."""
    at_once = max(1, min(how.replicates, WORK_CELLS // max(1, len(zones) * len(spans))))
    found: list[FloatArray] = []
    drawn = reached = 0
    tolerance = best * (1 - 1e-9)  # a replicate equal to the data reaches it, however its sums were rounded
    while drawn < how.replicates:
        # Few at first: most series are stopped by the first handful.
        size = (
            min(at_once, how.replicates - drawn, max(16, drawn))
            if how.stop_at
            else min(at_once, how.replicates - drawn)
        )
        counts = _recent(draw(rng, size), spans)
        sums = zones.sums(counts.reshape(counts.shape[0], -1)).reshape(len(zones), len(spans), size)
        top = model.scores(sums).max(axis=(0, 1))
        for k, value in enumerate(top >= tolerance) if how.stop_at else ():
            if value and (reached := reached + 1) == how.stop_at:
                found.append(top[: k + 1])
                return np.concatenate(found), reached, True
        if not how.stop_at:
            reached += int((top >= tolerance).sum())
        found.append(top)
        drawn += size
    return np.concatenate(found), reached, False


def gumbel_tail(maxima: FloatArray) -> Callable[[float], float]:
    """Upper tail of a Gumbel distribution fitted to maxima by their mean and deviation."""
    scale = max(float(np.std(maxima, ddof=1)) * np.sqrt(6.0) / np.pi, 1e-9)
    centre = float(np.mean(maxima)) - np.euler_gamma * scale
    return lambda score: float(-np.expm1(-np.exp(-(score - centre) / scale)))


def _p_of(score: float, maxima: FloatArray, tail: Callable[[float], float] | None) -> float:
    reached = int((maxima >= score * (1 - 1e-9)).sum())
    counted = (1 + reached) / (1 + len(maxima))
    return max(tail(score), 1e-300) if tail is not None and reached < 10 else counted


def _spans(durations: Sequence[int], most: int) -> IntArray:
    return np.array(sorted(set(durations)) if durations else range(1, most + 1), dtype=np.int64)


def _recent(values: NDArray[Any], spans: IntArray) -> NDArray[Any]:
    """Sums over the last days for each span: (L, W, …) to (L, D, …)."""
    backwards = np.cumsum(values[:, ::-1], axis=1)
    return backwards[:, spans - 1]


def _xlogx(values: IntArray) -> FloatArray:
    floats = values.astype(float)
    return np.where(values > 0, floats * np.log(np.where(values > 0, floats, 1.0)), 0.0)


@dataclass(frozen=True, slots=True)
class Stream:
    """Cases of one kind for a permutation scan, prepared once: only locations with a case are kept.

    Attributes:
        places: Location of each case among `kept`.
        days_ago: Age of each case in days.
        zones: Zones on the kept locations.
        kept: The locations' numbers before.
    """

    places: IntArray
    days_ago: IntArray
    zones: Zones
    kept: IntArray = field(repr=False)


def stream_of(places: IntArray, days_ago: IntArray, zones: Zones, least: int = 1) -> Stream:
    """Leave out what no replicate can change: locations without a case, and zones that cannot hold `least` cases.

    How many cases a zone has over the whole study is a margin, the same in every replicate: choosing zones by it keeps
    the test exact.
    """
    kept, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
    seen = zones.among(kept)
    full = np.flatnonzero(seen.sums(counts) >= least)
    return Stream(inverse.astype(np.int64), days_ago, seen.subset(full), kept)

"""Control charts of one series at a time: EARS C1 to C3, day by day, for many series at once.

A series is judged by its own last week, so no history is needed; in return the thresholds are rough where counts are
small. The charts are therefore shown as published, while an alarm is decided by `surprise`, which keeps its level.

Sources:
    Hutwagner et al., The bioterrorism preparedness and response Early Aberration Reporting System, J. Urban Health 80
    (2003); Fricker, Hegler, Dunfee, Comparing syndromic surveillance detection methods, Stat. Med. 27 (2008).
"""

# pyright: standard
# scipy and statsmodels carry no types.

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import stats

from domain.adjacency.alerting.arrays import CountMatrix
from domain.geo import FloatArray

BASELINE = 7
"""Days of the baseline."""
LAG = 2
"""Days between the baseline and the day that is judged, in C2 and C3."""
ALPHA = {"C1": 0.001, "C2": 0.001, "C3": 0.025}
"""Customary levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarsChart:
    """One chart over series; arrays of shape (S, T), NaN where the baseline is not complete.

    Attributes:
        statistic: Standard deviations above the baseline; for C3 the excess of three days.
        upper: What a count may reach.
        alarm: Whether it is exceeded.
    """

    statistic: FloatArray
    upper: FloatArray
    alarm: NDArray[np.bool_]


def ears(counts: CountMatrix, method: str, *, alpha: float = 0.0, baseline: int = BASELINE) -> EarsChart:
    """An EARS chart.

    C1: mean and deviation of the seven days before; C2: of the seven days up to three days before; C3: C2 with the
    excess over one deviation of the two days before added.

    Args:
        counts: Cases by series and day, shape (S, T).
        method: `C1`, `C2` or `C3`.
        alpha: Level; 0 for the customary one.
        baseline: Days of the baseline, >= 3.

    Raises:
        ValueError: If the method is not known or the baseline is too short.
    """
    if method not in ALPHA or baseline < 3:
        raise ValueError("method is C1, C2 or C3, baseline at least 3 days")
    limit = float(stats.norm.isf(alpha or ALPHA[method]))
    mean, deviation = _baseline(counts, baseline, 0 if method == "C1" else LAG)
    statistic = _standardised(counts - mean, deviation)
    allowance = np.full(statistic.shape, limit)
    if method == "C3":
        excess = np.maximum(0.0, np.where(np.isinf(statistic), limit, statistic) - 1.0)
        before = np.full(statistic.shape, np.nan)
        before[:, 2:] = excess[:, 1:-1] + excess[:, :-2]
        allowance, statistic = limit - before, statistic.clip(min=1.0) - 1.0 + before
    upper = mean + deviation * allowance
    return EarsChart(statistic=statistic, upper=upper, alarm=counts > upper)


def surprise(counts: CountMatrix, *, baseline: int = BASELINE, lag: int = 0) -> FloatArray:
    """How surprising each day's count is after its baseline: p-values of shape (S, T), 1 where there is none.

    The larger of two: the share that the day has of its own and the baseline's cases, which is exact for Poisson counts
    of equal mean (a binomial tail), and a prediction by Student's t, which allows for more scatter than Poisson's; the
    latter on square roots, which are less skew than counts.
    """
    mean, _ = _baseline(counts, baseline, lag)
    known = ~np.isnan(mean)
    total = np.where(known, mean * baseline, 0.0).round()
    exact = stats.binom.sf(counts - 1, counts + total, 1.0 / (baseline + 1))
    roots = np.sqrt(counts + 0.375)
    middle, deviation = _baseline(roots, baseline, lag)
    spread = np.maximum(deviation, 1e-12) * np.sqrt(1.0 + 1.0 / baseline)
    loose = stats.t.sf((roots - middle) / spread, baseline - 1)
    return np.where(known & (counts > 0), np.fmax(exact, loose), 1.0)


def _baseline(counts: CountMatrix, days: int, lag: int) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation (n - 1) of the `days` that end `lag` + 1 days before each day."""
    mean, deviation = np.full((2, *counts.shape), np.nan)
    first = days + lag
    if counts.shape[1] > first:
        spans = sliding_window_view(counts.astype(float), days, axis=1)[:, : counts.shape[1] - first]
        mean[:, first:], deviation[:, first:] = spans.mean(axis=2), spans.std(axis=2, ddof=1)
    return mean, deviation


def _standardised(excess: FloatArray, deviation: FloatArray) -> FloatArray:
    """Excess in deviations; infinite above a baseline that never changed, 0 on it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = excess / deviation
    flat = deviation == 0.0
    return np.where(flat, np.where(excess > 0, np.inf, np.where(excess < 0, -np.inf, 0.0)), found)

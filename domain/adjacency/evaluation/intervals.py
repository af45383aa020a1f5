"""Confidence intervals for shares, ratios, means and medians of many groups at once.

Sources:
    Wilson (1927), JASA 22:209-212; Brown, Cai, DasGupta (2001), Statistical Science 16:101-133 (shares).
    Efron, Tibshirani (1993), An Introduction to the Bootstrap, ch. 13 (percentile interval).
    Conover (1999), Practical Nonparametric Statistics, 3rd ed., sec. 3.2 (order statistics for quantiles).
"""

# pyright: standard
# scipy carries no types.

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from domain.caselog import Floats

Groups = NDArray[np.int64]
REPLICATES = 999
SEED = 20_260_101
"""Fixed, so that the same cases give the same bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Value and interval of each group, NaN where there is nothing to go by; all of shape (groups,)."""

    value: Floats
    low: Floats
    high: Floats


def wilson(numerator: Floats, denominator: Floats, confidence: float) -> Estimate:
    """Shares with Wilson score intervals.

    Args:
        numerator: Cases above the line, shape (groups,).
        denominator: Cases below it, shape (groups,).
        confidence: In (0, 1).
    """
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    n = np.where(denominator > 0, denominator, np.nan)
    share = numerator / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = np.where(numerator == 0, np.where(np.isnan(n), np.nan, 0.0), np.clip(centre - half, 0, 1))
    high = np.where(numerator == n, 1.0, np.clip(centre + half, 0, 1))
    return Estimate(share, low, np.where(np.isnan(n), np.nan, high))


def ratio_of_sums(group: Groups, groups: int, above: Floats, below: Floats, confidence: float) -> Estimate:
    """Sum of `above` over sum of `below` by group, with percentile bootstrap over cases.

    A case is drawn with its two numbers. Cases with equal numbers are drawn together, as one multinomial draw of how
    often each kind comes up: the same distribution as drawing them one by one, at the cost of the few kinds.

    Args:
        group: Group of each case, in [0, groups), shape (n,).
        groups: How many groups.
        above: Of each case, finite, shape (n,).
        below: Of each case, finite, shape (n,).
        confidence: In (0, 1).
    """
    value, low, high = (np.full(groups, np.nan) for _ in range(3))
    if len(group) == 0:
        return Estimate(value, low, high)
    pairs, kind = np.unique(np.stack([above, below], axis=1), axis=0, return_inverse=True)
    counts = np.bincount(group * len(pairs) + kind.ravel(), minlength=groups * len(pairs)).reshape(groups, len(pairs))
    rng = np.random.default_rng(SEED)
    edge = (1 - confidence) / 2
    for g in np.flatnonzero(counts.sum(axis=1)).tolist():
        n = int(counts[g].sum())
        draws = rng.multinomial(n, counts[g] / n, size=REPLICATES)
        sums = draws @ pairs
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = sums[:, 0] / sums[:, 1]
            value[g] = (counts[g] @ pairs[:, 0]) / (counts[g] @ pairs[:, 1])
        known = ratios[np.isfinite(ratios)]
        if len(known):
            low[g], high[g] = np.quantile(known, [edge, 1 - edge])
    return Estimate(value, low, high)


def mean(group: Groups, groups: int, amount: Floats, confidence: float) -> Estimate:
    """Means by group with percentile bootstrap; arguments as in `ratio_of_sums`."""
    return ratio_of_sums(group, groups, amount, np.ones_like(amount), confidence)


def median(group: Groups, groups: int, amount: Floats, confidence: float) -> Estimate:
    """Medians by group with exact intervals from order statistics; arguments as in `ratio_of_sums`.

    The interval is between the r-th least and the r-th greatest, r the greatest with P(Bin(n, 1/2) < r) at most half
    of what the confidence leaves. Below six cases no such pair reaches 95 %, and the interval is the whole range.
    """
    order = np.lexsort((amount, group))
    amounts, size = amount[order], np.bincount(group, minlength=groups)
    start = np.concatenate([[0], np.cumsum(size)[:-1]])
    rank = np.asarray(stats.binom.ppf((1 - confidence) / 2, np.maximum(size, 1), 0.5), dtype=np.int64)
    full = size > 0

    def at(k: NDArray[np.int64]) -> Floats:
        found = np.full(groups, np.nan)
        found[full] = amounts[(start + np.clip(k, 0, np.maximum(size - 1, 0)))[full]]
        return found

    low_rank = np.maximum(rank - 1, 0)
    return Estimate((at((size - 1) // 2) + at(size // 2)) / 2, at(low_rank), at(size - 1 - low_rank))


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p-values (q), in the order given; shape (m,). Benjamini, Hochberg (1995), JRSS B 57:289-300."""
    return np.asarray(stats.false_discovery_control(p)) if len(p) else p


def binomial_excess(k: NDArray[np.int64], n: NDArray[np.int64], rate: Floats) -> Floats:
    """P(Bin(n, rate) >= k), of each; all of shape (m,)."""
    return np.asarray(stats.binom.sf(k - 1, n, rate), dtype=np.float64)


def too_even(counts: NDArray[np.int64]) -> float:
    """P of counts as even as these or more if each came by chance (Poisson): the index of dispersion's lower tail.

    Sources:
        Cochran (1954), Biometrics 10:417-451.
    """
    spread = float(((counts - counts.mean()) ** 2).sum() / counts.mean())
    return float(stats.chi2.cdf(spread, len(counts) - 1))

"""A Farrington-type chart of weekly counts: a quasi-Poisson regression says what this week should bring.

Earlier weeks are fitted by a generalised linear model with a log link: a level, a trend where it is significant, and a
yearly wave once two years are known. Weeks that were outbreaks themselves are weighed down by their Anscombe residuals
and the model is fitted again. The scatter (phi >= 1) and the error of the fit go into the prediction, a negative
binomial whose tail is the p-value.

Sources:
    Farrington et al., A statistical algorithm for the early detection of outbreaks, JRSS A 159 (1996).
    Noufaily et al., An improved algorithm for outbreak detection in multiple surveillance systems, Stat. Med. 32
    (2013).
"""

# pyright: standard
# scipy and statsmodels carry no types.

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from domain.geo import FloatArray

LEAST_WEEKS = 10
"""Weeks of history below which nothing is said."""
EXCLUDED = 3
"""Last weeks that are not fitted, so that a growing outbreak does not become what is expected."""
LONGEST = 156
"""Weeks that are looked back at the most."""
YEAR = 365.25 / 7
WAVE_FROM = 104
"""Weeks from which a yearly wave is told from a trend."""
REWEIGH = 2.58
"""Residuals above this are weighed down (Noufaily)."""
TREND_LEVEL = 0.05
SEASON = 0.2
"""Until two years are known, a month may differ from those before by this share (one deviation) with the season."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a week should bring.

    Attributes:
        expected: Mean.
        upper: What it may bring at the level asked for.
        dispersion: phi, 1 = as Poisson.
        error: Standard error of the mean, the unknown season included.
        trend: Growth a week as a factor; 1 when none was significant.
        p: Probability of the observed count or more.
        weeks: Weeks that were fitted.
    """

    expected: float
    upper: float
    dispersion: float
    error: float
    trend: float
    p: float
    weeks: int


def farrington(counts: FloatArray, *, alpha: float = 0.005) -> Forecast | None:
    """Judge the last week of a series by those before.

    Args:
        counts: Cases a week, oldest first, the week that is judged last, shape (T,).
        alpha: Level of `upper`.

    Returns:
        The forecast, or None when there are too few weeks or cases to say anything.
    """
    history = counts[:-1][-LONGEST - EXCLUDED :][:-EXCLUDED]
    if len(history) < LEAST_WEEKS or history.sum() < 5:
        return None
    weeks = np.arange(len(history), dtype=float)
    now = len(history) + EXCLUDED
    fitted, columns = _fit(history, weeks, trend=True)
    keep = abs(fitted.params[1]) > stats.norm.isf(TREND_LEVEL / 2) * fitted.bse[1]
    grown = _mean_at(fitted, columns, now)
    # Farrington's rule: a trend may not lead beyond what was seen.
    if not keep or grown > history.max():
        fitted, columns = _fit(history, weeks, trend=False)
        keep = False
    row = _row(columns, now)
    expected = float(np.exp(row @ fitted.params))
    error = float(expected * np.sqrt(max(float(row @ fitted.cov_params() @ row), 0.0)))
    if not columns[1]:
        error = float(np.hypot(error, SEASON * expected))
    phi = max(float(fitted.scale), 1.0)
    tail = predictive(expected, phi, error)
    return Forecast(
        expected=expected,
        upper=float(tail.isf(alpha)),
        dispersion=phi,
        error=error,
        trend=float(np.exp(fitted.params[1])) if keep else 1.0,
        p=float(tail.sf(counts[-1] - 1)) if counts[-1] > 0 else 1.0,
        weeks=len(history),
    )


def predictive(expected: float, dispersion: float, error: float = 0.0) -> Any:  # noqa: ANN401  scipy's frozen type
    """Distribution of a count of this mean and a variance of dispersion × mean + error²; Poisson if they are equal."""
    variance = dispersion * expected + error**2
    if variance <= expected * (1 + 1e-9):
        return stats.poisson(expected)
    return stats.nbinom(expected**2 / (variance - expected), expected / variance)


def normal_bounds(expected: float, error: float, dispersion: float, alpha: float, power: float) -> tuple[float, float]:
    """Farrington's own bounds, after a power (1, 1/2 or 2/3) that makes the count more normal; lower and upper."""
    tau = dispersion + error**2 / expected
    spread = power * expected ** (power - 0.5) * np.sqrt(tau)
    reach = float(stats.norm.isf(alpha)) * spread
    middle = expected**power
    return float(max(middle - reach, 0.0) ** (1 / power)), float((middle + reach) ** (1 / power))


def outbreak_weights(residuals: FloatArray, threshold: float) -> FloatArray:
    """Weights of weeks, mean 1: those with large residuals count by the inverse of their square."""
    raw = np.where(residuals > threshold, 1.0 / np.maximum(residuals, 1e-12) ** 2, 1.0)
    return len(raw) * raw / raw.sum()


def anscombe(counts: FloatArray, means: FloatArray, leverage: FloatArray, dispersion: float) -> FloatArray:
    """Standardised Anscombe residuals of Poisson counts."""
    raw = 1.5 * (counts ** (2 / 3) - means ** (2 / 3)) / means ** (1 / 6)
    return raw / np.sqrt(dispersion * np.maximum(1 - leverage, 1e-6))


def _design(weeks: FloatArray, *, trend: bool, wave: bool) -> FloatArray:
    columns = [np.ones_like(weeks)]
    if trend:
        columns.append(weeks)
    if wave:
        angle = 2 * np.pi * weeks / YEAR
        columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _fit(counts: FloatArray, weeks: FloatArray, *, trend: bool) -> tuple[Any, tuple[bool, bool]]:
    import statsmodels.api as sm  # two seconds: a service that starts does not wait for it

    shape = (trend, len(weeks) >= WAVE_FROM)
    design = _design(weeks, trend=shape[0], wave=shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a perfect fit of a series of equal counts is no fault
        first = sm.GLM(counts, design, family=sm.families.Poisson()).fit(scale="X2")
        phi = max(float(first.scale), 1.0)
        leverage = np.asarray(first.get_hat_matrix_diag(observed=False))
        residuals = anscombe(counts, np.asarray(first.mu), leverage, phi)
        weights = outbreak_weights(residuals, REWEIGH)
        fitted = sm.GLM(counts, design, family=sm.families.Poisson(), var_weights=weights).fit(scale="X2")
    return fitted, shape


def _row(shape: tuple[bool, bool], week: float) -> FloatArray:
    return _design(np.array([float(week)]), trend=shape[0], wave=shape[1])[0]


def _mean_at(fitted: Any, shape: tuple[bool, bool], week: float) -> float:  # noqa: ANN401
    return float(np.exp(_row(shape, week) @ fitted.params))

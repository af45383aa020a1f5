"""Expectation-based scan over townships, and control charts of districts: what rises over a whole area.

A permutation scan cannot see a rise that is the same everywhere, since busy days are in its margins. Here the city's
own past says what the last days should bring, and the replicates carry the doubt of that forecast: the scatter of days,
the error of the mean and the uncertain shares of townships.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.random import Generator

from domain.adjacency.alerting.arrays import CountMatrix, IntArray
from domain.adjacency.alerting.charts import BASELINE, LAG, ears, surprise
from domain.adjacency.alerting.farrington import EXCLUDED, LEAST_WEEKS, SEASON, farrington, predictive
from domain.adjacency.alerting.ground import DAY_S, Ground
from domain.adjacency.alerting.scan import MonteCarlo, scan_expectation
from domain.adjacency.alerting.signals import Method, Signal, Tested, WatchParams
from domain.adjacency.alerting.spatial import generator
from domain.adjacency.alerting.zones import Zones, zones_of
from domain.geo import FloatArray

CHART_DAYS = BASELINE + LAG + 6
SHORTEST_HISTORY = 28
"""Days of history below which no forecast is made."""
WORTH_A_FIT = 0.02
"""The family of all tests asks for far smaller p-values than this."""
CITY = "city"


def scan_regions(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """Rises of each issue over a township, a township with its neighbours, a district or the whole city."""
    window = max(params.durations)
    ages = _ages(ground, as_of)
    length = min(params.study_days, int(ages[0]) + 1 if len(ages) else 0)
    if length - window < SHORTEST_HISTORY:
        return Tested(tests=0, findings=())
    cases = np.flatnonzero((ages < length) & (ground.township[: len(ages)] >= 0))
    zones = _region_zones(ground)
    findings: list[tuple[Signal, ...]] = []
    issues = np.unique(ground.issue[cases]).tolist()
    for code in issues:
        mine = cases[ground.issue[cases] == code]
        if int((ages[mine] < window).sum()) >= params.least:
            found = _rise(ground, as_of, params, mine, ages[mine], length, zones)
            findings += [found] if found else []
    return Tested(tests=len(issues), findings=tuple(findings))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the last days should bring to the whole city, and how unsure that is.

    Attributes:
        daily: Expected cases of each of the last days, shape (W,).
        error: Relative standard error of the level, the season that may have turned included.
        dispersion: Scatter of days, 1 = as Poisson.
    """

    daily: FloatArray
    error: float
    dispersion: float


def outlook(history: FloatArray, window: int) -> Outlook:
    """Forecast from daily counts, oldest first: level, trend where it is significant, weekly rhythm.

    Args:
        history: Cases of the days before the window, shape (H,), H >= 28.
        window: Days ahead.
    """
    days = np.arange(len(history) + window)
    week = days % 7
    rhythm = np.bincount(week[: len(history)], weights=history + 0.5) / np.bincount(week[: len(history)])
    rhythm = rhythm / rhythm.mean()
    # A rhythm that seven sums of few cases show is noise: it counts as far as there are cases to show it.
    trust = history.sum() / (history.sum() + 200.0)
    rhythm = (1.0 + trust * (rhythm - 1.0))[week]
    level = history.sum() / rhythm[: len(history)].sum()
    time = days - days[: len(history)].mean()
    weights = rhythm[: len(history)] * level
    slope_error = 1.0 / np.sqrt(float((weights * time[: len(history)] ** 2).sum()) + 1e-12)
    residual = history - weights
    slope = float((residual * time[: len(history)]).sum()) * slope_error**2
    dispersion = max(float((residual**2 / np.maximum(weights, 1e-9)).sum()) / max(len(history) - 8, 1), 1.0)
    kept = abs(slope) > 2.0 * slope_error * np.sqrt(dispersion)
    reach = float(time[len(history) :].mean())
    daily = rhythm[len(history) :] * level * (np.exp(np.clip(slope * time[len(history) :], -1.0, 1.0)) if kept else 1.0)
    error = np.sqrt(dispersion * (1.0 / max(history.sum(), 1.0) + (slope_error * reach) ** 2 * kept))
    return Outlook(daily, float(np.hypot(error, SEASON)), dispersion)


def _rise(
    ground: Ground,
    as_of: datetime,
    params: WatchParams,
    mine: IntArray,
    ages: IntArray,
    length: int,
    zones: Zones,
) -> tuple[Signal, ...]:
    issue, window = ground.issues[int(ground.issue[mine[0]])], max(params.durations)
    counts = np.zeros((len(ground.townships), length), dtype=np.int64)
    np.add.at(counts, (ground.township[mine], length - 1 - ages), 1)
    past, now = counts[:, :-window], counts[:, -window:]
    forecast = outlook(past.sum(axis=0).astype(float), window)
    shares = past.sum(axis=1) + 0.5
    baselines = np.outer(shares / shares.sum(), forecast.daily)
    how = MonteCarlo(replicates=params.replicates, stop_at=params.stop_at, tail=True)
    rng = generator(params, Method.REGIONS, issue, as_of)

    def draw(source: Generator, n: int) -> CountMatrix:
        return _doubtful(source, n, shares, forecast)

    found = scan_expectation(now, baselines, zones, rng, how, durations=params.durations, draw=draw)
    if found.stopped or not found.windows or found.windows[0].observed < params.least:
        return ()
    best = found.windows[0]
    if best.relative_risk < params.least_ratio:
        return ()
    towns = zones.of(best.zone)
    members = mine[np.isin(ground.township[mine], towns) & (ages < best.duration)]
    signal = Signal(
        method=Method.REGIONS,
        issue=issue,
        days=best.duration,
        observed=best.observed,
        expected=best.expected,
        p=best.p,
        members=members,
        middle=None,
        radius_m=0.0,
        areas=tuple(ground.townships[int(town)] for town in towns),
    )
    return (signal,)


def _doubtful(rng: Generator, n: int, shares: FloatArray, forecast: Outlook) -> CountMatrix:
    """Counts that chance may bring when the forecast itself is in doubt, shape (L, W, n)."""
    level = np.exp(rng.normal(0.0, forecast.error, n) - forecast.error**2 / 2)
    scatter = (forecast.dispersion - 1.0) / np.maximum(forecast.daily, 1e-9)
    mood = np.ones((len(forecast.daily), n))
    for day, square in enumerate(scatter.tolist()):
        if square > 1e-9:
            mood[day] = rng.gamma(1.0 / square, square, n)
    split = rng.dirichlet(shares, n).T
    return rng.poisson(split[:, None, :] * (forecast.daily[:, None] * mood * level)[None])


def chart_weeks(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """Farrington-type charts of each issue by district and for the city."""
    ages = _ages(ground, as_of)
    weeks = int(ages[0]) // 7 if len(ages) else 0
    if weeks <= LEAST_WEEKS + EXCLUDED:
        return Tested(tests=0, findings=())
    series = _series(ground, ages // 7, weeks)
    findings: list[tuple[Signal, ...]] = []
    for (issue, area), counts in series.items():
        last = int(counts[-1])
        # A regression is asked only where the plain mean of two months is plainly exceeded.
        if last < params.least or predictive(max(float(counts[-9:-1].mean()), 0.1), 1.0).sf(last - 1) > WORTH_A_FIT:
            continue
        forecast = farrington(counts.astype(float))
        if forecast is None or last < params.least_ratio * forecast.expected:
            continue
        note = f"周上限{forecast.upper:.0f}件，离散系数{forecast.dispersion:.2f}，据此前{forecast.weeks}周"
        findings.append((_charted(ground, Method.WEEKLY, issue, area, 7, forecast.expected, forecast.p, ages, note),))
    return Tested(tests=len(series), findings=tuple(findings))


def chart_days(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """EARS charts of each issue by district and for the city; decided by `charts.surprise`."""
    ages = _ages(ground, as_of)
    if not len(ages) or ages[0] < CHART_DAYS:
        return Tested(tests=0, findings=())
    series = _series(ground, ages, CHART_DAYS)
    keys = list(series)
    counts = np.array([series[key] for key in keys]).reshape(-1, CHART_DAYS)
    p_values = surprise(counts, lag=LAG)[:, -1]
    raised = {name: ears(counts, name).alarm[:, -1] for name in ("C1", "C2", "C3")}
    findings: list[tuple[Signal, ...]] = []
    for row in np.flatnonzero((counts[:, -1] >= params.least) & (p_values < 0.05)).tolist():
        issue, area = keys[row]
        expected = float(counts[row, -1 - LAG - BASELINE : -1 - LAG].mean())
        if counts[row, -1] < params.least_ratio * expected:
            continue
        over = "、".join(name for name, alarm in raised.items() if alarm[row])
        note = f"超过 EARS {over} 上限" if over else ""
        p = float(p_values[row])
        findings.append((_charted(ground, Method.DAILY, issue, area, 1, expected, p, ages, note),))
    return Tested(tests=len(keys), findings=tuple(findings))


def _ages(ground: Ground, as_of: datetime) -> IntArray:
    """Age in days of every case reported by then, oldest first."""
    end = ground.until(as_of)
    return (int(as_of.timestamp()) - ground.reported_s[:end]) // DAY_S


def _series(ground: Ground, periods_ago: IntArray, length: int) -> dict[tuple[str, str], IntArray]:
    """Counts by issue and district (and the city), oldest period first, of series with any case."""
    recent = np.flatnonzero(periods_ago < length)
    wide = len(ground.districts) + 1
    where = np.where(ground.district[recent] >= 0, ground.district[recent], wide - 1)
    keys = ground.issue[recent] * wide + where
    table = np.zeros((len(ground.issues) * wide, max(length, 1)), dtype=np.int64)
    np.add.at(table, (keys, length - 1 - periods_ago[recent]), 1)
    found: dict[tuple[str, str], IntArray] = {}
    for code, issue in enumerate(ground.issues):
        rows = table[code * wide : (code + 1) * wide]
        for number, district in enumerate(ground.districts):
            if rows[number].any():
                found[issue, district] = rows[number]
        if rows.any():
            found[issue, CITY] = rows.sum(axis=0)
    return found


def _charted(
    ground: Ground,
    method: Method,
    issue: str,
    area: str,
    days: int,
    expected: float,
    p: float,
    ages: IntArray,
    note: str,
) -> Signal:
    mine = (ages < days) & (ground.issue[: len(ages)] == ground.issues.index(issue))
    if area != CITY:
        mine &= ground.district[: len(ages)] == ground.districts.index(area)
    members = np.flatnonzero(mine)
    return Signal(
        method=method,
        issue=issue,
        days=days,
        observed=len(members),
        expected=expected,
        p=p,
        members=members,
        middle=None,
        radius_m=0.0,
        areas=(ground.world.city if area == CITY else area,),
        note=note,
    )


def _region_zones(ground: Ground) -> Zones:
    """Each township, with its neighbours, each district, the whole city."""
    number = {code: k for k, code in enumerate(ground.townships)}
    parents: dict[str, set[int]] = {}
    for region in ground.world.regions:
        if region.code in number:
            parents.setdefault(region.parent, set()).add(number[region.code])
    around: dict[str, set[int]] = {code: {k} for code, k in number.items()}
    for a, b in ground.strips.pairs:
        if a in number and b in number:
            around[a].add(number[b])
            around[b].add(number[a])
    sets: list[set[int]] = [{k} for k in range(len(number))]
    sets += [around[code] for code in sorted(around)] + [parents[code] for code in sorted(parents)]
    return zones_of([*sets, set(range(len(number)))], len(number))

"""Before and after with a control group: difference-in-differences (双重差分) of what an arrangement did.

Regions with the arrangement are compared with those without it, each with itself before. The estimate is that of

    outcome of a case = effect of its region + effect of its month + effect x (treated and after) + rest

by least squares over the cases (as weighted means by region and month, which is the same), with standard errors by
region, since cases of one region go together. It stands on the two groups having run parallel before: that is tested
and shown, and an estimate that fails it is marked as such.

Sources:
    Angrist, Pischke (2009), Mostly Harmless Econometrics, ch. 5 and 8. Bertrand, Duflo, Mullainathan (2004), QJE
    119:249-275 (clusters). Cameron, Gelbach, Miller (2008), REStat 90:414-427 (wild cluster bootstrap).
"""

# pyright: standard
# statsmodels carries no types.

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from domain.adjacency.evaluation.definitions import Indicator
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.indicators import members
from domain.caselog import NOT_SAID, Bools, Floats
from domain.errors import InvalidInput

REPLICATES = 1999
SEED = 20_260_501
FEW_CLUSTERS = 12
"""Below so many regions the interval is told to be rough."""
MANY_CLUSTERS = 100
"""Above so many regions p is that of Student's t: the bootstrap has nothing to add."""
MIN_MONTHS = 2
"""Months that are needed on either side of the date."""
PARALLEL_P = 0.05
"""Below this the trends before the date are told to differ."""
_CHINA = np.timedelta64(8, "h").astype("timedelta64[s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        treated: Region codes with the arrangement; a case belongs to them by its district or township.
        start: First civil day of the arrangement.
        across: Whether a case that touches a treated region across the line counts as treated as well: an
            arrangement between two sides works on both.
    """

    indicator: Indicator
    treated: tuple[str, ...]
    start: date
    across: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of both groups: cases and mean outcome; None where there is no case."""

    month: str
    after: bool
    treated_cases: int
    treated_mean: float | None
    control_cases: int
    control_mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The answer; all in the unit of the indicator (shares: 0.1 is ten percentage points).

    Attributes:
        effect, low, high: Estimate and its interval by Student's t with `clusters - 1` degrees of freedom.
        p: Of no effect, by wild cluster bootstrap with the null imposed.
        unplaced: Cases of the indicator that no township is known of; they are left out.
        trend: Difference of the slopes of both groups before the date, per month, with `trend_p` of none.
        parallel: Whether that test is passed; None where there are too few months to tell.
        before_treated .. after_control: Mean outcomes of the four cells.
    """

    cases: int
    unplaced: int
    clusters: int
    treated_clusters: int
    effect: float
    low: float
    high: float
    p: float
    trend: float | None
    trend_p: float | None
    parallel: bool | None
    before_treated: float
    after_treated: float
    before_control: float
    after_control: float
    months: tuple[Month, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Means by region, month and group, with weights: cases are as good as these; all of shape (cells,)."""

    region: NDArray[np.int64]
    month: NDArray[np.int64]
    treated: Bools
    after: Bools
    outcome: Floats
    weight: Floats


def effect_of(reading: Reading, question: Question, confidence: float = 0.95) -> Effect:
    """What the arrangement did to an indicator.

    Args:
        reading: The log.
        question: What is asked; the indicator may be a share, a mean or a median (then of means of its hours).
        confidence: Of the interval.

    Raises:
        InvalidInput: If there are no treated or no other regions, or too few months on either side.
    """
    who = members(reading, question.indicator)
    outcome = who.above.astype(np.float64)
    if question.indicator.kind != "share":
        outcome = reading.amount(question.indicator.above)
    table = reading.table
    place = np.where(table.words["township"].said, table.words["township"].codes, NOT_SAID)
    rows = np.flatnonzero(who.below & table.known("reported_at") & (place != NOT_SAID) & ~np.isnan(outcome))
    treated = touches(reading, question.treated, across=question.across)[rows]
    local = (table.time("reported_at") + _CHINA)[rows]
    month = local.astype("datetime64[M]").astype(np.int64)
    after = local >= np.datetime64(question.start)
    unplaced = int(who.below.sum()) - len(rows)
    return effect_of_cells(_cells(place[rows], month, treated, after, outcome[rows]), confidence, unplaced=unplaced)


def touches(reading: Reading, regions: Collection[str], *, across: bool) -> Bools:
    """Cases that lie in one of the regions, or with `across`, touch one over the line; shape (n,)."""
    words = reading.table.words
    found = words["district"].is_any(regions) | words["township"].is_any(regions)
    if across:
        near = [text for text in words["neighbours"].vocab if _within(text.split("|"), regions)]
        found |= words["neighbours"].is_any(near)
    return found


def _within(codes: Collection[str], regions: Collection[str]) -> bool:
    """Administrative codes begin with those of their parents."""
    return any(code.startswith(region) for code in codes for region in regions)


def _cells(region: NDArray[np.int64], month: NDArray[np.int64], treated: Bools, after: Bools, outcome: Floats) -> Cells:
    keys = np.stack([region, month, treated, after], axis=1).astype(np.int64)
    if len(keys) == 0:
        keys = np.empty((0, 4), dtype=np.int64)
    cells, which = np.unique(keys, axis=0, return_inverse=True)
    weight = np.bincount(which.ravel(), minlength=len(cells)).astype(np.float64)
    total = np.bincount(which.ravel(), weights=outcome, minlength=len(cells))
    return Cells(cells[:, 0], cells[:, 1], cells[:, 2].astype(bool), cells[:, 3].astype(bool), total / weight, weight)


def effect_of_cells(cells: Cells, confidence: float = 0.95, *, unplaced: int = 0) -> Effect:
    """The estimate from means by region and month; raises like `effect_of`."""
    _check(cells)
    active = (cells.treated & cells.after).astype(np.float64)
    fit = _fit(active, cells)
    beta, error = float(fit.params[0]), float(fit.bse[0])
    clusters = np.unique(cells.region)
    p = _wild_p(active, cells) if len(clusters) <= MANY_CLUSTERS else _t_p(fit, len(clusters))
    reach = float(stats.t.ppf(0.5 + confidence / 2, len(clusters) - 1)) * error
    trend, trend_p = _trend(cells)
    parallel = None if trend_p is None else trend_p >= PARALLEL_P
    treated_clusters = len(np.unique(cells.region[cells.treated]))
    return Effect(
        cases=int(cells.weight.sum()),
        unplaced=unplaced,
        clusters=len(clusters),
        treated_clusters=treated_clusters,
        effect=beta,
        low=beta - reach,
        high=beta + reach,
        p=p,
        trend=trend,
        trend_p=trend_p,
        parallel=parallel,
        before_treated=_mean(cells, cells.treated & ~cells.after),
        after_treated=_mean(cells, cells.treated & cells.after),
        before_control=_mean(cells, ~cells.treated & ~cells.after),
        after_control=_mean(cells, ~cells.treated & cells.after),
        months=_months(cells),
        notes=_notes(len(clusters), treated_clusters, parallel),
    )


def _check(cells: Cells) -> None:
    if not cells.treated.any() or cells.treated.all():
        raise InvalidInput("实施组或对照组没有案件，无法比较。", "请核对实施地区的编码；至少要有一个地区不在其列。")
    for side, words in ((cells.treated, "实施组"), (~cells.treated, "对照组")):
        for after, when in ((False, "之前"), (True, "之后")):
            months = len(np.unique(cells.month[side & (cells.after == after)]))
            if months < MIN_MONTHS:
                raise InvalidInput(
                    f"{words}在起始日{when}只有 {months} 个月的案件，至少需要 {MIN_MONTHS} 个月。",
                    "请换一个起始日或更长的台账。",
                )


def _months_apart(cells: Cells) -> Floats:
    """Effects of months, without the first."""
    return (cells.month[:, None] == np.unique(cells.month)[1:]).astype(np.float64)


def _within_regions(columns: Floats, cells: Cells) -> Floats:
    """Columns less their weighted means in each region's group: the regions' own effects are taken out exactly."""
    _, group = np.unique(cells.region * 2 + cells.treated, return_inverse=True)
    weight = np.bincount(group.ravel(), weights=cells.weight)
    means = [np.bincount(group.ravel(), weights=cells.weight * column) / weight for column in columns.T]
    return columns - np.stack(means, axis=1)[group.ravel()]


def _fit(column: Floats, cells: Cells) -> Any:  # noqa: ANN401  statsmodels' result
    """The fit of one column beside months and regions; it is the first parameter. Errors by region (CR1)."""
    import statsmodels.api as sm  # two seconds: a service that starts does not wait for it

    flat = _within_regions(np.column_stack([cells.outcome, column, _months_apart(cells)]), cells)
    model = sm.WLS(flat[:, 0], flat[:, 1:], weights=cells.weight)  # pyright: ignore[reportArgumentType]  # untyped
    return model.fit(cov_type="cluster", cov_kwds={"groups": cells.region, "use_correction": True})


def _wild_p(column: Floats, cells: Cells) -> float:
    """P of no effect by wild cluster bootstrap: residuals without the effect, signs drawn by region.

    The statistic is t, with the same clustered error each time, all replicates at once.
    """
    root = np.sqrt(cells.weight)[:, None]
    flat = _within_regions(np.column_stack([cells.outcome, column, _months_apart(cells)]), cells) * root
    basis, _ = np.linalg.qr(flat[:, 2:])
    pure = flat[:, :2] - basis @ (basis.T @ flat[:, :2])
    y, x = pure[:, 0], pure[:, 1]
    clusters, member = np.unique(cells.region, return_inverse=True)
    draws = np.random.default_rng(SEED).choice(_webb(), size=(REPLICATES, len(clusters)))
    made = y * draws[:, member.ravel()]
    made -= (made @ basis) @ basis.T
    t = _statistics(x, made, member.ravel(), len(clusters))
    seen = _statistics(x, y[None, :], member.ravel(), len(clusters))[0]
    return float((1 + (np.abs(t) >= abs(seen) - 1e-12).sum()) / (1 + REPLICATES))


def _webb() -> Floats:
    """Six-point weights of Webb (2023), for few clusters."""
    steps = np.sqrt(np.array([1.5, 1.0, 0.5]))
    return np.concatenate([-steps, steps])


def _statistics(x: Floats, y: Floats, member: NDArray[np.int64], clusters: int) -> Floats:
    """T of the effect for each row of `y`, shape (rows,); all free of the other columns."""
    norm = x @ x
    beta = y @ x / norm
    scores = (y - beta[:, None] * x) * x
    sums = np.zeros((len(y), clusters))
    np.add.at(sums.T, member, scores.T)
    error = np.sqrt((sums**2).sum(axis=1)) / norm
    return beta / np.where(error > 0, error, np.inf)


def _trend(cells: Cells) -> tuple[float | None, float | None]:
    """Difference of the slopes before the date, per month, and p of none; None with fewer than three months."""
    early = ~cells.after
    months = np.unique(cells.month[early])
    if len(months) < 3 or len(np.unique(cells.region[early & cells.treated])) < 2:
        return None, None
    part = Cells(
        cells.region[early],
        cells.month[early],
        cells.treated[early],
        cells.after[early],
        cells.outcome[early],
        cells.weight[early],
    )
    slope = part.treated * (part.month - months[0]).astype(np.float64)
    fit = _fit(slope, part)
    return float(fit.params[0]), _t_p(fit, len(np.unique(part.region)))


def _t_p(fit: Any, clusters: int) -> float:  # noqa: ANN401  statsmodels' result
    t = float(fit.params[0] / fit.bse[0]) if fit.bse[0] > 0 else 0.0
    return float(2 * stats.t.sf(abs(t), clusters - 1))


def _mean(cells: Cells, where: Bools) -> float:
    return float(np.average(cells.outcome[where], weights=cells.weight[where]))


def _months(cells: Cells) -> tuple[Month, ...]:
    found: list[Month] = []
    for month in np.unique(cells.month).tolist():
        here = cells.month == month
        sides = [here & cells.treated, here & ~cells.treated]
        counts = [int(cells.weight[side].sum()) for side in sides]
        means = [_mean(cells, side) if side.any() else None for side in sides]
        found.append(
            Month(
                month=str(np.datetime64(month, "M")),
                after=bool(cells.after[here].any()),
                treated_cases=counts[0],
                treated_mean=means[0],
                control_cases=counts[1],
                control_mean=means[1],
            )
        )
    return tuple(found)


def _notes(clusters: int, treated: int, parallel: bool | None) -> tuple[str, ...]:
    notes: list[str] = []
    if clusters < FEW_CLUSTERS or treated < 2:
        notes.append(f"只有 {clusters} 个镇街（其中实施组 {treated} 个），区间只是大概。")
    if parallel is False:
        notes.append("实施之前两组的走势已经不同，前后之差不能归因于这项做法。")
    if parallel is None:
        notes.append("实施之前的月份太少，无法检验两组走势是否平行。")
    return tuple(notes)

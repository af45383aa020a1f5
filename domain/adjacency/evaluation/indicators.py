"""Indicators of every group of a cut: numerator, denominator, value, interval, what is not told, and who is behind.

A share's numerator is its denominator with more asked of it, so it is a part of it by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.adjacency.evaluation.definitions import Definitions, Indicator, Score
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.groups import Grouping
from domain.adjacency.evaluation.intervals import Estimate, mean, median, ratio_of_sums, wilson
from domain.caselog import FIELD_NAMES, Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Who is behind one indicator; all of shape (n,).

    Attributes:
        below: Cases below the line.
        above: Cases above it; for means and medians the same as `below`, for ratios those that add to the sum above.
        untold: Cases that belong below the line as far as the log tells, but of which it cannot tell enough.
    """

    below: Bools
    above: Bools
    untold: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """One indicator for every group of a cut; arrays of shape (groups,).

    Attributes:
        above, below: Numerator and denominator: cases, or sums of counts for a ratio, or the sum and cases of a mean.
        cases: Cases below the line: what the interval rests on.
        untold: Cases that are in neither part.
        missing: Fields that the log lacks; where there are any nothing is computed.
    """

    indicator: Indicator
    above: Floats
    below: Floats
    cases: Floats
    untold: Floats
    estimate: Estimate
    missing: tuple[str, ...] = ()

    def reason(self) -> str:
        """Why nothing is computed, in Chinese; empty when it is."""
        return f"台账缺少：{'、'.join(FIELD_NAMES[name] for name in self.missing)}" if self.missing else ""


def members(reading: Reading, indicator: Indicator) -> Members:
    """Who is behind an indicator."""
    everyone = np.ones(len(reading.table), dtype=np.bool_)
    below, could_be = everyone, everyone
    for name in indicator.of:
        fact = reading.fact(name)
        below, could_be = below & fact.yes, could_be & (fact.yes | ~fact.told)
    above = below
    for name in indicator.count:
        fact = reading.fact(name)
        above, below = above & fact.yes, below & fact.told
    above = above & below
    for name in filter(None, (indicator.above, indicator.below)):
        below = below & ~np.isnan(reading.amount(name))
        above = below
    if indicator.kind == "ratio":
        above = below & (reading.amount(indicator.above) > 0)
    return Members(below, above, could_be & ~below)


def figures(reading: Reading, indicator: Indicator, grouping: Grouping) -> Figures:
    """One indicator for every group."""
    groups, nothing = len(grouping), np.zeros(len(grouping))
    lacking = missing_fields(reading, indicator)
    if lacking:
        empty = np.full(groups, np.nan)
        return Figures(indicator, nothing, nothing, nothing, nothing, Estimate(empty, empty, empty), lacking)
    who = members(reading, indicator)
    cases, untold = _tally(grouping, who.below), _tally(grouping, who.untold)
    confidence = reading.limits.confidence
    if indicator.kind == "share":
        above = _tally(grouping, who.above)
        return Figures(indicator, above, cases, cases, untold, wilson(above, cases, confidence))
    rows = np.flatnonzero(who.below)
    group, amount = grouping.group[rows], reading.amount(indicator.above)[rows]
    above: Floats = np.bincount(group, weights=amount, minlength=groups).astype(np.float64)
    if indicator.kind == "ratio":
        other = reading.amount(indicator.below)[rows]
        below: Floats = np.bincount(group, weights=other, minlength=groups).astype(np.float64)
        estimate = ratio_of_sums(group, groups, amount, other, confidence)
        return Figures(indicator, above, below, cases, untold, estimate)
    judge = mean if indicator.kind == "mean" else median
    return Figures(indicator, above, cases, cases, untold, judge(group, groups, amount, confidence))


def missing_fields(reading: Reading, indicator: Indicator) -> tuple[str, ...]:
    """Fields that the indicator needs and the log does not have."""
    return tuple(name for name in indicator.needs if name not in reading.table.columns)


def _tally(grouping: Grouping, rows: Bools) -> Floats:
    return np.bincount(grouping.group[rows], minlength=len(grouping)).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """One score for every group; arrays of shape (groups,), NaN where a part of it could not be computed.

    `low` and `high` hold together with at least the confidence asked for: each of k parts has an interval of
    1 - (1 - confidence) / k (Bonferroni).
    """

    score: Score
    estimate: Estimate


def points(score: Score, by_indicator: Mapping[str, Figures], confidence: float) -> Points:
    """The score from its indicators."""
    total = [np.zeros(len(by_indicator[score.terms[0].indicator].cases)) for _ in range(3)]
    sharper = 1 - (1 - confidence) / len(score.terms)
    for term in score.terms:
        part = by_indicator[term.indicator]
        found = wilson(part.above, part.below, sharper)
        sides = (found.value, found.low, found.high)
        if term.way == "complement":
            sides = (1 - found.value, 1 - found.high, 1 - found.low)
        for side, value in enumerate(sides):
            total[side] = total[side] + term.weight * value
    return Points(score, Estimate(total[0], total[1], total[2]))


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """All indicators and scores of one cut."""

    grouping: Grouping
    figures: Mapping[str, Figures]
    points: Mapping[str, Points]


def panel(reading: Reading, definitions: Definitions, grouping: Grouping, only: Sequence[str] = ()) -> Panel:
    """Indicators (all, or `only` some) and the scores that can be made of them, for every group of a cut."""
    wanted = [one for one in definitions.indicators if not only or one.id in only]
    found = {one.id: figures(reading, one, grouping) for one in wanted}
    scores = [score for score in definitions.scores if all(term.indicator in found for term in score.terms)]
    made = {score.id: points(score, found, reading.limits.confidence) for score in scores}
    return Panel(grouping, found, made)

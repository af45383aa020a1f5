"""What one method says of one place, and the settings of all methods."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.adjacency.alerting.arrays import IntArray


class Method(StrEnum):
    """How something was noticed."""

    CELLS = "cells"
    STRIPS = "strips"
    REGIONS = "regions"
    WEEKLY = "weekly"
    DAILY = "daily"
    REPEATS = "repeats"


METHOD_NAMES = {
    Method.CELLS: "时空置换扫描（网格）",
    Method.STRIPS: "时空置换扫描（毗邻带两侧合并）",
    Method.REGIONS: "期望泊松扫描（镇街组合）",
    Method.WEEKLY: "周控制图（Farrington）",
    Method.DAILY: "日控制图（EARS）",
    Method.REPEATS: "同一地点反复发生",
}
NUMBER = {method: number for number, method in enumerate(Method, 1)}
"""Part of the seed of each method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchParams:
    """Settings of a watch.

    Attributes:
        q: Share of false alarms among all that one watch announces, over the whole city, (0, 1); half of it for what
            is new, half for what keeps coming back.
        study_days: Days that the permutation scans look at, 28 to 400.
        durations: Lengths of windows, days, each below a quarter of `study_days`.
        least: Cases below which nothing is announced, >= 3.
        least_ratio: Observed by expected below which a rise over a whole area is not announced, however sure, >= 1.
        replicates: Monte Carlo replicates at the most, >= 99.
        stop_at: See `scan.MonteCarlo`.
        clusters: Places of one issue that one scan may announce, >= 1.
        repeat_days: Days that repeats are counted over.
        repeat_radius_m: Cases so close are at one place, metres, > 0.
        repeat_least: Returns after a closing below which a place is not announced, >= 2.
        methods: What is used.
        seed: Seed of all Monte Carlo.
    """

    q: float = 0.05
    study_days: int = 112
    durations: tuple[int, ...] = (1, 2, 3, 5, 7, 10, 14)
    least: int = 5
    least_ratio: float = 1.6
    replicates: int = 999
    stop_at: int = 5
    clusters: int = 3
    repeat_days: int = 180
    repeat_radius_m: float = 40.0
    repeat_least: int = 3
    methods: tuple[Method, ...] = tuple(Method)
    seed: int = 20260701

    def __post_init__(self) -> None:
        if (
            not 0.0 < self.q < 1.0
            or self.least < 3
            or self.replicates < 99
            or self.repeat_least < 2
            or self.least_ratio < 1.0
        ):
            raise ValueError("q in (0, 1), least >= 3, replicates >= 99, repeat_least >= 2")
        if not 28 <= self.study_days <= 400 or not self.durations or 4 * max(self.durations) > self.study_days * 2:
            raise ValueError("study_days in 28..400, windows at most half of it")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signal:
    """One finding of one method.

    Attributes:
        issue: Issue id.
        days: Length of the window that ends at the watch, days.
        observed, expected: Cases in it, and what chance would bring.
        p: Probability of such a finding by chance, anywhere the method looked for this issue.
        q: p adjusted for all tests of the watch (Benjamini–Hochberg).
        members: The cases, as indexes of the ground, in order of reporting.
        middle: Middle of the place in the ground's frame, metres; None for whole regions.
        radius_m: How far it reaches around the middle.
        areas: What it is made of: H3 cells, `a|b` pairs of townships, region codes.
        note: What else the method has to say, Chinese.
    """

    method: Method
    issue: str
    days: int
    observed: int
    expected: float
    p: float
    members: IntArray
    middle: tuple[float, float] | None
    radius_m: float
    areas: tuple[str, ...]
    note: str = ""
    q: float = 1.0

    @property
    def relative_risk(self) -> float:
        """Observed by expected, at most 999."""
        return min(self.observed / self.expected, 999.0) if self.expected > 0 else 999.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """What a method did: how many tests, and the findings of each test with the best first."""

    tests: int
    findings: tuple[tuple[Signal, ...], ...]


def extent(points_m: np.ndarray) -> tuple[tuple[float, float] | None, float]:
    """Middle (median) and radius (nine tenths within, at least 50 m) of places, metres; NaN rows are left out."""
    known = points_m[~np.isnan(points_m).any(axis=1)]
    if not len(known):
        return None, 0.0
    middle = np.median(known, axis=0)
    reach = np.quantile(np.hypot(*(known - middle).T), 0.9)
    return (float(middle[0]), float(middle[1])), max(50.0, float(reach))

"""A year of any number of cases on the schematic city, with planted outbreaks, for tests of scale and of warning.

Everyday cases take their place from one case of the packaged year and their time from the season and hours of the
issue, independently: nothing but what is planted is near in place and time at once. About half of the outbreaks lie
across a line between townships, so that each side alone sees a part. The same seed gives the same year.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import STRtree

from domain.adjacency.alerting.ground import frame_of
from domain.adjacency.alerting.strips import Strips, strips_of
from domain.caselog import COUNTS, FLAGS, NOT_SAID, NUMBERS, TIMES, WORDS, CaseTable, Codes, Returns
from domain.geo import FloatArray, LocalFrame
from domain.organisation import Level
from domain.territory import NEAR_M
from domain.world import World
from domain.worlddata import schematic_city, year_of_cases

FIRST_DAY = date(2025, 11, 1)
DAYS = 365
SEED = 20251101
MOOD = 0.12
"""Scatter of the city's days beyond Poisson, as a standard deviation of the logarithm."""
SPREAD_M = 180.0
"""How far from a case of the packaged year its like may lie, metres."""
ACCURACIES = np.array([5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0])
DAY_S = 86_400
UTC_OFFSET_S = 8 * 3600
"""Civil time of the city before UTC."""
STEPS = ("reported_at", "registered_at", "dispatched_at", "settled_at", "handled_at", "closed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbreak:
    """What was planted.

    Attributes:
        first, days: Its first day, as days after `FIRST_DAY`, and how many days it grows.
        point_m: Middle, metres in the year's frame; `radius_m` around it.
        split: Whether it lies across a line between townships.
        cases: How many.
    """

    tag: str
    issue: str
    first: int
    days: int
    point_m: tuple[float, float]
    radius_m: float
    split: bool
    cases: int

    @property
    def first_day(self) -> date:
        """The day it began."""
        return FIRST_DAY + timedelta(days=self.first)


@dataclass(frozen=True, slots=True, eq=False)
class CaseYear:
    """A made year: the log, what was planted, and which outbreak each case belongs to (-1: none), shape (n,)."""

    table: CaseTable
    outbreaks: tuple[Outbreak, ...]
    planted: NDArray[np.int64]
    frame: LocalFrame


def case_year(
    cases: int = 300_000, *, outbreaks: int = 40, sizes: tuple[int, int] = (12, 60), seed: int = SEED
) -> CaseYear:
    """Make a year.

    Args:
        cases: About how many everyday cases, >= 1,000.
        outbreaks: How many are planted, the even ones across a line.
        sizes: Cases of the smallest and of the largest outbreak.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    world, pattern = schematic_city(), _pattern()
    frame = frame_of(world, pattern.degrees)
    template, seconds = _everyday(cases, pattern, rng)
    degrees = _moved(pattern.degrees[template], frame, rng)
    planned = _plan(outbreaks, sizes, pattern, frame, strips_of(world, FIRST_DAY, frame), rng)
    parts = [_cases_of(one, pattern, frame, rng) for one in planned]
    planted = np.concatenate([np.full(len(template), -1), *(np.full(len(p[0]), k) for k, p in enumerate(parts))])
    template = np.concatenate([template, *(part[0] for part in parts)])
    seconds = np.concatenate([seconds, *(part[1] for part in parts)])
    degrees = np.concatenate([degrees, *(part[2] for part in parts)])
    order = np.argsort(seconds, kind="stable")
    table = _table(world, pattern, frame, template[order], seconds[order], degrees[order], rng)
    return CaseYear(table, tuple(planned), planted[order].astype(np.int64), frame)


@dataclass(frozen=True, slots=True, eq=False)
class _Pattern:
    """Cases of the packaged year that nobody planted, as columns."""

    rows: list[dict[str, Any]]
    issue: NDArray[np.int64]
    issues: tuple[str, ...]
    degrees: FloatArray
    hour: NDArray[np.int64]
    season: FloatArray
    """Factor by issue and month, January first, shape (I, 12)."""
    weekend: FloatArray
    """Factor of Saturdays and Sundays by issue."""


@cache
def _pattern() -> _Pattern:
    rows = [
        row
        for row in year_of_cases()
        if row["stage"] == "closed" and not set(row["truth"]) & {"outbreak", "repeat", "gaming", "duplicate_of"}
    ]
    issues, codes = np.unique([row["issue"] for row in rows], return_inverse=True)
    local = np.array([row["observed_at"].rstrip("Z") for row in rows], dtype="datetime64[s]") + UTC_OFFSET_S
    month = local.astype("datetime64[M]").astype(int) % 12
    weekend = (local.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    counts = np.zeros((len(issues), 12))
    np.add.at(counts, (codes, month), 1.0)
    # Months of few cases are drawn towards the year's mean, and neighbours share: a season has no steps.
    smooth = (counts + np.roll(counts, 1, axis=1) + np.roll(counts, -1, axis=1)) / 3 + 2.0
    ends = np.array([(weekend & (codes == k)).sum() / max((codes == k).sum(), 1) for k in range(len(issues))])
    return _Pattern(
        rows=rows,
        issue=codes.astype(np.int64),
        issues=tuple(issues.tolist()),
        degrees=np.array([[row["lon"], row["lat"]] for row in rows]),
        hour=(local.astype(np.int64) // 3600) % 24,
        season=smooth / smooth.mean(axis=1, keepdims=True),
        weekend=np.clip(ends / (1 - ends) * 5 / 2, 0.5, 1.6),
    )


def _everyday(cases: int, pattern: _Pattern, rng: Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Template and second of everyday cases; place and time are drawn apart."""
    share = np.bincount(pattern.issue, minlength=len(pattern.issues)) / len(pattern.issue)
    days = np.datetime64(FIRST_DAY) + np.arange(DAYS)
    # Between the middles of two months the season goes from one to the other.
    position = (days - days.astype("datetime64[Y]")).astype(int) / 365.25 * 12 - 0.5
    low = np.floor(position).astype(int)
    part = position - low
    weekend = ((days.astype(int) + 3) % 7 >= 5)[None, :]
    season = pattern.season[:, low % 12] * (1 - part) + pattern.season[:, (low + 1) % 12] * part
    rate = share[:, None] * season * np.where(weekend, pattern.weekend[:, None], 1.0)
    rate *= np.exp(rng.normal(0.0, MOOD, DAYS)) * cases / rate.sum()
    counts = rng.poisson(rate)
    templates, seconds = [], []
    for code in range(len(pattern.issues)):
        own = np.flatnonzero(pattern.issue == code)
        n = int(counts[code].sum())
        templates.append(rng.choice(own, n))
        hours = pattern.hour[rng.choice(own, n)]
        day = np.repeat(np.arange(DAYS), counts[code])
        seconds.append(_instant(day, hours, rng))
    return np.concatenate(templates), np.concatenate(seconds)


def _instant(day: NDArray[np.int64], hour: NDArray[np.int64], rng: Generator) -> NDArray[np.int64]:
    start = int(np.datetime64(FIRST_DAY).astype("datetime64[s]").astype(np.int64)) - UTC_OFFSET_S
    return start + day * DAY_S + hour * 3600 + rng.integers(0, 3600, len(day))


def _moved(degrees: FloatArray, frame: LocalFrame, rng: Generator, spread_m: float = SPREAD_M) -> FloatArray:
    return frame.to_degrees(frame.to_m(degrees) + rng.normal(0.0, spread_m, degrees.shape))


def _plan(
    count: int, sizes: tuple[int, int], pattern: _Pattern, frame: LocalFrame, strips: Strips, rng: Generator
) -> list[Outbreak]:
    spots = frame.to_m(pattern.degrees)
    gap = np.linspace(49, DAYS - 22, count).astype(int)
    planned = []
    for k in range(count):
        split = k % 2 == 0
        # Near other cases, so that it is a place where people are.
        near = strips.middles if split else spots
        while True:
            point = near[int(rng.integers(len(near)))]
            gaps = np.hypot(*(spots - point).T)
            on_line = strips.nearest(point[None], 700.0)[0] >= 0
            if int((gaps < 800).sum()) >= 20 and (split or not on_line):
                break
        cases = round(sizes[0] * (sizes[1] / sizes[0]) ** ((k // 2) / max(count // 2 - 1, 1)))
        planned.append(
            Outbreak(
                tag=f"{'line' if split else 'inner'}-{k:02d}",
                issue=pattern.issues[int(rng.integers(len(pattern.issues)))],
                first=int(gap[k]),
                days=int(rng.integers(8, 16)),
                point_m=(float(point[0]), float(point[1])),
                radius_m=float(rng.uniform(200.0, 500.0)),
                split=split,
                cases=cases,
            )
        )
    return planned


def _cases_of(
    outbreak: Outbreak, pattern: _Pattern, frame: LocalFrame, rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    own = np.flatnonzero(pattern.issue == pattern.issues.index(outbreak.issue))
    rise = np.linspace(0.6, 1.4, outbreak.days)
    n = outbreak.cases
    day = outbreak.first + rng.choice(outbreak.days, n, p=rise / rise.sum())
    reach, angle = outbreak.radius_m * np.sqrt(rng.uniform(size=n)), rng.uniform(0, 2 * np.pi, n)
    points = np.array(outbreak.point_m) + np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    return rng.choice(own, n), _instant(day, pattern.hour[rng.choice(own, n)], rng), frame.to_degrees(points)


def _table(
    world: World,
    pattern: _Pattern,
    frame: LocalFrame,
    template: NDArray[np.int64],
    seconds: NDArray[np.int64],
    degrees: FloatArray,
    rng: Generator,
) -> CaseTable:
    n = len(template)
    words: dict[str, Codes] = {name: Codes(np.full(n, NOT_SAID, dtype=np.int32), ()) for name in WORDS}
    for name in ("source", "first_unit", "unit", "settled_by", "stage"):
        words[name] = _copied([row[name] for row in pattern.rows], template)
    words["issue"] = Codes(pattern.issue[template].astype(np.int32), pattern.issues)
    for level in (Level.DISTRICT, Level.TOWNSHIP, Level.COMMUNITY, Level.GRID):
        words[level.value] = _located(world, level, degrees, seconds)
    points = frame.to_m(degrees)
    on_line = strips_of(world, FIRST_DAY, frame).nearest(points, NEAR_M) >= 0
    numbers = {name: np.full(n, np.nan) for name in NUMBERS}
    numbers["lon"], numbers["lat"] = degrees.T.round(6)
    numbers["accuracy_m"] = rng.choice(ACCURACIES, n)
    numbers["limit_h"] = np.array([float(row["limit_h"]) for row in pattern.rows])[template]
    counts = {name: np.zeros(n, dtype=np.int32) for name in COUNTS}
    counts["returns"] = np.array([len(row["returns"]) for row in pattern.rows], dtype=np.int32)[template]
    for name in ("rework", "extended"):
        counts[name] = np.array([row[name] for row in pattern.rows], dtype=np.int32)[template]
    flags = {name: np.full(n, NOT_SAID, dtype=np.int8) for name in FLAGS}
    flags["adjacent"] = on_line.astype(np.int8)
    flags["emergency"] = np.array([row["emergency"] for row in pattern.rows], dtype=np.int8)[template]
    asked = [NOT_SAID if row["satisfied"] is None else int(row["satisfied"]) for row in pattern.rows]
    flags["satisfied"] = np.array(asked, dtype=np.int8)[template]
    empty = Codes(np.empty(0, dtype=np.int32), ())
    times = _times(pattern, template, seconds, rng)
    return CaseTable(
        id=np.char.add("NJ", np.char.zfill(np.arange(1, n + 1).astype(np.str_), 7)),
        row=np.arange(1, n + 1),
        times=times,
        words=words,
        numbers=numbers,
        counts=counts,
        flags=flags,
        ordered=np.ones(n, dtype=np.bool_),
        returns=Returns(np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[s]"), empty, empty),
        columns=frozenset({"id", *STEPS, "observed_at", "due_at", "issue", "district", "township", "lon", "lat"}),
        rows_read=n,
    )


def _copied(values: list[str], template: NDArray[np.int64]) -> Codes:
    vocab, codes = np.unique(values, return_inverse=True)
    return Codes(codes[template].astype(np.int32), tuple(vocab.tolist()))


def _located(world: World, level: Level, degrees: FloatArray, seconds: NDArray[np.int64]) -> Codes:
    """Region of each case on its day, -1 in a gap."""
    regions = sorted((r for r in world.regions if r.level is level), key=lambda r: (r.code, r.valid_from))
    day = (seconds + UTC_OFFSET_S) // DAY_S
    vocab = tuple(dict.fromkeys(region.code for region in regions))
    found = np.full(len(degrees), NOT_SAID, dtype=np.int32)
    tree = STRtree([region.geometry for region in regions])
    cases, hits = tree.query(shapely.points(degrees), predicate="intersects")
    epoch = date(1970, 1, 1)
    for number, region in enumerate(regions):
        mine = cases[hits == number]
        start = (region.valid_from - epoch).days
        end = (region.valid_to - epoch).days if region.valid_to else 10**6
        valid = mine[(day[mine] >= start) & (day[mine] < end) & (found[mine] == NOT_SAID)]
        found[valid] = vocab.index(region.code)
    return Codes(found, vocab)


def _times(
    pattern: _Pattern, template: NDArray[np.int64], seconds: NDArray[np.int64], rng: Generator
) -> dict[str, NDArray[np.datetime64]]:
    """Instants of the loop: the template's spans, each longer or shorter by chance."""
    n = len(template)
    times = {name: np.full(n, np.datetime64("NaT"), dtype="datetime64[s]") for name in TIMES}
    observed = np.array([row["observed_at"].rstrip("Z") for row in pattern.rows], dtype="datetime64[s]")
    times["observed_at"] = seconds.astype("datetime64[s]")
    before, at = observed, seconds.copy()
    for name in STEPS:
        own = np.array([row[name].rstrip("Z") for row in pattern.rows], dtype="datetime64[s]")
        span = (own - before).astype(np.int64)
        at = at + np.maximum((span[template] * np.exp(rng.normal(0.0, 0.2, n))).astype(np.int64), 0)
        times[name], before = at.astype("datetime64[s]"), own
    limit = np.array([float(row["limit_h"]) for row in pattern.rows])[template] * 3600
    times["due_at"] = (times["settled_at"].astype(np.int64) + limit.astype(np.int64)).astype("datetime64[s]")
    return times


def as_of(day: int) -> np.datetime64:
    """The end of a day of the year (its midnight in the city), UTC."""
    return np.datetime64(FIRST_DAY + timedelta(days=day + 1)).astype("datetime64[s]") - UTC_OFFSET_S

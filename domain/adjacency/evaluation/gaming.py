"""Gaming (刷量): patterns in the log that good work does not leave, each with its evidence, for a person to look at.

A finding says what was seen and against which threshold; it accuses nobody. Who is meant is told by code, and people
by a number that only those who may read the cases can resolve.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.adjacency.evaluation.definitions import Pattern
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.groups import cut
from domain.adjacency.evaluation.intervals import benjamini_hochberg, binomial_excess, too_even
from domain.adjacency.evaluation.places import same_place
from domain.caselog import Bools, CaseTable

Index = NDArray[np.int64]
MINUTE = np.timedelta64(60, "s")
DRAWN = 20.0
"""Cases that the share of the whole counts for beside those of an issue elsewhere."""
MOST_CASES = 500
"""Case ids that one finding carries; how many there are is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One suspicion.

    Attributes:
        pattern: Id of the pattern.
        dimension, subject: Whom it concerns: a group of a cut (`unit`, `reporter`, `township`), by key.
        cases: Ids of the cases that show it, in order of reporting.
        count: How many they are.
        figures: What was measured, by Chinese name.
        told: The suspicion in one Chinese sentence.
        p: How often chance alone would do this or more, adjusted over all subjects; None where there is no test.
    """

    pattern: str
    dimension: str
    subject: str
    cases: tuple[str, ...]
    count: int
    told: str
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    p: float | None = None

    @property
    def id(self) -> str:
        """Stable name within an evaluation."""
        return f"{self.pattern}:{self.dimension}:{self.subject}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        plain = {key: getattr(self, key) for key in ("pattern", "dimension", "subject", "count", "told", "p")}
        return {"id": self.id, **plain, "cases": list(self.cases), "figures": dict(self.figures)}


def suspicions(reading: Reading, patterns: Mapping[str, Pattern]) -> list[Finding]:
    """All findings of the patterns that are declared and known, by pattern, the largest first."""
    found: list[Finding] = []
    for name, detect in DETECTORS.items():
        if name in patterns:
            found += sorted(detect(reading, patterns[name]), key=lambda one: (-one.count, one.subject))
    return found


def _finding(reading: Reading, pattern: Pattern, rows: Index, dimension: str, subject: str, told: str) -> Finding:
    table = reading.table
    ordered = rows[np.lexsort((rows, table.time("reported_at")[rows]))]
    ids = tuple(table.id[ordered[:MOST_CASES]].tolist())
    return Finding(pattern=pattern.id, dimension=dimension, subject=subject, cases=ids, count=len(rows), told=told)


def _with(finding: Finding, figures: Mapping[str, float], p: float | None = None) -> Finding:
    rounded = {key: round(float(value), 4) for key, value in figures.items()}
    return Finding(
        pattern=finding.pattern,
        dimension=finding.dimension,
        subject=finding.subject,
        cases=finding.cases,
        count=finding.count,
        told=finding.told,
        figures=rounded,
        p=None if p is None else float(f"{p:.3g}"),
    )


def _by(table: CaseTable, dimension: str, rows: Index) -> Iterator[tuple[str, Index]]:
    """Rows by group of a dimension, those that the log does not place left out."""
    grouping = cut(table, [dimension])
    order = np.argsort(grouping.group[rows], kind="stable")
    groups = grouping.group[rows][order]
    for part in np.split(rows[order], np.flatnonzero(np.diff(groups)) + 1):
        if len(part) and (key := grouping.keys[int(grouping.group[part[0]])][0]):
            yield key, part


def _minutes(table: CaseTable, start: str, end: str) -> NDArray[np.float64]:
    return table.hours(start, end) * 60.0


def _split(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """One matter reported as several: the same reporter, place and issue, minutes apart."""
    table = reading.table
    bundle = np.arange(len(table))
    reporter, at = table.words["reporter"], table.time("reported_at")
    for pairs in same_place(table, reading.filed & reporter.said, pattern["radius_m"], pattern["minutes"] / 1440):
        same = reporter.codes[pairs.early] == reporter.codes[pairs.late]
        _join(bundle, pairs.early[same], pairs.late[same])
    _, which, size = np.unique(bundle, return_inverse=True, return_counts=True)
    big = np.flatnonzero(size[which.ravel()] >= pattern["cases"])
    for subject, rows in _by(table, "reporter", big):
        bundles = [rows[bundle[rows] == root] for root in np.unique(bundle[rows])]
        extra = sum(len(one) - 1 for one in bundles)
        spans = [float((at[one].max() - at[one].min()) / MINUTE) for one in bundles]
        told = (
            f"{subject}有 {len(bundles)} 次在几分钟内就同一地点、同一事项连报数案，共 {len(rows)} 件，多出 {extra} 件。"
        )
        finding = _finding(reading, pattern, rows, "reporter", subject, told)
        yield _with(finding, {"次数": len(bundles), "多出件数": extra, "平均间隔分钟": float(np.mean(spans))})


def _join(bundle: Index, early: Index, late: Index) -> None:
    """Put both of each pair into one bundle, named by its least member."""
    for one, other in zip(early.tolist(), late.tolist(), strict=True):
        a, b = _root(bundle, one), _root(bundle, other)
        bundle[max(a, b)] = min(a, b)
        bundle[one] = bundle[other] = min(a, b)


def _root(bundle: Index, one: int) -> int:
    while bundle[one] != one:
        one = int(bundle[one])
    return one


def _close_reopen(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """Closed at once, and reported again within days: nothing was done."""
    table = reading.table
    quick = _minutes(table, "dispatched_at", "handled_at") <= pattern["quick_minutes"]
    quick &= reading.yes("closed")
    reported, closed = table.time("reported_at"), table.time("closed_at")
    window = np.timedelta64(round(pattern["days"] * 86_400), "s")
    again = np.full(len(table), -1, dtype=np.int64)

    def note(early: Index, late: Index) -> None:
        gap = reported[late] - closed[early]
        hit = quick[early] & (gap > np.timedelta64(0, "s")) & (gap <= window)
        again[early[hit][::-1]] = late[hit][::-1]

    for pairs in same_place(table, reading.filed, pattern["radius_m"], pattern["days"] + 1):
        note(pairs.early, pairs.late)
    before = table.position_of("previous")
    named = np.flatnonzero((before >= 0) & reading.filed)
    note(before[named], named)
    words = f"在 {pattern['quick_minutes']:g} 分钟内办结后，{pattern['days']:g} 天内同一地点、同一事项又报"
    yield from _against_city(reading, pattern, quick, again >= 0, words, again)


def _self_report(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """The same person reports the same issue over and over, and it is done within minutes."""
    table = reading.table
    minutes = _minutes(table, "dispatched_at", "handled_at")
    quick = minutes <= pattern["quick_minutes"]
    own = reading.yes("handled") & table.words["reporter"].said & table.words["issue"].said & ~np.isnan(minutes)
    grouping = cut(table, ["reporter", "issue"])
    total = np.bincount(grouping.group[own], minlength=len(grouping))
    fast = np.bincount(grouping.group[own & quick], minlength=len(grouping))
    for g in np.flatnonzero((fast >= pattern["cases"]) & (fast >= pattern["quick_share"] * total)).tolist():
        rows = np.flatnonzero((grouping.group == g) & own & quick)
        reporter, issue = grouping.keys[g]
        share = fast[g] / total[g]
        told = (
            f"{reporter}上报的事项 {issue} 共 {total[g]} 件，其中 {fast[g]} 件（{share:.0%}）派出后 "
            f"{pattern['quick_minutes']:g} 分钟内即处置完毕。"
        )
        finding = _finding(reading, pattern, rows, "reporter", f"{reporter}/{issue}", told)
        figures = {
            "总件数": float(total[g]),
            "秒结件数": float(fast[g]),
            "处置中位分钟": float(np.median(minutes[rows])),
        }
        yield _with(finding, figures)


def _against_city(
    reading: Reading, pattern: Pattern, of: Bools, hit: Bools, words: str, partner: Index | None = None
) -> Iterator[Finding]:
    """Units whose share is far above what their issues have with all others, false discoveries held down over units.

    What is expected of a unit is the sum over its cases of the share that the same issue has elsewhere, drawn towards
    the share of the whole where an issue has few cases elsewhere.

    `partner`: for each case the one that belongs to it as evidence, shape (n,).
    """
    grouping = cut(reading.table, ["unit"])
    n = np.bincount(grouping.group[of], minlength=len(grouping))
    k = np.bincount(grouping.group[of & hit], minlength=len(grouping))
    rest = _expected(reading.table, grouping.group, of, hit)
    tested = np.flatnonzero((n > 0) & np.array([bool(key[0]) for key in grouping.keys], dtype=np.bool_))
    q = benjamini_hochberg(binomial_excess(k[tested], n[tested], rest[tested]))
    for g, p in zip(tested.tolist(), q.tolist(), strict=True):
        share = float(k[g] / n[g])
        if k[g] < pattern["cases"] or p > pattern["false_discovery"] or share < pattern["least_share"]:
            continue
        if share < pattern["times_city"] * rest[g]:
            continue
        rows = np.flatnonzero((grouping.group == g) & of & hit)
        told = f"该单位 {n[g]} 件中有 {k[g]} 件（{share:.1%}）{words}；同类事项在其他单位为 {rest[g]:.1%}。"
        shown = rows if partner is None else np.union1d(rows, partner[rows])
        finding = _finding(reading, pattern, shown, "unit", grouping.keys[g][0], told)
        yield _with(finding, {"件数": float(k[g]), "比例": share, "同类事项在其他单位的比例": float(rest[g])}, p)


def _expected(table: CaseTable, unit: Index, of: Bools, hit: Bools) -> NDArray[np.float64]:
    """Share that each unit's cases would have if it were like the others with the same issues; shape (units,)."""
    units, issues = int(unit.max(initial=-1)) + 1, len(table.words["issue"].vocab) + 1
    cell = unit * issues + table.words["issue"].codes % issues  # unknown issues are the last
    n = np.bincount(cell[of], minlength=units * issues).reshape(units, issues).astype(np.float64)
    k = np.bincount(cell[of & hit], minlength=units * issues).reshape(units, issues).astype(np.float64)
    whole = (k.sum() + 1) / (n.sum() + 2)
    elsewhere = (k.sum(axis=0) - k + DRAWN * whole) / (n.sum(axis=0) - n + DRAWN)
    return (elsewhere * n).sum(axis=1) / np.maximum(n.sum(axis=1), 1)


def _quick(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """Handling times that are too short to be true."""
    table = reading.table
    minutes, limit = _minutes(table, "settled_at", "handled_at"), _minutes(table, "settled_at", "due_at")
    of = reading.yes("handled") & ~np.isnan(minutes) & (limit > 0)
    hit = (minutes <= pattern["quick_minutes"]) & (minutes <= pattern["quick_share_of_limit"] * limit)
    words = f"在 {pattern['quick_minutes']:g} 分钟以内、且不到时限的 {pattern['quick_share_of_limit']:.0%} 就处置完毕"
    yield from _against_city(reading, pattern, of, hit, words)


def _limit_edge(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """Handled in the last moments before the limit, far more often than just after it."""
    table = reading.table
    limit = _minutes(table, "settled_at", "due_at")
    left = _minutes(table, "handled_at", "due_at")
    edge = pattern["edge_share_of_limit"] * limit
    of = reading.yes("handled") & (limit > 0) & (np.abs(left) <= 4 * edge)
    hit = (left >= 0) & (left <= edge)
    words = f"恰在时限前最后 {pattern['edge_share_of_limit']:.0%} 的时间内处置完毕（只看时限前后各四倍此时段内的案件）"
    yield from _against_city(reading, pattern, of, hit, words)


def _batch(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """Many cases of one unit handled within one minute."""
    table = reading.table
    done = reading.yes("handled") & table.known("handled_at") & table.words["unit"].said
    index = np.flatnonzero(done)
    minute = table.time("handled_at")[index].astype("datetime64[m]").astype(np.int64)
    keys = np.stack([table.words["unit"].codes[index].astype(np.int64), minute], axis=1)
    if len(index) == 0:
        return
    _, which, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    many = size[which.ravel()] >= pattern["cases"]
    for subject, rows in _by(table, "unit", index[many]):
        moments = len(np.unique(table.time("handled_at")[rows].astype("datetime64[m]")))
        told = f"该单位有 {moments} 个时刻在同一分钟内办结 {pattern['cases']:g} 件以上，共 {len(rows)} 件。"
        yield _with(_finding(reading, pattern, rows, "unit", subject, told), {"时刻数": moments, "件数": len(rows)})


def _even(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """Monthly counts of one person that vary less than chance allows, as when a quota is filled."""
    table = reading.table
    known = reading.filed & table.known("reported_at") & table.words["reporter"].said
    months = table.time("reported_at").astype("datetime64[M]").astype(np.int64)
    for subject, rows in _by(table, "reporter", np.flatnonzero(known)):
        first, last = int(months[rows].min()), int(months[rows].max())
        counts = np.bincount(months[rows] - first, minlength=last - first + 1)[1:-1]  # whole months only
        if len(counts) < pattern["months"] or counts.mean() < pattern["mean"]:
            continue
        p = too_even(counts)
        if p <= pattern["p"]:
            told = (
                f"{subject}连续 {len(counts)} 个整月，每月上报 {counts.min()}–{counts.max()} 件，均匀得不像自然发生。"
            )
            finding = _finding(reading, pattern, rows, "reporter", subject, told)
            yield _with(
                finding, {"月数": len(counts), "月均": float(counts.mean()), "方差": float(counts.var(ddof=1))}, p
            )


def _photo(reading: Reading, pattern: Pattern) -> Iterator[Finding]:
    """One picture for several cases."""
    table = reading.table
    photo = table.words["photo"]
    uses = np.bincount(photo.codes[photo.said & reading.filed], minlength=len(photo.vocab) + 1)
    again = np.flatnonzero(photo.said & reading.filed & (uses[photo.codes] >= pattern["cases"]))
    for subject, rows in _by(table, "unit", again):
        pictures = len(np.unique(photo.codes[rows]))
        told = f"该单位有 {len(rows)} 件案件使用了与他案相同的 {pictures} 张照片。"
        yield _with(_finding(reading, pattern, rows, "unit", subject, told), {"照片数": pictures, "件数": len(rows)})


DETECTORS: Mapping[str, Callable[[Reading, Pattern], Iterator[Finding]]] = {
    "split": _split,
    "close_reopen": _close_reopen,
    "self_report": _self_report,
    "quick": _quick,
    "limit_edge": _limit_edge,
    "batch": _batch,
    "even": _even,
    "photo": _photo,
}
"""What detects each pattern; thresholds are data."""

"""Same place, same issue: which cases come back, and which spots have a common problem."""

# pyright: standard
# scipy carries no types.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import KDTree

from domain.caselog import Bools, CaseTable, Floats
from domain.geo import LocalFrame
from domain.world import Agreement

Index = NDArray[np.int64]
DAY = np.timedelta64(86_400, "s")


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of cases of one issue at one place: `early` was reported no later than `late`; both of shape (pairs,)."""

    early: Index
    late: Index


def metres(table: CaseTable) -> Floats:
    """Easting and northing of each case from the middle of them all, metres, NaN without a position; shape (n, 2)."""
    lon, lat = table.numbers["lon"], table.numbers["lat"]
    known = ~np.isnan(lon) & ~np.isnan(lat)
    if not known.any():
        return np.full((len(table), 2), np.nan)
    frame = LocalFrame(float(lon[known].mean()), float(lat[known].mean()))
    return np.where(known[:, None], frame.to_m(np.stack([lon, lat], axis=1)), np.nan)


def same_place(table: CaseTable, rows: Bools, radius_m: float, days: float) -> Iterator[Pairs]:
    """Pairs of cases of one issue within a radius and so many days of reporting, in portions.

    Args:
        table: The log.
        rows: Which cases to look at, shape (n,); those without position, issue or time are passed over.
        radius_m: Greatest distance, metres.
        days: Greatest gap between the two reports.
    """
    xy, at = metres(table), table.time("reported_at")
    usable = rows & ~np.isnan(xy[:, 0]) & table.words["issue"].said & ~np.isnat(at)
    index = np.flatnonzero(usable)
    if len(index) == 0:
        return
    span = np.timedelta64(max(1, round(days * 86_400)), "s")
    block = (at[index] - at[index].min()) // span
    order = np.lexsort((at[index], block, table.words["issue"].codes[index]))
    index, block = index[order], block[order]
    issue = table.words["issue"].codes[index]
    cuts = np.flatnonzero((np.diff(issue) != 0) | (np.diff(block) != 0)) + 1
    parts = np.split(index, cuts)
    keys = [(int(issue[start]), int(block[start])) for start in (0, *cuts.tolist())]
    trees = [KDTree(xy[part]) for part in parts]
    for k, part in enumerate(parts):
        yield from _within(part, trees[k], at, radius_m, span)
        if k + 1 < len(parts) and keys[k + 1] == (keys[k][0], keys[k][1] + 1):
            yield from _between((part, trees[k]), (parts[k + 1], trees[k + 1]), at, radius_m, span)


def _within(
    part: Index, tree: KDTree, at: NDArray[np.datetime64], radius_m: float, span: np.timedelta64
) -> Iterator[Pairs]:
    found = tree.query_pairs(radius_m, output_type="ndarray")
    one, other = part[found[:, 0]], part[found[:, 1]]
    swap = (at[one] > at[other]) | ((at[one] == at[other]) & (one > other))
    early, late = np.where(swap, other, one), np.where(swap, one, other)
    close = at[late] - at[early] <= span
    yield Pairs(early[close], late[close])


def _between(
    first: tuple[Index, KDTree],
    second: tuple[Index, KDTree],
    at: NDArray[np.datetime64],
    radius_m: float,
    span: np.timedelta64,
) -> Iterator[Pairs]:
    found = first[1].sparse_distance_matrix(second[1], radius_m, output_type="ndarray")
    early, late = first[0][found["i"]], second[0][found["j"]]
    close = at[late] - at[early] <= span
    yield Pairs(early[close], late[close])


def recurred(table: CaseTable, rows: Bools, radius_m: float, days: int) -> Bools:
    """Closed cases after whose closing the same came up again at the place within so many days, shape (n,).

    By position, and by `previous` where the log names the case before. Closings that contradict other instants of
    their case count for nothing.
    """
    reported, closed = table.time("reported_at"), table.time("closed_at")
    found = np.zeros(len(table), dtype=np.bool_)
    longest = _longest_days(table, rows)
    for pairs in same_place(table, rows, radius_m, days + longest):
        found[pairs.early[_again(reported[pairs.late] - closed[pairs.early], days)]] = True
    before = table.position_of("previous")
    named = np.flatnonzero((before >= 0) & rows)
    named = named[rows[before[named]]]
    again = _again(reported[named] - closed[before[named]], days)
    found[before[named[again]]] = True
    return found & table.ordered


def _again(gap: NDArray[np.timedelta64], days: int) -> Bools:
    return (gap > np.timedelta64(0, "s")) & (gap <= days * DAY)


def _longest_days(table: CaseTable, rows: Bools) -> float:
    """How long nearly every case takes, days: looking back further finds nothing worth its cost."""
    hours = table.hours("reported_at", "closed_at")[rows]
    known = hours[~np.isnan(hours)]
    return float(np.quantile(known, 0.999)) / 24 + 1 if len(known) else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Common spots (共性点位), each stood for by its last case.

    Attributes:
        head: Cases that stand for a spot, shape (n,).
        spot: Number of the spot that each case belongs to, -1 for none, shape (n,).
    """

    head: Bools
    spot: Index

    def members(self, head: int) -> Index:
        """All cases of the spot that a case stands for."""
        return np.flatnonzero(self.spot == self.spot[head])


def common_spots(table: CaseTable, rows: Bools, cell_m: float, cases: int, days: int) -> Spots:
    """Squares in which one issue came up at least `cases` times within `days`.

    Args:
        table: The log.
        rows: Which cases to look at, shape (n,).
        cell_m: Side of a square, metres.
        cases: Least number of cases, >= 2.
        days: Within how many days.
    """
    head, spot = np.zeros(len(table), np.bool_), np.full(len(table), -1, np.int64)
    xy, at = metres(table), table.time("reported_at")
    index = np.flatnonzero(rows & ~np.isnan(xy[:, 0]) & table.words["issue"].said & ~np.isnat(at))
    if len(index) == 0:
        return Spots(head, spot)
    cells = np.floor(xy[index] / cell_m).astype(np.int64)
    keys = np.column_stack([table.words["issue"].codes[index], cells])
    _, key = np.unique(keys, axis=0, return_inverse=True)
    key = key.ravel()
    order = np.lexsort((index, at[index], key))
    index, key = index[order], key[order]
    common = _dense(key, at[index], cases, days)
    mine = common[key]
    spot[index[mine]] = key[mine]
    last = np.append(key[1:] != key[:-1], True)
    head[index[last & mine]] = True
    return Spots(head, spot)


def _dense(key: Index, at: NDArray[np.datetime64], cases: int, days: int) -> Bools:
    """Keys that have some window of `days` with enough cases; rows in order of key and time."""
    common = np.zeros(int(key.max()) + 1, np.bool_)
    if len(key) >= cases:
        first, last = slice(None, len(key) - cases + 1), slice(cases - 1, None)
        together = (key[first] == key[last]) & (at[last] - at[first] <= days * DAY)
        common[key[first][together]] = True
    return common


def under_agreement(table: CaseTable, rows: Bools, agreements: Sequence[Agreement]) -> Bools:
    """Cases whose place and issue an agreement in force at their reporting covers, shape (n,); signed ones only.

    A case that names its agreement counts too.
    """
    found = rows & table.words["agreement"].said
    lon, lat, day = table.numbers["lon"], table.numbers["lat"], table.time("reported_at").astype("datetime64[D]")
    index = np.flatnonzero(rows & ~found & ~np.isnan(lon))
    for paper in agreements:
        if not paper.signed or len(index) == 0:
            continue
        about = table.words["issue"].is_any(paper.issues)[index] if paper.issues else np.ones(len(index), np.bool_)
        holds = day[index] >= np.datetime64(paper.valid_from)
        if paper.valid_to is not None:
            holds &= day[index] < np.datetime64(paper.valid_to)
        maybe = index[about & holds]
        found[maybe[shapely.contains_xy(paper.area, lon[maybe], lat[maybe])]] = True
    return found

"""Places where the same thing comes back after each closing (反复发生): the cause was never removed."""

# pyright: standard
# scipy carries no types.

from datetime import datetime

import numpy as np
from scipy import stats
from scipy.spatial import KDTree

from domain.adjacency.alerting.arrays import IntArray
from domain.adjacency.alerting.ground import DAY_S, Ground
from domain.adjacency.alerting.signals import Method, Signal, Tested, WatchParams, extent

RING = 4.0
"""Radius of the surroundings that say what is usual there, in radii of the place."""
UNLIKE = 0.5
"""How much places of one kind differ from one another, relative to their mean: some streets are just busier."""


def find_repeats(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """Places with more events of one issue than places of its kind have.

    An event is a case that was reported after the earlier one at the place had been closed: reports of one and the same
    rubbish heap, however many, are one. What is usual is the larger of two: the density around the place, and the
    events of a typical place of the issue, since some things happen at building sites or squares only. The latter is
    Zelterman's estimate, twice the places with two events by those with one, which bad places do not disturb.

    Sources:
        Zelterman, Robust estimation in truncated discrete distributions, J. Stat. Plan. Inference 18 (1988).
    """
    end = ground.until(as_of)
    start = int(np.searchsorted(ground.reported_s, int(as_of.timestamp()) - params.repeat_days * DAY_S, side="right"))
    rows = np.arange(start, end)
    rows = rows[~np.isnan(ground.points_m[start:end]).any(axis=1)]
    closed = ground.table.time("closed_at")[ground.rows[rows]]
    closed_s = np.where(np.isnat(closed), np.iinfo(np.int64).max, closed.astype("datetime64[s]").astype(np.int64))
    findings: list[tuple[Signal, ...]] = []
    tests = 0
    for code in np.unique(ground.issue[rows]).tolist():
        mine = ground.issue[rows] == code
        found, places = _of_issue(ground, params, rows[mine], closed_s[mine])
        tests += places
        findings += [(signal,) for signal in found]
    return Tested(tests=tests, findings=tuple(findings))


def _of_issue(ground: Ground, params: WatchParams, rows: IntArray, closed_s: IntArray) -> tuple[list[Signal], int]:
    """Places of one issue, the worst first, none within another; and how many places there were."""
    tree = KDTree(ground.points_m[rows])
    here: list[list[int]] = tree.query_ball_point(ground.points_m[rows], params.repeat_radius_m, return_sorted=True)
    wide = tree.query_ball_point(ground.points_m[rows], RING * params.repeat_radius_m, return_length=True)
    counts = np.array([len(near) for near in here])
    places = round(float((1.0 / counts).sum()))  # each place once, however many cases it has
    free = np.ones(len(rows), dtype=bool)
    found: list[tuple[IntArray, float]] = []
    ones = twos = 0
    for k in np.argsort(-counts, kind="stable").tolist():
        near = np.array(here[k])
        if not free[near].all():
            continue
        free[near] = False
        episodes = _episodes(ground.reported_s[rows[near]], closed_s[near])
        ones, twos = ones + (len(episodes) == 1), twos + (len(episodes) == 2)
        if len(episodes) > params.repeat_least:
            # The ring around the place as a density, and one case more for doubt.
            found.append((rows[near[episodes]], (float(wide[k]) - len(near) + 1.0) / (RING**2 - 1.0)))
    typical = 2.0 * (twos + 1.0) / (ones + 1.0)
    return [_signal(ground, params, members, max(around, typical)) for members, around in found], places


def _episodes(reported_s: IntArray, closed_s: IntArray) -> list[int]:
    """Numbers of the cases that began something anew: reported after the episode before was closed."""
    order = np.argsort(reported_s, kind="stable").tolist()
    kept, until = [order[0]], int(closed_s[order[0]])
    for k in order[1:]:
        if reported_s[k] > until:
            kept.append(k)
            until = int(closed_s[k])
        else:
            until = max(until, int(closed_s[k])) if closed_s[k] < np.iinfo(np.int64).max else until
    return kept


def _signal(ground: Ground, params: WatchParams, members: IntArray, usual: float) -> Signal:
    middle, radius = extent(ground.points_m[members])
    gaps = np.diff(ground.reported_s[members]) / DAY_S
    return Signal(
        method=Method.REPEATS,
        issue=ground.issues[int(ground.issue[members[0]])],
        days=params.repeat_days,
        observed=len(members),
        expected=usual / -float(np.expm1(-usual)),  # a place that nothing happened at is not on the list
        p=_tail(len(members), usual),
        members=members,
        middle=middle,
        radius_m=radius,
        areas=tuple(sorted({ground.cells[int(c)] for c in ground.cell[members] if c >= 0})),
        note=f"结案后又发生{len(members) - 1}次，平均每{float(np.median(gaps)):.0f}天一次",
    )


def _tail(events: int, usual: float) -> float:
    """Probability of so many events or more at a place that had one, among places that differ (negative binomial)."""
    size = 1.0 / UNLIKE**2
    share = size / (size + usual)
    return min(1.0, float(stats.nbinom.sf(events - 1, size, share)) / (1.0 - share**size))

"""The space–time permutation scan: its cost against zones and replicates, and against plain loops.

    python bench/scan.py [--quick] [--json]

Cells lie on a grid, cases come by chance, windows are 1 to 14 days in seven lengths. The peer is the same statistic
written as loops over replicates, zones and windows (a replicate at a time, counts by `bincount`, Kulldorff's score by
`math.log`); both give the same best window, which is checked. The peer is timed on a few replicates and told per
replicate. Goal: at least twenty times faster at every size, and a cost that grows no faster than the zones.
"""

import argparse
import resource
import sys
import time
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.common import finish, table
from domain.adjacency.alerting.scan import MonteCarlo, scan_permutation, stream_of
from domain.adjacency.alerting.zones import Zones, circle_zones

DURATIONS = (1, 2, 3, 5, 7, 10, 14)
STUDY_DAYS = 112
CASES_A_CELL = 3
RADII_M = (0.0, 400.0, 750.0, 1100.0, 1600.0)
SIZES = (8, 16, 32, 48)
"""Cells along a side of the grid."""
REPLICATES = (99, 499, 999)
GOAL = 20.0
SEED = 7


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Cases on a grid of cells."""

    places: NDArray[np.int64]
    ages: NDArray[np.int64]
    zones: Zones


def problem(side: int) -> Problem:
    """Cases by chance, some cells busier than others."""
    rng = np.random.default_rng([SEED, side])
    points = np.array([(x * 350.0, y * 350.0) for x in range(side) for y in range(side)])
    busy = rng.gamma(1.0, size=len(points))
    n = CASES_A_CELL * len(points)
    stream = stream_of(
        rng.choice(len(points), n, p=busy / busy.sum()), rng.integers(0, STUDY_DAYS, n), circle_zones(points, RADII_M)
    )
    return Problem(stream.places, stream.days_ago, stream.zones)


def ours(given: Problem, replicates: int) -> tuple[float, float]:
    """Seconds, and the best score."""
    start = time.perf_counter()
    how = MonteCarlo(replicates=replicates)
    found = scan_permutation(given.places, given.ages, given.zones, np.random.default_rng(1), how, durations=DURATIONS)
    return time.perf_counter() - start, found.windows[0].score


def best_by_loops(places: NDArray[np.int64], given: Problem) -> float:
    """The best score of one arrangement, zone by zone and window by window."""
    total, best = len(places), 0.0
    everywhere = np.bincount(places, minlength=given.zones.locations).tolist()
    recent = [(given.ages < span).nonzero()[0] for span in DURATIONS]
    counts = [np.bincount(places[rows], minlength=given.zones.locations).tolist() for rows in recent]
    for number in range(len(given.zones)):
        members = given.zones.of(number).tolist()
        share = sum(everywhere[place] for place in members)
        for rows, count in zip(recent, counts, strict=True):
            inside = sum(count[place] for place in members)
            expected = share * len(rows) / total
            if inside > expected > 0:
                rest = total - inside
                score = inside * log(inside / expected) + (rest * log(rest / (total - expected)) if rest else 0.0)
                best = max(best, score)
    return best


def loops(given: Problem, replicates: int) -> tuple[float, float]:
    """Seconds for the data and so many replicates, and the best score of the data."""
    rng = np.random.default_rng(1)
    start = time.perf_counter()
    best = best_by_loops(given.places, given)
    for _ in range(replicates):
        best_by_loops(rng.permutation(given.places), given)
    return time.perf_counter() - start, best


def measure(side: int, replicates: int, peer_ms: float) -> dict[str, Any]:
    """One row: size, our time, and the peer's time for as many replicates."""
    given = problem(side)
    seconds, _ = min(ours(given, replicates) for _ in range(2))
    return {
        "zones": len(given.zones),
        "cases": len(given.places),
        "replicates": replicates,
        "ours_s": seconds,
        "ms_a_replicate": 1000 * seconds / (replicates + 1),
        "peer_s": peer_ms * (replicates + 1) / 1000,
        "ratio": peer_ms * (replicates + 1) / 1000 / seconds,
    }


def peer_ms(side: int) -> float:
    """Milliseconds of the plain loops for one arrangement; both agree on the best window."""
    given = problem(side)
    repeats = 3 if side <= 16 else 1
    seconds, best = loops(given, repeats)
    score = ours(given, 1)[1]
    if abs(best - score) > 1e-6 * max(best, 1.0):
        raise AssertionError(f"the scans differ: {best} and {score}")
    return 1000 * seconds / (repeats + 1)


def main() -> int:
    """Measure and print; exit code 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the three smaller grids")
    parser.add_argument("--json", action="store_true", help="only the closing line")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for side in SIZES[:3] if asked.quick else SIZES:
        peer = peer_ms(side)
        rows += [measure(side, count, peer) for count in REPLICATES]
    if not asked.json:
        heads = list(rows[0])
        sys.stdout.write(table([[row[head] for head in heads] for row in rows], heads) + "\n")
    worst = min(row["ratio"] for row in rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    holds = worst >= GOAL
    finish(
        "scan",
        ours={"rows": rows, "peak_mib": peak},
        peer="plain loops",
        ratio={"least": worst, "most": max(row["ratio"] for row in rows)},
        goal={"least_ratio": GOAL},
        holds=holds,
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())

"""The scan statistics written as anybody would: loops over zones, durations and replicates. The oracle, and the peer
that `bench/scan.py` compares with."""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.random import Generator


def permutation_score(inside: int, expected: float, total: int) -> float:
    """Kulldorff's score of one window of the permutation scan."""
    if inside <= expected or expected <= 0:
        return 0.0
    rest = total - inside
    return inside * log(inside / expected) + (rest * log(rest / (total - expected)) if rest else 0.0)


def poisson_score(inside: int, expected: float) -> float:
    """Neill's score of one window of the expectation-based scan."""
    return inside * log(inside / expected) + expected - inside if inside > expected > 0 else 0.0


def permutation_scan(
    places: Sequence[int], days_ago: Sequence[int], zones: Sequence[Sequence[int]], durations: Sequence[int]
) -> tuple[float, int, int]:
    """Best score, zone and duration of the data."""
    best = (0.0, -1, 0)
    total = len(places)
    for number, zone in enumerate(zones):
        members = set(zone)
        share = sum(place in members for place in places)
        for span in durations:
            recent = sum(age < span for age in days_ago)
            inside = sum(age < span and place in members for place, age in zip(places, days_ago, strict=True))
            score = permutation_score(inside, share * recent / total, total)
            if score > best[0] + 1e-12:
                best = (score, number, span)
    return best


def permutation_test(
    places: Sequence[int],
    days_ago: Sequence[int],
    zones: Sequence[Sequence[int]],
    durations: Sequence[int],
    replicates: int,
    rng: Generator,
) -> float:
    """The p-value, replicate by replicate."""
    best = permutation_scan(places, days_ago, zones, durations)[0]
    reached = 0
    for _ in range(replicates):
        mixed = rng.permutation(np.asarray(places)).tolist()
        reached += permutation_scan(mixed, days_ago, zones, durations)[0] >= best * (1 - 1e-9)
    return (1 + reached) / (1 + replicates)

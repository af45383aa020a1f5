"""Measures of ranked answers, with intervals: plain numpy, no library of judgements."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

ROUNDS = 2000
SEED = 20260301
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean with its bootstrap interval; all of them 0 where nothing was measured.

    Attributes:
        n: Measured cases.
        value: Their mean.
        low, high: Percentile interval at `LEVEL`.
    """

    n: int
    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Rounded to four digits."""
        return {"n": self.n, "value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def reciprocal(rank: int) -> float:
    """1 / rank; 0 for rank 0, which stands for "not found"."""
    return 1 / rank if rank else 0.0


def estimate(
    values: Sequence[float], clusters: Sequence[Hashable] = (), *, seed: int = SEED, rounds: int = ROUNDS
) -> Estimate:
    """Mean of values with a seeded bootstrap interval.

    Args:
        values: One number a case.
        clusters: What the cases belong to: whole clusters are drawn, since questions about one matter succeed and fail
            together. None: every case is its own cluster.
        seed: Of the draws.
        rounds: Number of draws, > 0.
    """
    if not values:
        return Estimate(n=0, value=0.0, low=0.0, high=0.0)
    names = list(clusters) or list(range(len(values)))
    places = {name: at for at, name in enumerate(dict.fromkeys(names))}
    owner = np.array([places[name] for name in names])
    sums = np.bincount(owner, weights=np.asarray(values, dtype=np.float64))
    counts = np.bincount(owner)
    drawn = np.random.default_rng(seed).integers(0, len(places), size=(rounds, len(places)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Estimate(n=len(values), value=float(np.mean(values)), low=float(low), high=float(high))

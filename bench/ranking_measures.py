"""Measures of ranked articles: recall, reciprocal rank, discounted gain."""

from collections.abc import Sequence

import numpy as np

from bench.ranking_arms import Article

CUTS = (5, 10, 30, 100)
NAMES = (*(f"R@{cut}" for cut in CUTS), "MRR@10", "nDCG@10")
MISSED = 10**6
"""Rank of what was not found."""


def ranks_of(found: Sequence[Article], gold: Sequence[Article]) -> np.ndarray:
    """Rank of each right article from 0; `MISSED` where it was not found."""
    places = {article: at for at, article in reversed(list(enumerate(found)))}
    return np.array([places.get(article, MISSED) for article in gold])


def scores_of(ranks: np.ndarray) -> list[float]:
    """The measures of one question, in the order of `NAMES`; recall is the mean over its right articles."""
    best = int(ranks.min())
    gain = sum(1 / np.log2(rank + 2) for rank in ranks if rank < 10)
    ideal = sum(1 / np.log2(rank + 2) for rank in range(min(len(ranks), 10)))
    return [*(float((ranks < cut).mean()) for cut in CUTS), 1 / (best + 1) if best < 10 else 0.0, gain / ideal]

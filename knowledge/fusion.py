"""How the two arms become one order: weighted scores, or reciprocal ranks.

Scores keep what ranks lose: how far the best lexical match is ahead. On lay questions over national law the sum
`bm25 / max bm25 + prior + weight * (cos - max cos)` over the union of candidates, with exact scores of both arms for
each, found more at every depth than reciprocal rank fusion, and it does not fall when the dense arm is weak.
`docs/ranking.md` has the figures.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Literal

from knowledge.names import public_name
from knowledge.records import NATIONAL

DIVERSITY = 0.01
"""What a passage loses for each passage of its law that stands before it."""
DIVERSE_PLACES = 20
"""Places that are given out so; below them the plain order stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionWeights:
    """How much each arm counts; to be fitted anew for another embedding model.

    Attributes:
        method: `score` (default) or `rrf`.
        dense: Weight of the cosine, >= 0 (`score`), or of the dense ranks (`rrf`).
        prior: Weight of the authority of a law, >= 0.
        own: Authority of what belongs to the city itself (local regulations, cases, papers), [0, 1]: few laws cite it.
        rrf_k: Constant of reciprocal rank fusion, > 0.
        candidates, dense_candidates: Taken from the lexical and from the dense arm, > 0. A prior lifts passages from
            deep in the lexical list: with 400 nothing is lost down to rank 30 on lay questions over national law.
    """

    method: Literal["score", "rrf"] = "score"
    dense: float = 0.8
    prior: float = 0.3
    own: float = 0.5
    rrf_k: int = 60
    candidates: int = 400
    dense_candidates: int = 100

    def __post_init__(self) -> None:
        if min(self.dense, self.prior, self.own) < 0 or min(self.rrf_k, self.candidates, self.dense_candidates) <= 0:
            raise ValueError(f"fusion weights out of range: {self}")

    def authority_of(self, payload: Mapping[str, str], prior: Mapping[str, float]) -> float:
        """Authority of a passage, [0, 1], from its `law`, `region` and `kind`."""
        if payload.get("kind") != "law":
            return self.own
        law = payload.get("law", "")
        cited = prior[law] if law in prior else prior.get(public_name(law), 0.0)
        return cited if payload.get("region", NATIONAL) == NATIONAL else max(cited, self.own)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Exact scores of both arms for one passage: BM25 >= 0, cosine in [-1, 1], authority in [0, 1]."""

    id: int
    bm25: float
    cosine: float
    authority: float = 0.0


def fuse(candidates: list[Candidate], weights: FusionWeights) -> list[tuple[int, float]]:
    """Ids with their fused score, best first, ties by id.

    Args:
        candidates: Union of both arms' candidates, each with both scores.
        weights: How much each arm counts.
    """
    if not candidates:
        return []
    scored = _by_rank(candidates, weights) if weights.method == "rrf" else _by_score(candidates, weights)
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))


def _by_score(candidates: list[Candidate], weights: FusionWeights) -> list[tuple[int, float]]:
    best_bm25 = max(c.bm25 for c in candidates) or 1.0
    best_cosine = max(c.cosine for c in candidates)
    return [
        (
            c.id,
            _rounded(c.bm25 / best_bm25 + weights.prior * c.authority + weights.dense * (c.cosine - best_cosine)),
        )
        for c in candidates
    ]


def _by_rank(candidates: list[Candidate], weights: FusionWeights) -> list[tuple[int, float]]:
    totals = dict.fromkeys((c.id for c in candidates), 0.0)
    lexical = [(c.id, c.bm25) for c in candidates if c.bm25 > 0]
    dense = [(c.id, c.cosine) for c in candidates if c.cosine > 0]
    for weight, arm in ((1.0, lexical), (weights.dense, dense)):
        for rank, (key, _) in enumerate(sorted(arm, key=lambda pair: (-_rounded(pair[1]), pair[0]))):
            totals[key] += weight / (weights.rrf_k + rank + 1)
    return [(key, _rounded(total)) for key, total in totals.items()]


def _rounded(score: float) -> float:
    """Six decimals: what the engine adds up in another order must not decide a tie."""
    return round(score, 6)


def diversified(scored: Sequence[tuple[str, float]]) -> list[tuple[int, float]]:
    """An order in which one law does not fill the first places unless its articles are well ahead.

    Args:
        scored: Law and score of each passage, best first; what is no law has a name of its own.

    Returns:
        Place in `scored` and score of each, best first; a score is lowered by `DIVERSITY` for each passage of the same
        law before it, and never above the one before.
    """
    queues: defaultdict[str, list[int]] = defaultdict(list)
    for place, (law, _) in reversed(list(enumerate(scored))):
        queues[law].append(place)
    heads = [(-scored[queue[-1]][1], queue.pop(), law) for law, queue in queues.items()]
    heapify(heads)
    found: list[tuple[int, float]] = []
    taken: Counter[str] = Counter()
    while heads and len(found) < DIVERSE_PLACES:
        lowered, place, law = heappop(heads)
        found.append((place, _rounded(-lowered)))
        taken[law] += 1
        if queues[law]:
            following = queues[law].pop()
            heappush(heads, (DIVERSITY * taken[law] - scored[following][1], following, law))
    rest = sorted({*range(len(scored))} - {place for place, _ in found})
    return found + [(place, min(scored[place][1], found[-1][1])) for place in rest]


def authority(citations: Mapping[str, int]) -> dict[str, float]:
    """Authority of each law in [0, 1]: `log1p(times cited by name)`, the most cited law being 1.

    Args:
        citations: How often the corpus names each law; taken from the ingested documents themselves.
    """
    top = math.log1p(max(citations.values(), default=0))
    return {law: math.log1p(times) / top for law, times in citations.items()} if top > 0 else {}

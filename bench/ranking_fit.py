"""Fit of the few weights of the ranking: coordinate search, cross-validated over blocks of topics.

The objective is the mean of Recall@10, @30, @100 and MRR@10, each set of questions counting alike. The search begins
with weights from before anything was fitted here, and takes a step only where it gains more than `STEP`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bench.ranking_arms import DEPTH, Article, LexicalArm, Pool, Query, Weighing, candidates
from bench.ranking_measures import NAMES, ranks_of, scores_of
from bench.ranking_questions import Question
from knowledge.embedding import Encoder
from knowledge.fusion import FusionWeights, diversified
from knowledge.records import FloatArray
from knowledge.searching import depth_for

FOLDS = 5
STEP = 0.001
OBJECTIVE = [NAMES.index(name) for name in ("R@10", "R@30", "R@100", "MRR@10")]

_FIRST = ((1.0, 0.3), (0.3, 0.6))
"""Function words and expansion under which candidates are looked for."""

Setting = tuple[tuple[str, float], ...]
"""Values by name, in the order of `GRID`."""
GRID: dict[str, tuple[float, ...]] = {
    "b": (0.75, 0.6, 0.5, 0.4),
    "caption_length": (0.0, 0.3, 0.6, 1.0),
    "function": (0.0, 0.15, 0.3, 0.5, 1.0),
    "expansion": (0.15, 0.3, 0.45, 0.6, 0.8),
    "prior": (0.1, 0.2, 0.3, 0.4, 0.5),
    "own": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "dense": (0.4, 0.6, 0.8, 1.0, 1.2),
}
START: Setting = (
    ("b", 0.75),
    ("caption_length", 0.3),
    ("function", 1.0),
    ("expansion", 0.3),
    ("prior", 0.4),
    ("own", 0.5),
    ("dense", 0.8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One question over its candidates."""

    query: Query
    gold: tuple[Article, ...]
    at: np.ndarray
    keys: np.ndarray
    cosines: FloatArray


@dataclass
class Sample:
    """Questions over a pool, ready to be scored under any setting; what was scored once is remembered."""

    questions: Sequence[Question]
    queries: Sequence[Query]
    pool: Pool
    vectors: FloatArray
    encoder: Encoder
    _known: dict[Setting, np.ndarray] = field(default_factory=dict[Setting, np.ndarray])
    _parts: dict[tuple[float, float], list[np.ndarray]] = field(default_factory=dict)
    _authority: dict[float, FloatArray] = field(default_factory=dict)

    @property
    def blocks(self) -> list[str]:
        """Block of each question."""
        return [question.block for question in self.questions]

    @cached_property
    def _cases(self) -> list[_Case]:
        """Candidates under the first setting and under the product's: what another setting adds is beyond them."""
        arms = [self.pool.lexical(captions=True, weighing=Weighing(b=b)) for b in (0.75, Weighing().b)]
        asked = self.encoder.encode_queries([question.text for question in self.questions])
        cases = []
        for question, query, vector in zip(self.questions, self.queries, asked, strict=True):
            cosines = self.vectors @ vector
            lexical = [_total(_scores(arm, query), *weights) for arm, weights in zip(arms, _FIRST, strict=True)]
            found = [candidates(one, cosines, FusionWeights(), depth_for(DEPTH)) for one in lexical]
            at = np.unique(np.concatenate(found))
            cases.append(_Case(query=query, gold=question.gold, at=at, keys=self.pool.keys[at], cosines=cosines[at]))
        return cases

    def scores(self, setting: Setting) -> np.ndarray:
        """Measures of each question, shape (questions, measures)."""
        if setting not in self._known:
            named = dict(setting)
            parts, authority = self._lexical(named), self._prior(named["own"])
            found = [self._scored(*one, authority, named) for one in zip(self._cases, parts, strict=True)]
            self._known[setting] = np.array(found)
        return self._known[setting]

    def _scored(self, case: _Case, parts: np.ndarray, authority: FloatArray, named: Mapping[str, float]) -> list[float]:
        lexical = _total(parts, named["function"], named["expansion"])
        total = lexical / (lexical.max() or 1.0) + named["prior"] * authority[case.at] + named["dense"] * case.cosines
        order = np.argsort(-np.round(total, 6), kind="stable")
        order = order[self.pool.shown[case.at[order]]]
        _, first = np.unique(case.keys[order], return_index=True)
        kept = order[np.sort(first)[: depth_for(DEPTH)]]
        found = [self.pool.articles[at] for at in case.at[kept]]
        mixed = diversified([(law, score) for (law, _), score in zip(found, total[kept].tolist(), strict=True)])
        return scores_of(ranks_of([found[place] for place, _ in mixed[:DEPTH]], case.gold))

    def _lexical(self, named: Mapping[str, float]) -> list[np.ndarray]:
        key = (named["b"], named["caption_length"])
        if key not in self._parts:
            arm = self.pool.lexical(captions=True, weighing=Weighing(b=key[0], caption_length=key[1]))
            self._parts[key] = [_scores(arm, case.query)[:, case.at] for case in self._cases]
        return self._parts[key]

    def _prior(self, own: float) -> FloatArray:
        if own not in self._authority:
            self._authority[own] = self.pool.authority(FusionWeights(own=own))
        return self._authority[own]


def _scores(arm: LexicalArm, query: Query) -> np.ndarray:
    return np.stack([arm.scores(part) for part in (query.content, query.function, query.added)])


def _total(parts: np.ndarray, function: float, expansion: float) -> np.ndarray:
    return parts[0] + np.float32(function) * parts[1] + np.float32(expansion) * parts[2]


Judge = Callable[[Setting], float]


def objective(samples: Sequence[Sample], kept: Sequence[np.ndarray]) -> Judge:
    """What is to be raised, over the questions kept of each sample."""

    def value(setting: Setting) -> float:
        means = [sample.scores(setting)[rows].mean(axis=0) for sample, rows in zip(samples, kept, strict=True)]
        return float(np.mean([mean[OBJECTIVE].mean() for mean in means]))

    return value


def search(value: Judge, names: Sequence[str], start: Setting = START) -> Setting:
    """Coordinate search over the grid, one weight after the other, until a round changes nothing."""
    best, reached = start, value(start)
    while True:
        before = best
        for name in names:
            tried = {(*_with(best, name, option),): option for option in GRID[name]}
            found = max(tried, key=value)
            if value(found) > reached + STEP:
                best, reached = found, value(found)
        if best == before:
            return best


def _with(setting: Setting, name: str, option: float) -> Setting:
    return tuple((key, option if key == name else value) for key, value in setting)


def folds(blocks: Sequence[str], *, seed: int) -> np.ndarray:
    """Fold of each question; a block is whole in one, folds are as even as drawn."""
    names = sorted(set(blocks))
    places = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    number = dict(zip(names, places, strict=True))
    return np.array([number[block] for block in blocks])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Outcome of a fit.

    Attributes:
        setting: Fitted on all questions.
        by_fold: Fitted without each fold.
        inside, outside: Measures of each question of each sample, fitted with it and without its fold.
    """

    setting: Setting
    by_fold: list[Setting]
    inside: list[np.ndarray]
    outside: list[np.ndarray]


def cross_validated(samples: Sequence[Sample], names: Sequence[str], *, seed: int) -> Fit:
    """Fit some weights on all questions, and once without each fold to score it.

    Args:
        samples: Sets of questions; each counts alike.
        names: Weights to fit; the others keep their value in `START`.
        seed: Of the folds.
    """
    parts = [folds(sample.blocks, seed=seed) for sample in samples]
    setting = search(objective(samples, [part >= 0 for part in parts]), names)
    by_fold = [search(objective(samples, [part != fold for part in parts]), names) for fold in range(FOLDS)]
    outside = []
    for sample, part in zip(samples, parts, strict=True):
        scored = np.zeros_like(sample.scores(setting))
        for fold, found in enumerate(by_fold):
            scored[part == fold] = sample.scores(found)[part == fold]
        outside.append(scored)
    return Fit(setting=setting, by_fold=by_fold, inside=[sample.scores(setting) for sample in samples], outside=outside)

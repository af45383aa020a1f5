"""Whether an article says what a claim says it says (依据是否支持论断), by code; a model may be asked besides.

Three questions, in this order. Is the article about it: words and bigrams of the claim that it has, rare ones of its
law counting more, and the cosine of the encoder, both compared with the other articles of the law and with the best
passages of the base: where another article fits much better, this one was the wrong one to cite. Does it contradict:
quantities, command (不得, 应当, 可以, 无需), denial and the body that acts, each against the sentence it is about. Is
that enough: a logistic score fitted by `scripts/tune_support.py`; between the two thresholds the answer is `unsure`.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from knowledge.actors import actors, doers
from knowledge.deontic import NAMES, Clause, Modality, clauses, denied_otherwise, opposed, sentences
from knowledge.embedding import Encoder
from knowledge.mentions import mentioned_articles
from knowledge.names import law_key
from knowledge.numerals import NUMERAL
from knowledge.quantities import Quantity, agrees, quantities
from knowledge.records import FloatArray
from knowledge.sparse import legal_terms, tokens

_STOP = frozenset(
    [
        "的",
        "了",
        "和",
        "与",
        "或",
        "在",
        "是",
        "由",
        "对",
        "为",
        "以",
        "及",
        "其",
        "等",
        "应",
        "应当",
        "可以",
        "不得",
        "必须",
        "要",
        "不",
        "有",
        "并",
        "之",
        "于",
        "将",
        "被",
        "把",
        "按",
        "从",
        "向",
    ]
)


class Stance(StrEnum):
    """What an article is to a claim."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    NOT_FOUND = "not_found"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An article as it is compared: where it stands, and its words."""

    law: str
    article: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """The answer.

    Attributes:
        stance: What the article is to the claim.
        score: Probability that the article is the one the claim speaks of, [0, 1].
        reasons: In Chinese, the weightiest first.
        scores: What the score was made of, by name.
        better: An article that fits the claim much better, if there is one.
    """

    stance: Stance
    score: float
    reasons: tuple[str, ...]
    scores: dict[str, float] = field(default_factory=dict[str, float])
    better: Text | None = None


class Entailment(Protocol):
    """A model of natural language inference that may be asked besides: a cross-encoder, a language model."""

    def __call__(self, premise: str, hypothesis: str) -> tuple[float, float, float]:
        """Probabilities that the premise entails, leaves open, contradicts the hypothesis; they sum to 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What `scripts/tune_support.py` fitted: intercept and weight of each feature, and the two thresholds."""

    intercept: float
    features: dict[str, float]
    supports: float
    about: float


@cache
def packaged_weights() -> Weights:
    """Weights of `knowledge/data/support.json`."""
    plain: dict[str, Any] = json.loads((files("knowledge") / "data" / "support.json").read_text(encoding="utf-8"))
    return Weights(
        intercept=plain["intercept"],
        features=dict(plain["features"]),
        supports=plain["supports"],
        about=plain["about"],
    )


FEATURES = ("lexical", "cosine", "lexical_lead", "cosine_lead", "lexical_lead_base", "cosine_lead_base")
"""Names of the features: coverage and cosine, and by how much they lead the best rival in the law and in the base."""


class Judge:
    """Compares claims with articles; what it read of a law is remembered. Safe to use from several threads."""

    def __init__(self, encoder: Encoder, *, weights: Weights | None = None, model: Entailment | None = None) -> None:
        self._encoder = encoder
        self._weights = weights or packaged_weights()
        self._model = model
        self._read: dict[tuple[Text, ...], _Pool] = {}

    def judge(self, claim: str, target: Text, law: Sequence[Text], elsewhere: Sequence[Text] = ()) -> Support:
        """Whether `target` supports the claim.

        Args:
            claim: One statement, a sentence or two.
            target: The article cited.
            law: All articles of the same version of the same law, in order; the target may be among them.
            elsewhere: Best passages of the base for the claim; those of the same law count as its articles do.
        """
        scores, better = self.features(claim, target, law, elsewhere)
        weights = self._weights
        score = _sigmoid(weights.intercept + sum(weights.features[name] * scores[name] for name in FEATURES))
        conflicts = find_conflicts(claim, target.text)
        stance, reasons = self._decide(claim, target, score, conflicts, better)
        return Support(
            stance=stance,
            score=round(score, 4),
            reasons=tuple(reasons),
            scores={name: round(value, 4) for name, value in scores.items()},
            better=better,
        )

    def features(
        self, claim: str, target: Text, law: Sequence[Text], elsewhere: Sequence[Text]
    ) -> tuple[dict[str, float], Text | None]:
        """Features by name, and the rival that fits much better, if one does."""
        others = tuple(one for one in law if one.article != target.article)
        pool = self._pool((target, *others)).with_deeds(punished(claim, target, others))
        lexical, cosine = pool.scores(claim, self._encoder)
        outside = [one for one in elsewhere if one.law != target.law and not _alike(one.text, target.text)]
        far = self._new_pool((target, *outside))
        far_lexical, far_cosine = _Pool([pool.grams[0], *far.grams[1:]], far.vectors).scores(claim, self._encoder, pool)
        found = {
            "lexical": lexical[0],
            "cosine": cosine[0],
            "lexical_lead": lexical[0] - max(lexical[1:], default=0.0),
            "cosine_lead": cosine[0] - max(cosine[1:], default=0.0),
            "lexical_lead_base": min(0.0, far_lexical[0] - max(far_lexical[1:], default=0.0)),
            "cosine_lead_base": min(0.0, far_cosine[0] - max(far_cosine[1:], default=0.0)),
        }
        rivals = [
            (lex + cos, one)
            for one, lex, cos in [
                *zip(others, lexical[1:], cosine[1:], strict=True),
                *zip(outside, far_lexical[1:], far_cosine[1:], strict=True),
            ]
        ]
        best = max(rivals, key=lambda pair: pair[0], default=None)
        ahead = best is not None and best[0] > lexical[0] + cosine[0] + _MUCH
        return found, best[1] if best is not None and ahead else None

    def _decide(
        self, claim: str, target: Text, score: float, conflicts: Sequence[str], better: Text | None
    ) -> tuple[Stance, list[str]]:
        reasons = list(conflicts)
        if better is not None:
            reasons.append(f"《{better.law}》第{better.article}条与该论断明显更相符")
        if score < self._weights.about:
            return Stance.NOT_FOUND, [*reasons, "该条没有说到论断的内容"]
        if conflicts:
            return Stance.CONTRADICTS, reasons
        if score < self._weights.supports:
            return Stance.UNSURE, [*reasons, "条文与论断有关，但不足以认定支持，请人工核对"]
        if unnamed_actors(claim, target.text, target.law):
            return Stance.UNSURE, [*reasons, "论断提到的机关、单位或者人员，条文没有提到，请人工核对"]
        return self._asked(claim, target, reasons)

    def _asked(self, claim: str, target: Text, reasons: list[str]) -> tuple[Stance, list[str]]:
        """The model, if there is one, may only take support away: what code rejected stays rejected."""
        if self._model is None:
            return Stance.SUPPORTS, [*reasons, "条文的用词、数量、主体与情态都与论断相符"]
        entails, _, contradicts = self._model(target.text, claim)
        if contradicts > max(entails, 0.5):
            return Stance.CONTRADICTS, [*reasons, f"推理模型认为条文与论断相矛盾（{contradicts:.2f}）"]
        if entails < 0.5:
            return Stance.UNSURE, [*reasons, f"推理模型不能认定条文支持论断（{entails:.2f}）"]
        return Stance.SUPPORTS, [*reasons, f"条文与论断相符，推理模型亦认定支持（{entails:.2f}）"]

    def _pool(self, texts: tuple[Text, ...]) -> "_Pool":
        """The articles of one law, remembered; the target stands first."""
        key = tuple(sorted(texts, key=lambda one: one.article))
        known = self._read.get(key)
        if known is None:
            if len(self._read) >= _LAWS:
                self._read.clear()
            known = self._read[key] = self._new_pool(key)
        return known.led_by(key.index(texts[0]), [key.index(one) for one in texts[1:]])

    def _new_pool(self, texts: Sequence[Text]) -> "_Pool":
        vectors = self._encoder.encode_documents([one.text for one in texts])
        return _Pool([_grams(one.text) for one in texts], vectors)


_LAWS = 32
"""Laws whose words and vectors are kept in memory."""
_MUCH = 0.25
"""A rival is much better when words and cosine together lead by this."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Texts compared with one another: tokens and vectors, the cited article first."""

    grams: list[frozenset[str]]
    vectors: FloatArray

    def led_by(self, first: int, rest: Sequence[int]) -> "_Pool":
        order = [first, *rest]
        return _Pool([self.grams[index] for index in order], self.vectors[order])

    def with_deeds(self, places: Sequence[int]) -> "_Pool":
        """The first text with the words of others added (their places count from the second text on)."""
        if not places:
            return self
        first = self.grams[0].union(*(self.grams[place + 1] for place in places))
        return _Pool([first, *self.grams[1:]], self.vectors)

    def scores(self, claim: str, encoder: Encoder, weighing: "_Pool | None" = None) -> tuple[list[float], list[float]]:
        """Coverage of the claim and cosine with it, for each text; rare tokens among `weighing` count more."""
        own = _grams(claim)
        counts = Counter(token for grams in (weighing or self).grams for token in grams & own)
        size = len((weighing or self).grams)
        weight = {token: math.log(1 + (size + 1) / (counts[token] + 0.5)) for token in own}
        total = sum(weight.values()) or 1.0
        added = frozenset(token for term in legal_terms(claim) for token in tokens(term))
        bonus = 0.3 / (len(added) or 1)
        lexical = [
            sum(weight[token] for token in sorted(own & grams)) / total + bonus * len((added - own) & grams)
            for grams in self.grams
        ]
        cosine = self.vectors @ encoder.encode_queries([claim])[0]
        return lexical, [float(value) for value in cosine]


def punished(claim: str, target: Text, others: Sequence[Text]) -> list[int]:
    """Places among `others` of the articles whose breach the target punishes, if the claim is about a punishment.

    违反本条例第二十二条规定的，处…罚款 names the deed by its number; a claim says what was done.
    """
    if not _PENALTY.search(claim):
        return []
    key = law_key(target.law)
    own = _BREACH.sub(r"违反本法\1", target.text)
    named = {label for law, label in mentioned_articles(own, target.law) if law == key}
    return [place for place, one in enumerate(others) if one.article in named]


def find_conflicts(claim: str, text: str) -> list[str]:
    """What the claim says otherwise than the article, in Chinese."""
    found = [_number_conflict(claim, text), _command_conflict(claim, text), _actor_conflict(claim, text)]
    return [reason for reason in found if reason]


def unnamed_actors(claim: str, text: str, law: str) -> set[str]:
    """Bodies and persons of the claim that neither the article nor the name of its law names."""
    return actors(claim) - actors(f"{law}{text}")


def _number_conflict(claim: str, text: str) -> str:
    """A quantity of the claim that the article does not state, though it states others of the kind."""
    stated = quantities(text)
    for one in quantities(claim):
        same_kind = [other for other in stated if other.kind == one.kind]
        if not any(agrees(one, other) for other in stated) and (same_kind or one.kind in _TELLING):
            said = "、".join(dict.fromkeys(_shown(other) for other in same_kind)) or "没有这类数量"
            return f"数量不符：论断为{_shown(one)}，条文为{said}"
    return ""


def _command_conflict(claim: str, text: str) -> str:
    """Command or denial of the claim against the clauses of the article that it is about."""
    pieces = clauses(text)
    for said in clauses(claim):
        near = _nearest(said.text, pieces)
        told = [piece for piece in near if piece.force] or near  # others only name the deed, as a condition
        if told and said.force and all(opposed(said, piece) for piece in told):
            return f"情态不符：论断为{NAMES[said.force]}，条文为{NAMES[told[0].force]}"
        if near and all(denied_otherwise(said.text, piece.text) for piece in near):
            return "肯定与否定不符：论断与条文一个肯定、一个否定"
    return ""


def _actor_conflict(claim: str, text: str) -> str:
    """Those that act in the claim and are not named in the article, or not in the sentence that it is about."""
    acting = doers(claim)
    if not acting:
        return ""
    pieces = [Clause(sentence, Modality.NONE) for sentence in sentences(text)]
    near = "".join(piece.text for piece in _nearest(claim, pieces, share=0.35))
    missing = not acting <= actors(text) if _NAMES_ACTOR.search(text) else False
    elsewhere = bool(near) and bool(doers(near)) and not acting & actors(near)
    return "主体不符：论断中的责任主体或者有权机关，相应条文没有提到" if missing or elsewhere else ""


def _nearest(clause: str, pieces: Sequence[Clause], share: float = 0.2) -> list[Clause]:
    """The pieces of the article that have most of the words of a clause; none when they have less than `share`."""
    own = _grams(clause)
    if not own:
        return []
    ranked = sorted(((len(own & _grams(piece.text)) / len(own), piece) for piece in pieces), key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < share:
        return []
    return [piece for part, piece in ranked if part >= 0.9 * ranked[0][0]][:3]


_PENALTY = re.compile(r"罚|处分|责令|警告|没收|追究|拘留|吊销")
_BREACH = re.compile(rf"违反(第{NUMERAL}+条)")
_NAMES_ACTOR = re.compile(r"由|向|报|负责|应当|部门|机关|人民政府|单位|企业|人(?=承担|应当|负)")
_TELLING = frozenset({"yuan", "percent", "workday", "hour"})
"""Kinds of quantity that an article would state if it meant them."""
_SHOWN = {
    "yuan": "元", "day": "日", "workday": "个工作日", "hour": "小时", "month": "个月", "year": "年", "percent": "%",
    "times": "倍", "count": "次", "metre": "米", "square_metre": "平方米", "kilogram": "公斤", "decibel": "分贝",
    "age": "周岁", "person": "人", "every": "日一次",
}  # fmt: skip


def _shown(one: Quantity) -> str:
    bound = {-1: "以上", 0: "", 1: "以下"}[one.bound]
    return f"{one.value:g}{_SHOWN[one.kind]}{bound}"


@lru_cache(1024)
def _grams(text: str) -> frozenset[str]:
    return frozenset(token for token in tokens(text) if token not in _STOP and (len(token) > 1 or token.isdigit()))


def _alike(one: str, other: str) -> bool:
    """Whether two articles say nearly the same: an implementing rule that repeats the law is no rival of it."""
    left, right = _grams(one), _grams(other)
    return len(left & right) > 0.6 * min(len(left), len(right))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def stack(features: Sequence[dict[str, float]]) -> FloatArray:
    """Rows of features in the order of `FEATURES`, shape (n, 6)."""
    return np.array([[one[name] for name in FEATURES] for one in features], dtype=np.float32)

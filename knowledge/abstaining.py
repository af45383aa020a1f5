"""Whether the law held answers a question at all: "no basis found" (没有找到依据) is said rather than a wrong article.

A ranking always has a first place. What tells an answer from the least bad article: how much of what is asked the
found articles speak of, and how the question is put (a duty, a fine, a permission; or a price, a telephone number,
another city's rule). A logistic model weighs both; its weights are data (`data/abstention.json`, written by
`scripts/fit_abstention.py`), its threshold is set for at most one false abstention in twenty. Nothing here depends on
the embedding model: cosines did not improve the decision, and would have to be fitted anew for every model.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p
from typing import Any

from knowledge.captions import HASH_DIGITS, captions_by_hash
from knowledge.passage import Passage
from knowledge.sparse import words

FEATURES = {
    "asks_rule": 1,
    "asks_fact": -1,
    "asks_price": -1,
    "own_case": -1,
    "elsewhere": -1,
    "foreign_script": -1,
    "covered_best": 1,
    "covered_any": 1,
    "bigrams_best": 1,
    "bigrams_mean": 1,
    "content_words": 1,
}
"""Features and the direction in which each may count: more of the question covered never speaks against an answer."""

_LOOKED_AT = 10
"""Passages that count; a longer answer must not look better founded."""
_MEANT_TOGETHER = 5
_SINGLE = 0.4
"""Weight of a single character among the words of a question: it is found everywhere."""
_ADVICE = "建议咨询 12345 政务服务热线或主管部门，或换个说法、写明事情再问。"
_HAN_RUN = re.compile("[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Whether the passages found are a basis for an answer.

    Attributes:
        probability: That some law held answers the question, [0, 1].
        why: In Chinese; where nothing was found, the reason and where to turn.
    """

    found: bool
    probability: float
    why: str

    def to_json(self) -> dict[str, Any]:
        """`{"found", "probability", "note"}`."""
        return {"found": self.found, "probability": round(self.probability, 4), "note": self.why}


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The fitted model: weights of the features as they are, intercept, and where abstention begins."""

    coefficients: Mapping[str, float]
    intercept: float
    threshold: float

    def probability(self, features: Mapping[str, float]) -> float:
        """Of an answer, for features by name."""
        total = self.intercept + sum(weight * features[name] for name, weight in self.coefficients.items())
        return 1 / (1 + exp(-total)) if total >= 0 else exp(total) / (1 + exp(total))


def judge(query: str, passages: Sequence[Passage], *, city: str) -> Basis:
    """Say whether passages found for a question are a basis for answering it.

    Args:
        query: The asker's words.
        passages: What the search gave for them, best first; the first ten count.
        city: Whose local law is served; questions about other places have no basis here.
    """
    features = features_of(query, passages, city=city)
    if features is None:
        return Basis(found=False, probability=0.0, why=_note("没有读懂要问的事"))
    model = weights()
    probability = model.probability(features)
    if probability >= model.threshold:
        return Basis(found=True, probability=probability, why="检索到的条文可以作为依据，请核对原文。")
    return Basis(found=False, probability=probability, why=_note(_reason(query, features, passages, city)))


def features_of(query: str, passages: Sequence[Passage], *, city: str) -> dict[str, float] | None:
    """Features by name; None where nothing is asked or nothing was found."""
    asked = content_words(query)
    if not asked or not passages:
        return None
    texts = [_text(passage) for passage in passages[:_LOOKED_AT]]
    form = forms()
    pairs = [run[at : at + 2] for run in _HAN_RUN.findall(query) for at in range(len(run) - 1)]
    shared = [sum(pair in text for pair in pairs) / max(len(pairs), 1) for text in texts]
    return {
        "asks_rule": float(form.asks_rule.search(query) is not None),
        "asks_fact": float(form.asks_fact.search(query) is not None),
        "asks_price": float(form.asks_price.search(query) is not None),
        "own_case": float(form.own_case.search(query) is not None),
        "elsewhere": float(bool(_places(query, city))),
        "foreign_script": sum(char.isascii() and char.isalpha() for char in query) / len(query),
        "covered_best": max(_covered(asked, [text]) for text in texts),
        "covered_any": _covered(asked, texts[:_MEANT_TOGETHER]),
        "bigrams_best": max(shared),
        "bigrams_mean": sum(shared[:_MEANT_TOGETHER]) / len(shared[:_MEANT_TOGETHER]),
        "content_words": log1p(len(asked)),
    }


def content_words(query: str) -> list[str]:
    """Words of a question that say what it is about, each once."""
    stop = forms().stop
    return [word for word in dict.fromkeys(words(query)) if word not in stop]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """How questions are put: `data/question_forms.json`."""

    asks_rule: re.Pattern[str]
    asks_fact: re.Pattern[str]
    asks_price: re.Pattern[str]
    own_case: re.Pattern[str]
    elsewhere: Mapping[str, tuple[str, ...]]
    stop: frozenset[str]


@cache
def forms() -> Forms:
    """The forms of the package."""
    row = json.loads((files("knowledge") / "data" / "question_forms.json").read_text(encoding="utf-8"))
    return Forms(
        asks_rule=re.compile("|".join(row["asks_rule"])),
        asks_fact=re.compile("|".join(row["asks_fact"])),
        asks_price=re.compile("|".join(row["asks_price"])),
        own_case=re.compile("|".join(row["own_case"])),
        elsewhere={region: tuple(names) for region, names in row["elsewhere"].items()},
        stop=frozenset(row["stop"].split()),
    )


@cache
def weights() -> Weights:
    """The fitted model of the package."""
    row = json.loads((files("knowledge") / "data" / "abstention.json").read_text(encoding="utf-8"))
    return Weights(coefficients=row["coefficients"], intercept=row["intercept"], threshold=row["threshold"])


def _text(passage: Passage) -> str:
    caption = captions_by_hash().get(passage.text_sha256[:HASH_DIGITS], "")
    return "\n".join((passage.law, passage.title, passage.chapter, passage.text, caption))


def _covered(asked: Sequence[str], texts: Sequence[str]) -> float:
    """Share of the asked words that at least one text speaks of, [0, 1]."""
    worth = [1.0 if len(word) > 1 else _SINGLE for word in asked]
    met = [value for word, value in zip(asked, worth, strict=True) if any(word in text for text in texts)]
    return sum(met) / sum(worth)


def _places(query: str, city: str) -> list[str]:
    return [name for region, names in forms().elsewhere.items() if region != city for name in names if name in query]


def _reason(query: str, features: Mapping[str, float], passages: Sequence[Passage], city: str) -> str:
    """The strongest reason against an answer."""
    if places := _places(query, city):
        return f"问的是{places[0]}的规定，这里只收录国家法律法规和{city}的地方性法规"
    if features["asks_price"] or features["asks_fact"] or features["own_case"]:
        return "问的像是价格、联系方式、进展、做法一类的事实，法规不写这些"
    texts = [_text(passage) for passage in passages[:_LOOKED_AT]]
    strange = [word for word in content_words(query) if len(word) > 1 and not any(word in text for text in texts)]
    if strange:
        return f"收录的法规中没有与“{'、'.join(strange[:3])}”对得上的条文"
    return "找到的条文与要问的事对不上"


def _note(reason: str) -> str:
    return f"没有找到依据：{reason}。{_ADVICE}"

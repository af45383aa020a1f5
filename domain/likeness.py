"""How alike a report is to what is known of each issue, by pairs of characters: a backoff where no cue speaks."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log, sqrt

from domain.issues import Issue, issue_table
from domain.lexicon import lexicon, normalise

OUT_OF_SCOPE = "*"
"""Key of the examples that are about no issue of the table."""

_PARTICLES = frozenset("的了得很在是我你他它有这那个不没就都也和与到起把")
"""Characters too common for their pairs to say anything about a name."""

_BLANK = "〇"

_NEVER_SEEN = 4.4
"""Rarity of a pair that no example has: strange words make a report less familiar. About log(1 + issues)."""

_SHORT = 12.0
"""Least length of a report as a vector, about eight pairs: a few common words in few are no likeness."""

Pairs = frozenset[str]


def name_likeness(said: str) -> Mapping[str, float]:
    """Cosine with the nearest name or alias of each issue, pairs weighted by rarity; in [0, 1], zeros left out.

    Args:
        said: Normalised words.
    """
    rarity = _rarity_in_names()
    asked = {pair for pair in _pairs(said, _PARTICLES) if pair in rarity}
    own = _length(asked, rarity)
    found: dict[str, float] = {}
    for issue_id, forms in _names().items():
        best = max(
            (_squares(asked & form, rarity) / own / _length(form, rarity) for form in forms if asked & form),
            default=0.0,
        )
        if best:
            found[issue_id] = best
    return found


def example_likeness(said: str) -> Mapping[str, float]:
    """How familiar the words are from examples of each issue, 0 and up (about 1 is much); zeros left out.

    The examples of an issue count as one document; its length is damped, not divided out, so that a few telling
    pairs suffice. `OUT_OF_SCOPE` is one of the keys.

    Args:
        said: Normalised words.
    """
    rarity = _rarity_in_examples()
    asked = _pairs(said)
    own = max(sqrt(sum(rarity.get(pair, _NEVER_SEEN) ** 2 for pair in sorted(asked))), _SHORT)
    documents = _examples()
    shared = {key: _squares(asked & document, rarity) for key, document in documents.items()}
    return {key: squares / own / sqrt(_length(documents[key], rarity)) for key, squares in shared.items() if squares}


def _pairs(said: str, without: frozenset[str] = frozenset()) -> Pairs:
    skip = without | {_BLANK}
    return frozenset(a + b for a, b in pairwise(said) if a.isalnum() and b.isalnum() and not {a, b} & skip)


def _squares(pairs: Iterable[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity[pair] ** 2 for pair in sorted(pairs))  # sorted: sums of floats must not depend on hashing


def _length(pairs: Iterable[str], rarity: Mapping[str, float]) -> float:
    return sqrt(_squares(pairs, rarity)) or 1.0


def _rarity(documents: Iterable[Pairs]) -> Mapping[str, float]:
    """Inverse document frequency."""
    held = list(documents)
    counts = Counter(pair for document in held for pair in document)
    return {pair: log(1 + len(held) / count) for pair, count in counts.items()}


def _forms(item: Issue) -> tuple[str, ...]:
    return (item.name, item.category.rpartition("/")[2], *item.aliases)


@cache
def _names() -> Mapping[str, tuple[Pairs, ...]]:
    return {
        item.id: tuple(pairs for form in _forms(item) if (pairs := _pairs(normalise(form), _PARTICLES)))
        for item in issue_table().values()
    }


@cache
def _rarity_in_names() -> Mapping[str, float]:
    return _rarity(Pairs().union(*forms) for forms in _names().values())


@cache
def _examples() -> Mapping[str, Pairs]:
    plain: dict[str, list[str]] = json.loads(
        files("domain").joinpath("data/lexicon_examples.json").read_text(encoding="utf-8")
    )
    known = {item.id: [*_forms(item), *(gist for _, _, gist in item.basis)] for item in issue_table().values()}
    texts = {key: [*known.get(key, ()), *plain.get(key, ())] for key in (*known, OUT_OF_SCOPE)}
    return {
        key: Pairs().union(*(_pairs(lexicon().mask(normalise(text))) for text in said)) for key, said in texts.items()
    }


@cache
def _rarity_in_examples() -> Mapping[str, float]:
    return _rarity(_examples().values())

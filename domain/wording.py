"""How reports of each matter are worded: a small linear model over characters and pairs of characters, as data.

It knows ways of saying that no cue of the lexicon foresees. It is trained by `scripts/train_recognition.py`, packaged
(`domain/data/wording.npz`), and says for any words how probable each matter is, `OUT_OF_SCOPE` being one of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

OUT_OF_SCOPE = "*"
"""Stands for reports that are about no matter of the table."""

LONGEST_GRAM = 2
"""Characters of the longest feature."""

STRANGE = 0.4
"""Share of the squared rarity with which a feature never seen counts: strange words make a report less familiar."""

Floats = NDArray[np.float64]

_BREAK = re.compile(r"[^0-9a-z\u4e00-\u9fff]+")
_DIGITS = re.compile(r"\d+")


def grams(said: str) -> tuple[str, ...]:
    """The features of normalised words, sorted: single characters and pairs within a clause, numbers as `0`."""
    clauses = _BREAK.split(_DIGITS.sub("0", said))
    return tuple(sorted(set(_grams(clauses))))


def _grams(clauses: Sequence[str]) -> Iterator[str]:
    for clause in clauses:
        for length in range(1, LONGEST_GRAM + 1):
            for start in range(len(clause) - length + 1):
                yield clause[start : start + length]


@dataclass(frozen=True, slots=True)
class Wording:
    """A trained model.

    Attributes:
        labels: Ids of matters, `OUT_OF_SCOPE` the last.
        place: Feature -> its row.
        rarity: Inverse document frequency by row, > 0; `strange` that of a feature never seen.
        weights: By row and label.
        bias: By label.
    """

    labels: tuple[str, ...]
    place: Mapping[str, int]
    rarity: Floats
    strange: float
    weights: Floats
    bias: Floats

    def vector(self, said: str) -> tuple[list[int], Floats]:
        """Rows of the features of normalised words, and their values: rarities over the length of the report."""
        found = grams(said)
        rows = [self.place[gram] for gram in found if gram in self.place]
        values = self.rarity[rows]
        length = sqrt(float(values @ values) + STRANGE * (len(found) - len(rows)) * self.strange**2)
        return rows, values / (length or 1.0)

    def logs(self, said: str) -> Floats:
        """Natural logarithm of the probability of each label for normalised words; only the bias speaks for none."""
        rows, values = self.vector(said)
        logits = values @ self.weights[rows] + self.bias
        top = float(logits.max())
        return logits - top - log(float(np.exp(logits - top).sum()))

    def telling(self, said: str, label: str, most: int = 3) -> tuple[str, ...]:
        """The pairs of characters that speak most for a label, in the order of the text."""
        rows, values = self.vector(said)
        weight = values * (self.weights[rows, self.labels.index(label)] - self.weights[rows].mean(axis=1))
        names = [gram for gram in grams(said) if gram in self.place]
        best = sorted((-float(w), name) for w, name in zip(weight, names, strict=True) if len(name) > 1 and w > 0)
        return tuple(sorted((name for _, name in best[:most]), key=lambda name: (said.find(name), name)))


@cache
def wording() -> Wording:
    """The packaged model."""
    with files("domain").joinpath("data/wording.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as held:
        features = str(held["features"]).split("\n")
        return Wording(
            labels=tuple(str(held["labels"]).split("\n")),
            place={feature: row for row, feature in enumerate(features)},
            rarity=held["rarity"].astype(np.float64),
            strange=float(held["strange"]),
            weights=held["weights"].astype(np.float64) * float(held["unit"]),
            bias=held["bias"].astype(np.float64),
        )

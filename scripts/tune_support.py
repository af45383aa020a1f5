"""Fit the weights and thresholds by which an article is said to support a claim; print what they achieve.

    LIANZHI_HOME=<a base with the full texts> python -m scripts.tune_support [--write]

The table `tests/knowledge/data/claims.tsv` holds claims in our own words about articles of 81 laws: true ones, the
same with a wrong number, command, denial or body, and the true ones put to a neighbouring article and to another law.
The set `tuning` is split by law into two halves, one to fit on and one to measure on; the set `fresh`, of other laws,
was written after the rules of `knowledge/support.py` were. Run it anew when the embedding model changes.
"""

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zlib import crc32

import numpy as np

from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import KnowledgeSettings
from knowledge.support import FEATURES, Weights, find_conflicts, stack, unnamed_actors

ROOT = Path(__file__).parents[1]
CLAIMS = ROOT / "tests" / "knowledge" / "data" / "claims.tsv"
WEIGHTS = ROOT / "knowledge" / "data" / "support.json"
DAY = date(2026, 3, 1)
WRONG_PLACE = ("neighbour", "other_law")
L2, STEPS, RATE = 0.01, 4000, 0.3
EVEN = 0.5
"""Support is never less likely than not."""
FALSE_SHARE = 0.005
"""Share of claims at the wrong article that the fitting half may let pass."""
LOST_SHARE = 0.01
"""Share of true claims of the fitting half that may be called not found."""


@dataclass(frozen=True, slots=True)
class Row:
    """One claim of the table with what was computed for it."""

    part: str
    law: str
    kind: str
    features: dict[str, float]
    conflicts: bool


def read_rows(base: KnowledgeBase) -> list[Row]:
    """Features and conflicts of all claims of the table; the part is `fit`, `held out` or `fresh`."""
    rows = []
    for line in CLAIMS.read_text(encoding="utf-8").splitlines()[1:]:
        source, law, article, kind, claim = line.split("\t")
        features, text = base.claim_features(claim, law, article, as_of=DAY)
        half = "fit" if crc32(law.encode()) % 2 == 0 else "held out"
        part = source if source == "fresh" else half
        rows.append(
            Row(part, law, kind, features, bool(find_conflicts(claim, text) or unnamed_actors(claim, text, law)))
        )
    return rows


def fit(rows: Sequence[Row]) -> tuple[float, dict[str, float]]:
    """Logistic regression by gradient descent: is this the article that the claim speaks of?"""
    known = [row for row in rows if row.kind in ("true", *WRONG_PLACE)]
    x = stack([row.features for row in known]).astype(np.float64)
    y = np.array([row.kind == "true" for row in known], dtype=np.float64)
    mean, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z, weight = (x - mean) / spread, np.where(y == 1, 1.0, 2.0)
    slope, intercept = np.zeros(z.shape[1]), 0.0
    for _ in range(STEPS):
        miss = (1 / (1 + np.exp(-(z @ slope + intercept))) - y) * weight
        slope -= RATE * (z.T @ miss / len(y) + L2 * slope)
        intercept -= RATE * float(miss.mean())
    plain = slope / spread
    return intercept - float((plain * mean).sum()), dict(zip(FEATURES, plain.tolist(), strict=True))


def score(rows: Sequence[Row], intercept: float, slopes: dict[str, float]) -> np.ndarray:
    """Probability for each row, shape (n,)."""
    x = stack([row.features for row in rows]).astype(np.float64)
    return 1 / (1 + np.exp(-(x @ np.array([slopes[name] for name in FEATURES]) + intercept)))


def thresholds(rows: Sequence[Row], scores: np.ndarray) -> tuple[float, float]:
    """Least score that supports, and least score that is about the claim at all."""
    wrong = np.array([row.kind in WRONG_PLACE for row in rows])
    true = np.array([row.kind == "true" for row in rows])
    grid = np.round(np.arange(0.05, 0.96, 0.05), 2)
    supports = next(at for at in grid if at >= EVEN and (scores[wrong] >= at).mean() <= FALSE_SHARE)
    about = max([at for at in grid if (scores[true] < at).mean() <= LOST_SHARE and at <= supports / 2], default=0.05)
    return float(supports), float(about)


def report(rows: Sequence[Row], scores: np.ndarray, supports: float) -> None:
    """Print, for each part and kind, how many claims are supported; and precision and recall."""
    for part in ("fit", "held out", "fresh"):
        chosen = [(row, value) for row, value in zip(rows, scores, strict=True) if row.part == part]
        passed = [row for row, value in chosen if value >= supports and not row.conflicts]
        asked, got = Counter(row.kind for row, _ in chosen), Counter(row.kind for row in passed)
        precision = got["true"] / max(1, len(passed))
        shown = ", ".join(f"{kind} {got[kind]}/{asked[kind]}" for kind in sorted(asked))
        print(f"{part:9} precision {precision:.3f} recall {got['true'] / asked['true']:.3f} | {shown}")


def main() -> None:
    """Fit, print, and write the weights when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write knowledge/data/support.json")
    write = parser.parse_args().write
    base = open_knowledge(KnowledgeSettings())
    try:
        rows = read_rows(base)
    finally:
        base.close()
    fitting = [row for row in rows if row.part == "fit"]
    intercept, slopes = fit(fitting)
    supports, about = thresholds(fitting, score(fitting, intercept, slopes))
    weights = Weights(
        intercept=round(intercept, 4),
        features={name: round(value, 4) for name, value in slopes.items()},
        supports=supports,
        about=about,
    )
    print(weights)
    report(rows, score(rows, intercept, slopes), supports)
    if write:
        plain = {
            "about": weights.about,
            "features": weights.features,
            "intercept": weights.intercept,
            "supports": weights.supports,
        }
        WEIGHTS.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

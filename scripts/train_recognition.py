"""Trains how matters are worded (`domain/data/wording.npz`) and how it is put together with the lexicon's cues.

    python -m scripts.train_recognition [--check]

Material, all in our own words: names, aliases and gists of the issue table, lay captions of the articles that an issue
rests on, `scripts/recognition_phrases.tsv`, the development phrases of the tests, and the `fit` half of
`evals.recognition`. Whatever is nearly a phrase that judges (held half, held and blind phrases of the tests) is left
out.

The model is multinomial logistic regression over characters and pairs (numpy, scipy; no chance involved). The blend and
the two lines of "sure" come from readings of the fit half by models that had not seen the phrase (cross-validation).
The same material gives the same model on the same machine; `--check` compares the packaged blend within a tolerance.
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from domain.issues import issue_table
from domain.lexicon import lexicon, normalise
from domain.recognition import MUCH, STRONG, Blend, Testimony, logits_of, testimony
from domain.wording import OUT_OF_SCOPE, Wording, grams
from evals.recognition import Report, reports

ROOT = Path(__file__).parents[1]
DATA = ROOT / "domain" / "data"
PHRASES = ROOT / "scripts" / "recognition_phrases.tsv"
DEVELOPMENT = ROOT / "tests" / "domain" / "data" / "phrases.jsonl"
CAPTIONS = ROOT / "knowledge" / "data" / "lay_captions.tsv"

RIDGE = 1 / 30
"""Penalty on squared weights."""
SECONDHAND = 0.3
"""Weight of a gist or caption, which are not worded as reports are."""
NEAR = 0.5
"""Jaccard similarity of pairs from which a phrase is too near to one that judges."""
FOLDS = 4
ROUNDS = 150
RIGHT_ENOUGH = 0.98
"""Share of sure readings right in cross-validation: above the goal of 0.97, since the line is chosen on it."""
TOLERANCE = 0.02

Floats = NDArray[np.float64]
LABELS = (*issue_table(), OUT_OF_SCOPE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Normalised words, what they mean, and how much they count."""

    said: str
    label: str
    weight: float = 1.0


def clean(text: str) -> str:
    """Words as the model reads them."""
    return lexicon().mask(normalise(text))


def material() -> list[Phrase]:
    """Everything that may be learned from but the fit half, without what is nearly a judging phrase."""
    judges = [_pairs(text) for text in judging()]
    found = dict.fromkeys((*_of_table(), *_of_files(), *_of_captions()))
    return [phrase for phrase in found if not _near(phrase.said, judges)]


def judging() -> list[str]:
    """Normalised phrases that only judge."""
    held = [clean(report.text) for report in reports() if report.half == "held"]
    return held + [clean(row["text"]) for row in _of_tests() if row["split"] in ("held", "blind")]


def _of_tests() -> list[dict[str, str]]:
    return [json.loads(line) for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines()]


def _of_table() -> Iterator[Phrase]:
    for item in issue_table().values():
        for form in (item.name, item.category.rpartition("/")[2], *item.aliases):
            yield Phrase(clean(form), item.id)
        for part in re.split(r"[/、(),（）]", item.name):
            yield Phrase(clean(part), item.id, 0.5)
        for _, _, gist in item.basis:
            yield Phrase(clean(gist), item.id, SECONDHAND)


def _of_files() -> Iterator[Phrase]:
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        label, text = line.split("\t")
        yield Phrase(clean(text), label)
    for row in _of_tests():
        if row["split"] not in ("held", "blind"):
            yield Phrase(clean(row["text"]), row["issue"])


def _of_captions() -> Iterator[Phrase]:
    rows = (line.split("\t") for line in CAPTIONS.read_text(encoding="utf-8").splitlines())
    captions = {(row[0], row[1]): row[3] for row in rows if len(row) > 3}
    for item in issue_table().values():
        for law, article, _ in item.basis:
            if (law, article) in captions:
                yield Phrase(clean(captions[law, article]), item.id, SECONDHAND)


def _pairs(said: str) -> frozenset[str]:
    return frozenset(gram for gram in grams(said) if len(gram) > 1)


def _near(said: str, judges: Sequence[frozenset[str]]) -> bool:
    own = _pairs(said)
    return len(said) > 4 and any(len(own & other) >= NEAR * len(own | other) for other in judges)


def of_reports(chosen: Iterable[Report]) -> list[Phrase]:
    """Reports as phrases; one with two matters counts half for each."""
    return [
        Phrase(testimony(report.text).words, label, 1 / max(len(report.meant), 1))
        for report in chosen
        for label in report.meant or (OUT_OF_SCOPE,)
    ]


def train(phrases: Sequence[Phrase]) -> Wording:
    """Multinomial logistic regression, penalised."""
    found = [grams(phrase.said) for phrase in phrases]
    counts = Counter(gram for one in found for gram in one)
    known = sorted(gram for gram, count in counts.items() if count > 1)
    rarity = np.array([np.log(1 + len(found) / counts[gram]) for gram in known])
    empty = np.zeros((len(known), len(LABELS)))
    blank = Wording(LABELS, {gram: row for row, gram in enumerate(known)}, rarity,
                    float(np.log(1 + len(found)) * 0.8), empty, np.zeros(len(LABELS)))  # fmt: skip
    vectors = [blank.vector(phrase.said) for phrase in phrases]
    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    x = csr_matrix(
        (np.concatenate([v for _, v in vectors]), np.concatenate([r for r, _ in vectors]).astype(np.int64), ends),
        shape=(len(phrases), len(known)),
    )
    target = np.array([LABELS.index(phrase.label) for phrase in phrases])
    weights, bias = _regress(x, target, np.array([phrase.weight for phrase in phrases]))
    return Wording(LABELS, blank.place, rarity, blank.strange, weights, bias)


def _regress(x: csr_matrix, target: NDArray[np.int64], weight: Floats) -> tuple[Floats, Floats]:
    rows, classes = np.arange(len(target)), len(LABELS)
    turned = x.T.tocsr()
    wanted = np.zeros((len(target), classes))
    wanted[rows, target] = 1.0

    def loss(flat: Floats) -> tuple[float, Floats]:
        slopes, bias = flat[:-classes].reshape(-1, classes), flat[-classes:]
        logits = x @ slopes + bias
        logits -= logits.max(axis=1, keepdims=True)
        raised = np.exp(logits)
        total = raised.sum(axis=1, keepdims=True)
        value = float(weight @ (np.log(total[:, 0]) - logits[rows, target]) + 0.5 * RIDGE * np.sum(slopes**2))
        wrong = (raised / total - wanted) * weight[:, None]
        return value, np.concatenate([(turned @ wrong + RIDGE * slopes).ravel(), wrong.sum(axis=0)])

    start = np.zeros((turned.shape[0] + 1) * classes)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "maxfun": 2 * ROUNDS}).x
    return found[:-classes].reshape(-1, classes), found[-classes:]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the witnesses say of one report: logarithms by label, testimony, and labels that are right (1.0)."""

    logs: Floats
    told: Testimony
    right: Floats


def cross_read(base: Sequence[Phrase], fit: Sequence[Report]) -> list[Reading]:
    """Readings of the fit half, each by a model that was trained without that report."""
    found: dict[str, Reading] = {}
    for fold in range(FOLDS):
        out = [report for report in fit if _fold(report) == fold]
        model = train([*base, *of_reports(report for report in fit if _fold(report) != fold)])
        for report in out:
            told = testimony(report.text)
            right = np.array([float(label in (report.meant or (OUT_OF_SCOPE,))) for label in LABELS])
            found[report.text] = Reading(model.logs(told.words), told, right)
    return [found[report.text] for report in fit]


def _fold(report: Report) -> int:
    return hashlib.sha256(report.text.encode()).digest()[1] % FOLDS


def blend_of(readings: Sequence[Reading]) -> Blend:
    """The weights under which what is right is most probable, and the lines of "sure"."""
    right = np.array([one.right for one in readings])
    columns = [_blend([float(at == k) for at in range(4)]) for k in range(4)]
    x = np.array([[logits_of(LABELS, one.logs, one.told, column) for column in columns] for one in readings]).transpose(
        0, 2, 1
    )

    def loss(w: Floats) -> tuple[float, Floats]:
        logits = x @ w
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        chance = raised / raised.sum(axis=1, keepdims=True)
        hit = (chance * right).sum(axis=1)
        pull = chance - chance * right / hit[:, None]
        return float(-np.log(hit).sum() + 0.5 * w @ w), np.einsum("nk,nkf->f", pull, x) + w

    found = minimize(
        loss, np.zeros(4), jac=True, method="L-BFGS-B", bounds=[(0, None), (0, None), (None, 0), (None, None)]
    ).x
    values = [round(float(value), 3) for value in found]
    return _blend(values, lines_of(readings, _blend(values)))


def _blend(values: Sequence[float], lines: tuple[float, float] = (0.0, 0.0)) -> Blend:
    worded, cues, behind, outside = values
    return Blend(worded, cues, behind, outside, *lines)


def lines_of(readings: Sequence[Reading], made: Blend) -> tuple[float, float]:
    """Lowest probability from which first guesses are right often enough: with a strong cue for them, and without."""
    groups: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for one in readings:
        logits = logits_of(LABELS, one.logs, one.told, made)
        chance = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        best = int(chance[:-1].argmax())
        groups[one.told.cues.get(LABELS[best], 0.0) >= STRONG].append((float(chance[best]), bool(one.right[best])))
    return _line(groups[True]), _line(groups[False])


def _line(guesses: Sequence[tuple[float, bool]]) -> float:
    for step in range(50, 99):
        sure = [right for chance, right in guesses if chance >= step / 100]
        if sure and sum(sure) / len(sure) >= RIGHT_ENOUGH:
            return step / 100
    return 0.99


def pack(model: Wording) -> dict[str, Any]:
    """Arrays of the data file: weights in 255 steps."""
    unit = float(np.abs(model.weights).max()) / 127
    return {
        "features": np.array("\n".join(model.place)),
        "labels": np.array("\n".join(model.labels)),
        "rarity": model.rarity.astype(np.float32),
        "strange": np.float32(model.strange),
        "weights": np.round(model.weights / unit).astype(np.int8),
        "unit": np.float32(unit),
        "bias": model.bias.astype(np.float32),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write, or check; 1 when the packaged blend is not what the material gives."""
    parser = argparse.ArgumentParser(prog="python -m scripts.train_recognition")
    parser.add_argument("--check", action="store_true", help="compare with the packaged blend instead of writing")
    args = parser.parse_args(argv)
    base = material()
    fit = [report for report in reports() if report.half == "fit"]
    readings = cross_read(base, fit)
    made = blend_of(readings)
    top = [bool(one.right[int(logits_of(LABELS, one.logs, one.told, made)[:-1].argmax())]) for one in readings]
    inside = [hit for hit, report in zip(top, fit, strict=True) if report.meant]
    about = {
        "phrases": len(base), "fit": len(fit), "much": MUCH, "folds": FOLDS,
        "top_1_cross_validated": round(sum(inside) / len(inside), 4),
    }  # fmt: skip
    print(json.dumps({"about": about, "blend": asdict(made)}, ensure_ascii=False, indent=1))
    target = DATA / "recognition.json"
    if args.check:
        held = json.loads(target.read_text(encoding="utf-8"))["blend"]
        same = all(abs(held[name] - value) <= TOLERANCE for name, value in asdict(made).items())
        print("the packaged blend is what the material gives" if same else "the packaged blend is ANOTHER")
        return 0 if same else 1
    model = train([*base, *of_reports(fit)])
    np.savez_compressed(DATA / "wording.npz", allow_pickle=False, **pack(model))
    text = json.dumps({"about": about, "blend": asdict(made)}, ensure_ascii=False, indent=1) + "\n"
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

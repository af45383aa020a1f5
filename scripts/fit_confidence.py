"""Fits how sure an opinion is (把握) on the suite's fit families, and says what it is worth on the families held out.

    python -m scripts.fit_confidence [--home DIR] [--rows FILE] [--check]

Scenes go through the graph that serves; the doubts of each opinion (`confidence_basis`) and whether it was right give a
penalised logistic regression with all weights <= 0 (no doubt raises a probability). The same scenes give the same file,
byte for byte: `--check` fits anew and exits 1 if the packaged file is another. `--rows` keeps the rows between runs.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from domain.adjacency.confidence import DUTY_DOUBTS, HIGHEST, LOWEST, OPINION_DOUBTS
from domain.adjacency.rulebook import rule_book
from domain.clock import FixedClock, parse_iso
from domain.opinion import DUTIES
from domain.territory import Territory
from domain.worlddata import schematic_city
from evals.calibration import calibration
from evals.responsibility import opinion_on
from evals.scenes.build import SEED, build
from evals.scenes.form import Outcome, Scene
from graphs.bootstrap import ServiceSettings, context_of
from graphs.nothing import NoRecords
from knowledge.base import open_knowledge

TARGET = Path(__file__).parents[1] / "domain" / "data" / "confidence.json"
RIDGE = 0.05
"""Penalty on squared weights: with few errors a weight stays near 0 unless many scenes speak for it."""
RIGHT_ENOUGH = 0.97
"""Share of duties that must be right among those that may stand as determined."""
FLOOR = 0.7
"""The rule book's own line (R50): below it a person confirms, whatever was measured."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Intercepts by group, and weights by doubt, each <= 0."""

    intercepts: dict[str, float]
    weights: dict[str, float]

    def of(self, group: str, doubts: Mapping[str, float]) -> float:
        """Probability, as `domain.adjacency.confidence` works it out."""
        total = self.intercepts[group] + sum(self.weights[name] * doubts[name] for name in self.weights)
        return float(min(max(1.0 / (1.0 + np.exp(-total)), LOWEST), HIGHEST))


async def rows_of_suite(settings: ServiceSettings) -> list[dict[str, Any]]:
    """One row a scene: family, half, doubts, and what was right."""
    suite = build(schematic_city())
    knowledge = await asyncio.to_thread(open_knowledge, settings.knowledge)
    rows: list[dict[str, Any]] = []
    context, family = None, ""
    try:
        for scene in suite.scenes:
            if context is None or scene.family != family:
                family = scene.family
                territory = Territory(suite.worlds[family])
                clock = FixedClock(parse_iso("2027-06-01T00:00:00Z"))
                context = context_of(settings, territory, knowledge, NoRecords(), None, clock)
            rows.append(row_of(scene, await opinion_on(scene, context), suite.halves[family]))
    finally:
        knowledge.close()
    return rows


def row_of(scene: Scene, opinion: Mapping[str, Any], half: str) -> dict[str, Any]:
    """What one opinion gives to the fit; a duty that nobody was named for, or that a person must say, gives none."""
    duties: dict[str, Any] = {}
    complete = True
    for duty in DUTIES:
        truth, said = scene.truths[duty], opinion["duties"][duty]
        right = said["unit"] in (truth.unit, *truth.also) if said["unit"] else False
        complete = complete and _is_complete(truth.outcome, named=bool(said["unit"]), right=right)
        if said["unit"] and (truth.outcome is not Outcome.PERSON or said["status"] == "determined"):
            doubts = opinion["confidence_basis"]["duties"][duty]
            duties[duty] = {"doubts": doubts, "right": right, "status": said["status"]}
    whole = opinion["confidence_basis"]["opinion"]
    return {
        "id": scene.id, "family": scene.family, "half": half, "duties": duties, "doubts": whole, "complete": complete,
    }  # fmt: skip


def _is_complete(outcome: Outcome, *, named: bool, right: bool) -> bool:
    """Whether nobody has to fill the duty in or change it."""
    if outcome is Outcome.NONE:
        return not named or right
    return outcome is Outcome.UNIT and right


def fit(
    groups: Sequence[str], doubts: Sequence[Mapping[str, float]], right: Sequence[bool], names: Sequence[str]
) -> Fitted:
    """Penalised logistic regression with one intercept a group and weights <= 0.

    Targets are smoothed as Platt does, so that a group without an error is not taken for certain.
    """
    levels = sorted(set(groups))
    member = np.array([[float(g == level) for level in levels] for g in groups])
    x = np.hstack([member, np.array([[d[name] for name in names] for d in doubts])])
    hits, misses = sum(right), len(right) - sum(right)
    y = np.where(np.array(right), (hits + 1.0) / (hits + 2.0), 1.0 / (misses + 2.0))

    def loss(w: Floats) -> tuple[float, Floats]:
        z = x @ w
        penalty = np.concatenate([np.full(len(levels), RIDGE / 100.0), np.full(len(names), RIDGE)])
        value = float(np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * np.sum(penalty * w**2))
        return value, x.T @ (1.0 / (1.0 + np.exp(-z)) - y) + penalty * w

    bounds = [(None, None)] * len(levels) + [(None, 0.0)] * len(names)
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"maxiter": 5000, "ftol": 1e-12, "gtol": 1e-8})  # fmt: skip
    values = [round(float(value), 2) + 0.0 for value in found.x]
    return Fitted(dict(zip(levels, values, strict=False)), dict(zip(names, values[len(levels) :], strict=True)))


def of_duties(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, dict[str, float], bool]]:
    """(duty, doubts, right) of every unit named."""
    for row in rows:
        for duty, one in row["duties"].items():
            yield duty, one["doubts"], bool(one["right"])


def measured(rows: Sequence[Mapping[str, Any]], duty: Fitted, whole: Fitted, threshold: float) -> dict[str, Any]:
    """Calibration of both numbers on some scenes, and what the threshold lets through."""
    named = [(duty.of(name, doubts), right) for name, doubts, right in of_duties(rows)]
    sure = [right for p, right in named if p >= threshold]
    opinions = [(whole.of("opinion", row["doubts"]), bool(row["complete"])) for row in rows]
    return {
        "scenes": len(rows),
        "units": len(named),
        "units_right": round(sum(right for _, right in named) / len(named), 4),
        "ece_units": round(calibration([p for p, _ in named], [right for _, right in named]).ece, 4),
        "sure": len(sure),
        "sure_right": round(sum(sure) / max(len(sure), 1), 4),
        "complete": round(sum(done for _, done in opinions) / len(opinions), 4),
        "ece_opinions": round(calibration([p for p, _ in opinions], [done for _, done in opinions]).ece, 4),
    }


def threshold_of(rows: Sequence[Mapping[str, Any]], duty: Fitted) -> float:
    """The lowest probability, not below the floor, from which duties are right often enough."""
    named = sorted((duty.of(name, doubts), right) for name, doubts, right in of_duties(rows))
    for step in range(round((HIGHEST - FLOOR) * 100)):
        line = round(FLOOR + step / 100, 2)
        sure = [right for p, right in named if p >= line]
        if sure and sum(sure) / len(sure) >= RIGHT_ENOUGH:
            return line
    return HIGHEST


def model_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The file's content: fitted on the fit families, measured on both halves."""
    fits = [row for row in rows if row["half"] == "fit"]
    held = [row for row in rows if row["half"] == "held"]
    named = list(of_duties(fits))
    duty = fit([d for d, _, _ in named], [x for _, x, _ in named], [r for _, _, r in named], list(DUTY_DOUBTS))
    done = [bool(row["complete"]) for row in fits]
    whole = fit(["opinion"] * len(fits), [row["doubts"] for row in fits], done, list(OPINION_DOUBTS))
    threshold = threshold_of(fits, duty)
    return {
        "about": {
            "method": "logistic regression, weights <= 0, ridge, Platt targets",
            "suite_seed": SEED,
            "rules": rule_book().version,
            "families": sorted({row["family"] for row in fits}),
            "fit": measured(fits, duty, whole, threshold),
            "held": measured(held, duty, whole, threshold),
        },
        "threshold": threshold,
        "duty": {"intercepts": {name: duty.intercepts[name] for name in DUTIES}, "weights": duty.weights},
        "opinion": {"intercept": whole.intercepts["opinion"], "weights": whole.weights},
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Fit and write, or check; 1 when the packaged file is not what the suite gives."""
    parser = argparse.ArgumentParser(prog="python -m scripts.fit_confidence")
    parser.add_argument("--home", type=Path, help="data folder, default LIANZHI_HOME")
    parser.add_argument("--rows", type=Path, help="keep the rows here; read them when the file exists")
    parser.add_argument("--check", action="store_true", help="compare with the packaged file instead of writing it")
    args = parser.parse_args(argv)
    if args.rows is not None and args.rows.is_file():
        rows = json.loads(args.rows.read_text(encoding="utf-8"))
    else:
        settings = ServiceSettings.at(args.home) if args.home else ServiceSettings()
        rows = asyncio.run(rows_of_suite(settings))
        if args.rows is not None:
            args.rows.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    model = model_of(rows)
    text = json.dumps(model, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    print(json.dumps(model["about"] | {"families": len(model["about"]["families"])}, ensure_ascii=False, indent=1))
    if args.check:
        same = TARGET.read_text(encoding="utf-8") == text
        print("the packaged file is what the suite gives" if same else "the packaged file is ANOTHER", file=sys.stderr)
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

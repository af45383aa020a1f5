"""How sure (把握): from what speaks against an answer to a calibrated probability that it is right.

Every feature is a doubt, 0 when there is none, at most 1; every weight is at most 0. So no doubt ever raises a
probability (a law, tested). The model is a logistic regression fitted by `scripts/fit_confidence.py` on scenes whose
truth is set by construction; it is data (`domain/data/confidence.json`) and a city may fit its own on its own cases.

    p(duty)    = logistic(intercept[duty] + Σ weight · doubt)     that the unit named is the right one
    confidence = logistic(intercept + Σ weight · doubt)           that nobody has to fill in or change any duty
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.adjacency.record import Record
from domain.adjacency.situation import Scene
from domain.adjacency.weighing import caps_on, lead, others_for, winner

DUTY_DOUBTS: Mapping[str, str] = {
    "weak": "规则和选取的权重离 1 的差",
    "narrow": "领先第二名的幅度离 1 的差",
    "rival": "其他单位的最大权重",
    "unsure": "事项归类不明确",
    "reading": "归类首选的得分离 1 的差（不明确时）",
    "table": "只依据事项表或部门职责",
    "agreed": "依据协议",
    "fallback": "首接兜底",
    "provisional": "规则只允许暂定",
    "pending": "规则要求待裁定",
    "blind": "没有坐标或没有定位精度",
    "near": "点位毗邻界线",
}
"""Doubts about the unit named for one duty, with what each is."""

OPINION_DOUBTS: Mapping[str, str] = {
    "duties": "各项责任的疑点（-ln p 之和，封顶 1）",
    "weakest": "最弱一项的权重离 1 的差",
    "open": "有应落实的责任没有单位或待裁定",
    "unsure": "事项归类不明确",
    "reading": "归类首选的得分离 1 的差（不明确时）",
    "disputed": "各方互推或部门争议",
}
"""Doubts about the opinion as a whole."""

LOWEST, HIGHEST = 0.01, 0.99
"""No probability is stated outside: a model fitted on hundreds of scenes knows no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceModel:
    """What was fitted.

    Attributes:
        version: Hash of the file; every opinion carries it.
        duty: Weights of `DUTY_DOUBTS`, each <= 0; `intercepts` by duty.
        opinion: Weights of `OPINION_DOUBTS`, each <= 0.
        threshold: Calibrated probability from which a duty may stand as determined, in [0.5, 1).
        about: Where it was fitted and what was measured.
    """

    version: str
    intercepts: Mapping[str, float]
    duty: Mapping[str, float]
    opinion_intercept: float
    opinion: Mapping[str, float]
    threshold: float
    about: Mapping[str, Any]

    def of_duty(self, duty: str, doubts: Mapping[str, float]) -> float:
        """Probability that the unit named for a duty is right."""
        return _logistic(self.intercepts[duty], self.duty, doubts)

    def of_opinion(self, doubts: Mapping[str, float]) -> float:
        """Probability that nobody has to fill in or change any duty at stake."""
        return _logistic(self.opinion_intercept, self.opinion, doubts)


def _logistic(intercept: float, weights: Mapping[str, float], doubts: Mapping[str, float]) -> float:
    total = intercept + sum(weights[name] * doubts[name] for name in weights)
    return round(min(max(1.0 / (1.0 + math.exp(-total)), LOWEST), HIGHEST), 4)


@cache
def confidence_model() -> ConfidenceModel:
    """The packaged model."""
    return read_confidence(files("domain").joinpath("data/confidence.json").read_bytes())


def read_confidence(content: bytes) -> ConfidenceModel:
    """Read and check a model.

    Raises:
        ValueError: If a doubt is missing or unknown, a weight is above 0, or the threshold is out of range.
    """
    plain: dict[str, Any] = json.loads(content)
    duty, opinion = plain["duty"], plain["opinion"]
    for kind, weights, wanted in (
        ("duty", duty["weights"], DUTY_DOUBTS),
        ("opinion", opinion["weights"], OPINION_DOUBTS),
    ):
        if set(weights) != set(wanted):
            raise ValueError(f"confidence: doubts of {kind} are not {sorted(wanted)}")
        if any(value > 0.0 for value in weights.values()):
            raise ValueError(f"confidence: a weight of {kind} is above 0")
    if not 0.5 <= plain["threshold"] < 1.0:
        raise ValueError("confidence: threshold outside [0.5, 1)")
    return ConfidenceModel(
        version=hashlib.sha256(content).hexdigest()[:12],
        intercepts=duty["intercepts"],
        duty=duty["weights"],
        opinion_intercept=opinion["intercept"],
        opinion=opinion["weights"],
        threshold=plain["threshold"],
        about=plain["about"],
    )


def duty_doubts(scene: Scene, record: Record, duty: str) -> dict[str, float]:
    """Doubts about the unit that wins a duty; somebody must."""
    best = winner(record, duty)
    if best is None or not best.choices:
        raise ValueError(f"nobody wins {duty}")
    unit, weight = best.choices[0]
    caps = {cap.status for cap in caps_on(record, duty) if not cap.settles}
    settled = any(cap.settles for cap in caps_on(record, duty))
    relation, seen = scene.question.boundary, scene.question.observation
    others = others_for(record, duty, unit.code)
    return {
        "weak": _doubt(1.0 - weight),
        "narrow": 0.0 if settled else _doubt(1.0 - lead(best)),
        "rival": _doubt(others[0][2] if others else 0.0),
        **_of_reading(scene),
        "table": float(best.precedence == 6),
        "agreed": float(best.precedence == 5),
        "fallback": float(best.precedence >= 8),
        "provisional": float("provisional" in caps),
        "pending": float("pending_ruling" in caps),
        "blind": float(scene.point is None or seen.accuracy_m is None),
        "near": float(relation.adjacent),
    }


def _of_reading(scene: Scene) -> dict[str, float]:
    """Doubts about what it is: none where recognition is sure."""
    if scene.issue is None:
        return {"unsure": 1.0, "reading": 1.0}
    if scene.question.sure:
        return {"unsure": 0.0, "reading": 0.0}
    score = dict(scene.question.guesses).get(scene.question.issue, 0.0)
    return {"unsure": 1.0, "reading": _doubt(1.0 - score)}


def opinion_doubts(
    scene: Scene, probabilities: Sequence[float], weights: Sequence[float], *, is_open: bool, disputed: bool
) -> dict[str, float]:
    """Doubts about the whole opinion.

    Args:
        scene: What was asked.
        probabilities: Of the units named for the duties at stake, calibrated.
        weights: Of the same units, as the rules gave them.
        is_open: Whether a duty at stake has no unit, or waits for a ruling.
        disputed: Whether the parties or departments dispute.
    """
    return {
        "duties": _doubt(sum(-math.log(p) for p in probabilities)),
        "weakest": _doubt(1.0 - min(weights, default=1.0)),
        "open": float(is_open),
        **_of_reading(scene),
        "disputed": float(disputed),
    }


def _doubt(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 6)

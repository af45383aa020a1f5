"""Who bears what in the end (定责): one duty each with its status, the others, and how sure the whole is.

Status
    `determined` from weight 0.7 with lead 0.3 and calibrated probability at the model's threshold, else `provisional`;
    caps of rules lower it, unless a rule of stronger precedence settles the duty. Enforcement is never determined here:
    a person decides it. What a duty's probability and the opinion's confidence are is in `confidence`.
"""

from dataclasses import dataclass
from typing import Any

from domain.adjacency.confidence import confidence_model, duty_doubts, opinion_doubts
from domain.adjacency.record import Record
from domain.adjacency.situation import Scene, is_close
from domain.adjacency.vocabulary import DUTY_NAMES, WHOM_TO_ASK
from domain.adjacency.weighing import (
    CLEAR_LEAD,
    DETERMINED_P,
    MAX_CANDIDATES,
    caps_on,
    lead,
    others_for,
    rests_on_actor,
    said_of,
    status_of,
    winner,
)
from domain.opinion import DUTIES, Candidate, Duty


def duty_of(scene: Scene, record: Record, duty: str) -> Duty:
    """Who bears a duty, how surely, and why."""
    best = winner(record, duty)
    if best is None:
        return _nobody(scene, record, duty)
    caps = caps_on(record, duty)
    reasons = [best.why, *(cap.why for cap in caps if cap.why and not cap.settles)]
    if best.clears:
        return _unnamed(status_of("provisional", record, duty), reasons)
    unit, weight = best.choices[0]
    if lead(best) < CLEAR_LEAD and not any(cap.settles for cap in caps):
        names = "、".join(unit.name for unit, _ in best.choices[:3])
        return _unnamed(
            status_of("provisional", record, duty), [f"{names}难分先后，不能断定", _ask(scene, duty), *reasons]
        )
    model = confidence_model()
    probability = model.of_duty(duty, duty_doubts(scene, record, duty))
    sure = weight >= DETERMINED_P and probability >= model.threshold and duty != "enforcement"
    return Duty(
        unit=unit.code,
        unit_name=unit.name,
        level=unit.level.value,
        probability=probability,
        status=status_of("determined" if sure else "provisional", record, duty),
        reasons=_distinct(reasons),
    )


def _unnamed(status: str, reasons: list[str]) -> Duty:
    return Duty(unit="", unit_name="", level="", probability=0.0, status=status, reasons=_distinct(reasons))


def _nobody(scene: Scene, record: Record, duty: str) -> Duty:
    issue = scene.issue
    if issue is not None and duty == "enforcement" and not issue.enforcement:
        return _unnamed("not_applicable", ["该事项没有对应的行政处罚"])
    if rests_on_actor(scene, record, duty):
        status = "provisional" if issue is not None and issue.upkeep else "not_applicable"
        return _unnamed(
            status_of(status, record, duty) if status != "not_applicable" else status,
            ["由行为人自行改正、清除，没有设施养护单位", WHOM_TO_ASK["actor"]],
        )
    caps = [cap.why for cap in caps_on(record, duty) if cap.why and not cap.settles]
    reasons = [f"{DUTY_NAMES[duty]}单位没有查到，不能断定", _ask(scene, duty), *caps]
    return _unnamed(status_of("provisional", record, duty), reasons)


def _ask(scene: Scene, duty: str) -> str:
    """Whom to ask next: for upkeep who keeps such things, for the rest which side it is on or whose duty it is."""
    if scene.issue is None or duty == "upkeep":
        return WHOM_TO_ASK[scene.issue.upkeep_by if scene.issue else ""]
    return WHOM_TO_ASK["place"] if is_close(scene) else WHOM_TO_ASK["sector"]


def _distinct(reasons: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for reason in reasons if reason))


def candidates_of(record: Record, duties: dict[str, Duty]) -> tuple[Candidate, ...]:
    """Others who may bear a duty, per duty by falling probability; with the named unit they sum to at most 1."""
    found: list[Candidate] = []
    for duty in DUTIES:
        named = duties[duty]
        room = 1.0 - named.probability
        weights = others_for(record, duty, named.unit)
        total = sum(weight for _, _, weight in weights)
        scale = min(1.0, room / total) if total > 0.0 else 0.0
        for unit_code, name, weight in weights[:MAX_CANDIDATES]:
            reason = next(p.why for p in said_of(record, duty) if any(u.code == unit_code for u, _ in p.choices))
            found.append(
                Candidate(
                    duty=duty,
                    unit=unit_code,
                    unit_name=name,
                    probability=round(weight * scale, 4),
                    reason=reason,
                    weight=round(weight, 4),
                )
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Sureness:
    """How sure the whole opinion is, and by which doubts: the record of a calibrated number."""

    confidence: float
    duties: dict[str, dict[str, float]]
    doubts: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """What an opinion carries as `confidence_basis`: rounded doubts by duty and of the whole, and the model."""
        model = confidence_model()
        return {
            "model": model.version,
            "threshold": model.threshold,
            "duties": {duty: _rounded(doubts) for duty, doubts in self.duties.items()},
            "opinion": _rounded(self.doubts),
        }


def _rounded(doubts: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in doubts.items()}


def sureness_of(scene: Scene, record: Record, *, enforced: bool, disputed: bool) -> Sureness:
    """Calibrated confidence of the whole opinion.

    Args:
        scene: What was asked.
        record: What the rules said so far.
        enforced: Whether something is to be enforced: only then is enforcement at stake.
        disputed: Whether parties or departments dispute.
    """
    model, is_open = confidence_model(), False
    probabilities: list[float] = []
    weights: list[float] = []
    doubts: dict[str, dict[str, float]] = {}
    for duty in DUTIES:
        bearer = duty_of(scene, record, duty)
        if bearer.unit:
            doubts[duty] = duty_doubts(scene, record, duty)
        at_stake = duty != "enforcement" or enforced
        if not at_stake or bearer.status == "not_applicable" or rests_on_actor(scene, record, duty):
            continue
        is_open = is_open or not bearer.unit or bearer.status == "pending_ruling"
        if bearer.unit:
            probabilities.append(model.of_duty(duty, doubts[duty]))
            weights.append(1.0 - doubts[duty]["weak"])
    whole = opinion_doubts(scene, probabilities, weights, is_open=is_open, disputed=disputed)
    return Sureness(model.of_opinion(whole), doubts, whole)


def confidence_of(scene: Scene, record: Record, *, enforced: bool, disputed: bool) -> float:
    """Calibrated confidence of the whole opinion, in [0, 1]; see `sureness_of`."""
    return sureness_of(scene, record, enforced=enforced, disputed=disputed).confidence

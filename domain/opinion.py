"""The responsibility opinion (确权定责意见书): the contract's shape, plain and ordered."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.citation import Citation
from domain.region import BoundaryRelation

DUTIES = ("handling", "upkeep", "supervision", "enforcement")
"""现场处置, 权属养护, 行业监管, 行政执法: never mixed into one field (R11)."""

AIGC_LABEL = "本意见由人工智能辅助生成，须经有权人员审核后生效"
"""Label of generated content (GB 45438); every output carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who bears one duty. `unit` is empty when unknown, and `reasons` then say whom to ask.

    `probability` in [0, 1]; `level` is the unit's level or empty; `status` is `determined`, `provisional`
    (waits for evidence or a person), `pending_ruling` (only a superior may say) or `not_applicable`.
    """

    unit: str
    unit_name: str
    level: str
    probability: float
    status: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another unit that may bear a duty."""

    duty: str
    unit: str
    unit_name: str
    probability: float
    reason: str
    weight: float = 0.0
    """What the rules gave it, in [0, 1], before calibration: how seriously it was considered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """`value` in `unit` (`minute|urgent_hour|hour|work_hour|workday|day`); `source` is `statutory` or `suggested`."""

    what: str
    value: float
    unit: str
    source: str
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationStep:
    """One step up: which body, under what rule, through which channel."""

    body: str
    unit: str
    via: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What the interpreter did with one rule, and why, in Chinese."""

    rule: str
    name: str
    fired: bool
    why: str
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The whole opinion; `to_json` is the contract."""

    id: str
    observation: str
    issue: dict[str, str]
    duties: dict[str, Duty]
    candidates: tuple[Candidate, ...]
    boundary: BoundaryRelation
    citations: tuple[Citation, ...]
    agreements: tuple[dict[str, Any], ...]
    precedents: tuple[dict[str, Any], ...]
    evidence_have: tuple[str, ...]
    evidence_missing: tuple[str, ...]
    counter_argument: str
    confidence: float
    emergency: bool
    human_required: bool
    human_why: tuple[str, ...]
    escalation: tuple[EscalationStep, ...]
    deadlines: tuple[Deadline, ...]
    rules: tuple[RuleOutcome, ...]
    steps: tuple[str, str, str]
    formal: str
    contacts: tuple[str, ...]
    versions: dict[str, str]
    claims: tuple[dict[str, Any], ...] = ()
    """What each party says, held against the evidence: `unit unit_name text says finding supports against`."""
    confidence_basis: dict[str, Any] = field(default_factory=dict[str, Any])
    """Doubts by duty and of the whole, with the version of the model that made them numbers."""
    notes: tuple[str, ...] = ()
    """What a reader must also know, in Chinese: law that does not hold on the day, territory that changed …"""
    label: str = AIGC_LABEL

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON value, in a fixed order of keys."""
        plain = asdict(self)
        plain["evidence"] = {"have": plain.pop("evidence_have"), "missing": plain.pop("evidence_missing")}
        plain["human_required"] = {"value": self.human_required, "why": plain.pop("human_why")}
        plain["explanation"] = {"steps": plain.pop("steps"), "formal": plain.pop("formal")}
        outcomes = plain.pop("rules")
        plain["rules"] = {
            "fired": [o for o in outcomes if o["fired"]],
            "considered": [o for o in outcomes if not o["fired"]],
        }
        return json.loads(canonical(plain))


def canonical(plain: Any) -> str:  # noqa: ANN401
    """JSON with sorted keys and no spare blanks: equal values give equal bytes."""
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

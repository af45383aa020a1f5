"""Holding an opinion against the truth of its scene: right, automatic, unauthorised, and what was stated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.scenes.form import DUTIES, Outcome, Scene, Truth

SETTLED = ("determined", "not_applicable")
CLASSIFICATION = "事项归类"
"""How the reasons for a person begin when the matter itself is in doubt: then no duty is automatic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyResult:
    """One duty of one scene.

    Attributes:
        right: Whether what the opinion says is true; see `is_right`.
        automatic: Whether the service goes by it without a person; see `is_automatic`.
        open: Whether law lets it be automatic at all: no person has to sign and there is something to say.
        stated: Probability that the opinion gives to the unit that it names; None where it names nobody.
        hit: Whether the unit named is a right one; None where it names nobody or the truth is a person's to say.
        unauthorised: Whether it stands as settled although a person had to decide.
    """

    duty: str
    right: bool
    automatic: bool
    open: bool
    stated: float | None
    hit: bool | None
    unauthorised: bool
    said: str
    wanted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneResult:
    """One scene.

    Attributes:
        recognised: Whether the service took it for the matter that it is about.
        human: Whether the opinion asks for a person.
        duties: The four.
        confidence: The opinion's own.
        faults: What is wrong with its citations, in Chinese.
    """

    scene: Scene
    recognised: bool
    human: bool
    duties: tuple[DutyResult, ...]
    confidence: float
    faults: tuple[str, ...]
    why_human: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether all four duties are right."""
        return all(duty.right for duty in self.duties)

    @property
    def stands(self) -> bool:
        """Whether the opinion would stand if nobody looked: right, and nothing in it is a person's to decide.

        A signature that law wants in any case (a penalty, a designation) does not count against it: what is signed is
        then the right unit. This is what the opinion's confidence is about.
        """
        decided = (truth.outcome not in (Outcome.PERSON, Outcome.UNKNOWN) for truth in self.scene.truths.values())
        return self.right and all(decided)

    def to_json(self) -> dict[str, Any]:
        """One line of `--out`."""
        return {
            "id": self.scene.id, "family": self.scene.family, "issue": self.scene.issue, "given": self.scene.given,
            "recognised": self.recognised, "human": self.human, "confidence": self.confidence, "right": self.right,
            "stands": self.stands, "note": self.scene.note, "text": self.scene.observation["text"],
            "why_human": list(self.why_human),
            "faults": list(self.faults),
            "duties": {
                duty.duty: {
                    "right": duty.right, "automatic": duty.automatic, "open": duty.open, "stated": duty.stated,
                    "hit": duty.hit, "unauthorised": duty.unauthorised, "said": duty.said, "wanted": duty.wanted,
                }
                for duty in self.duties
            },
        }  # fmt: skip


def judge(scene: Scene, opinion: Mapping[str, Any], faults: Sequence[str]) -> SceneResult:
    """Hold one opinion (JSON of the contract) against the scene's truth."""
    return SceneResult(
        scene=scene,
        recognised=opinion["issue"]["id"] == scene.issue,
        human=bool(opinion["human_required"]["value"]),
        duties=tuple(_duty(duty, scene.truths[duty], opinion) for duty in DUTIES),
        confidence=float(opinion["confidence"]),
        faults=tuple(faults),
        why_human=tuple(opinion["human_required"]["why"]),
    )


def _duty(duty: str, truth: Truth, opinion: Mapping[str, Any]) -> DutyResult:
    said, human = opinion["duties"][duty], bool(opinion["human_required"]["value"])
    named = str(said["unit"])
    person = truth.outcome is Outcome.PERSON
    settled = said["status"] == "determined"
    return DutyResult(
        duty=duty,
        right=is_right(truth, named, settled=settled, human=human),
        automatic=is_automatic(duty, opinion),
        open=not truth.signed and truth.outcome is not Outcome.UNKNOWN,
        stated=float(said["probability"]) if named else None,
        hit=(None if person and not settled else named in (truth.unit, *truth.also)) if named else None,
        unauthorised=(truth.signed and not human) or (person and settled),
        said=f"{said['status']}:{named or '-'}",
        wanted=f"{truth.outcome.value}:{truth.unit or '|'.join(truth.also) or '-'}",
    )


def is_right(truth: Truth, named: str, *, settled: bool, human: bool) -> bool:
    """Whether one duty is right.

    A unit: it is the one named (or one that is right as well). A person's: nobody stands as settled, and a person is
    asked for. None: nobody is named, or only who would be competent. Unknown: nobody is named, and a person is asked.
    """
    if truth.outcome is Outcome.UNIT:
        return named in (truth.unit, *truth.also) and (human or not truth.signed)
    if truth.outcome is Outcome.PERSON:
        return human and not settled
    if truth.outcome is Outcome.NONE:
        return not named or named in truth.also
    return not named and human


def is_automatic(duty: str, opinion: Mapping[str, Any]) -> bool:
    """Whether the service goes by the answer without a person.

    A duty is automatic when it stands as determined, or as not applicable, and the matter itself is not in doubt.
    Enforcement is never determined: it is automatic where the whole opinion asks for nobody, since nothing is then to
    be penalised and the competent body is only named.
    """
    human = opinion["human_required"]
    if any(str(why).startswith(CLASSIFICATION) or "没有识别出" in str(why) for why in human["why"]):
        return False
    if duty == "enforcement" and not human["value"]:
        return True
    return opinion["duties"][duty]["status"] in SETTLED

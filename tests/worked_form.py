"""The form of a worked case, and how an opinion is held against it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.citation import Validity
from domain.crs import wgs84_to_gcj02
from tests.worlds import at

RECEIVED = "2026-03-05T02:00:00Z"
"""When a case's report reaches the service unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an opinion must say; what is left out is not checked.

    Attributes:
        units: Duty -> unit code, `""` where nobody may be named.
        status: Duty -> status.
        escalation: Units that must be on the way up.
        fired, silent: Rules that must fire, and rules that must be considered and not fire.
        cites, never: (law, article) that must be cited, and that must not.
        missing: Evidence (`E04`) that must be asked for.
        says: Words that the formal text, the steps or the notes must contain.
        statutory: Deadlines that must be statutory.
        confidence: Least and most.
        neutral: The boundary part names no township and no district, and holds the candidates equal.
    """

    issue: str = ""
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    status: Mapping[str, str] = field(default_factory=dict[str, str])
    human: bool | None = None
    emergency: bool | None = None
    position: str = ""
    adjacent: bool | None = None
    crosses: str = ""
    escalation: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    cites: tuple[tuple[str, str], ...] = ()
    never: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    statutory: tuple[str, ...] = ()
    confidence: tuple[float, float] = (0.0, 1.0)
    neutral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedCase:
    """One report in one world, and what must come of it.

    Attributes:
        name: The sentence that the case proves.
        world: Name in `tests.worlds.WORLDS`.
        observation: The report as it is sent (contract of design, section 4).
        validity: Articles that are not in force on the day, by (law, article).
        earlier: Earlier cases of the same issue at this place, as ISO days.
    """

    name: str
    world: str
    observation: Mapping[str, Any]
    expected: Expected
    received_at: str = RECEIVED
    validity: Mapping[tuple[str, str], Validity] = field(default_factory=dict[tuple[str, str], Validity])
    earlier: tuple[str, ...] = ()


def check(case: WorkedCase, opinion: Mapping[str, Any]) -> list[str]:
    """Differences between what is expected and the opinion's JSON, in words; empty when it holds."""
    want = case.expected
    return [
        *_values(want, opinion),
        *_duties(want, opinion),
        *_rules(want, opinion),
        *_grounds(want, opinion),
        *_words(want, opinion),
        *_always(opinion),
    ]


def _differs(what: str, want: object, got: object) -> list[str]:
    return [] if want == got else [f"{what}: want {want!r}, got {got!r}"]


def _values(want: Expected, opinion: Mapping[str, Any]) -> list[str]:
    boundary = opinion["boundary"]
    found: list[str] = []
    if want.issue:
        found += _differs("issue", want.issue, opinion["issue"]["id"])
    if want.human is not None:
        found += _differs("human_required", want.human, opinion["human_required"]["value"])
    if want.emergency is not None:
        found += _differs("emergency", want.emergency, opinion["emergency"])
    if want.position:
        found += _differs("position", want.position, boundary["position"])
    if want.adjacent is not None:
        found += _differs("adjacent", want.adjacent, boundary["adjacent"])
    if want.crosses:
        found += _differs("crosses", want.crosses, boundary["crosses"])
    if want.neutral:
        shares = [candidate["probability"] for candidate in boundary["candidates"]]
        found += _differs("township and district", ("", ""), (boundary["township"], boundary["district"]))
        found += [] if max(shares) - min(shares) < 1e-4 else [f"candidates are not held equal: {shares}"]
    least, most = want.confidence
    if not least <= opinion["confidence"] <= most:
        found.append(f"confidence: want {least} to {most}, got {opinion['confidence']}")
    return found


def _duties(want: Expected, opinion: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for duty, unit in want.units.items():
        found += _differs(f"unit of {duty}", unit, opinion["duties"][duty]["unit"])
    for duty, status in want.status.items():
        found += _differs(f"status of {duty}", status, opinion["duties"][duty]["status"])
    return found


def _rules(want: Expected, opinion: Mapping[str, Any]) -> list[str]:
    fired = {outcome["rule"] for outcome in opinion["rules"]["fired"]}
    considered = {outcome["rule"] for outcome in opinion["rules"]["considered"]}
    return [
        *(f"{rule} did not fire" for rule in want.fired if rule not in fired),
        *(f"{rule} is not recorded as considered" for rule in want.silent if rule not in considered),
    ]


def _grounds(want: Expected, opinion: Mapping[str, Any]) -> list[str]:
    cited = {(citation["law"], citation["article"]) for citation in opinion["citations"]}
    above = {step["unit"] for step in opinion["escalation"]}
    missing = {line[:3] for line in opinion["evidence"]["missing"]}
    statutory = {deadline["what"] for deadline in opinion["deadlines"] if deadline["source"] == "statutory"}
    return [
        *(f"does not cite {pair}" for pair in want.cites if pair not in cited),
        *(f"cites {pair}" for pair in want.never if pair in cited),
        *(f"{unit} is not on the way up" for unit in want.escalation if unit not in above),
        *(f"does not ask for {code}" for code in want.missing if code not in missing),
        *(f"{what} is not statutory" for what in want.statutory if what not in statutory),
    ]


def _words(want: Expected, opinion: Mapping[str, Any]) -> list[str]:
    explained = opinion["explanation"]
    text = "\n".join([explained["formal"], *explained["steps"], *opinion["notes"], *opinion["contacts"]])
    return [f"does not say {words!r}" for words in want.says if words not in text]


def _always(opinion: Mapping[str, Any]) -> list[str]:
    """What holds for every opinion."""
    found: list[str] = []
    if opinion["duties"]["enforcement"]["status"] == "determined":
        found.append("enforcement stands as determined")
    if opinion["emergency"] and not opinion["duties"]["handling"]["unit"]:
        found.append("an emergency without handling")
    if opinion["confidence"] < 0.7 and not opinion["human_required"]["value"]:
        found.append("low confidence without a person")
    if any(citation["status"] != "in_force" for citation in opinion["citations"]):
        found.append("cites what is not in force")
    if "人工智能" not in opinion["label"]:
        found.append("no label")
    return found


def report(text: str, x_m: float, y_m: float, *, accuracy_m: float = 5.0, **more: object) -> dict[str, object]:
    """A grid worker's report at a place of the world."""
    lon, lat = at(x_m, y_m)
    return {"text": text, "source": "person", "lon": lon, "lat": lat, "crs": "WGS84", "accuracy_m": accuracy_m, **more}


def report_gcj(text: str, x_m: float, y_m: float, *, accuracy_m: float = 5.0) -> dict[str, object]:
    """The same, sent by a phone that uses GCJ-02."""
    lon, lat = wgs84_to_gcj02(*at(x_m, y_m))
    return {"text": text, "source": "person", "lon": lon, "lat": lat, "crs": "GCJ02", "accuracy_m": accuracy_m}

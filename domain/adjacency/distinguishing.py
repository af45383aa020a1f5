"""Precedents held against the case (先例比对): what is alike, what differs, and whether the ruling carries over.

A precedent is not law here. It carries (可参照) when it is about the same issue and nothing material differs; partly,
when a difference touches some duties only; not at all, when the issue, or the law it rested on, is another. Who
enforces never carries: place, day and list of powers say that (R20, R21).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.adjacency.question import Precedent
from domain.adjacency.record import Record
from domain.adjacency.situation import Scene
from domain.adjacency.vocabulary import DUTY_NAMES
from domain.adjacency.weighing import winner
from domain.casefacts import CaseFacts, Likeness, boundary_of_relation, compare, facts_from_json, facts_of_text
from domain.citation import Article, Validity
from domain.opinion import DUTIES
from domain.precedentdraft import role_of

CARRIES_NAMES = {"carries": "可参照", "partly": "部分可参照", "does_not": "不宜参照"}
NOTE = "只作参考，不是法律依据；时间、地点和主体与本案不同，须逐项核对"
_LINES = ("township_line", "district_line", "province_line", "enclave", "gap", "overlap")
_BY_PLACE = ("handling", "supervision")
SHOWN = 5
"""Precedents shown in an opinion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinguished:
    """One precedent beside the case.

    Attributes:
        carries: Key of `CARRIES_NAMES`.
        why: Material differences, in Chinese; for `carries`, that there are none.
        touched: Duties that a difference keeps it from; enforcement always.
        bears: Duty -> role that it gave the duty to, for the duties that carry.
    """

    precedent: Precedent
    likeness: Likeness
    carries: str
    why: tuple[str, ...]
    touched: tuple[str, ...]
    bears: Mapping[str, str]


def our_facts(scene: Scene) -> CaseFacts:
    """Features of the case at hand."""
    seen, relation = scene.question.observation, scene.question.boundary
    read = facts_of_text(seen.text, issues=(scene.question.issue,) if scene.issue else (), region=seen.region)
    lies = {"position": relation.position.value, "adjacent": relation.adjacent, "crosses": relation.crosses}
    danger = bool(scene.question.danger) or (scene.issue is not None and scene.issue.danger)
    lines = boundary_of_relation(lies)
    return replace(read, boundary=lines or read.boundary, danger=danger if scene.issue else None)


def distinguish_all(scene: Scene) -> tuple[Distinguished, ...]:
    """Every precedent beside the case, the most alike first."""
    if not scene.precedents:
        return ()
    ours = our_facts(scene)
    found = [distinguish(scene, ours, precedent) for precedent in scene.precedents]
    rank = {"carries": 0, "partly": 1, "does_not": 2}
    found.sort(key=lambda one: (rank[one.carries], -one.likeness.score, one.precedent.id))
    return tuple(found)


def distinguish(scene: Scene, ours: CaseFacts, precedent: Precedent) -> Distinguished:
    """One precedent beside the case."""
    told = f"{precedent.title}。{precedent.facts}"
    if precedent.features:
        other = facts_from_json(precedent.facts, precedent.features)
    else:
        other = facts_of_text(told, issues=precedent.issues)
    likeness = compare(ours, other)
    differences = list(_material(scene, ours, other, precedent))
    touched = {duty for _, duties in differences for duty in duties} | {"enforcement"}
    total = any(set(duties) >= {"handling", "upkeep", "supervision"} for _, duties in differences)
    carries = "does_not" if total else "partly" if differences else "carries"
    return Distinguished(
        precedent=precedent,
        likeness=likeness,
        carries=carries,
        why=tuple(why for why, _ in differences) or ("没有发现影响认定的差别；执法主体仍以本案发生地和当日清单为准",),
        touched=tuple(duty for duty in DUTIES if duty in touched),
        bears={duty: role for duty, role in precedent.bearers if duty not in touched and not total},
    )


def _material(
    scene: Scene, ours: CaseFacts, other: CaseFacts, precedent: Precedent
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Differences that matter, each with the duties it touches."""
    everything = ("handling", "upkeep", "supervision")
    if ours.issues and other.issues and ours.issues[0] not in other.issues:
        yield "事项不同", everything
    yield from _of_law(scene, precedent)
    mine, its = set(ours.boundary) & set(_LINES), set(other.boundary) & set(_LINES)
    if (ours.boundary and other.boundary) and mine != its and (mine or its):
        yield "跨越的界线不同，属地单位不能照搬", _BY_PLACE
    if ours.danger is not None and other.danger is not None and ours.danger != other.danger:
        yield "危险程度不同，先行处置的要求不同", ("handling",)
    for duty in ("handling", "upkeep"):
        if scene.pacts.designated(duty) or scene.pacts.lead(duty):
            yield f"本案的{DUTY_NAMES[duty]}另有协议或上级指定", (duty,)
    keeper, bearer = scene.held.keeper, dict(precedent.bearers).get("upkeep", "")
    if scene.held.owner == "known" and keeper is not None and bearer and role_of(keeper) != bearer:
        yield f"本案设施在台账登记由{keeper.name}养护，权属不同", ("upkeep",)


def _of_law(scene: Scene, precedent: Precedent) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Articles that the precedent rested on and that are not, or not so, in force on the day of this case."""
    for law, number, version in precedent.basis:
        article = _article(scene, law, number)
        if article is None:
            continue
        label = f"《{law}》第{number}条"
        if article.status is not Validity.IN_FORCE:
            yield f"所据{label}在本案事件日不是现行有效", ("handling", "upkeep", "supervision")
        elif version and article.version_date is not None and article.version_date.isoformat() != version:
            yield f"所据{label}已有新版本（当时 {version}，现 {article.version_date.isoformat()}）", ("upkeep",)


def _article(scene: Scene, law: str, number: str) -> Article | None:
    """The article as it is on the day, by the name of the tables or by its own."""
    held = scene.question.articles
    own = (article for article in held.values() if (article.law, article.number) == (law, number))
    return held.get((law, number)) or next(own, None)


def rulings(scene: Scene) -> tuple[Distinguished, ...]:
    """Precedents that carry, at least partly, and on which a person ruled."""
    if not any(precedent.ruled for precedent in scene.precedents):
        return ()
    return tuple(one for one in distinguish_all(scene) if one.precedent.ruled and one.carries != "does_not")


def departures(record: Record, ruled: Sequence[Distinguished]) -> tuple[str, ...]:
    """Where the rules name another role than a ruling that carries did, in Chinese: like cases want like answers."""
    found: list[str] = []
    for one in ruled:
        for duty, role in one.bears.items():
            best = winner(record, duty)
            unit = best.choices[0][0] if best is not None and best.choices else None
            if unit is not None and role_of(unit) != role:
                found.append(
                    f"先例“{one.precedent.title}”（{CARRIES_NAMES[one.carries]}）的{DUTY_NAMES[duty]}由{role}承担，"
                    f"本案按规则为{unit.name}"
                )
    return tuple(dict.fromkeys(found))


def precedents_of(scene: Scene) -> tuple[dict[str, Any], ...]:
    """Precedents as JSON values, each with what is alike, what differs and whether it carries."""
    return tuple(_plain(one) for one in distinguish_all(scene)[:SHOWN])


def _plain(one: Distinguished) -> dict[str, Any]:
    p = one.precedent
    return {
        "id": p.id,
        "title": p.title,
        "facts": p.facts,
        "ruling": p.ruling,
        "year": p.year,
        "rules": list(p.rules),
        "source": p.source,
        "provenance": p.provenance,
        "likeness": round(one.likeness.score, 4),
        "alike": list(one.likeness.alike),
        "differs": list(one.likeness.differs),
        "carries": one.carries,
        "carries_name": CARRIES_NAMES[one.carries],
        "why": list(one.why),
        "bears": dict(one.bears),
        "note": NOTE,
    }


def precedent_line(plain: Mapping[str, Any]) -> str:
    """One precedent in the formal text."""
    alike = f"相同：{'、'.join(plain['alike'])}。" if plain["alike"] else ""
    differs = f"不同：{'、'.join(plain['differs'])}。" if plain["differs"] else ""
    return (
        f"先例（只作参考，不是法律依据）：{plain['title']}。{plain['facts']}"
        f"{alike}{differs}能否参照：{plain['carries_name']}——{'；'.join(plain['why'])}。"
    )

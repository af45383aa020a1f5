"""Runs the rule book: every rule is evaluated once, in its order, and leaves an outcome that a reader can follow.

Rules run by stage. What earlier rules settled is a fact to later ones (`vocabulary.LIVE_FACTS`). Conflicts are not
decided here but in `weighing`, by precedence, so that no order of evaluation decides who is responsible.
"""

from collections.abc import Callable, Mapping

from domain.adjacency.conditions import Facts, holds, unmet
from domain.adjacency.facts import facts_of
from domain.adjacency.labels import labels_of
from domain.adjacency.record import Cap, Proposal, Record
from domain.adjacency.rulebook import Effect, Rule
from domain.adjacency.selectors import SELECTORS, scaled
from domain.adjacency.situation import Scene
from domain.adjacency.vocabulary import DUTY_NAMES, STATUS_NAMES
from domain.adjacency.weighing import DETERMINED_P, confidence_of, is_settled
from domain.citation import Article, Validity
from domain.opinion import RuleOutcome

NO_LONGER = (Validity.NOT_YET, Validity.REPEALED, Validity.SUPERSEDED)
"""Not in force on the day, and known to be so."""

VALIDITY_NAMES = {
    Validity.IN_FORCE: "现行有效",
    Validity.NOT_YET: "尚未生效",
    Validity.REPEALED: "已废止",
    Validity.SUPERSEDED: "已被新文本取代",
    Validity.UNKNOWN: "现行有效性未核实",
}


def run(scene: Scene) -> tuple[Record, Facts]:
    """Evaluate all rules on the scene.

    Returns:
        What the rules said, and every fact as it stood at the end.
    """
    record = Record()
    facts = facts_of(scene)
    labels = labels_of(scene)
    for rule in scene.book.rules:
        live_facts, live_labels = _live(scene, record, facts)
        _evaluate(rule, scene, record, {**facts, **live_facts}, {**labels, **live_labels})
    return record, {**facts, **_live(scene, record, facts)[0]}


def _live(scene: Scene, record: Record, facts: Facts) -> tuple[Facts, Mapping[str, str]]:
    """The facts and labels that depend on what was said so far."""
    stale = stale_articles(scene, record)
    settled = {duty: is_settled(scene, record, duty) for duty in ("handling", "upkeep")}
    sure = confidence_of(
        scene,
        record,
        enforced=facts["act.needs_enforcement"] is True,
        disputed=facts["claims.mutual"] is True or facts["claims.departments"] is True,
    )
    unsettled = "、".join(DUTY_NAMES[duty] for duty, done in settled.items() if not done)
    return (
        {
            "law.changed": bool(stale),
            "settled.handling": settled["handling"],
            "settled.upkeep": settled["upkeep"],
            "confidence.low": sure < DETERMINED_P,
        },
        {
            "law_changed": "；".join(describe(article) for article in stale) or "无",
            "unsettled": f"{unsettled}没有唯一的责任单位" if unsettled else "责任单位都已明确",
            "confidence": f"{sure:.2f}",
        },
    )


def stale_articles(scene: Scene, record: Record) -> tuple[Article, ...]:
    """Articles that the issue or the fired rules would rest on, but that do not hold on the day."""
    wanted = [(law, number) for law, number, _ in (scene.issue.basis if scene.issue else ())]
    wanted += [(effect.law, number) for _, effect in record.cites for number in effect.articles]
    given = [scene.question.articles.get(key) for key in dict.fromkeys(wanted)]
    return tuple(article for article in given if article is not None and article.status in NO_LONGER)


def describe(article: Article) -> str:
    """An article that does not support anything, with why and what came after it."""
    head, _, tail = article.number.partition("-")
    label = f"《{article.law}》第{head}条" + (f"之{tail}" if tail else "")
    after = f"，由《{article.superseded_by}》取代" if article.superseded_by else ""
    return f"{label}（{VALIDITY_NAMES[article.status]}{after}）"


def _evaluate(rule: Rule, scene: Scene, record: Record, facts: Facts, labels: Mapping[str, str]) -> None:
    missing = unmet(rule.when, facts)
    if missing:
        why = f"未触发——{'；'.join(missing)}"
        record.outcomes.append(RuleOutcome(rule=rule.id, name=rule.name, fired=False, why=why))
        return
    done: list[str] = []
    for effect in rule.effects:
        if holds(effect.when, facts):
            done += _ACTIONS[effect.do](rule, effect, scene, record, labels)
    why = rule.because.format_map(labels)
    record.outcomes.append(RuleOutcome(rule=rule.id, name=rule.name, fired=True, why=why, effects=tuple(done)))


Action = Callable[[Rule, Effect, Scene, Record, Mapping[str, str]], list[str]]


def _assign(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    choices = scaled(SELECTORS[effect.to](scene, effect), effect.weight)
    if not choices:
        return []
    record.proposals.append(
        Proposal(
            rule=rule.id,
            duty=effect.duty,
            precedence=effect.precedence or rule.precedence,
            order=len(record.proposals),
            choices=choices,
            why=effect.why.format_map(labels),
        )
    )
    named = "、".join(f"{unit.name}（{weight:.2f}）" for unit, weight in choices[:3])
    return [f"{DUTY_NAMES[effect.duty]}：{named}"]


def _clear(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.proposals.append(
        Proposal(
            rule=rule.id,
            duty=effect.duty,
            precedence=effect.precedence or rule.precedence,
            order=len(record.proposals),
            choices=(),
            why=effect.why.format_map(labels),
            clears=True,
        )
    )
    return [f"{DUTY_NAMES[effect.duty]}：不指定单位"]


def _withdraw(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.withdrawn |= {(effect.duty, name) for name in effect.rules}
    return [f"{DUTY_NAMES[effect.duty]}：{'、'.join(effect.rules)}的一般认定让位于本条"]


def _cap(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    precedence = effect.precedence or rule.precedence
    why = effect.why.format_map(labels)
    record.caps.append(
        Cap(rule=rule.id, duty=effect.duty, precedence=precedence, status=effect.status, why=why),
    )
    return [f"{DUTY_NAMES[effect.duty]}：最高为“{STATUS_NAMES[effect.status]}”（{why}）"]


def _settle(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    cap = Cap(
        rule=rule.id,
        duty=effect.duty,
        precedence=effect.precedence or rule.precedence,
        status="determined",
        settles=True,
    )
    record.caps.append(cap)
    return [f"{DUTY_NAMES[effect.duty]}：确定"]


def _human(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    why = effect.why.format_map(labels)
    record.human.append(why)
    return [f"须人工：{why}"]


def _emergency(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.emergency = True
    return ["按紧急事项办理"]


def _escalate(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.disputes.append(effect.dispute)
    return ["列出升级去向"]


def _need(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.evidence += effect.evidence
    return [f"需要证据：{'、'.join(effect.evidence)}"]


def _cite(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.cites.append((rule.id, effect))
    return []


def _note(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    text = effect.text.format_map(labels)
    record.notes.append(text)
    return [text]


def _deadline(rule: Rule, effect: Effect, scene: Scene, record: Record, labels: Mapping[str, str]) -> list[str]:
    record.deadlines.append((rule.id, effect))
    return [f"时限：{effect.what}"]


_ACTIONS: dict[str, Action] = {
    "assign": _assign,
    "clear": _clear,
    "withdraw": _withdraw,
    "cap": _cap,
    "settle": _settle,
    "human": _human,
    "emergency": _emergency,
    "escalate": _escalate,
    "need": _need,
    "cite": _cite,
    "note": _note,
    "deadline": _deadline,
}
"""What each word of the rule book does; kept in step with `rulebook.ACTIONS` by a test."""

"""Runs the rule book: every rule is evaluated once, in its order, and leaves an outcome that a reader can follow.

Rules run by stage. What earlier rules settled is a fact to later ones (`vocabulary.LIVE_FACTS`). Conflicts are not
decided here but in `weighing`, by precedence, so that no order of evaluation decides who is responsible.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.adjacency.bearing import confidence_of
from domain.adjacency.conditions import Facts, asked_in, holds, unmet
from domain.adjacency.distinguishing import Distinguished, departures, rulings
from domain.adjacency.facts import facts_of
from domain.adjacency.labels import labels_of
from domain.adjacency.record import Cap, Proposal, Record
from domain.adjacency.rulebook import Effect, Rule
from domain.adjacency.selectors import SELECTORS, scaled
from domain.adjacency.situation import Scene
from domain.adjacency.vocabulary import DUTY_NAMES, LIVE_FACTS, STATUS_NAMES
from domain.adjacency.weighing import DETERMINED_P, is_settled, winner
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
    ruled = rulings(scene)
    everything = frozenset(LIVE_FACTS) | frozenset(_LIVE_LABELS.values())
    for rule in scene.book.rules:
        live_facts, live_labels = _live(scene, record, facts, ruled, _asked(scene.book.version, rule))
        _evaluate(rule, scene, record, {**facts, **live_facts}, {**labels, **live_labels})
    return record, {**facts, **_live(scene, record, facts, ruled, everything)[0]}


_LIVE_LABELS = {
    "law_changed": "law.changed",
    "unsettled": "settled.handling",
    "confidence": "confidence.low",
    "departs": "precedent.departs",
}
"""Labels of texts that go with a live fact."""
_KNOWN: dict[tuple[str, str], frozenset[str]] = {}
_KNOWN_AT_MOST = 1024


def _asked(version: str, rule: Rule) -> frozenset[str]:
    """Live facts that a rule asks for in its conditions or its texts; the others are not worked out for it."""
    found = _KNOWN.get((version, rule.id))
    if found is None:
        conditions = [*rule.when, *(part for effect in rule.effects for part in effect.when)]
        asked = {name for condition in conditions for name in asked_in(condition)}
        texts = "".join([rule.because, *(effect.why + effect.text for effect in rule.effects)])
        asked |= {fact for label, fact in _LIVE_LABELS.items() if f"{{{label}}}" in texts}
        if len(_KNOWN) >= _KNOWN_AT_MOST:
            _KNOWN.clear()
        found = _KNOWN[version, rule.id] = frozenset(asked) & frozenset(LIVE_FACTS)
    return found


def _live(
    scene: Scene, record: Record, facts: Facts, ruled: Sequence[Distinguished], asked: frozenset[str]
) -> tuple[Facts, Mapping[str, str]]:
    """The facts that depend on what was said so far, those asked for, with the labels that go with them."""
    live: dict[str, bool | str] = {}
    labels: dict[str, str] = {}
    if "law.changed" in asked:
        stale = stale_articles(scene, record)
        live["law.changed"] = bool(stale)
        labels["law_changed"] = "；".join(describe(article) for article in stale) or "无"
    if asked & {"settled.handling", "settled.upkeep", "side.matters"}:
        settled = {duty: is_settled(scene, record, duty) for duty in ("handling", "upkeep")}
        unsettled = "、".join(DUTY_NAMES[duty] for duty, done in settled.items() if not done)
        live |= {f"settled.{duty}": done for duty, done in settled.items()}
        live["side.matters"] = not all(settled.values()) or not _sure_of_rest(scene, record, facts)
        labels["unsettled"] = f"{unsettled}没有唯一的责任单位" if unsettled else "责任单位都已明确"
    if "precedent.departs" in asked:
        departs = departures(record, ruled)
        live["precedent.departs"] = bool(departs)
        labels["departs"] = "；".join(departs) or "无"
    if "confidence.low" in asked:
        enforced = facts["act.needs_enforcement"] is True
        disputed = facts["claims.mutual"] is True or facts["claims.departments"] is True
        sure = confidence_of(scene, record, enforced=enforced, disputed=disputed)
        live["confidence.low"] = sure < DETERMINED_P
        labels["confidence"] = f"{sure:.2f}"
    return live, labels


def _sure_of_rest(scene: Scene, record: Record, facts: Facts) -> bool:
    """Whether supervision, and enforcement where something is to be enforced, have one bearer on whichever side."""
    stake = ["supervision", *(["enforcement"] if facts["act.needs_enforcement"] is True else [])]
    return all(is_settled(scene, record, duty) or winner(record, duty) is None for duty in stake)


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
            done += _ACTIONS[effect.do](_Turn(rule, effect, scene, record, labels))
    why = rule.because.format_map(labels)
    record.outcomes.append(RuleOutcome(rule=rule.id, name=rule.name, fired=True, why=why, effects=tuple(done)))


@dataclass(frozen=True, slots=True)
class _Turn:
    """One effect at work."""

    rule: Rule
    effect: Effect
    scene: Scene
    record: Record
    labels: Mapping[str, str]

    @property
    def precedence(self) -> int:
        """The effect's own precedence, else its rule's."""
        return self.effect.precedence or self.rule.precedence

    @property
    def duty(self) -> str:
        """Chinese name of the duty concerned."""
        return DUTY_NAMES[self.effect.duty]

    def say(self, text: str) -> str:
        """A text of the rule book with its labels filled in."""
        return text.format_map(self.labels)


Action = Callable[[_Turn], list[str]]


def _assign(turn: _Turn) -> list[str]:
    choices = scaled(SELECTORS[turn.effect.to](turn.scene, turn.effect), turn.effect.weight)
    if not choices:
        return []
    turn.record.proposals.append(
        Proposal(
            rule=turn.rule.id,
            duty=turn.effect.duty,
            precedence=turn.precedence,
            order=len(turn.record.proposals),
            choices=choices,
            why=turn.say(turn.effect.why),
        )
    )
    named = "、".join(f"{unit.name}（{weight:.2f}）" for unit, weight in choices[:3])
    return [f"{turn.duty}：{named}"]


def _clear(turn: _Turn) -> list[str]:
    turn.record.proposals.append(
        Proposal(
            rule=turn.rule.id,
            duty=turn.effect.duty,
            precedence=turn.precedence,
            order=len(turn.record.proposals),
            choices=(),
            why=turn.say(turn.effect.why),
            clears=True,
        )
    )
    return [f"{turn.duty}：不指定单位"]


def _withdraw(turn: _Turn) -> list[str]:
    turn.record.withdrawn |= {(turn.effect.duty, name) for name in turn.effect.rules}
    return [f"{turn.duty}：{'、'.join(turn.effect.rules)}的一般认定让位于本条"]


def _cap(turn: _Turn) -> list[str]:
    precedence = turn.precedence
    why = turn.say(turn.effect.why)
    turn.record.caps.append(
        Cap(rule=turn.rule.id, duty=turn.effect.duty, precedence=precedence, status=turn.effect.status, why=why),
    )
    return [f"{turn.duty}：最高为“{STATUS_NAMES[turn.effect.status]}”（{why}）"]


def _settle(turn: _Turn) -> list[str]:
    cap = Cap(
        rule=turn.rule.id,
        duty=turn.effect.duty,
        precedence=turn.precedence,
        status="determined",
        settles=True,
    )
    turn.record.caps.append(cap)
    return [f"{turn.duty}：确定"]


def _human(turn: _Turn) -> list[str]:
    why = turn.say(turn.effect.why)
    turn.record.human.append(why)
    return [f"须人工：{why}"]


def _emergency(turn: _Turn) -> list[str]:
    turn.record.emergency = True
    return ["按紧急事项办理"]


def _escalate(turn: _Turn) -> list[str]:
    turn.record.disputes.append(turn.effect.dispute)
    return ["列出升级去向"]


def _need(turn: _Turn) -> list[str]:
    turn.record.evidence += turn.effect.evidence
    return [f"需要证据：{'、'.join(turn.effect.evidence)}"]


def _cite(turn: _Turn) -> list[str]:
    turn.record.cites.append((turn.rule.id, turn.effect))
    return []


def _note(turn: _Turn) -> list[str]:
    text = turn.say(turn.effect.text)
    turn.record.notes.append(text)
    return [text]


def _deadline(turn: _Turn) -> list[str]:
    turn.record.deadlines.append((turn.rule.id, turn.effect))
    return [f"时限：{turn.effect.what}"]


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

"""Conditions of rules: a fact, an operator and a value, joined by all, any and not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from domain.adjacency.vocabulary import FACTS, in_words

Value = bool | str | tuple[str, ...]
Facts = Mapping[str, bool | str]

OPERATORS = ("is", "not", "in", "has")
"""`is`/`not` compare; `in` looks the fact up in a list; `has` looks the value up in the fact's text."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question about one fact."""

    fact: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """None of the parts holds together: the part as a whole does not."""

    parts: "tuple[Condition, ...]"


Condition = Ask | AnyOf | Not


def read_conditions(plain: object, where: str) -> tuple[Condition, ...]:
    """Read a list of conditions of the rule book; all of them must hold.

    Raises:
        ValueError: If a fact or an operator does not exist; names the place.
    """
    if not isinstance(plain, list):
        raise ValueError(f"{where}: conditions must be a list, got {plain!r}")
    return tuple(_read(item, where) for item in cast("list[object]", plain))


def _read(plain: object, where: str) -> Condition:
    if isinstance(plain, dict):
        table = cast("dict[str, object]", plain)
        if set(table) == {"any"}:
            return AnyOf(read_conditions(table["any"], where))
        if set(table) == {"not"}:
            return Not(read_conditions(table["not"], where))
    if isinstance(plain, list):
        items = cast("list[object]", plain)
        if len(items) == 3 and isinstance(items[0], str) and isinstance(items[1], str):
            return _ask(items[0], items[1], items[2], where)
    raise ValueError(f"{where}: not a condition: {plain!r}")


def _ask(fact: str, operator: str, value: object, where: str) -> Ask:
    if fact not in FACTS:
        raise ValueError(f"{where}: unknown fact {fact!r}")
    if operator not in OPERATORS:
        raise ValueError(f"{where}: unknown operator {operator!r}")
    if isinstance(value, list):
        return Ask(fact, operator, tuple(str(item) for item in cast("list[object]", value)))
    if isinstance(value, bool | str):
        return Ask(fact, operator, value)
    raise ValueError(f"{where}: unknown value {value!r}")


def asked_in(condition: Condition) -> frozenset[str]:
    """Names of all facts that a condition looks at."""
    if isinstance(condition, Ask):
        return frozenset({condition.fact})
    return frozenset[str]().union(*(asked_in(part) for part in condition.parts))


def holds(conditions: Sequence[Condition], facts: Facts) -> bool:
    """Whether all conditions hold."""
    return all(_holds(condition, facts) for condition in conditions)


def _holds(condition: Condition, facts: Facts) -> bool:
    if isinstance(condition, AnyOf):
        return any(_holds(part, facts) for part in condition.parts)
    if isinstance(condition, Not):
        return not holds(condition.parts, facts)
    return _answers(condition, facts[condition.fact])


def _answers(ask: Ask, actual: bool | str) -> bool:
    if ask.operator == "is":
        return actual == ask.value
    if ask.operator == "not":
        return actual != ask.value
    if ask.operator == "in":
        return isinstance(ask.value, tuple) and actual in ask.value
    return isinstance(actual, str) and isinstance(ask.value, str) and ask.value in actual


def possible(conditions: Sequence[Condition], facts: Facts) -> bool:
    """Whether the conditions may hold when only some facts are known."""
    return all(_verdict(condition, facts) is not False for condition in conditions)


def _verdict(condition: Condition, facts: Facts) -> bool | None:
    """True, False, or None while a fact that matters is not known."""
    if isinstance(condition, Ask):
        return _answers(condition, facts[condition.fact]) if condition.fact in facts else None
    verdicts = [_verdict(part, facts) for part in condition.parts]
    if isinstance(condition, AnyOf):
        return True if True in verdicts else (None if None in verdicts else False)
    return True if False in verdicts else (None if None in verdicts else False)


def unmet(conditions: Sequence[Condition], facts: Facts) -> tuple[str, ...]:
    """What stands in the way, in Chinese, one phrase a condition; empty when all hold."""
    return tuple(_unmet(condition, facts) for condition in conditions if not _holds(condition, facts))


def _unmet(condition: Condition, facts: Facts) -> str:
    if isinstance(condition, AnyOf):
        return "以下均不成立（" + "；".join(_unmet(part, facts) for part in condition.parts) + "）"
    if isinstance(condition, Not):
        return "出现了排除情形"
    return f"{FACTS[condition.fact]}：{in_words(facts[condition.fact])}"

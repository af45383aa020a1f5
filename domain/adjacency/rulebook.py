"""The rule book as it is packaged: rules, evidence, common superiors and precedents, read and checked once."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.adjacency.conditions import Condition, read_conditions
from domain.adjacency.question import Precedent
from domain.opinion import DUTIES

ACTIONS = frozenset(
    {
        "assign",
        "clear",
        "withdraw",
        "cap",
        "settle",
        "human",
        "emergency",
        "escalate",
        "need",
        "cite",
        "note",
        "deadline",
    }
)
"""What an effect may do."""

ROLES = frozenset({"handling", "upkeep", "supervision", "enforcement", "jurisdiction", "escalation", "procedure"})

_LISTS = {"zones", "rules", "evidence", "articles"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing a rule does when it fires; which fields are filled depends on `do`."""

    do: str
    when: tuple[Condition, ...] = ()
    duty: str = ""
    to: str = ""
    sector: str = ""
    zones: tuple[str, ...] = ()
    weight: float = 1.0
    precedence: int = 0
    why: str = ""
    text: str = ""
    status: str = ""
    rules: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    dispute: str = ""
    law: str = ""
    article: str = ""
    articles: tuple[str, ...] = ()
    role: str = ""
    what: str = ""
    value: float = 0.0
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: when it applies, what it does, and what a person must do about it."""

    id: str
    stage: int
    precedence: int
    name: str
    says: str
    human: str
    limit: str
    because: str
    when: tuple[Condition, ...]
    effects: tuple[Effect, ...]

    @property
    def basis(self) -> tuple[tuple[str, str], ...]:
        """Every article that the rule may cite, in its order."""
        return tuple((e.law, article) for e in self.effects if e.do == "cite" for article in e.articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperiorStep:
    """One body above the parties; `sector` may be `@supervision` or `@enforcement`: that duty's own sector."""

    body: str
    sector: str
    level: str
    via: str
    law: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Superior:
    """The way up for one kind of dispute across one kind of line."""

    dispute: str
    crosses: tuple[str, ...]
    steps: tuple[SuperiorStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Everything that `domain/data/rules.toml` and `precedents.toml` say; `version` changes with their bytes."""

    version: str
    stages: tuple[str, ...]
    precedence: tuple[str, ...]
    unlawful: tuple[str, ...]
    rules: tuple[Rule, ...]
    evidence: Mapping[str, str]
    superiors: tuple[Superior, ...]
    precedents: tuple[Precedent, ...]


@cache
def rule_book() -> RuleBook:
    """The packaged rule book."""
    folder = files("domain") / "data"
    rules = (folder / "rules.toml").read_bytes()
    precedents = (folder / "precedents.toml").read_bytes()
    return read_rule_book(rules, precedents)


def read_rule_book(rules: bytes, precedents: bytes = b"") -> RuleBook:
    """Read and check a rule book.

    Args:
        rules: TOML of the form of `domain/data/rules.toml`.
        precedents: TOML with `[[precedent]]` tables.

    Raises:
        ValueError: If a rule names a fact, action, duty, role or evidence that does not exist, or an id twice.
    """
    plain = tomllib.loads(rules.decode())
    version = f"{plain['version']}+{hashlib.sha256(rules + precedents).hexdigest()[:12]}"
    evidence: dict[str, str] = dict(plain["evidence"])
    read = tuple(_rule(item, evidence) for item in plain["rule"])
    if len({rule.id for rule in read}) != len(read):
        raise ValueError("rules: an id occurs twice")
    return RuleBook(
        version=version,
        stages=tuple(plain["stages"]),
        precedence=tuple(plain["precedence"]),
        unlawful=tuple(plain["unlawful"]),
        rules=read,
        evidence=evidence,
        superiors=tuple(_superior(item) for item in plain["superior"]),
        precedents=tuple(_precedent(item) for item in tomllib.loads(precedents.decode()).get("precedent", [])),
    )


def rule_from_plain(plain: dict[str, Any], evidence: Mapping[str, str]) -> Rule:
    """A rule from a table of the form of `domain/data/rules.toml`.

    Raises:
        KeyError, ValueError, TypeError: If it is not of that form, or names what does not exist.
    """
    return _rule(plain, evidence)


def _rule(plain: dict[str, Any], evidence: Mapping[str, str]) -> Rule:
    name = plain["id"]
    return Rule(
        id=name,
        stage=plain["stage"],
        precedence=plain["precedence"],
        name=plain["name"],
        says=plain["says"],
        human=plain["human"],
        limit=plain["limit"],
        because=plain["because"],
        when=read_conditions(plain["when"], name),
        effects=tuple(_effect(item, name, evidence) for item in plain["effects"]),
    )


def _effect(plain: dict[str, Any], rule: str, evidence: Mapping[str, str]) -> Effect:
    fields: dict[str, Any] = {key: value for key, value in plain.items() if key != "when"}
    for key in _LISTS & set(fields):
        fields[key] = tuple(fields[key])
    effect = Effect(when=read_conditions(plain.get("when", []), rule), **fields)
    faults = {
        f"unknown action {effect.do!r}": effect.do not in ACTIONS,
        f"unknown duty {effect.duty!r}": effect.duty not in ("", *DUTIES),
        f"unknown role {effect.role!r}": effect.role not in ROLES | {""},
        f"unknown evidence {effect.evidence!r}": not set(effect.evidence) <= set(evidence),
        f"weight {effect.weight} outside [0, 1]": not 0.0 <= effect.weight <= 1.0,
    }
    found = [fault for fault, is_so in faults.items() if is_so]
    if found:
        raise ValueError(f"{rule}: {'; '.join(found)}")
    return effect


def _superior(plain: dict[str, Any]) -> Superior:
    steps = tuple(SuperiorStep(**step) for step in plain["steps"])
    return Superior(dispute=plain["dispute"], crosses=tuple(plain["crosses"]), steps=steps)


def _precedent(plain: dict[str, Any]) -> Precedent:
    return Precedent(
        id=plain["id"],
        title=plain["title"],
        facts=plain["facts"],
        issues=tuple(plain["issues"]),
        rules=tuple(plain["rules"]),
        year=plain.get("year"),
        source=plain["source"],
    )

"""What is measured and how it is scored: indicators, scores and thresholds as data (`domain/data/evaluation.toml`)."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, cast

from domain.caselog import FIELDS
from domain.errors import InvalidInput

FORMAT = "lianzhi-evaluation/1"
KINDS = ("share", "ratio", "mean", "median")
"""分子/分母 of cases; a ratio of sums; a mean of counts; a median of hours."""
STATUS_NAMES = {"given": "来源给定", "to_confirm": "分母待确认", "ours": "本项目建议"}
FACTS = (
    "reported", "valid", "registered", "registered_in_time", "registered_right", "should_dispatch", "dispatched",
    "dispatched_in_time", "accepted_first", "returns_told", "should_handle", "handled", "handled_in_time",
    "overdue_open", "extended", "should_close", "closed", "closed_in_time", "closed_late", "reworked", "should_check",
    "checked_in_time", "should_verify", "verified_in_time", "asked", "satisfied", "adjacent", "disputed", "settled",
    "settling_told", "settled_by_superior", "interim_before_settled", "followed_up", "recurred", "common_spot",
    "spot_under_agreement",
)  # fmt: skip
"""Facts of a case that indicators may name; `domain.adjacency.evaluation.facts` says what each means."""
AMOUNTS = ("returns", "dispatches", "settling_hours")
"""Numbers of a case that ratios, means and medians may name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator.

    Attributes:
        of: Facts that put a case below the line.
        count: Facts that put it above the line too (shares only).
        above, below: Amounts that are added up (`ratio`), or averaged (`mean`, `median`: `above`).
        status: Key of `STATUS_NAMES`.
        good: Which way is better: `high`, `low` or `none`.
        needs: Fields without which it cannot be computed.
        adjacent: Whether it is one of the adjacent-area indicators.
    """

    id: str
    name: str
    of: tuple[str, ...]
    formula: str
    source: str
    status: str
    good: str
    kind: str = "share"
    count: tuple[str, ...] = ()
    above: str = ""
    below: str = ""
    unit: str = ""
    needs: tuple[str, ...] = ()
    note: str = ""
    adjacent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a score: `weight` points times the indicator, or times what it lacks to one (`complement`)."""

    weight: float
    indicator: str
    way: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score as a declared sum of shares."""

    id: str
    name: str
    source: str
    formula: str
    terms: tuple[Term, ...]

    @property
    def points(self) -> float:
        """Most that can be had."""
        return sum(term.weight for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One pattern of gaming, with its thresholds by name."""

    id: str
    name: str
    what: str
    thresholds: Mapping[str, float] = field(default_factory=dict[str, float])

    def __getitem__(self, name: str) -> float:
        return self.thresholds[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits and sizes that definitions use; hours, days, metres as their names say."""

    register_h: float
    dispatch_h: float
    check_h: float
    verify_h: float
    close_h: float
    recurrence_days: int
    recurrence_radius_m: float
    spot_cell_m: float
    spot_cases: int
    small_sample: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Everything that an evaluation goes by."""

    name: str
    version: str
    limits: Limits
    indicators: tuple[Indicator, ...]
    scores: tuple[Score, ...]
    patterns: Mapping[str, Pattern]

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator. Raises InvalidInput if there is none of this id."""
        for one in self.indicators:
            if one.id == indicator_id:
                return one
        raise InvalidInput(f"没有编号为“{indicator_id[:40]}”的指标。", "指标编号见评估口径（docs/evaluation.md）。")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return asdict(self)


@cache
def shipped() -> Definitions:
    """The definitions that the project carries."""
    return read_definitions(files("domain").joinpath("data/evaluation.toml").read_text(encoding="utf-8"))


def read_definitions(text: str) -> Definitions:
    """Definitions from TOML.

    Raises:
        InvalidInput: If it is not TOML of this form; says where.
    """
    try:
        plain = tomllib.loads(text)
        if plain.get("format") != FORMAT:
            raise ValueError(f"format 应为 {FORMAT}")
        found = Definitions(
            name=plain["name"],
            version=plain["version"],
            limits=Limits(**plain["limits"]),
            indicators=tuple(_indicator(one) for one in plain["indicator"]),
            scores=tuple(_score(one) for one in plain.get("score", ())),
            patterns={one["id"]: _pattern(one) for one in plain.get("pattern", ())},
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"评估口径文件有误：{error}。", "请对照 docs/evaluation.md 的格式修改。") from error
    _check(found)
    return found


def _indicator(plain: Mapping[str, Any]) -> Indicator:
    lists = {key: tuple(cast("Sequence[str]", plain[key])) for key in ("of", "count", "needs") if key in plain}
    fields: dict[str, Any] = {**plain, **lists}
    return Indicator(**fields)


def _score(plain: Mapping[str, Any]) -> Score:
    fields: dict[str, Any] = {**plain, "terms": tuple(Term(**term) for term in plain["terms"])}
    return Score(**fields)


def _pattern(plain: Mapping[str, Any]) -> Pattern:
    words = {key: plain[key] for key in ("id", "name", "what")}
    return Pattern(**words, thresholds={key: float(value) for key, value in plain.items() if key not in words})


def _check(found: Definitions) -> None:
    shares = {one.id for one in found.indicators if one.kind == "share"}
    faults = [fault for one in found.indicators for fault in _faults_of(one)]
    if len({one.id for one in found.indicators}) < len(found.indicators):
        faults.append("指标编号重复")
    for score in found.scores:
        faults += [f"{score.id}：没有指标 {term.indicator}" for term in score.terms if term.indicator not in shares]
        faults += [f"{score.id}：way 应为 direct 或 complement" for t in score.terms if t.way not in _WAYS]
    if not 0.5 < found.limits.confidence < 1:
        faults.append("limits.confidence 应在 0.5 与 1 之间")
    if faults:
        raise InvalidInput(f"评估口径有误：{'；'.join(faults[:5])}。", "请对照 docs/evaluation.md 修改。")


_WAYS = ("direct", "complement")


def _faults_of(one: Indicator) -> list[str]:
    faults = [f"{one.id}：没有判断项 {fact}" for fact in (*one.of, *one.count) if fact not in FACTS]
    faults += [f"{one.id}：没有数量 {name}" for name in (one.above, one.below) if name and name not in AMOUNTS]
    faults += [f"{one.id}：没有字段 {name}" for name in one.needs if name not in FIELDS]
    if one.kind not in KINDS or one.status not in STATUS_NAMES or one.good not in ("high", "low", "none"):
        faults.append(f"{one.id}：kind、status 或 good 的取值不在允许范围")
    if not one.of or (one.kind == "share") != bool(one.count) or (one.kind != "share") != bool(one.above):
        faults.append(f"{one.id}：of、count、above 与 kind 不相配")
    return faults

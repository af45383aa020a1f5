"""Schemes of compensation as declared data: what is judged, what is paid, between whom. No scheme is code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

FORMAT = "lianzhi-scheme/1"
"""Name of the form; a reader refuses others."""
AGAINST = ("means", "target", "limits")
"""What a `Limits` component holds a value against: last year's mean, the class of the target, declared limits."""
Side = tuple[tuple[str, int], ...]
"""Who stands on one side of a section, with whole-number weights; one party as a rule, two where a river is a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section (断面) at which water passes from one side to the other.

    Attributes:
        target: Class that it must keep (考核目标), 1 to 6; None where the scheme does not say.
        baseline: Class of the fixed baseline (基准线), 1 to 6; None where the scheme does not say.
        means: Last year's means by factor, in the factor's unit, where the scheme fixes them.
    """

    id: str
    upstream: Side
    downstream: Side
    name: str = ""
    river: str = ""
    target: int | None = None
    baseline: int | None = None
    aliases: tuple[str, ...] = ()
    means: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    @property
    def title(self) -> str:
        """Its name, else its id."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class LastYear:
    """The rule of 2018: a section that keeps its target is held against the same month of last year.

    Amounts are fen a month. Better: downstream pays `better`. Worse: upstream pays `worse`. As good: `tie` (0).
    Target missed: upstream pays `failed`.
    """

    id: str
    better: int
    worse: int
    failed: int
    tie: int = 0
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The rule of 2023: a section is held against a fixed class.

    `equal`: a class just as good counts as `better`, or pays `nothing`. Amounts are fen a month.
    """

    id: str
    better: int
    failed: int
    equal: str = "better"
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every named factor must keep everything in `against`; all kept: downstream pays `met`, else upstream `failed`."""

    id: str
    factors: tuple[str, ...]
    against: tuple[str, ...]
    met: int
    failed: int
    limits: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    sections: tuple[str, ...] = ()
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A fixed sum a year for some years (定额补偿), due in one month.

    `limits` (factor → limit) must be kept in `sections` in every month of the year; a breach is handed to a person,
    since what follows from it is for the parties' agreement to say (生态保护补偿条例, art. 17 no. 6).
    """

    id: str
    payer: str
    payee: str
    amount: int
    first_year: int
    years: int
    month: int = 12
    limits: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    sections: tuple[str, ...] = ()
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That a party has done what a reward is for; without `evidence` a person must look."""

    party: str
    month: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """A sum that `payer` gives to each party that has done a named thing (奖励), in fen."""

    id: str
    payer: str
    amount: int
    claims: tuple[Claim, ...] = ()
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A sum a year that `payer` divides among upstream parties by their good months under `component` (成效倾斜)."""

    id: str
    payer: str
    amount: int
    component: str
    name: str = ""
    inferred: Mapping[str, str] = field(default_factory=dict[str, str])


Component = LastYear | Baseline | Limits | Fixed | Reward | Pool
KINDS: Mapping[str, type[Any]] = {
    "last_year": LastYear,
    "baseline": Baseline,
    "limits": Limits,
    "fixed": Fixed,
    "reward": Reward,
    "pool": Pool,
}
"""Kinds of component by the word that a scheme file uses."""
MONTHLY = (LastYear, Baseline, Limits)
"""Kinds that are judged for each section and month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One declared scheme.

    Attributes:
        treasury: Name of the city treasury, which stands at the head and the tail of a chain.
        water: `river` or `lake`.
        unit: Unit of concentrations for which a table states none.
        required: Factors without which a month is not settled.
        clearing: `pairs`: who owes pays whom it owes, in sum of the year; `treasury`: all through the treasury.
        basis: (law, article) that it rests on; checked in the knowledge base before they are cited.
        sources: Where its parameters come from, in words.
        undisclosed: What the public rules do not say, in words; shown with every statement.
        digest: SHA-256 of its content.
        plain: The declaration as it was read, a JSON value.
    """

    id: str
    name: str
    version: str
    components: tuple[Component, ...]
    sections: tuple[Section, ...] = ()
    treasury: str = "市财政"
    water: str = "river"
    unit: str = "mg/L"
    required: tuple[str, ...] = ()
    clearing: str = "pairs"
    valid_from: date | None = None
    valid_to: date | None = None
    basis: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    undisclosed: tuple[str, ...] = ()
    digest: str = ""
    plain: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def valid_in(self, month: str) -> bool:
        """Whether it holds in a month; it must hold on the month's first day."""
        first = date(int(month[:4]), int(month[5:]), 1)
        return (self.valid_from is None or self.valid_from <= first) and (
            self.valid_to is None or first < self.valid_to
        )

    def component(self, component_id: str) -> Component:
        """The component with this id. Raises KeyError."""
        return {component.id: component for component in self.components}[component_id]


def chain(
    parties: tuple[str, ...], sections: tuple[Section | None, ...], *, treasury: str = "市财政"
) -> tuple[Section, ...]:
    """Sections of a river that passes parties one after the other; the treasury stands at head and tail.

    Args:
        parties: From the source down.
        sections: One more than parties: the first where the river enters the first party, the last where it leaves
            the last one; None where nothing is judged. Their sides are replaced.
        treasury: Who stands above the first and below the last party.

    Raises:
        ValueError: If the numbers do not fit.
    """
    if len(sections) != len(parties) + 1:
        raise ValueError("a chain has one section more than parties")
    ends = (treasury, *parties, treasury)
    return tuple(
        Section(
            id=one.id, upstream=((ends[place], 1),), downstream=((ends[place + 1], 1),), name=one.name,
            river=one.river, target=one.target, baseline=one.baseline, aliases=one.aliases, means=one.means,
        )
        for place, one in enumerate(sections)
        if one is not None
    )  # fmt: skip

"""What a section table says of one section in one month, and what is wrong with the table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.adjacency.compensation.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a row: `row` counts from 1 without the head, 0 is the whole table; `reason` is Chinese."""

    row: int
    reason: str
    section: str = ""
    month: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {"row": self.row, "section": self.section, "month": self.month, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One section in one month.

    Attributes:
        section: As the table calls it.
        rows: Rows it was read from.
        target, previous, baseline: Classes that the table states, 1 to 6.
        readings: By factor id, in the factor's unit, in the order of the table.
        means: Last year's means that the table states, by factor id.
        bad: Why a factor's value cannot be used, by factor id.
        faults: Why the whole month cannot be settled.
    """

    section: str
    month: str
    rows: tuple[int, ...]
    river: str = ""
    upstream: str = ""
    downstream: str = ""
    target: int | None = None
    previous: int | None = None
    baseline: int | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict[str, Reading])
    means: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    bad: Mapping[str, str] = field(default_factory=dict[str, str])
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionTable:
    """All of a table: records by section and month, problems by row, and notes on the table as a whole."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

"""A report as parts that any format can show: headings, sentences, tables, charts, and lists to open."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

Cell = str | int | float | Decimal | None
"""What a cell holds; None is "nothing", shown as a dash. Money is an exact decimal."""

FORMATS = ("text", "count", "share", "number", "points")
"""How a column's numbers are shown: as they are, 12,345, 91.2 %, 3.42, and with a sign for a change in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its head and how its numbers are shown."""

    head: str
    form: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; `title` is short, for it also names a sheet."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row of bars or one line; `low` and `high` are intervals, as long as `values`, or empty."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart.

    Attributes:
        kind: `bars` (lying, one for each label) or `lines` (over labels in order).
        form: How values are shown, of `FORMATS`.
        mark: Label from which something holds, drawn as an upright line; empty for none.
    """

    title: str
    kind: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    form: str = "share"
    mark: str = ""
    mark_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Something that opens to a list of ids; `total` says how many there are where not all are shown."""

    title: str
    items: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part under a heading."""

    heading: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    listings: tuple[Listing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report; `label` says what it is and is not, in one sentence."""

    title: str
    label: str
    sections: tuple[Section, ...] = field(default_factory=tuple[Section, ...])


def shown(cell: Cell, form: str) -> str:
    """A cell as people read it."""
    if cell is None:
        return "—"
    if isinstance(cell, str):
        return cell
    if form == "share":
        return f"{cell:.1%}"
    if form == "points":
        return f"{cell:+.2f}"
    if form == "number":
        return f"{cell:,.2f}"
    return f"{cell:,}" if form == "count" else str(cell)


def table(title: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Cell]], note: str = "") -> Table:
    """A table from heads with their forms, and rows."""
    made = tuple(Column(head=head, form=form) for head, form in columns)
    return Table(title=title, columns=made, rows=tuple(map(tuple, rows)), note=note)

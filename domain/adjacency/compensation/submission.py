"""What a statement is made of, as a plain JSON value: scheme, numbered rows, period; how an amendment changes it."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from domain.adjacency.compensation.columns import column_of
from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.factors import plain
from domain.adjacency.compensation.library import chosen_for
from domain.adjacency.compensation.months import month_of, period_of
from domain.adjacency.compensation.schemefile import scheme_from_plain
from domain.adjacency.compensation.sectiontable import read_section_table
from domain.adjacency.compensation.statement import Statement
from domain.errors import InvalidInput

MAX_ROWS = 20_000
"""A year of a city's sections is a few thousand rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Everything that a statement follows from; equal submissions give equal bytes.

    Attributes:
        rows: Numbered rows of a section table, cells by head; plain JSON values.
        scheme: Declaration of a scheme; None: the packaged one that fits the table.
        period: As `domain…months.period_of` reads it; empty: all months of the table.
        until: Last month that can have been measured, `2026-11`; empty: any.
        faults: Rows that could not be read, with the reason.
        notes: What was noted on the file.
    """

    rows: tuple[tuple[int, Mapping[str, Any]], ...]
    scheme: Mapping[str, Any] | None = None
    period: str = ""
    until: str = ""
    faults: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; `submission_from_json` reads it back."""
        return {
            "rows": [[number, dict(cells)] for number, cells in self.rows],
            "scheme": dict(self.scheme) if self.scheme is not None else None,
            "period": self.period,
            "until": self.until,
            "faults": [list(fault) for fault in self.faults],
            "notes": list(self.notes),
        }

    def digest(self) -> str:
        """SHA-256 of the content."""
        text = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def submission_from_json(given: Mapping[str, Any]) -> Submission:
    """Read back what `Submission.to_json` wrote; trusts its input."""
    return Submission(
        rows=tuple((int(number), cells) for number, cells in given["rows"]),
        scheme=given["scheme"],
        period=given["period"],
        until=given["until"],
        faults=tuple((int(number), str(reason)) for number, reason in given["faults"]),
        notes=tuple(given["notes"]),
    )


def plain_cell(cell: object) -> Any:  # noqa: ANN401  a JSON value
    """A cell as a JSON value that reads the same: dates as text, text without halves of characters."""
    if isinstance(cell, Mapping):
        return {str(key): plain_cell(value) for key, value in cast("Mapping[object, object]", cell).items()}
    if isinstance(cell, float) and not math.isfinite(cell):
        return None if math.isnan(cell) else str(cell)
    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).encode(errors="replace").decode().replace("\x00", "")


def statement_of(given: Submission) -> Statement:
    """Compute the statement.

    Raises:
        InvalidInput: There are too many rows, or the period cannot be read.
        BadTable: The table as a whole cannot be used.
        BadScheme: The scheme cannot be used.
    """
    if len(given.rows) > MAX_ROWS:
        raise InvalidInput(f"断面表有 {len(given.rows)} 行，超过上限 {MAX_ROWS} 行。", "请按年份或流域拆分。")
    try:
        period = period_of(given.period) if given.period else None
    except ValueError as fault:
        raise InvalidInput(f"{fault}。", "写法如 2024、2024-03、2024-01..2024-06。") from None
    scheme = scheme_from_plain(given.scheme) if given.scheme is not None else None
    unit = scheme.unit if scheme is not None else "mg/L"
    table = read_section_table(given.rows, unit=unit, until=given.until, faults=given.faults, notes=given.notes)
    chosen = ""
    if scheme is None:
        scheme, chosen = chosen_for(table)
    return compute(scheme, table, period=period, chosen=chosen)


def amended(
    old: Submission, rows: Sequence[Mapping[str, Any]], *, scheme: Mapping[str, Any] | None = None
) -> Submission:
    """The submission with rows in the place of those about the same section and month (and factor, if they say one).

    Args:
        old: What was submitted.
        rows: New rows; numbered on from the last of the old ones.
        scheme: Another scheme; None keeps the old one.
    """
    fresh_keys = {key for cells in rows if (key := _key(cells)) is not None}
    kept = tuple((number, cells) for number, cells in old.rows if _key(cells) not in fresh_keys)
    last = max((number for number, _ in old.rows), default=0)
    fresh = tuple((last + at, cells) for at, cells in enumerate(rows, start=1))
    return Submission(
        rows=(*kept, *fresh),
        scheme=scheme if scheme is not None else old.scheme,
        period=old.period,
        until=old.until,
        faults=old.faults,
        notes=old.notes,
    )


def _key(cells: Mapping[str, Any]) -> tuple[str, str, str] | None:
    found: dict[str, Any] = {}
    for head, cell in cells.items():
        if key := column_of(head).key:
            found.setdefault(key, cell)
    month = month_of(found.get("month", f"{found.get('year_no', '')}-{found.get('month_no', '')}"))
    section = plain(str(found.get("section", "")))
    return (section, month, plain(str(found.get("factor", "")))) if section and month else None

"""Indicators by plain loops over rows: the peer of `bench/evaluation.py` and the oracle of its test.

Written from the words of the definitions, row by row, without arrays; recurrence and common spots are left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.adjacency.evaluation.definitions import Limits
from domain.clock import CHINA

Row = Mapping[str, Any]
Tally = dict[tuple[str, str, str], list[int]]
"""By cut, key and indicator: numerator and denominator."""

PLAIN = (
    "valid_report_rate", "registration_rate", "on_time_registration_rate", "dispatch_rate", "on_time_dispatch_rate",
    "right_dispatch_rate", "handling_rate", "on_time_handling_rate", "closing_rate", "on_time_closing_rate",
    "late_closing_rate", "rework_rate", "overdue_open_rate", "extension_rate", "satisfaction_rate", "adjacent_share",
    "adjacent_first_right_rate", "superior_share",
)  # fmt: skip
"""Indicators that the loops count."""


def plain_tallies(
    rows: Iterable[Row], as_of: datetime, limits: Limits, cuts: Mapping[str, Callable[[Row], str]]
) -> Tally:
    """Numerators and denominators of every cut."""
    found: Tally = defaultdict(lambda: [0, 0])
    for row in rows:
        judged = _judged(row, as_of, limits)
        for cut, key in cuts.items():
            where = key(row)
            for name, (below, above) in judged.items():
                if below:
                    tally = found[cut, where, name]
                    tally[1] += 1
                    tally[0] += above
    return found


def _at(row: Row, name: str) -> datetime | None:
    text = row.get(name)
    return datetime.fromisoformat(text) if text else None


def _done(row: Row, name: str, as_of: datetime) -> bool:
    at = _at(row, name)
    return at is not None and at <= as_of


def _judged(row: Row, as_of: datetime, limits: Limits) -> dict[str, tuple[bool, bool]]:
    """Whether a row is below and above the line, by indicator."""
    filed = row["stage"] not in ("rejected", "merged")
    registered = filed and _done(row, "registered_at", as_of)
    dispatched = filed and _done(row, "dispatched_at", as_of)
    handled = dispatched and _done(row, "handled_at", as_of)
    closed = dispatched and _done(row, "closed_at", as_of)
    due = _at(row, "due_at")
    close_due = due + timedelta(hours=limits.close_h) if due else None
    should_handle = dispatched and (handled or (due is not None and due <= as_of))
    should_close = dispatched and (closed or (close_due is not None and close_due <= as_of))
    in_time = handled and due is not None and _at(row, "handled_at") <= due  # type: ignore[operator]
    closed_in_time = closed and close_due is not None and _at(row, "closed_at") <= close_due  # type: ignore[operator]
    first = len(row["returns"]) == 0 and (not row["first_unit"] or not row["unit"] or row["first_unit"] == row["unit"])
    asked = row["satisfied"] is not None
    disputed = filed and bool(row["returns"] or row["settled_by"] in ("negotiation", "superior"))
    adjacent, settled = bool(row["adjacent"]), _done(row, "settled_at", as_of)
    return {
        "valid_report_rate": (True, filed),
        "registration_rate": (filed, registered),
        "on_time_registration_rate": (
            registered,
            _within(row, "reported_at", "registered_at", 60 * limits.register_h),
        ),
        "dispatch_rate": (registered, dispatched),
        "on_time_dispatch_rate": (registered, _within(row, "registered_at", "dispatched_at", 60 * limits.dispatch_h)),
        "right_dispatch_rate": (registered, first),
        "handling_rate": (should_handle, handled),
        "on_time_handling_rate": (should_handle, in_time),
        "closing_rate": (should_close, closed),
        "on_time_closing_rate": (should_close, closed_in_time),
        "late_closing_rate": (should_close, closed and not closed_in_time),
        "rework_rate": (should_close, row["rework"] > 0),
        "overdue_open_rate": (should_handle, not handled and due is not None and due < as_of),
        "extension_rate": (should_handle, row["extended"] > 0),
        "satisfaction_rate": (asked, bool(row["satisfied"])),
        "adjacent_share": (True, adjacent),
        "adjacent_first_right_rate": (adjacent and dispatched, first),
        "superior_share": (adjacent and disputed and settled, row["settled_by"] == "superior"),
    }


def _within(row: Row, start: str, end: str, minutes: float) -> bool:
    begun, ended = _at(row, start), _at(row, end)
    return begun is not None and ended is not None and ended <= begun + timedelta(minutes=minutes)


def month_of(row: Row) -> str:
    """Civil month of the report."""
    at = datetime.fromisoformat(row["reported_at"]).astimezone(UTC).astimezone(CHINA)
    return f"{at.year}-{at.month:02d}"


CUTS: Mapping[str, Callable[[Row], str]] = {
    "city": lambda row: "city",  # noqa: ARG005
    "district": lambda row: row["district"],
    "township": lambda row: row["township"],
    "unit": lambda row: row["unit"],
    "issue": lambda row: row["issue"],
    "month": month_of,
}

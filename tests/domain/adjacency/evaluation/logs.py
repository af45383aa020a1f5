"""Small case logs for the laws of evaluation: rows of any shape that a city may hand in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.facts import Reading
from domain.caselog import CaseTable
from domain.caselogreader import CaseLogReader

START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = np.datetime64("2026-12-31T00:00:00")
STEPS = ("registered_at", "dispatched_at", "handled_at", "closed_at")


def at(hours: float) -> str:
    """An instant so many hours after the start."""
    return (START + timedelta(hours=hours)).isoformat()


def case(case_id: str, hours: float = 0.0, **fields: Any) -> dict[str, Any]:
    """A closed case that went as it should; anything can be said otherwise."""
    plain = {
        "id": case_id,
        "issue": "E01",
        "district": "D1",
        "township": "T1",
        "lon": 106.5,
        "lat": 29.6,
        "reported_at": at(hours),
        "registered_at": at(hours + 0.1),
        "dispatched_at": at(hours + 0.2),
        "settled_at": at(hours + 0.2),
        "settled_by": "first",
        "due_at": at(hours + 4),
        "handled_at": at(hours + 2),
        "closed_at": at(hours + 3),
        "stage": "closed",
        "first_unit": "u1",
        "unit": "u1",
        "returns": 0,
        "rework": 0,
        "extended": 0,
        "adjacent": False,
        "source": "hotline",
    }
    return plain | fields


def table_of(rows: list[dict[str, Any]]) -> CaseTable:
    """The rows as a table; no codes are checked."""
    reader = CaseLogReader()
    fields = sorted({key for row in rows for key in row})
    reader.add({key: [row.get(key) for row in rows] for key in fields}, range(1, len(rows) + 1))
    return reader.table()


def reading(rows: list[dict[str, Any]], as_of: np.datetime64 = AS_OF) -> Reading:
    """The rows read at a moment by the shipped definitions."""
    return Reading(table_of(rows), as_of, shipped().limits, ())


@st.composite
def loose_case(draw: st.DrawFn) -> dict[str, Any]:
    """A case in any state: with holes, contradictions, unknown regions."""
    start = draw(st.integers(0, 8000))
    gaps = draw(st.lists(st.integers(-1, 60), min_size=len(STEPS), max_size=len(STEPS)))
    reached = draw(st.integers(0, len(STEPS)))
    times = dict.fromkeys(STEPS)
    hours = float(start)
    for name, gap in list(zip(STEPS, gaps, strict=True))[:reached]:
        hours += gap / 4
        times[name] = at(hours)
    stages = ("collected", "registered", "dispatched", "handled", "closed")
    return {
        "issue": draw(st.sampled_from(["E01", "P01", "S02", None])),
        "district": draw(st.sampled_from(["D1", "D2", None])),
        "township": draw(st.sampled_from(["T1", "T2", "T3", None])),
        "unit": draw(st.sampled_from(["u1", "u2", None])),
        "first_unit": draw(st.sampled_from(["u1", "u2", None])),
        "reporter": draw(st.sampled_from(["甲", "乙", None])),
        "reported_at": draw(st.sampled_from([at(start), None, at(start)])),
        **times,
        "due_at": draw(st.sampled_from([at(start + 8), at(start + 2), None])),
        "stage": draw(st.sampled_from([stages[reached], stages[reached], "rejected", "merged", None])),
        "returns": draw(
            st.sampled_from([0, 0, 1, 3, None, [{"at": at(start + 1), "unit": "u2", "reason": "非本辖区"}]])
        ),
        "settled_at": draw(st.sampled_from([at(start + 5), None])),
        "settled_by": draw(st.sampled_from(["first", "negotiation", "superior", None])),
        "interim_at": draw(st.sampled_from([at(start + 3), at(start + 6), None])),
        "rework": draw(st.sampled_from([0, 1, None])),
        "extended": draw(st.sampled_from([0, 1, None])),
        "satisfied": draw(st.sampled_from([True, False, None])),
        "registered_right": draw(st.sampled_from([True, False, None])),
        "adjacent": draw(st.sampled_from([True, False, None])),
        "verified_at": draw(st.sampled_from([times["handled_at"], None])),
        "checked_at": draw(st.sampled_from([at(start + 1), None])),
        "lon": draw(st.sampled_from([106.5, 106.5001, 106.6, None])),
        "lat": draw(st.sampled_from([29.6, 29.6001, None])),
    }


def loose_logs(max_size: int = 25) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Logs of such cases."""
    logs = st.lists(loose_case(), min_size=1, max_size=max_size)
    return logs.map(lambda rows: [{"id": f"c{i}", **row} for i, row in enumerate(rows)])

"""Laws of the case log: cells in, columns out, nothing guessed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.caselog import FIELDS, LOOP, NOT_SAID, PROBLEMS, CaseTable
from domain.caselogcells import read_times
from domain.caselogreader import CaseLogReader

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(-800_000_000, 2_000_000_000).map(lambda seconds: START + timedelta(seconds=seconds))
JUNK = st.one_of(
    st.none(), st.text(max_size=12), st.integers(), st.floats(), st.booleans(),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), INSTANTS,
)  # fmt: skip


def table_of(rows: list[dict[str, Any]], *, lot: int = 1000) -> CaseTable:
    reader = CaseLogReader()
    for start in range(0, len(rows), lot):
        part = rows[start : start + lot]
        fields = {key for row in part for key in row}
        reader.add({key: [row.get(key) for row in part] for key in fields}, range(start + 1, start + len(part) + 1))
    return reader.table()


def hour(step: int) -> str:
    return (START + timedelta(hours=step)).isoformat()


def writings(at: datetime) -> list[object]:
    local = at.astimezone(CHINA)
    return [
        at.isoformat(),
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S"),
        local.strftime("%Y/%m/%d %H:%M:%S"),
        f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute}分{local.second}秒",
        local.strftime("%Y%m%d%H%M%S"),
        local.replace(tzinfo=None),
    ]


@given(INSTANTS)
def test_an_instant_is_the_same_however_it_is_written(at: datetime) -> None:
    told: list[object] = []
    cells = writings(at)
    times = read_times(cells, lambda i, code, cell: told.append((i, code, cell)))
    assert told == []
    assert set(times.tolist()) == {at.replace(tzinfo=None)}
    for cell in cells:  # alone in its column, where it is read all at once
        assert read_times([cell], lambda *_: None)[0] == times[0]


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), JUNK, max_size=8), max_size=12), st.integers(1, 5))
def test_junk_never_stops_the_reading_and_every_row_is_accounted_for(rows: list[dict[str, Any]], lot: int) -> None:
    table = table_of(rows, lot=lot)
    dropped = sum(p.code in ("missing_id", "duplicate_id") for p in table.problems)
    assert len(table) + dropped == len(rows) == table.rows_read
    assert {p.code for p in table.problems} <= PROBLEMS.keys()
    assert len(set(table.id.tolist())) == len(table)


@given(st.lists(st.tuples(*[st.none() | st.integers(0, 9)] * len(LOOP)), min_size=1, max_size=8))
def test_ordered_says_whether_the_loop_runs_forward(steps: list[tuple[int | None, ...]]) -> None:
    rows = [
        {"id": str(i), **{k: hour(s) for k, s in zip(LOOP, row, strict=True) if s is not None}}
        for i, row in enumerate(steps)
    ]
    table = table_of(rows)
    known = [[s for s in row if s is not None] for row in steps]
    assert table.ordered.tolist() == [row == sorted(row) for row in known]
    told = {p.row for p in table.problems if p.code == "contradictory_times"}
    assert told == {i for i, row in enumerate(known, start=1) if row != sorted(row)}


@given(st.lists(st.integers(0, 30), unique=True, max_size=10), st.data())
def test_taking_keeps_each_case_whole(numbers: list[int], data: st.DataObject) -> None:
    rows = [
        {"id": f"c{n}", "unit": f"u{n % 3}", "previous": f"c{n - 1}", "returns": [{"unit": f"r{n}"}] * (n % 3)}
        for n in numbers
    ]
    table = table_of(rows)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), dtype=np.bool_)
    part = table.take(mask)
    kept = [row for row, keep in zip(rows, mask, strict=True) if keep]
    assert part.id.tolist() == [row["id"] for row in kept]
    assert part.words["unit"].words() == [row["unit"] for row in kept]
    assert part.counts["returns"].tolist() == [len(row["returns"]) for row in kept]
    assert part.returns.unit.words() == [one["unit"] for row in kept for one in row["returns"]]
    at = part.position_of("previous")
    assert [part.id[i] if i != NOT_SAID else "" for i in at] == [
        row["previous"] if row["previous"] in {r["id"] for r in kept} else "" for row in kept
    ]


def test_an_empty_log_is_a_table_too() -> None:
    table = table_of([])
    assert len(table) == 0
    assert len(table.hours("reported_at", "closed_at")) == 0

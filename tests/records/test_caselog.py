"""The book as a case log: the same columns as a table, in order, with the times of the loop."""

from datetime import timedelta

import numpy as np
import pytest

import records.caselog
from domain.case import Move
from domain.caselogreader import known_of
from domain.worlddata import schematic_city
from records.book import CaseBook
from tests.records.making import NOON, minutes, observation, opened, order


async def test_the_log_tells_what_the_book_holds(book: CaseBook) -> None:
    case = await opened(book, 1, Move.REGISTER)
    await book.describe(case.id, {"issue": "E04", "region": "509902001", "lon": 106.5, "lat": 29.6}, at=NOON)
    await book.issue_order(order(case.id), by="run", at=NOON, event={})
    for number, move in enumerate((Move.DISPATCH, Move.ACCEPT, Move.HANDLE, Move.REPORT, Move.VERIFY, Move.CLOSE), 1):
        await book.move(case.id, move, by="run", at=minutes(10 * number), reason="测试需要")
    other = await opened(book, 2, at=minutes(90))
    table = await book.case_log(known_of(schematic_city()))

    assert table.id.tolist() == [case.id, other.id]
    assert (table.words["issue"].word(0), table.words["issue"].word(1)) == ("E04", "")
    assert (table.words["township"].word(0), table.words["district"].word(0)) == ("509902001", "509902")
    assert table.words["stage"].words() == ["closed", "collected"]
    assert table.words["unit"].word(0) == "u-500103-sanitation"
    at = {name: table.time(name)[0] for name in ("reported_at", "registered_at", "dispatched_at", "closed_at")}
    assert at["reported_at"] == np.datetime64("2026-05-01T04:00:00")
    assert at["dispatched_at"] - at["registered_at"] == np.timedelta64(600, "s")
    assert at["closed_at"] - at["registered_at"] == np.timedelta64(3600, "s")
    assert np.isnat(table.time("closed_at")[1])
    assert (table.numbers["lon"][0], table.numbers["lat"][0]) == (106.5, 29.6)


async def test_only_what_was_opened_since_then(book: CaseBook) -> None:
    for number in range(4):
        await opened(book, number, at=NOON + timedelta(days=number))
    table = await book.case_log(since=NOON + timedelta(days=2))
    assert len(table) == 2


async def test_chunks_join_without_a_gap(book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records.caselog, "CHUNK", 3)
    ids = [(await book.accept(observation(number), idempotency_key="", by="t", at=NOON)).case_id for number in range(8)]
    table = await book.case_log()
    assert sorted(table.id.tolist()) == sorted(ids)
    assert table.row.tolist() == list(range(1, 9))


async def test_an_empty_book_is_an_empty_log(book: CaseBook) -> None:
    assert len(await book.case_log()) == 0


async def test_returns_rework_and_who_has_it_at_last(book: CaseBook) -> None:
    case = await opened(book, 1, Move.REGISTER)
    moves = (Move.DISPATCH, Move.RETURN, Move.DISPATCH, Move.ACCEPT, Move.HANDLE, Move.REPORT, Move.REWORK)
    for number, move in enumerate(moves, start=1):
        await book.move(case.id, move, by="run", at=minutes(10 * number), reason="不在本单位管辖范围")
    other = await opened(book, 2, Move.REGISTER, Move.DISPATCH, at=minutes(90))
    third = await opened(book, 3, Move.REGISTER, at=minutes(95))
    table = await book.case_log()
    assert table.id.tolist() == [case.id, other.id, third.id]
    assert table.counts["returns"].tolist() == [1, 0, 0]
    assert table.counts["rework"].tolist() == [1, 0, 0]
    assert table.returns.reason.words() == ["不在本单位管辖范围"]
    assert table.time("settled_at")[0] - table.time("dispatched_at")[0] == np.timedelta64(1200, "s")
    assert table.words["settled_by"].words() == ["negotiation", "first", ""]

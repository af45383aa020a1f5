"""Work orders: issued once with their message, then moved by the unit."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from domain.case import OrderStatus
from domain.errors import CaseNotFound, DuplicateId, EmptyText, IllegalMove, WorkOrderNotFound
from records.book import CaseBook
from records.engine import Database
from records.tables import order_events
from tests.records.making import NOON, minutes, opened, order

EVENT = {"order": "w-0", "address": "两区交界处"}


async def test_an_order_comes_with_its_message_and_its_entry(book: CaseBook) -> None:
    case = await opened(book)
    issued = await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)

    assert issued == order(case.id)
    assert await book.orders_of(case.id) == [issued]
    assert await book.order("w-0") == issued
    (message,) = await book.outbox_pending()
    assert (message.topic, message.subject, message.payload) == ("work_order.issued", case.id, EVENT)
    entry = (await book.audit(case.id))[-1]
    assert (entry.action, entry.detail["order"], entry.detail["due_at"]) == (
        "order.issue",
        "w-0",
        "2026-05-01T05:00:00Z",
    )


async def test_an_order_without_deadline_or_distance_is_kept_so(book: CaseBook) -> None:
    case = await opened(book)
    bare = order(case.id, due_at=None, due_source="", distance_m=None)
    await book.issue_order(bare, by="run", at=NOON, event={})
    assert await book.orders_of(case.id) == [bare]


async def test_thirty_two_issues_at_once_write_one_of_each(book: CaseBook) -> None:
    case = await opened(book)
    tries = [book.issue_order(order(case.id), by="run", at=NOON, event=EVENT) for _ in range(32)]
    assert await asyncio.gather(*tries) == [order(case.id)] * 32
    assert len(await book.outbox_pending()) == 1
    assert await book.verify_audit() == 2


async def test_a_repeated_issue_gives_the_order_as_it_stands_now(book: CaseBook) -> None:
    case = await opened(book)
    await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)
    await book.order_move("w-0", OrderStatus.ACCEPTED, by="unit", at=NOON)
    again = await book.issue_order(order(case.id), by="run", at=minutes(1), event=EVENT)
    assert again.status is OrderStatus.ACCEPTED


async def test_one_id_cannot_name_two_orders(book: CaseBook) -> None:
    case = await opened(book)
    await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)
    with pytest.raises(DuplicateId):
        await book.issue_order(order(case.id, unit="u-other"), by="run", at=NOON, event=EVENT)
    with pytest.raises(CaseNotFound):
        await book.issue_order(order("c-none", 1), by="run", at=NOON, event=EVENT)
    assert len(await book.outbox_pending()) == 1


async def test_an_order_is_moved_with_its_events_and_entries(book: CaseBook, database: Database) -> None:
    case = await opened(book)
    await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)
    for status in (OrderStatus.ACCEPTED, OrderStatus.DONE, OrderStatus.DONE):
        moved = await book.order_move("w-0", status, by="unit", at=minutes(2))

    assert moved == replace(order(case.id), status=OrderStatus.DONE)
    events = await database.read(lambda conn: conn.execute(select(order_events.c.status)).scalars().all())
    assert events == ["issued", "accepted", "done"]
    assert [entry.action for entry in await book.audit(case.id)][-2:] == ["order.move"] * 2


async def test_an_order_is_not_moved_against_the_rules(book: CaseBook) -> None:
    case = await opened(book)
    await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)
    with pytest.raises(IllegalMove) as caught:
        await book.order_move("w-0", OrderStatus.DONE, by="unit", at=NOON)
    assert set(caught.value.legal) == {"accepted", "returned", "revoked"}
    with pytest.raises(EmptyText):
        await book.order_move("w-0", OrderStatus.RETURNED, by="unit", at=NOON)
    await book.order_move("w-0", OrderStatus.RETURNED, by="unit", at=NOON, reason="不在辖区")
    with pytest.raises(IllegalMove) as caught:
        await book.order_move("w-0", OrderStatus.ACCEPTED, by="unit", at=NOON)
    assert caught.value.legal == ()
    with pytest.raises(WorkOrderNotFound):
        await book.order_move("w-9", OrderStatus.ACCEPTED, by="unit", at=NOON)
    with pytest.raises(WorkOrderNotFound):
        await book.order("w-9")


async def test_of_thirty_two_answers_one_counts(book: CaseBook) -> None:
    case = await opened(book)
    await book.issue_order(order(case.id), by="run", at=NOON, event=EVENT)
    answers = [OrderStatus.RETURNED, OrderStatus.REVOKED] * 16
    tries = [book.order_move("w-0", status, by="unit", at=NOON, reason="冲突") for status in answers]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    final = (await book.order("w-0")).status
    assert sum(isinstance(outcome, IllegalMove) for outcome in outcomes) == 16
    assert {outcome.status for outcome in outcomes if not isinstance(outcome, BaseException)} == {final}
    assert await book.verify_audit() == 3

"""The outbox: in order, at least once, with patience and an end."""

import asyncio
from datetime import timedelta

import pytest

from domain.errors import NotFound
from records.book import CaseBook, open_book
from records.outbox import FIRST_WAIT_S, LONGEST_WAIT_S, MAX_ATTEMPTS
from tests.records.making import NOON, minutes, opened, order


async def messages(book: CaseBook, count: int) -> list[int]:
    case = await opened(book)
    for number in range(count):
        await book.issue_order(order(case.id, number), by="run", at=NOON, event={"number": number})
    return [message.id for message in await book.outbox_pending()]


async def test_messages_wait_in_order_until_they_are_delivered(book: CaseBook) -> None:
    ids = await messages(book, 3)
    assert ids == sorted(ids)
    assert [message.payload["number"] for message in await book.outbox_pending(limit=2)] == [0, 1]
    await book.outbox_done(ids[1], NOON)
    await book.outbox_done(ids[1], NOON)
    assert [message.id for message in await book.outbox_pending()] == [ids[0], ids[2]]


async def test_each_message_has_a_key_of_its_own_that_stays(book: CaseBook) -> None:
    ids = await messages(book, 2)
    first = [message.key for message in await book.outbox_pending()]
    await book.outbox_failed(ids[0], NOON, "503")
    assert [message.key for message in await book.outbox_pending()] == first
    assert len(set(first)) == 2


async def test_a_failed_message_waits_longer_each_time_and_then_dies(book: CaseBook) -> None:
    (message_id,) = await messages(book, 1)
    waits: list[float] = []
    for attempt in range(1, MAX_ATTEMPTS):
        at = minutes(600 * attempt)
        failed = await book.outbox_failed(message_id, at, f"try {attempt}")
        assert (failed.state, failed.attempts, failed.error) == ("pending", attempt, f"try {attempt}")
        waits.append((failed.next_attempt_at - at).total_seconds())
        assert await book.outbox_pending(at=at) == []
        assert len(await book.outbox_pending(at=failed.next_attempt_at)) == 1
    dead = await book.outbox_failed(message_id, minutes(9999), "gone")

    assert waits[0] == FIRST_WAIT_S
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S
    assert dead.state == "dead"
    assert await book.outbox_pending() == []
    assert [message.error for message in await book.outbox_dead()] == ["gone"]
    assert (await book.audit())[-1].action == "outbox.dead"
    assert (await book.outbox_failed(message_id, minutes(9999), "again")).attempts == MAX_ATTEMPTS


async def test_a_dead_message_can_be_revived(book: CaseBook) -> None:
    (message_id,) = await messages(book, 1)
    for _ in range(MAX_ATTEMPTS):
        await book.outbox_failed(message_id, NOON, "no route")
    for _ in range(2):
        await book.outbox_revive(message_id, by="admin", at=minutes(1))

    (message,) = await book.outbox_pending(at=minutes(1))
    assert (message.attempts, message.state) == (0, "pending")
    assert [entry.action for entry in await book.audit()][-1] == "outbox.revive"
    assert await book.outbox_dead() == []


async def test_workers_do_not_take_the_same_messages(book: CaseBook) -> None:
    ids = await messages(book, 12)
    taken = await asyncio.gather(*(book.outbox_take(3, at=NOON, lease_s=60) for _ in range(8)))
    assert sorted(message.id for batch in taken for message in batch) == ids


async def test_what_a_dead_worker_took_is_due_again(url: str) -> None:
    async with open_book(url) as book:
        ids = await messages(book, 2)
        await book.outbox_take(at=NOON, lease_s=60)
        assert await book.outbox_take(at=minutes(0.5)) == []

    async with open_book(url) as book:
        again = await book.outbox_take(at=NOON + timedelta(seconds=60))
        assert [message.id for message in again] == ids


async def test_an_unknown_message_is_not_found(book: CaseBook) -> None:
    for ask in (
        book.outbox_done(99, NOON),
        book.outbox_failed(99, NOON, ""),
        book.outbox_revive(99, by="admin", at=NOON),
    ):
        with pytest.raises(NotFound):
            await ask

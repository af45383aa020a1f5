"""Many writers at once: coroutines, blocks of calls, cancelled tasks, other processes."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.case import Move, OrderStatus, Stage
from domain.errors import CaseNotFound, Conflict, IllegalMove
from records.book import CaseBook, open_book
from records.cases import change, locked
from records.engine import Database, Work
from records.intake import case_id_of
from tests.records.making import NOON, observation, opened, opinion, order, ruling

ROOT = Path(__file__).parents[2]


async def whole_way(book: CaseBook, number: int) -> None:
    """What intake writes for one case."""
    accepted = await book.accept(observation(number), idempotency_key=f"k-{number}", by="tester", at=NOON)
    case_id = accepted.case_id
    await book.describe(case_id, {"issue": "P01", "emergency": True}, at=NOON)
    await book.move(case_id, Move.REGISTER, by="run", at=NOON, key="register")
    await book.save_opinion(case_id, opinion(number), at=NOON)
    async with book.together():
        await book.issue_order(order(case_id, number), by="run", at=NOON, event={})
        await book.move(case_id, Move.DISPATCH, by="run", at=NOON, key="dispatch")
        await book.finish_intake(case_id)
    await book.decide(ruling(number))
    await book.order_move(f"w-{number}", OrderStatus.ACCEPTED, by="unit", at=NOON)
    await book.case(case_id)


async def test_thirty_two_cases_at_once_go_the_whole_way(book: CaseBook) -> None:
    await asyncio.gather(*(whole_way(book, number) for number in range(32)))

    assert await book.verify_audit() == 32 * 8
    page = await book.cases(region_prefixes=[""], stage=Stage.DISPATCHED, limit=100)
    assert len(page.items) == 32
    assert len(await book.outbox_pending()) == 32


async def test_readers_are_not_held_up_by_a_writer(book: CaseBook) -> None:
    case = await opened(book)
    async with book.together():
        await book.describe(case.id, {"issue": "P01"}, at=NOON)
        outside = await asyncio.create_task(book.case(case.id))
        inside = await book.case(case.id)

    assert (outside.issue, inside.issue) == ("", "P01")
    assert (await book.case(case.id)).issue == "P01"


async def test_a_block_is_kept_whole_or_not_at_all(book: CaseBook) -> None:
    case = await opened(book, 1)

    async def interrupted() -> None:
        async with book.together():
            await book.describe(case.id, {"issue": "P01"}, at=NOON)
            await book.issue_order(order(case.id), by="run", at=NOON, event={})
            await book.move(case.id, Move.CLOSE, by="run", at=NOON)

    with pytest.raises(IllegalMove):
        await interrupted()
    assert await book.case(case.id) == case
    assert await book.orders_of(case.id) == []
    assert await book.outbox_pending() == []
    assert await book.verify_audit() == 1


async def test_an_error_caught_inside_a_block_still_spoils_it(book: CaseBook) -> None:
    case = await opened(book)

    async def careless() -> None:
        async with book.together():
            await book.describe(case.id, {"issue": "P01"}, at=NOON)
            with pytest.raises(CaseNotFound):
                await book.describe("c-none", {"issue": "P01"}, at=NOON)

    with pytest.raises(RuntimeError):
        await careless()
    assert await book.case(case.id) == case


async def test_blocks_nest_and_other_tasks_stay_out_of_them(book: CaseBook) -> None:
    case = await opened(book)
    async with book.together():
        async with book.together():
            await book.describe(case.id, {"issue": "P01"}, at=NOON)
        stranger = asyncio.create_task(book.accept(observation(9), idempotency_key="", by="x", at=NOON))
        await asyncio.sleep(0.01)
        await book.describe(case.id, {"severity": "high"}, at=NOON)
    await stranger
    assert (await book.case(case.id)).version == 3
    assert await book.verify_audit() == 4


async def test_two_books_do_not_share_a_block(url: str, tmp_path: Path) -> None:
    async with open_book(url) as one, open_book(f"sqlite:///{tmp_path / 'other.sqlite'}") as two:
        async with one.together():
            await opened(one)
            await opened(two)
        assert (await one.verify_audit(), await two.verify_audit()) == (1, 1)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waits=st.lists(st.floats(0.0, 0.03), min_size=8, max_size=8))
async def test_cancelled_tasks_leave_everything_usable(book: CaseBook, database: Database, waits: list[float]) -> None:
    before = await book.verify_audit()

    async def endless(base: int) -> None:
        for number in range(10_000):
            await whole_way(book, before * 1_000_000 + base * 10_000 + number)

    tasks = [asyncio.create_task(endless(base)) for base in range(len(waits))]
    for task, wait in zip(tasks, waits, strict=True):
        await asyncio.sleep(wait)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    await asyncio.gather(*(whole_way(book, -before * 100 - n - 1) for n in range(4)))
    assert await book.verify_audit() >= before + 32


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_deadlock_is_resolved_by_trying_again(book: CaseBook, database: Database) -> None:
    one, two = (await opened(book, 1)).id, (await opened(book, 2)).id

    def crosswise(first: str, second: str) -> Callable[[Work], None]:
        def work(work: Work) -> None:
            file = locked(work, first)
            work.conn.execute(text("SELECT pg_sleep(0.2)"))
            locked(work, second)
            change(work, file, at=NOON, severity="high")

        return work

    await asyncio.gather(database.write(crosswise(one, two)), database.write(crosswise(two, one)))
    assert [(await book.case(name)).version for name in (one, two)] == [2, 2]


async def test_a_change_of_a_stale_case_is_refused(book: CaseBook, database: Database) -> None:
    stale = await opened(book)
    await book.describe(stale.id, {"issue": "P01"}, at=NOON)
    with pytest.raises(Conflict):
        await database.write(lambda work: change(work, stale, at=NOON, issue="P02"))
    assert (await book.case(stale.id)).issue == "P01"


WORKER = """
import asyncio, sys
from records.book import open_book
from tests.records.test_concurrency import whole_way
from tests.records.making import NOON, observation

async def main(url: str, base: int) -> None:
    async with open_book(url) as book:
        for number in range(15):
            await whole_way(book, base + number)
            await book.accept(observation(-number), idempotency_key="", by="tester", at=NOON)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


async def test_three_processes_and_a_fresh_database_keep_one_chain(bare_url: str) -> None:
    """They migrate at once, write at once, and accept the same fifteen observations."""
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, bare_url, str(base), cwd=ROOT, stderr=asyncio.subprocess.PIPE
        )
        for base in (1000, 2000, 3000)
    ]
    for worker in workers:
        _, errors = await worker.communicate()
        assert worker.returncode == 0, errors.decode()

    async with open_book(bare_url) as book:
        assert await book.verify_audit() == 3 * 15 * 8 + 15
        assert (await book.case(case_id_of("o--7"))).version == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_writing_does_not_hold_up_the_event_loop(book: CaseBook) -> None:
    """Statements run in a thread: a timer beside them keeps ticking."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            gaps.append((now := time.perf_counter()) - last)
            last = now

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*(whole_way(book, number) for number in range(16)))
    ticking.cancel()
    assert len(gaps) > 16 * 9

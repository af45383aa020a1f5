"""The alert desk: watches on time, one at a time; an alert's run waits, and goes on after a crash."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from domain.adjacency.alerting.filing import AlertDecision, AlertState, AlertVerdict
from domain.caselog import CaseTable
from domain.errors import Conflict, FutureDate, Unavailable
from domain.territory import Territory
from graphs.alerting import AlertDesk, TableLog, alert_builder, assess_log, midnight
from graphs.settings import GraphSettings
from records.alerts import AlertFilters
from records.book import CaseBook, open_book
from tests.domain.adjacency.alerting.towns import END, background, heap, table_of, two_banks
from tests.graphs.kit import context


@dataclass
class Hands:
    """A clock that is set by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def log_of_heap(n: int = 16) -> TableLog:
    rng = np.random.default_rng(4)
    return TableLog(table_of([*background(rng, 160), *heap(rng, 1000, n)]))


@asynccontextmanager
async def desk_at(home: Path, log: Any, clock: Hands, **settings: Any) -> AsyncIterator[tuple[AlertDesk, CaseBook]]:
    async with (
        open_book(f"sqlite:///{home / 'records.sqlite'}") as book,
        AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver,
    ):
        given = context(book, clock=clock, territory=Territory(two_banks()))
        given = replace(given, world=given.territory.world, alerts=book.alerts, log=log)
        graph = alert_builder().compile(checkpointer=saver)
        desk = AlertDesk(graph, book, given, GraphSettings(home=home, **settings), clock)
        try:
            yield desk, book
        finally:
            await desk.close()


async def listed(book: CaseBook) -> list[tuple[str, AlertState]]:
    page = await book.alerts.page(AlertFilters(region_prefixes=[""]))
    return [(one.id, one.state) for one in page.items]


async def test_a_watch_is_held_when_it_is_due_and_not_before(tmp_path: Path) -> None:
    clock = Hands(END + timedelta(hours=1))
    async with desk_at(tmp_path, log_of_heap(), clock, alert_every_h=24.0) as (desk, book):
        assert await desk._tick() == 24 * 3600
        (first,) = await listed(book)
        watch = await book.alerts.last_watch()
        assert watch is not None
        assert (watch.as_of, watch.by, watch.body["new"]) == (END, "schedule", 1)
        clock.now += timedelta(hours=5)
        assert await desk._tick() == pytest.approx(19 * 3600)
        clock.now += timedelta(hours=19)
        await desk._tick()
        assert [one[0] for one in await listed(book)] == [first[0]]
        again = await book.alerts.last_watch()
        assert again is not None
        assert (again.as_of, again.body["again"]) == (END + timedelta(days=1), 1)


async def test_a_watch_that_fails_is_tried_again(tmp_path: Path) -> None:
    class Broken:
        async def until(self, moment: datetime) -> CaseTable:
            raise Unavailable("记录库暂时不可用。")

    async with desk_at(tmp_path, Broken(), Hands(END)) as (desk, book):
        assert await desk._tick() == 600.0
        assert await book.alerts.last_watch() is None


async def test_only_one_watch_at_a_time_and_none_of_the_future(tmp_path: Path) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    log = log_of_heap()

    class Slow:
        async def until(self, moment: datetime) -> CaseTable:
            entered.set()
            await leave.wait()
            return log.table

    async with desk_at(tmp_path, Slow(), Hands(END)) as (desk, _):
        with pytest.raises(FutureDate):
            await desk.watch(as_of=END + timedelta(days=1))
        running = asyncio.create_task(desk.watch(by="officer"))
        await entered.wait()
        with pytest.raises(Conflict):
            await desk.watch()
        leave.set()
        assert (await running)["filed"]


async def test_the_loop_stops_with_the_service_and_may_be_off(tmp_path: Path) -> None:
    async with desk_at(tmp_path, log_of_heap(), Hands(END), alert_every_h=0.0) as (desk, _):
        desk.start()
        assert desk._loop is None
    async with desk_at(tmp_path, log_of_heap(), Hands(END)) as (desk, book):
        desk.start()
        desk.start()
        await asyncio.sleep(0.05)
        await desk.close()
        assert await book.alerts.last_watch() is None


async def test_an_alert_waits_is_acknowledged_and_closed_over_restarts(tmp_path: Path) -> None:
    clock = Hands(END)
    async with desk_at(tmp_path, log_of_heap(), clock) as (desk, book):
        (alert_id,) = [one[0] for one in (await desk.watch())["filed"]]
        state = await desk._graph.aget_state({"configurable": {"thread_id": f"alert:{alert_id}"}})
        assert state.interrupts[0].value["alert_id"] == alert_id

    def word(verdict: AlertVerdict, **values: Any) -> AlertDecision:
        return AlertDecision(alert_id=alert_id, verdict=verdict, by="officer", at=clock.now, **values)

    async with desk_at(tmp_path, log_of_heap(), clock) as (desk, book):
        await book.alerts.decide(word(AlertVerdict.ACKNOWLEDGE))  # and the process dies
        assert await desk.recover() == 1
        assert (await book.alerts.get(alert_id)).settled
        assert await desk.recover() == 0
    (tmp_path / "checkpoints.sqlite").unlink()
    async with desk_at(tmp_path, log_of_heap(), clock) as (desk, book):
        closed = await desk.decide(word(AlertVerdict.CLOSE, reason="已治理"))
        assert (closed.state, closed.settled) == (AlertState.CLOSED, True)
        told = [message.topic for message in await book.outbox_pending()]
        assert told.count("alert.raised") == 1
        assert told.count("alert.action") == len({m.payload.get("unit") for m in await book.outbox_pending()} - {None})
        report = await desk.thresholds(AlertFilters(region_prefixes=[""]))
        assert (report["decided"], report["worth"]["worth_raising"]) == (1, 1)


async def test_a_watch_that_is_filed_nowhere(tmp_path: Path) -> None:
    given = context(territory=Territory(two_banks()), clock=Hands(END))
    given = replace(given, world=given.territory.world, log=log_of_heap())
    first, again = [await assess_log(given, END, {"methods": ["cells", "strips"]}) for _ in range(2)]
    assert first == again
    assert first["alerts"][0]["similar"] == []
    with pytest.raises(Unavailable):
        await assess_log(replace(given, log=None), END, {})


def test_a_watch_ends_at_the_citys_midnight() -> None:
    assert midnight(END) == END
    assert midnight(END - timedelta(seconds=1)) == END - timedelta(days=1)
    assert midnight(END + timedelta(hours=3)).date() == date(2026, 6, 1)

"""The run of a dispute: it waits, its clock takes it up by itself, and a ruling is carried out once, come what may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from domain.adjacency.disputes import Dispute, DisputeState, Settlement
from domain.case import CaseFile, Move, OrderStatus, Stage, WorkOrder
from domain.errors import Conflict, EmptyText, UnknownUnit
from graphs.disputes import DisputeDesk, dispute_builder
from graphs.intake import intake_builder
from graphs.runner import CaseRunner
from records.book import CaseBook, open_book
from tests.graphs.kit import NOW, context, orders, rubbish, run

ROAD, OTHER = "u-509902-road_maintenance", "u-509903-sanitation"


@dataclass
class Hands:
    """A clock that is set by hand."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def desk(home: Path, clock: Hands) -> AsyncIterator[tuple[DisputeDesk, CaseBook, CaseRunner]]:
    """Records, checkpoints, a runner and a desk in a folder; again on the same folder is a restart."""
    async with (
        open_book(f"sqlite:///{home / 'records.sqlite'}") as book,
        AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver,
    ):
        given = replace(context(book, clock=clock), disputes=book.disputes)
        runner = CaseRunner(intake_builder().compile(checkpointer=saver), book, given)
        made = DisputeDesk(dispute_builder().compile(checkpointer=saver), book, given, clock, check_s=0)
        yield made, book, runner
        await runner.drain(5.0)


async def give_back(made: DisputeDesk, book: CaseBook, order: WorkOrder, reason: str = "不归我们") -> Dispute:
    """Return an order as the service does: order, case and dispute together."""
    async with book.together():
        moved = await book.order_move(order.id, OrderStatus.RETURNED, by="crew", at=NOW, reason=reason)
        case = await book.case(order.case_id)
        if case.stage in (Stage.DISPATCHED, Stage.ACCEPTED):
            case = await book.move(case.id, Move.RETURN, by="crew", at=NOW, reason=reason, key=f"{order.id}:return")
        dispute = await made.returned(moved, case, by="crew", reason=reason)
    assert dispute is not None
    return dispute


async def first(made: DisputeDesk, book: CaseBook, runner: CaseRunner, **fields: Any) -> tuple[CaseFile, Dispute]:
    case = await run(runner, book, rubbish(**fields))
    (order,) = [one for one in await book.orders_of(case.id) if one.duty == "handling"]
    dispute = await give_back(made, book, order)
    return await book.case(case.id), dispute


async def test_talking_that_takes_too_long_goes_up_by_itself(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        assert (case.stage, dispute.state) == (Stage.RETURNED, DisputeState.CONSULTING)
        assert dispute.due_at is not None
        clock.now = dispute.due_at - timedelta(seconds=1)
        assert await made.sweep() == ()
        clock.now = dispute.due_at
        assert await made.sweep() == (dispute.id,)
        up = await book.disputes.get(dispute.id)
        assert up.state is DisputeState.ESCALATED
        assert "逾期" in up.why_up
        assert (await book.case(case.id)).stage is Stage.ESCALATED
        assert up.superior is not None
        assert up.superior.unit
        await made.sweep()
        assert await book.disputes.get(dispute.id) == up
        actions = [entry.action for entry in await book.audit(case.id)]
        assert actions.count("dispute.escalate") == 1


async def test_a_superior_who_is_late_is_said_to_be_once(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        up = await made.escalate(dispute.id, by="officer-1", reason="谈不拢")
        assert up.due_at is not None
        clock.now = up.due_at
        for _ in range(3):
            await made.sweep()
        actions = [entry.action for entry in await book.audit(case.id)]
        assert actions.count("dispute.overdue") == 1
        assert (await book.disputes.get(dispute.id)).state is DisputeState.ESCALATED


async def test_the_second_return_goes_up_in_the_same_breath(tmp_path: Path) -> None:
    async with desk(tmp_path, Hands()) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        await made.rule(dispute.id, {"handling": OTHER}, how=Settlement.SUPERIOR, by="officer-1", reason="先去看")
        written = await orders(book, case.id)
        again = await give_back(made, book, next(one for one in written.values() if one.unit == OTHER))
        assert again.state is DisputeState.ESCALATED
        assert again.round == 2
        assert (await book.case(case.id)).stage is Stage.ESCALATED
        assert dispute.unit in again.parties


async def test_a_ruling_sends_the_unit_once_and_the_case_goes_on(tmp_path: Path) -> None:
    async with desk(tmp_path, Hands()) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        done = await made.rule(
            dispute.id, {"handling": ROAD, "upkeep": ROAD, "enforcement": "u-509901-urban_management"},
            how=Settlement.SUPERIOR, by="officer-1", reason="按移交清单",
        )  # fmt: skip
        assert done.state is DisputeState.RULED
        live = [one for one in await book.orders_of(case.id) if one.status is OrderStatus.ISSUED]
        assert {(one.duty, one.unit) for one in live} == {("handling", ROAD), ("upkeep", ROAD)}
        assert (await book.case(case.id)).stage is Stage.DISPATCHED
        await made.sweep()
        assert len(await book.orders_of(case.id)) == len({one.id for one in await book.orders_of(case.id)})
        with pytest.raises(Conflict):
            await made.rule(dispute.id, {"handling": OTHER}, how=Settlement.SUPERIOR, by="officer-2", reason="另")
        assert await book.verify_audit() > 0


async def test_a_unit_that_has_the_order_already_gets_no_second_one(tmp_path: Path) -> None:
    async with desk(tmp_path, Hands()) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        upkeep = [one for one in await book.orders_of(case.id) if one.duty == "upkeep"]
        unit = upkeep[0].unit if upkeep else ROAD
        await made.rule(
            dispute.id, {"handling": dispute.unit, "upkeep": unit}, how=Settlement.NEGOTIATED, by="o", reason="收回"
        )
        live = [one for one in await book.orders_of(case.id) if one.status is OrderStatus.ISSUED]
        assert sorted(one.duty for one in live) == ["handling", "upkeep"]


async def test_a_ruling_that_the_process_did_not_live_to_carry_out_is_carried_out_by_the_next(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        # Recorded, and nothing after it: as if the process had died here.
        await book.disputes.rule(
            dispute.id, {"handling": ROAD}, how=Settlement.SUPERIOR, by="officer-1", at=NOW, reason="按清单"
        )
    async with desk(tmp_path, clock) as (made, book, runner):
        assert await made.sweep() == (dispute.id,)
        assert ROAD in {one.unit for one in await book.orders_of(case.id)}
        assert await made.sweep() == ()


async def test_a_dispute_waits_through_a_restart(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        await made.escalate(dispute.id, by="officer-1", reason="谈不拢")
    async with desk(tmp_path, clock) as (made, book, runner):
        done = await made.rule(dispute.id, {"handling": ROAD}, how=Settlement.SUPERIOR, by="o", reason="按清单")
        assert done.state is DisputeState.RULED
        assert (await book.case(case.id)).stage is Stage.DISPATCHED


async def test_a_case_that_came_to_its_end_takes_its_dispute_along(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        case, dispute = await first(made, book, runner)
        for move in (Move.DISPATCH, Move.ACCEPT, Move.HANDLE, Move.REPORT, Move.VERIFY, Move.CLOSE):
            await book.move(case.id, move, by="officer-1", at=NOW)
        clock.now = NOW + timedelta(days=30)
        await made.sweep()
        assert (await book.disputes.get(dispute.id)).state is DisputeState.WITHDRAWN


async def test_what_could_not_be_carried_out_is_not_recorded(tmp_path: Path) -> None:
    async with desk(tmp_path, Hands()) as (made, book, runner):
        _, dispute = await first(made, book, runner)
        with pytest.raises(UnknownUnit):
            await made.rule(dispute.id, {"handling": "u-0"}, how=Settlement.SUPERIOR, by="o", reason="裁定")
        with pytest.raises(EmptyText):
            await made.rule(dispute.id, {"handling": ROAD}, how=Settlement.SUPERIOR, by="o", reason=" ")
        with pytest.raises(EmptyText):
            await made.escalate(dispute.id, by="o", reason="")
        assert (await book.disputes.get(dispute.id)).is_open


async def test_the_clocks_are_looked_at_on_time(tmp_path: Path) -> None:
    clock = Hands()
    async with desk(tmp_path, clock) as (made, book, runner):
        _, dispute = await first(made, book, runner)
        made._check_s = 0.01
        clock.now = NOW + timedelta(days=30)
        made.start()
        for _ in range(300):
            await asyncio.sleep(0.02)
            if (await book.disputes.get(dispute.id)).state is DisputeState.ESCALATED:
                break
        await made.close()
        assert (await book.disputes.get(dispute.id)).state is DisputeState.ESCALATED

"""Restarts, failures, following along: nothing that was accepted is lost, nothing is done twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from domain.case import Move, Stage
from domain.errors import Unavailable
from graphs import runner as runner_module
from graphs.steps import PAGE
from records.book import CaseBook
from tests.fakes import FakeKnowledge
from tests.graphs.kit import NOW, accept, disputed, followed, later, manhole, opened, orders, rubbish, ruling, run


async def test_a_restart_finds_the_waiting_case_and_carries_out_the_ruling(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        before = await followed(runner, case.id)
    async with opened(tmp_path) as (runner, book):
        assert await runner.recover() == 0
        assert await followed(runner, case.id) == before
        await runner.decide(ruling(case.opinion))
        await runner.wait(case.id)
        after = await followed(runner, case.id)
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}
        assert after[: len(before)] == before
        assert [step.seq for step in after] == list(range(1, len(after) + 1))


async def test_a_ruling_recorded_before_a_crash_is_carried_out_after_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        await book.decide(ruling(case.opinion))  # and the process dies here
    async with opened(tmp_path) as (runner, book):
        assert await runner.recover() == 1
        await runner.wait(case.id)
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}


async def test_lost_checkpoints_do_not_lose_the_case(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        await book.decide(ruling(case.opinion))
    for file in tmp_path.glob("checkpoints.sqlite*"):
        file.unlink()
    async with opened(tmp_path) as (runner, book):
        await runner.recover()
        await runner.wait(case.id)
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}
        assert len(await book.opinions_of(case.id)) == 1


async def test_a_case_accepted_but_never_run_is_found_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, book):
        case_id = await accept(book, manhole())
    async with opened(tmp_path) as (runner, book):
        assert await runner.recover() == 1
        await runner.wait(case_id)
        assert (await book.case(case_id)).stage is Stage.DISPATCHED


class Broken(FakeKnowledge):
    """A knowledge base with a bug."""

    def cite(self, law: str, article: str, *, as_of: Any = None) -> Any:
        raise RuntimeError("boom")


async def test_a_failing_run_is_recorded_on_its_case_and_retried_at_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path, knowledge=Broken()) as (runner, book):
        case = await run(runner, book, manhole())
        failures = [entry.detail for entry in await book.audit(case.id) if entry.action == "run.failed"]
        assert [(f["code"], f["after"]) for f in failures] == [("internal_error", "assess")]
        last = (await followed(runner, case.id))[-1]
        assert (last.status, "internal_error" in last.summary) == ("failed", True)
        assert await book.unfinished() == [case.id]
    async with opened(tmp_path) as (runner, book):
        assert await runner.recover() == 1
        await runner.wait(case.id)
        assert (await book.case(case.id)).stage is Stage.DISPATCHED
        assert len(await book.orders_of(case.id)) == 1
        steps = await followed(runner, case.id)
        assert [step.seq for step in steps] == list(range(1, len(steps) + 1))


class Flaky(FakeKnowledge):
    """A knowledge base that is not there for the first call."""

    calls = 0

    def search(self, query: str, **_: Any) -> Any:
        self.calls += 1
        if self.calls == 1:
            raise Unavailable("知识库暂时不可用。")
        return []


async def test_a_passing_failure_is_tried_again_inside_the_run(tmp_path: Path) -> None:
    flaky = Flaky()
    async with opened(tmp_path, knowledge=flaky) as (runner, book):
        case = await run(runner, book, manhole())
        assert flaky.calls == 3  # the one that failed, then by words and by the names
        assert case.stage is Stage.DISPATCHED
        assert "run.failed" not in [entry.action for entry in await book.audit(case.id)]


async def test_one_bad_case_does_not_hold_up_the_others(tmp_path: Path) -> None:
    class Picky(FakeKnowledge):
        def search(self, query: str, **_: Any) -> Any:
            if "井盖" in query:
                raise RuntimeError("boom")
            return []

    async with opened(tmp_path, knowledge=Picky()) as (runner, book):
        ids = [await accept(book, seen) for seen in (manhole("a"), rubbish("b"), disputed("c"))]
        for case_id in ids:
            runner.submit(case_id)
        await asyncio.gather(*(runner.wait(case_id) for case_id in ids))
        stages = [(await book.case(case_id)).stage for case_id in ids]
        assert stages == [Stage.REGISTERED, Stage.DISPATCHED, Stage.DISPATCHED]


async def test_steps_are_followed_live_and_replayed_from_any_point(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case_id = await accept(book, manhole())
        runner.submit(case_id)
        live = await followed(runner, case_id)
        assert [step.node for step in live] == [
            "recognise", "locate", "merge", "classify", "assess", "assign/retrieve", "assign/decide", "assign/write",
            "assign/check", "assign/file", "dispatch", "await_ruling",
        ]  # fmt: skip
        assert all(step.summary for step in live)
        assert await followed(runner, case_id) == live
        assert await followed(runner, case_id, after=9) == live[9:]


async def test_steps_are_found_behind_a_long_history(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        before = await followed(runner, case.id)
        for n in range(PAGE + 5):
            await book.note(case.id, "remark", {"n": n}, at=NOW, key=f"remark-{n}")
        await runner.decide(ruling(case.opinion))
        await runner.wait(case.id)
        after = await followed(runner, case.id)
        assert after[: len(before)] == before
        assert after[-1].status == "finished"
        assert [step.seq for step in after] == list(range(1, len(after) + 1))


async def test_draining_refuses_new_cases_and_leaves_them_for_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        ids = [await accept(book, rubbish(f"o{i}")) for i in range(12)]
        for case_id in ids:
            runner.submit(case_id)
        assert await runner.drain(10.0) == 0
        runner.submit(ids[-1])
        assert runner.active == 0
    async with opened(tmp_path) as (runner, book):
        left = await runner.recover()
        await asyncio.gather(*(runner.wait(case_id) for case_id in ids))
        assert 0 < left <= len(ids)
        assert await book.unfinished() == []


async def test_cases_that_wait_for_another_try_hold_up_nobody(tmp_path: Path) -> None:
    class Away(FakeKnowledge):
        """Not there for manholes."""

        def search(self, query: str, **_: Any) -> Any:
            if "井盖" in query:
                raise Unavailable("知识库暂时不可用。")
            return []

    async with opened(tmp_path, knowledge=Away()) as (runner, book):
        failing = [await accept(book, later(manhole(f"m{i}"), 60 * 24 * 40 * i)) for i in range(6)]
        for case_id in failing:
            runner.submit(case_id)
        await asyncio.gather(*(runner.wait(case_id) for case_id in failing))
        with_room = await run(runner, book, rubbish())
        assert with_room.stage is Stage.DISPATCHED
        assert sorted(await book.unfinished()) == sorted(failing)


async def test_a_passing_failure_is_tried_again_until_it_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "RETRY_AFTER_S", (0.01,))
    flaky = FailingOften()
    async with opened(tmp_path, knowledge=flaky) as (runner, book):
        case_id = await accept(book, manhole())
        runner.submit(case_id)
        for _ in range(1500):
            if (await book.case(case_id)).stage is Stage.DISPATCHED:
                break
            await asyncio.sleep(0.02)
        await runner.wait(case_id)
        assert await book.unfinished() == []
        steps = await followed(runner, case_id)
        assert [step.status for step in steps].count("failed") == 2
        assert [step.seq for step in steps] == list(range(1, len(steps) + 1))


class FailingOften(FakeKnowledge):
    """Not there for as long as two runs try, four times each."""

    calls = 0

    def search(self, query: str, **_: Any) -> Any:
        self.calls += 1
        if self.calls <= 8:
            raise Unavailable("知识库暂时不可用。")
        return []


async def test_steps_of_a_run_that_failed_before_it_wrote_anything_are_kept(tmp_path: Path) -> None:
    class NoCity:
        """A territory with a bug."""

        def relate(self, *_: Any) -> Any:
            raise RuntimeError("boom")

    for _ in range(2):
        async with opened(tmp_path, territory=NoCity()) as (runner, book):
            case_id = await accept(book, manhole())
            if not await runner.recover():
                runner.submit(case_id)
            await runner.wait(case_id)
    async with opened(tmp_path) as (runner, book):
        await runner.recover()
        await runner.wait(case_id)
    async with opened(tmp_path) as (runner, book):
        kept = await followed(runner, case_id)
        assert [step.status for step in kept].count("failed") == 2
        assert kept[-1].status == "waiting"
        assert [step.seq for step in kept] == list(range(1, len(kept) + 1))
        failures = [entry for entry in await book.audit(case_id) if entry.action == "run.failed"]
        assert len(failures) == 2


async def test_new_cases_do_not_wait_for_a_long_backlog_nor_the_backlog_for_them(tmp_path: Path) -> None:
    order: list[str] = []

    class Noting(FakeKnowledge):
        def search(self, query: str, **_: Any) -> Any:
            order.append("new" if "垃圾" in query else "old")
            return []

    async with opened(tmp_path) as (_, book):
        old = [await accept(book, later(manhole(f"m{i}"), 60 * 24 * 40 * i)) for i in range(20)]
    async with opened(tmp_path, knowledge=Noting()) as (runner, book):
        new = [await accept(book, later(rubbish(f"r{i}"), 60 * 24 * 40 * i)) for i in range(8)]
        assert await runner.recover() == len(old) + len(new)
        for case_id in new:
            runner.submit(case_id)
        await asyncio.gather(*(runner.wait(case_id) for case_id in new))
        assert order.count("old") < len(old)
        while runner.active:
            await asyncio.sleep(0.02)
        assert await book.unfinished() == []


async def test_a_case_that_was_rejected_while_its_run_was_under_way_gets_no_order(tmp_path: Path) -> None:
    class Interrupted(CaseBook):
        """An officer rejects the case in the moment before its opinion is stored."""

        async def save_opinion(self, case_id: str, *args: Any, **kwargs: Any) -> str:
            await self.move(case_id, Move.REJECT, by="officer-1", at=NOW, reason="重复上报")
            return await super().save_opinion(case_id, *args, **kwargs)

    async with opened(tmp_path) as (runner, book):
        book.__class__ = Interrupted
        case_id = await accept(book, rubbish())
        runner.submit(case_id)
        await runner.wait(case_id)
        assert (await book.case(case_id)).stage is Stage.REJECTED
        assert await book.orders_of(case_id) == []
        assert await book.outbox_pending() == []
        assert await book.unfinished() == []


async def test_a_flood_of_reports_is_worked_off_with_few_tasks_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "LONGEST_QUEUE", 5)
    async with opened(tmp_path) as (runner, book):
        ids = [await accept(book, later(rubbish(f"r{i}"), 60 * 24 * 40 * i)) for i in range(20)]
        before = len(asyncio.all_tasks())
        for case_id in ids:
            runner.submit(case_id)
        assert (runner.active, len(asyncio.all_tasks()) - before) == (20, 5)
        await runner.wait(ids[-1])
        assert (await book.case(ids[-1])).stage is Stage.DISPATCHED
        while runner.active:
            await asyncio.sleep(0.02)
        assert await book.unfinished() == []

"""Cases through the whole way, on real records and checkpoints."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.llm import LlmSettings, open_chat_model
from domain.case import Move, OrderStatus, Stage, Verdict
from domain.errors import AlreadyDecided, EmptyText, InvalidInput, OpinionNotFound, UnknownUnit
from records.book import CaseBook
from tests.fakes import Script, ScriptedLlmServer
from tests.graphs.kit import accept, followed, later, manhole, opened, orders, report, rubbish, ruling, run
from tests.graphs.scripts import honest, hostile, rambling

ROAD = "u-509901-road_maintenance"


async def test_danger_is_handled_at_once_and_ownership_waits_for_an_officer(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        written = await orders(book, case.id)
        assert (case.stage, case.issue, case.emergency, case.severity) == (Stage.DISPATCHED, "P01", True, "emergency")
        assert set(written) == {"handling"}
        opinion = await book.opinion(case.opinion)
        assert written["handling"].unit == opinion["duties"]["handling"]["unit"]
        assert written["handling"].due_at is not None
        assert "【紧急】" in written["handling"].text
        assert opinion["human_required"]["value"] is True
        assert len(await book.outbox_pending()) == 1
        assert await book.unfinished() == []


async def test_approval_sends_the_upkeep_order_and_never_an_enforcement_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        await runner.decide(ruling(case.opinion))
        await runner.wait(case.id)
        written = await orders(book, case.id)
        opinion = await book.opinion(case.opinion)
        assert set(written) == {"handling", "upkeep"}
        assert written["upkeep"].unit == opinion["duties"]["upkeep"]["unit"]
        assert {order.duty for order in written.values()} == {"handling", "upkeep"}
        assert [step.status for step in await followed(runner, case.id)][-1] == "finished"
        assert await book.unfinished() == []
        assert await book.verify_audit() > 0


async def test_amendment_sends_the_officers_units_and_revokes_the_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        changes = {"handling": ROAD, "upkeep": ROAD, "enforcement": "u-509901-urban_management"}
        await runner.decide(ruling(case.opinion, Verdict.AMEND, reason="现场核对", changes=changes))
        await runner.wait(case.id)
        written = await orders(book, case.id)
        assert set(written) == {"handling", "handling:amended", "upkeep"}
        assert written["handling"].status is OrderStatus.REVOKED
        assert {written["handling:amended"].unit, written["upkeep"].unit} == {ROAD}


async def test_rejection_escalates_and_leaves_handling_where_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        await runner.decide(ruling(case.opinion, Verdict.REJECT, reason="权属资料不全"))
        await runner.wait(case.id)
        assert (await book.case(case.id)).stage is Stage.ESCALATED
        assert set(await orders(book, case.id)) == {"handling"}
        assert "权属资料不全" in (await followed(runner, case.id))[-2].summary


async def test_rejection_with_units_is_the_officers_own_ruling(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        ruled = {"handling": ROAD, "upkeep": ROAD, "supervision": "u-509901-housing"}
        await runner.decide(ruling(case.opinion, Verdict.REJECT, reason="移交清单显示归市政", changes=ruled))
        await runner.wait(case.id)
        written = await orders(book, case.id)
        assert (await book.case(case.id)).stage is Stage.DISPATCHED
        assert written["handling"].status is OrderStatus.REVOKED
        assert {written["handling:amended"].unit, written["upkeep"].unit} == {ROAD}
        assert "另行的裁定" in (await followed(runner, case.id))[-2].summary


async def test_rejection_with_one_unit_takes_nothing_else_of_the_opinion(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        changes = {"enforcement": "u-509901-urban_management"}
        await runner.decide(ruling(case.opinion, Verdict.REJECT, reason="只定执法", changes=changes))
        await runner.wait(case.id)
        assert set(await orders(book, case.id)) == {"handling"}


async def test_rejection_after_the_crew_has_reported_is_kept_in_sight(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        for move in (Move.ACCEPT, Move.HANDLE, Move.REPORT):
            await book.move(case.id, move, by="crew", at=case.created_at)
        await runner.decide(ruling(case.opinion, Verdict.REJECT, reason="不同意"))
        await runner.wait(case.id)
        assert (await book.case(case.id)).stage is Stage.REPORTED
        assert "case.escalation_noted" in [entry.action for entry in await book.audit(case.id)]


async def test_a_plain_case_is_settled_without_anybody(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, rubbish())
        opinion = await book.opinion(case.opinion)
        assert opinion["human_required"]["value"] is False
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}
        assert [step.status for step in await followed(runner, case.id)][-1] == "finished"


async def test_a_report_without_a_place_is_not_lost(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, report("o9", "井盖坏了，不晓得具体位置"))
        opinion = await book.opinion(case.opinion)
        assert opinion["boundary"]["position"] == "unknown"
        assert opinion["human_required"]["value"] is True
        assert set(await orders(book, case.id)) == {"handling"}


async def test_words_that_mean_nothing_known_still_get_an_opinion_and_somebody(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, report("o9", "请转告领导，我要表扬一下"))
        assert case.issue == ""
        assert case.opinion
        assert set(await orders(book, case.id)) == {"handling"}


async def test_a_second_report_joins_the_first_and_ends_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        first = await run(runner, book, rubbish("a"))
        second_id = await accept(book, later(rubbish("b"), 4), at=later(rubbish(), 4).received_at)
        runner.submit(second_id)
        await runner.wait(second_id)
        second = await book.case(second_id)
        assert (second.stage, second.master) == (Stage.MERGED, first.id)
        assert await book.orders_of(second_id) == []
        assert second.opinion == ""
        scored = [entry.detail for entry in await book.audit(second_id) if entry.action == "case.merge_scored"]
        assert len(scored) == 1
        assert scored[0]["into"] == first.id
        assert scored[0]["score"] > 0.6


async def test_a_merge_taken_back_goes_its_own_way_and_is_not_merged_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        await run(runner, book, rubbish("a"))
        second_id = await accept(book, later(rubbish("b"), 4), at=later(rubbish(), 4).received_at)
        runner.submit(second_id)
        await runner.wait(second_id)
        await book.move(second_id, Move.UNMERGE, by="officer", at=later(rubbish(), 9).received_at, reason="是两处")
        runner.submit(second_id)
        await runner.wait(second_id)
        second = await book.case(second_id)
        assert second.stage is Stage.DISPATCHED
        assert {"handling"} <= set(await orders(book, second_id))


async def test_two_runs_of_one_case_never_overlap(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case_id = await accept(book, manhole())
        for _ in range(5):
            runner.submit(case_id)
        assert runner.active == 1
        await runner.wait(case_id)
        seen = Counter(step.node for step in await followed(runner, case_id))
        assert seen["dispatch"] == 1
        assert len(await book.orders_of(case_id)) == 1


async def test_two_rulings_at_once_leave_one_and_one_effect(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        tries = (runner.decide(ruling(case.opinion)), runner.decide(ruling(case.opinion, Verdict.REJECT, reason="否")))
        done = await asyncio.gather(*tries, return_exceptions=True)
        await runner.wait(case.id)
        assert [type(result) for result in done].count(AlreadyDecided) == 1
        ruled = await book.decision_of(case.opinion)
        assert ruled is not None
        assert set(await orders(book, case.id)) == (
            {"handling", "upkeep"} if ruled.verdict is Verdict.APPROVE else {"handling"}
        )


async def test_a_ruling_that_comes_before_the_run_rests_is_not_missed(tmp_path: Path) -> None:
    class Eager(CaseBook):
        """Rules the moment the opinion is stored, long before the graph waits."""

        async def save_opinion(self, case_id: str, opinion: Any, *, at: Any) -> str:
            stored = await super().save_opinion(case_id, opinion, at=at)
            await self.decide(ruling(stored))
            return stored

    async with opened(tmp_path) as (runner, book):
        book.__class__ = Eager  # the same open records, watched
        case = await run(runner, book, manhole())
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}
        assert await book.unfinished() == []


async def test_a_ruling_that_comes_as_the_run_rests_is_not_missed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, book):

        class Late(CaseBook):
            """Lets an officer rule in the moment after the run was put to rest, before the runner has let go of it."""

            @asynccontextmanager
            async def together(self) -> AsyncIterator[None]:
                async with super().together():
                    yield
                waiting = (await self.cases(region_prefixes=("",), awaiting=True)).items
                if waiting and await self.unfinished() == []:
                    await runner.decide(ruling(waiting[0].opinion))

        book.__class__ = Late
        case = await run(runner, book, manhole())
        assert set(await orders(book, case.id)) == {"handling", "upkeep"}


async def test_no_more_runs_than_allowed_are_under_way(tmp_path: Path) -> None:
    under_way: list[int] = [0]
    most: list[int] = [0]

    class Counting(CaseBook):
        async def describe(self, *args: Any, **kwargs: Any) -> Any:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            await asyncio.sleep(0.01)
            try:
                return await super().describe(*args, **kwargs)
            finally:
                under_way[0] -= 1

    async with opened(tmp_path) as (runner, book):
        ids = [await accept(book, report(f"o{i}", "今天天气真好")) for i in range(12)]
        book.__class__ = Counting
        for case_id in ids:
            runner.submit(case_id)
        await asyncio.gather(*(runner.wait(case_id) for case_id in ids))
    assert most[0] == 4


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param({"verdict": Verdict.REJECT}, EmptyText, id="a rejection without a reason"),
        pytest.param({"verdict": Verdict.AMEND}, InvalidInput, id="an amendment that changes nothing"),
        pytest.param({"verdict": Verdict.AMEND, "changes": {"cleaning": ROAD}}, InvalidInput, id="an unknown duty"),
        pytest.param({"verdict": Verdict.AMEND, "changes": {"upkeep": "u-x"}}, UnknownUnit, id="an unknown unit"),
        pytest.param(
            {"verdict": Verdict.REJECT, "reason": "否", "changes": {"upkeep": "u-x"}},
            UnknownUnit,
            id="rejected for nobody",
        ),
        pytest.param({"changes": {"upkeep": ROAD}}, InvalidInput, id="an approval with changes"),
    ],
)
async def test_an_incomplete_ruling_is_refused_before_it_is_recorded(
    tmp_path: Path, fields: dict[str, Any], error: type[Exception]
) -> None:
    async with opened(tmp_path) as (runner, book):
        case = await run(runner, book, manhole())
        with pytest.raises(error):
            await runner.decide(ruling(case.opinion, **fields))
        assert await book.decision_of(case.opinion) is None


async def test_a_ruling_on_nothing_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as (runner, _):
        with pytest.raises(OpinionNotFound):
            await runner.decide(ruling("op-none"))


@pytest.mark.parametrize(
    ("script", "by", "refused"),
    [(honest, "model", False), (hostile, "rules", True), (rambling, "rules", True)],
    ids=["honest", "hostile", "rambling"],
)
async def test_what_became_of_a_models_words_is_on_record(
    tmp_path: Path, script: Script, by: str, refused: bool
) -> None:
    with ScriptedLlmServer(script) as server:
        settings = LlmSettings(llm_model="m", llm_base_url=server.base_url)
        async with open_chat_model(settings) as llm, opened(tmp_path, llm=llm) as (runner, book):
            case = await run(runner, book, manhole())
            notes = [entry.detail for entry in await book.audit(case.id) if entry.action == "opinion.prose"]
            assert [(note["by"], bool(note["refused"])) for note in notes] == [(by, refused)]
            text = (await book.opinion(case.opinion))["explanation"]["formal"]
            assert "南海区" not in text
            assert ("具体理由：" in text) is (by == "model")

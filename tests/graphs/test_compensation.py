"""Compensation from table to message: drafts wait, law is checked, crashes lose nothing, amendments supersede."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from domain.adjacency.compensation.filing import StatementState
from domain.adjacency.compensation.submission import Submission, plain_cell
from domain.citation import Validity
from domain.clock import FixedClock
from domain.errors import AlreadyDecided, BadTable, Conflict, EmptyText
from graphs.compensation import CompensationDesk, assess_submission, compensation_builder
from records.book import CaseBook, open_book
from records.compensation import TOPIC
from tests.domain.adjacency.compensation.making import balances, row
from tests.fakes import FakeKnowledge
from tests.graphs.kit import NOW, context

LAW = "生态保护补偿条例"


def submission(*rows: dict[str, Any], **more: Any) -> Submission:
    numbered = tuple((at, plain_cell(one)) for at, one in enumerate(rows or (row(),), start=1))
    return Submission(rows=numbered, **more)


@asynccontextmanager
async def desk_at(home: Path, **fields: Any) -> AsyncIterator[tuple[CompensationDesk, CaseBook]]:
    """Records and checkpoints in a folder; again on the same folder is a restart."""
    async with (
        open_book(f"sqlite:///{home / 'records.sqlite'}") as book,
        AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver,
    ):
        own = replace(context(book, **fields), statements=book.statements)
        yield CompensationDesk(compensation_builder().compile(checkpointer=saver), book, own, FixedClock(NOW)), book


async def test_a_draft_waits_and_is_confirmed(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        filed, created = await desk.draft(submission(), by="officer")
        assert (created, filed.state, filed.prepared_by) == (True, StatementState.DRAFT, "officer")
        assert filed.parties == ("上区", "下区", "市财政")
        assert {(one["law"], one["article"]) for one in filed.body["citations"]} >= {(LAW, "17"), (LAW, "18")}
        assert await book.outbox_pending() == []
        done = await desk.confirm(filed.id, by="finance", reason="同意")
        assert done.state is StatementState.CONFIRMED
        (message,) = await book.outbox_pending()
        assert (message.topic, message.subject) == (TOPIC, filed.id)
        assert balances(message.payload["years"][0]["balances"])["上区"] == 100_000_000
        with pytest.raises(AlreadyDecided):
            await desk.confirm(filed.id, by="another")
        assert await book.verify_audit() == 2


async def test_the_same_table_twice_is_one_statement(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        first, _ = await desk.draft(submission(), by="officer")
        again, created = await desk.draft(submission(), by="another")
        assert (again, created) == (first, False)
        await desk.confirm(first.id, by="finance")
        assert (await desk.draft(submission(), by="officer"))[0].state is StatementState.CONFIRMED
        assert len(await book.outbox_pending()) == 1


async def test_missing_data_wait_for_a_person_and_an_amendment_supersedes(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        given = submission(row(), row("2024-04", **{"氨氮(mg/L)": "缺测"}))
        filed, _ = await desk.draft(given, by="officer")
        statement = filed.body["statement"]
        assert statement["human_required"]["value"]
        assert [(one["month"], one["why"]) for one in statement["open"]] == [("2024-04", ["缺测：氨氮"])]
        with pytest.raises(Conflict, match="1 项未结算"):
            await desk.confirm(filed.id, by="finance")
        with pytest.raises(EmptyText):
            await desk.amend(filed.id, [], by="officer", reason=" ")
        fresh, _ = await desk.amend(filed.id, [plain_cell(row("2024-04"))], by="officer", reason="补测氨氮")
        assert (fresh.number, fresh.line, fresh.supersedes) == (2, filed.id, filed.id)
        assert fresh.body["statement"]["open"] == []
        assert fresh.body["reason"] == "补测氨氮"
        assert [one["rows"] for one in fresh.body["statement"]["items"]] == [[1], [3]]
        assert (await book.statements.get(filed.id)).body == filed.body
        with pytest.raises(Conflict, match="替代"):
            await desk.confirm(filed.id, by="finance", open_accepted=True)
        assert (await desk.confirm(fresh.id, by="finance")).state is StatementState.CONFIRMED
        assert (await book.statements.get(filed.id)).state is StatementState.SUPERSEDED


async def test_a_returned_statement_tells_nobody(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        filed, _ = await desk.draft(submission(), by="officer")
        assert (await desk.send_back(filed.id, by="finance", reason="断面有误")).state is StatementState.RETURNED
        assert await book.outbox_pending() == []
        assert await desk.recover() == 0


async def test_a_crash_after_the_word_is_made_good_at_the_next_start(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        filed, _ = await desk.draft(submission(), by="officer")
        original = book.statements.conclude

        async def dies(*words: Any, **more: Any) -> None:
            raise RuntimeError("the process died")

        book.statements.conclude = dies  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            await desk.confirm(filed.id, by="finance")
        book.statements.conclude = original  # type: ignore[method-assign]
        assert await book.outbox_pending() == []
    async with desk_at(tmp_path) as (desk, book):
        assert await desk.recover() == 1
        assert len(await book.outbox_pending()) == 1
        assert await desk.recover() == 0


async def test_a_lost_checkpoint_does_not_hinder_the_officer(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, _):
        filed, _ = await desk.draft(submission(), by="officer")
    (tmp_path / "checkpoints.sqlite").unlink()
    async with desk_at(tmp_path) as (desk, book):
        await desk.confirm(filed.id, by="finance")
        assert len(await book.outbox_pending()) == 1
        assert len((await book.statements.page()).items) == 1


async def test_law_of_another_day_is_a_note_and_no_ground() -> None:
    knowledge = FakeKnowledge(validity={(LAW, "17"): Validity.NOT_YET}, missing=frozenset({(LAW, "18")}))
    body = await assess_submission(context(knowledge=knowledge), submission())
    cited = {(one["law"], one["article"]) for one in body["citations"]}
    assert (LAW, "14") in cited
    assert not {(LAW, "17"), (LAW, "18")} & cited
    assert any("第17条：当时尚未施行（2024-03-31）" in note for note in body["citation_notes"])
    assert any("第18条：知识库中没有" in note for note in body["citation_notes"])
    assert {day.isoformat() for _, _, day in knowledge.cited if day} == {"2024-03-31"}


async def test_a_citation_that_fails_the_check_is_taken_out_and_a_person_looks() -> None:
    body = await assess_submission(context(knowledge=FakeKnowledge(faulty=frozenset({(LAW, "17")}))), submission())
    assert (LAW, "17") not in {(one["law"], one["article"]) for one in body["citations"]}
    assert body["statement"]["human_required"]["value"]
    assert "已剔除" in body["statement"]["human_required"]["why"][-1]


async def test_equal_submissions_give_equal_bytes() -> None:
    made = [await assess_submission(context(), submission(row(), row("2024-05"))) for _ in range(2)]
    assert repr(made[0]) == repr(made[1])


async def test_what_cannot_be_used_as_a_whole_is_refused_and_not_filed(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        with pytest.raises(BadTable):
            await desk.draft(submission({"a": 1}), by="officer")
        assert (await book.statements.page()).items == ()

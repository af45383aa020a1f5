"""Statements in the records: filed once, decided once, superseded and never edited; on both databases."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain.adjacency.compensation.filing import StatementDecision, StatementDraft, StatementState, StatementVerdict
from domain.errors import AlreadyDecided, Conflict, EmptyText, InvalidInput, StatementNotFound
from records.book import CaseBook
from records.compensation import TOPIC
from records.engine import Database
from tests.records.making import NOON, minutes

S = StatementState


def draft(name: str = "cs-1", *, supersedes: str = "", waiting: int = 0, **more: Any) -> StatementDraft:
    statement = {"scheme": {"digest": "d"}, "open": [{}] * waiting, "value": 1}
    body = {"statement": statement, "supersedes": supersedes, "reason": "补数据" if supersedes else ""}
    fields: dict[str, Any] = {"scheme": "cq-2018", "parties": ("甲区", "市财政")} | more
    return StatementDraft(id=name, body=body, supersedes=supersedes, **fields)


def word(name: str = "cs-1", verdict: StatementVerdict = StatementVerdict.CONFIRM, **more: Any) -> StatementDecision:
    return StatementDecision(**({"statement_id": name, "verdict": verdict, "by": "finance", "at": NOON} | more))


async def filed(book: CaseBook, *drafts: StatementDraft) -> None:
    for at, one in enumerate(drafts):
        await book.statements.file(one, by="officer", at=minutes(at))


async def states(book: CaseBook, *names: str) -> list[StatementState]:
    return [(await book.statements.get(name)).state for name in names]


async def test_filing_twice_files_once(book: CaseBook) -> None:
    first, made = await book.statements.file(draft(), by="officer", at=NOON)
    again, made_again = await book.statements.file(draft(), by="another", at=minutes(5))
    assert (made, made_again) == (True, False)
    assert first == again
    assert (first.state, first.number, first.prepared_by) == (S.DRAFT, 1, "officer")
    assert [entry.action for entry in await book.audit()] == ["compensation.draft"]


async def test_many_file_the_same_at_once(book: CaseBook) -> None:
    made = await asyncio.gather(*(book.statements.file(draft(), by=f"o{n}", at=NOON) for n in range(5)))
    assert sum(fresh for _, fresh in made) == 1
    assert len({one.prepared_by for one, _ in made}) == 1


async def test_a_draft_is_decided_once(book: CaseBook) -> None:
    await filed(book, draft())
    done = await book.statements.decide(word(reason=" 同意 "))
    assert done.state is S.CONFIRMED
    assert done.decision is not None
    assert (done.decision.by, done.decision.reason) == ("finance", "同意")
    with pytest.raises(AlreadyDecided) as caught:
        await book.statements.decide(word(verdict=StatementVerdict.RETURN, reason="晚了"))
    assert (caught.value.by, caught.value.verdict) == ("finance", "confirm")
    assert [entry.action for entry in await book.audit()] == ["compensation.draft", "compensation.confirm"]
    assert await book.verify_audit() == 2


async def test_only_one_of_many_officers_is_heard(book: CaseBook) -> None:
    await filed(book, draft())
    results = await asyncio.gather(
        *(book.statements.decide(word(by=f"f{n}")) for n in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, AlreadyDecided) for one in results) == 4


async def test_open_items_must_be_accepted_and_a_return_needs_a_reason(book: CaseBook) -> None:
    await filed(book, draft(waiting=2))
    with pytest.raises(Conflict, match="2 项未结算"):
        await book.statements.decide(word())
    with pytest.raises(EmptyText):
        await book.statements.decide(word(verdict=StatementVerdict.RETURN, reason=" "))
    assert (await book.statements.decide(word(open_accepted=True))).state is S.CONFIRMED


async def test_an_amendment_takes_a_draft_s_place_at_once(book: CaseBook) -> None:
    await filed(book, draft(), draft("cs-2", supersedes="cs-1"))
    assert await states(book, "cs-1", "cs-2") == [S.SUPERSEDED, S.DRAFT]
    with pytest.raises(Conflict, match="已被 cs-2 替代"):
        await book.statements.decide(word("cs-1"))
    with pytest.raises(Conflict, match="已被 cs-2 替代"):
        await book.statements.file(draft("cs-3", supersedes="cs-1"), by="officer", at=NOON)
    assert [one.id for one in await book.statements.line("cs-1")] == ["cs-1", "cs-2"]


async def test_a_confirmed_statement_stands_until_its_amendment_is_confirmed(book: CaseBook) -> None:
    await filed(book, draft())
    await book.statements.decide(word())
    await filed(book, draft("cs-2", supersedes="cs-1"), draft("cs-3", supersedes="cs-2"))
    assert await states(book, "cs-1", "cs-2", "cs-3") == [S.CONFIRMED, S.SUPERSEDED, S.DRAFT]
    await book.statements.decide(word("cs-3"))
    assert await states(book, "cs-1", "cs-2", "cs-3") == [S.SUPERSEDED, S.SUPERSEDED, S.CONFIRMED]
    assert (await book.statements.get("cs-1")).body["statement"]["value"] == 1


async def test_a_returned_statement_is_amended(book: CaseBook) -> None:
    await filed(book, draft())
    await book.statements.decide(word(verdict=StatementVerdict.RETURN, reason="缺五月"))
    assert await states(book, "cs-1") == [S.RETURNED]
    await filed(book, draft("cs-2", supersedes="cs-1"))
    assert await states(book, "cs-1", "cs-2") == [S.SUPERSEDED, S.DRAFT]


async def test_two_amendments_at_once_leave_one(book: CaseBook) -> None:
    await filed(book, draft())
    made = await asyncio.gather(
        *(book.statements.file(draft(f"cs-{n}", supersedes="cs-1"), by="o", at=NOON) for n in (2, 3)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in made) == 1


async def test_the_message_is_written_once_and_only_for_the_confirmed(book: CaseBook) -> None:
    await filed(book, draft(), draft("cs-b"))
    await book.statements.decide(word())
    await book.statements.decide(word("cs-b", StatementVerdict.RETURN, reason="有误"))
    assert await book.statements.unconcluded() == ["cs-1"]
    for _ in range(2):
        await book.statements.conclude("cs-1", payload={"parties": []}, at=NOON)
    assert await book.statements.unconcluded() == []
    assert [(one.topic, one.subject) for one in await book.outbox_pending()] == [(TOPIC, "cs-1")]


async def test_pages_show_what_concerns_the_caller(book: CaseBook) -> None:
    await filed(book, *(draft(f"cs-{n}", parties=("甲区" if n % 2 else "乙_区", "市财政")) for n in range(5)))
    page = await book.statements.page(limit=2)
    assert [one.id for one in page.items] == ["cs-4", "cs-3"]
    rest = await book.statements.page(limit=5, cursor=page.cursor)
    assert ([one.id for one in rest.items], rest.cursor) == (["cs-2", "cs-1", "cs-0"], "")
    mine = await book.statements.page(parties=("甲区",))
    assert [one.id for one in mine.items] == ["cs-3", "cs-1"]
    assert [one.id for one in (await book.statements.page(parties=("乙_区",))).items] == ["cs-4", "cs-2", "cs-0"]
    for nobody in ((), ("区",), ("乙x区",)):
        assert (await book.statements.page(parties=nobody)).items == ()
    assert (await book.statements.page(scheme="cq-2023")).items == ()
    with pytest.raises(InvalidInput):
        await book.statements.page(limit=0)


async def test_what_is_not_there(book: CaseBook) -> None:
    for attempt in (
        book.statements.get("cs-9"),
        book.statements.decide(word("cs-9")),
        book.statements.conclude("cs-9", payload={}, at=NOON),
        book.statements.file(draft("cs-2", supersedes="cs-9"), by="o", at=NOON),
    ):
        with pytest.raises(StatementNotFound):
            await attempt


@pytest.mark.parametrize("table", ["compensation_statements", "compensation_decisions"])
async def test_the_database_itself_refuses_edits(book: CaseBook, database: Database, table: str) -> None:
    await filed(book, draft())
    await book.statements.decide(word())
    for change in (
        f"UPDATE {table} SET {'scheme' if 'statements' in table else 'reason'} = 'x'",
        f"DELETE FROM {table}",
    ):
        with pytest.raises(DatabaseError):
            await database.migrate(lambda conn, change=change: conn.execute(text(change)))

"""The schema: made and taken back by migrations that agree with the tables, with data in them."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from domain.case import Move
from domain.errors import Unavailable
from records.book import CaseBook, open_book
from records.databases import open_database
from records.engine import Database
from records.migrate import SCRIPTS, downgrade, upgrade
from records.tables import APPEND_ONLY, metadata
from tests.records.making import NOON, opened, opinion, order, ruling


async def seen(database: Database, look: Any) -> Any:
    found: list[Any] = []
    await database.migrate(lambda conn: found.append(look(conn)))
    return found[0]


def names(conn: Connection) -> set[str]:
    return set(inspect(conn).get_table_names()) - {"alembic_version"}


async def test_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    def differences(conn: Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata)

    assert await seen(database, differences) == []
    assert await seen(database, names) == set(metadata.tables)


async def test_every_history_table_has_its_triggers(database: Database) -> None:
    def triggers(conn: Connection) -> set[str]:
        if conn.dialect.name == "postgresql":
            query = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        else:
            query = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        return set(conn.execute(text(query)).scalars())

    assert await seen(database, triggers) == {*APPEND_ONLY, "audit_head"}


async def fill(book: CaseBook) -> str:
    case = await opened(book, 1, Move.REGISTER)
    await book.save_opinion(case.id, opinion(), at=NOON)
    await book.issue_order(order(case.id), by="run", at=NOON, event={"no": 1})
    await book.decide(ruling())
    return case.id


async def test_going_down_and_up_keeps_the_data(database: Database) -> None:
    book = CaseBook(database)
    case_id = await fill(book)
    before = await book.case(case_id), await book.audit(), await book.orders_of(case_id), await book.outbox_pending()
    await downgrade(database, "0001")
    await upgrade(database)

    assert before == (
        await book.case(case_id),
        await book.audit(),
        await book.orders_of(case_id),
        await book.outbox_pending(),
    )
    await book.move(case_id, Move.DISPATCH, by="run", at=NOON)
    assert await book.verify_audit() == 6


async def test_cases_that_wait_for_an_officer_are_found_after_an_upgrade(database: Database) -> None:
    book = CaseBook(database)
    await fill(book)
    waiting, quiet = await opened(book, 2), await opened(book, 3)
    await book.save_opinion(waiting.id, opinion(2), at=NOON)
    await book.save_opinion(quiet.id, opinion(3, person=False), at=NOON)
    await downgrade(database, "0002")
    await upgrade(database)

    page = await book.cases(region_prefixes=[""], awaiting=True)
    assert [case.id for case in page.items] == [waiting.id]


async def test_going_down_to_nothing_leaves_nothing(database: Database) -> None:
    await fill(CaseBook(database))
    await downgrade(database, "base")
    assert await seen(database, names) == set()
    await upgrade(database)
    assert await CaseBook(database).verify_audit() == 0


async def test_every_step_goes_up_and_down(bare_url: str) -> None:
    revisions = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()][::-1]
    database = open_database(bare_url)
    for revision in revisions:
        await upgrade(database, revision)
    for revision in [*revisions[-2::-1], "base"]:
        await downgrade(database, revision)
    assert await seen(database, names) == set()
    await database.close()


async def test_opening_again_changes_nothing(bare_url: str) -> None:
    async with open_book(bare_url) as book:
        case_id = await fill(book)
    for _ in range(2):
        async with open_book(bare_url) as book:
            assert (await book.case(case_id)).id == case_id
            assert await book.verify_audit() == 5


async def test_several_may_open_a_fresh_database_at_once(bare_url: str) -> None:
    async def once(number: int) -> None:
        async with open_book(bare_url) as book:
            await opened(book, number)

    await asyncio.gather(*(once(number) for number in range(6)))
    async with open_book(bare_url) as book:
        assert await book.verify_audit() == 6


async def test_a_database_of_a_newer_program_is_refused(database: Database, url: str) -> None:
    await database.migrate(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(Unavailable) as caught:
        async with open_book(url):
            pass
    assert "升级" in caught.value.hint

"""The audit chain: whatever is changed behind its back, it says where."""

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from domain.case import Move
from domain.errors import AuditBroken, Unavailable
from records import audit
from records.book import CaseBook, open_book
from records.engine import Database
from tests.records.making import NOON, minutes, opened, opinion, order, ruling

TEXTS = ("at", "actor", "action", "subject", "detail", "prev_hash", "hash")
HISTORY = ("audit", "case_moves", "opinions", "decisions", "order_events")


async def filled(book: CaseBook) -> int:
    """A dozen entries of every kind; their number."""
    case = await opened(book, 1, Move.REGISTER)
    await book.describe(case.id, {"issue": "P01", "emergency": True}, at=minutes(1))
    await book.save_opinion(case.id, opinion(), at=minutes(2))
    await book.issue_order(order(case.id), by="run", at=minutes(3), event={})
    await book.decide(ruling(reason="同意"))
    await book.note(case.id, "run.finished", {"steps": 9, "耗时": 0.25}, at=minutes(4), key="n")
    for number in range(2, 7):
        await opened(book, number)
    return await book.verify_audit()


async def unlock(database: Database) -> None:
    """Take away the triggers, as somebody with the database's password can."""

    def drop(conn: Connection) -> None:
        if conn.dialect.name == "postgresql":
            conn.execute(text("DROP FUNCTION IF EXISTS refuse_edit() CASCADE"))
            conn.execute(text("DROP FUNCTION IF EXISTS refuse_shrink() CASCADE"))
            return
        names = conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in names:
            conn.execute(text(f"DROP TRIGGER {name}"))

    await database.migrate(drop)


async def run(database: Database, statement: str, **values: Any) -> Any:
    """Execute SQL behind the book's back; the first column of the first row, if any."""
    found: list[Any] = []

    def execute(conn: Connection) -> None:
        result = conn.execute(text(statement), values)
        found.append(result.scalar() if result.returns_rows else None)

    await database.migrate(execute)
    return found[0]


async def broken_at(book: CaseBook) -> int:
    with pytest.raises(AuditBroken) as caught:
        await book.verify_audit()
    assert caught.value.hint
    return caught.value.seq


async def test_an_empty_chain_holds(book: CaseBook) -> None:
    assert await book.verify_audit() == 0
    assert await book.audit_head() == (0, audit.GENESIS)


async def test_every_kind_of_change_is_in_the_chain(book: CaseBook) -> None:
    count = await filled(book)
    entries = await book.audit(limit=100)

    assert [entry.seq for entry in entries] == list(range(1, count + 1))
    assert {entry.action for entry in entries} == {
        "case.accept", "case.describe", "case.move", "opinion.save", "opinion.decide", "order.issue", "run.finished",
    }  # fmt: skip
    assert await book.audit_head() == (count, entries[-1].hash)


async def test_the_chain_can_be_checked_with_sha256_alone(book: CaseBook) -> None:
    """As the documentation describes it, with nothing of ours."""
    await filled(book)
    previous = "0" * 64
    for entry in await book.audit(limit=100):
        detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        fields = {
            "seq": entry.seq,
            "at": entry.at,
            "actor": entry.actor,
            "action": entry.action,
            "subject": entry.subject,
            "detail": detail,
        }
        line = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert entry.prev_hash == previous
        assert entry.hash == hashlib.sha256((previous + line).encode()).hexdigest()
        previous = entry.hash


async def test_the_chain_is_read_in_pieces(book: CaseBook) -> None:
    count = await filled(book)
    first = await book.audit(limit=5)
    rest = await book.audit(after=first[-1].seq, limit=100)
    assert [entry.seq for entry in (*first, *rest)] == list(range(1, count + 1))
    of_one = await book.audit(first[0].subject, after=first[0].seq)
    assert {entry.subject for entry in of_one} == {first[0].subject}


async def test_a_long_chain_is_verified_in_batches(book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    count = await filled(book)
    for size in (1, 2, count - 1, count, count + 1):
        monkeypatch.setattr(audit, "BATCH", size)
        assert await book.verify_audit() == count


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_one_changed_character_in_any_column_is_found(
    book: CaseBook, database: Database, data: st.DataObject
) -> None:
    count = (await book.audit_head())[0] or await filled(book)
    await unlock(database)
    seq = data.draw(st.integers(1, count), label="seq")
    column = data.draw(st.sampled_from(TEXTS), label="column")
    kept = await run(database, f"SELECT {column} FROM audit WHERE seq = :seq", seq=seq)
    place = data.draw(st.integers(0, len(kept) - 1), label="place")
    bit = data.draw(st.sampled_from([1, 2, 4, 16]), label="bit")
    changed = kept[:place] + chr(ord(kept[place]) ^ bit) + kept[place + 1 :]
    await run(database, f"UPDATE audit SET {column} = :value WHERE seq = :seq", value=changed, seq=seq)

    assert await broken_at(book) == seq
    await run(database, f"UPDATE audit SET {column} = :value WHERE seq = :seq", value=kept, seq=seq)
    assert await book.verify_audit() == count


@pytest.mark.parametrize("seq", [1, 5, 12])
async def test_a_deleted_entry_is_missed(book: CaseBook, database: Database, seq: int) -> None:
    assert await filled(book) == 12
    await unlock(database)
    await run(database, "DELETE FROM audit WHERE seq = :seq", seq=seq)
    assert await broken_at(book) == seq


async def test_a_cut_off_tail_is_missed(book: CaseBook, database: Database) -> None:
    await filled(book)
    await unlock(database)
    await run(database, "DELETE FROM audit WHERE seq > 9")
    assert await broken_at(book) == 10
    await run(database, "DELETE FROM audit")
    assert await broken_at(book) == 1


async def test_a_moved_number_is_found(book: CaseBook, database: Database) -> None:
    await filled(book)
    await unlock(database)
    await run(database, "UPDATE audit SET seq = 99 WHERE seq = 4")
    assert await broken_at(book) == 4


async def test_two_entries_in_each_others_place_are_found(book: CaseBook, database: Database) -> None:
    await filled(book)
    await unlock(database)
    for old, new in ((3, 99), (7, 3), (99, 7)):
        await run(database, "UPDATE audit SET seq = :new WHERE seq = :old", old=old, new=new)
    assert await broken_at(book) == 3


@pytest.mark.parametrize(
    ("damage", "seq"),
    [
        pytest.param("UPDATE audit_head SET count = count - 1", 12, id="count lowered"),
        pytest.param("UPDATE audit_head SET count = count + 1", 13, id="count raised"),
        pytest.param("UPDATE audit_head SET hash = prev_hash FROM audit WHERE seq = 12", 12, id="hash of another"),
        pytest.param("DELETE FROM audit_head", 0, id="gone"),
    ],
)
async def test_a_changed_head_is_found(book: CaseBook, database: Database, damage: str, seq: int) -> None:
    assert await filled(book) == 12
    await unlock(database)
    await run(database, damage)
    assert await broken_at(book) == seq


async def test_an_entry_slipped_in_behind_the_head_is_found(book: CaseBook, database: Database) -> None:
    await filled(book)
    await run(
        database,
        "INSERT INTO audit SELECT seq + 1, at, actor, action, subject, detail, hash, hash FROM audit WHERE seq = 12",
    )
    assert await broken_at(book) == 13


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("damage", "seq"),
    [
        pytest.param("UPDATE audit SET actor = X'6142' WHERE seq = 3", 3, id="bytes for text"),
        pytest.param("UPDATE audit SET detail = CAST(X'C328' AS TEXT) WHERE seq = 3", 3, id="text that is no UTF-8"),
        pytest.param("UPDATE audit_head SET hash = CAST(X'C328' AS TEXT), count = count + 1", 0, id="head unreadable"),
        pytest.param("UPDATE audit_head SET hash = X'6142', count = count + 1", 0, id="head of bytes"),
    ],
)
async def test_values_of_another_kind_are_found(book: CaseBook, database: Database, damage: str, seq: int) -> None:
    """SQLite would keep them in any column."""
    await filled(book)
    await unlock(database)
    await run(database, damage)
    assert await broken_at(book) == seq


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_server_that_went_away_is_not_a_broken_chain(book: CaseBook, database: Database, url: str) -> None:
    await filled(book)

    def cut_off(conn: Connection) -> int:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [conn.scalar(text("SELECT pg_backend_pid()"))])
        return audit.verify(conn)

    with pytest.raises(Unavailable):
        await database.snapshot(cut_off)
    assert await book.verify_audit() == 12


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_many_walks_at_once_leave_connections_for_the_others(book: CaseBook, database: Database) -> None:
    """A walk of a long chain takes minutes: as many as there are connections would stop every read."""
    await filled(book)
    release = threading.Event()

    def slow(conn: Connection) -> int:
        release.wait(20)
        return audit.verify(conn)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(database.snapshot, slow)
        await anyio.sleep(0.1)
        try:
            with anyio.fail_after(5):
                await database.read(audit.head_of)
        finally:
            release.set()


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
async def test_history_refuses_to_be_edited(book: CaseBook, database: Database, table: str, statement: str) -> None:
    count = await filled(book)
    column = {"audit": "actor", "opinions": "body"}.get(table, "at")
    with pytest.raises(DBAPIError, match="append-only"):
        await run(database, statement.format(table, column, column))
    assert await book.verify_audit() == count


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_head",
        "UPDATE audit_head SET count = count - 1",
        "UPDATE audit_head SET hash = 'x'",
    ],
)
async def test_the_head_refuses_to_shrink(book: CaseBook, database: Database, statement: str) -> None:
    await filled(book)
    with pytest.raises(DBAPIError, match="audit_head"):
        await run(database, statement)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", [*HISTORY, "audit_head"])
async def test_history_refuses_to_be_emptied(database: Database, table: str) -> None:
    """SQLite has no TRUNCATE."""
    with pytest.raises(DBAPIError, match="append-only"):
        await run(database, f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("byte", [0x00, 0x41, 0xFF])
@pytest.mark.parametrize("mark", ["内容：路灯不亮".encode(), b"note.byte"], ids=["detail", "action"])
async def test_one_byte_changed_in_the_file_is_found(tmp_path: Path, byte: int, mark: bytes) -> None:
    """The file itself is edited while nobody has it open."""
    file = tmp_path / "records.sqlite"
    async with open_book(f"sqlite:///{file}") as book:
        await filled(book)
        case = await opened(book, 50)
        await book.note(case.id, "note.byte", {"text": "内容：路灯不亮"}, at=NOON, key="")
        await filled_again(book)
        seq = (await book.audit(case.id))[-1].seq
    content = bytearray(file.read_bytes())
    assert content.count(mark) == 1
    content[content.index(mark) + 3] = byte
    file.write_bytes(content)

    async with open_book(f"sqlite:///{file}") as book:
        assert await broken_at(book) == seq


async def filled_again(book: CaseBook) -> None:
    for number in range(60, 64):
        await opened(book, number)


async def test_an_opinion_changed_on_file_is_found(book: CaseBook, database: Database) -> None:
    """The chain holds, but the text that officers read is no longer the one that was saved."""
    case = await opened(book)
    await book.save_opinion(case.id, opinion(1, formal="由甲区养护"), at=NOON)
    await book.save_opinion(case.id, opinion(2, formal="由甲区养护"), at=NOON)
    count = await book.verify_audit()
    await unlock(database)
    where = "WHERE id = 'op-2'"
    await run(database, f"UPDATE opinions SET body = replace(CAST(body AS text), '甲区', '乙区') {where}")
    assert await broken_at(book) == count

"""Imported packs: kept once per digest, numbered by name, with who and when; on both databases."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from domain.errors import PackNotFound
from domain.packs import Pack
from records.book import CaseBook
from records.engine import Database
from tests.records.making import NOON, minutes


def pack(version: str = "1", name: str = "跨界河流") -> Pack:
    return Pack(name=name, version=version, publisher="江岚区", content={"schemes": {"a": {"id": version}}})


async def take(book: CaseBook, one: Pack, by: str = "officer", at: int = 0) -> tuple[Any, bool]:
    return await book.packs.take_in(one, by=by, at=minutes(at), detail={"faults": []})


async def test_a_pack_is_kept_with_who_and_when(book: CaseBook) -> None:
    first, fresh = await take(book, pack())
    again, once_more = await take(book, pack(), by="another", at=5)
    assert (fresh, once_more) == (True, False)
    assert first == again
    assert (first.number, first.imported_by, first.imported_at) == (1, "officer", NOON)
    (entry,) = await book.audit("pack:跨界河流")
    assert (entry.action, entry.actor, entry.detail["digest"]) == ("pack.import", "officer", pack().digest)


async def test_packs_of_one_name_are_numbered(book: CaseBook) -> None:
    for at, one in enumerate((pack("1"), pack("2"), pack("1", "其他"))):
        await take(book, one, at=at)
    assert [(one.pack.name, one.number) for one in await book.packs.all()] == [
        ("其他", 1),
        ("跨界河流", 1),
        ("跨界河流", 2),
    ]
    assert [one.pack.version for one in await book.packs.latest()] == ["1", "2"]
    assert await book.packs.digests() == tuple(one.pack.digest for one in await book.packs.latest())
    assert (await book.packs.get("跨界河流")).pack.version == "2"
    assert (await book.packs.get("跨界河流", 1)).pack.version == "1"
    for name, number in (("跨界河流", 3), ("没有", None)):
        with pytest.raises(PackNotFound):
            await book.packs.get(name, number)


async def test_many_import_the_same_at_once(book: CaseBook) -> None:
    made = await asyncio.gather(*(take(book, pack(), by=f"o{n}") for n in range(5)))
    assert sum(fresh for _, fresh in made) == 1
    assert await book.verify_audit() == 1


async def test_the_database_refuses_edits(book: CaseBook, database: Database) -> None:
    await take(book, pack())
    with pytest.raises(DatabaseError):
        await database.migrate(lambda conn: conn.execute(text("UPDATE packs SET version = 'x'")))

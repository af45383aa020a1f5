"""Addresses, settings, and what is said when a database is not to be had."""

import inspect
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.context import Cases
from domain.errors import InvalidInput, Unavailable
from records.book import CaseBook, open_book
from records.databases import database_url
from records.engine import Database
from records.settings import RecordsSettings
from tests.records.making import NOON, opened


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///a.db", "sqlite+pysqlite"),
        ("sqlite+aiosqlite:////tmp/a.db", "sqlite+pysqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg"),
        ("postgres://u:p%40@h:5433/d?sslmode=require", "postgresql+psycopg"),
        ("postgresql+asyncpg://u@h/d", "postgresql+psycopg"),
    ],
)
def test_the_driver_is_ours_whatever_the_address_says(given: str, driver: str) -> None:
    assert database_url(given).drivername == driver


@pytest.mark.parametrize("given", ["", "records.sqlite", "mysql://u@h/d", "sqlite://", "sqlite:///:memory:"])
async def test_an_address_that_cannot_be_used_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        async with open_book(given):
            pass
    assert "sqlite:///" in caught.value.hint


def test_records_live_in_the_home_folder_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIANZHI_HOME", raising=False)
    monkeypatch.delenv("LIANZHI_DATABASE_URL", raising=False)
    assert RecordsSettings().url == "sqlite:///var/records.sqlite"
    monkeypatch.setenv("LIANZHI_HOME", "/srv/lianzhi")
    assert RecordsSettings().url == "sqlite:////srv/lianzhi/records.sqlite"
    monkeypatch.setenv("LIANZHI_DATABASE_URL", "postgresql://db/lianzhi")
    assert RecordsSettings().url == "postgresql://db/lianzhi"


async def test_folders_are_made(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "records.sqlite"
    async with open_book(f"sqlite:///{file}") as book:
        await opened(book)
    assert file.exists()
    assert not file.with_name("records.sqlite-wal").exists()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="file"):
        async with open_book(f"sqlite:///{tmp_path / 'file' / 'records.sqlite'}"):
            pass


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    file.write_bytes(b"not a database at all" * 500)
    with pytest.raises(Unavailable):
        async with open_book(f"sqlite:///{file}"):
            pass


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        async with open_book("postgresql://nobody@127.0.0.1:9/none"):
            pass


async def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable) as caught:
        async with open_book("postgresql://nobody@127.0.0.1:9/none"):
            pass
    assert "postgres" in caught.value.hint


async def test_an_instant_without_a_zone_is_refused(book: CaseBook) -> None:
    with pytest.raises(Exception, match="aware"):
        await opened(book, at=NOON.replace(tzinfo=None))
    assert await book.unfinished() == []


async def test_sqlite_is_set_up_for_many_readers_and_a_writer(tmp_path: Path) -> None:
    async with open_book(f"sqlite:///{tmp_path / 'records.sqlite'}") as book:
        database: Any = book._db
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found: list[Any] = []
        await database.migrate(
            lambda conn: found.extend(conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas)
        )
        assert found == ["wal", 1, 1, 30_000]
        assert await database.read(lambda conn: conn.exec_driver_sql("PRAGMA query_only").scalar()) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_lock_that_is_not_given_back_is_unavailable(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("records.sqlite.BUSY_TIMEOUT_MS", 50)
    async with open_book(url) as book:
        other = sqlite3.connect(url.removeprefix("sqlite:///"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await opened(book)
        other.rollback()
        other.close()
        await opened(book)


async def test_a_fault_of_ours_is_not_called_an_outage(database: Database) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        await database.read(lambda conn: conn.exec_driver_sql("SELECT * FROM no_such_table").all())
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize("name", [name for name in vars(Cases) if not name.startswith("_")])
def test_the_book_fulfils_the_port_of_the_agents(name: str) -> None:
    """Every call that the port allows is a call that the book takes."""
    port = inspect.signature(getattr(Cases, name)).parameters
    ours = inspect.signature(getattr(CaseBook, name)).parameters
    assert [(key, ours[key].kind, ours[key].default) for key in port] == [
        (key, parameter.kind, parameter.default) for key, parameter in port.items()
    ]
    assert all(ours[key].default is not inspect.Parameter.empty for key in ours.keys() - port.keys())

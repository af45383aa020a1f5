"""Both databases: every test that takes `url`, `book` or `database` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import pytest

from records.book import CaseBook
from records.databases import open_database
from records.engine import Database
from records.migrate import upgrade
from tests.postgres import PostgresServer
from tests.postgres import postgres_server as postgres_server


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The databases' drivers know asyncio only."""
    return "asyncio"


@pytest.fixture(scope="session")
def migrated(postgres_server: PostgresServer) -> str:
    """Name of a migrated database to copy: cheaper than migrating one for each test."""
    url = postgres_server.database()

    async def migrate() -> None:
        database = open_database(url)
        await upgrade(database)
        await database.close()

    anyio.run(migrate)
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty case book."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    made = server.database(request.getfixturevalue("migrated"))
    yield made
    server.drop(made)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'records.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    made = server.database()
    yield made
    server.drop(made)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The database under a case book."""
    opened = open_database(url)
    await upgrade(opened)
    yield opened
    await opened.close()


@pytest.fixture
def book(database: Database) -> CaseBook:
    """An empty case book."""
    return CaseBook(database)

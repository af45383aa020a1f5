"""Records in PostgreSQL, through psycopg's asynchronous driver."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import Unavailable
from records.engine import Database, Run, Work, is_deadlock, whole

RETRIES = 5
"""How often a transaction is tried again after it was chosen to break a deadlock."""

T = TypeVar("T")


class PostgresDatabase(Database):
    """Rows that are about to change are locked; the head of the audit chain is locked last.

    What was begun is finished in a task of its own, as it is in SQLite's thread: a caller that is cancelled in the
    middle would otherwise leave its connection behind.
    """

    def __init__(self, url: URL) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            Unavailable: If the driver is not installed.
        """
        super().__init__()
        try:
            self._engine = create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise Unavailable("没有安装 PostgreSQL 驱动。", "请执行 pip install 'lianzhi[postgres]'。") from error
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._still = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._running: set[asyncio.Future[Any]] = set()

    async def migrate(self, change: Callable[[Connection], object]) -> None:
        """Run a change of the schema in one transaction."""
        await self._finish(self._retried(change))

    async def close(self) -> None:
        """Finish what was begun, then close every connection."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._engine.dispose()

    async def _write(self, work: Callable[[Work], T]) -> T:
        return await self._finish(self._retried(lambda conn: whole(conn, work)))

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await self._finish(_on_connection(self._single, query))

    async def _snapshot(self, query: Callable[[Connection], T]) -> T:
        return await self._finish(_on_connection(self._still, query))

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Run]:
        conn = self._engine.connect()
        steps: list[asyncio.Future[Any]] = []

        async def step(action: Awaitable[T]) -> T:
            steps.append(task := self._start(action))
            return await asyncio.shield(task)

        try:
            await step(_begin(conn))
            yield lambda work: step(conn.run_sync(work))
            await step(conn.commit())
        finally:
            await asyncio.shield(self._start(_end(conn, steps)))

    async def _retried(self, change: Callable[[Connection], T]) -> T:
        for attempt in range(RETRIES + 1):
            try:
                async with self._engine.begin() as conn:
                    return await conn.run_sync(change)
            except DBAPIError as error:
                if attempt == RETRIES or not is_deadlock(error):
                    raise
        raise AssertionError("unreachable")

    async def _finish(self, action: Awaitable[T]) -> T:
        return await asyncio.shield(self._start(action))

    def _start(self, action: Awaitable[T]) -> "asyncio.Future[T]":
        task = asyncio.ensure_future(action)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


async def _on_connection(engine: AsyncEngine, query: Callable[[Connection], T]) -> T:
    async with engine.connect() as conn:
        return await conn.run_sync(query)


async def _begin(conn: AsyncConnection) -> None:
    await conn.start()
    await conn.begin()


async def _end(conn: AsyncConnection, steps: list[asyncio.Future[Any]]) -> None:
    """Give the connection back, after a step that a cancelled caller no longer waits for."""
    await asyncio.gather(*steps, return_exceptions=True)
    await conn.close()

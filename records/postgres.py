"""Records in PostgreSQL, through psycopg's asynchronous driver."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from domain.errors import Unavailable
from records.engine import Database, Run, Work, is_deadlock, whole

RETRIES = 5
"""How often a transaction is tried again after it was chosen to break a deadlock."""

T = TypeVar("T")


class PostgresDatabase(Database):
    """Rows that are about to change are locked; the head of the audit chain is locked last."""

    def __init__(self, url: URL) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            Unavailable: If the driver is not installed.
        """
        try:
            self._engine = create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise Unavailable("没有安装 PostgreSQL 驱动。", "请执行 pip install 'lianzhi[postgres]'。") from error
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._still = self._engine.execution_options(isolation_level="REPEATABLE READ")

    async def migrate(self, change: Callable[[Connection], None]) -> None:
        """Run a change of the schema in one transaction."""
        async with self._engine.begin() as conn:
            await conn.run_sync(change)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _write(self, work: Callable[[Work], T]) -> T:
        for attempt in range(RETRIES + 1):
            try:
                async with self._engine.begin() as conn:
                    return await conn.run_sync(lambda sync: whole(sync, work))
            except DBAPIError as error:
                if attempt == RETRIES or not is_deadlock(error):
                    raise
        raise AssertionError("unreachable")

    async def _read(self, query: Callable[[Connection], T]) -> T:
        async with self._single.connect() as conn:
            return await conn.run_sync(query)

    async def _snapshot(self, query: Callable[[Connection], T]) -> T:
        async with self._still.connect() as conn:
            return await conn.run_sync(query)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Run]:
        async with self._engine.begin() as conn:
            yield conn.run_sync

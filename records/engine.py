"""Transactions on the database: one writer thread on SQLite, an asynchronous driver on PostgreSQL.

What a transaction does is written once, as plain functions on a SQLAlchemy connection. On PostgreSQL they run on the
asynchronous engine. On SQLite they run whole in a thread of their own: through an asynchronous SQLite driver each
statement costs three or four changes of thread, and a write was measured to take five times as long.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import Unavailable
from records.audit import Draft, append

_SQLITE_TROUBLE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN")

T = TypeVar("T")
Run = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
"""Runs a function on the connection of an open transaction."""


@dataclass(slots=True)
class Work:
    """One transaction: its connection, and the audit entries that are chained just before it commits.

    The head of the chain is locked last, so that writers hold it shortly and always in the same order.
    """

    conn: Connection
    drafts: list[Draft] = field(default_factory=list)

    def record(self, action: str, subject: str, detail: Mapping[str, Any], *, by: str, at: datetime) -> None:
        """Add an entry to the audit chain."""
        self.drafts.append(Draft(at=at, actor=by, action=action, subject=subject, detail=detail))

    def insert_once(self, table: Table, **values: Any) -> bool:  # noqa: ANN401
        """Insert unless a unique constraint already holds such a row; whether it was inserted.

        PostgreSQL waits for a concurrent writer of the same row, so a False means that the row can be read.
        """
        return self.conn.execute(_insert_once(table, self.conn.dialect.name), values).rowcount == 1

    def insert(self, table: Table, **values: Any) -> None:  # noqa: ANN401
        """Insert a row."""
        self.conn.execute(_insert(table), values)


# Statements are built once and take their values as parameters: building one costs more than running it.
@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _insert_once(table: Table, dialect: str) -> Insert:
    insert_into = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert_into(table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


def whole(conn: Connection, work: Callable[[Work], T]) -> T:
    """Do the work and chain its audit entries."""
    fresh = Work(conn)
    result = work(fresh)
    append(conn, fresh.drafts)
    return result


@dataclass(slots=True)
class _Joined:
    """A transaction that several calls of one task share."""

    database: "Database"
    owner: "asyncio.Task[Any] | None"
    run: Run
    drafts: list[Draft] = field(default_factory=list)
    spoilt: bool = False


_joined: ContextVar[_Joined | None] = ContextVar("records_joined", default=None)


class Database(ABC):
    """Where transactions come from."""

    def __init__(self) -> None:
        self._one_snapshot = asyncio.Lock()

    async def write(self, work: Callable[[Work], T]) -> T:
        """Run `work` in one transaction, or in the one of `together` that this task is in.

        Raises:
            Unavailable: If the database cannot be reached, is full or stays locked.
        """
        joined = self._current()
        if joined is None:
            with unavailable():
                return await self._write(work)
        try:
            return await joined.run(lambda conn: work(Work(conn, joined.drafts)))
        except BaseException:
            joined.spoilt = True
            raise

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run single statements; inside `together`, on the connection that sees what was written.

        Raises:
            Unavailable: If the database cannot be reached.
        """
        joined = self._current()
        with unavailable():
            return await (self._read(query) if joined is None else joined.run(query))

    async def snapshot(self, query: Callable[[Connection], T]) -> T:
        """Run statements that all see one state of the database; one caller at a time.

        Such a query may take minutes: several at once would leave no connection for the others' reads.

        Raises:
            Unavailable: If the database cannot be reached.
        """
        with unavailable():
            async with self._one_snapshot:
                return await self._snapshot(query)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """One transaction for every call on this database that this task makes inside the block."""
        if self._current() is not None:
            yield
            return
        with unavailable():
            async with self._transaction() as run:
                joined = _Joined(self, asyncio.current_task(), run)
                token = _joined.set(joined)
                try:
                    yield
                finally:
                    _joined.reset(token)
                if joined.spoilt:
                    raise RuntimeError("a write failed inside `together`; its transaction cannot be kept")
                await run(lambda conn: append(conn, joined.drafts))

    def _current(self) -> _Joined | None:
        joined = _joined.get()
        # A task started inside `together` inherits the variable, but may not share the connection.
        if joined is None or joined.database is not self or joined.owner is not asyncio.current_task():
            return None
        return joined

    @abstractmethod
    async def migrate(self, change: Callable[[Connection], object]) -> None:
        """Run a change of the schema in one transaction."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""

    @abstractmethod
    async def _write(self, work: Callable[[Work], T]) -> T: ...

    @abstractmethod
    async def _read(self, query: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    async def _snapshot(self, query: Callable[[Connection], T]) -> T: ...

    @abstractmethod
    def _transaction(self) -> AbstractAsyncContextManager[Run]: ...


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn a failure of the database itself, not of a statement, into Unavailable."""
    try:
        yield
    except (OperationalError, PoolTimeout) as error:
        name = getattr(getattr(error, "orig", None), "sqlite_errorname", None)
        if name is not None and not name.startswith(_SQLITE_TROUBLE):
            raise
        hint = "请检查数据库是否在运行、磁盘是否已满，稍后重试。"
        raise Unavailable("记录库暂时不可用。", hint) from error


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL chose this transaction to break a deadlock, so that it can be tried again."""
    return getattr(error.orig, "sqlstate", "") in {"40P01", "40001"}

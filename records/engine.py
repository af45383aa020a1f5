"""Connections to the database: one writer at a time on SQLite, row locks on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from domain.errors import InvalidInput, Unavailable
from records.audit import Draft, append

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for a writer in another process."""

RETRIES = 5
"""How often a transaction is tried again after PostgreSQL chose it to break a deadlock."""

_DEADLOCKS = {"40P01", "40001"}
_SQLITE_TROUBLE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN")

T = TypeVar("T")


@dataclass(slots=True)
class Work:
    """One transaction: its connection, and the audit entries that are chained just before it commits.

    The head of the chain is locked last, so that writers hold it shortly and always in the same order.
    """

    conn: AsyncConnection
    drafts: list[Draft] = field(default_factory=list)
    owner: asyncio.Task[Any] | None = None
    broken: bool = False

    def record(self, action: str, subject: str, detail: Mapping[str, Any], *, by: str, at: datetime) -> None:
        """Add an entry to the audit chain."""
        self.drafts.append(Draft(at=at, actor=by, action=action, subject=subject, detail=detail))

    async def insert_once(self, table: Table, **values: Any) -> bool:  # noqa: ANN401
        """Insert unless a unique constraint already holds such a row; whether it was inserted.

        PostgreSQL waits for a concurrent writer of the same row, so a False means that the row can be read.
        """
        insert = postgresql.insert if self.conn.dialect.name == "postgresql" else sqlite.insert
        result = await self.conn.execute(insert(table).values(**values).on_conflict_do_nothing())
        return result.rowcount == 1


_joined: ContextVar["tuple[Database, Work] | None"] = ContextVar("records_work", default=None)


class Database:
    """Where transactions come from."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.writer = writer
        self._reader = reader
        self.is_sqlite = writer.dialect.name == "sqlite"
        self._gate = asyncio.Lock() if self.is_sqlite else None

    async def write(self, work: Callable[[Work], Awaitable[T]]) -> T:
        """Run `work` in one transaction, or in the one of `together` that this task is in.

        Raises:
            Unavailable: If the database cannot be reached, is full or stays locked.
        """
        joined = self._current()
        if joined is not None:
            return await self._join(joined, work)
        for attempt in range(RETRIES + 1):
            try:
                async with self._transaction() as fresh:
                    return await work(fresh)
            except DBAPIError as error:
                if attempt == RETRIES or getattr(error.orig, "sqlstate", "") not in _DEADLOCKS:
                    _raise_unavailable(error)
                    raise
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """One transaction for every call on this database that this task makes inside the block."""
        if self._current() is not None:
            yield
            return
        async with self._transaction() as work:
            work.owner = asyncio.current_task()
            token = _joined.set((self, work))
            try:
                yield
            finally:
                _joined.reset(token)
            if work.broken:
                raise RuntimeError("a write failed inside `together`; its transaction cannot be kept")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for single statements; inside `together`, the one that sees what was written."""
        joined = self._current()
        if joined is not None:
            yield joined.conn
            return
        try:
            async with self._reader.connect() as conn:
                yield conn
        except OperationalError as error:
            _raise_unavailable(error)
            raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which all statements see one state of the database."""
        async with self._reader.connect() as conn:
            if not self.is_sqlite:
                await conn.execution_options(isolation_level="REPEATABLE READ")
                yield conn
                return
            await conn.exec_driver_sql("BEGIN")
            try:
                yield conn
            finally:
                await conn.exec_driver_sql("ROLLBACK")

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self.writer.dispose()

    def _current(self) -> Work | None:
        joined = _joined.get()
        # A task started inside `together` inherits the variable, but may not share the connection.
        if joined is None or joined[0] is not self or joined[1].owner is not asyncio.current_task():
            return None
        return joined[1]

    @staticmethod
    async def _join(joined: Work, work: Callable[[Work], Awaitable[T]]) -> T:
        try:
            return await work(joined)
        except BaseException:
            joined.broken = True
            raise

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Work]:
        if self._gate is None:
            async with self.writer.begin() as conn:
                work = Work(conn)
                yield work
                await append(conn, work.drafts)
            return
        async with self._gate, self.writer.begin() as conn:
            work = Work(conn)
            yield work
            await append(conn, work.drafts)


def database_url(text: str) -> URL:
    """The URL with the driver this package uses.

    Raises:
        InvalidInput: If it is no URL, or names a database other than SQLite and PostgreSQL.
    """
    hint = "请使用 sqlite:///路径 或 postgresql://用户@主机/库名。"
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidInput("数据库地址无法识别。", hint) from error
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
    backend = url.drivername.partition("+")[0]
    if backend not in drivers:
        raise InvalidInput(f"不支持的数据库：{backend}。", hint)
    return url.set(drivername=drivers[backend])


def open_database(text: str) -> Database:
    """Make the engines; nothing is connected yet.

    Raises:
        InvalidInput: If the URL cannot be used.
        Unavailable: If PostgreSQL is asked for and its driver is not installed, or the folder cannot be made.
    """
    url = database_url(text)
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    try:
        writer = create_async_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise Unavailable("没有安装 PostgreSQL 驱动。", "请执行 pip install 'lianzhi[postgres]'。") from error
    return Database(writer, writer.execution_options(isolation_level="AUTOCOMMIT"))


def _open_sqlite(url: URL) -> Database:
    if url.database in (None, "", ":memory:"):
        raise InvalidInput("记录库不能放在内存里。", "请给出文件路径，例如 sqlite:///var/records.sqlite。")
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"无法建立数据目录 {folder}。", "请检查 LIANZHI_HOME 及其权限。") from error
    writer = create_async_engine(url, pool_size=1, max_overflow=0)
    reader = create_async_engine(url, pool_size=4, max_overflow=4, isolation_level="AUTOCOMMIT")
    event.listen(writer.sync_engine, "connect", _prepare_writer)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_reader)
    return Database(writer, reader)


def _prepare_writer(connection: Any, _: object) -> None:  # noqa: ANN401
    connection.isolation_level = None
    _pragmas(connection, f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")


def _prepare_reader(connection: Any, _: object) -> None:  # noqa: ANN401
    _pragmas(connection, f"busy_timeout={BUSY_TIMEOUT_MS}", "query_only=ON")


def _pragmas(connection: Any, *settings: str) -> None:  # noqa: ANN401
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # The write lock is taken at once: a transaction that reads first and writes later could not be granted it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _raise_unavailable(error: DBAPIError) -> None:
    """Raise Unavailable if the database, and not the statement, is at fault."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if isinstance(error, OperationalError) and (name is None or name.startswith(_SQLITE_TROUBLE)):
        hint = "请检查数据库是否在运行、磁盘是否已满，稍后重试。"
        raise Unavailable("记录库暂时不可用。", hint) from error

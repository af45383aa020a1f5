"""Records in a SQLite file: WAL, one writer thread, a few reader threads."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from domain.errors import InvalidInput, Unavailable
from records.engine import Database, Run, Work, whole

BUSY_TIMEOUT_MS = 30_000
_RETRY_MS = 50
"""How long a writer waits for a writer in another process."""

READERS = 4

T = TypeVar("T")


class SqliteDatabase(Database):
    """One connection writes; others read beside it and see the last commit."""

    def __init__(self, url: URL) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            InvalidInput: If the URL names no file.
            Unavailable: If the folder cannot be made.
        """
        super().__init__()
        if url.database in (None, "", ":memory:"):
            raise InvalidInput("记录库不能放在内存里。", "请给出文件路径，例如 sqlite:///var/records.sqlite。")
        folder = Path(str(url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"无法建立数据目录 {folder}。", "请检查 LIANZHI_HOME 及其权限。") from error
        self._writer = create_engine(url, pool_size=1, max_overflow=0)
        self._reader = create_engine(url, pool_size=READERS, max_overflow=0, isolation_level="AUTOCOMMIT")
        event.listen(self._writer, "connect", _prepare_writer)
        event.listen(self._writer, "begin", _begin_immediate)
        event.listen(self._reader, "connect", _prepare_reader)
        self._writing = ThreadPoolExecutor(1, "records-write")
        self._reading = ThreadPoolExecutor(READERS, "records-read")
        # Only `together` needs it: others would join its transaction, since the writer has one connection.
        self._gate = asyncio.Lock()

    async def migrate(self, change: Callable[[Connection], object]) -> None:
        """Run a change of the schema in one transaction."""
        await self._in_writer(_in_transaction, self._writer, change)

    async def close(self) -> None:
        """Finish what is queued, then close every connection."""
        for threads in (self._reading, self._writing):
            await asyncio.to_thread(threads.shutdown)
        self._reader.dispose()
        self._writer.dispose()

    async def _write(self, work: Callable[[Work], T]) -> T:
        async with self._gate:
            return await self._in_writer(_in_transaction, self._writer, lambda conn: whole(conn, work))

    async def _read(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, _on_connection, self._reader, query)

    async def _snapshot(self, query: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, _on_snapshot, self._reader, query)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Run]:
        async with self._gate:
            held: list[Connection] = []
            try:
                await self._in_writer(_begin, self._writer, held)
                yield lambda work: self._in_writer(work, held[0])
                await self._in_writer(held[0].commit)
            finally:
                # Queued at once: even if this task is cancelled, at whatever point, it comes before the next writer.
                self._writing.submit(_end, held)

    async def _in_writer(self, call: Callable[..., T], *args: Any) -> T:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(self._writing, call, *args)


def _in_transaction(engine: Engine, change: Callable[[Connection], T]) -> T:
    with engine.begin() as conn:
        return change(conn)


def _begin(engine: Engine, held: list[Connection]) -> None:
    held.append(engine.connect())
    held[0].begin()


def _end(held: list[Connection]) -> None:
    for conn in held:
        conn.close()


def _on_connection(engine: Engine, query: Callable[[Connection], T]) -> T:
    with engine.connect() as conn:
        return query(conn)


def _on_snapshot(engine: Engine, query: Callable[[Connection], T]) -> T:
    with engine.connect() as conn:
        conn.exec_driver_sql("BEGIN")
        try:
            return query(conn)
        finally:
            conn.exec_driver_sql("ROLLBACK")


def _prepare_writer(connection: Any, _: object) -> None:  # noqa: ANN401
    # The driver's own implicit transactions are off; `_begin_immediate` opens them.
    connection.isolation_level = None
    _pragmas(connection, f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")


def _prepare_reader(connection: Any, _: object) -> None:  # noqa: ANN401
    _pragmas(connection, f"busy_timeout={BUSY_TIMEOUT_MS}", "query_only=ON")


def _pragmas(connection: Any, *settings: str) -> None:  # noqa: ANN401
    cursor = connection.cursor()
    for setting in settings:
        _patiently(lambda setting=setting: cursor.execute(f"PRAGMA {setting}"))
    cursor.close()


def _patiently(change: Callable[[], object]) -> None:
    """Try again while another connection changes the journal of a fresh database: that lock knows no busy timeout."""
    for waited_ms in range(0, BUSY_TIMEOUT_MS, _RETRY_MS):
        try:
            change()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or waited_ms + _RETRY_MS >= BUSY_TIMEOUT_MS:
                raise
        time.sleep(_RETRY_MS / 1000)


def _begin_immediate(connection: Connection) -> None:
    # The write lock is taken at once: a transaction that reads first and writes later could not be granted it.
    connection.exec_driver_sql("BEGIN IMMEDIATE")

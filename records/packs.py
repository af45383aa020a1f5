"""Scenario packs that were imported: kept whole with who and when, numbered by name, never edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from domain.errors import Conflict, PackNotFound
from domain.opinion import canonical
from domain.packs import Pack, pack_from_plain
from records.engine import Database, Work
from records.storable import require_storable
from records.tables import packs


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPack:
    """A pack as imported; `number` counts the packs of its name from 1."""

    pack: Pack
    number: int
    imported_by: str
    imported_at: datetime


class PackBook:
    """Everything the records hold of packs. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def take_in(
        self, pack: Pack, *, by: str, at: datetime, detail: Mapping[str, Any]
    ) -> tuple[ImportedPack, bool]:
        """Keep a pack, once per digest; False: it was imported before.

        Args:
            pack: The pack, its digest checked.
            by: Who imports it.
            at: When.
            detail: What is noted in the audit chain beside name, version and digest.

        Raises:
            Conflict: If somebody imported another pack of this name at the same moment.
        """
        return await self._db.write(lambda work: _take_in(work, pack, by=by, at=at, detail=detail))

    async def note(self, pack: Pack, action: str, detail: Mapping[str, Any], *, by: str, at: datetime) -> None:
        """Add an entry about a pack to the audit chain."""
        fields = {"name": pack.name, "digest": pack.digest, **detail}
        await self._db.write(lambda work: work.record(action, f"pack:{pack.name}", fields, by=by, at=at))

    async def latest(self) -> list[ImportedPack]:
        """The last import of each name, by name."""
        return await self._db.read(_latest)

    async def digests(self) -> tuple[str, ...]:
        """Digests of the last import of each name: equal digests, equal packs."""
        return await self._db.read(lambda conn: tuple(row.digest for row in conn.execute(_newest()).all()))

    async def all(self) -> list[ImportedPack]:
        """Every import, by name and number."""
        query = select(packs).order_by(packs.c.name, packs.c.number)
        return await self._db.read(lambda conn: [_imported(row) for row in conn.execute(query)])

    async def get(self, name: str, number: int | None = None) -> ImportedPack:
        """The pack of a name, the last one unless a number is given. Raises PackNotFound."""
        return await self._db.read(lambda conn: _get(conn, name, number))


def _take_in(work: Work, pack: Pack, *, by: str, at: datetime, detail: Mapping[str, Any]) -> tuple[ImportedPack, bool]:
    require_storable(canonical(pack.to_json()), by)
    mine = select(packs).where(packs.c.digest == pack.digest)
    known = work.conn.execute(mine).one_or_none()
    if known is not None:
        return _imported(known), False
    count = select(func.coalesce(func.max(packs.c.number), 0)).where(packs.c.name == pack.name)
    number = int(work.conn.execute(count).scalar_one()) + 1
    made = work.insert_once(
        packs, digest=pack.digest, name=pack.name, number=number, version=pack.version, publisher=pack.publisher,
        body=pack.to_json(), imported_by=by, imported_at=at,
    )  # fmt: skip
    row = work.conn.execute(mine).one_or_none()
    if row is None:
        raise Conflict(f"数据包“{pack.name}”刚有另一份被引入。", "请核对后重试。")
    if made:
        fields = {"name": pack.name, "number": number, "version": pack.version, "publisher": pack.publisher,
                  "digest": pack.digest, **detail}  # fmt: skip
        work.record("pack.import", f"pack:{pack.name}", fields, by=by, at=at)
    return _imported(row), made


def _newest() -> Any:  # noqa: ANN401  SQLAlchemy's own type is long and says no more
    last = select(packs.c.name, func.max(packs.c.number).label("number")).group_by(packs.c.name).subquery()
    return (
        select(packs)
        .join(last, (packs.c.name == last.c.name) & (packs.c.number == last.c.number))
        .order_by(packs.c.name)
    )


def _latest(conn: Connection) -> list[ImportedPack]:
    return [_imported(row) for row in conn.execute(_newest())]


def _get(conn: Connection, name: str, number: int | None) -> ImportedPack:
    query = select(packs).where(packs.c.name == name).order_by(packs.c.number.desc()).limit(1)
    if number is not None:
        query = query.where(packs.c.number == number)
    row = conn.execute(query).one_or_none()
    if row is None:
        which = f"{name[:64]}@{number}" if number is not None else name[:64]
        raise PackNotFound(f"没有引入过数据包“{which}”。", "已引入的见 lianzhi pack list。")
    return _imported(row)


def _imported(row: Row[Any]) -> ImportedPack:
    return ImportedPack(
        # Checked again: what the records hold must still be what was imported.
        pack=pack_from_plain(row.body, name=row.name),
        number=row.number,
        imported_by=row.imported_by,
        imported_at=row.imported_at,
    )

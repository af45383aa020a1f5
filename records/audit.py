"""The audit chain (审计链): append-only, each entry carries the hash of the one before."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.errors import AuditBroken
from domain.opinion import canonical
from records.tables import audit, audit_head, opinions

GENESIS = "0" * 64
"""Hash before the first entry."""

BATCH = 1000
"""Entries read at a time when the chain is verified."""

PAGE = 100
"""Opinions read at a time; each is some twenty kilobytes."""

_HEAD = select(audit_head.c.count, audit_head.c.hash)
_LOCK_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = update(audit_head)
_APPEND = insert(audit)
_COLUMNS = ("seq", "at", "actor", "action", "subject", "detail", "prev_hash", "hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the chain.

    Attributes:
        seq: Place in the chain, from 1, without gaps.
        at: ISO 8601, UTC, microseconds.
        actor: Who did it; `system` for a rule or a run.
        action: What was done, `noun.verb`.
        subject: Case id, or `outbox:ID` for a message.
        detail: JSON object.
        prev_hash, hash: SHA-256, lower-case hex; see `entry_hash`.
    """

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that waits for its place in the chain."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


def entry_hash(prev_hash: str, fields: Mapping[str, Any]) -> str:
    """SHA-256 of `prev_hash` followed by the entry's fields as canonical JSON.

    Args:
        prev_hash: Hash of the entry before, `GENESIS` for the first.
        fields: `seq`, `at`, `actor`, `action`, `subject` and `detail` (the stored text) of the entry.
    """
    return hashlib.sha256((prev_hash + canonical(dict(fields))).encode()).hexdigest()


def append(conn: Connection, drafts: Sequence[Draft]) -> None:
    """Chain entries to the head; the head's row lock makes writers wait for each other until they commit."""
    if not drafts:
        return
    seq, last = conn.execute(_LOCK_HEAD).one()
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        seq += 1
        fields = {
            "seq": seq,
            "at": draft.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": draft.actor,
            "action": draft.action,
            "subject": draft.subject,
            "detail": canonical(dict(draft.detail)),
        }
        rows.append(fields | {"prev_hash": last, "hash": (last := entry_hash(last, fields))})
    conn.execute(_APPEND, rows)
    conn.execute(_MOVE_HEAD, {"count": seq, "hash": last})


def entries(conn: Connection, subject: str | None, after: int, limit: int) -> list[AuditEntry]:
    """Entries in the order of the chain, with `seq` above `after`."""
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    if subject is not None:
        query = query.where(audit.c.subject == subject)
    return [_entry(row) for row in conn.execute(query)]


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**{**row._mapping, "detail": json.loads(row.detail)})


def head_of(conn: Connection) -> tuple[int, str]:
    """Number of entries and hash of the last: keep it elsewhere to prove later that nothing was rewritten.

    Raises:
        AuditBroken: If the record of the head is gone.
    """
    try:
        row = conn.execute(_HEAD).one_or_none()
    except DBAPIError as error:
        _raise_if_gone(conn, error)
        raise _broken(0, "审计链首记录无法读取") from error
    if row is None or [type(value) for value in row] != [int, str]:
        raise _broken(0, "审计链首记录缺失或损坏")
    return row[0], row[1]


def verify(conn: Connection) -> int:
    """Walk the whole chain in constant memory, then hold the opinions on file against what it says of them.

    Args:
        conn: A connection that sees one snapshot for as long as this takes.

    Returns:
        The number of entries.

    Raises:
        AuditBroken: With the first entry that is changed, missing, moved, or beyond the recorded head; or that saved
            an opinion whose text is no longer the one that was saved.
    """
    count, last = head_of(conn)
    seq, previous = 0, GENESIS
    for row in _walk(conn):
        seq += 1
        if seq > count:
            raise _broken(seq, f"链首记录只有 {count} 条，其后出现多余记录")
        previous = _check(row, seq, previous)
    if seq != count:
        raise _broken(seq + 1, f"链首记录共 {count} 条，实际只有 {seq} 条")
    if previous != last:
        raise _broken(seq, "最后一条记录与链首记录不符")
    _check_opinions(conn)
    return count


def _check_opinions(conn: Connection) -> None:
    """Compare each opinion on file with the SHA-256 that the chain holds of it."""
    after = 0
    while True:
        query = select(audit.c.seq, audit.c.detail).where(audit.c.action == "opinion.save", audit.c.seq > after)
        said = [(row.seq, json.loads(row.detail)) for row in conn.execute(query.order_by(audit.c.seq).limit(PAGE))]
        if not said:
            return
        after = said[-1][0]
        stored = select(opinions.c.id, opinions.c.body).where(
            opinions.c.id.in_([detail["opinion"] for _, detail in said])
        )
        try:
            kept = {row.id: canonical(row.body) for row in conn.execute(stored)}
        except (DBAPIError, ValueError) as error:
            _raise_if_gone(conn, error)
            raise _broken(said[0][0], "所存意见书无法读取") from error
        for seq, detail in said:
            text = kept.get(detail["opinion"], "")
            if hashlib.sha256(text.encode()).hexdigest() != detail["sha256"]:
                raise _broken(seq, f"意见书 {detail['opinion']} 的存档与当时的哈希不符")


def _walk(conn: Connection) -> Iterator[Row[Any]]:
    after: int | None = None
    query = select(*(audit.c[name] for name in _COLUMNS)).order_by(audit.c.seq)
    while True:
        page = query if after is None else query.where(audit.c.seq > after)
        rows = _read(conn, page.limit(BATCH), page.limit(1), after or 0)
        yield from rows
        if not rows or not isinstance(rows[-1].seq, int):
            return
        after = rows[-1].seq


def _read(conn: Connection, page: Any, single: Any, after: int) -> Sequence[Row[Any]]:  # noqa: ANN401
    try:
        return (conn.execute(page)).all()
    except DBAPIError as error:
        _raise_if_gone(conn, error)
        # One row of the page cannot be decoded; read up to it one by one, so that it can be named.
        try:
            return (conn.execute(single)).all()
        except DBAPIError as error:
            raise _broken(after + 1, "记录无法读取") from error


def _raise_if_gone(conn: Connection, error: Exception) -> None:
    """A server that went away says nothing about the chain; SQLite's undecodable text does."""
    if conn.dialect.name == "postgresql" and isinstance(error, OperationalError):
        raise error


def _check(row: Row[Any], seq: int, previous: str) -> str:
    fields = {name: row._mapping[name] for name in _COLUMNS[:6]}
    texts = [row.hash, row.prev_hash, *(fields[name] for name in _COLUMNS[1:6])]
    if row.seq != seq:
        raise _broken(seq, f"应为第 {seq} 条，却是第 {row.seq} 条")
    if not all(isinstance(text, str) for text in texts):
        raise _broken(seq, "字段类型被改动")
    if row.prev_hash != previous:
        raise _broken(seq, "与前一条记录不相接")
    if row.hash != entry_hash(previous, fields):
        raise _broken(seq, "内容与哈希不符")
    return str(row.hash)


def _broken(seq: int, why: str) -> AuditBroken:
    return AuditBroken(
        f"审计链在第 {seq} 条处断裂：{why}。", "请保留现场，停止写入，并与备份及已留存的链首哈希比对。", seq=seq
    )

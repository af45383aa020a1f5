"""Messages for the outside world, written with the change they tell of and delivered at least once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from domain.errors import NotFound
from records.engine import Work
from records.tables import outbox

MAX_ATTEMPTS = 12
"""After so many failures a message is dead until somebody revives it; with the waits below, after about five hours."""

FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One message.

    Attributes:
        id: Rises in the order of writing.
        key: Idempotency key: the same in every delivery of this message, so that a receiver can drop repeats.
        topic: What happened, e.g. `work_order.issued`.
        subject: Case id.
        attempts: Deliveries begun or failed so far.
        next_attempt_at: Not before this instant.
        state: `pending`, `done` or `dead`.
        error: What the last failure said.
    """

    id: int
    key: str
    topic: str
    subject: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int
    next_attempt_at: datetime
    state: str
    error: str


def put(work: Work, key: str, topic: str, subject: str, payload: Mapping[str, Any], *, at: datetime) -> None:
    """Write a message, once per key."""
    work.insert_once(
        outbox,
        key=key,
        topic=topic,
        subject=subject,
        payload=dict(payload),
        created_at=at,
        attempts=0,
        next_attempt_at=at,
        state="pending",
        error="",
    )


def pending(conn: Connection, limit: int, at: datetime | None) -> list[OutboxMessage]:
    """Undelivered messages in order of writing; with `at`, only those that are due."""
    query = select(outbox).where(outbox.c.state == "pending").order_by(outbox.c.id).limit(limit)
    if at is not None:
        query = query.where(outbox.c.next_attempt_at <= at)
    return [_message(row) for row in conn.execute(query)]


def dead(conn: Connection, limit: int) -> list[OutboxMessage]:
    """Messages that were given up, in order of writing."""
    query = select(outbox).where(outbox.c.state == "dead").order_by(outbox.c.id).limit(limit)
    return [_message(row) for row in conn.execute(query)]


def take(work: Work, limit: int, *, at: datetime, lease_s: float) -> list[OutboxMessage]:
    """Due messages, put out of other workers' reach for `lease_s`; who dies in between leaves them due again."""
    query = (
        select(outbox)
        .where(outbox.c.state == "pending", outbox.c.next_attempt_at <= at)
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = work.conn.execute(query).all()
    until = at + timedelta(seconds=lease_s)
    ids = [row.id for row in rows]
    work.conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(next_attempt_at=until))
    return [_message(row) for row in rows]


def done(work: Work, message_id: int, *, at: datetime) -> None:
    """Say that a message was delivered; again is a no-op."""
    row = _locked(work, message_id)
    if row.state != "done":
        _settle(work, message_id, state="done", settled_at=at, attempts=row.attempts + 1, error="")


def failed(work: Work, message_id: int, *, at: datetime, error: str) -> OutboxMessage:
    """Say that a delivery failed: the next try comes later each time, and the last failure is audited."""
    row = _locked(work, message_id)
    if row.state != "pending":
        return _message(row)
    attempts = row.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "error": error.replace("\x00", "")[:1000]}
    if attempts >= MAX_ATTEMPTS:
        values |= {"state": "dead", "settled_at": at}
        detail = {"message": message_id, "key": row.key, "attempts": attempts, "error": values["error"]}
        work.record("outbox.dead", row.subject, detail, by="system", at=at)
    else:
        wait_s = min(FIRST_WAIT_S * 2 ** (attempts - 1), LONGEST_WAIT_S)
        values["next_attempt_at"] = at + timedelta(seconds=wait_s)
    _settle(work, message_id, **values)
    return _message(_locked(work, message_id))


def revive(work: Work, message_id: int, *, by: str, at: datetime) -> None:
    """Give a dead message its attempts back."""
    row = _locked(work, message_id)
    if row.state != "dead":
        return
    _settle(work, message_id, state="pending", settled_at=None, attempts=0, next_attempt_at=at)
    work.record("outbox.revive", row.subject, {"message": message_id, "key": row.key}, by=by, at=at)


def _settle(work: Work, message_id: int, **values: Any) -> None:  # noqa: ANN401
    work.conn.execute(update(outbox).where(outbox.c.id == message_id).values(**values))


def _locked(work: Work, message_id: int) -> Row[Any]:
    query = select(outbox).where(outbox.c.id == message_id).with_for_update()
    row = work.conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为 {message_id} 的待发消息。", "请核对消息编号。")
    return row


def _message(row: Row[Any]) -> OutboxMessage:
    fields = {name: row._mapping[name] for name in OutboxMessage.__dataclass_fields__}
    return OutboxMessage(**fields)

"""Acceptance of observations, once each, and which of them are still on their way through intake."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from domain.case import Stage
from domain.errors import CaseNotFound, DuplicateId, NotFound
from domain.observation import Observation, observation_from_json
from domain.opinion import canonical
from records.engine import Work
from records.storable import require_storable
from records.tables import cases, idempotency_keys, intake, observations


@dataclass(frozen=True, slots=True)
class Accepted:
    """The case of an observation; `created` is false when it was there before."""

    case_id: str
    created: bool


def case_id_of(observation_id: str) -> str:
    """The case id that an observation opens: `c-` and 80 bits of SHA-256."""
    return "c-" + hashlib.sha256(observation_id.encode()).hexdigest()[:20]


def content_hash(observation: Observation, plain: Mapping[str, Any]) -> str:
    """SHA-256 of what was reported (`plain`: its JSON): equal for a repeated request.

    The instant of receipt and an id that was drawn on receipt differ from one try to the next, and so does a time of
    seeing that was not sent but set to the time of receipt: none of them counts.
    """
    volatile = {"id", "received_at"}
    if observation.observed_at == observation.received_at:
        volatile.add("observed_at")
    return _sha256({name: value for name, value in plain.items() if name not in volatile})


def _sha256(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(plain).encode()).hexdigest()


def accept(work: Work, observation: Observation, *, key: str, by: str, at: datetime) -> Accepted:
    """Store an observation and open its case; see `CaseBook.accept`."""
    plain = observation.to_json()
    require_storable(key, by, *_texts(plain))
    digest = content_hash(observation, plain)
    opened = case_id_of(observation.id)
    # Keys are the caller's own: two callers may both count from 1.
    scope = f"accept:{by}"
    # The key is claimed first: a concurrent request with the same key waits here until this one is through.
    if key and not claim(work, scope, key, subject=opened, digest=digest, at=at):
        return Accepted(_subject_of(work, scope, key, digest), False)
    row = {"source": observation.source.value, "external_id": observation.external_id or None}
    row |= {"content_sha256": digest, "body": plain, "received_at": observation.received_at}
    if work.insert_once(observations, id=observation.id, **row):
        _open_case(work, opened, observation, digest, by=by, at=at)
        return Accepted(opened, True)
    known = _case_of_known(work, observation, digest)
    if key and known != opened:
        mine = (idempotency_keys.c.scope == scope) & (idempotency_keys.c.key == key)
        work.conn.execute(update(idempotency_keys).where(mine).values(subject=known))
    return Accepted(known, False)


def _texts(plain: Any) -> Iterator[str]:  # noqa: ANN401
    """Every text in a JSON value."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, dict | list):
        for part in plain.values() if isinstance(plain, dict) else plain:
            yield from _texts(part)


def claim(work: Work, scope: str, key: str, *, subject: str, digest: str, at: datetime) -> bool:
    """Take an idempotency key; False if it was taken before."""
    values = {"scope": scope, "key": key, "subject": subject, "content_sha256": digest, "at": at}
    return work.insert_once(idempotency_keys, **values)


def _subject_of(work: Work, scope: str, key: str, digest: str) -> str:
    query = select(idempotency_keys).where(idempotency_keys.c.scope == scope, idempotency_keys.c.key == key)
    row = work.conn.execute(query).one()
    if row.content_sha256 != digest:
        raise DuplicateId(f"幂等键 {key} 已用于另一份内容。", "重试时请保持内容不变；新的上报请换用新的幂等键。")
    return row.subject


def _case_of_known(work: Work, observation: Observation, digest: str) -> str:
    same = observations.c.id == observation.id
    if observation.external_id:
        same = or_(
            same,
            (observations.c.source == observation.source.value)
            & (observations.c.external_id == observation.external_id),
        )
    query = select(cases.c.id, observations.c.content_sha256).join_from(observations, cases).where(same)
    rows = work.conn.execute(query).all()
    if len(rows) != 1 or rows[0].content_sha256 != digest:
        number = observation.external_id or observation.id
        raise DuplicateId(f"编号 {number} 已用于另一份内容。", "请核对来源与编号；补充情况请在原案卷上进行。")
    return rows[0].id


def _open_case(work: Work, case_id: str, observation: Observation, digest: str, *, by: str, at: datetime) -> None:
    empty = dict.fromkeys(("issue", "class_code", "standard_ref", "severity"), "")
    row = {
        "id": case_id,
        "observation_id": observation.id,
        "stage": Stage.COLLECTED.value,
        "emergency": False,
        "region": observation.region,
        "lon": observation.lon,
        "lat": observation.lat,
        "returns": 0,
        "version": 1,
        "created_at": at,
        "updated_at": at,
    }
    work.insert(cases, **row, **empty)
    work.insert(intake, case_id=case_id, accepted_at=at, finished=False)
    detail = {"observation": observation.id, "source": observation.source.value, "content_sha256": digest}
    work.record("case.accept", case_id, detail, by=by, at=at)


def observation(conn: Connection, observation_id: str) -> Observation:
    """The observation with this id. Raises NotFound."""
    body = conn.execute(select(observations.c.body).where(observations.c.id == observation_id)).scalar_one_or_none()
    if body is None:
        raise NotFound(f"没有编号为 {observation_id} 的上报。", "请核对上报编号。")
    return observation_from_json(body)


def unfinished(conn: Connection) -> list[str]:
    """Cases whose run has work to do, oldest first."""
    query = select(intake.c.case_id).where(intake.c.finished.is_(False))
    return list((conn.execute(query.order_by(intake.c.accepted_at, intake.c.case_id))).scalars())


def has_work(conn: Connection, case_id: str) -> bool:
    """Whether a case's run has work to do; False for a case that does not exist."""
    query = select(intake.c.case_id).where(intake.c.case_id == case_id, intake.c.finished.is_(False))
    return conn.execute(query).one_or_none() is not None


def set_finished(work: Work, case_id: str, finished: bool) -> None:
    """Say whether a case's run has work to do. Raises CaseNotFound."""
    result = work.conn.execute(update(intake).where(intake.c.case_id == case_id).values(finished=finished))
    if result.rowcount != 1:
        raise CaseNotFound(f"没有编号为 {case_id} 的案卷。", "请核对案卷编号。")


def note(work: Work, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
    """Append an audit entry about a case; see `CaseBook.note`."""
    require_storable(action, key)
    known = work.conn.execute(select(intake.c.case_id).where(intake.c.case_id == case_id)).one_or_none()
    if known is None:
        raise CaseNotFound(f"没有编号为 {case_id} 的案卷。", "请核对案卷编号。")
    if not key or claim(work, f"note:{case_id}", key, subject=case_id, digest=_sha256(detail), at=at):
        work.record(action, case_id, detail, by="system", at=at)

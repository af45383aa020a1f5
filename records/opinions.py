"""Opinions (确权定责意见书) and the one ruling on each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from domain.case import VERDICT_NAMES, Decision, Verdict
from domain.clock import CHINA, iso
from domain.errors import AlreadyDecided, Conflict, DuplicateId, InvalidInput, OpinionNotFound
from domain.opinion import canonical
from records.cases import change, locked
from records.engine import Work
from records.intake import set_finished
from records.storable import require_storable
from records.tables import cases, decisions, opinions

_OPINION = select(opinions).where(opinions.c.id == bindparam("opinion_id"))
_DECISION = select(decisions).where(decisions.c.opinion_id == bindparam("opinion_id"))

_SIGNED = update(cases).where(cases.c.id == bindparam("case_id"))


def save(work: Work, case_id: str, opinion: Mapping[str, Any], *, at: datetime) -> str:
    """Store an opinion once and make it the case's current one; see `CaseBook.save_opinion`."""
    opinion_id = opinion.get("id")
    if not isinstance(opinion_id, str) or not opinion_id:
        raise InvalidInput("意见书缺少编号。", "请给出由内容得出的 id。")
    text = canonical(dict(opinion))
    # A NUL is escaped in JSON and harmless; half of a surrogate pair cannot be encoded.
    require_storable(text)
    file = locked(work, case_id)
    stored = work.conn.execute(_OPINION, {"opinion_id": opinion_id}).one_or_none()
    if stored is not None:
        if stored.case_id != case_id or canonical(stored.body) != text:
            raise DuplicateId(f"意见书编号 {opinion_id} 已用于另一份内容。", "意见书编号须由内容得出。")
        return opinion_id
    awaiting = needs_person(opinion)
    row = {"body": dict(opinion), "human_required": awaiting, "created_at": at}
    work.insert(opinions, id=opinion_id, case_id=case_id, **row)
    detail = {"opinion": opinion_id, "sha256": sha256(text.encode()).hexdigest(), "replaces": file.opinion}
    work.record("opinion.save", case_id, detail, by="system", at=at)
    change(work, file, at=at, opinion=opinion_id, awaiting=awaiting)
    return opinion_id


def needs_person(opinion: Mapping[str, Any]) -> bool:
    """Whether an officer must sign; an opinion that does not say so needs one."""
    required = opinion.get("human_required")
    return bool(required.get("value", True)) if isinstance(required, Mapping) else True


def opinion(conn: Connection, opinion_id: str) -> dict[str, Any]:
    """The opinion's JSON. Raises OpinionNotFound."""
    return (_row(conn, opinion_id)).body


def case_of_opinion(conn: Connection, opinion_id: str) -> str:
    """The case an opinion is about. Raises OpinionNotFound."""
    return (_row(conn, opinion_id)).case_id


def _row(conn: Connection, opinion_id: str) -> Row[Any]:
    row = conn.execute(_OPINION, {"opinion_id": opinion_id}).one_or_none()
    if row is None:
        raise OpinionNotFound(f"没有编号为 {opinion_id} 的意见书。", "请核对意见书编号。")
    return row


def opinions_of(conn: Connection, case_id: str) -> list[dict[str, Any]]:
    """All opinions on a case, oldest first; the last is not always the current one (`CaseFile.opinion` is)."""
    query = select(opinions.c.body).where(opinions.c.case_id == case_id)
    return list((conn.execute(query.order_by(opinions.c.created_at, opinions.c.id))).scalars())


def decide(work: Work, decision: Decision) -> Decision:
    """Record the ruling; see `CaseBook.decide`."""
    require_storable(decision.by, decision.reason, *(decision.changes or {}).values())
    row = _row(work.conn, decision.opinion_id)
    file = locked(work, row.case_id)
    first = decision_of(work.conn, decision.opinion_id)
    if first is not None:
        when = first.at.astimezone(CHINA)
        raise AlreadyDecided(
            f"该意见书已由 {first.by} 于 {when:%Y-%m-%d %H:%M:%S} {VERDICT_NAMES[first.verdict]}。",
            "一份意见书只能决定一次；如有异议，请按争议程序提请上级裁定。",
            by=first.by,
            verdict=first.verdict.value,
            at=iso(first.at),
        )
    if file.opinion != decision.opinion_id:
        raise Conflict(f"该意见书已被 {file.opinion} 取代。", "请对最新的意见书作出决定。")
    body = {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "changes": None if decision.changes is None else dict(decision.changes),
    }
    work.insert(decisions, opinion_id=decision.opinion_id, actor=decision.by, at=decision.at, **body)
    work.conn.execute(_SIGNED, {"case_id": file.id, "awaiting": False})
    # The run that waited has work again: a restart before it is told must find it.
    set_finished(work, file.id, False)
    work.record("opinion.decide", file.id, {"opinion": decision.opinion_id, **body}, by=decision.by, at=decision.at)
    return replace(decision)


def decision_of(conn: Connection, opinion_id: str) -> Decision | None:
    """The ruling on an opinion, if there is one."""
    row = conn.execute(_DECISION, {"opinion_id": opinion_id}).one_or_none()
    if row is None:
        return None
    return Decision(
        opinion_id=row.opinion_id,
        verdict=Verdict(row.verdict),
        by=row.actor,
        at=row.at,
        reason=row.reason,
        changes=row.changes,
    )

"""Compensation statements (补偿核算表): filed as drafts, decided once, superseded by amendments, never edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, or_, select, true, tuple_

from domain.adjacency.compensation.filing import (
    VERDICT_NAMES,
    FiledStatement,
    StatementDecision,
    StatementDraft,
    StatementState,
    StatementVerdict,
)
from domain.clock import CHINA, iso
from domain.errors import AlreadyDecided, Conflict, EmptyText, StatementNotFound
from domain.opinion import canonical
from records import outbox
from records.engine import Database, Work
from records.pages import decode, encode, require_codes, require_size
from records.storable import require_storable
from records.tables import compensation_decisions as decisions
from records.tables import compensation_statements as statements
from records.tables import outbox as messages

TOPIC = "compensation.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """One page, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[FiledStatement, ...]
    cursor: str


class StatementBook:
    """Everything the records hold of statements. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def file(self, draft: StatementDraft, *, by: str, at: datetime) -> tuple[FiledStatement, bool]:
        """File a draft once; False: it was filed before, and that one stands.

        Raises:
            StatementNotFound: If it amends one that does not exist.
            Conflict: If what it amends was amended already.
        """
        return await self._db.write(lambda work: _file(work, draft, by=by, at=at))

    async def decide(self, decision: StatementDecision) -> FiledStatement:
        """Record a finance officer's word: exactly one per statement.

        Raises:
            StatementNotFound: If there is no such statement.
            AlreadyDecided: If there is a word on it; carries who, what and when.
            Conflict: If it was amended, or open items were not accepted with open eyes.
            EmptyText: If it is returned without a reason.
        """
        return await self._db.write(lambda work: _decide(work, decision))

    async def conclude(self, statement_id: str, *, payload: Mapping[str, Any], at: datetime) -> None:
        """Write the message about a confirmed statement, once. Raises StatementNotFound."""
        await self._db.write(lambda work: _conclude(work, statement_id, payload, at=at))

    async def get(self, statement_id: str) -> FiledStatement:
        """The statement. Raises StatementNotFound."""
        return await self._db.read(lambda conn: _filed(conn, _row(conn, statement_id)))

    async def line(self, line: str) -> list[FiledStatement]:
        """A statement and its amendments, oldest first."""
        query = select(statements).where(statements.c.line == line).order_by(statements.c.number)
        return await self._db.read(lambda conn: [_filed(conn, row) for row in conn.execute(query).all()])

    async def unconcluded(self) -> list[str]:
        """Confirmed statements whose message was not written yet, oldest first."""
        return await self._db.read(_unconcluded)

    async def page(
        self, *, parties: Sequence[str] | None = None, scheme: str = "", limit: int = 50, cursor: str = ""
    ) -> StatementPage:
        """One page, newest first.

        Args:
            parties: Only statements with one of these parties; None everything.
            scheme: Only statements under this scheme.
            limit: Statements per page, 1 to 500.
            cursor: `StatementPage.cursor` of the page before.

        Raises:
            InvalidInput: If the limit or the cursor cannot be used.
        """
        require_codes(parties or ())
        return await self._db.read(lambda conn: _page(conn, parties, scheme, limit=limit, cursor=cursor))


def _file(work: Work, draft: StatementDraft, *, by: str, at: datetime) -> tuple[FiledStatement, bool]:
    require_storable(canonical(dict(draft.body)), canonical(list(draft.parties)), by)
    known = work.conn.execute(select(statements).where(statements.c.id == draft.id)).one_or_none()
    if known is not None:
        return _filed(work.conn, known), False
    line, number = draft.id, 1
    if draft.supersedes:
        old = _row(work.conn, draft.supersedes, lock=True)
        line, number = old.line, old.number + 1
        _require_last(work.conn, old)
    made = work.insert_once(
        statements, id=draft.id, line=line, number=number, scheme=draft.scheme, parties=list(draft.parties),
        body=dict(draft.body), prepared_by=by, prepared_at=at, supersedes=draft.supersedes or None,
    )  # fmt: skip
    row = work.conn.execute(select(statements).where(statements.c.id == draft.id)).one_or_none()
    if row is None:
        raise Conflict("核算表刚被他人修订。", "请刷新后在最新的一份上修订。")
    if made:
        detail = {"statement": draft.id, "line": line, "number": number, "scheme": draft.scheme}
        action = "compensation.amend" if draft.supersedes else "compensation.draft"
        work.record(action, draft.id, detail | _digests(draft.body), by=by, at=at)
    return _filed(work.conn, row), made


def _digests(body: Mapping[str, Any]) -> dict[str, Any]:
    head = body["statement"]["scheme"]
    more = {"supersedes": body["supersedes"], "reason": body["reason"]} if body.get("supersedes") else {}
    return {"scheme_digest": head["digest"], "open": len(body["statement"]["open"]), **more}


def _require_last(conn: Connection, row: Row[Any]) -> None:
    later = conn.execute(
        select(statements.c.id).where(statements.c.line == row.line, statements.c.number > row.number)
        .order_by(statements.c.number.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if later is not None:
        raise Conflict(f"核算表 {row.id} 已被 {later} 替代。", "请对最新的一份办理。")


def _decide(work: Work, decision: StatementDecision) -> FiledStatement:
    require_storable(decision.by, decision.reason)
    row = _row(work.conn, decision.statement_id, lock=True)
    filed = _filed(work.conn, row)
    if filed.decision is not None:
        raise _already(filed.decision)
    _require_last(work.conn, row)
    _require_whole(filed, decision)
    work.insert(
        decisions, statement_id=row.id, verdict=decision.verdict.value, actor=decision.by, at=decision.at,
        reason=decision.reason.strip(), open_accepted=decision.open_accepted,
    )  # fmt: skip
    detail = {"statement": row.id, "reason": decision.reason.strip(), "open_accepted": decision.open_accepted}
    work.record(f"compensation.{decision.verdict.value}", row.id, detail, by=decision.by, at=decision.at)
    return _filed(work.conn, row)


def _require_whole(filed: FiledStatement, decision: StatementDecision) -> None:
    if decision.verdict is StatementVerdict.RETURN:
        if not decision.reason.strip():
            raise EmptyText("退回核算表须说明理由。", "请填写理由后重试。")
        return
    waiting = len(filed.body["statement"]["open"])
    if waiting and not decision.open_accepted:
        raise Conflict(
            f"核算表有 {waiting} 项未结算。",
            "请先补齐数据并修订；确需先确认已结算部分的，请声明已知悉（open_accepted）。",
        )


def _already(first: StatementDecision) -> AlreadyDecided:
    when = first.at.astimezone(CHINA)
    return AlreadyDecided(
        f"该核算表已由 {first.by} 于 {when:%Y-%m-%d %H:%M:%S} {VERDICT_NAMES[first.verdict]}。",
        "一份核算表只能决定一次；数据有变请修订，修订件另行确认。",
        by=first.by,
        verdict=first.verdict.value,
        at=iso(first.at),
    )


def _conclude(work: Work, statement_id: str, payload: Mapping[str, Any], *, at: datetime) -> None:
    row = _row(work.conn, statement_id)
    outbox.put(work, _message_key(row.id), TOPIC, row.id, payload, at=at)


def _message_key(statement_id: str) -> str:
    return f"{TOPIC}:{statement_id}"


def _unconcluded(conn: Connection) -> list[str]:
    written = select(messages.c.key).where(messages.c.key == literal(f"{TOPIC}:") + decisions.c.statement_id)
    query = (
        select(decisions.c.statement_id)
        .where(decisions.c.verdict == StatementVerdict.CONFIRM.value, ~written.exists())
        .order_by(decisions.c.at, decisions.c.statement_id)
    )
    return list(conn.execute(query).scalars())


def _row(conn: Connection, statement_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(statements).where(statements.c.id == statement_id)
    row = conn.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise StatementNotFound(f"没有编号为 {statement_id[:60]} 的核算表。", "请核对编号。")
    return row


def _filed(conn: Connection, row: Row[Any]) -> FiledStatement:
    decision = _decision(conn, row.id)
    return FiledStatement(
        id=row.id,
        line=row.line,
        number=row.number,
        state=_state(conn, row, decision),
        scheme=row.scheme,
        parties=tuple(row.parties),
        body=row.body,
        prepared_by=row.prepared_by,
        prepared_at=row.prepared_at,
        supersedes=row.supersedes or "",
        decision=decision,
    )


def _decision(conn: Connection, statement_id: str) -> StatementDecision | None:
    row = conn.execute(select(decisions).where(decisions.c.statement_id == statement_id)).one_or_none()
    if row is None:
        return None
    return StatementDecision(
        statement_id=row.statement_id, verdict=StatementVerdict(row.verdict), by=row.actor, at=row.at,
        reason=row.reason, open_accepted=row.open_accepted,
    )  # fmt: skip


def _state(conn: Connection, row: Row[Any], decision: StatementDecision | None) -> StatementState:
    """A confirmed statement stands until an amendment is confirmed; a draft gives way to the next one."""
    later = select(func.count()).select_from(statements).where(
        statements.c.line == row.line, statements.c.number > row.number
    )  # fmt: skip
    confirmed = later.join(decisions, decisions.c.statement_id == statements.c.id).where(
        decisions.c.verdict == StatementVerdict.CONFIRM.value
    )
    if decision is not None and decision.verdict is StatementVerdict.CONFIRM:
        return StatementState.SUPERSEDED if conn.execute(confirmed).scalar_one() else StatementState.CONFIRMED
    if conn.execute(later).scalar_one():
        return StatementState.SUPERSEDED
    return StatementState.DRAFT if decision is None else StatementState.RETURNED


def _page(conn: Connection, parties: Sequence[str] | None, scheme: str, *, limit: int, cursor: str) -> StatementPage:
    require_size(limit)
    query = select(statements).where(_involving(parties))
    if scheme:
        query = query.where(statements.c.scheme == scheme)
    if cursor:
        query = query.where(tuple_(statements.c.prepared_at, statements.c.id) < tuple_(*decode(cursor)))
    query = query.order_by(statements.c.prepared_at.desc(), statements.c.id.desc()).limit(limit + 1)
    rows = conn.execute(query).all()
    found = [_filed(conn, row) for row in rows[:limit]]
    more = len(rows) > limit
    return StatementPage(items=tuple(found), cursor=encode(found[-1].prepared_at, found[-1].id) if more else "")


def _involving(parties: Sequence[str] | None) -> ColumnElement[bool]:
    if parties is None:
        return true()
    # The column is a JSON array as text: a name stands in it with its quotes.
    text = statements.c.parties.cast(statements.c.scheme.type)
    return or_(*(text.contains(canonical(name), autoescape=True) for name in parties), ~true())

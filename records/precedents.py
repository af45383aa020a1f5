"""Precedents (先例) on their way into the knowledge base: proposed, read by a second officer, approved or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, or_, select, true, tuple_, update

from domain.clock import iso
from domain.errors import Conflict, EmptyText, Forbidden, PrecedentNotFound
from domain.opinion import canonical
from domain.precedent import (
    STATE_NAMES,
    ClosedCase,
    Precedent,
    State,
    precedent_from_json,
    require_settled,
)
from domain.redaction import redact
from records.cases import case, locked
from records.disputes import settled_disputes
from records.engine import Database, Work
from records.opinions import decision_of, opinion
from records.orders import orders_of
from records.pages import decode, encode, require_codes, require_size
from records.storable import require_storable
from records.tables import case_moves, precedents

_PUBLISHED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPrecedent:
    """A precedent with where it stands.

    Attributes:
        edited_by: Who wrote its present words; empty while they are the draft's own.
        decided_by, decided_at: Who approved, rejected or withdrew it last, and when.
        reason: Why, in words, without personal data.
        version: Counts changes; the ETag.
    """

    precedent: Precedent
    case_id: str
    state: State
    proposed_by: str
    proposed_at: datetime
    edited_by: str
    decided_by: str
    decided_at: datetime | None
    reason: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedentPage:
    """One page, newest proposal first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[FiledPrecedent, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedentFilters:
    """Which precedents to list; who may see them as in `records.pages.Filters`."""

    region_prefixes: Sequence[str] = ()
    state: State | None = None
    issue: str = ""

    def __post_init__(self) -> None:
        require_codes(self.region_prefixes)


class PrecedentBook:
    """Everything the records hold of precedents. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def settled_case(self, case_id: str) -> ClosedCase:
        """What a draft is made of.

        Raises:
            CaseNotFound: If there is no such case.
            Conflict: If it is not evaluated, or no officer approved or amended its opinion.
        """
        return await self._db.read(lambda conn: _settled_case(conn, case_id))

    async def propose(self, draft: Precedent, *, by: str, at: datetime) -> tuple[FiledPrecedent, bool]:
        """File a draft; a second value of False: one was proposed or approved before, and that one stands.

        A rejected or withdrawn one is proposed anew, with the new words.

        Raises:
            CaseNotFound: If there is no such case.
            Conflict: If the case is not settled.
        """
        return await self._db.write(lambda work: _propose(work, draft, by=by, at=at))

    async def edit(self, fresh: Precedent, *, by: str, at: datetime, version: int | None = None) -> FiledPrecedent:
        """Put other words in the place of a proposed precedent's.

        Raises:
            PrecedentNotFound: If there is none of this id.
            Conflict: If it is not proposed any more, or has another version.
        """
        return await self._db.write(lambda work: _edit(work, fresh, by=by, at=at, version=version))

    async def approve(
        self, precedent_id: str, *, by: str, at: datetime, reason: str = "", version: int | None = None
    ) -> FiledPrecedent:
        """Approve it; the same officer again is a no-op.

        Raises:
            PrecedentNotFound: If there is none of this id.
            Forbidden: If the officer proposed or worded it.
            Conflict: If it is not proposed, or has another version than the one that was read.
        """
        change = _Change(State.APPROVED, by=by, at=at, reason=reason, version=version)
        return await self._db.write(lambda work: _decide(work, precedent_id, change))

    async def reject(
        self, precedent_id: str, *, by: str, at: datetime, reason: str, version: int | None = None
    ) -> FiledPrecedent:
        """Reject a proposal, with a reason; raises like `approve`, and EmptyText without a reason."""
        change = _Change(State.REJECTED, by=by, at=at, reason=reason, version=version)
        return await self._db.write(lambda work: _decide(work, precedent_id, change))

    async def withdraw(
        self, precedent_id: str, *, by: str, at: datetime, reason: str, version: int | None = None
    ) -> FiledPrecedent:
        """Take an approved one back, with a reason; raises like `reject`."""
        change = _Change(State.WITHDRAWN, by=by, at=at, reason=reason, version=version)
        return await self._db.write(lambda work: _decide(work, precedent_id, change))

    async def get(self, precedent_id: str) -> FiledPrecedent:
        """The precedent. Raises PrecedentNotFound."""
        return await self._db.read(lambda conn: _filed(_row(conn, precedent_id)))

    async def page(
        self,
        *,
        region_prefixes: Sequence[str] = (),
        state: State | None = None,
        issue: str = "",
        limit: int = 50,
        cursor: str = "",
    ) -> PrecedentPage:
        """One page, newest proposal first; filters and errors as in `CaseBook.cases`."""
        filters = PrecedentFilters(region_prefixes=region_prefixes, state=state, issue=issue)
        return await self._db.read(lambda conn: _page(conn, filters, limit=limit, cursor=cursor))

    async def states(self) -> dict[str, State]:
        """State of every precedent by id: what ought to be in the knowledge base, and what ought not."""
        query = select(precedents.c.id, precedents.c.state).order_by(precedents.c.id)
        return await self._db.read(lambda conn: {row.id: State(row.state) for row in conn.execute(query)})

    async def several(self, ids: Sequence[str]) -> list[FiledPrecedent]:
        """Precedents by id, those that exist, in order of id."""
        return await self._db.read(lambda conn: _several(conn, ids))


@dataclass(frozen=True, slots=True)
class _Change:
    to: State
    by: str
    at: datetime
    reason: str
    version: int | None


_FROM: Mapping[State, State] = {
    State.APPROVED: State.PROPOSED,
    State.REJECTED: State.PROPOSED,
    State.WITHDRAWN: State.APPROVED,
}
"""State that each decision is made in."""
_VERBS = {State.APPROVED: "approve", State.REJECTED: "reject", State.WITHDRAWN: "withdraw"}
_NEEDS_REASON = (State.REJECTED, State.WITHDRAWN)


def _settled_case(conn: Connection, case_id: str) -> ClosedCase:
    file = case(conn, case_id)
    ruling = decision_of(conn, file.opinion) if file.opinion else None
    disputed = settled_disputes(conn, case_id)
    require_settled(file, ruling, disputes=disputed)
    moved = select(case_moves.c.at).where(case_moves.c.case_id == case_id, case_moves.c.move == "close")
    closed_at = conn.execute(moved.order_by(case_moves.c.version.desc()).limit(1)).scalar_one()
    return ClosedCase(
        case=file,
        opinion=opinion(conn, file.opinion),
        decision=ruling,
        orders=orders_of(conn, case_id),
        closed_at=closed_at,
        disputes=disputed,
    )


def _propose(work: Work, draft: Precedent, *, by: str, at: datetime) -> tuple[FiledPrecedent, bool]:
    require_storable(canonical(draft.to_json()), by)
    file = locked(work, draft.reference)
    ruling = decision_of(work.conn, file.opinion) if file.opinion else None
    require_settled(file, ruling, disputes=settled_disputes(work.conn, file.id))
    row = {
        "case_id": file.id,
        "state": State.PROPOSED.value,
        "issue": draft.issues[0] if draft.issues else "",
        "region": draft.region,
        "body": draft.to_json(),
        "proposed_by": by,
        "proposed_at": at,
        "edited_by": "",
        "decided_by": "",
        "decided_at": None,
        "reason": "",
    }
    if not work.insert_once(precedents, id=draft.id, version=1, **row):
        old = _filed(_row(work.conn, draft.id, lock=True))
        if old.state in (State.PROPOSED, State.APPROVED):
            return old, False
        _update(work, old, row)
    work.record("precedent.propose", file.id, _detail(draft), by=by, at=at)
    return _filed(_row(work.conn, draft.id)), True


def _edit(work: Work, fresh: Precedent, *, by: str, at: datetime, version: int | None) -> FiledPrecedent:
    require_storable(canonical(fresh.to_json()), by)
    old = _filed(_row(work.conn, fresh.id, lock=True))
    _require(old, State.PROPOSED, version)
    if old.precedent == fresh:
        return old
    _update(work, old, {"body": fresh.to_json(), "edited_by": by})
    work.record("precedent.edit", old.case_id, _detail(fresh), by=by, at=at)
    return _filed(_row(work.conn, fresh.id))


def _decide(work: Work, precedent_id: str, change: _Change) -> FiledPrecedent:
    require_storable(change.by, change.reason)
    old = _filed(_row(work.conn, precedent_id, lock=True))
    if old.state is change.to and old.decided_by == change.by:
        return old
    _require(old, _FROM[change.to], change.version)
    if change.to is State.APPROVED and change.by in (old.proposed_by, old.edited_by):
        raise Forbidden("提出或改写先例的人不能自己审核。", "请由另一位区县或市级坐席审核。")
    if change.to in _NEEDS_REASON and not change.reason.strip():
        raise EmptyText(f"先例改为“{STATE_NAMES[change.to]}”须说明理由。", "请填写理由后重试。")
    body = old.precedent
    if change.to is State.APPROVED:
        approval = replace(body.provenance, approved_by=change.by, approved_at=iso(change.at))
        body = replace(body, provenance=approval)
    # The reason stays with what is published: personal data goes out of it as well.
    reason = redact(change.reason.strip()).text
    values = {"state": change.to.value, "decided_by": change.by, "decided_at": change.at, "reason": reason}
    _update(work, old, values | {"body": body.to_json()})
    detail = _detail(body) | ({"reason": reason} if reason else {})
    work.record(f"precedent.{_VERBS[change.to]}", old.case_id, detail, by=change.by, at=change.at)
    return _filed(_row(work.conn, precedent_id))


def _require(old: FiledPrecedent, state: State, version: int | None) -> None:
    if old.state is not state:
        by = f"（{old.decided_by}）" if old.decided_by else ""
        raise Conflict(
            f"先例现为“{STATE_NAMES[old.state]}”{by}，不能执行此操作。", f"只有“{STATE_NAMES[state]}”的先例可以。"
        )
    if version is not None and version != old.version:
        raise Conflict(f"先例已更新到第 {old.version} 版，您看到的是第 {version} 版。", "请刷新后重试。")


def _update(work: Work, old: FiledPrecedent, values: Mapping[str, Any]) -> None:
    mine = precedents.c.id == old.precedent.id
    work.conn.execute(update(precedents).where(mine).values(**values, version=old.version + 1))


def _detail(precedent: Precedent) -> dict[str, Any]:
    text = canonical(precedent.to_json())
    return {"precedent": precedent.id, "sha256": sha256(text.encode()).hexdigest(), "redacted": {**precedent.redacted}}


def _row(conn: Connection, precedent_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(precedents).where(precedents.c.id == precedent_id)
    row = conn.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise PrecedentNotFound(f"没有编号为 {precedent_id} 的先例。", "请核对先例编号。")
    return row


def _filed(row: Row[Any]) -> FiledPrecedent:
    return FiledPrecedent(
        precedent=precedent_from_json(row.body),
        case_id=row.case_id,
        state=State(row.state),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        edited_by=row.edited_by,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        version=row.version,
    )


def _several(conn: Connection, ids: Sequence[str]) -> list[FiledPrecedent]:
    found: list[FiledPrecedent] = []
    for start in range(0, len(ids), _PUBLISHED_AT_ONCE):
        part = precedents.c.id.in_(list(ids[start : start + _PUBLISHED_AT_ONCE]))
        found += [_filed(row) for row in conn.execute(select(precedents).where(part))]
    return sorted(found, key=lambda one: one.precedent.id)


def _page(conn: Connection, filters: PrecedentFilters, *, limit: int, cursor: str) -> PrecedentPage:
    require_size(limit)
    query = select(precedents).where(_wanted(filters))
    if cursor:
        query = query.where(tuple_(precedents.c.proposed_at, precedents.c.id) < tuple_(*decode(cursor)))
    query = query.order_by(precedents.c.proposed_at.desc(), precedents.c.id.desc()).limit(limit + 1)
    found = [_filed(row) for row in conn.execute(query)]
    last = found[limit - 1] if len(found) > limit else None
    return PrecedentPage(items=tuple(found[:limit]), cursor=encode(last.proposed_at, last.precedent.id) if last else "")


def _wanted(filters: PrecedentFilters) -> ColumnElement[bool]:
    inside = [_below(prefix) for prefix in filters.region_prefixes]
    return and_(
        or_(*inside) if inside else false(),
        precedents.c.state == filters.state.value if filters.state else true(),
        precedents.c.issue == filters.issue if filters.issue else true(),
    )


def _below(prefix: str) -> ColumnElement[bool]:
    return precedents.c.region.startswith(prefix, autoescape=True) if prefix else true()

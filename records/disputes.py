"""Disputes over returned orders: one an order, opened with the return, changed by pure steps, each of them audited."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, or_, select, true, tuple_, update

from domain.adjacency.disputes import (
    OPEN,
    SETTLEMENT_NAMES,
    Dispute,
    DisputeState,
    Settlement,
    Statement,
    dispute_from_json,
    escalated,
    ruled,
    stated,
    withdrawn,
)
from domain.errors import Conflict, DisputeNotFound
from domain.opinion import canonical
from domain.precedent import SettledDispute
from records.cases import case
from records.disputetables import disputes
from records.engine import Database, Work
from records.outbox import put
from records.pages import decode, encode, require_codes, require_size
from records.storable import require_storable


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputePage:
    """One page, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[Dispute, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFilters:
    """Which disputes to list; who may see them as in `records.pages.Filters`.

    Attributes:
        region_prefixes: Codes of the regions of cases, with all below; `("",)` everything, `()` nothing.
        is_open: True: only those that somebody must still settle; False: only the others.
    """

    region_prefixes: Sequence[str] = ()
    state: DisputeState | None = None
    is_open: bool | None = None

    def __post_init__(self) -> None:
        require_codes(self.region_prefixes)


Step = Callable[[Dispute], Dispute]


class DisputeBook:
    """Everything the records hold of disputes. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def open(self, dispute: Dispute, *, by: str, at: datetime) -> tuple[Dispute, bool]:
        """Enter the dispute that a returned order opens, with its message; False: it was opened before and stands.

        Raises:
            CaseNotFound: If there is no such case.
        """
        return await self._db.write(lambda work: _open(work, dispute, by=by, at=at))

    async def get(self, dispute_id: str) -> Dispute:
        """The dispute. Raises DisputeNotFound."""
        return await self._db.read(lambda conn: _dispute(_row(conn, dispute_id)))

    async def of_case(self, case_id: str) -> list[Dispute]:
        """All disputes of a case, oldest first."""
        query = select(disputes).where(disputes.c.case_id == case_id)
        query = query.order_by(disputes.c.opened_at, disputes.c.id)
        return await self._db.read(lambda conn: [_dispute(row) for row in conn.execute(query)])

    async def page(self, filters: DisputeFilters, *, limit: int = 50, cursor: str = "") -> DisputePage:
        """One page, newest first. Raises InvalidInput if the limit or the cursor cannot be used."""
        return await self._db.read(lambda conn: _page(conn, filters, limit=limit, cursor=cursor))

    async def open_ids(self) -> list[str]:
        """Ids of all disputes that somebody must still settle, oldest first."""
        return await self._db.read(lambda conn: _ids(conn, _is_open()))

    async def due_ids(self, at: datetime) -> list[str]:
        """Ids of open disputes whose present step is over, oldest first."""
        return await self._db.read(lambda conn: _ids(conn, and_(_is_open(), disputes.c.due_at <= at)))

    async def unsettled_ids(self) -> list[str]:
        """Ids of ruled disputes whose effects are not written yet."""
        return await self._db.read(lambda conn: _ids(conn, disputes.c.settled.is_(False)))

    async def state(self, dispute_id: str, statement: Statement, *, at: datetime) -> Dispute:
        """Add what a party says.

        Raises:
            DisputeNotFound, EmptyText.
            Conflict: It is settled.
        """
        step = _Change("state", by=statement.by, at=at, step=lambda old: stated(old, statement))
        return await self._db.write(lambda work: _change(work, dispute_id, step))

    async def escalate(
        self, dispute_id: str, opinion: Mapping[str, Any], *, why: str, by: str, at: datetime
    ) -> Dispute:
        """Take it to the common superior, with a message; one that is there already stays as it is.

        Raises:
            DisputeNotFound.
            Conflict: It is settled.
        """
        step = _Change("escalate", by=by, at=at, step=lambda old: escalated(old, opinion, why=why, at=at))
        return await self._db.write(lambda work: _change(work, dispute_id, step))

    async def rule(
        self,
        dispute_id: str,
        duties: Mapping[str, str],
        *,
        how: Settlement,
        by: str,
        at: datetime,
        reason: str,
        version: int | None = None,
    ) -> Dispute:
        """Record how an officer settled it; exactly one word settles a dispute, however many try at once.

        Raises:
            DisputeNotFound, EmptyText.
            Conflict: It is settled, or has another version than the one that was read.
        """

        def step(old: Dispute) -> Dispute:
            _require_version(old, version)
            return ruled(old, duties, how=how, by=by, at=at, reason=reason)

        change = _Change("rule", by=by, at=at, step=step, settled=False)
        return await self._db.write(lambda work: _change(work, dispute_id, change))

    async def withdraw(self, dispute_id: str, *, by: str, at: datetime, reason: str) -> Dispute:
        """Take it back; raises like `rule`."""
        step = _Change("withdraw", by=by, at=at, step=lambda old: withdrawn(old, by=by, at=at, reason=reason))
        return await self._db.write(lambda work: _change(work, dispute_id, step))

    async def settle(self, dispute_id: str) -> None:
        """Say that everything that follows from the ruling is written. Raises DisputeNotFound."""
        await self._db.write(lambda work: _settle(work, dispute_id))


@dataclass(frozen=True, slots=True)
class _Change:
    action: str
    by: str
    at: datetime
    step: Step
    settled: bool = True


def settled_disputes(conn: Connection, case_id: str) -> list[SettledDispute]:
    """Disputes of a case on which a person ruled, in the order of the rulings."""
    query = select(disputes).where(disputes.c.case_id == case_id, disputes.c.state == DisputeState.RULED.value)
    found = [_dispute(row) for row in conn.execute(query)]
    return [
        SettledDispute(
            id=one.id, how=one.settlement, how_name=SETTLEMENT_NAMES[Settlement(one.settlement)], ruling=one.ruling,
            by=one.ruled_by, at=one.ruled_at, reason=one.ruled_why,
        )
        for one in sorted(found, key=lambda one: (one.to_json()["ruled_at"] or "", one.id))
        if one.ruled_at is not None
    ]  # fmt: skip


def _open(work: Work, dispute: Dispute, *, by: str, at: datetime) -> tuple[Dispute, bool]:
    require_storable(canonical(dispute.to_json()), by)
    file = case(work.conn, dispute.case_id)
    row = _columns(dispute) | {
        "id": dispute.id, "case_id": dispute.case_id, "order_id": dispute.order_id, "region": file.region,
        "opened_at": dispute.opened_at, "settled": True,
    }  # fmt: skip
    if not work.insert_once(disputes, **row):
        return _dispute(_row(work.conn, dispute.id)), False
    work.record("dispute.open", dispute.case_id, _detail(dispute), by=by, at=at)
    _tell(work, dispute, at=at)
    return dispute, True


def _change(work: Work, dispute_id: str, change: _Change) -> Dispute:
    row = _row(work.conn, dispute_id, lock=True)
    old = _dispute(row)
    new = change.step(old)
    if new == old:
        return old
    require_storable(canonical(new.to_json()), change.by)
    new = replace(new, version=old.version + 1)
    values = _columns(new) | {"settled": change.settled and row.settled}
    work.conn.execute(update(disputes).where(disputes.c.id == dispute_id).values(**values))
    work.record(f"dispute.{change.action}", new.case_id, _detail(new), by=change.by, at=change.at)
    if new.state is not old.state:
        _tell(work, new, at=change.at)
    return new


def _settle(work: Work, dispute_id: str) -> None:
    _row(work.conn, dispute_id, lock=True)
    work.conn.execute(update(disputes).where(disputes.c.id == dispute_id).values(settled=True))


def _tell(work: Work, dispute: Dispute, *, at: datetime) -> None:
    """The message that the parties and the superior hear of, once a state."""
    above = dispute.superior
    payload = {
        "dispute": dispute.id,
        "case": dispute.case_id,
        "order": dispute.order_id,
        "state": dispute.state.value,
        "duty": dispute.duty,
        "parties": list(dispute.parties),
        "superior": above.unit if above else "",
        "why_up": dispute.why_up,
        "due_at": dispute.to_json()["due_at"] or "",
        "due_source": dispute.due_source,
        "ruling": dict(dispute.ruling),
    }
    put(work, f"dispute:{dispute.id}:{dispute.state.value}", f"dispute.{dispute.state.value}", dispute.case_id,
        payload, at=at)  # fmt: skip


def _columns(dispute: Dispute) -> dict[str, Any]:
    return {
        "state": dispute.state.value,
        "body": dispute.to_json(),
        "due_at": dispute.due_at,
        "version": dispute.version,
    }


def _detail(dispute: Dispute) -> dict[str, Any]:
    """What the chain keeps of a step: enough to see who did what to which order."""
    plain = dispute.to_json()
    kept = ("id", "order_id", "duty", "unit", "round", "state", "due_at", "why_up", "settlement", "ruling", "ruled_why")
    return {name: plain[name] for name in kept} | {"statements": len(dispute.statements)}


def _require_version(old: Dispute, version: int | None) -> None:
    if version is not None and version != old.version:
        raise Conflict(f"争议已更新到第 {old.version} 版，您看到的是第 {version} 版。", "请刷新后重试。")


def _row(conn: Connection, dispute_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(disputes).where(disputes.c.id == dispute_id)
    row = conn.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise DisputeNotFound(f"没有编号为 {dispute_id} 的争议。", "请核对争议编号。")
    return row


def _dispute(row: Row[Any]) -> Dispute:
    return replace(dispute_from_json(row.body), version=row.version)


def _ids(conn: Connection, wanted: ColumnElement[bool]) -> list[str]:
    query = select(disputes.c.id).where(wanted).order_by(disputes.c.opened_at, disputes.c.id)
    return list(conn.execute(query).scalars())


def _is_open() -> ColumnElement[bool]:
    return disputes.c.state.in_([state.value for state in OPEN])


def _page(conn: Connection, filters: DisputeFilters, *, limit: int, cursor: str) -> DisputePage:
    require_size(limit)
    query = select(disputes).where(_wanted(filters))
    if cursor:
        query = query.where(tuple_(disputes.c.opened_at, disputes.c.id) < tuple_(*decode(cursor)))
    query = query.order_by(disputes.c.opened_at.desc(), disputes.c.id.desc()).limit(limit + 1)
    found = [_dispute(row) for row in conn.execute(query)]
    last = found[limit - 1] if len(found) > limit else None
    return DisputePage(items=tuple(found[:limit]), cursor=encode(last.opened_at, last.id) if last else "")


def _wanted(filters: DisputeFilters) -> ColumnElement[bool]:
    inside = [_below(prefix) for prefix in filters.region_prefixes]
    return and_(
        or_(*inside) if inside else false(),
        disputes.c.state == filters.state.value if filters.state else true(),
        true() if filters.is_open is None else _is_open() if filters.is_open else ~_is_open(),
    )


def _below(prefix: str) -> ColumnElement[bool]:
    return disputes.c.region.startswith(prefix, autoescape=True) if prefix else true()

"""Alerts (预警) on file: raised by watches, one a thing that goes on, decided by officers, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, false, insert, or_, select, true, tuple_, update

from domain.adjacency.alerting.filing import (
    FROM,
    OPEN_DAYS,
    STATE_NAMES,
    TO,
    AlertDecision,
    AlertState,
    FiledAlert,
    goes_on,
    still_open,
    wakes,
)
from domain.clock import iso
from domain.errors import AlertNotFound, Conflict
from domain.opinion import canonical
from domain.redaction import redact
from records.engine import Database, Work
from records.outbox import put
from records.pages import decode, encode, require_codes, require_size
from records.storable import require_storable
from records.tables import alert_regions, alert_watches, alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """One page, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[FiledAlert, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilters:
    """Which alerts to list; one is seen by whoever sees any of its regions.

    Attributes:
        region_prefixes: Codes that the caller may see, with all below; `("",)` everything, `()` nothing.
        review_by: Only acknowledged ones whose review date is this day or before, `YYYY-MM-DD`.
    """

    region_prefixes: Sequence[str] = ()
    state: AlertState | None = None
    issue: str = ""
    kind: str = ""
    review_by: str = ""

    def __post_init__(self) -> None:
        require_codes(self.region_prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledWatch:
    """One watch: when, up to which instant, who asked for it, and its summary."""

    id: str
    as_of: datetime
    at: datetime
    by: str
    body: Mapping[str, Any]


class AlertBook:
    """Everything the records hold of alerts. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def file(self, body: Mapping[str, Any], *, by: str, at: datetime) -> tuple[FiledAlert, str]:
        """File what a watch found, or carry on the alert that it belongs to.

        Returns:
            The alert, and `new`, `again` (it goes on), `woken` (an officer must look again) or `quiet` (it was
            dismissed or closed, and has not become much worse).
        """
        return await self._db.write(lambda work: _file(work, body, by=by, at=at))

    async def file_watch(
        self, watch_id: str, body: Mapping[str, Any], *, as_of: datetime, by: str, at: datetime
    ) -> None:
        """Keep the summary of a watch, once."""
        await self._db.write(lambda work: _file_watch(work, watch_id, body, as_of=as_of, by=by, at=at))

    async def last_watch(self) -> FiledWatch | None:
        """The watch that was held last."""
        return await self._db.read(_last_watch)

    async def get(self, alert_id: str) -> FiledAlert:
        """The alert. Raises AlertNotFound."""
        return await self._db.read(lambda conn: _filed(_row(conn, alert_id)))

    async def page(self, filters: AlertFilters, *, limit: int = 50, cursor: str = "") -> AlertPage:
        """One page, newest first. Raises InvalidInput if the limit or the cursor cannot be used."""
        return await self._db.read(lambda conn: _page(conn, filters, limit=limit, cursor=cursor))

    async def everything(self, filters: AlertFilters, *, since: datetime) -> list[FiledAlert]:
        """All alerts first seen at or after an instant, oldest first: what the threshold report is made of."""
        return await self._db.read(lambda conn: _everything(conn, filters, since))

    async def decide(self, decision: AlertDecision, *, version: int | None = None) -> FiledAlert:
        """Record an officer's word; the same word of the same officer again is a no-op.

        Raises:
            AlertNotFound: If there is no such alert.
            EmptyText, InvalidInput: If the decision is incomplete.
            Conflict: If the alert is not in a state for it, or has another version than the one that was read.
        """
        return await self._db.write(lambda work: _decide(work, decision, version))

    async def unsettled(self) -> list[str]:
        """Decided alerts whose effects are not written yet."""
        query = select(alerts.c.id).where(alerts.c.settled.is_(False)).order_by(alerts.c.id)
        return await self._db.read(lambda conn: list(conn.execute(query).scalars()))

    async def settle(self, alert_id: str, *, at: datetime) -> FiledAlert:
        """Write what follows from the last decision, once: word to the lead and to every side."""
        return await self._db.write(lambda work: _settle(work, alert_id, at=at))


def _file(work: Work, body: Mapping[str, Any], *, by: str, at: datetime) -> tuple[FiledAlert, str]:
    require_storable(canonical(body), by)
    moment = _instant(body["as_of"])
    old = _ongoing(work.conn, body, moment)
    if old is None:
        return _raise(work, body, moment, by=by, at=at)
    woken = wakes(old, body)
    fresh = {**body, "id": old.id, "since": min(str(old.body["since"]), str(body["since"]))}
    values: dict[str, Any] = {"body": fresh, "last_seen": max(moment, old.last_seen), "seen": old.seen + 1}
    if moment == old.last_seen and old.body == fresh:
        return old, "again" if old.state in (AlertState.OPEN, AlertState.ACKNOWLEDGED) else "quiet"
    if woken:
        values |= {"state": AlertState.OPEN.value, "settled": True, "category": "", "review_on": body["review_on"]}
    elif old.state is AlertState.OPEN:
        values |= {"review_on": body["review_on"]}
    _update(work, old, values)
    _regions(work, old.id, [*old.body["regions"], *body["regions"]])
    if woken:
        detail = {"observed": body["observed"], "before": old.decided_cases}
        work.record("alert.woken", old.id, detail, by=by, at=at)
        put(work, f"{old.id}:woken:{old.version}", "alert.raised", old.id, _notice(fresh), at=at)
    quiet = old.state in (AlertState.DISMISSED, AlertState.CLOSED)
    return _filed(_row(work.conn, old.id)), "woken" if woken else "quiet" if quiet else "again"


def _ongoing(conn: Connection, body: Mapping[str, Any], moment: datetime) -> FiledAlert | None:
    """The newest alert that this one is the continuation of."""
    since = moment - timedelta(days=OPEN_DAYS)
    query = select(alerts).where(alerts.c.issue == body["issue"], alerts.c.last_seen >= since)
    rows = conn.execute(query.order_by(alerts.c.last_seen.desc(), alerts.c.id))
    return next((one for one in map(_filed, rows) if still_open(one, moment) and goes_on(one.body, body)), None)


def _raise(work: Work, body: Mapping[str, Any], moment: datetime, *, by: str, at: datetime) -> tuple[FiledAlert, str]:
    made = work.insert_once(
        alerts,
        id=body["id"],
        issue=body["issue"],
        kind=body["kind"],
        state=AlertState.OPEN.value,
        body=dict(body),
        first_seen=moment,
        last_seen=moment,
        seen=1,
        review_on=body["review_on"],
        raised_by=by,
        category="",
        reason="",
        decided_by="",
        decided_at=None,
        decided_cases=0,
        settled=True,
        version=1,
    )
    filed = _filed(_row(work.conn, body["id"]))
    if made:
        _regions(work, filed.id, body["regions"])
        work.record("alert.raise", filed.id, _notice(body), by=by, at=at)
        put(work, f"{filed.id}:raised", "alert.raised", filed.id, _notice(body), at=at)
    return filed, "new" if made else "again"


def _notice(body: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "title", "issue", "kind", "regions", "observed", "expected", "p", "q", "as_of", "review_on")
    return {key: body[key] for key in keys}


def _regions(work: Work, alert_id: str, codes: Sequence[str]) -> None:
    work.conn.execute(delete(alert_regions).where(alert_regions.c.alert_id == alert_id))
    rows = [{"alert_id": alert_id, "region": code} for code in dict.fromkeys(codes)]
    if rows:
        work.conn.execute(insert(alert_regions), rows)


def _file_watch(work: Work, watch_id: str, body: Mapping[str, Any], *, as_of: datetime, by: str, at: datetime) -> None:
    if work.insert_once(alert_watches, id=watch_id, as_of=as_of, at=at, by=by, body=dict(body)):
        detail = {key: body[key] for key in ("tests", "announced", "new") if key in body}
        work.record("alert.watch", watch_id, detail, by=by, at=at)


def _last_watch(conn: Connection) -> FiledWatch | None:
    row = conn.execute(select(alert_watches).order_by(alert_watches.c.at.desc()).limit(1)).one_or_none()
    return None if row is None else FiledWatch(id=row.id, as_of=row.as_of, at=row.at, by=row.by, body=row.body)


def _decide(work: Work, decision: AlertDecision, version: int | None) -> FiledAlert:
    decision.check()
    require_storable(decision.by, decision.reason)
    old = _filed(_row(work.conn, decision.alert_id, lock=True))
    to = TO[decision.verdict]
    if old.state is to and old.decided_by == decision.by:
        return old
    if old.state not in FROM[decision.verdict]:
        by = f"（{old.decided_by}）" if old.decided_by else ""
        names = "、".join(STATE_NAMES[state] for state in FROM[decision.verdict])
        raise Conflict(f"预警现为“{STATE_NAMES[old.state]}”{by}，不能执行此操作。", f"只有“{names}”的预警可以。")
    if version is not None and version != old.version:
        raise Conflict(f"预警已更新到第 {old.version} 版，您看到的是第 {version} 版。", "请刷新后重试。")
    reason = redact(decision.reason.strip()).text
    values = {
        "state": to.value,
        "category": decision.category,
        "reason": reason,
        "decided_by": decision.by,
        "decided_at": decision.at,
        "decided_cases": int(old.body["observed"]),
        "settled": False,
    }
    _update(work, old, values)
    detail = {"verdict": decision.verdict.value, "category": decision.category, "reason": reason}
    work.record(f"alert.{decision.verdict.value}", old.id, detail, by=decision.by, at=decision.at)
    return _filed(_row(work.conn, old.id))


def _settle(work: Work, alert_id: str, *, at: datetime) -> FiledAlert:
    filed = _filed(_row(work.conn, alert_id, lock=True))
    if filed.settled or filed.decided_at is None:
        return filed
    _update(work, filed, {"settled": True})
    if filed.state is AlertState.ACKNOWLEDGED:
        action = filed.body["action"]
        units = [action["lead"], *(one["unit"] for one in action["partners"])]
        for unit in dict.fromkeys(unit for unit in units if unit):
            payload = {**_notice(filed.body), "unit": unit, "action": action, "decided_by": filed.decided_by}
            put(work, f"{filed.id}:action:{unit}:{iso(filed.decided_at)}", "alert.action", filed.id, payload, at=at)
    return replace(filed, settled=True, version=filed.version + 1)


def _update(work: Work, old: FiledAlert, values: Mapping[str, Any]) -> None:
    work.conn.execute(update(alerts).where(alerts.c.id == old.id).values(**values, version=old.version + 1))


def _row(conn: Connection, alert_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(alerts).where(alerts.c.id == alert_id)
    row = conn.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise AlertNotFound(f"没有编号为“{alert_id[:60]}”的预警。", "请核对预警编号，并确认它涉及您的辖区。")
    return row


def _filed(row: Row[Any]) -> FiledAlert:
    return FiledAlert(
        id=row.id,
        state=AlertState(row.state),
        body=row.body,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        seen=row.seen,
        raised_by=row.raised_by,
        category=row.category,
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decided_cases=row.decided_cases,
        settled=row.settled,
        version=row.version,
    )


def _page(conn: Connection, filters: AlertFilters, *, limit: int, cursor: str) -> AlertPage:
    require_size(limit)
    query = select(alerts).where(_wanted(filters))
    if cursor:
        query = query.where(tuple_(alerts.c.first_seen, alerts.c.id) < tuple_(*decode(cursor)))
    query = query.order_by(alerts.c.first_seen.desc(), alerts.c.id.desc()).limit(limit + 1)
    found = [_filed(row) for row in conn.execute(query)]
    last = found[limit - 1] if len(found) > limit else None
    return AlertPage(items=tuple(found[:limit]), cursor=encode(last.first_seen, last.id) if last else "")


def _everything(conn: Connection, filters: AlertFilters, since: datetime) -> list[FiledAlert]:
    query = select(alerts).where(_wanted(filters), alerts.c.first_seen >= since)
    return [_filed(row) for row in conn.execute(query.order_by(alerts.c.first_seen, alerts.c.id))]


def _wanted(filters: AlertFilters) -> ColumnElement[bool]:
    due = and_(alerts.c.state == AlertState.ACKNOWLEDGED.value, alerts.c.review_on <= filters.review_by)
    return and_(
        _visible(filters.region_prefixes),
        alerts.c.state == filters.state.value if filters.state else true(),
        alerts.c.issue == filters.issue if filters.issue else true(),
        alerts.c.kind == filters.kind if filters.kind else true(),
        due if filters.review_by else true(),
    )


def _visible(prefixes: Sequence[str]) -> ColumnElement[bool]:
    if "" in prefixes:
        return true()
    inside = [alert_regions.c.region.startswith(prefix, autoescape=True) for prefix in prefixes]
    if not inside:
        return false()
    return alerts.c.id.in_(select(alert_regions.c.alert_id).where(or_(*inside)))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)

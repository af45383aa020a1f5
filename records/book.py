"""The case book (案卷库): the one door to everything that is recorded."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

from domain.case import CaseFile, Decision, Move, OrderStatus, Stage, WorkOrder
from domain.caselog import CaseTable
from domain.caselogreader import Known
from domain.geo import Point
from domain.observation import Observation
from records import audit, cases, intake, opinions, orders, outbox, overview, pages
from records.alerts import AlertBook
from records.audit import AuditEntry
from records.caselog import case_log
from records.cases import CaseMove
from records.citations import OpinionCitation, opinions_citing
from records.compensation import StatementBook
from records.databases import open_database
from records.disputes import DisputeBook
from records.engine import Database
from records.evaluations import EvaluationBook
from records.intake import Accepted
from records.migrate import upgrade
from records.outbox import OutboxMessage
from records.overview import OrderFilters, OrderPage, Tallies
from records.packs import PackBook
from records.pages import Filters, Page
from records.precedents import PrecedentBook


@asynccontextmanager
async def open_book(url: str) -> AsyncIterator["CaseBook"]:
    """Open the records at a URL, creating and migrating them as needed; closes them at the end.

    Args:
        url: `sqlite:///PATH` or `postgresql://…`; a driver in the URL is replaced by the one used here.

    Raises:
        InvalidInput: If the URL cannot be used.
        Unavailable: If the database cannot be opened.
    """
    database = open_database(url)
    try:
        await upgrade(database)
        yield CaseBook(database)
    finally:
        await database.close()


class CaseBook:
    """Cases and all that happened to them. Each method is one transaction, audited, and safe to repeat.

    Instants are aware; those given back are in UTC. Fulfils `agents.context.Cases`.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self.precedents = PrecedentBook(database)
        self.alerts = AlertBook(database)
        self.statements = StatementBook(database)
        self.packs = PackBook(database)
        self.evaluations = EvaluationBook(database)
        self.disputes = DisputeBook(database)

    def together(self) -> AbstractAsyncContextManager[None]:
        """Make every call of this task inside the block one transaction: all of it is kept, or nothing.

        Keep the block short and wait for nothing else in it: on SQLite it holds back every other writer.
        A call that raises inside spoils the whole block, even if the error is caught.
        """
        return self._db.together()

    # Observations and intake

    async def accept(self, observation: Observation, *, idempotency_key: str, by: str, at: datetime) -> Accepted:
        """Store an observation and open its case, once.

        The same key of the same caller, the same source with `external_id`, or the same observation id gives the
        same case when the content is equal.

        Args:
            observation: What was reported.
            idempotency_key: The caller's key for this request; empty for none.
            by: Who sent it.
            at: When it was accepted.

        Raises:
            DuplicateId: If the key or the id was used for other content.
            InvalidInput: If a text holds a NUL or half of a surrogate pair.
        """
        return await self._db.write(lambda work: intake.accept(work, observation, key=idempotency_key, by=by, at=at))

    async def observation(self, observation_id: str) -> Observation:
        """The observation with this id. Raises NotFound."""
        return await self._db.read(lambda conn: intake.observation(conn, observation_id))

    async def unfinished(self) -> list[str]:
        """Cases whose run has work to do, oldest first: accepted and not finished, or decided since."""
        return await self._db.read(lambda conn: intake.unfinished(conn))

    async def has_work(self, case_id: str) -> bool:
        """Whether the case is among the `unfinished`."""
        return await self._db.read(lambda conn: intake.has_work(conn, case_id))

    async def finish_intake(self, case_id: str) -> None:
        """Say that the case's run came to its end, or to an opinion that waits for an officer.

        `decide` takes this back, so that a restart between a decision and its effects finds the case again.

        Raises:
            CaseNotFound: If there is no such case.
        """
        await self._db.write(lambda work: intake.set_finished(work, case_id, True))

    async def reopen_intake(self, case_id: str) -> None:
        """Say that the case's run has work again, as after a merge was taken back. Raises CaseNotFound."""
        await self._db.write(lambda work: intake.set_finished(work, case_id, False))

    # Cases

    async def case(self, case_id: str) -> CaseFile:
        """The case file. Raises CaseNotFound."""
        return await self._db.read(lambda conn: cases.case(conn, case_id))

    async def cases(
        self,
        *,
        stage: Stage | None = None,
        region_prefixes: Sequence[str] = (),
        units: Sequence[str] = (),
        issue: str = "",
        awaiting: bool | None = None,
        limit: int = 50,
        cursor: str = "",
    ) -> Page:
        """One page of cases, newest first.

        Args:
            stage: Only cases in this stage.
            region_prefixes: Region codes the caller may see, with all below; `("",)` everything, `()` nothing.
            units: Cases with a work order of one of these units may be seen as well.
            issue: Only cases of this issue.
            awaiting: True: only cases whose current opinion waits for an officer; False: only the others.
            limit: Cases per page, 1 to 500.
            cursor: `Page.cursor` of the page before.

        Raises:
            InvalidInput: If the limit or the cursor cannot be used.
        """
        filters = Filters(region_prefixes=region_prefixes, units=units, stage=stage, issue=issue, awaiting=awaiting)
        return await self._db.read(lambda conn: pages.page(conn, filters, limit=limit, cursor=cursor))

    async def case_log(self, known: Known | None = None, *, since: datetime | None = None) -> CaseTable:
        """Cases opened at or after an instant (None: all) as columns, oldest first.

        Args:
            known: Regions and issues to check against; None checks none.
            since: The instant.
        """
        return await self._db.snapshot(lambda conn: case_log(conn, known, since=since))

    async def nearby(self, point: Point, *, radius_m: float, since: datetime, exclude: str) -> Sequence[CaseFile]:
        """Unmerged cases within the radius (geodesic metres), created at or after `since`, nearest first."""
        return await self._db.read(
            lambda conn: cases.near(conn, point, radius_m, since=since, exclude=exclude, issue="")
        )

    async def similar_history(
        self, point: Point, *, radius_m: float, since: datetime, issue: str, exclude: str = ""
    ) -> Sequence[CaseFile]:
        """Like `nearby`, of one issue only."""
        return await self._db.read(
            lambda conn: cases.near(conn, point, radius_m, since=since, exclude=exclude, issue=issue)
        )

    async def describe(self, case_id: str, fields: Mapping[str, Any], *, at: datetime, by: str = "system") -> CaseFile:
        """Set issue, class_code, standard_ref, severity, emergency, region, lon, lat; audited once per change.

        Raises:
            CaseNotFound: If there is no such case.
            UnknownField: If another field is given.
        """
        return await self._db.write(lambda work: cases.describe(work, case_id, fields, by=by, at=at))

    async def move(
        self,
        case_id: str,
        move: Move,
        *,
        by: str,
        at: datetime,
        reason: str = "",
        key: str = "",
        into: str = "",
        version: int | None = None,
    ) -> CaseFile:
        """Make a legal move; the same `key` again is a no-op that returns the case.

        Args:
            case_id: The case.
            move: What to do.
            by: Who does it.
            at: When.
            reason: Why, in words; needed for the moves in `domain.case.REASON_REQUIRED`.
            key: Idempotency key within the case; empty for none.
            into: The master case, for a merge.
            version: The version the caller saw; None to move whatever came in between.

        Raises:
            CaseNotFound: If there is no such case, or no such master.
            IllegalMove: If the life cycle has no such move from here.
            EmptyText: If a reason is needed and none is given.
            Conflict: If the case has another version, or the master is at an end.
            DuplicateId: If the key was used for another move.
        """
        return await self._db.write(
            lambda work: cases.move(
                work, case_id, move, by=by, at=at, reason=reason, key=key, into=into, version=version
            )
        )

    async def moves_of(self, case_id: str) -> list[CaseMove]:
        """The history of a case, oldest first. Raises CaseNotFound."""
        return await self._db.read(lambda conn: cases.moves_of(conn, case_id))

    async def merged_into(self, case_id: str) -> list[CaseFile]:
        """Cases that were merged into this one, oldest first."""
        return await self._db.read(lambda conn: cases.merged_into(conn, case_id))

    async def link_recurrence(self, case_id: str, previous: str, *, by: str, at: datetime) -> CaseFile:
        """Say that a case is the return of a finished one.

        Raises:
            CaseNotFound: If one of them does not exist.
            Conflict: If `previous` is not finished, or the case is linked to another.
        """
        return await self._db.write(lambda work: cases.link_recurrence(work, case_id, previous, by=by, at=at))

    async def note(self, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
        """Append an audit entry about a case, once per key. Raises CaseNotFound."""
        await self._db.write(lambda work: intake.note(work, case_id, action, detail, at=at, key=key))

    # Opinions and decisions

    async def save_opinion(self, case_id: str, opinion: Mapping[str, Any], *, at: datetime) -> str:
        """Store an opinion (JSON of the contract) once, as the case's current one; returns its id.

        An opinion that is stored already changes nothing, so a replayed step cannot bring an old one back.

        Raises:
            CaseNotFound: If there is no such case.
            DuplicateId: If the id was used for other content or another case.
        """
        return await self._db.write(lambda work: opinions.save(work, case_id, opinion, at=at))

    async def opinion(self, opinion_id: str) -> dict[str, Any]:
        """The opinion's JSON. Raises OpinionNotFound."""
        return await self._db.read(lambda conn: opinions.opinion(conn, opinion_id))

    async def opinions_of(self, case_id: str) -> list[dict[str, Any]]:
        """All opinions on a case, oldest first; `CaseFile.opinion` names the current one."""
        return await self._db.read(lambda conn: opinions.opinions_of(conn, case_id))

    async def opinions_citing(self, laws: Sequence[str], article: str) -> list[OpinionCitation]:
        """Opinions that cite an article, newest first; see `records.citations.opinions_citing`."""
        return await self._db.read(lambda conn: opinions_citing(conn, laws, article))

    async def case_of_opinion(self, opinion_id: str) -> str:
        """The id of the case an opinion is about. Raises OpinionNotFound."""
        return await self._db.read(lambda conn: opinions.case_of_opinion(conn, opinion_id))

    async def decide(self, decision: Decision) -> Decision:
        """Record an officer's ruling: exactly one per opinion, however many try at once.

        Raises:
            OpinionNotFound: If there is no such opinion.
            AlreadyDecided: If there is a ruling; carries who, what and when.
            Conflict: If a newer opinion took its place.
        """
        return await self._db.write(lambda work: opinions.decide(work, decision))

    async def decision_of(self, opinion_id: str) -> Decision | None:
        """The ruling on an opinion, if there is one."""
        return await self._db.read(lambda conn: opinions.decision_of(conn, opinion_id))

    # Work orders

    async def issue_order(self, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
        """Write the work order, its audit entry and its outbox message in one transaction, once per order id.

        Raises:
            CaseNotFound: If there is no such case.
            DuplicateId: If the id was used for another case, duty or unit.
        """
        return await self._db.write(lambda work: orders.issue(work, order, by=by, at=at, event=event))

    async def order(self, order_id: str) -> WorkOrder:
        """The work order. Raises WorkOrderNotFound."""
        return await self._db.read(lambda conn: orders.order(conn, order_id))

    async def orders_of(self, case_id: str) -> list[WorkOrder]:
        """All work orders of a case, oldest first."""
        return await self._db.read(lambda conn: orders.orders_of(conn, case_id))

    async def orders(
        self,
        *,
        region_prefixes: Sequence[str] = (),
        units: Sequence[str] = (),
        status: OrderStatus | None = None,
        unit: str = "",
        limit: int = 50,
        cursor: str = "",
    ) -> OrderPage:
        """One page of work orders, newest first; who may see them as in `cases`.

        Args:
            region_prefixes: Region codes the caller may see, with all below; `("",)` everything, `()` nothing.
            units: Orders to one of these units may be seen as well.
            status: Only orders of this status.
            unit: Only orders to this unit.
            limit: Orders per page, 1 to 500.
            cursor: `OrderPage.cursor` of the page before.

        Raises:
            InvalidInput: If the limit or the cursor cannot be used.
        """
        filters = OrderFilters(region_prefixes=region_prefixes, units=units, status=status, unit=unit)
        return await self._db.read(lambda conn: overview.order_page(conn, filters, limit=limit, cursor=cursor))

    async def order_move(
        self, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str = ""
    ) -> WorkOrder:
        """Change an order's status; the status it has already is a no-op. The case is not moved.

        Raises:
            WorkOrderNotFound: If there is no such order.
            IllegalMove: If the status may not follow.
            EmptyText: If an order is returned or revoked without a reason.
        """
        return await self._db.write(lambda work: orders.move(work, order_id, status, by=by, at=at, reason=reason))

    # Outbox

    async def outbox_pending(self, limit: int = 100, *, at: datetime | None = None) -> list[OutboxMessage]:
        """Undelivered messages in the order of writing; with `at`, only those due at that instant."""
        return await self._db.read(lambda conn: outbox.pending(conn, limit, at))

    async def outbox_take(self, limit: int = 100, *, at: datetime, lease_s: float = 60.0) -> list[OutboxMessage]:
        """Due messages, kept from other workers for `lease_s` seconds; then they are due again."""
        return await self._db.write(lambda work: outbox.take(work, limit, at=at, lease_s=lease_s))

    async def outbox_done(self, message_id: int, at: datetime) -> None:
        """Say that a message was delivered; again is a no-op. Raises NotFound."""
        await self._db.write(lambda work: outbox.done(work, message_id, at=at))

    async def outbox_failed(self, message_id: int, at: datetime, error: str) -> OutboxMessage:
        """Say that a delivery failed; the message waits longer each time and dies after `MAX_ATTEMPTS`."""
        return await self._db.write(lambda work: outbox.failed(work, message_id, at=at, error=error))

    async def outbox_dead(self, limit: int = 100) -> list[OutboxMessage]:
        """Messages that were given up."""
        return await self._db.read(lambda conn: outbox.dead(conn, limit))

    async def outbox_revive(self, message_id: int, *, by: str, at: datetime) -> None:
        """Try a dead message again from the start. Raises NotFound."""
        await self._db.write(lambda work: outbox.revive(work, message_id, by=by, at=at))

    async def tallies(self) -> Tallies:
        """Cases by stage, and messages that wait or were given up."""
        return await self._db.read(overview.tallies)

    # Audit

    async def audit(self, case_id: str | None = None, after: int = 0, limit: int = 100) -> list[AuditEntry]:
        """Entries of the chain (of one case, or all) with `seq` above `after`, in order."""
        return await self._db.read(lambda conn: audit.entries(conn, case_id, after, limit))

    async def audit_head(self) -> tuple[int, str]:
        """Number of entries and hash of the last; kept elsewhere, it proves that nothing was rewritten."""
        return await self._db.read(lambda conn: audit.head_of(conn))

    async def verify_audit(self) -> int:
        """Walk the whole chain; the number of its entries.

        Raises:
            AuditBroken: With the first entry that is changed, missing, moved or surplus.
        """
        return await self._db.snapshot(audit.verify)

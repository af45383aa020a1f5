"""What every node may reach at run time: the ports, gathered in LangGraph's context schema."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel

from agents.shelf import Shelf
from domain.adjacency.alerting.filing import FiledAlert
from domain.adjacency.compensation.filing import FiledStatement, StatementDraft
from domain.adjacency.disputes import Dispute
from domain.adjacency.evaluation.filing import FiledEvaluation
from domain.case import CaseFile, Decision, Move, OrderStatus, WorkOrder
from domain.casefacts import CaseFacts
from domain.caselog import CaseTable
from domain.caselogreader import Known
from domain.citation import Article, Citation
from domain.clock import Clock
from domain.dispatch import Assignment as Assignment
from domain.geo import Point
from domain.patrol.merging import MergeProposal as MergeProposal
from domain.territory import Territory
from domain.world import World
from knowledge.cases import SimilarCase
from knowledge.passage import Passage


class Knowledge(Protocol):
    """Regulations and cases; fulfilled by `knowledge.base.KnowledgeBase`."""

    @property
    def version(self) -> str:
        """Hash of what is loaded: equal versions answer equally."""
        ...

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        """Best passages first; with `as_of`, only what holds on that day."""
        ...

    def similar_cases(self, facts: CaseFacts, k: int = 5, *, as_of: date | None = None) -> list[SimilarCase]:
        """Cases most like one by their facts, best first; with `as_of`, only what was closed by that day."""
        ...

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        """The article as it stood on `as_of` (None: newest version).

        Raises:
            LawNotFound: No such law.
            ArticleNotFound: No such article; carries the nearest ones.
        """
        ...

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        """Faults of a citation on that day, in Chinese; empty when it holds."""
        ...


class Cases(Protocol):
    """The part of records that nodes use; fulfilled by `records.book.CaseBook`. All writes are idempotent."""

    def together(self) -> AbstractAsyncContextManager[None]:
        """Make the calls inside the block one transaction; wait for nothing else in it."""
        ...

    async def case(self, case_id: str) -> CaseFile:
        """The case file. Raises CaseNotFound."""
        ...

    async def nearby(self, point: Point, *, radius_m: float, since: datetime, exclude: str) -> Sequence[CaseFile]:
        """Unmerged cases within the radius, created at or after `since`, nearest first."""
        ...

    async def describe(self, case_id: str, fields: Mapping[str, Any], *, at: datetime) -> CaseFile:
        """Set issue, class_code, standard_ref, severity, emergency, region, lon, lat; audited once per change."""
        ...

    async def move(
        self, case_id: str, move: Move, *, by: str, at: datetime, reason: str = "", key: str = "", into: str = ""
    ) -> CaseFile:
        """Make a legal move; the same `key` again is a no-op that returns the case. Raises IllegalMove."""
        ...

    async def save_opinion(self, case_id: str, opinion: Mapping[str, Any], *, at: datetime) -> str:
        """Store an opinion (JSON of the contract) once; returns its id."""
        ...

    async def opinion(self, opinion_id: str) -> dict[str, Any]:
        """The opinion's JSON. Raises OpinionNotFound."""
        ...

    async def issue_order(self, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
        """Write the work order, its audit entry and its outbox message in one transaction, once per order id."""
        ...

    async def orders_of(self, case_id: str) -> Sequence[WorkOrder]:
        """All work orders of a case, oldest first."""
        ...

    async def order_move(
        self, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str = ""
    ) -> WorkOrder:
        """Change an order's status; the status it has already is a no-op. Raises IllegalMove."""
        ...

    async def decision_of(self, opinion_id: str) -> Decision | None:
        """The ruling on an opinion, if there is one."""
        ...

    async def note(self, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
        """Append an audit entry about a case, once per key."""
        ...


class Statements(Protocol):
    """The part of records that compensation uses; fulfilled by `records.compensation.StatementBook`."""

    async def file(self, draft: StatementDraft, *, by: str, at: datetime) -> tuple[FiledStatement, bool]:
        """File a draft once; False: it was filed before. Raises Conflict when what it amends was amended already."""
        ...

    async def get(self, statement_id: str) -> FiledStatement:
        """The statement. Raises StatementNotFound."""
        ...

    async def conclude(self, statement_id: str, *, payload: Mapping[str, Any], at: datetime) -> None:
        """Write the message about a confirmed statement, once."""
        ...


class Alerts(Protocol):
    """The part of records that early warning uses; fulfilled by `records.alerts.AlertBook`."""

    async def file(self, body: Mapping[str, Any], *, by: str, at: datetime) -> tuple[FiledAlert, str]:
        """File an alert (JSON) or carry on the one it belongs to; also `new`, `again`, `woken` or `quiet`."""
        ...

    async def file_watch(
        self, watch_id: str, body: Mapping[str, Any], *, as_of: datetime, by: str, at: datetime
    ) -> None:
        """Keep the summary of a watch, once."""
        ...

    async def settle(self, alert_id: str, *, at: datetime) -> FiledAlert:
        """Write what follows from the last decision, once. Raises AlertNotFound."""
        ...


class Evaluations(Protocol):
    """The part of records that evaluation uses; fulfilled by `records.evaluations.EvaluationBook`."""

    async def log(self, known: Known | None) -> CaseTable:
        """The whole case log as columns."""
        ...

    async def file(self, made: FiledEvaluation) -> bool:
        """File an evaluation once; False: it was filed before."""
        ...

    async def settle(self, evaluation_id: str, *, at: datetime) -> FiledEvaluation:
        """Make it final once nothing of it is open. Raises EvaluationNotFound."""
        ...


class Disputes(Protocol):
    """The part of records that disputes use; fulfilled by `records.disputes.DisputeBook`."""

    async def get(self, dispute_id: str) -> Dispute:
        """The dispute. Raises DisputeNotFound."""
        ...

    async def escalate(
        self, dispute_id: str, opinion: Mapping[str, Any], *, why: str, by: str, at: datetime
    ) -> Dispute:
        """Take it to the common superior; one that is there already stays as it is."""
        ...

    async def withdraw(self, dispute_id: str, *, by: str, at: datetime, reason: str) -> Dispute:
        """Take it back. Raises Conflict when it is settled."""
        ...

    async def settle(self, dispute_id: str) -> None:
        """Say that everything that follows from the ruling is written."""
        ...


class CaseLog(Protocol):
    """The case log as columns; fulfilled by `graphs.alerting.BookLog` and by files."""

    async def until(self, moment: datetime) -> CaseTable:
        """What is needed to look at the city at an instant: the log of the time before it."""
        ...


class Merger(Protocol):
    """Decides whether two cases are one problem."""

    def __call__(self, case: CaseFile, others: Sequence[CaseFile]) -> MergeProposal:
        """Compare a new case with those nearby."""
        ...


class Dispatcher(Protocol):
    """Chooses who goes, over straight lines for now."""

    def __call__(self, point: Point | None, unit_code: str, issue: str, day: date) -> Assignment:
        """The nearest qualified unit for the issue; `unit_code` is the one the opinion names, if any."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Collaborators of one run; never stored in a checkpoint.

    Attributes:
        versions: Versions of code, knowledge base, world and model that every opinion carries.
        shelf: Articles resolved before; safe to share, since it is keyed by the knowledge base's version.
        llm: The language model, if there is one.
        llm_timeout_s: Seconds one question to it may take, > 0.
        statements: Where compensation statements are filed; None where nothing is filed.
        alerts: Where alerts are filed; None where nothing is filed.
        log: The case log that is watched; None where nothing is.
        evaluations: Where evaluations are filed; None where nothing is filed.
        disputes: Where disputes are kept; None where nothing is returned.
    """

    world: World
    territory: Territory
    knowledge: Knowledge
    cases: Cases
    merge: Merger
    dispatch: Dispatcher
    clock: Clock
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    shelf: Shelf = field(default_factory=Shelf)
    llm: BaseChatModel | None = None
    llm_timeout_s: float = 20.0
    statements: Statements | None = None
    alerts: Alerts | None = None
    log: CaseLog | None = None
    evaluations: Evaluations | None = None
    disputes: Disputes | None = None

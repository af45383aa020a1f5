"""What every node may reach at run time: the ports, gathered in LangGraph's context schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel

from domain.case import CaseFile, Decision, Move, WorkOrder
from domain.citation import Article, Citation
from domain.clock import Clock
from domain.geo import Point
from domain.organisation import Unit
from domain.world import World
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

    async def issue_order(self, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
        """Write the work order, its audit entry and its outbox message in one transaction, once per order id."""
        ...

    async def decision_of(self, opinion_id: str) -> Decision | None:
        """The ruling on an opinion, if there is one."""
        ...

    async def note(self, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
        """Append an audit entry about a case, once per key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeProposal:
    """Whether a new case is one we have: `master` is empty when it is not; `score` in [0, 1]."""

    master: str
    score: float
    reasons: tuple[str, ...]


class Merger(Protocol):
    """Decides whether two cases are one problem (issue 4 deepens it)."""

    def __call__(self, case: CaseFile, others: Sequence[CaseFile]) -> MergeProposal:
        """Compare a new case with those nearby."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who goes: the unit chosen, its distance in metres, and why."""

    unit: Unit
    distance_m: float | None
    reasons: tuple[str, ...]


class Dispatcher(Protocol):
    """Chooses who goes (issue 4 replaces straight lines by 3-D travel times)."""

    def __call__(self, point: Point | None, unit_code: str, issue: str, day: date) -> Assignment:
        """The nearest qualified unit for the issue; `unit_code` is the one the opinion names, if any."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Collaborators of one run; never stored in a checkpoint."""

    world: World
    knowledge: Knowledge
    cases: Cases
    merge: Merger
    dispatch: Dispatcher
    clock: Clock
    llm: BaseChatModel | None = None

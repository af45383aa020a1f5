"""流域补偿 workflow: from a section table to a checked draft, which waits for a finance officer.

The records are the truth: a draft, the word on it, the message to the parties. The run only carries one to the next;
a process that dies leaves drafts that anybody may decide and confirmed ones that the next start concludes.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, Literal, cast
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from agents.compensation import await_confirmation, body_of, check, compute, conclude, file, support, versions_of
from agents.context import Context
from agents.retry import retry_policy
from domain.adjacency.compensation.filing import FiledStatement, StatementDecision, StatementVerdict, statement_id
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.compensation.submission import Submission, amended, submission_from_json
from domain.clock import Clock
from domain.errors import EmptyText, LianzhiError, StatementNotFound
from graphs.schemes import SchemeShelf
from graphs.state import CompensationInput, CompensationState
from records.book import CaseBook

log = logging.getLogger(__name__)

# Routers are coroutines although they wait for nothing: LangGraph would send plain functions to a thread each.


class ConcludedSlice(TypedDict):
    """The part of the state that `after_conclude` reads."""

    outcome: str


async def after_conclude(state: ConcludedSlice) -> Literal["await_confirmation", "__end__"]:
    """Woken without a word on record, the statement waits on."""
    return "await_confirmation" if state["outcome"] == "waiting" else "__end__"


def assessment_builder() -> StateGraph[CompensationState, Context, CompensationInput, CompensationState]:
    """`compute → support → check`: a statement that is filed nowhere."""
    builder = StateGraph(CompensationState, context_schema=Context, input_schema=CompensationInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("compute", compute)
    builder.add_node("support", support)
    builder.add_node("check", check)
    builder.add_edge(START, "compute")
    builder.add_edge("compute", "support")
    builder.add_edge("support", "check")
    builder.add_edge("check", END)
    return builder


def compensation_builder() -> StateGraph[CompensationState, Context, CompensationInput, CompensationState]:
    """`compute → support → check → file → (await_confirmation) → conclude`; thread id = statement id."""
    builder = StateGraph(CompensationState, context_schema=Context, input_schema=CompensationInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("compute", compute)
    builder.add_node("support", support)
    builder.add_node("check", check)
    builder.add_node("file", file)
    builder.add_node("await_confirmation", await_confirmation)
    builder.add_node("conclude", conclude)
    builder.add_edge(START, "compute")
    builder.add_edge("compute", "support")
    builder.add_edge("support", "check")
    builder.add_edge("check", "file")
    builder.add_edge("file", "await_confirmation")
    builder.add_edge("await_confirmation", "conclude")
    builder.add_conditional_edges("conclude", after_conclude)
    return builder


@cache
def _assessment() -> CompiledStateGraph[CompensationState, Context, CompensationInput, CompensationState]:
    return assessment_builder().compile(checkpointer=False)


async def assess_submission(context: Context, given: Submission) -> dict[str, Any]:
    """The statement with its citations, filed nowhere; equal submissions give equal bytes.

    Raises:
        BadTable, BadScheme, InvalidInput: What was submitted cannot be used as a whole.
    """
    done = await _assessment().ainvoke(_start(given, by=""), context=context)
    return body_of(done, versions_of(context))


def _start(given: Submission, *, by: str, supersedes: str = "", reason: str = "") -> CompensationInput:
    return {
        "statement_id": statement_id(given.digest(), supersedes=supersedes),
        "submission": given.to_json(),
        "prepared_by": by,
        "supersedes": supersedes,
        "reason": reason,
    }


class CompensationDesk:
    """Where statements are drafted, confirmed, returned and amended.

    Args:
        graph: The compiled compensation graph, with a checkpointer.
        book: The records.
        context: Collaborators of the nodes, with `statements`.
        clock: Time for everything that is recorded.
    """

    def __init__(
        self, graph: CompiledStateGraph[Any, Context, Any, Any], book: CaseBook, context: Context, clock: Clock
    ) -> None:
        self._graph = graph
        self._book = book
        self._context = context
        self._clock = clock
        self._schemes = SchemeShelf(book.packs, context.world)
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def draft(self, given: Submission, *, by: str) -> tuple[FiledStatement, bool]:
        """Compute and file a draft, which then waits for a finance officer; False: it was filed before.

        Raises:
            BadTable, BadScheme, InvalidInput: What was submitted cannot be used as a whole.
        """
        return await self._file(_start(given, by=by))

    async def amend(
        self,
        name: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        by: str,
        reason: str,
        scheme: Mapping[str, Any] | None = None,
    ) -> tuple[FiledStatement, bool]:
        """File a statement that takes the place of another; nothing of the old one is edited.

        Args:
            name: Id of the statement to amend.
            rows: Rows that take the place of those about the same section and month.
            by: Who amends.
            reason: Why.
            scheme: Another scheme; None keeps the old one.

        Raises:
            StatementNotFound, BadTable, BadScheme, InvalidInput.
            EmptyText: No reason is given.
            Conflict: It was amended already.
        """
        if not reason.strip():
            raise EmptyText("修订须说明理由。", "请写明补了什么、改了什么、依据何在。")
        old = await self._book.statements.get(name)
        given = amended(submission_from_json(old.body["submission"]), rows, scheme=scheme)
        return await self._file(_start(given, by=by, supersedes=name, reason=reason.strip()))

    async def confirm(self, name: str, *, by: str, reason: str = "", open_accepted: bool = False) -> FiledStatement:
        """Record a finance officer's consent, then tell the parties; a crash in between loses nothing.

        Raises:
            StatementNotFound, AlreadyDecided.
            Conflict: It was amended, or has open items that were not accepted.
        """
        return await self._decide(name, StatementVerdict.CONFIRM, by=by, reason=reason, open_accepted=open_accepted)

    async def send_back(self, name: str, *, by: str, reason: str) -> FiledStatement:
        """Record that a finance officer returns it; raises like `confirm`, and EmptyText without a reason."""
        return await self._decide(name, StatementVerdict.RETURN, by=by, reason=reason, open_accepted=False)

    async def schemes(self) -> Mapping[str, Scheme]:
        """Schemes that a submission can name: packaged ones by id, imported ones by `pack/scheme`."""
        return await self._schemes.all()

    async def recover(self) -> int:
        """Conclude confirmed statements whose parties were not told yet; how many."""
        waiting = await self._book.statements.unconcluded()
        for name in waiting:
            try:
                await self._carry(name)
            except LianzhiError as error:
                log.warning("statement %s is not concluded yet: %s", name, error.code)
        return len(waiting)

    async def _file(self, start: CompensationInput) -> tuple[FiledStatement, bool]:
        name = start["statement_id"]
        async with self._lock(name):
            with suppress(StatementNotFound):
                return await self._book.statements.get(name), False
            done = await self._graph.ainvoke(start, self._config(name), context=self._context, durability="exit")
        return await self._book.statements.get(name), bool(done["created"])

    async def _decide(
        self, name: str, verdict: StatementVerdict, *, by: str, reason: str, open_accepted: bool
    ) -> FiledStatement:
        decision = StatementDecision(
            statement_id=name, verdict=verdict, by=by, at=self._clock(), reason=reason, open_accepted=open_accepted
        )
        filed = await self._book.statements.decide(decision)
        await self._carry(name)
        return filed

    async def _carry(self, name: str) -> None:
        """Wake the run that waits on a statement; one that was lost is begun again, and files nothing twice."""
        async with self._lock(name):
            config = self._config(name)
            state = await self._graph.aget_state(config)
            if not state.interrupts:
                filed = await self._book.statements.get(name)
                start = cast(
                    "CompensationInput",
                    {key: filed.body[key] for key in ("submission", "supersedes", "reason")}
                    | {"statement_id": name, "prepared_by": filed.prepared_by},
                )
                await self._graph.ainvoke(start, config, context=self._context, durability="exit")
            await self._graph.ainvoke(Command(resume=name), config, context=self._context, durability="exit")

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    @staticmethod
    def _config(name: str) -> RunnableConfig:
        return {"configurable": {"thread_id": f"compensation:{name}"}}

"""治理效能评估 workflow: measured and filed, waiting for people where something looks made up, then final.

The records are the truth: the report, what people said of its suspicions, whether it is final. The run only carries
one to the next; a process that dies leaves evaluations that anybody may review.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from agents.context import Context
from agents.evaluation import await_review, measure, settle
from agents.retry import retry_policy
from domain.adjacency.evaluation.assessment import Asked, behind, placed, read
from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.filing import (
    FiledEvaluation,
    Review,
    asked_from_json,
    asked_to_json,
    evaluation_id,
)
from domain.caselogreader import known_of
from domain.clock import Clock, iso
from domain.errors import EvaluationNotFound, FutureDate, LianzhiError
from graphs.state import EvaluationInput, EvaluationRunState
from records.book import CaseBook

log = logging.getLogger(__name__)

# Routers are coroutines although they wait for nothing: LangGraph would send plain functions to a thread each.


class MeasuredSlice(TypedDict):
    """The part of the state that `after_measure` reads."""

    suspicions: int


async def after_measure(state: MeasuredSlice) -> Literal["await_review", "settle"]:
    """Only suspicions need a person."""
    return "await_review" if state["suspicions"] else "settle"


class SettledSlice(TypedDict):
    """The part of the state that `after_settle` reads."""

    outcome: str


async def after_settle(state: SettledSlice) -> Literal["await_review", "__end__"]:
    """What nobody has looked at waits on."""
    return "await_review" if state["outcome"] == "waiting" else "__end__"


def evaluation_builder() -> StateGraph[EvaluationRunState, Context, EvaluationInput, EvaluationRunState]:
    """`measure → (await_review) → settle`; thread id = evaluation id."""
    builder = StateGraph(EvaluationRunState, context_schema=Context, input_schema=EvaluationInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("measure", measure)
    builder.add_node("await_review", await_review)
    builder.add_node("settle", settle)
    builder.add_edge(START, "measure")
    builder.add_conditional_edges("measure", after_measure)
    builder.add_edge("await_review", "settle")
    builder.add_conditional_edges("settle", after_settle)
    return builder


class EvaluationDesk:
    """Where evaluations are made, reviewed and opened.

    Args:
        graph: The compiled evaluation graph, with a checkpointer.
        book: The records.
        context: Collaborators of the nodes, with `evaluations`.
        clock: Time for everything that is recorded.
    """

    def __init__(
        self, graph: CompiledStateGraph[Any, Context, Any, Any], book: CaseBook, context: Context, clock: Clock
    ) -> None:
        self._graph = graph
        self._book = book
        self._context = context
        self._clock = clock
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def make(self, asked: Asked, *, region: str, by: str) -> tuple[FiledEvaluation, bool]:
        """Measure and file; False: the same was asked by the same person before.

        Args:
            asked: What to evaluate, held to what the caller may see.
            region: Code of the region that it is about; the city's for the whole.
            by: Who asks.

        Raises:
            FutureDate: If the moment has not come yet.
            InvalidInput: If a dimension does not exist.
        """
        now = self._clock()
        if asked.as_of > now:
            raise FutureDate("评估时刻尚未到来。", "as_of 不能晚于现在；不填即为现在。")
        plain = asked_to_json(asked)
        name = evaluation_id({**plain, "region": region}, by=by)
        async with self._lock(name):
            with suppress(EvaluationNotFound):
                return await self._book.evaluations.get(name), False
            start: EvaluationInput = {
                "evaluation_id": name,
                "asked": plain,
                "asked_by": by,
                "asked_at": iso(now),
                "region": region,
            }
            done = await self._graph.ainvoke(start, self._config(name), context=self._context, durability="exit")
        return await self._book.evaluations.get(name), bool(done["created"])

    async def review(self, name: str, reviews: Sequence[Review]) -> FiledEvaluation:
        """Record what people say of suspicions, then make it final if nothing is open.

        Raises:
            EvaluationNotFound, NotFound, AlreadyDecided, EmptyText.
        """
        await self._book.evaluations.review(name, reviews)
        await self._carry(name)
        return await self._book.evaluations.get(name)

    async def behind(
        self, filed: FiledEvaluation, indicator: str, dimensions: Sequence[str], key: Sequence[str]
    ) -> dict[str, list[str]]:
        """Case ids behind one figure, from the log as it is now, read at the evaluation's moment.

        Raises:
            InvalidInput: If there is no such indicator, dimension or group.
        """
        world = self._context.world
        book = await self._book.evaluations.log(await asyncio.to_thread(known_of, world))
        table, _ = await asyncio.to_thread(placed, book, world)
        asked, definitions = asked_from_json(filed.asked, shipped()), shipped()
        reading = await asyncio.to_thread(read, table, asked, definitions, world)
        return await asyncio.to_thread(behind, reading, definitions, indicator, dimensions, key)

    async def recover(self) -> int:
        """Make final what was reviewed before a process died; how many."""
        waiting = await self._book.evaluations.unsettled()
        for name in waiting:
            try:
                await self._carry(name)
            except LianzhiError as error:
                log.warning("evaluation %s is not final yet: %s", name, error.code)
        return len(waiting)

    async def _carry(self, name: str) -> None:
        """Wake the run that waits; where it was lost, the records are settled without it."""
        async with self._lock(name):
            config = self._config(name)
            state = await self._graph.aget_state(config)
            if state.interrupts:
                await self._graph.ainvoke(Command(resume=name), config, context=self._context, durability="exit")
            else:
                await self._book.evaluations.settle(name, at=self._clock())

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    @staticmethod
    def _config(name: str) -> RunnableConfig:
        return {"configurable": {"thread_id": f"evaluation:{name}"}}

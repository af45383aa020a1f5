"""退单争议 workflow: a returned order, the clock of its dispute, the common superior, the ruling and what follows.

The records are the truth; the run only carries one state to the next. A process that dies leaves disputes that anybody
may rule on, rulings that the next start carries out, and clocks that go on.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from agents.context import Context
from agents.disputes import act, await_word
from agents.retry import retry_policy
from domain.adjacency.disputes import Dispute, DisputeState, Returned, Settlement, Statement, opened
from domain.adjacency.returns import ReturnDraft, draft_return, summary_of
from domain.case import CaseFile, Move, OrderStatus, Stage, WorkOrder
from domain.clock import Clock, civil_date, iso
from domain.errors import EmptyText, LianzhiError
from graphs.ruling import check_units
from graphs.state import DisputeInput, DisputeRunState
from records.book import CaseBook

log = logging.getLogger(__name__)

BY = "system"

# Routers are coroutines although they wait for nothing: LangGraph would send plain functions to a thread each.


class ActedSlice(TypedDict):
    """The part of the state that `after_act` reads."""

    outcome: str


async def after_act(state: ActedSlice) -> Literal["await_word", "__end__"]:
    """While nobody has settled it, the dispute waits on."""
    return "await_word" if state["outcome"] == "waiting" else "__end__"


def dispute_builder() -> StateGraph[DisputeRunState, Context, DisputeInput, DisputeRunState]:
    """`act → (await_word → act)… → end`; thread id = dispute id."""
    builder = StateGraph(DisputeRunState, context_schema=Context, input_schema=DisputeInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("act", act)
    builder.add_node("await_word", await_word)
    builder.add_edge(START, "act")
    builder.add_conditional_edges("act", after_act)
    builder.add_edge("await_word", "act")
    return builder


class DisputeDesk:
    """Where orders are returned, disputes talked over, taken up and ruled on.

    Args:
        graph: The compiled dispute graph, with a checkpointer.
        book: The records.
        context: Collaborators of the nodes, with `disputes`.
        clock: Time for everything that is recorded.
        check_s: Seconds between looks at the clocks of all disputes, > 0; 0: only when somebody asks.
    """

    def __init__(
        self,
        graph: CompiledStateGraph[Any, Context, Any, Any],
        book: CaseBook,
        context: Context,
        clock: Clock,
        *,
        check_s: float = 60.0,
    ) -> None:
        self._graph = graph
        self._book = book
        self._context = context
        self._clock = clock
        self._check_s = check_s
        self._locks = WeakValueDictionary[str, asyncio.Lock]()
        self._loop: asyncio.Task[None] | None = None

    async def draft(self, order: WorkOrder, *, said: str = "") -> ReturnDraft:
        """A draft of why an order would be returned; nothing is recorded. Raises OpinionNotFound, CaseNotFound."""
        case = await self._book.case(order.case_id)
        opinion = await self._book.opinion(case.opinion)
        return draft_return(
            opinion, duty=order.duty, unit=order.unit, unit_name=order.unit_name, order_id=order.id, said=said
        )

    async def returned(self, order: WorkOrder, case: CaseFile, *, by: str, reason: str) -> Dispute | None:
        """Open the dispute of an order that was just returned; call it in the transaction of the return.

        A case that goes up at once (second return) is moved in the same transaction. None: there is no opinion
        that the order could rest on.
        """
        if not case.opinion:
            return None
        now, opinion = self._clock(), await self._book.opinion(case.opinion)
        before = [
            one.unit
            for one in await self._book.orders_of(case.id)
            if one.status is OrderStatus.RETURNED and one.id != order.id
        ]
        fresh = opened(
            opinion,
            Returned(
                case_id=case.id, order_id=order.id, duty=order.duty, unit=order.unit, reason=reason, by=by, at=now
            ),
            returned_before=before,
            emergency=case.emergency,
            territory=self._context.territory,
            day=civil_date(now),
        )
        dispute, _ = await self._book.disputes.open(fresh, by=by, at=now)
        if dispute.state is DisputeState.ESCALATED and case.stage is Stage.RETURNED:
            key = f"{dispute.id}:escalate"
            await self._book.move(case.id, Move.ESCALATE, by=BY, at=now, reason=dispute.why_up, key=key)
        return dispute

    async def say(self, dispute_id: str, *, unit: str, text: str, by: str) -> Dispute:
        """Add what a party says. Raises DisputeNotFound, EmptyText, Conflict."""
        now = self._clock()
        statement = Statement(unit=unit, text=text.strip(), by=by, at=iso(now))
        return await self._book.disputes.state(dispute_id, statement, at=now)

    async def escalate(self, dispute_id: str, *, by: str, reason: str) -> Dispute:
        """Take it to the common superior before its time. Raises DisputeNotFound, EmptyText, Conflict."""
        if not reason.strip():
            raise EmptyText("提请上级须说明理由。", "请填写理由后重试。")
        held = await self._book.disputes.get(dispute_id)
        opinion = await self._book.opinion(held.opinion_id)
        await self._book.disputes.escalate(dispute_id, opinion, why=reason.strip(), by=by, at=self._clock())
        return await self._carried(dispute_id)

    async def rule(
        self,
        dispute_id: str,
        duties: Mapping[str, str],
        *,
        how: Settlement,
        by: str,
        reason: str,
        version: int | None = None,
    ) -> Dispute:
        """Record how an officer settled it, then carry it out; a crash in between loses nothing.

        Raises:
            DisputeNotFound, EmptyText.
            InvalidInput, UnknownUnit: A duty or a unit does not exist.
            Conflict: It is settled, or has another version.
        """
        now = self._clock()
        check_units(duties, self._context.world.register, now)
        await self._book.disputes.rule(dispute_id, duties, how=how, by=by, at=now, reason=reason, version=version)
        return await self._carried(dispute_id)

    async def withdraw(self, dispute_id: str, *, by: str, reason: str) -> Dispute:
        """Take it back. Raises DisputeNotFound, EmptyText, Conflict."""
        await self._book.disputes.withdraw(dispute_id, by=by, at=self._clock(), reason=reason)
        return await self._carried(dispute_id)

    async def reassigned(self, case_id: str, duty: str, unit: str, *, by: str, reason: str) -> None:
        """An officer sent another unit: the open disputes about that duty are settled by it.

        Call it in the transaction of the dispatch; the order is written there, so nothing is left to carry out.
        """
        for dispute in await self._book.disputes.of_case(case_id):
            if dispute.is_open and dispute.duty == duty:
                why = reason.strip() or "坐席改派"
                await self._book.disputes.rule(
                    dispute.id, {duty: unit}, how=Settlement.REASSIGNED, by=by, at=self._clock(), reason=why
                )
                await self._book.disputes.settle(dispute.id)

    async def summary(self, dispute: Dispute) -> str:
        """The dispute in words for whoever rules (争议摘要书). Raises OpinionNotFound."""
        opinion = await self._book.opinion(dispute.opinion_id)
        return summary_of(dispute, opinion, self._context.world.register)

    async def sweep(self) -> Sequence[str]:
        """Carry out rulings whose effects are not written, and take up what is overdue; ids of what was looked at."""
        waiting = [*await self._book.disputes.unsettled_ids(), *await self._book.disputes.due_ids(self._clock())]
        ids = tuple(dict.fromkeys(waiting))
        for dispute_id in ids:
            try:
                await self._carry(dispute_id)
            except LianzhiError as error:
                log.warning("dispute %s is not carried on yet: %s", dispute_id, error.code)
        return ids

    def start(self) -> None:
        """Begin to look at the clocks on time, if the settings say so."""
        if self._check_s > 0 and self._loop is None:
            self._loop = asyncio.create_task(self._on_time(), name="clocks of disputes")

    async def close(self) -> None:
        """Look at the clocks no more; what was due is found at the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None

    async def _on_time(self) -> None:
        while True:
            await asyncio.sleep(self._check_s)
            try:
                await self.sweep()
            except LianzhiError as error:
                # The records may be away for a while: the next look finds what this one missed.
                log.warning("clocks of disputes not read: %s", error.code)

    async def _carried(self, dispute_id: str) -> Dispute:
        await self._carry(dispute_id)
        return await self._book.disputes.get(dispute_id)

    async def _carry(self, dispute_id: str) -> None:
        """Begin the run of a dispute, or wake the one that waits; again is harmless."""
        async with self._locks.setdefault(dispute_id, asyncio.Lock()):
            config: RunnableConfig = {"configurable": {"thread_id": f"dispute:{dispute_id}"}}
            waits = bool((await self._graph.aget_state(config)).interrupts)
            start: DisputeInput = {"dispute_id": dispute_id}
            given: Any = Command(resume=dispute_id) if waits else start
            await self._graph.ainvoke(given, config, context=self._context, durability="exit")

"""监测预警 workflow: a watch over the case log, on time or on demand, and each alert's wait for an officer.

The records are the truth: alerts, the word on them, the messages to the sides. A run only carries one to the next; a
process that dies leaves alerts that anybody may decide and decided ones that the next start settles.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Literal
from weakref import WeakValueDictionary

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

from agents.alerting import await_verdict, detect, file, relate, settle
from agents.context import Context
from agents.retry import retry_policy
from domain.adjacency.alerting.filing import AlertDecision, FiledAlert
from domain.adjacency.alerting.thresholds import threshold_report
from domain.caselog import CaseTable
from domain.caselogreader import known_of
from domain.clock import CHINA, Clock, iso
from domain.errors import Conflict, FutureDate, LianzhiError
from domain.opinion import canonical
from domain.world import World
from graphs.settings import GraphSettings
from graphs.state import AlertInput, AlertRunState, WatchInput, WatchState
from records.alerts import AlertFilters, FiledWatch
from records.book import CaseBook

log = logging.getLogger(__name__)

SCHEDULE = "schedule"
"""Who asked, where nobody did."""
FIRST_WAIT_S = 60.0
"""A service that starts has other things to do first, seconds."""
RETRY_AFTER_S = 600.0
"""Wait before a watch that failed is tried again, seconds."""
REPORT_DAYS = 365
"""Days of alerts that the threshold report looks back at."""

# Routers are coroutines although they wait for nothing: LangGraph would send plain functions to a thread each.


class SettledAlertSlice(TypedDict):
    """The part of the state that `after_verdict` reads."""

    outcome: str


async def after_verdict(state: SettledAlertSlice) -> Literal["await_verdict", "__end__"]:
    """An alert that was acknowledged waits on for its review; one that is over does not."""
    return "await_verdict" if state["outcome"] == "waiting" else "__end__"


def assessment_builder() -> StateGraph[WatchState, Context, WatchInput, WatchState]:
    """`detect → relate`: a watch that is filed nowhere."""
    builder = StateGraph(WatchState, context_schema=Context, input_schema=WatchInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("detect", detect)
    builder.add_node("relate", relate)
    builder.add_edge(START, "detect")
    builder.add_edge("detect", "relate")
    builder.add_edge("relate", END)
    return builder


def watch_builder() -> StateGraph[WatchState, Context, WatchInput, WatchState]:
    """`detect → relate → file`."""
    builder = StateGraph(WatchState, context_schema=Context, input_schema=WatchInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("detect", detect)
    builder.add_node("relate", relate)
    builder.add_node("file", file)
    builder.add_edge(START, "detect")
    builder.add_edge("detect", "relate")
    builder.add_edge("relate", "file")
    builder.add_edge("file", END)
    return builder


def alert_builder() -> StateGraph[AlertRunState, Context, AlertInput, AlertRunState]:
    """`await_verdict → settle`, and again until the alert is over; thread id = `alert:` and its id."""
    builder = StateGraph(AlertRunState, context_schema=Context, input_schema=AlertInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("await_verdict", await_verdict)
    builder.add_node("settle", settle)
    builder.add_edge(START, "await_verdict")
    builder.add_edge("await_verdict", "settle")
    builder.add_conditional_edges("settle", after_verdict)
    return builder


@cache
def _assessment() -> CompiledStateGraph[WatchState, Context, WatchInput, WatchState]:
    return assessment_builder().compile(checkpointer=False)


@cache
def _watch() -> CompiledStateGraph[WatchState, Context, WatchInput, WatchState]:
    return watch_builder().compile(checkpointer=False)


@dataclass(frozen=True, slots=True)
class BookLog:
    """The case log of the records; fulfils `agents.context.CaseLog`."""

    book: CaseBook
    world: World
    days: int

    async def until(self, moment: datetime) -> CaseTable:
        """Cases of the days before the moment."""
        return await self.book.case_log(known_of(self.world), since=moment - timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class TableLog:
    """A case log that was read from a file; fulfils `agents.context.CaseLog`."""

    table: CaseTable

    async def until(self, moment: datetime) -> CaseTable:
        """The whole table: what is later is not looked at."""
        del moment
        return self.table


async def assess_log(context: Context, as_of: datetime, params: Mapping[str, Any]) -> dict[str, Any]:
    """A watch over the context's log, filed nowhere; equal logs and instants give equal bytes."""
    done = await _assessment().ainvoke(_start(as_of, params, by=""), context=context)
    return done["watch"]


def _start(as_of: datetime, params: Mapping[str, Any], *, by: str) -> WatchInput:
    words = canonical({"as_of": iso(as_of), "params": dict(params), "by": by})
    return {
        "watch_id": f"wt-{sha256(words.encode()).hexdigest()[:16]}",
        "as_of": iso(as_of),
        "params": dict(params),
        "asked_by": by,
    }


def midnight(moment: datetime) -> datetime:
    """The end of the last whole day in the city, UTC."""
    day = moment.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.astimezone(UTC)


class AlertDesk:
    """Where watches are held and alerts decided.

    Args:
        graph: The compiled alert graph, with a checkpointer.
        book: The records.
        context: Collaborators of the nodes, with `alerts` and `log`.
        settings: How often, and how careful.
        clock: Time for everything that is recorded.
    """

    def __init__(
        self,
        graph: CompiledStateGraph[Any, Context, Any, Any],
        book: CaseBook,
        context: Context,
        settings: GraphSettings,
        clock: Clock,
    ) -> None:
        self._graph = graph
        self._book = book
        self._context = context
        self._settings = settings
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._locks = WeakValueDictionary[str, asyncio.Lock]()
        self._loop: asyncio.Task[None] | None = None

    async def watch(self, *, as_of: datetime | None = None, by: str = SCHEDULE) -> dict[str, Any]:
        """Hold a watch and file what it finds.

        Args:
            as_of: Nothing later is seen; None for the end of the last whole day.
            by: Who asks.

        Returns:
            The watch as JSON, and `filed`: [alert id, `new` | `again` | `woken` | `quiet`].

        Raises:
            FutureDate: If the instant has not come yet.
            Conflict: If a watch is being held.
        """
        now = self._clock()
        moment = as_of or midnight(now)
        if moment > now:
            raise FutureDate("监测时刻还没有到。", "请填写不晚于现在的时刻。")
        if self._one_at_a_time.locked():
            raise Conflict("正在监测，请等它完成。", "稍候查看预警列表即可。")
        async with self._one_at_a_time:
            start = _start(moment, {"q": self._settings.alert_q}, by=by)
            done = await _watch().ainvoke(start, context=self._context)
            for alert_id, how in done["filed"]:
                if how in ("new", "woken"):
                    await self._begin(alert_id)
        return done["watch"] | {"id": start["watch_id"], "filed": done["filed"], "summary": done["summary"]}

    async def decide(self, decision: AlertDecision, *, version: int | None = None) -> FiledAlert:
        """Record an officer's word, then carry it out; a crash in between loses nothing.

        Raises:
            AlertNotFound, EmptyText, InvalidInput.
            Conflict: The alert is not in a state for it, or has another version.
        """
        await self._book.alerts.decide(decision, version=version)
        await self._carry(decision.alert_id)
        return await self._book.alerts.get(decision.alert_id)

    async def thresholds(self, filters: AlertFilters) -> dict[str, Any]:
        """What officers' words of the last year say of the settings."""
        since = self._clock() - timedelta(days=REPORT_DAYS)
        return threshold_report(await self._book.alerts.everything(filters, since=since))

    async def recover(self) -> int:
        """Settle decided alerts whose effects were not written yet; how many."""
        waiting = await self._book.alerts.unsettled()
        for alert_id in waiting:
            try:
                await self._carry(alert_id)
            except LianzhiError as error:
                log.warning("alert %s is not settled yet: %s", alert_id, error.code)
        return len(waiting)

    def start(self) -> None:
        """Begin to hold watches on time, if the settings say so."""
        if self._settings.alert_every_h > 0 and self._loop is None:
            self._loop = asyncio.create_task(self._on_time(), name="watch for alerts")

    async def close(self) -> None:
        """Hold no more watches; one that is under way is given up, and filed whole by the next."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None

    async def _on_time(self) -> None:
        await asyncio.sleep(FIRST_WAIT_S)
        while True:
            wait_s = await self._tick()
            await asyncio.sleep(wait_s)

    async def _tick(self) -> float:
        """Hold a watch if one is due; seconds until it should be asked again."""
        try:
            wait_s = _wait_s(await self._book.alerts.last_watch(), self._settings.alert_every_h, self._clock())
            if wait_s > 0:
                return wait_s
            await self.watch()
        except LianzhiError as error:
            log.warning("a watch failed: %s", error.code)
            return RETRY_AFTER_S
        return self._settings.alert_every_h * 3600

    async def _begin(self, alert_id: str) -> None:
        """Let the alert's own run wait for an officer."""
        async with self._lock(alert_id):
            config = _config(alert_id)
            if not (await self._graph.aget_state(config)).interrupts:
                await self._graph.ainvoke(await self._first(alert_id), config, context=self._context, durability="exit")

    async def _carry(self, alert_id: str) -> None:
        """Wake the run that waits on an alert; one that was lost is begun again, and writes nothing twice."""
        await self._begin(alert_id)
        async with self._lock(alert_id):
            resume: Command[Any] = Command(resume=alert_id)
            await self._graph.ainvoke(resume, _config(alert_id), context=self._context, durability="exit")

    async def _first(self, alert_id: str) -> AlertInput:
        filed = await self._book.alerts.get(alert_id)
        return {"alert_id": alert_id, "title": str(filed.body["title"])}

    def _lock(self, alert_id: str) -> asyncio.Lock:
        return self._locks.setdefault(alert_id, asyncio.Lock())


def _wait_s(last: FiledWatch | None, every_h: float, now: datetime) -> float:
    """Seconds until a watch is due: so many hours after the last one, whoever asked for it."""
    return 0.0 if last is None else max(0.0, every_h * 3600 - (now - last.at).total_seconds())


def _config(alert_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": f"alert:{alert_id}"}}

"""Carries cases through intake: one run at a time per case, a bounded number at once, and never a case forgotten.

The records know which cases have work left (`CaseBook.unfinished`); the checkpoint knows where a case waits. Runs keep
no other state: a process that dies leaves cases that the next one finds with `recover`, and every node may be run
again without a second effect.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agents.context import Context
from agents.retry import transient
from domain.case import CaseFile, Decision, Move, Stage
from domain.clock import iso
from domain.errors import IllegalMove, LianzhiError
from graphs.ruling import check_ruling
from graphs.steps import Step, keep_steps, stored_steps
from records.book import CaseBook

log = logging.getLogger(__name__)

RETRY_AFTER_S = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Waits before a run that failed for a passing reason is tried again; the last one is repeated."""
LONGEST_QUEUE = 1000
"""Cases with a task of their own; beyond these only their ids are kept, so that a flood of reports fills no memory."""
TAKEN_AWAY = frozenset({Stage.REJECTED, Stage.MERGED})
"""Stages in which a person has taken a case away from its run."""
SILENT = frozenset({"assign"})
"""Nodes whose parts report for themselves."""


class _Ruled(Exception):
    """A ruling came while the run was being put to rest: a signal, not an error."""


@dataclass(slots=True)
class _Run:
    """One stretch of work on a case, from start or wake to rest; `known`: it was tried before."""

    case_id: str
    known: bool = False
    task: asyncio.Task[None] | None = None
    base: int = 0
    steps: list[Step] = field(default_factory=list)
    kept: int = 0
    again: bool = False
    over: bool = False
    pulse: asyncio.Event = field(default_factory=asyncio.Event)

    def beat(self) -> None:
        """Wake everybody who follows."""
        self.pulse.set()
        self.pulse = asyncio.Event()


class CaseRunner:
    """Runs the intake graph for cases.

    Args:
        graph: The compiled intake graph, with a checkpointer.
        book: The records.
        context: Collaborators of the nodes.
        concurrency: Runs at once, >= 1.
    """

    def __init__(
        self,
        graph: CompiledStateGraph[Any, Context, Any, Any],
        book: CaseBook,
        context: Context,
        *,
        concurrency: int = 8,
    ) -> None:
        self._graph = graph
        self._book = book
        self._context = context
        self._concurrency = concurrency
        self._gate = asyncio.Semaphore(concurrency)
        self._runs: dict[str, _Run] = {}
        # Cases of an earlier process, or of a flood; a dict keeps their order and finds one at once.
        self._backlog: dict[str, None] = {}
        self._recovering: set[str] = set()
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._tries: dict[str, int] = {}
        self._closing = False

    @property
    def active(self) -> int:
        """Cases that run or wait for their turn in this process."""
        return len(self._runs) + len(self._backlog)

    def submit(self, case_id: str) -> None:
        """Start or continue a case in the background; one that runs already looks again before it rests."""
        if self._closing:
            return
        if case_id not in self._runs and len(self._runs) >= LONGEST_QUEUE:
            self._backlog[case_id] = None
        else:
            self._start(case_id)

    def _start(self, case_id: str) -> None:
        queued = case_id in self._backlog
        self._backlog.pop(case_id, None)
        known = queued or case_id in self._tries
        if (retry := self._retries.pop(case_id, None)) is not None:
            retry.cancel()
        run = self._runs.get(case_id)
        if run is not None:
            run.again = True
            return
        run = self._runs[case_id] = _Run(case_id, known)
        run.task = asyncio.create_task(self._carry(run), name=f"case {case_id}")

    async def decide(self, decision: Decision) -> Decision:
        """Record an officer's ruling, then wake the case; a crash in between loses nothing.

        Raises:
            OpinionNotFound: If there is no such opinion.
            AlreadyDecided: If there is a ruling; carries who, what and when.
            Conflict: If a newer opinion took its place.
            InvalidInput: If the ruling is incomplete or names a duty or unit that does not exist.
        """
        case_id = await self._book.case_of_opinion(decision.opinion_id)
        check_ruling(decision, self._context.world.register, self._context.clock())
        recorded = await self._book.decide(decision)
        self.submit(case_id)
        return recorded

    async def wait(self, case_id: str) -> None:
        """Until the case rests: finished, waiting for an officer, or failed for now."""
        self._hurry(case_id)
        while (run := self._runs.get(case_id)) is not None and run.task is not None:
            await asyncio.wait({run.task})

    async def recover(self) -> int:
        """Take up every case that has work left, oldest first; how many.

        They run where new cases leave room, and always at least one of them, so that neither waits for all the others.
        """
        unfinished = await self._book.unfinished()
        self._backlog |= dict.fromkeys(case_id for case_id in unfinished if case_id not in self._runs)
        self._feed()
        return len(unfinished)

    def _feed(self) -> None:
        while self._backlog and not self._closing:
            if len(self._runs) >= self._concurrency and self._recovering:
                return
            case_id = next(iter(self._backlog))
            self._recovering.add(case_id)
            self._start(case_id)

    def _hurry(self, case_id: str) -> None:
        """Somebody waits for this case: it need not wait for the rest of the backlog."""
        if case_id in self._backlog:
            self._start(case_id)

    async def steps(self, case_id: str, after: int = 0) -> AsyncIterator[Step]:
        """Steps with `seq` above `after`: those of the past, then live ones until the case rests.

        A caller that wants what comes after an officer's ruling asks again with the last `seq` it has.
        """
        self._hurry(case_id)
        run = self._runs.get(case_id)
        for step in await stored_steps(self._book, case_id):
            if step.seq > after:
                after = step.seq
                yield step
        while run is not None:
            pulse, over = run.pulse, run.over
            for step in list(run.steps):
                if step.seq > after:
                    after = step.seq
                    yield step
            if over:
                break
            await pulse.wait()

    async def drain(self, timeout_s: float = 20.0) -> int:
        """Take no more cases, let running ones finish for a while, then cut them off; how many were cut off."""
        self._closing = True
        self._backlog.clear()
        for retry in self._retries.values():
            retry.cancel()
        self._retries.clear()
        tasks = {run.task for run in self._runs.values() if run.task is not None}
        late: set[asyncio.Task[None]] = set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    async def _carry(self, run: _Run) -> None:
        try:
            async with self._gate:
                if not self._closing:
                    await self._until_rest(run)
        finally:
            # Nothing is awaited between the last look at `again` and here, so no wake-up can be lost.
            del self._runs[run.case_id]
            run.over = True
            run.beat()
            self._recovering.discard(run.case_id)
            self._feed()

    async def _until_rest(self, run: _Run) -> None:
        while True:
            run.again = False
            try:
                await self._rest(run, await self._advance_or_leave(run))
                self._tries.pop(run.case_id, None)
            except _Ruled:
                continue
            # Whatever a node raises ends on its case with a code, and the other cases go on.
            except Exception as error:  # noqa: BLE001
                await self._failed(run, error)
                if not run.again and transient(error):
                    self._try_later(run.case_id)
            if not run.again or self._closing:
                return

    def _try_later(self, case_id: str) -> None:
        """Run a case again after a while; it holds no place among the running ones until then."""
        if self._closing:
            return
        tries = self._tries.get(case_id, 0)
        self._tries[case_id] = tries + 1
        wait_s = RETRY_AFTER_S[min(tries, len(RETRY_AFTER_S) - 1)]
        self._retries[case_id] = asyncio.get_running_loop().call_later(wait_s, self.submit, case_id)

    async def _advance_or_leave(self, run: _Run) -> str:
        """Like `_advance`; a case that a person took away meanwhile has nothing left to run."""
        try:
            return await self._advance(run)
        except IllegalMove:
            if (await self._book.case(run.case_id)).stage not in TAKEN_AWAY:
                raise
            return ""

    async def _advance(self, run: _Run) -> str:
        """Run until the graph ends or waits; the id of the opinion it waits on, empty at the end."""
        case = await self._book.case(run.case_id)
        if not run.steps and (run.known or not _untouched(case)):
            past = await stored_steps(self._book, run.case_id)
            run.base = past[-1].seq if past else 0
        config: RunnableConfig = {"configurable": {"thread_id": run.case_id}}
        start, waits_on = await self._entry(case, config)
        if start is None and waits_on is not None:
            return waits_on
        opinion_id = ""
        stream = self._graph.astream(
            start, config, context=self._context, stream_mode="updates", subgraphs=True, durability="exit"
        )
        async for part in stream:
            space, update = cast(tuple[tuple[str, ...], dict[str, Any]], part)
            for node, value in update.items():
                if node == "__interrupt__":
                    opinion_id = value[0].value["opinion_id"]
                elif node not in SILENT:
                    name = f"{space[-1].partition(':')[0]}/{node}" if space else node
                    self._step(run, name, "done", (value or {}).get("summary", ""))
        return opinion_id

    async def _entry(self, case: CaseFile, config: RunnableConfig) -> tuple[Any, str | None]:
        """What to hand the graph; or, where there is nothing to do, None and the opinion it waits on (or empty)."""
        fresh = {"case_id": case.id, "observation": case.observation}
        if _untouched(case):
            return fresh, None
        state = await self._graph.aget_state(config)
        if not state.values:
            return fresh | {"may_merge": not await self._was_unmerged(case.id)}, None
        if state.interrupts:
            opinion_id = state.interrupts[0].value["opinion_id"]
            ruled = await self._book.decision_of(opinion_id) is not None
            return (Command(resume=opinion_id), None) if ruled else (None, opinion_id)
        if state.next:
            return None, None
        if state.values.get("outcome") == "merged" and case.stage is not Stage.MERGED:
            # The merge was taken back: the case goes its own way from the start.
            await self._forget(case.id)
            return fresh | {"may_merge": False}, None
        return None, ""

    async def _was_unmerged(self, case_id: str) -> bool:
        return any(move.move is Move.UNMERGE for move in await self._book.moves_of(case_id))

    async def _forget(self, case_id: str) -> None:
        saver = self._graph.checkpointer
        if saver is not None and not isinstance(saver, bool):
            await saver.adelete_thread(case_id)

    async def _rest(self, run: _Run, waits_on: str) -> None:
        """Put a case to rest; a ruling that came meanwhile undoes it in the same transaction, and the run goes on."""
        status = "waiting" if waits_on else "finished"
        fresh = run.steps[run.kept :]
        if fresh and fresh[-1].status != status:
            summary = "等待有权人员裁定" if waits_on else "办理流程结束"
            self._step(run, "await_ruling" if waits_on else "end", status, summary)
            fresh = run.steps[run.kept :]
        await keep_steps(self._book, run.case_id, fresh, at=self._context.clock())
        run.kept = len(run.steps)
        if not waits_on:
            await self._book.finish_intake(run.case_id)
            return
        async with self._book.together():
            await self._book.finish_intake(run.case_id)
            if await self._book.decision_of(waits_on) is not None:
                raise _Ruled

    async def _failed(self, run: _Run, error: Exception) -> None:
        code = error.code if isinstance(error, LianzhiError) else "internal_error"
        message = error.message if isinstance(error, LianzhiError) else "内部错误，已记录，重启后自动重试。"
        log.error("case %s failed: %s", run.case_id, code, exc_info=None if isinstance(error, LianzhiError) else error)
        step = self._step(run, "end", "failed", f"{message}（{code}）")
        detail = {"code": code, "message": message, "kind": type(error).__name__, "after": _last_node(run.steps)}
        now = self._context.clock()
        try:
            async with self._book.together():
                await self._book.note(run.case_id, "run.failed", detail, at=now, key=f"{run.case_id}:failed:{step.seq}")
                await keep_steps(self._book, run.case_id, run.steps[run.kept :], at=now)
            run.kept = len(run.steps)
        except LianzhiError:
            # The records cannot be reached either: the log has it, and the case stays unfinished for the next start.
            log.exception("case %s: failure not recorded", run.case_id)

    def _step(self, run: _Run, node: str, status: str, summary: str) -> Step:
        seq = run.base + len(run.steps) + 1
        step = Step(seq=seq, node=node, status=status, at=iso(self._context.clock()), summary=summary)
        run.steps.append(step)
        run.beat()
        return step


def _untouched(case: CaseFile) -> bool:
    """Whether no run can have come to rest on this case yet: nothing was ever written to it."""
    return case.version == 1


def _last_node(steps: list[Step]) -> str:
    return next((step.node for step in reversed(steps) if step.status == "done"), "")

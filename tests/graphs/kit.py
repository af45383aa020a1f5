"""A city, a clock and reports for tests of nodes, graphs and the runner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.context import Cases, Context
from domain.case import CaseFile, Decision, Verdict, WorkOrder
from domain.clock import FixedClock
from domain.dispatch import StraightLineDispatcher
from domain.geo import Point
from domain.observation import Observation, parse_observation
from domain.patrol.merging import ScoredMerger
from domain.territory import Territory
from domain.worlddata import places, schematic_city
from graphs.intake import intake_builder
from graphs.runner import CaseRunner
from graphs.steps import Step
from records.book import CaseBook, open_book
from tests.fakes import FakeKnowledge, MemoryCases

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


@cache
def city() -> Territory:
    return Territory(schematic_city())


def place(name: str) -> Point:
    return places()[name]


def report(id: str, text: str, where: Point | None = None, **fields: Any) -> Observation:
    """A report received at NOW; `where` None leaves the place unknown."""
    spot = {} if where is None else {"lon": where.lon, "lat": where.lat, "crs": "WGS84", "accuracy_m": 10}
    raw = {"id": id, "text": text, "source": "person", **spot, **fields}
    return parse_observation(raw, received_at=NOW, new_id=lambda: id, territory=city())


def manhole(id: str = "o1", **fields: Any) -> Observation:
    """A missing cover on the line between two districts: danger, upkeep known from the ledger."""
    return report(id, "两区交界处井盖不见了，有人差点掉下去", place("manhole_on_river_line"), **fields)


def disputed(id: str = "o2", **fields: Any) -> Observation:
    """Rubbish on ground whose line is in dispute: a person must rule."""
    return report(id, "界线争议地段有一堆垃圾没人管，两边都说不归自己", place("dispute"), **fields)


def context(cases: Cases | None = None, **fields: Any) -> Context:
    given: dict[str, Any] = {"clock": FixedClock(NOW), "knowledge": FakeKnowledge(), "territory": city()} | fields
    return Context(
        world=city().world,
        cases=cases or MemoryCases(),
        merge=ScoredMerger(),
        dispatch=StraightLineDispatcher(city().world),
        versions={"code": "test", "knowledge": "fake-1", "world": city().world.version, "model": ""},
        **given,
    )


@asynccontextmanager
async def opened(home: Path, **fields: Any) -> AsyncIterator[tuple[CaseRunner, CaseBook]]:
    """Records and checkpoints in a folder, as the service opens them; again on the same folder is a restart."""
    async with (
        open_book(f"sqlite:///{home / 'records.sqlite'}") as book,
        AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver,
    ):
        fields.setdefault("clock", FixedClock(NOW))
        graph = intake_builder().compile(checkpointer=saver)
        runner = CaseRunner(graph, book, context(book, **fields), concurrency=4)
        try:
            yield runner, book
        finally:
            await runner.drain(5.0)


async def accept(book: CaseBook, seen: Observation, *, at: datetime = NOW) -> str:
    return (await book.accept(seen, idempotency_key="", by="tester", at=at)).case_id


def later(seen: Observation, minutes: float) -> Observation:
    """The same report, seen and received later."""
    apart = timedelta(minutes=minutes)
    return replace(seen, observed_at=seen.observed_at + apart, received_at=seen.received_at + apart)


def rubbish(id: str = "o3", **fields: Any) -> Observation:
    """Rubbish well inside a town: nothing that a person must sign."""
    return report(id, "有一堆生活垃圾没人清", place("plain_inside"), **fields)


def ruling(opinion_id: str, verdict: Verdict = Verdict.APPROVE, **fields: Any) -> Decision:
    return Decision(opinion_id=opinion_id, verdict=verdict, by="officer-1", at=NOW, **fields)


async def run(runner: CaseRunner, book: CaseBook, seen: Observation) -> CaseFile:
    case_id = await accept(book, seen)
    runner.submit(case_id)
    await runner.wait(case_id)
    return await book.case(case_id)


async def followed(runner: CaseRunner, case_id: str, after: int = 0) -> list[Step]:
    return [step async for step in runner.steps(case_id, after=after)]


async def orders(book: CaseBook, case_id: str) -> dict[str, WorkOrder]:
    return {order.id.partition(":")[2]: order for order in await book.orders_of(case_id)}

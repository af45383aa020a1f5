"""Observations per second from acceptance to dispatch, beside the bare graph without our nodes.

ours: accept, run intake (locate, merge, classify, assess, opinion with checked citations), write the handling order,
rest; a report of a known case is merged into it instead. peer: a graph of the same shape whose nodes do nothing, on the
same checkpointer and durability: what LangGraph itself costs, the bound. Latency is from handing in to rest, the
handling order committed; `--clients` observations are under way at once.

    python bench/intake.py [--quick] [--clients N] [--json]
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from bench.common import finish, table
from domain.clock import CHINA
from domain.observation import parse_observation
from domain.worlddata import year_of_cases
from graphs.bootstrap import Services, ServiceSettings, open_checkpoints, open_services

CLIENTS = 8
NODES = 13
GOAL_P95_S = 1.0
START_AT = datetime(2026, 11, 1, 8, 0, tzinfo=CHINA)


class Ticking:
    """A clock that moves a second at each reading: the load's own time, the same in every run."""

    def __init__(self) -> None:
        self._now = START_AT

    def __call__(self) -> datetime:
        """The next second."""
        self._now += timedelta(seconds=1)
        return self._now


def observations(count: int) -> Iterator[dict[str, Any]]:
    """Reports of the schematic city's year, as a client would send them."""
    for number, case in enumerate(islice(year_of_cases(), count)):
        yield {
            "source": case["source"],
            "external_id": f"bench-{number}",
            "text": case["text"],
            "lon": case["lon"],
            "lat": case["lat"],
            "crs": "WGS84",
            "accuracy_m": 10,
        }


async def one(services: Services, raw: dict[str, Any]) -> float:
    """Seconds from acceptance to rest of one report."""
    started = perf_counter()
    now = services.clock()
    seen = parse_observation(raw, received_at=now, new_id=lambda: raw["external_id"], territory=services.territory)
    accepted = await services.book.accept(seen, idempotency_key="", by="bench", at=now)
    services.runner.submit(accepted.case_id)
    await services.runner.wait(accepted.case_id)
    return perf_counter() - started


async def in_turn(jobs: list[Any], clients: int) -> tuple[list[float], float]:
    """Run callables with `clients` at once; their results and the whole time, seconds."""
    queue = iter(jobs)
    results: list[float] = []

    async def client() -> None:
        for job in queue:
            results.append(await job())

    started = perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return results, perf_counter() - started


async def ours(count: int, clients: int) -> tuple[list[float], float, str]:
    """Latencies, whole time, and what became of the cases."""
    with tempfile.TemporaryDirectory() as home:
        async with open_services(ServiceSettings.at(Path(home)), clock=Ticking()) as services:
            rows = list(observations(count + 20))
            await in_turn([lambda raw=raw: one(services, raw) for raw in rows[:20]], clients)
            seen, seconds = await in_turn([lambda raw=raw: one(services, raw) for raw in rows[20:]], clients)
            entries = await services.book.verify_audit()
            stages = (await services.book.tallies()).cases
    became = ", ".join(f"{number} {stage.value}" for stage, number in stages.items() if number)
    return seen, seconds, f"{became} (20 to warm up included); audit chain verified, {entries} entries"


class Bare(TypedDict):
    """State of the bare graph."""

    case_id: str
    note: str


async def nothing(state: Bare) -> dict[str, str]:
    """A node that does nothing."""
    return {"note": state["case_id"]}


async def peer(count: int, clients: int) -> tuple[list[float], float]:
    """The bare graph's latencies and whole time."""
    builder = StateGraph(Bare)
    previous = START
    for number in range(NODES):
        builder.add_node(f"n{number}", nothing)
        builder.add_edge(previous, f"n{number}")
        previous = f"n{number}"
    with tempfile.TemporaryDirectory() as home:
        async with open_checkpoints(ServiceSettings.at(Path(home))) as saver:
            graph = builder.compile(checkpointer=saver)

            async def run(number: int) -> float:
                started = perf_counter()
                config = {"configurable": {"thread_id": str(number)}}
                await graph.ainvoke({"case_id": str(number), "note": ""}, config, durability="exit")
                return perf_counter() - started

            return await in_turn([lambda number=number: run(number) for number in range(count)], clients)


def figures(seen: list[float], seconds: float) -> dict[str, float]:
    """Rate and percentiles in milliseconds."""
    p50, p95, p99 = np.percentile(np.array(seen) * 1000, [50, 95, 99])
    return {
        "per_s": round(len(seen) / seconds, 1),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
    }


async def measure(count: int, clients: int) -> None:
    """Measure both and print."""
    bound = figures(*await peer(count, clients))
    seen, seconds, became = await ours(count, clients)
    mine = figures(seen, seconds)
    rows = [["lianzhi intake", *mine.values()], ["bare graph", *bound.values()]]
    print(table(rows, ["", "per s", "p50 ms", "p95 ms", "p99 ms"]))
    print(f"{count} observations, {clients} at once: {became}")
    ratio = round(mine["per_s"] / bound["per_s"], 3)
    holds = mine["p95_ms"] <= GOAL_P95_S * 1000
    finish("intake", ours=mine, peer=bound, ratio=ratio, goal={"p95_ms": GOAL_P95_S * 1000}, holds=holds)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 observations instead of 2,000")
    parser.add_argument("--clients", type=int, default=CLIENTS, help="observations under way at once")
    parser.add_argument("--json", action="store_true", help="accepted for uniformity; the last line is always JSON")
    arguments = parser.parse_args()
    asyncio.run(measure(300 if arguments.quick else 2000, arguments.clients))


if __name__ == "__main__":
    main()

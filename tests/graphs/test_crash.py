"""The process is killed at every point of a run; the next start finishes the case, and nothing is done twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from domain.case import Stage
from records.intake import case_id_of
from tests.graphs.crash_child import AFTER_RULING, POINTS
from tests.graphs.kit import manhole, opened, ruling

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def graves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for each point, left behind by a process that was killed there."""
    folder = tmp_path_factory.mktemp("crash")
    command = [sys.executable, "-m", "tests.graphs.crash_child", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("point", POINTS)
async def test_the_next_start_finishes_the_case_and_does_nothing_twice(graves: Path, point: str) -> None:
    case_id = case_id_of(manhole().id)
    async with opened(graves / point) as (runner, book):
        # Killed in the act of resting, the case may be at rest already: then there is nothing to recover.
        assert await runner.recover() == (0 if point == "call-finish_intake" and not await book.unfinished() else 1)
        await runner.wait(case_id)
        opinion_id = (await book.case(case_id)).opinion
        assert opinion_id
        if await book.decision_of(opinion_id) is None:
            assert point not in {"ruled", *(f"node-{name}" for name in AFTER_RULING)}
            assert {order.duty for order in await book.orders_of(case_id)} == {"handling"}
            await runner.decide(ruling(opinion_id))
            await runner.wait(case_id)

        orders = [order.id for order in await book.orders_of(case_id)]
        assert sorted(orders) == [f"{case_id}:handling", f"{case_id}:upkeep"]
        assert len(await book.opinions_of(case_id)) == 1
        messages = Counter(str(message.payload["order"]) for message in await book.outbox_pending())
        assert messages == Counter(orders)
        assert (await book.case(case_id)).stage is Stage.DISPATCHED
        moves = Counter(entry.detail["move"] for entry in await book.audit(case_id) if entry.action == "case.move")
        assert moves == {"register": 1, "dispatch": 1}
        assert await book.unfinished() == []
        assert await book.verify_audit() > 0
        steps = [step async for step in runner.steps(case_id)]
        assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
        assert steps[-1].status == "finished"

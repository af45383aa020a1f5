"""How orders drive their case."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.casework import move_case, moves_after
from domain.case import LEGAL_MOVES, Move, OrderStatus, Stage, WorkOrder, next_stage
from domain.clock import FixedClock
from graphs.bootstrap import ServiceSettings, open_services
from tests.graphs.kit import NOW, accept, manhole

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
S, M = Stage, Move
ACCEPTED, DONE, ISSUED = OrderStatus.ACCEPTED, OrderStatus.DONE, OrderStatus.ISSUED
RETURNED, REVOKED = OrderStatus.RETURNED, OrderStatus.REVOKED
COMPLETE = (Move.HANDLE, Move.REPORT)


def order(duty: str, status: OrderStatus) -> WorkOrder:
    return WorkOrder(
        id=f"{duty}:{status}",
        case_id="c",
        duty=duty,
        unit="u",
        unit_name="单位",
        status=status,
        issued_at=NOON,
        due_at=None,
    )


@pytest.mark.parametrize(
    ("stage", "orders", "status", "settled", "moves"),
    [
        pytest.param(S.DISPATCHED, [("handling", ACCEPTED)], ACCEPTED, False, (M.ACCEPT,), id="first acceptance"),
        pytest.param(
            S.ACCEPTED, [("handling", ACCEPTED), ("upkeep", ACCEPTED)], ACCEPTED, True, (), id="second acceptance"
        ),
        pytest.param(S.DISPATCHED, [("handling", RETURNED)], RETURNED, False, (M.RETURN,), id="returned unseen"),
        pytest.param(S.ACCEPTED, [("handling", RETURNED)], RETURNED, True, (M.RETURN,), id="returned later"),
        pytest.param(
            S.RETURNED, [("handling", RETURNED), ("upkeep", RETURNED)], RETURNED, True, (), id="both returned"
        ),
        pytest.param(S.ACCEPTED, [("handling", DONE)], DONE, True, COMPLETE, id="the only one done"),
        pytest.param(S.ACCEPTED, [("handling", DONE)], DONE, False, (), id="done, but an opinion waits"),
        pytest.param(
            S.ACCEPTED, [("handling", DONE), ("upkeep", ISSUED)], DONE, True, (), id="the other not begun"
        ),
        pytest.param(
            S.ACCEPTED, [("handling", DONE), ("upkeep", DONE)], DONE, True, COMPLETE, id="both done"
        ),
        pytest.param(
            S.ACCEPTED, [("handling", REVOKED), ("handling", DONE)], DONE, True, COMPLETE, id="redirected"
        ),
        pytest.param(
            S.ACCEPTED, [("handling", RETURNED), ("handling", DONE)], DONE, True, COMPLETE, id="given anew"
        ),
        pytest.param(
            S.ACCEPTED, [("upkeep", RETURNED), ("handling", DONE)], DONE, True, (), id="the other was returned"
        ),
        pytest.param(S.SUSPENDED, [("handling", DONE)], DONE, True, (), id="done while suspended"),
        pytest.param(S.ESCALATED, [("handling", ACCEPTED)], ACCEPTED, True, (), id="accepted while escalated"),
    ],
)  # fmt: skip
def test_what_follows_from_an_order(
    stage: Stage, orders: list[tuple[str, OrderStatus]], status: OrderStatus, settled: bool, moves: tuple[Move, ...]
) -> None:
    assert moves_after(stage, [order(*spec) for spec in orders], status, settled=settled) == moves


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("settled", [True, False])
def test_what_follows_is_always_legal(stage: Stage, status: OrderStatus, settled: bool) -> None:
    for move in moves_after(stage, [order("handling", status)], status, settled=settled):
        assert move in LEGAL_MOVES[stage]
        stage = next_stage(stage, move)


async def test_a_case_suspended_before_its_dispatch_goes_on_when_it_is_resumed(home: Path) -> None:
    async with open_services(ServiceSettings.at(home), clock=FixedClock(NOW)) as services:
        case_id = await accept(services.book, manhole())
        await services.book.move(case_id, Move.REGISTER, by="system", at=NOW, key=f"{case_id}:assess")
        await services.book.move(case_id, Move.SUSPEND, by="officer-1", at=NOW, reason="等汛期过后")
        services.runner.submit(case_id)
        await services.runner.wait(case_id)
        assert (await services.book.case(case_id)).stage is Stage.SUSPENDED
        await move_case(services, case_id, Move.RESUME, by="officer-1")
        await services.runner.wait(case_id)
        assert (await services.book.case(case_id)).stage is Stage.DISPATCHED
        assert not await services.book.has_work(case_id)

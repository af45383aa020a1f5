"""Records of a run that is to leave no trace: nothing is known, nothing is kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from domain.case import CaseFile, Decision, Move, OrderStatus, Stage, WorkOrder
from domain.errors import OpinionNotFound, WorkOrderNotFound
from domain.geo import Point

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoRecords:
    """Fulfils `agents.context.Cases` for opinions that open no case."""

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Nothing to bind together."""
        yield

    async def case(self, case_id: str) -> CaseFile:
        """A case nobody has touched."""
        return CaseFile(id=case_id, stage=Stage.COLLECTED, observation={}, created_at=EPOCH, updated_at=EPOCH)

    async def nearby(self, point: Point, *, radius_m: float, since: datetime, exclude: str) -> Sequence[CaseFile]:
        """Nothing is known to have happened here."""
        del point, radius_m, since, exclude
        return ()

    async def describe(self, case_id: str, fields: Mapping[str, Any], *, at: datetime) -> CaseFile:
        """Nothing is kept."""
        del fields, at
        return await self.case(case_id)

    async def move(
        self, case_id: str, move: Move, *, by: str, at: datetime, reason: str = "", key: str = "", into: str = ""
    ) -> CaseFile:
        """Nothing is kept."""
        del move, by, at, reason, key, into
        return await self.case(case_id)

    async def save_opinion(self, case_id: str, opinion: Mapping[str, Any], *, at: datetime) -> str:
        """The opinion's own id; nothing is kept."""
        del case_id, at
        return str(opinion["id"])

    async def opinion(self, opinion_id: str) -> dict[str, Any]:
        """Never there. Raises OpinionNotFound."""
        raise OpinionNotFound(f"没有编号为 {opinion_id} 的意见书。")

    async def issue_order(self, order: WorkOrder, *, by: str, at: datetime, event: Mapping[str, Any]) -> WorkOrder:
        """Nothing is kept, nobody hears of it."""
        del by, at, event
        return order

    async def orders_of(self, case_id: str) -> Sequence[WorkOrder]:
        """None."""
        del case_id
        return ()

    async def order_move(
        self, order_id: str, status: OrderStatus, *, by: str, at: datetime, reason: str = ""
    ) -> WorkOrder:
        """Never there. Raises WorkOrderNotFound."""
        del status, by, at, reason
        raise WorkOrderNotFound(f"没有编号为 {order_id} 的工单。")

    async def decision_of(self, opinion_id: str) -> Decision | None:
        """Nobody has ruled."""
        del opinion_id

    async def note(self, case_id: str, action: str, detail: Mapping[str, Any], *, at: datetime, key: str) -> None:
        """Nothing is kept."""
        del case_id, action, detail, at, key

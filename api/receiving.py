"""How an observation comes in: checked, stored once, handed to intake."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.auth import Principal, Role
from api.body import Item
from api.metrics import Metrics
from domain.errors import LianzhiError
from domain.observation import parse_observation
from graphs.bootstrap import Services
from records.intake import Accepted

_OWN_REPORTS = frozenset({Role.RESIDENT, Role.ENTERPRISE})


@dataclass(frozen=True, slots=True)
class Receiver:
    """Takes the observations of one caller."""

    services: Services
    metrics: Metrics
    principal: Principal
    new_id: Callable[[], str]

    async def take(self, item: Item, key: str) -> Accepted:
        """Check one observation, store it once and start its run.

        Args:
            item: What was sent, or why it could not be read.
            key: The caller's idempotency key; empty when there is none.

        Raises:
            InvalidInput: For every fault of the contract.
        """
        try:
            if isinstance(item, LianzhiError):
                raise item
            with self.metrics.intake_s.time():
                accepted = await self._accept(item, key)
        except LianzhiError:
            self.metrics.observations.labels("refused").inc()
            raise
        self.metrics.observations.labels("created" if accepted.created else "repeated").inc()
        return accepted

    async def _accept(self, raw: dict[str, Any], key: str) -> Accepted:
        now = self.services.clock()
        own = {"reporter": self.principal.id} if self.principal.role in _OWN_REPORTS else {}
        observation = parse_observation(
            raw | own, received_at=now, new_id=self.new_id, territory=self.services.territory
        )
        accepted = await self.services.book.accept(observation, idempotency_key=key, by=self.principal.id, at=now)
        if accepted.created:
            self.services.runner.submit(accepted.case_id)
        return accepted

"""Steps of a run as people follow them: live while it runs, from the audit chain afterwards."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from records.book import CaseBook

ACTION = "run.steps"
"""Action of the audit entry that keeps the steps of one stretch of a run."""
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        seq: Counts the steps of a case from 1, over all stretches of its run.
        node: Name of the node; steps of a part of the graph as `assign/decide`.
        status: `done`; or, as the last of a stretch, `waiting` for an officer, `finished` or `failed`.
        at: ISO 8601, UTC.
        summary: What was done, one Chinese sentence.
    """

    seq: int
    node: str
    status: str
    at: str
    summary: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def step_of(plain: Mapping[str, Any]) -> Step:
    """Read back what `Step.to_json` wrote."""
    return Step(**plain)


async def stored_steps(book: CaseBook, case_id: str) -> list[Step]:
    """Steps of earlier stretches, in order."""
    found: dict[int, Step] = {}
    after = 0
    while entries := await book.audit(case_id, after, PAGE):
        after = entries[-1].seq
        for entry in entries:
            if entry.action == ACTION:
                found |= {int(plain["seq"]): step_of(plain) for plain in entry.detail["steps"]}
        if len(entries) < PAGE:
            break
    return [found[seq] for seq in sorted(found)]


async def keep_steps(book: CaseBook, case_id: str, steps: Iterable[Step], *, at: Any) -> None:  # noqa: ANN401
    """Write the steps of a stretch into the audit chain, once."""
    kept = [step.to_json() for step in steps]
    if kept:
        await book.note(case_id, ACTION, {"steps": kept}, at=at, key=f"{case_id}:steps:{kept[0]['seq']}")

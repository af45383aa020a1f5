"""An evaluation from the book's log to its final form: it waits for people, and a restart loses nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from domain.adjacency.evaluation.assessment import Asked
from domain.adjacency.evaluation.filing import EvaluationState, Review, ReviewVerdict
from domain.caselog import CaseTable
from domain.caselogreader import Known
from domain.clock import FixedClock
from domain.errors import FutureDate, InvalidInput
from graphs.evaluation import EvaluationDesk, evaluation_builder
from records.book import CaseBook, open_book
from records.evaluations import EvaluationBook
from tests.domain.adjacency.evaluation.logs import case, table_of
from tests.graphs.kit import NOW, context

ROWS = [
    case("x", 1, photo="sha", district="509901", township="509901001"),
    case("y", 900, photo="sha", district="509901", township="509901001"),
    case("z", 950, district="509904", township="509904001", unit="u2"),
]


class GivenLog:
    """The records with a log that we made."""

    def __init__(self, book: EvaluationBook) -> None:
        self._book = book

    async def log(self, known: Known | None) -> CaseTable:
        return table_of(ROWS)

    def __getattr__(self, name: str) -> object:
        return getattr(self._book, name)


@asynccontextmanager
async def desk_at(home: Path) -> AsyncIterator[tuple[EvaluationDesk, CaseBook]]:
    """Records and checkpoints in a folder; again on the same folder is a restart."""
    async with (
        open_book(f"sqlite:///{home / 'records.sqlite'}") as book,
        AsyncSqliteSaver.from_conn_string(str(home / "checkpoints.sqlite")) as saver,
    ):
        book.evaluations = GivenLog(book.evaluations)  # pyright: ignore[reportAttributeAccessIssue]
        own = replace(context(book), evaluations=book.evaluations)
        yield EvaluationDesk(evaluation_builder().compile(checkpointer=saver), book, own, FixedClock(NOW)), book


def word(finding: str) -> Review:
    return Review(finding=finding, verdict=ReviewVerdict.DISMISSED, reason="同一现场的两案", by="officer-2", at=NOW)


async def test_a_suspicion_waits_for_a_person_and_then_it_is_final(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, _):
        filed, created = await desk.make(Asked(as_of=NOW), region="509900", by="officer-1")
        assert (created, filed.state) == (True, EvaluationState.WAITING)
        assert filed.report["scope"]["cases"] == 3
        (finding,) = filed.open
        done = await desk.review(filed.id, [word(finding)])
        assert done.state is EvaluationState.FINAL
        assert done.body()["gaming"][0]["verdict"]["by"] == "officer-2"
        again, created = await desk.make(Asked(as_of=NOW), region="509900", by="officer-1")
        assert (again, created) == (done, False)


async def test_without_suspicions_it_is_final_at_once(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, _):
        filed, _ = await desk.make(Asked(as_of=NOW, regions=("509904",)), region="509904", by="officer-1")
        assert filed.state is EvaluationState.FINAL
        assert filed.report["scope"]["cases"] == 1


async def test_a_restart_between_the_word_and_its_effect_loses_nothing(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        filed, _ = await desk.make(Asked(as_of=NOW), region="509900", by="officer-1")
        await book.evaluations.review(filed.id, [word(filed.open[0])])  # and the process dies here
    async with desk_at(tmp_path) as (desk, book):
        assert await desk.recover() == 1
        assert (await book.evaluations.get(filed.id)).state is EvaluationState.FINAL
        assert await desk.recover() == 0


async def test_a_lost_run_is_settled_from_the_records(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, book):
        filed, _ = await desk.make(Asked(as_of=NOW), region="509900", by="officer-1")
    (tmp_path / "checkpoints.sqlite").unlink()
    async with desk_at(tmp_path) as (desk, book):
        await desk.review(filed.id, [word(filed.open[0])])
        assert (await book.evaluations.get(filed.id)).state is EvaluationState.FINAL


async def test_figures_open_to_their_cases(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, _):
        filed, _ = await desk.make(Asked(as_of=NOW), region="509900", by="officer-1")
        found = await desk.behind(filed, "handling_rate", ["district"], ["509901"])
        assert found["above"] == found["below"] == ["x", "y"]
        with pytest.raises(InvalidInput):
            await desk.behind(filed, "handling_rate", ["district"], ["nowhere"])


async def test_the_future_is_not_evaluated(tmp_path: Path) -> None:
    async with desk_at(tmp_path) as (desk, _):
        with pytest.raises(FutureDate):
            await desk.make(Asked(as_of=NOW + timedelta(days=1)), region="509900", by="officer-1")

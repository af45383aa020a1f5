"""Evaluations on file: made once, reviewed by people, final when nothing is open."""

from datetime import timedelta
from typing import Any

import pytest

from domain.adjacency.evaluation.filing import EvaluationState, FiledEvaluation, Review, ReviewVerdict
from domain.errors import AlreadyDecided, EmptyText, EvaluationNotFound, NotFound
from records.book import CaseBook
from tests.records.making import NOON


def evaluation(number: int = 1, *, region: str = "509901", findings: int = 2) -> FiledEvaluation:
    """A report as far as the records look into it."""
    gaming = [
        {"id": f"split:reporter:{i}", "pattern": "split", "subject": str(i), "cases": []} for i in range(findings)
    ]
    return FiledEvaluation(
        id=f"ev-{number}",
        region=region,
        state=EvaluationState.WAITING if findings else EvaluationState.FINAL,
        asked={"as_of": "2026-05-01T00:00:00Z"},
        report={"digest": "d", "gaming": gaming, "summary": []},
        asked_by="officer-1",
        asked_at=NOON + timedelta(minutes=number),
    )


def word(number: int, verdict: ReviewVerdict = ReviewVerdict.DISMISSED, **fields: Any) -> Review:
    given: dict[str, Any] = {
        "finding": f"split:reporter:{number}",
        "reason": "已现场核实",
        "by": "officer-2",
        "at": NOON,
    }
    return Review(verdict=verdict, **given | fields)


async def test_an_evaluation_is_filed_once(book: CaseBook) -> None:
    assert await book.evaluations.file(evaluation())
    assert not await book.evaluations.file(evaluation())
    assert await book.evaluations.get("ev-1") == evaluation()
    assert await book.verify_audit() == 1
    with pytest.raises(EvaluationNotFound):
        await book.evaluations.get("ev-9")


async def test_it_is_final_when_every_suspicion_was_looked_at(book: CaseBook) -> None:
    await book.evaluations.file(evaluation())
    half = await book.evaluations.review("ev-1", [word(0)])
    assert half.open == ("split:reporter:1",)
    assert (await book.evaluations.settle("ev-1", at=NOON)).state is EvaluationState.WAITING
    assert await book.evaluations.unsettled() == []
    await book.evaluations.review("ev-1", [word(1, ReviewVerdict.CONFIRMED)])
    assert await book.evaluations.unsettled() == ["ev-1"]
    for _ in range(2):
        assert (await book.evaluations.settle("ev-1", at=NOON)).state is EvaluationState.FINAL
    assert await book.verify_audit() == 4


async def test_a_word_is_said_once(book: CaseBook) -> None:
    await book.evaluations.file(evaluation())
    await book.evaluations.review("ev-1", [word(0)])
    await book.evaluations.review("ev-1", [word(0)])  # the same again
    assert await book.verify_audit() == 2
    with pytest.raises(AlreadyDecided):
        await book.evaluations.review("ev-1", [word(0, ReviewVerdict.CONFIRMED)])
    with pytest.raises(AlreadyDecided):
        await book.evaluations.review("ev-1", [word(0, by="officer-3")])
    with pytest.raises(NotFound):
        await book.evaluations.review("ev-1", [word(7)])
    with pytest.raises(EmptyText):
        word(0, reason=" ")


async def test_a_bad_word_spoils_the_whole_lot(book: CaseBook) -> None:
    await book.evaluations.file(evaluation())
    with pytest.raises(NotFound):
        await book.evaluations.review("ev-1", [word(0), word(7)])
    assert (await book.evaluations.get("ev-1")).reviews == ()


async def test_pages_hold_what_the_caller_may_see(book: CaseBook) -> None:
    for number, region in enumerate(("509900", "509901", "509901002", "509904"), start=1):
        await book.evaluations.file(evaluation(number, region=region))
    seen = await book.evaluations.page(region_prefixes=["509901"])
    assert [one.region for one in seen.items] == ["509901002", "509901"]
    assert len((await book.evaluations.page(region_prefixes=[""])).items) == 4
    assert (await book.evaluations.page(region_prefixes=[])).items == ()
    first = await book.evaluations.page(region_prefixes=[""], limit=3)
    rest = await book.evaluations.page(region_prefixes=[""], limit=3, cursor=first.cursor)
    assert [one.id for one in (*first.items, *rest.items)] == ["ev-4", "ev-3", "ev-2", "ev-1"]


async def test_a_body_carries_the_words(book: CaseBook) -> None:
    from datetime import UTC, datetime

    from domain.adjacency.evaluation.assessment import Asked, assess
    from domain.adjacency.evaluation.definitions import shipped
    from tests.domain.adjacency.evaluation.logs import case, table_of

    rows = [case("x", 1, photo="sha"), case("y", 900, photo="sha")]
    report = assess(table_of(rows), Asked(as_of=datetime(2026, 12, 31, tzinfo=UTC)), shipped())
    (finding,) = report["gaming"]
    made = FiledEvaluation(
        id="ev-1", region="509900", state=EvaluationState.WAITING, asked={}, report=report, asked_by="a", asked_at=NOON
    )
    await book.evaluations.file(made)
    await book.evaluations.review("ev-1", [word(0, finding=finding["id"])])
    body = (await book.evaluations.get("ev-1")).body()
    assert body["gaming"][0]["verdict"]["reason"] == "已现场核实"
    assert body["digest"] == report["digest"]


async def test_words_are_never_edited(book: CaseBook) -> None:
    from sqlalchemy import update
    from sqlalchemy.exc import DBAPIError

    from records.evaluationtables import evaluation_reviews

    await book.evaluations.file(evaluation())
    await book.evaluations.review("ev-1", [word(0)])
    with pytest.raises(DBAPIError, match="append-only"):
        await book._db.write(lambda work: work.conn.execute(update(evaluation_reviews).values(reason="改")))

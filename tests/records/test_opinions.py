"""Opinions are stored once, and each is decided once."""

import asyncio
from datetime import UTC

import pytest

from domain.case import Decision, Verdict
from domain.errors import AlreadyDecided, CaseNotFound, Conflict, DuplicateId, InvalidInput, OpinionNotFound
from records.book import CaseBook
from tests.records.making import NOON, minutes, opened, opinion, ruling


async def test_an_opinion_becomes_the_current_one_of_its_case(book: CaseBook) -> None:
    case = await opened(book)
    text = opinion(1, formal="依据《城市道路管理条例》第二十三条", numbers=[1, 1.0, 1e16, -0.0])
    assert await book.save_opinion(case.id, text, at=minutes(1)) == "op-1"

    stored = await book.opinion("op-1")
    assert stored == text
    assert [type(number) for number in stored["numbers"]] == [int, float, float, float]
    now = await book.case(case.id)
    assert (now.opinion, now.version) == ("op-1", 2)
    assert await book.case_of_opinion("op-1") == case.id


async def test_a_stored_opinion_is_not_stored_again(book: CaseBook) -> None:
    """A replayed step must not bring an old opinion back."""
    case = await opened(book)
    await book.save_opinion(case.id, opinion(1), at=minutes(1))
    await book.save_opinion(case.id, opinion(2), at=minutes(2))
    await book.save_opinion(case.id, opinion(1), at=minutes(3))

    assert (await book.case(case.id)).opinion == "op-2"
    assert await book.opinions_of(case.id) == [opinion(1), opinion(2)]
    saved = [entry for entry in await book.audit(case.id) if entry.action == "opinion.save"]
    assert [entry.detail["replaces"] for entry in saved] == ["", "op-1"]


async def test_one_id_cannot_name_two_opinions(book: CaseBook) -> None:
    case, other = await opened(book, 1), await opened(book, 2)
    await book.save_opinion(case.id, opinion(1), at=NOON)
    with pytest.raises(DuplicateId):
        await book.save_opinion(case.id, opinion(1, formal="改过"), at=NOON)
    with pytest.raises(DuplicateId):
        await book.save_opinion(other.id, opinion(1), at=NOON)
    with pytest.raises(InvalidInput):
        await book.save_opinion(case.id, {"formal": "无编号"}, at=NOON)
    with pytest.raises(CaseNotFound):
        await book.save_opinion("c-none", opinion(2), at=NOON)


async def test_thirty_two_saves_at_once_store_one(book: CaseBook) -> None:
    case = await opened(book)
    await asyncio.gather(*(book.save_opinion(case.id, opinion(1), at=NOON) for _ in range(32)))
    assert (await book.case(case.id)).version == 2
    assert await book.verify_audit() == 2


async def test_a_decision_is_kept_as_it_was_made(book: CaseBook) -> None:
    case = await opened(book)
    await book.save_opinion(case.id, opinion(), at=NOON)
    decision = ruling(verdict=Verdict.AMEND, reason="以现场勘验为准", changes={"upkeep": "u-2"}, at=minutes(3))

    assert await book.decision_of("op-0") is None
    assert await book.decide(decision) == decision
    assert await book.decision_of("op-0") == decision
    assert decision.at.tzinfo is UTC
    entry = (await book.audit(case.id))[-1]
    assert (entry.action, entry.actor) == ("opinion.decide", "officer")
    assert entry.detail == {
        "opinion": "op-0",
        "verdict": "amend",
        "reason": "以现场勘验为准",
        "changes": {"upkeep": "u-2"},
    }


async def test_a_second_decision_is_told_of_the_first(book: CaseBook) -> None:
    case = await opened(book)
    await book.save_opinion(case.id, opinion(), at=NOON)
    await book.decide(ruling(by="王科长", verdict=Verdict.REJECT, reason="证据不足"))
    with pytest.raises(AlreadyDecided) as caught:
        await book.decide(ruling(by="李科长", at=minutes(1)))

    assert (caught.value.by, caught.value.verdict, caught.value.at) == ("王科长", "reject", "2026-05-01T04:00:00Z")
    assert "王科长" in caught.value.message


async def test_of_thirty_two_officers_one_decides(book: CaseBook) -> None:
    case = await opened(book)
    await book.save_opinion(case.id, opinion(), at=NOON)
    tries = [book.decide(ruling(by=f"officer-{n}")) for n in range(32)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    (won,) = [outcome for outcome in outcomes if isinstance(outcome, Decision)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, AlreadyDecided)]
    assert len(lost) == 31
    assert {error.by for error in lost} == {won.by}
    assert await book.decision_of("op-0") == won


async def test_only_the_current_opinion_can_be_decided(book: CaseBook) -> None:
    case = await opened(book)
    await book.save_opinion(case.id, opinion(1), at=NOON)
    await book.save_opinion(case.id, opinion(2), at=NOON)
    with pytest.raises(Conflict) as caught:
        await book.decide(ruling(1))
    assert "op-2" in caught.value.message
    assert await book.decision_of("op-1") is None
    await book.decide(ruling(2))


async def test_an_unknown_opinion_is_not_found(book: CaseBook) -> None:
    for ask in (book.opinion("op-9"), book.case_of_opinion("op-9"), book.decide(ruling(9))):
        with pytest.raises(OpinionNotFound):
            await ask
    assert await book.decision_of("op-9") is None

"""Acceptance: one case per observation, whatever is repeated or raced."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.case import Stage, Verdict
from domain.errors import CaseNotFound, DuplicateId, InvalidInput, NotFound
from domain.observation import Observation, Source
from records.book import CaseBook, open_book
from records.intake import case_id_of
from tests.records.making import MANHOLE, NOON, minutes, observation, opened, opinion, ruling


async def accept(book: CaseBook, what: Observation, key: str = "", by: str = "tester") -> tuple[str, bool]:
    accepted = await book.accept(what, idempotency_key=key, by=by, at=NOON)
    return accepted.case_id, accepted.created


async def test_an_observation_opens_a_collected_case_that_holds_it(book: CaseBook) -> None:
    case_id, created = await accept(book, MANHOLE)

    case = await book.case(case_id)
    assert created
    assert case_id == case_id_of("o-manhole")
    assert (case.stage, case.version, case.created_at, case.region) == (Stage.COLLECTED, 1, NOON, "500103001")
    assert (case.lon, case.lat) == (106.55, 29.56)
    assert case.observation == MANHOLE.to_json()
    assert await book.observation("o-manhole") == MANHOLE


async def test_accepting_is_audited_once(book: CaseBook) -> None:
    case_id, _ = await accept(book, MANHOLE, "k")
    await accept(book, MANHOLE, "k")

    (entry,) = await book.audit(case_id)
    assert (entry.seq, entry.action, entry.actor, entry.subject) == (1, "case.accept", "tester", case_id)
    assert entry.detail["observation"] == "o-manhole"


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(MANHOLE, id="the same request"),
        pytest.param(replace(MANHOLE, received_at=minutes(9)), id="received later"),
        pytest.param(replace(MANHOLE, id="o-drawn-anew", received_at=minutes(9)), id="an id drawn anew"),
    ],
)
async def test_the_same_key_gives_the_same_case(book: CaseBook, again: Observation) -> None:
    first, _ = await accept(book, MANHOLE, "key-1")

    assert await accept(book, again, "key-1") == (first, False)
    assert await book.unfinished() == [first]


async def test_a_retry_without_a_time_of_seeing_is_the_same_request(book: CaseBook) -> None:
    """The time of seeing is then the time of receipt, and moves with it."""
    first = replace(MANHOLE, observed_at=NOON, received_at=NOON)
    again = replace(first, id="o-other", observed_at=minutes(5), received_at=minutes(5))
    case_id, _ = await accept(book, first, "key-1")

    assert await accept(book, again, "key-1") == (case_id, False)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(MANHOLE, text="井盖破损"), id="text"),
        pytest.param(replace(MANHOLE, lon=106.56), id="place"),
        pytest.param(replace(MANHOLE, observed_at=MANHOLE.observed_at - timedelta(seconds=1)), id="time of seeing"),
        pytest.param(replace(MANHOLE, media=()), id="media"),
    ],
)
async def test_the_same_key_or_id_with_other_content_is_refused(book: CaseBook, changed: Observation) -> None:
    case_id, _ = await accept(book, MANHOLE, "key-1")

    with pytest.raises(DuplicateId):
        await accept(book, replace(changed, id="o-else"), "key-1")
    with pytest.raises(DuplicateId):
        await accept(book, changed, "key-2")
    assert await book.unfinished() == [case_id]
    assert len(await book.audit()) == 1


async def test_a_refused_request_does_not_use_up_its_key(book: CaseBook) -> None:
    await accept(book, MANHOLE)
    with pytest.raises(DuplicateId):
        await accept(book, replace(MANHOLE, text="另一件事"), "key-2")

    assert (await accept(book, observation(7, text="另一件事"), "key-2"))[1]


async def test_the_same_source_and_number_give_the_same_case(book: CaseBook) -> None:
    hotline = replace(MANHOLE, source=Source.HOTLINE, external_id="12345-7")
    case_id, _ = await accept(book, hotline, "key-1")

    assert await accept(book, replace(hotline, id="o-second"), "key-2") == (case_id, False)
    assert await accept(book, replace(hotline, id="o-third"), "key-2") == (case_id, False)
    assert (await accept(book, replace(hotline, id="o-drone", source=Source.DRONE)))[1]


async def test_keys_belong_to_their_callers(book: CaseBook) -> None:
    """Two devices that both number their requests 1, 2, 3 must not lose a report."""
    one = await accept(book, observation(1), "1", by="device-a")
    two = await accept(book, observation(2), "1", by="device-b")

    assert one[0] != two[0]
    assert one[1]
    assert two[1]


async def test_observations_without_a_number_are_not_confused(book: CaseBook) -> None:
    assert [(await accept(book, observation(number)))[1] for number in range(3)] == [True] * 3


async def test_thirty_two_at_once_make_one_case(book: CaseBook) -> None:
    tries = [accept(book, replace(MANHOLE, id=f"o-{n}", external_id="7"), "key") for n in range(32)]
    outcomes = await asyncio.gather(*tries)

    assert len({case_id for case_id, _ in outcomes}) == 1
    assert sum(created for _, created in outcomes) == 1
    assert len(await book.audit()) == 1


async def test_thirty_two_at_once_with_keys_of_their_own_make_one_case(book: CaseBook) -> None:
    tries = [accept(book, replace(MANHOLE, id=f"o-{n}", external_id="7"), f"key-{n}") for n in range(32)]
    outcomes = await asyncio.gather(*tries)
    again = [await accept(book, replace(MANHOLE, id="o-x", external_id="7"), f"key-{n}") for n in range(32)]

    assert sum(created for _, created in outcomes) == 1
    assert {case_id for case_id, _ in outcomes} == {case_id for case_id, _ in again}


async def test_thirty_two_different_at_once_are_all_kept(book: CaseBook) -> None:
    outcomes = await asyncio.gather(*(accept(book, observation(n), f"key-{n}") for n in range(32)))

    assert sorted(await book.unfinished()) == sorted(case_id for case_id, _ in outcomes)
    assert await book.verify_audit() == 32


@pytest.mark.parametrize("text", ["井盖\x00缺失", "井盖\ud83d"])
async def test_what_cannot_be_stored_is_refused_and_leaves_nothing(book: CaseBook, text: str) -> None:
    for bad in (replace(MANHOLE, text=text), replace(MANHOLE, media=(text,))):
        with pytest.raises(InvalidInput):
            await accept(book, bad, "key")

    assert await book.audit() == []
    assert (await accept(book, MANHOLE, "key"))[1]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60),
    score=st.floats(0.0, 1.0),
    lon=st.floats(105.0, 110.0),
)
async def test_what_was_sent_comes_back_unchanged(book: CaseBook, text: str, score: float, lon: float) -> None:
    detections = (replace(MANHOLE.detections[0], score=score),)
    sent = replace(MANHOLE, id=f"o-{text}-{score}-{lon}", text=text, detections=detections, lon=lon)
    await accept(book, sent)

    assert await book.observation(sent.id) == sent


async def test_the_unknown_is_not_found(book: CaseBook) -> None:
    with pytest.raises(NotFound):
        await book.observation("o-none")
    with pytest.raises(CaseNotFound):
        await book.case("c-none")
    with pytest.raises(CaseNotFound):
        await book.finish_intake("c-none")


async def test_what_is_unfinished_survives_a_restart_in_order(url: str) -> None:
    async with open_book(url) as book:
        late = await opened(book, 1, at=minutes(5))
        early = await opened(book, 2, at=minutes(1))
        over = await opened(book, 3, at=minutes(2))
        await book.finish_intake(over.id)
        await book.finish_intake(over.id)

    async with open_book(url) as book:
        assert await book.unfinished() == [early.id, late.id]


async def test_a_decision_gives_a_waiting_case_work_again(url: str) -> None:
    """Between the officer's signature and its effects lies a crash: the case must be found."""
    async with open_book(url) as book:
        case = await opened(book)
        await book.save_opinion(case.id, opinion(), at=NOON)
        await book.finish_intake(case.id)
        assert await book.unfinished() == []
        await book.decide(ruling(verdict=Verdict.AMEND, changes={"upkeep": "u-9"}))

    async with open_book(url) as book:
        assert await book.unfinished() == [case.id]


async def test_one_case_is_asked_for_its_work_alone(book: CaseBook) -> None:
    busy, over = await opened(book, 1), await opened(book, 2)
    await book.finish_intake(over.id)
    assert [await book.has_work(case_id) for case_id in (busy.id, over.id, "c-none")] == [True, False, False]

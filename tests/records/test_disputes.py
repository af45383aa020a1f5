"""Disputes in the records: opened once an order, settled once, audited, and listed for who may see them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.adjacency.disputes import Dispute, DisputeState, Settlement, Statement, Superior, dispute_id
from domain.clock import iso
from domain.errors import CaseNotFound, Conflict, DisputeNotFound, EmptyText, InvalidInput
from records.book import CaseBook
from records.disputes import DisputeFilters
from tests.records.making import NOON, minutes, opened, order

OPINION = {"id": "op-0", "deadlines": []}
EVERYWHERE = DisputeFilters(region_prefixes=("",))


async def made(book: CaseBook, number: int = 0, **more: Any) -> Dispute:
    """A case with an order, and the dispute that its return opens."""
    case = await opened(book, number)
    issued = await book.issue_order(order(case.id, number), by="system", at=NOON, event={"order": f"w-{number}"})
    fresh = Dispute(
        id=dispute_id(issued.id), case_id=case.id, order_id=issued.id, opinion_id="op-0", duty="handling",
        unit=issued.unit, reason="不归我们", round=1, state=DisputeState.CONSULTING, opened_by="u",
        opened_at=minutes(number), due_at=minutes(60 + number), due_what="退单协商", due_source="suggested",
        parties=(issued.unit,), superior=Superior(region="500100", unit="u-sup", name="市城市管理局"),
    )  # fmt: skip
    held, created = await book.disputes.open(replace(fresh, **more), by="u", at=minutes(number))
    assert created
    return held


async def test_a_return_opens_one_dispute_however_often_it_is_told(book: CaseBook) -> None:
    first = await made(book)
    again, created = await book.disputes.open(first, by="u", at=minutes(1))
    assert (again, created) == (first, False)
    assert await book.disputes.get(first.id) == first
    assert [one.id for one in await book.disputes.of_case(first.case_id)] == [first.id]
    actions = [entry.action for entry in await book.audit(first.case_id)]
    assert actions.count("dispute.open") == 1
    topics = [message.topic for message in await book.outbox_pending()]
    assert topics.count("dispute.consulting") == 1


async def test_it_needs_a_case(book: CaseBook) -> None:
    first = await made(book)
    with pytest.raises(CaseNotFound):
        await book.disputes.open(replace(first, id="dp-x", case_id="c-none"), by="u", at=NOON)
    with pytest.raises(DisputeNotFound):
        await book.disputes.get("dp-none")


async def test_every_step_is_kept_audited_and_counted(book: CaseBook) -> None:
    one = await made(book)
    said = Statement(unit="u-2", text="也不归我们", by="p", at=iso(minutes(2)))
    two = await book.disputes.state(one.id, said, at=minutes(2))
    assert (two.version, two.statements, two.parties) == (2, (said,), (one.unit, "u-2"))
    up = await book.disputes.escalate(one.id, OPINION, why="协商逾期", by="system", at=minutes(61))
    assert (up.state, up.why_up, up.version) == (DisputeState.ESCALATED, "协商逾期", 3)
    same = await book.disputes.escalate(one.id, OPINION, why="又逾期", by="system", at=minutes(99))
    assert same == up
    done = await book.disputes.rule(
        one.id, {"handling": "u-2"}, how=Settlement.SUPERIOR, by="officer", at=minutes(120), reason="按清单"
    )
    assert (done.state, done.ruling, done.ruled_by) == (DisputeState.RULED, {"handling": "u-2"}, "officer")
    entries = [e for e in await book.audit(one.case_id) if e.action.startswith("dispute.")]
    assert [e.action for e in entries] == ["dispute.open", "dispute.state", "dispute.escalate", "dispute.rule"]
    assert [e.actor for e in entries] == ["u", "p", "system", "officer"]
    assert entries[-1].detail["ruling"] == {"handling": "u-2"}
    topics = {message.topic for message in await book.outbox_pending()}
    assert {"dispute.consulting", "dispute.escalated", "dispute.ruled"} <= topics
    assert await book.verify_audit() > 0


async def test_of_many_words_at_once_one_settles_it(book: CaseBook) -> None:
    one = await made(book)
    tries = (
        book.disputes.rule(
            one.id, {"handling": f"u-{n}"}, how=Settlement.SUPERIOR, by=f"o-{n}", at=minutes(5), reason="裁定"
        )
        for n in range(8)
    )
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Dispute) for one in done) == 1
    assert all(isinstance(one, Dispute | Conflict) for one in done)


async def test_a_ruling_is_unsettled_until_its_effects_are_written(book: CaseBook) -> None:
    one = await made(book)
    assert await book.disputes.unsettled_ids() == []
    await book.disputes.rule(one.id, {"handling": "u-2"}, how=Settlement.SUPERIOR, by="o", at=NOON, reason="裁定")
    assert await book.disputes.unsettled_ids() == [one.id]
    await book.disputes.settle(one.id)
    await book.disputes.settle(one.id)
    assert await book.disputes.unsettled_ids() == []


async def test_what_was_read_is_what_is_ruled_on(book: CaseBook) -> None:
    one = await made(book)
    await book.disputes.escalate(one.id, OPINION, why="逾期", by="system", at=minutes(70))
    with pytest.raises(Conflict, match="第 2 版"):
        await book.disputes.rule(
            one.id, {"handling": "u-2"}, how=Settlement.SUPERIOR, by="o", at=NOON, reason="裁定", version=1
        )
    with pytest.raises(EmptyText):
        await book.disputes.withdraw(one.id, by="o", at=NOON, reason=" ")
    assert (await book.disputes.withdraw(one.id, by="o", at=NOON, reason="接单")).state is DisputeState.WITHDRAWN


async def test_the_clock_finds_what_is_due_and_nothing_else(book: CaseBook) -> None:
    first, second = await made(book, 0), await made(book, 1)
    assert await book.disputes.due_ids(minutes(59)) == []
    assert await book.disputes.due_ids(minutes(60)) == [first.id]
    assert await book.disputes.due_ids(minutes(61)) == [first.id, second.id]
    await book.disputes.withdraw(first.id, by="o", at=minutes(61), reason="接单")
    assert await book.disputes.due_ids(minutes(999)) == [second.id]
    assert await book.disputes.open_ids() == [second.id]


async def test_lists_go_page_by_page_and_keep_to_the_region(book: CaseBook) -> None:
    for number in range(5):
        case = await made(book, number)
        await book.describe(case.case_id, {"region": "500103"}, at=NOON)
    first = await book.disputes.page(EVERYWHERE, limit=2)
    rest = await book.disputes.page(EVERYWHERE, limit=9, cursor=first.cursor)
    found = [one.opened_at for one in (*first.items, *rest.items)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 5
    assert (await book.disputes.page(DisputeFilters(region_prefixes=()))).items == ()
    assert (await book.disputes.page(DisputeFilters(region_prefixes=("",), is_open=False))).items == ()
    state = DisputeFilters(region_prefixes=("",), state=DisputeState.CONSULTING)
    assert len((await book.disputes.page(state)).items) == 5
    with pytest.raises(InvalidInput):
        await book.disputes.page(EVERYWHERE, cursor="???")
    soon = await book.disputes.page(EVERYWHERE, limit=1)
    assert soon.items[0].due_at == minutes(64)
    assert soon.items[0].opened_at + timedelta(minutes=60) == soon.items[0].due_at

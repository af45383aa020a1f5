"""Precedents: one a case, read by a second officer, and every step in the chain."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.case import Decision, Move, Verdict
from domain.errors import CaseNotFound, Conflict, EmptyText, Forbidden, InvalidInput, PrecedentNotFound
from domain.precedent import Basis, Bearer, Origin, Precedent, State, precedent_id
from records.book import CaseBook
from records.precedents import FiledPrecedent, PrecedentFilters
from tests.records.making import NOON, minutes, opened, opinion, ruling

M = Move
WHOLE_LIFE = (M.REGISTER, M.DISPATCH, M.ACCEPT, M.HANDLE, M.REPORT, M.VERIFY, M.CLOSE, M.EVALUATE)


def draft(case_id: str, **values: Any) -> Precedent:
    made = Precedent(
        id=precedent_id(case_id),
        title="区县交界处井盖缺损：权属养护由区县级排水设施运营单位承担",
        facts="2026年5月，人员上报井盖缺损。",
        issue="权属养护由谁承担",
        ruling="经有权人员批准：权属养护——区县级排水设施运营单位。",
        basis=(Basis(law="城市道路管理条例", article="23", version_date="2019-03-24", role="upkeep"),),
        bearers=(Bearer(duty="upkeep", sector="drainage", level="district", role="区县级排水设施运营单位"),),
        issues=("P01",),
        rules=("R12",),
        region="500103001",
        day=date(2026, 5, 1),
        origin=Origin.CASE,
        reference=case_id,
        features='{"issues":["P01"]}',
        redacted={"phone": 1},
    )
    return replace(made, **values)


async def settled(book: CaseBook, number: int = 0, **values: Any) -> str:
    """A case that was ruled on, closed and evaluated."""
    case = await opened(book, number, **values)
    await book.save_opinion(case.id, opinion(number), at=NOON)
    await book.decide(ruling(number))
    for move in WHOLE_LIFE:
        await book.move(case.id, move, by="tester", at=minutes(5), reason="测试")
    return case.id


async def proposed(book: CaseBook, number: int = 0, **values: Any) -> FiledPrecedent:
    filed, _ = await book.precedents.propose(draft(await settled(book, number), **values), by="p-1", at=minutes(6))
    return filed


async def actions(book: CaseBook, case_id: str) -> list[tuple[str, str]]:
    entries = await book.audit(case_id)
    return [(entry.action, entry.actor) for entry in entries if entry.action.startswith("precedent.")]


async def test_a_settled_case_is_handed_out_whole(book: CaseBook) -> None:
    case_id = await settled(book)
    closed = await book.precedents.settled_case(case_id)
    assert (closed.case.id, closed.opinion["id"], closed.decision.by) == (case_id, "op-0", "officer")
    assert closed.closed_at == minutes(5)


async def test_only_an_evaluated_case_with_an_officers_consent_can_be_proposed(book: CaseBook) -> None:
    open_case = await opened(book, 1)
    unruled = await opened(book, 2, *WHOLE_LIFE)
    refused = await opened(book, 3)
    await book.save_opinion(refused.id, opinion(3), at=NOON)
    await book.decide(Decision(opinion_id="op-3", verdict=Verdict.REJECT, by="officer", at=NOON, reason="证据不足"))
    for move in WHOLE_LIFE:
        await book.move(refused.id, move, by="tester", at=NOON, reason="测试")
    for case_id in (open_case.id, unruled.id, refused.id):
        with pytest.raises(Conflict):
            await book.precedents.settled_case(case_id)
        with pytest.raises(Conflict):
            await book.precedents.propose(draft(case_id), by="p-1", at=NOON)
    with pytest.raises(CaseNotFound):
        await book.precedents.settled_case("c-none")


async def test_a_proposal_is_kept_as_it_was_made_and_once(book: CaseBook) -> None:
    case_id = await settled(book)
    filed, created = await book.precedents.propose(draft(case_id), by="p-1", at=minutes(6))
    again, created_again = await book.precedents.propose(draft(case_id, title="别的"), by="p-2", at=minutes(7))
    assert (created, created_again) == (True, False)
    assert again == filed == await book.precedents.get(filed.precedent.id)
    assert (filed.precedent, filed.state, filed.version) == (draft(case_id), State.PROPOSED, 1)
    assert await actions(book, case_id) == [("precedent.propose", "p-1")]
    assert "facts" not in str((await book.audit(case_id))[-1].detail)


async def test_of_sixteen_proposals_at_once_one_is_filed(book: CaseBook) -> None:
    case_id = await settled(book)
    tries = [book.precedents.propose(draft(case_id), by=f"p-{n}", at=minutes(6)) for n in range(16)]
    assert [created for _, created in await asyncio.gather(*tries)].count(True) == 1
    assert len(await actions(book, case_id)) == 1


async def test_a_draft_is_edited_while_it_is_proposed(book: CaseBook) -> None:
    filed = await proposed(book)
    fresh = replace(filed.precedent, facts="2026年5月，上报称井盖缺损。")
    edited = await book.precedents.edit(fresh, by="p-2", at=minutes(7), version=1)
    assert (edited.precedent, edited.edited_by, edited.version) == (fresh, "p-2", 2)
    assert await book.precedents.edit(fresh, by="p-3", at=minutes(8)) == edited
    with pytest.raises(Conflict):
        await book.precedents.edit(filed.precedent, by="p-2", at=minutes(9), version=1)
    await book.precedents.approve(fresh.id, by="d-1", at=minutes(9))
    with pytest.raises(Conflict):
        await book.precedents.edit(filed.precedent, by="p-2", at=minutes(10))


async def test_a_second_officer_approves(book: CaseBook) -> None:
    filed = await proposed(book)
    key = filed.precedent.id
    await book.precedents.edit(replace(filed.precedent, title="改过的题目"), by="p-2", at=minutes(7))
    for author in ("p-1", "p-2"):
        with pytest.raises(Forbidden):
            await book.precedents.approve(key, by=author, at=minutes(8))
    with pytest.raises(Conflict):
        await book.precedents.approve(key, by="d-1", at=minutes(8), version=1)
    approved = await book.precedents.approve(key, by="d-1", at=minutes(8), reason="可作参考", version=2)
    assert (approved.state, approved.decided_by, approved.decided_at) == (State.APPROVED, "d-1", minutes(8))
    assert approved.precedent.provenance.approved_by == "d-1"
    assert approved.precedent.provenance.approved_at == "2026-05-01T04:08:00Z"
    assert await book.precedents.approve(key, by="d-1", at=minutes(9)) == approved
    with pytest.raises(Conflict, match="已收录"):
        await book.precedents.approve(key, by="d-2", at=minutes(9))
    assert await actions(book, filed.case_id) == [
        ("precedent.propose", "p-1"),
        ("precedent.edit", "p-2"),
        ("precedent.approve", "d-1"),
    ]


async def test_of_eight_officers_one_approves(book: CaseBook) -> None:
    key = (await proposed(book)).precedent.id
    tries = [book.precedents.approve(key, by=f"d-{n}", at=minutes(8)) for n in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, FiledPrecedent) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


async def test_a_rejection_says_why_without_personal_data_and_may_be_proposed_again(book: CaseBook) -> None:
    filed = await proposed(book)
    key = filed.precedent.id
    with pytest.raises(EmptyText):
        await book.precedents.reject(key, by="d-1", at=minutes(8), reason="  ")
    rejected = await book.precedents.reject(key, by="d-1", at=minutes(8), reason="事实不清，问王先生13812345678")
    assert (rejected.state, rejected.reason) == (State.REJECTED, "事实不清，问王某先生【电话】")
    again, created = await book.precedents.propose(draft(filed.case_id, title="重提"), by="p-3", at=minutes(9))
    assert (created, again.state, again.proposed_by, again.version) == (True, State.PROPOSED, "p-3", 3)
    assert (again.precedent.title, again.reason, again.decided_by) == ("重提", "", "")


async def test_an_approved_one_is_withdrawn_with_a_reason(book: CaseBook) -> None:
    key = (await proposed(book)).precedent.id
    with pytest.raises(Conflict):
        await book.precedents.withdraw(key, by="d-1", at=minutes(8), reason="法规已废止")
    await book.precedents.approve(key, by="d-1", at=minutes(8))
    with pytest.raises(EmptyText):
        await book.precedents.withdraw(key, by="d-1", at=minutes(9), reason="")
    gone = await book.precedents.withdraw(key, by="d-1", at=minutes(9), reason="法规已废止")
    assert gone.state is State.WITHDRAWN
    assert await book.precedents.states() == {key: State.WITHDRAWN}
    assert await book.verify_audit() > 0


async def test_lists_keep_to_regions_and_go_page_by_page(book: CaseBook) -> None:
    made = [await proposed(book, n, issues=("P01",) if n % 2 else ("E01",)) for n in range(5)]
    other = await proposed(book, 9, region="500104002")
    await book.precedents.approve(other.precedent.id, by="d-1", at=minutes(8))

    async def ids(**filters: Any) -> list[str]:
        found, cursor = [], ""
        while True:
            page = await book.precedents.page(limit=2, cursor=cursor, **filters)
            found += [one.precedent.id for one in page.items]
            cursor = page.cursor
            if not cursor:
                return sorted(found)

    mine = sorted(one.precedent.id for one in made)
    assert await ids(region_prefixes=("500103",)) == mine
    assert await ids(region_prefixes=("",)) == sorted([*mine, other.precedent.id])
    assert await ids(region_prefixes=("",), state=State.APPROVED) == [other.precedent.id]
    assert await ids(region_prefixes=("500103",), issue="P01") == sorted(made[n].precedent.id for n in (1, 3))
    assert await ids() == []
    with pytest.raises(InvalidInput):
        await book.precedents.page(limit=0)
    with pytest.raises(TypeError):
        PrecedentFilters(region_prefixes="500103")
    several = await book.precedents.several([*mine, "pc-none"])
    assert [one.precedent.id for one in several] == mine


async def test_what_does_not_exist_is_not_found(book: CaseBook) -> None:
    for ask in (
        book.precedents.get("pc-none"),
        book.precedents.approve("pc-none", by="d-1", at=NOON),
        book.precedents.edit(draft("c-none"), by="p", at=NOON),
    ):
        with pytest.raises(PrecedentNotFound):
            await ask

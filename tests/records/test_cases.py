"""Case files: described, moved by the table of legal moves, merged and linked; their history."""

import asyncio
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.case import LEGAL_MOVES, REASON_REQUIRED, CaseFile, Move, Stage, next_stage
from domain.errors import CaseNotFound, Conflict, DuplicateId, EmptyText, IllegalMove, InvalidInput, UnknownField
from records.book import CaseBook
from tests.records.making import NOON, minutes, opened

_numbers = count(1000)


async def test_describing_changes_only_what_is_new(book: CaseBook) -> None:
    case = await opened(book)
    fields = {"issue": "P01", "severity": "high", "emergency": True, "lon": 106.6, "lat": 29.5, "region": "500105"}
    described = await book.describe(case.id, fields, at=minutes(1))
    again = await book.describe(case.id, fields, at=minutes(2))

    assert described == replace(case, **fields, version=2, updated_at=minutes(1))
    assert again == described == await book.case(case.id)
    entry = (await book.audit(case.id))[-1]
    assert entry.action == "case.describe"
    assert entry.detail["changed"]["issue"] == ["", "P01"]
    assert len(await book.audit()) == 2


async def test_only_descriptive_fields_can_be_described(book: CaseBook) -> None:
    case = await opened(book)
    with pytest.raises(UnknownField) as caught:
        await book.describe(case.id, {"stage": "closed"}, at=NOON)
    assert "severity" in caught.value.hint
    assert (await book.case(case.id)).stage is Stage.COLLECTED


async def test_a_move_is_in_the_history_and_in_the_audit(book: CaseBook) -> None:
    case = await opened(book)
    moved = await book.move(case.id, Move.REJECT, by="officer", at=minutes(1), reason="不属于受理范围")

    assert (moved.stage, moved.version) == (Stage.REJECTED, 2)
    (line,) = await book.moves_of(case.id)
    assert (line.move, line.from_stage, line.to_stage) == (Move.REJECT, Stage.COLLECTED, Stage.REJECTED)
    assert (line.by, line.at, line.reason, line.version) == ("officer", minutes(1), "不属于受理范围", 2)
    entry = (await book.audit(case.id))[-1]
    assert (entry.action, entry.detail["to"], entry.detail["reason"]) == ("case.move", "rejected", "不属于受理范围")


async def test_an_illegal_move_names_the_legal_ones_and_changes_nothing(book: CaseBook) -> None:
    case = await opened(book)
    with pytest.raises(IllegalMove) as caught:
        await book.move(case.id, Move.CLOSE, by="officer", at=NOON)

    assert set(caught.value.legal) == {"register", "reject", "merge"}
    assert await book.case(case.id) == case
    assert await book.moves_of(case.id) == []


@pytest.mark.parametrize("reason", ["", "  \n"])
async def test_some_moves_need_a_reason(book: CaseBook, reason: str) -> None:
    case = await opened(book, 0, Move.REGISTER, Move.DISPATCH)
    with pytest.raises(EmptyText):
        await book.move(case.id, Move.RETURN, by="unit", at=NOON, reason=reason)
    assert (await book.case(case.id)).returns == 0


async def test_returns_are_counted(book: CaseBook) -> None:
    case = await opened(book, 0, Move.REGISTER, Move.DISPATCH, Move.RETURN, Move.DISPATCH, Move.ACCEPT, Move.RETURN)
    assert (case.stage, case.returns) == (Stage.RETURNED, 2)


async def test_the_same_key_moves_once(book: CaseBook) -> None:
    case = await opened(book)
    first = await book.move(case.id, Move.REGISTER, by="run", at=NOON, key="register")
    await book.move(case.id, Move.DISPATCH, by="run", at=NOON, key="dispatch")
    again = await book.move(case.id, Move.REGISTER, by="run", at=minutes(9), key="register")

    assert first.stage is Stage.REGISTERED
    assert again == await book.case(case.id)
    assert again.stage is Stage.DISPATCHED
    assert len(await book.moves_of(case.id)) == 2
    with pytest.raises(DuplicateId):
        await book.move(case.id, Move.ACCEPT, by="run", at=NOON, key="dispatch")


async def test_keys_are_each_cases_own(book: CaseBook) -> None:
    for number in range(2):
        case = await opened(book, number)
        moved = await book.move(case.id, Move.REGISTER, by="run", at=NOON, key="register")
        assert moved.stage is Stage.REGISTERED


async def test_a_stale_version_is_refused(book: CaseBook) -> None:
    case = await opened(book)
    await book.describe(case.id, {"issue": "P01"}, at=NOON)
    with pytest.raises(Conflict):
        await book.move(case.id, Move.REGISTER, by="officer", at=NOON, version=1)
    moved = await book.move(case.id, Move.REGISTER, by="officer", at=NOON, version=2)
    assert moved.version == 3


async def test_of_thirty_two_officers_one_makes_the_move(book: CaseBook) -> None:
    case = await opened(book)
    moves = [book.move(case.id, Move.REGISTER, by=f"officer-{n}", at=NOON) for n in range(32)]
    outcomes = await asyncio.gather(*moves, return_exceptions=True)

    assert sum(isinstance(outcome, CaseFile) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, IllegalMove) for outcome in outcomes) == 31
    assert len(await book.moves_of(case.id)) == 1
    assert (await book.case(case.id)).version == 2


async def test_thirty_two_repeats_of_one_key_all_see_the_move(book: CaseBook) -> None:
    case = await opened(book)
    moves = [book.move(case.id, Move.REGISTER, by="run", at=NOON, key="r") for _ in range(32)]
    outcomes = await asyncio.gather(*moves)

    assert {outcome.stage for outcome in outcomes} == {Stage.REGISTERED}
    assert await book.verify_audit() == 2


async def test_a_merge_can_be_undone_to_the_last_field(book: CaseBook) -> None:
    master = await opened(book, 1)
    case = await opened(book, 2, Move.REGISTER)
    merged = await book.move(case.id, Move.MERGE, by="run", at=minutes(1), into=master.id)

    assert (merged.stage, merged.master, merged.stage_before) == (Stage.MERGED, master.id, Stage.REGISTERED)
    assert [member.id for member in await book.merged_into(master.id)] == [case.id]
    restored = await book.move(case.id, Move.UNMERGE, by="officer", at=minutes(2), reason="不是同一井盖")
    assert replace(restored, version=case.version, updated_at=case.updated_at) == case
    assert await book.merged_into(master.id) == []
    assert (await book.case(master.id)) == master
    assert [line.into for line in await book.moves_of(case.id)] == ["", master.id, ""]


async def test_a_merge_needs_another_live_case(book: CaseBook) -> None:
    case = await opened(book, 1)
    gone = await opened(book, 2, Move.REJECT)
    child = await opened(book, 3)
    master = await opened(book, 4)
    await book.move(child.id, Move.MERGE, by="run", at=NOON, into=master.id)
    for into, error in (("", InvalidInput), (case.id, InvalidInput), ("c-none", CaseNotFound)):
        with pytest.raises(error):
            await book.move(case.id, Move.MERGE, by="run", at=NOON, into=into)
    for into in (gone.id, child.id):
        with pytest.raises(Conflict):
            await book.move(case.id, Move.MERGE, by="run", at=NOON, into=into)
    with pytest.raises(InvalidInput):
        await book.move(case.id, Move.REGISTER, by="run", at=NOON, into=master.id)
    assert await book.case(case.id) == case


async def test_opposite_merges_at_once_leave_one_master(book: CaseBook) -> None:
    for _ in range(8):
        a, b = await opened(book, next(_numbers)), await opened(book, next(_numbers))
        outcomes = await asyncio.gather(
            book.move(a.id, Move.MERGE, by="run", at=NOON, into=b.id),
            book.move(b.id, Move.MERGE, by="run", at=NOON, into=a.id),
            return_exceptions=True,
        )
        assert sum(isinstance(outcome, CaseFile) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1


async def test_a_suspended_case_goes_back_to_where_it_stood(book: CaseBook) -> None:
    case = await opened(book, 0, Move.REGISTER, Move.ESCALATE, Move.SUSPEND, Move.RESUME)
    assert (case.stage, case.stage_before) == (Stage.ESCALATED, None)


TO_THE_END = [
    Move.REGISTER,
    Move.DISPATCH,
    Move.ACCEPT,
    Move.HANDLE,
    Move.REPORT,
    Move.REWORK,
    Move.ACCEPT,
    Move.HANDLE,
    Move.REPORT,
    Move.VERIFY,
    Move.CLOSE,
]


async def test_a_recurrence_is_linked_once_to_a_finished_case(book: CaseBook) -> None:
    closed = await opened(book, 1, *TO_THE_END)
    other = await opened(book, 2, Move.REJECT)
    case = await opened(book, 3)
    linked = await book.link_recurrence(case.id, closed.id, by="run", at=NOON)
    again = await book.link_recurrence(case.id, closed.id, by="run", at=NOON)

    assert linked == again
    assert (linked.previous, linked.version) == (closed.id, 2)
    assert await book.case(closed.id) == closed
    with pytest.raises(Conflict):
        await book.link_recurrence(case.id, other.id, by="run", at=NOON)
    with pytest.raises(InvalidInput):
        await book.link_recurrence(case.id, case.id, by="run", at=NOON)
    with pytest.raises(Conflict):
        await book.link_recurrence(other.id, case.id, by="run", at=NOON)


async def test_a_note_is_written_once_per_key(book: CaseBook) -> None:
    case = await opened(book)
    for _ in range(2):
        await book.note(case.id, "llm.rejected", {"why": "数字被改动"}, at=NOON, key="n1")
    await asyncio.gather(*(book.note(case.id, "llm.rejected", {}, at=NOON, key="n2") for _ in range(8)))
    with pytest.raises(CaseNotFound):
        await book.note("c-none", "llm.rejected", {}, at=NOON, key="n1")

    assert [entry.action for entry in await book.audit(case.id)] == ["case.accept", *["llm.rejected"] * 2]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    walk=st.lists(
        st.tuples(st.sampled_from(Move), st.sampled_from(["", "有理由"]), st.booleans(), st.booleans()),
        max_size=25,
    )
)
async def test_any_walk_through_the_life_cycle_agrees_with_the_table(
    book: CaseBook, walk: list[tuple[Move, str, bool, bool]]
) -> None:
    """Against a model in memory: each step moves as the table says, or is refused and changes nothing."""
    master = await opened(book, next(_numbers))
    case = model = await opened(book, next(_numbers))
    history: list[tuple[Move, Stage, Stage]] = []
    for step, (drawn, reason, legal, repeat) in enumerate(walk):
        options = sorted(LEGAL_MOVES[model.stage])
        move = options[step % len(options)] if legal and options else drawn
        into = master.id if move is Move.MERGE else ""
        expected = _expected(model, move, reason, into)
        for _ in range(1 + repeat):
            await _try(book, case.id, move, reason, into, key=f"s{step}", ok=expected is not None)
        if expected is not None:
            history.append((move, model.stage, expected.stage))
            model = expected
        now = await book.case(case.id)
        assert now == replace(model, updated_at=now.updated_at)
    assert [(line.move, line.from_stage, line.to_stage) for line in await book.moves_of(case.id)] == history
    await book.verify_audit()


def _expected(model: CaseFile, move: Move, reason: str, into: str) -> CaseFile | None:
    try:
        stage = next_stage(model.stage, move, model.stage_before)
    except IllegalMove:
        return None
    if move in REASON_REQUIRED and not reason:
        return None
    return replace(
        model,
        stage=stage,
        stage_before=model.stage if stage in (Stage.SUSPENDED, Stage.MERGED) else None,
        master=into,
        returns=model.returns + (move is Move.RETURN),
        version=model.version + 1,
    )


async def _try(book: CaseBook, case_id: str, move: Move, reason: str, into: str, *, key: str, ok: bool) -> None:
    try:
        await book.move(case_id, move, by="walker", at=minutes(1), reason=reason, into=into, key=key)
    except (IllegalMove, EmptyText):
        assert not ok
    else:
        assert ok

"""The life cycle of a case: a table of legal moves, and nothing beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import (
    LEGAL_MOVES,
    MOVE_NAMES,
    ORDER_NAMES,
    REASON_REQUIRED,
    STAGE_NAMES,
    VERDICT_NAMES,
    Move,
    OrderStatus,
    Stage,
    Verdict,
    next_stage,
)
from domain.errors import IllegalMove

FINAL = {Stage.REJECTED, Stage.EVALUATED}
ASIDE = {Stage.SUSPENDED: Move.RESUME, Stage.MERGED: Move.UNMERGE}


def targets(stage: Stage) -> set[Stage]:
    return {target for target in LEGAL_MOVES[stage].values() if target is not None}


def test_every_stage_is_in_the_table() -> None:
    assert set(LEGAL_MOVES) == set(Stage)


def test_every_stage_can_be_reached_from_collection() -> None:
    reached, frontier = {Stage.COLLECTED}, [Stage.COLLECTED]
    while frontier:
        fresh = targets(frontier.pop()) - reached
        reached |= fresh
        frontier += fresh
    assert reached == set(Stage)


def test_every_move_is_of_use_somewhere() -> None:
    assert {move for moves in LEGAL_MOVES.values() for move in moves} == set(Move)


def test_only_rejected_and_evaluated_are_final() -> None:
    assert {stage for stage, moves in LEGAL_MOVES.items() if not moves} == FINAL


def test_the_seven_stages_run_from_collection_to_evaluation() -> None:
    stage = Stage.COLLECTED
    straight = [
        Move.REGISTER, Move.DISPATCH, Move.ACCEPT, Move.HANDLE, Move.REPORT, Move.VERIFY, Move.CLOSE, Move.EVALUATE,
    ]  # fmt: skip
    for move in straight:
        stage = next_stage(stage, move)
    assert stage is Stage.EVALUATED


def test_a_returned_case_is_dispatched_again() -> None:
    stage = next_stage(next_stage(Stage.DISPATCHED, Move.RETURN), Move.DISPATCH)
    assert stage is Stage.DISPATCHED


def test_work_that_fails_the_check_goes_back_to_dispatch() -> None:
    assert next_stage(Stage.REPORTED, Move.REWORK) is Stage.DISPATCHED
    assert next_stage(Stage.VERIFIED, Move.REWORK) is Stage.DISPATCHED


def test_a_case_cannot_close_before_it_is_verified() -> None:
    closers = {stage for stage, moves in LEGAL_MOVES.items() if Move.CLOSE in moves}
    assert closers == {Stage.VERIFIED}


@given(st.sampled_from(Stage), st.sampled_from(Move), st.none() | st.sampled_from(Stage))
def test_illegal_moves_name_the_legal_ones(stage: Stage, move: Move, before: Stage | None) -> None:
    legal = LEGAL_MOVES[stage]
    if move in legal:
        if legal[move] or before:
            assert next_stage(stage, move, before) is (legal[move] or before)
        return
    with pytest.raises(IllegalMove) as caught:
        next_stage(stage, move, before)
    assert set(caught.value.legal) == {name.value for name in legal}
    assert all(name.value in caught.value.hint for name in legal)
    assert f"“{STAGE_NAMES[stage]}”" in caught.value.message


@pytest.mark.parametrize("aside", ASIDE)
def test_cases_set_aside_come_back_to_where_they_were(aside: Stage) -> None:
    entries = [(stage, move) for stage, moves in LEGAL_MOVES.items() for move, to in moves.items() if to is aside]
    assert entries
    for stage, move in entries:
        assert next_stage(stage, move) is aside
        assert next_stage(aside, ASIDE[aside], before=stage) is stage


@pytest.mark.parametrize("aside", ASIDE)
def test_coming_back_without_a_past_is_refused(aside: Stage) -> None:
    with pytest.raises(IllegalMove):
        next_stage(aside, ASIDE[aside])


def test_what_undoes_or_stops_a_case_needs_a_reason() -> None:
    assert (
        frozenset({Move.REJECT, Move.RETURN, Move.SUSPEND, Move.ESCALATE, Move.REWORK, Move.UNMERGE}) == REASON_REQUIRED
    )
    assert not REASON_REQUIRED & {Move.REGISTER, Move.DISPATCH, Move.ACCEPT, Move.CLOSE}


@given(st.lists(st.sampled_from(Move), max_size=60))
def test_no_walk_leaves_the_table(moves: list[Move]) -> None:
    """Any sequence of requests, legal or not, keeps a case in a known stage; final stages stay final."""
    stage, before = Stage.COLLECTED, None
    for move in moves:
        try:
            landed = next_stage(stage, move, before)
        except IllegalMove as error:
            legal = set(error.legal)
            assert move.value not in legal
            continue
        assert stage not in FINAL
        assert landed in LEGAL_MOVES
        before = stage if landed in ASIDE else None if stage in ASIDE else before
        stage = landed


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40))
def test_a_walk_of_legal_moves_only_stops_at_a_final_stage(choices: list[int]) -> None:
    stage, before = Stage.COLLECTED, None
    for choice in choices:
        legal = list(LEGAL_MOVES[stage])
        if not legal:
            assert stage in FINAL
            return
        landed = next_stage(stage, legal[choice % len(legal)], before)
        before = stage if landed in ASIDE else None
        stage = landed


def test_every_stage_and_move_has_a_name_that_users_read() -> None:
    assert set(STAGE_NAMES) == set(Stage)
    assert set(MOVE_NAMES) == set(Move)
    assert set(ORDER_NAMES) == set(OrderStatus)
    assert set(VERDICT_NAMES) == set(Verdict)


def test_an_illegal_move_is_refused_in_words_with_the_codes_to_send() -> None:
    with pytest.raises(IllegalMove) as refused:
        next_stage(Stage.DISPATCHED, Move.CLOSE)
    assert refused.value.message == "案件现处于“任务派遣”阶段，不能执行“结案”。"
    assert "接单（accept）" in refused.value.hint

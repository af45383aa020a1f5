"""Merging: laws of the score, and the pairs that must and must not join."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case import CaseFile, Stage
from domain.clock import iso
from domain.patrol.merging import MergeParams, ScoredMerger, closeness

T0 = datetime(2026, 5, 1, tzinfo=UTC)
MERGE = ScoredMerger()


def case(id: str, east_m: float = 0.0, minutes: float = 0.0, issue: str = "E01", **fields: Any) -> CaseFile:
    when = T0 + timedelta(minutes=minutes)
    seen = {
        "text": fields.pop("text", "有一堆垃圾没人清"), "observed_at": iso(when), "accuracy_m": fields.pop("acc", 10.0),
    }  # fmt: skip
    made = CaseFile(
        id=id, stage=Stage.DISPATCHED, observation=seen, created_at=when, updated_at=when, issue=issue,
        lon=106.5 + east_m / 96_900, lat=29.6,
    )  # fmt: skip
    return replace(made, **fields)


def proposal(new: CaseFile, *others: CaseFile) -> Any:
    return MERGE(new, others)


def test_the_same_thing_reported_again_joins() -> None:
    done = proposal(case("b", 8, 4), case("a"))
    assert done.master == "a"
    assert 0.6 < done.score <= 1.0
    assert any("8米" in reason for reason in done.reasons)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        pytest.param(case("b", 120, 4), case("a"), id="too far"),
        pytest.param(case("b", 0, 60 * 24 * 9), case("a"), id="too long ago"),
        pytest.param(case("b", 0, 4, "E02"), case("a"), id="another issue"),
        pytest.param(case("b", 0, 4, "E08"), case("a", issue="E07"), id="another issue of one class"),
        pytest.param(case("b", 0, 4, ""), case("a"), id="not recognised"),
        pytest.param(case("b", 0, 4, acc=500.0), case("a"), id="a vague place"),
        pytest.param(case("b", 30, 4, "P01"), case("a", issue="P01"), id="the next cover along the street"),
        pytest.param(
            case("b", 2, 4, "P01", text="电力井盖松动"), case("a", issue="P01", text="污水井盖松动"), id="another cover"
        ),
        pytest.param(case("b", 0, 4, emergency=True), case("a"), id="new danger"),
        pytest.param(case("b", 0, 4), case("a", stage=Stage.CLOSED), id="a closed case"),
        pytest.param(case("b", 0, 4), case("a", stage=Stage.MERGED), id="a merged case"),
        pytest.param(case("b", 0, -4), case("a"), id="an older case"),
        pytest.param(case("b", 0, 4, lon=None), case("a"), id="no place"),
        pytest.param(case("b", 0, 4), case("a", lat=None), id="no place there"),
    ],
)
def test_what_is_not_surely_the_same_does_not_join(new: CaseFile, old: CaseFile) -> None:
    assert proposal(new, old).master == ""


def test_danger_may_join_a_case_that_knows_of_it() -> None:
    assert proposal(case("b", 3, 4, emergency=True), case("a", emergency=True)).master == "a"


def test_a_likely_pair_is_suggested_with_its_reasons() -> None:
    done = proposal(case("b", 20, 60 * 24), case("a"))
    assert (done.master, done.candidate) == ("", "a")
    assert done.reasons


def test_a_broken_part_stays_the_same_for_days_and_spilt_rubbish_does_not() -> None:
    days = 60 * 24 * 3
    assert proposal(case("b", 3, days, "P01"), case("a", issue="P01")).master == "a"
    assert proposal(case("b", 3, days), case("a")).master == ""


def test_the_best_of_several_is_taken_and_ties_go_to_the_oldest() -> None:
    assert proposal(case("d", 0, 9), case("a", 15), case("b", 3, 1), case("c", 14, 2)).master == "b"
    assert proposal(case("d", 0, 60), case("b", 0, 0), case("a", 0, 0)).master == "a"


places = st.floats(-140, 140)
minutes = st.floats(0, 60 * 24 * 20)
issues = st.sampled_from(["E01", "E02", "P01", "P02", "T02", ""])


@given(places, minutes, issues, issues, st.floats(1, 200))
def test_the_score_is_a_share_and_joining_needs_a_high_one(m: float, t: float, a: str, b: str, acc: float) -> None:
    done = proposal(case("b", m, t + 1, a, acc=acc), case("a", issue=b))
    assert 0.0 <= done.score <= 1.0
    assert not (done.master and done.candidate)
    if done.master:
        assert done.score >= MERGE.params.join
        assert a == b != ""


@given(st.floats(0, 140), st.floats(0, 140), st.floats(1, 300), st.floats(1, 300))
def test_farther_is_never_likelier(near: float, far: float, a1: float, a2: float) -> None:
    low, high = sorted((near, far))
    assert closeness(high, 25.0, a1, a2) <= closeness(low, 25.0, a1, a2) <= 1.0


@given(places, minutes, minutes)
def test_longer_ago_is_never_likelier(m: float, t1: float, t2: float) -> None:
    soon, late = sorted((t1, t2))
    assert proposal(case("b", m, late + 1), case("a")).score <= proposal(case("b", m, soon + 1), case("a")).score


@given(st.permutations([case("a", 15), case("b", 3, 1), case("c", 14, 2), case("e", 90, 3)]))
def test_the_order_in_which_cases_are_looked_at_does_not_matter(others: list[CaseFile]) -> None:
    assert proposal(case("z", 0, 9), *others) == proposal(case("z", 0, 9), case("b", 3, 1), *others[:0], *others)


@pytest.mark.parametrize("fields", [{"radius_m": 0.0}, {"join": 0.0}, {"suggest": 0.9}, {"part_h": -1.0}])
def test_parameters_out_of_range_are_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MergeParams(**fields)

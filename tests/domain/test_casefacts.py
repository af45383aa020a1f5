"""Likeness of cases: symmetric, monotone in what they share, and explained."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.casefacts import (
    BOUNDARY_NAMES,
    DISPUTE_NAMES,
    PLACE_NAMES,
    UNKNOWN,
    WEIGHTS,
    CaseFacts,
    boundary_of_relation,
    compare,
    facts_from_json,
    facts_of_text,
)
from domain.issues import DISPUTES, issue_table
from domain.organisation import Level, Sector

ISSUES = sorted(issue_table())
SECTORS = sorted(sector.value for sector in Sector)


def some(keys: list[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(keys), unique=True, max_size=most).map(lambda found: tuple(sorted(found)))


cases = st.builds(
    CaseFacts,
    text=st.sampled_from(["", "井盖坏了"]),
    issues=st.lists(st.sampled_from(ISSUES), unique=True, max_size=3).map(tuple),
    boundary=some(sorted(BOUNDARY_NAMES), 3),
    sectors=some(SECTORS, 3),
    place=some(sorted(PLACE_NAMES), 2),
    danger=st.sampled_from([None, True, False]),
    level=st.sampled_from(["", *(level.value for level in Level)]),
)


@given(cases, cases)
def test_likeness_is_symmetric_and_in_range(one: CaseFacts, other: CaseFacts) -> None:
    there, back = compare(one, other), compare(other, one)
    assert there.score == back.score
    assert there.parts == back.parts
    assert len(there.alike) == len(back.alike)
    assert 0.0 <= there.score <= 1.0


@given(cases)
def test_nothing_is_more_like_a_case_than_itself(case: CaseFacts) -> None:
    own = compare(case, case)
    assert own.differs == ()
    assert own.score >= UNKNOWN - 1e-9
    assert all(part in (None, 1.0) for part in own.parts.values())


@given(cases, cases, cases)
def test_a_case_is_most_like_itself(case: CaseFacts, other: CaseFacts, third: CaseFacts) -> None:
    assert compare(case, case).score >= compare(case, other).score - 1e-9


@given(cases, cases, st.sampled_from(["boundary", "sectors", "place", "issues"]), st.data())
def test_one_more_thing_in_common_never_makes_cases_less_alike(
    one: CaseFacts, other: CaseFacts, field: str, data: st.DataObject
) -> None:
    keys = {"boundary": sorted(BOUNDARY_NAMES), "sectors": SECTORS, "place": sorted(PLACE_NAMES), "issues": ISSUES}
    more = data.draw(st.sampled_from(keys[field]))

    def with_it(case: CaseFacts) -> CaseFacts:
        held = getattr(case, field)
        return replace(case, **{field: held if more in held else (*held, more)})

    before, after = compare(one, other), compare(with_it(one), with_it(other))
    if field != "issues" or (one.issues and other.issues):  # a first issue brings its kind of dispute with it
        assert after.score >= before.score - 1e-9
    assert with_it(one) != one or with_it(other) != other or after == before


@given(cases, cases)
def test_agreeing_on_danger_or_level_never_makes_cases_less_alike(one: CaseFacts, other: CaseFacts) -> None:
    before = compare(one, other).score
    for value in (True, False):
        assert compare(replace(one, danger=value), replace(other, danger=value)).score >= before - 1e-9
    assert compare(replace(one, level="district"), replace(other, level="district")).score >= before - 1e-9


@given(cases)
def test_features_are_read_back_as_they_were_written(case: CaseFacts) -> None:
    assert facts_from_json(case.text, case.to_json()) == case


def test_what_is_not_the_features_of_a_case_is_refused() -> None:
    with pytest.raises(ValueError, match="not the features"):
        facts_from_json("", '{"colour": "red"}')


def test_weights_sum_to_one_and_names_cover_the_tables() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert set(DISPUTE_NAMES) == set(DISPUTES)


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        ("两个区交界的路上井盖不见了", {"line", "district_line"}),
        ("川渝交界的河面漂了好多垃圾", {"line", "province_line"}),
        ("这条界河两岸都没人管", {"line", "river"}),
        ("两个街道以路为界，路对面也是垃圾", {"line", "township_line", "road_side"}),
        ("电杆产权说不清", {"owner"}),
        ("飞地上的路灯不亮", {"line", "enclave"}),
        ("路灯不亮", set()),
    ],
)
def test_words_tell_how_it_lies_to_lines(text: str, boundary: set[str]) -> None:
    assert set(facts_of_text(text).boundary) == boundary


def test_words_tell_the_issue_the_place_the_units_and_the_danger() -> None:
    facts = facts_of_text("两区交界的路上井盖不见了，有人差点掉下去，城管说归排水公司管")
    assert (facts.issues, facts.dispute, facts.danger) == (("P01",), "owner", True)
    assert facts.place == ("road",)
    assert facts.sectors == ("drainage", "urban_management")
    assert facts_of_text("嗯") == CaseFacts(text="嗯")
    assert facts_of_text("没人管的角落", issues=("E01", "nope")).issues == ("E01",)


@pytest.mark.parametrize(
    ("relation", "boundary"),
    [
        ({"position": "unknown", "adjacent": False, "crosses": "none"}, ()),
        ({"position": "inside", "adjacent": False, "crosses": "none"}, ("inside",)),
        ({"position": "on_line", "adjacent": True, "crosses": "district"}, ("district_line", "line")),
        ({"position": "enclave", "adjacent": True, "crosses": "township"}, ("enclave", "line", "township_line")),
        ({"position": "near", "adjacent": True, "crosses": "none"}, ("line",)),
    ],
)
def test_an_opinion_tells_how_it_lies_to_lines(relation: dict[str, object], boundary: tuple[str, ...]) -> None:
    assert boundary_of_relation(relation) == boundary


def test_what_is_alike_and_what_differs_is_said() -> None:
    ours = CaseFacts(
        issues=("P01",), boundary=("district_line", "line"), danger=True, level="district", place=("road",)
    )
    other = CaseFacts(
        issues=("P02",), boundary=("line", "township_line"), danger=False, level="township", place=("road",)
    )
    found = compare(ours, other)
    assert found.alike == (
        "同属公用设施类",
        "争议类型相同：设施权属争议",
        "界线情形相同：在界线附近",
        "地点类型相同：道路",
    )
    assert found.differs == (
        "事项不同：本案为井盖缺损/移位/下沉(权属可辨)（P01），先例为无主井盖/权属不明管线井（P02）",
        "界线情形不同：本案另有涉及区县界线，先例另有涉及镇街界线",
        "本案有安全危险，先例没有",
        "责任层级不同：本案区县级，先例镇街级",
    )

"""Classes per standard: nothing resolves without its standard, nothing crosses by guess."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AmbiguousCode, UnknownIssue
from domain.issues import issue_table
from domain.taxonomy import (
    CURRENT,
    StandardClass,
    class_of_asset,
    classes,
    crosswalk,
    resolve,
    standard_note,
    standards,
)

OLD, CJ, CITY = "GB/T 30428.2-2013", "CJ/T 214", "运城市立案标准"
EVERY = [item for ref in standards() for item in classes(ref)]


def test_the_current_standard_has_153_parts_and_250_matters() -> None:
    kinds = [item.kind for item in classes(CURRENT)]
    assert (kinds.count("part"), kinds.count("event")) == (153, 250)


def test_every_list_says_that_it_is_not_the_original() -> None:
    assert all("未见标准原文" in standard_note(ref) for ref in (CURRENT, OLD, CJ))


def test_keys_are_unique() -> None:
    assert len({(c.standard_ref, c.kind, c.code) for c in EVERY}) == len(EVERY)


@given(st.sampled_from(EVERY))
def test_every_class_resolves_to_itself(item: StandardClass) -> None:
    assert resolve(item.code, item.standard_ref, item.kind) == item
    dashed = f"{item.code[:2]}-{item.code[2:]}"
    assert resolve(dashed, item.standard_ref.replace(" ", "").lower(), item.kind) == item


@given(st.sampled_from(EVERY))
def test_no_code_resolves_without_its_standard(item: StandardClass) -> None:
    with pytest.raises(AmbiguousCode) as caught:
        resolve(item.code, "  ", item.kind)
    assert "《" in caught.value.hint


def test_the_same_digits_mean_opposite_things_in_two_lists() -> None:
    assert resolve("05-01", CJ, "事件").name == "无照经营游商"
    assert resolve("05-01", OLD, "事件").name == "供水管道破裂"
    with pytest.raises(AmbiguousCode, match="没有注明所属标准"):
        resolve("05-01", "")


def test_a_code_that_is_part_and_matter_needs_its_kind() -> None:
    with pytest.raises(AmbiguousCode, match="供水井盖"):
        resolve("01001", CURRENT)
    assert resolve("01001", CURRENT, "管理部件").name == "供水井盖"
    assert resolve("01001", CURRENT, "管理事项").name == "供水井盖异常"
    assert resolve("06010", CURRENT).name == "暴露垃圾"


@pytest.mark.parametrize(
    ("code", "ref", "kind"),
    [
        ("06031", CURRENT, ""),  # a gap in the numbering
        ("99999", CURRENT, ""),
        ("", CURRENT, ""),
        ("暴露垃级", CURRENT, ""),  # a name, misspelt, where a code belongs
        ("06010", "GB/T 1-1900", ""),
        ("06010", CURRENT, "thing"),
    ],
)
def test_what_is_not_there_is_refused_with_a_hint(code: str, ref: str, kind: str) -> None:
    with pytest.raises(UnknownIssue) as caught:
        resolve(code, ref, kind)
    assert caught.value.hint


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(UnknownIssue) as caught:
        resolve("暴露垃级", CURRENT)
    assert "暴露垃圾" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "kind", "ref", "want"),
    [
        ("0101", "part", OLD, "01001"),
        ("0503", "part", OLD, "05003"),
        ("0110", "event", OLD, "06010"),
        ("0401", "event", OLD, "09001"),
        ("0496", "event", CITY, "09012"),
        ("0508", "event", OLD, "10002"),
        ("0602", "event", OLD, "09013"),
        ("0192", "part", CITY, "01061"),
        ("0501", "event", CJ, "09001"),
        ("0102", "event", CJ, "06010"),
    ],
)
def test_known_pairs_cross(code: str, kind: str, ref: str, want: str) -> None:
    target = crosswalk(code, kind, ref, CURRENT)
    assert target is not None
    assert (target.code, target.kind) == (want, kind)


@pytest.mark.parametrize(
    ("code", "kind", "ref"),
    [
        ("0501", "event", OLD),  # by the rule it would become 10001 道路积雪、结冰
        ("0502", "event", OLD),  # and this 10002 架空线缆脱落
        ("0131", "event", OLD),  # 06031 is a gap
        ("0199", "part", CITY),  # the city's own
        ("0403", "event", CJ),  # 突发事件 has no class today
        ("0509", "event", CJ),
    ],
)
def test_outside_rule_and_table_nothing_is_guessed(code: str, kind: str, ref: str) -> None:
    assert crosswalk(code, kind, ref, CURRENT) is None


@given(st.sampled_from(EVERY), st.sampled_from(standards()))
def test_crossing_keeps_the_kind_and_comes_back(item: StandardClass, target: str) -> None:
    there = crosswalk(item.code, item.kind, item.standard_ref, target)
    if there is None:
        return
    assert (there.kind, there.standard_ref) == (item.kind, target)
    back = crosswalk(there.code, there.kind, target, item.standard_ref)
    assert back in (item, None)


def test_classes_of_one_name_never_cross_to_another() -> None:
    by_name = {(c.kind, c.name): c.code for c in classes(CURRENT)}
    for ref in (OLD, CITY, CJ):
        for item in classes(ref):
            same = by_name.get((item.kind, item.name))
            if same:
                crossed = crosswalk(item.code, item.kind, ref, CURRENT)
                assert crossed is not None
                assert crossed.code == same


def test_crossing_an_unknown_code_is_an_error_not_none() -> None:
    with pytest.raises(UnknownIssue):
        crosswalk("0177", "event", OLD, CURRENT)


def test_assets_name_the_matter_that_troubles_them() -> None:
    sewage, unmarked = class_of_asset("manhole.sewage"), class_of_asset("manhole.unmarked")
    assert sewage is not None
    assert unmarked is not None
    assert (sewage.name, unmarked.name) == ("污水井盖异常", "不明井盖异常")
    assert class_of_asset("manhole") is None  # which manhole decides the class
    assert class_of_asset("tree.plane") == class_of_asset("tree")


def test_issues_name_classes_that_exist_and_that_the_crosswalk_agrees_with() -> None:
    for item in issue_table().values():
        if not item.class_code:
            continue
        assert resolve(item.class_code, item.standard_ref, "event")
        kind = "part" if item.kind == "part" else "event"
        if any(c.code == item.legacy_code.replace("-", "") and c.kind == kind for c in classes(CJ)):
            crossed = crosswalk(item.legacy_code, kind, CJ, CURRENT)
            narrower = {"T05", "T11", "C03"}  # the current list has a class of their own name
            assert (crossed is not None and crossed.code == item.class_code) or item.id in narrower


def test_our_copy_agrees_with_the_transcription(shared_dir: Path) -> None:
    with (shared_dir / "patrol/gbt_47678_5_2026.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {(r["kind"], r["code"], r["major"], r["name"]) for r in csv.DictReader(file)}
    kinds = {"part": "管理部件", "event": "管理事项"}
    assert rows == {(kinds[c.kind], c.code, c.major, c.name) for c in classes(CURRENT)}

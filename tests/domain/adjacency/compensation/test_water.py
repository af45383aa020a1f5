"""Factors, units and classes: GB 3838-2002."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjacency.compensation.columns import column_of
from domain.adjacency.compensation.factors import GRADES, factor_of, factors, grade_of
from domain.adjacency.compensation.grading import single_factor
from domain.adjacency.compensation.readings import BadReading, Reading, read_value
from tests.domain.adjacency.compensation.making import readings

CLASSED = [name for name, factor in factors().items() if factor.order != "range" and len(factor.limits) == 5]
PLACES = st.decimals(min_value="0.000001", max_value="29", places=6)


def test_limits_are_those_of_the_reference(shared_dir: Path) -> None:
    path = shared_dir / "domain" / "water_quality_gb3838.json"
    given_limits = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    assert tuple(given_limits["classes"]) == GRADES
    lists = {**given_limits["le"], **given_limits["ge"]}
    for name, limits in lists.items():
        base, _, water = name.partition("_")
        factor = factors()[base]
        held = factor.lake if water == "lake" and factor.lake else factor.limits
        assert held == tuple(map(Decimal, limits)), name
    assert factors()["Mn"].limits == (Decimal(str(given_limits["Mn_supp"])),)


def test_limits_loosen_from_class_to_class() -> None:
    for name in CLASSED:
        factor = factors()[name]
        for limits in (factor.limits, factor.lake):
            assert list(limits) == sorted(limits, reverse=factor.order == "at_least"), name


@pytest.mark.parametrize("name", CLASSED)
def test_a_value_on_the_limit_keeps_the_class(name: str) -> None:
    factor = factors()[name]
    for grade, limit in enumerate(factor.limits, start=1):
        assert factor.grade(limit) <= grade
        beyond = limit * (Decimal("0.999") if factor.order == "at_least" else Decimal("1.001"))
        assert factor.grade(beyond) > grade


@given(name=st.sampled_from(CLASSED), one=PLACES, other=PLACES)
def test_more_of_a_pollutant_is_never_a_better_class(name: str, one: Decimal, other: Decimal) -> None:
    factor, (low, high) = factors()[name], sorted((one, other))
    if factor.order == "at_least":
        low, high = high, low
    assert factor.grade(low) <= factor.grade(high)


@given(values=st.dictionaries(st.sampled_from(["DO", "COD", "NH3N", "TP", "CODMn", "F"]), PLACES, min_size=1))
def test_the_worst_factor_decides(values: dict[str, Decimal]) -> None:
    graded = single_factor(readings(values))
    own = {name: factors()[name].grade(value) for name, value in values.items()}
    assert graded.grade == max(own.values())
    assert graded.limiting == tuple(name for name in values if own[name] == graded.grade)


def test_rivers_leave_total_nitrogen_out_and_lakes_do_not() -> None:
    values = readings({"TN": 1.8, "TP": 0.04})
    assert (single_factor(values).grade, single_factor(values, "lake").grade) == (2, 5)
    with pytest.raises(ValueError, match="nothing"):
        single_factor(readings({"Mn": 0.2}))


def test_a_coarse_limit_of_detection_leaves_the_class_unsure() -> None:
    graded = single_factor({"NH3N": Reading(Decimal("0.6"), below=True), "COD": Reading(Decimal(14))})
    assert graded.unsure == ("NH3N",)
    settled = single_factor({"NH3N": Reading(Decimal("0.025"), below=True), "COD": Reading(Decimal(14))})
    assert settled.unsure == ()
    oxygen = single_factor({"DO": Reading(Decimal("2.5"), below=True)})
    assert oxygen.unsure == ("DO",)


@given(value=st.decimals(min_value="0.001", max_value="100", places=3))
def test_micrograms_are_a_thousandth(value: Decimal) -> None:
    mass = read_value(factors()["COD"], str(value), "mg/L")
    same = read_value(factors()["COD"], str(value * 1000), "μg/L")
    assert mass == same
    assert mass == read_value(factors()["COD"], f"{value * 1000} ug/l", "")


@pytest.mark.parametrize(
    ("cell", "unit", "expected"),
    [
        ("0.42", "mg/L", "0.42"),
        (0.42, "", "0.42"),
        ("420", "µg/L", "0.42"),
        ("４２０μg/L", "", "0.42"),
        ("0.42 毫克/升", "", "0.42"),
        ("<0.025", "mg/L", "<0.025"),
        ("0.025L", "mg/L", "<0.025"),
        ("4.2e-1", "g/m³", "0.42"),
    ],
)
def test_cells_that_can_be_read(cell: object, unit: str, expected: str) -> None:
    found = read_value(factors()["NH3N"], cell, unit)
    assert found is not None
    assert found.text == expected


@pytest.mark.parametrize("cell", [None, "", " ", "-", "缺测", "N/A", float("nan"), "断流"])
def test_nothing_measured_is_no_value(cell: object) -> None:
    assert read_value(factors()["COD"], cell, "mg/L") is None


@pytest.mark.parametrize(
    ("cell", "unit", "words"),
    [
        ("-0.4", "mg/L", "负数"),
        ("0", "mg/L", "不会是 0"),
        ("4200", "mg/L", "超出可能范围"),
        ("420 μg/L", "mg/L", "单位混用"),
        ("0.4", "ppm", "不是质量浓度"),
        ("0.4 ppm", "", "无法识别"),
        ("未检出", "mg/L", "检出限"),
        ("约0.4", "mg/L", "不是数值"),
        ("1,2", "mg/L", "无法识别"),
        ("inf", "mg/L", "不是数值"),
        (True, "mg/L", "不是数值"),
    ],
)
def test_cells_that_are_refused_say_why(cell: object, unit: str, words: str) -> None:
    with pytest.raises(BadReading, match=words):
        read_value(factors()["NH3N"], cell, unit)


def test_oxygen_may_be_nought_and_ph_has_no_unit() -> None:
    assert read_value(factors()["DO"], 0, "mg/L") == Reading(Decimal(0))
    assert read_value(factors()["pH"], 7.2, "") == Reading(Decimal("7.2"))
    with pytest.raises(BadReading, match="单位应为"):
        read_value(factors()["pH"], 7.2, "mg/L")


@pytest.mark.parametrize(
    ("word", "grade"),
    [
        ("Ⅲ", 3),
        ("III类", 3),
        ("3", 3),
        ("三类", 3),
        ("劣Ⅴ类", 6),
        ("劣V", 6),
        ("Ⅴ", 5),
        ("七", None),
        ("0", None),
        ("", None),
    ],
)
def test_classes_as_people_write_them(word: str, grade: int | None) -> None:
    assert grade_of(word) == grade


@pytest.mark.parametrize(
    ("head", "key", "factor", "unit"),
    [
        ("氨氮(mg/L)", "reading", "NH3N", "mg/L"),
        ("氨氮（μg/L）", "reading", "NH3N", "μg/L"),
        ("NH3-N", "reading", "NH3N", ""),
        ("铬(六价)(mg/L)", "reading", "Cr6", "mg/L"),
        ("COD mg/L", "reading", "COD", "mg/L"),
        ("上年COD均值(mg/L)", "mean", "COD", "mg/L"),
        ("总磷上年均值", "mean", "TP", ""),
        ("COD_prev", "mean", "COD", ""),
        ("断面名称", "section", "", ""),
        ("考核目标", "target", "", ""),
        ("叶绿素a", "", "", ""),
    ],
)
def test_heads_of_columns(head: str, key: str, factor: str, unit: str) -> None:
    column = column_of(head)
    assert (column.key, column.factor, column.unit) == (key, factor, unit)


def test_names_lead_to_one_factor_each() -> None:
    for factor in factors().values():
        for name in (factor.id, factor.name, *factor.aliases):
            assert factor_of(name) is factor

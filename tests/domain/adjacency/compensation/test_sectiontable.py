"""Tables as they come: bad cells and rows are told by row and reason, and the rest is computed."""

from typing import Any

import pytest

from domain.adjacency.compensation.computing import NO_RECORD, compute
from domain.adjacency.compensation.library import chosen_for, packaged
from domain.adjacency.compensation.statement import Item, Statement
from domain.errors import BadTable
from tests.domain.adjacency.compensation.making import MILLION, declared, row, table


def settled(*rows: dict[str, Any], scheme: str = "cq-2018", **more: Any) -> Statement:
    return compute(packaged()[scheme], table(*rows), **more)


def reasons(made: Statement) -> dict[int, str]:
    return {problem.row: problem.reason for problem in made.problems}


def item(made: Statement, month: str = "2024-03", section: str = "甲") -> Item:
    (found,) = [one for one in made.items if (one.month, one.section) == (month, section)]
    return found


def test_a_good_table_is_settled_whole() -> None:
    made = settled(row(), row("2024年4月", 上年类别="III"))
    assert [one.amount for one in made.items] == [MILLION, 0]
    assert made.problems == ()
    assert made.items[0].explanation == "本月Ⅲ类（定类指标：化学需氧量、总磷、高锰酸盐指数），目标Ⅲ类，上年Ⅳ类"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"氨氮(mg/L)": -0.4}, "负数"),
        ({"氨氮(mg/L)": "420 μg/L"}, "单位混用"),
        ({"氨氮(mg/L)": 420}, "超出可能范围"),
        ({"氨氮(mg/L)": "abc"}, "不是数值"),
        ({"单位": "μg/L"}, "单位混用"),
        ({"上年类别": "较好"}, "不是水质类别"),
        ({"上游": "下区"}, "同一主体"),
        ({"上游": ""}, "上游为空"),
    ],
)
def test_a_bad_cell_is_told_and_its_month_waits(cells: dict[str, Any], words: str) -> None:
    made = settled(row(**cells), row("2024-04"))
    assert words in reasons(made)[1]
    assert item(made).amount is None
    assert any(words in why or "无法识别" in why for why in item(made).open)
    assert item(made, "2024-04").amount == MILLION
    assert "未结算" in item(made).finding


@pytest.mark.parametrize("factor", ["溶解氧(mg/L)", "氨氮(mg/L)", "总磷(mg/L)", "化学需氧量(mg/L)"])
@pytest.mark.parametrize("cell", [None, "缺测", ""])
def test_missing_data_are_never_settled(factor: str, cell: object) -> None:
    made = settled(row(**{factor: cell}))
    assert item(made).amount is None
    assert "缺测" in item(made).open[0]
    assert made.to_json()["human_required"]["value"]
    assert made.to_json()["open"][0]["rows"] == [1]


def test_a_month_that_is_not_there_is_listed() -> None:
    made = settled(row("2024-03"), row("2024-05"))
    assert item(made, "2024-04").open == (NO_RECORD,)
    assert not made.years()[0].complete


def test_rows_without_a_section_or_a_month_are_left_out() -> None:
    made = settled(row(), row("春天"), row(section=" "), row("2024-13"))
    assert {number: "月份" in why or "断面" in why for number, why in reasons(made).items()} == {
        2: True,
        3: True,
        4: True,
    }
    assert len(made.items) == 1


def test_a_duplicate_month_counts_once_when_equal_and_waits_when_not() -> None:
    same = settled(row(), row())
    assert item(same).amount == MILLION
    assert "只计一次" in reasons(same)[2]
    other = settled(row(), row(**{"氨氮(mg/L)": 0.9}))
    assert item(other).amount is None
    assert "内容不同" in reasons(other)[2]
    assert item(other).rows == (1, 2)


def test_an_unknown_section_is_told_where_the_scheme_names_sections() -> None:
    rows = [row(section="S-01", 上游=None, 下游=None), row(section="不存在断面")]
    made = settled(*rows, scheme="composite-metals", period=("2024-03", "2024-03"))
    assert reasons(made)[2] == "方案中没有此断面，此行未用"
    assert {one.section for one in made.items if one.section} == {"S-01", "S-02", "S-03"}


def test_a_section_without_a_baseline_waits_and_the_others_do_not() -> None:
    made = settled(row(基准线=None), row(section="乙", 基准线="Ⅲ"), scheme="cq-2023")
    assert item(made).open == ("没有基准线",)
    assert item(made, section="乙").amount == MILLION


def test_what_the_table_says_against_the_scheme_waits() -> None:
    rows = [row(section="S-01", 上游="江岚区", 下游=None, 考核目标="Ⅱ")]
    made = settled(*rows, scheme="composite-metals", period=("2024-03", "2024-03"))
    (first,) = [one for one in made.items if one.section == "S-01" and one.component == "quality"]
    assert first.amount is None
    assert {why.partition("：")[0] for why in first.open} == {"考核目标", "上游"}


def test_values_a_thousand_times_apart_are_taken_for_two_units() -> None:
    heads = {"铅": 0.004}
    rows = [row(f"2024-{month:02d}", **heads) for month in range(1, 6)] + [row("2024-06", 铅=3.9)]
    made = settled(*rows)
    assert "混用" in reasons(made)[6]
    assert item(made, "2024-06").amount is None
    assert all(item(made, f"2024-{month:02d}").amount == MILLION for month in range(1, 6))


def test_an_honest_swing_is_no_second_unit() -> None:
    rows = [row("2024-01", **{"氨氮(mg/L)": 0.02}), row("2024-02", **{"氨氮(mg/L)": 5.5})]
    made = settled(*rows)
    assert item(made, "2024-02").amount == -MILLION


def test_units_are_converted_and_their_absence_is_told() -> None:
    micro = settled(row(**{"氨氮(mg/L)": None, "氨氮(μg/L)": 420}))
    assert item(micro).readings["氨氮"] == "0.42 mg/L"
    bare = table(row(**{"氨氮(mg/L)": None, "氨氮": "0.42"}))
    assert bare.notes == ("未注明单位，按 mg/L 读取：氨氮",)


def test_long_tables_are_the_same_as_wide_ones() -> None:
    base = {"断面": "甲", "月份": "2024-03", "上游": "上区", "下游": "下区", "目标": "Ⅲ", "上年类别": "Ⅳ"}
    values = {"COD": 17, "氨氮": 0.42, "总磷": 0.15, "高锰酸盐指数": 4.6, "溶解氧": 6.4}
    rows = [base | {"指标": name, "监测值": value, "单位": "mg/L"} for name, value in values.items()]
    wide, long = settled(row()), settled(*rows)
    assert long.items[0].amount == wide.items[0].amount == MILLION
    assert long.items[0].readings == wide.items[0].readings
    assert long.items[0].rows == (1, 2, 3, 4, 5)
    twice = settled(*rows, base | {"指标": "氨氮", "监测值": 0.9, "单位": "mg/L"}, base | {"指标": "浊度", "监测值": 3})
    assert "两个不同的值" in reasons(twice)[6]
    assert "不认识的指标" in reasons(twice)[7]
    assert item(twice).amount is None


def test_json_rows_may_nest_what_was_measured() -> None:
    nested = {"section": "甲", "month": "2024-03", "upstream": "上区", "downstream": "下区", "target": 3, "previous": 4}
    made = settled(nested | {"measured": {"COD": 17, "NH3N": 0.42, "TP": 0.15, "DO": 6.4}})
    assert made.items[0].amount == MILLION


def test_last_year_is_computed_from_the_table_and_said_to_be_inferred() -> None:
    last = row("2023-03", **{"氨氮(mg/L)": 1.2, "上年类别": None})
    made = settled(last, row(上年类别=None))
    assert [one.month for one in made.items] == ["2024-03"]
    assert made.looked_back == 1
    assert made.items[0].amount == MILLION
    assert "推断" in made.items[0].inferred[0]
    clash = settled(last, row(上年类别="Ⅱ"))
    assert "不一致" in item(clash).open[0]


def test_means_of_last_year_need_all_twelve_months() -> None:
    year = [row(f"2023-{month:02d}", **{"化学需氧量(mg/L)": 18, "总磷(mg/L)": 0.16}) for month in range(1, 13)]
    full = settled(*year, row(), scheme="township-all-factors", period=("2024-03", "2024-03"))
    assert full.items[0].amount == 10_000_000
    part = settled(*year[1:], row(), scheme="township-all-factors", period=("2024-03", "2024-03"))
    assert part.items[0].amount is None


def test_months_that_have_not_come_are_left_out() -> None:
    made = compute(packaged()["cq-2018"], table(row(), row("2031-01"), until="2026-11"))
    assert "尚未到来" in reasons(made)[2]
    assert len(made.items) == 1


def test_months_outside_the_scheme_s_validity_are_left_out() -> None:
    made = settled(row("2017-03"), row("2024-03"), period=("2017-01", "2024-03"))
    assert "有效期" in reasons(made)[1]
    assert {one.month[:4] for one in made.items} == {"2018", "2019", "2020", "2021", "2022", "2023", "2024"}


def test_a_table_without_the_columns_is_refused_as_a_whole() -> None:
    with pytest.raises(BadTable, match=r"断面.*月份"):
        table({"a": 1})
    with pytest.raises(BadTable):
        table()


def test_the_scheme_is_chosen_by_what_the_table_states() -> None:
    assert chosen_for(table(row()))[0].id == "cq-2018"
    scheme, why = chosen_for(table(row(基准线="Ⅲ")))
    assert scheme.id == "cq-2023"
    assert "未指定方案" in why


def test_the_same_table_gives_the_same_bytes() -> None:
    made = [settled(row(), row("2024-05"), row(section="乙", **{"总磷(mg/L)": "-"})).to_json() for _ in range(2)]
    assert repr(made[0]) == repr(made[1])
    assert made[0]["undisclosed"][-1].startswith("本核算只依据公开规则")


def test_a_limit_below_detection_cannot_be_told() -> None:
    scheme = declared(
        {"id": "mn", "kind": "limits", "factors": ["Mn"], "against": ["limits"], "limits": {"Mn": "0.1"},
         "met_cny": 1, "failed_cny": 1}
    )  # fmt: skip
    for cell, amount in (("<0.05", 100), ("0.1", 100), ("<0.5", None), ("0.101", -100), ("101 μg/L", -100)):
        (one,) = compute(scheme, table(row(锰=cell))).items
        assert one.amount == amount, cell

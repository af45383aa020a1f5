"""Quantities that a sentence states, in one measure whatever the spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.numerals import format_numeral
from knowledge.quantities import Quantity, agrees, quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("处五百元以上五千元以下罚款", [Quantity("yuan", 500, -1), Quantity("yuan", 5000, 1)]),
        ("罚500元到5000元", [Quantity("yuan", 500, -1), Quantity("yuan", 5000, 1)]),
        ("罚一千元到一万元", [Quantity("yuan", 1000, -1), Quantity("yuan", 10000, 1)]),
        ("处一千元以上一万元以下", [Quantity("yuan", 1000, -1), Quantity("yuan", 10000, 1)]),
        ("20万元", [Quantity("yuan", 200_000)]),
        ("一万五千元", [Quantity("yuan", 15_000)]),
        ("三日内", [Quantity("day", 3, 1)]),
        ("十五个工作日内", [Quantity("workday", 15, 1)]),
        ("24小时内", [Quantity("hour", 24, 1)]),
        ("不得少于两人", [Quantity("person", 2, -1)]),
        ("周期不得超过1个月", [Quantity("month", 1, 1)]),
        ("造价百分之五以下", [Quantity("percent", 5)]),
        ("5%", [Quantity("percent", 5)]),
        ("每三年至少一次", [Quantity("every", 1095), Quantity("count", 1, -1)]),
        ("第三条 自2021年7月15日起", []),
        ("同一违法行为，报上一级机关", []),
    ],
)
def test_quantities_are_read(text: str, found: list[Quantity]) -> None:
    assert quantities(text) == found


@given(st.integers(1, 9999), st.sampled_from(["元", "日", "个工作日", "小时", "米", "倍"]))
def test_chinese_and_arabic_numbers_agree(number: int, unit: str) -> None:
    written, printed = (quantities(f"限{text}{unit}")[0] for text in (format_numeral(number), str(number)))
    assert agrees(written, printed)


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_only_equal_values_agree(one: int, other: int) -> None:
    assert agrees(Quantity("yuan", one), Quantity("yuan", other)) == (one == other)
    assert not agrees(Quantity("yuan", one, 1), Quantity("yuan", one, -1))
    assert not agrees(Quantity("yuan", one), Quantity("day", one))

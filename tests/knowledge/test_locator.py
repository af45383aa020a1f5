"""Where in a law a citation points, however it is spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.locator import Locator, part_text, read_locator
from knowledge.numerals import format_numeral

TEXT = """第十三条 甲应当登记。

乙有下列职责：

（一）巡查；

（二）报告：

1.当日报告；

2.书面报告。

丙可以处罚。"""


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("13", Locator("13")),
        (13, Locator("13")),
        ("第十三条", Locator("13")),
        ("120-1", Locator("120-1")),
        ("第一百二十条之一", Locator("120-1")),
        ("第十三条第二款", Locator("13", 2)),
        ("第十三条第二款第（三）项", Locator("13", 2, 3)),
        ("第十三条第二款第三项", Locator("13", 2, 3)),
        ("第13条第2款第(3)项", Locator("13", 2, 3)),
        ("13条2款3项", Locator("13", 2, 3)),
        ("第十三条（三）", Locator("13", 0, 3)),
        ("第十三条第（三）项", Locator("13", 0, 3)),
        ("第十三条第二款第（二）项第1目", Locator("13", 2, 2, 1)),
        ("13.2.3", Locator("13", 2, 3)),
        ("13.2", Locator("13", 2)),
        ("13.0.3", Locator("13", 0, 3)),
        ("120-1.2", Locator("120-1", 2)),
        (" 第 十三 条 第一款 ", Locator("13", 1)),
    ],
)
def test_all_spellings_of_one_place_are_read(spelled: str | int, meant: Locator) -> None:
    assert read_locator(spelled) == meant


@pytest.mark.parametrize(
    "spelled", ["", "序言", "13-2-3", "第二款", "0", "13.", "第十三条第十万款", "13.1000", "第条", "a13"]
)
def test_what_names_no_place_is_refused(spelled: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        read_locator(spelled)


@given(st.integers(1, 9999), st.integers(0, 30), st.integers(1, 99), st.integers(1, 50))
def test_the_heading_is_read_back(main: int, sub: int, paragraph: int, item: int) -> None:
    label = f"{main}-{sub}" if sub else str(main)
    place = Locator(label, paragraph, item)
    assert read_locator(place.heading) == place
    assert read_locator(f"{label}.{paragraph}.{item}") == place
    assert format_numeral(main) in place.heading


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Locator("13", 1), "第十三条 甲应当登记。"),
        (Locator("13", 2, 1), "（一）巡查；"),
        (Locator("13", 0, 1), "（一）巡查；"),
        (Locator("13", 2, 2, 2), "2.书面报告。"),
        (Locator("13", 3), "丙可以处罚。"),
        (Locator("13", 4), None),
        (Locator("13", 2, 3), None),
        (Locator("13", 1, 1), None),
    ],
)
def test_the_part_that_is_meant_is_given_or_nothing(place: Locator, words: str | None) -> None:
    assert part_text(TEXT, place) == words

"""Chinese numerals and article labels, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.numerals import article_heading, article_label, format_numeral, label_key, parse_numeral

numbers = st.integers(1, 9999)


@given(numbers)
def test_numerals_read_back(number: int) -> None:
    assert parse_numeral(format_numeral(number)) == number


@given(numbers, st.integers(0, 40))
def test_labels_read_back_from_their_heading(main: int, sub: int) -> None:
    label = f"{main}-{sub}" if sub else str(main)
    assert article_label(article_heading(label)) == label


@given(st.lists(st.tuples(numbers, st.integers(0, 9)), min_size=2))
def test_label_order_is_the_order_of_the_law(keys: list[tuple[int, int]]) -> None:
    labels = [f"{main}-{sub}" if sub else str(main) for main, sub in keys]
    assert [label_key(label) for label in sorted(labels, key=label_key)] == sorted(keys)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10),
        ("十九", 19),
        ("二十", 20),
        ("一百零一", 101),
        ("一百一十", 110),
        ("一千二百五十八", 1258),
        ("两百", 200),
    ],
)
def test_numerals_as_laws_write_them(text: str, number: int) -> None:
    assert parse_numeral(text) == number


def test_years_are_read_digit_by_digit() -> None:
    assert parse_numeral("一九九八") == 1998
    assert parse_numeral("二〇二六") == 2026


@pytest.mark.parametrize("text", ["", "百a", "13", "第一"])
def test_other_text_is_no_numeral(text: str) -> None:
    with pytest.raises(ValueError, match="not a Chinese numeral"):
        parse_numeral(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("13", "13"),
        (13, "13"),
        ("第十三条", "13"),
        ("13条", "13"),
        ("第 13 条", "13"),
        ("１３", "13"),
        ("120-1", "120-1"),
        ("第120条之一", "120-1"),
        ("第一百二十条之一", "120-1"),
        ("第十三条第二款", "13"),
        ("第一百二十条之一第（二）项", "120-1"),
    ],
)
def test_every_way_of_writing_an_article(text: str | int, label: str) -> None:
    assert article_label(text) == label


@pytest.mark.parametrize("text", ["", "条", "第条", "0", "13-", "第十三章", "1.5", "前言", -1])
def test_what_names_no_article(text: str | int) -> None:
    with pytest.raises(ValueError, match="not an article label"):
        article_label(text)

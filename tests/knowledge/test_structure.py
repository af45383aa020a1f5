"""条款项: nothing is lost, and every part is found under the number that people cite."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.structure import article_parts, find_part, part_label

ARTICLE = """第十三条　界河由双方共管，下列事项分别负责：

（一）清淤：
1.汛前一次；
2.汛后一次。
（二）巡查。

前款事项有争议的，由下列机关协调：
（一）市水利局；
（二）市人民政府。
跨年度的另行商定。"""

LINES = (
    "（一）甲；/（二）乙。/1.丙；/2、丁/（1）戊/①己/一、庚/二、辛/文字。//| 甲 | 乙 |/“引/文”/　　/"
    "下列：（一）甲；（二）乙。/第三条　下列：/（十一）壬/（1.5）/1.5米"
)
lines = st.lists(st.sampled_from(LINES.split("/")), max_size=30)


@given(lines, st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_joined_parts_are_the_article(parts: list[str], gap: str) -> None:
    text = gap.join(parts)
    assert "".join(part.text for part in article_parts(text)) == text


@given(st.text())
def test_any_text_is_kept(text: str) -> None:
    assert "".join(part.text for part in article_parts(text)) == text


@given(lines)
def test_paragraphs_count_up_from_one_and_stay_in_order(parts: list[str]) -> None:
    numbers = [part.paragraph for part in article_parts("\n".join(parts))]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(1, max(numbers, default=0) + 1))


@given(st.integers(1, 6), st.integers(1, 8), st.integers(1, 8))
def test_every_item_is_found_under_its_number(paragraphs: int, items: int, wanted: int) -> None:
    numerals = "一二三四五六七八"
    text = "\n".join(
        f"第{p}款如下：\n" + "\n".join(f"（{numerals[i]}）款{p}项{i + 1}；" for i in range(items))
        for p in range(1, paragraphs + 1)
    )
    found = find_part(text, paragraph=paragraphs, item=wanted)
    assert found == (f"（{numerals[wanted - 1]}）款{paragraphs}项{wanted}；" if wanted <= items else None)


def test_the_parts_of_an_article_with_everything() -> None:
    assert [(part.label, part.text.strip()[:6]) for part in article_parts(ARTICLE)] == [
        ("第一款", "第十三条　界"),
        ("第一款第（一）项", "（一）清淤："),
        ("第一款第（一）项第1目", "1.汛前一次"),
        ("第一款第（一）项第2目", "2.汛后一次"),
        ("第一款第（二）项", "（二）巡查。"),
        ("第二款", "前款事项有争"),
        ("第二款第（一）项", "（一）市水利"),
        ("第二款第（二）项", "（二）市人民"),
        ("第三款", "跨年度的另行"),
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"paragraph": 2, "item": 2}, "（二）市人民政府。"),
        ({"item": 2}, "（二）巡查。"),  # the first 款 that has it
        ({"paragraph": 1, "item": 1, "subitem": 2}, "2.汛后一次。"),
        ({"paragraph": 1, "item": 1}, "（一）清淤：\n1.汛前一次；\n2.汛后一次。"),
        ({"paragraph": 3}, "跨年度的另行商定。"),
        ({"paragraph": 4}, None),
        ({"paragraph": 3, "item": 1}, None),
    ],
)
def test_a_part_is_found_with_all_below_it(asked: dict[str, int], found: str | None) -> None:
    assert find_part(ARTICLE, **asked) == found


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("甲：（一）乙；（二）丙。", ["第一款", "第一款第（一）项", "第一款第（二）项"]),  # run together on one line
        ("依照本法第五条（一）、（三）的规定。", ["第一款"]),  # a reference counts nothing up
        ("甲：\n1.乙；\n2.丙。", ["第一款", "第一款第（一）项", "第一款第（二）项"]),  # no 项 above: these are the 项
        ("甲：\n（一）乙。\n又及。\n（二）丙。", ["第一款", "第一款第（一）项", "第一款第（二）项"]),  # the items go on
        ("甲：\n乙；\n（二）丙。", ["第一款", "第一款第（一）项", "第一款第（二）项"]),  # the first mark was lost
        ("甲。\n| 乙 | 丙 |\n丁。", ["第一款", "第二款"]),  # rows stay with what is above
        ("改为：“甲\n乙\n（一）丙”\n丁。", ["第一款", "第二款"]),  # a quotation is one part
        ("高1.5米\n1.5米以下", ["第一款", "第二款"]),  # a decimal is no mark
    ],
)
def test_hard_cases(text: str, labels: list[str]) -> None:
    assert [part.label for part in article_parts(text)] == labels


def test_labels_leave_out_what_is_not_named() -> None:
    assert (part_label(), part_label(item=3), part_label(2, 13, 1)) == ("", "第（三）项", "第二款第（十三）项第1目")

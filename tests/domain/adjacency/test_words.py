"""Words of responsibility: what counts as a sign, and what does not."""

from datetime import date

import pytest

from domain.adjacency.words import (
    day_in,
    departments_in,
    is_unmarked,
    mark_of,
    passes_between_departments,
    says,
)
from domain.organisation import Sector


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("井盖翻了，盖子上写的雨", Sector.DRAINAGE),
        ("盖上写着“污水”两个字", Sector.DRAINAGE),
        ("盖面有‘燃气’字样", Sector.GAS),
        ("井盖上有个电字", Sector.POWER),
        ("盖面印着中国电信", Sector.TELECOM),
        ("上头写起自来水", Sector.WATER_SUPPLY),
        ("盖子上标着公安监控", Sector.PUBLIC_SECURITY),
        ("杆杆上写起路灯0231", Sector.LIGHTING),
    ],
)
def test_a_mark_names_its_network(text: str, sector: Sector) -> None:
    mark = mark_of(text)
    assert mark is not None
    assert mark.sector is sector


@pytest.mark.parametrize(
    "text", ["井盖翻了，上头没得字", "没有标识的井盖", "盖子无字", "不晓得是哪家的井盖", "下雨了，井盖翻了"]
)
def test_no_mark_is_read_where_none_is_said(text: str) -> None:
    assert mark_of(text) is None


@pytest.mark.parametrize("text", ["上头没得字", "没有任何标识", "不晓得是哪家单位的"])
def test_unmarked_is_understood(text: str) -> None:
    assert is_unmarked(text)


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("line_dispute", "两边对界线有争议"),
        ("line_dispute", "这块地到底归哪边"),
        ("line_moved", "河道改道了"),
        ("line_moved", "马路拓宽以后"),
        ("mutual", "我们街道说不是我们的，对面也说不是他们的"),
        ("mutual", "两边都不管"),
        ("enclave", "插花地起了个棚棚"),
        ("cost", "这个钱哪个出钱"),
        ("enforcement", "能不能喊他罚款"),
        ("returned", "工单遭退单了"),
        ("untransferred", "市政说没移交"),
        ("filed", "我局已于3月2日立案"),
        ("across", "跑到马路对面去了"),
        ("double", "两个区都在查"),
    ],
)
def test_a_sign_is_seen(sign: str, text: str) -> None:
    assert says(sign, text)


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("line_dispute", "井盖在界线道路上"),
        ("line_dispute", "垃圾堆在交界处"),
        ("line_moved", "路上有个大坑"),
        ("mutual", "垃圾没人捡"),
        ("enforcement", "垃圾堆成山"),
        ("highway", "路烂了"),
        ("cost", "免费的"),
        ("filed", "还没有处理"),
    ],
)
def test_what_only_sounds_alike_is_not_a_sign(sign: str, text: str) -> None:
    assert not says(sign, text)


def test_departments_pass_it_on_only_when_two_are_named() -> None:
    assert departments_in("城管推给住建，住建推给环保") == (Sector.URBAN_MANAGEMENT, Sector.HOUSING, Sector.ECOLOGY)
    assert passes_between_departments("城管推给住建")
    assert not passes_between_departments("城管不归他管")
    assert not passes_between_departments("城管和住建都来看了")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-02 立案", date(2026, 3, 2)),
        ("于3月5日立案", date(2026, 3, 5)),
        ("13月40日", None),
        ("没有日子", None),
    ],
)
def test_the_first_day_in_a_text(text: str, day: date | None) -> None:
    assert day_in(text, year=2026) == day

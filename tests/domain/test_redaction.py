"""Nothing personal survives what is published, and nothing else is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.issues import issue_table
from domain.privacy import PROVINCES
from domain.redaction import KIND_NAMES, redact, total
from domain.worlddata import schematic_city, year_of_cases


@pytest.mark.parametrize(
    ("text", "shown", "counts"),
    [
        ("投诉人王小明称楼上漏水，电话13812345678", "投诉人王某称楼上漏水，电话【电话】", {"phone": 1, "name": 1}),
        ("业主：刘芳，住人民路12号", "业主：刘某，住人民路【门牌房号】", {"name": 1, "door": 1}),
        ("3栋2单元501室漏水", "【门牌房号】漏水", {"door": 1}),
        ("5号楼12-3噪声", "5号楼【门牌房号】噪声", {"door": 1}),
        ("联系陈小红 138-1234-5678", "联系陈某 【电话】", {"phone": 1, "name": 1}),
        ("欧阳小姐、何经理", "欧阳某小姐、何某经理", {"name": 2}),
        ("１３８１２３４５６７８", "【电话】", {"phone": 1}),
        ("138\u200b1234\u200b5678", "【电话】", {"phone": 1}),
        ("号码幺三八一二三四五六七八", "号码【电话】", {"phone": 1}),
        ("回电67891234", "回电【电话】", {"phone": 1}),
        ("(023)67891234", "【电话】", {"phone": 1}),
        ("身份证500101 19900307 123X", "身份证【证件号】", {"identity": 1}),
        ("卡号6222 0202 0011 2233 445", "卡号【银行卡号】", {"card": 1}),
        ("微信号abc_12345，QQ：12345678", "微信号【微信、QQ 号】，QQ：【微信、QQ 号】", {"account": 2}),
        ("渝A·12345和渝ad12345堵门", "【车牌号】和【车牌号】堵门", {"plate": 2}),
        ("坐标106.492277,29.625308", "坐标106.49,29.62", {"point": 2}),
        ("106°29′32.5″", "106°29′", {"point": 1}),
        ("经办人王小明补装井盖", "经办人王某补装井盖", {"name": 1}),
        ("a.b@c.com.cn", "【邮箱】", {"email": 1}),
    ],
)
def test_what_points_to_a_person_is_taken_out_and_counted(text: str, shown: str, counts: dict[str, int]) -> None:
    found = redact(text)
    assert (found.text, found.counts) == (shown, counts)


@pytest.mark.parametrize(
    "text",
    [
        "司机向东行驶的路段，居民时有反映，业主张贴告示",
        "公安局长、水务局长到场；负责人：水务局",
        "离界线138米，第120条之一，2026-11-23 08:30，深3.25米",
        "轨道3号线2号出口，12号文，桥口3号桥墩，影响30户居民",
        "江岚区城市管理局、望澜门街道办事处",
        "工单 c-2352da7280f1decc3acf:handling",
        "《城市道路管理条例》第23条",
    ],
)
def test_what_points_to_nobody_stays(text: str) -> None:
    assert redact(text) == redact(redact(text).text)
    assert redact(text).text == text


def test_the_city_and_its_year_of_reports_name_nobody() -> None:
    """Names of units, places and issues are full of characters that are surnames too."""
    world = schematic_city()
    texts = {row["text"] for row in year_of_cases()} | {unit.name for unit in world.register.units}
    texts |= {region.name for region in world.regions} | {issue.name for issue in issue_table().values()}
    assert [text for text in texts if redact(text).text != text] == []


NAMES = ["张伟", "王秀英", "李娜", "刘洋", "陈静怡", "杨勇", "赵国强", "黄敏", "周杰", "吴桂兰", "欧阳修远", "覃海"]
WAYS = [
    "投诉人{}称夜里太吵", "反映人：{}，已回访", "业主{}反映楼上漏水", "我叫{}，住在附近", "{}先生来电", "联系人（{}）",
    "车主{}不愿移车", "姓名：{}", "请联系{}13812345678", "{}，电话13812345678", "当事人{}已整改", "我是{}，反映灯坏了",
    "由经办人{}，补装",
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_names_beside_a_label_a_title_or_a_number_go(way: str, name: str) -> None:
    assert name not in redact(way.format(name)).text


def test_a_name_that_the_caller_knows_goes_wherever_it_stands() -> None:
    found = redact("阿黄家门口，阿黄说没人管", names=("阿黄", "市民", " "))
    assert (found.text, found.counts) == ("某人家门口，某人说没人管", {"name": 2})
    assert redact("市民反映", names=("市民", "匿名")).text == "市民反映"


texts = st.text(alphabet="井盖坏了请处理王电话微信号楼栋单元室路巷0123456789Xx渝AD@.-·，。 ：（）", max_size=40)
phones = st.builds(lambda second, rest: f"1{second}{rest:09}", st.integers(3, 9), st.integers(0, 999_999_999))
gaps = st.sampled_from(["", " ", "-"])
identities = st.builds(
    lambda area, year, month, day, order, last: f"{area}{year}{month:02}{day:02}{order:03}{last}",
    st.integers(110000, 659999), st.integers(1930, 2020), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999),
    st.sampled_from("0123456789X"),
)  # fmt: skip
plates = st.builds(
    lambda province, letter, dot, rest: f"{province}{letter}{dot}{rest}",
    st.sampled_from(PROVINCES), st.sampled_from("ABCD"), st.sampled_from(["", "·"]),
    st.text(alphabet="ABCDEFGH0123456789", min_size=5, max_size=6),
)  # fmt: skip
emails = st.from_regex(r"[a-z0-9._]{1,10}@[a-z0-9]{1,8}\.(com|cn|gov\.cn)", fullmatch=True)

SURVIVORS = [
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}\d{7}[\dXx]?(?!\d)"),
    re.compile(rf"[{PROVINCES}][A-Z]·?[A-Z0-9]{{5,6}}"),
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]+"),
]


@given(texts, st.one_of(phones, identities, plates, emails), texts)
def test_no_phone_identity_plate_or_email_survives(before: str, datum: str, after: str) -> None:
    shown = redact(before + datum + after).text
    assert not [pattern.pattern for pattern in SURVIVORS if pattern.search(shown)]


@given(phones, gaps, gaps)
def test_a_phone_number_in_groups_goes_whole(number: str, first: str, second: str) -> None:
    assert redact(f"打{number[:3]}{first}{number[3:7]}{second}{number[7:]}，谢谢").text == "打【电话】，谢谢"


@given(st.one_of(st.text(max_size=200), texts))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    again = redact(once.text)
    assert again.text == once.text
    assert again.counts == {}


def test_counts_of_several_texts_add_up() -> None:
    assert total([redact("13812345678"), redact("打13812345679给李先生")]) == {"phone": 2, "name": 1}
    assert set(KIND_NAMES) >= {"phone", "name", "door", "plate", "point"}

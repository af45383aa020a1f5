"""Personal data is masked; everything else is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.privacy import identity_checks, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13812345678", "电话138****5678"),
        ("138-1234-5678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("座机023-67891234", "座机023*****1234"),
        ("身份证50010119900307123X", "身份证500101********3X"),
        ("卡号6222020200112233445", "卡号6222***********3445"),
        ("渝A·12345 堵门", "渝A***** 堵门"),
        ("绿牌渝AD12345", "绿牌渝A*****"),
        ("联系 a.b@c.com.cn 谢谢", "联系 ***@*** 谢谢"),
        ("我叫张三，住这里", "我叫张某，住这里"),
        ("联系人：李小龙", "联系人：李某"),
        ("王先生反映", "王某先生反映"),
        ("张小丽女士来电", "张某女士来电"),
    ],
)
def test_what_names_a_person_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "离界线138米，第120条之一，2026-11-23 08:30",
        "坐标 106.4922773, 29.6253081，精度 10 米",
        "拨打 12345 或 110、119、120",
        "江岚区城市管理局、望澜门街道办事处",
        "工单 c-2352da7280f1decc3acf:handling",
        "编号 YP003124，概率 0.98",
        "《城市道路管理条例》第23条",
    ],
)
def test_what_names_no_person_is_left_alone(text: str) -> None:
    assert masked(text) == text


def identity_number(seventeen: str) -> str:
    return next(seventeen + last for last in "0123456789X" if identity_checks(seventeen + last))


identities = st.builds(
    lambda area, year, month, day, order: identity_number(f"{area}{year}{month:02}{day:02}{order:03}"),
    st.integers(110000, 659999), st.integers(1930, 2020), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999),
)  # fmt: skip
phones = st.builds(lambda second, rest: f"1{second}{rest:09}", st.integers(3, 9), st.integers(0, 999_999_999))
words = st.text(alphabet="井盖坏了请处理，。 、（）", max_size=20)


@given(words, identities, words)
def test_no_valid_identity_number_survives(before: str, number: str, after: str) -> None:
    assert number[6:14] not in masked(before + number + after)


@given(words, phones, words)
def test_no_mobile_number_survives(before: str, number: str, after: str) -> None:
    shown = masked(before + number + after)
    assert number not in shown
    assert number[:3] + "****" + number[-4:] in shown


@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert masked(masked(text)) == masked(text)

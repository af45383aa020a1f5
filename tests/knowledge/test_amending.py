"""Which laws a decision says it changes or ends, read from its title and its items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.amending import Decided, decided

COURT = "最高人民法院"
LAWS = ["河岸法", "重庆市河岸条例", "堤防办法（试行）", "滩涂管理规定", "关于适用〈河岸法〉若干问题的解释"]


def amends(title: str, *lines: str) -> tuple[str, ...]:
    found = decided(title, lines)
    assert not found.repeals
    return found.amends


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("全国人民代表大会常务委员会关于修改《中华人民共和国河岸法》的决定", ("河岸法",)),
        ("关于修改《河岸法》部分条款的决定", ("河岸法",)),
        ("关于修改中华人民共和国河岸法的决定", ("河岸法",)),
        ("关于修改〈河岸法〉和〈堤防办法〉的决定", ("河岸法", "堤防办法")),
        ("关于修改《河岸法》、《堤防办法》的决定", ("河岸法", "堤防办法")),
        (f"{COURT}关于修改《{COURT}关于河岸的规定》的决定", (f"{COURT}关于河岸的规定",)),
        (f"{COURT}关于修改《关于河岸的规定》的决定", (f"{COURT}关于河岸的规定", "关于河岸的规定")),
        ("中华人民共和国刑法修正案（十二）", ("刑法",)),
        ("中华人民共和国宪法修正案（2018年）", ("宪法",)),
        ("重庆市河岸条例修正案", ("重庆市河岸条例",)),
    ],
)
def test_the_title_names_what_is_amended(title: str, names: tuple[str, ...]) -> None:
    assert amends(title, "根据《防汛法》，作如下修改：", "一、将《水库法》第一条改为第二条。") == names


@pytest.mark.parametrize(
    "title",
    [
        "河岸法",
        "关于河岸法修改决定施行后案件管辖的解释",
        "关于修改后的河岸法施行时未结案件的规定",
        "关于修改《河岸法》的决定（草案）",
        "关于修改《河岸法》的决定（征求意见稿）",
        "河岸法修正案（草案）",
        "关于加强河岸管理的决定",
        "",
    ],
)
def test_what_is_no_decision_changes_nothing(title: str) -> None:
    assert decided(title, ["一、修改《河岸法》", "二、废止《堤防办法》"]) == Decided()


def test_a_decision_about_several_names_them_in_its_items() -> None:
    lines = [
        "根据《防汛法》的规定，决定对部分行政法规作如下修改：",
        "一、修改《河岸法》",
        "1.将第六条中的“《水库法》”修改为“《水法》”。",
        "2.将《合同法》修改为《民法典》。",
        "“三、修改《引文法》”",
        "二、将《堤防办法》第一条修改为：“为了管理堤防。”",
        "三、《滩涂管理规定》（2001年1月1日发布）",
        "（四）对《渡口条例》作出修改",
        "五、删去《码头条例》第九条。",
        "六、在《桥梁条例》第二条后增加一条。",
    ]
    found = ("河岸法", "堤防办法", "滩涂管理规定", "渡口条例", "码头条例", "桥梁条例")
    assert amends("国务院关于修改部分行政法规的决定", *lines) == found
    assert amends("关于修改《河岸法》等六件法规的决定", *lines) == found


def test_a_decision_may_end_laws_and_amend_others() -> None:
    lines = [
        "为了精简，决定：",
        "一、对2部行政法规予以废止。（附件1）",
        "二、对2部行政法规的部分条款予以修改。（附件2）",
        "附件1 决定废止的行政法规",
        "一、中华人民共和国堤防办法（1990年1月1日发布）",
        "二、《渡口条例》（1991年1月1日发布）",
        "附件2 决定修改的行政法规",
        "一、将《河岸法》第六条修改为：“略。”",
        "二、《码头条例》第九条废止。",
    ]
    found = decided("国务院关于修改和废止部分行政法规的决定", lines)
    assert (found.repeals, found.amends) == (("堤防办法", "渡口条例"), ("河岸法", "码头条例"))


@pytest.mark.parametrize(
    "line", ["一、废止《堤防办法》（1992年9月19日通过）", "废止《堤防办法》。", "（一）《堤防办法》"]
)
def test_a_decision_to_repeal_ends_what_it_lists(line: str) -> None:
    assert decided("某市人大常委会关于废止部分地方性法规的决定", ["决定：", line]) == Decided(repeals=("堤防办法",))
    assert decided("关于废止《堤防办法》的决定", [line]) == Decided(repeals=("堤防办法",))


@given(st.lists(st.sampled_from(LAWS), min_size=1, max_size=5, unique=True))
def test_title_and_items_name_the_same_laws(laws: list[str]) -> None:
    plain = [name.translate({ord("〈"): None, ord("〉"): None}) for name in laws]
    titled = decided(f"关于修改{'、'.join(f'《{name}》' for name in laws)}的决定", [])
    listed = decided(
        "关于修改部分法规的决定", [f"{n}、修改《{name}》" for n, name in zip("一二三四五", laws, strict=False)]
    )
    assert titled == listed
    assert set(titled.amends) >= set(plain)

"""Scheme files: declared, checked with every fault named; composite agreements."""

from typing import Any

import pytest

from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.records import SectionTable
from domain.adjacency.compensation.schemefile import digest_of, scheme_from_plain, scheme_from_text
from domain.adjacency.compensation.schemes import Section, chain
from domain.adjacency.compensation.statement import Statement
from domain.errors import BadScheme
from tests.domain.adjacency.compensation.making import MILLION, declared, record, statement

Q = {"id": "q", "kind": "last_year", "better_cny": 1, "worse_cny": 1, "failed_cny": 1}
WAN = 1_000_000


@pytest.mark.parametrize("name", packaged())
def test_packaged_schemes_say_where_they_come_from(name: str) -> None:
    scheme = packaged()[name]
    assert scheme.sources
    assert scheme.undisclosed
    assert ("生态保护补偿条例", "17") in scheme.basis
    assert scheme_from_plain(scheme.plain) == scheme


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "x"}, "format"),
        ({"name": ""}, "须为非空文字"),
        ({"componnent": []}, "是否为 component"),
        ({"component": []}, "至少要有一项"),
        ({"component": [Q, Q]}, "重复：q"),
        ({"component": [Q | {"kind": "monthly"}]}, "不认识，可用"),
        ({"component": [Q | {"better_cny": 1.5}]}, "better_cny：金额"),
        ({"component": [Q | {"better_cny": -1}]}, "超出范围"),
        ({"component": [Q | {"beter_cny": 1}]}, "是否为 better_cny"),
        ({"component": [{"id": "q", "kind": "last_year"}]}, "缺少 better_cny"),
        ({"required": ["浊度"]}, "不认识的指标"),
        ({"water": "sea"}, "可用：river、lake"),
        ({"default_unit": "ppm"}, "单位无法识别"),
        ({"section": [{"id": "S", "upstream": "甲"}]}, "没有写明主体"),
        ({"section": [{"id": "S", "upstream": "甲", "downstream": "甲"}]}, "上下游同为"),
        ({"section": [{"id": "S", "upstream": "甲", "downstream": "乙", "target": "好"}]}, "不是水质类别"),
        ({"section": [{"id": "S", "upstream": {"甲": 0}, "downstream": "乙"}]}, "权重须为正整数"),
        ({"chain": [{"parties": ["甲", "乙"], "sections": ["S"]}]}, "断面应多一个"),
        ({"chain": [{"parties": ["甲"], "sections": ["", "S9"]}]}, "没有 [[section]]"),
        ({"chain": [{"parties": ["市财政"], "sections": ["", ""]}]}, "只在首尾补位"),
        ({"valid_from": "去年"}, "valid_from"),
        ({"component": [{"id": "p", "kind": "pool", "payer": "a", "amount_cny": 1, "component": "x"}]}, "不在本方案中"),
        (
            {"component": [{"id": "l", "kind": "limits", "factors": ["Mn"], "against": ["limits"], "met_cny": 1,
                            "failed_cny": 1}]},
            "没有给出限值：Mn",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(change: dict[str, Any], words: str) -> None:
    plain = {"format": "lianzhi-scheme/1", "id": "t", "name": "试", "version": "1", "component": [Q]} | change
    with pytest.raises(BadScheme) as caught:
        scheme_from_plain(plain)
    assert any(words in fault for fault in caught.value.details), caught.value.details


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(BadScheme) as caught:
        declared(Q | {"better_cny": "x", "kind": "last_year"}, required=["浊度"], water="sea")
    assert len(caught.value.details) == 3


@pytest.mark.parametrize("text", ["[[", "{", '{"a": }', "= 1"])
def test_what_is_no_toml_and_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadScheme, match="TOML"):
        scheme_from_text(text)


def test_the_digest_follows_the_content_and_not_the_order() -> None:
    plain = dict(packaged()["cq-2018"].plain)
    assert digest_of(dict(reversed(plain.items()))) == digest_of(plain)
    assert digest_of(plain | {"version": "2"}) != digest_of(plain)


def test_sections_without_a_target_leave_it_to_the_table() -> None:
    scheme = declared(Q, section=[{"id": "甲", "upstream": "上区", "downstream": "下区"}])
    (item,) = statement(record(), scheme=scheme).items
    assert item.amount == 100
    (waiting,) = statement(record(target=None), scheme=scheme).items
    assert waiting.open == ("没有考核目标",)


def test_two_banks_share_by_weight() -> None:
    sides = {"upstream": {"左岸镇": 1, "右岸镇": 2}, "downstream": "下区"}
    scheme = declared(Q, section=[{"id": "甲", **sides, "target": "Ⅲ"}])
    (item,) = statement(record(upstream="", downstream=""), scheme=scheme).items
    assert {(one.payee, one.fen) for one in item.transfers} == {("左岸镇", 33), ("右岸镇", 67)}


def test_a_chain_puts_the_treasury_at_both_ends() -> None:
    blank = Section(id="S", upstream=(), downstream=())
    made = chain(("甲", "乙"), (blank, None, blank))
    assert [(one.upstream[0][0], one.downstream[0][0]) for one in made] == [("市财政", "甲"), ("乙", "市财政")]
    with pytest.raises(ValueError, match="one section more"):
        chain(("甲",), (blank,))


def composite(**skip: Any) -> Statement:
    records = [
        record(
            {"COD": 17, "NH3N": 0.42, "TP": 0.15, "DO": 6.4, "Mn": 0.031 if month != 7 else 0.12},
            section=section, month=f"2024-{month:02d}", previous=previous, target=None, upstream="", downstream="",
        )
        for section, previous in (("S-01", 4), ("S-02", 4), ("S-03", 2))
        for month in range(1, 13)
        if (section, month) not in skip.get("without", ())
    ]  # fmt: skip
    return compute(packaged()["composite-metals"], SectionTable(records=tuple(records)), period=("2024-01", "2024-12"))


def test_a_composite_agreement_adds_its_components_up() -> None:
    made = composite()
    by_component: dict[str, int] = {}
    for item in made.items:
        by_component[item.component] = by_component.get(item.component, 0) + (item.amount or 0)
    assert by_component["quality"] == (12 + 12 - 12) * MILLION
    assert by_component["manganese"] == (11 * 10 - 40) * WAN
    assert by_component["early"] == 3 * MILLION
    assert by_component["results"] == 5 * MILLION
    assert [item.title for item in made.open] == ["早建奖励"]
    assert made.open[0].open == ("没有佐证材料",)
    (year,) = made.years()
    assert sum(year.balances.values()) == 0
    # 屏岭区: quality 12, manganese 0.7, early 3, half of the pool; 江岚区 pays for S-01 and is paid for S-02.
    assert year.balances["屏岭区"] == (1200 + 70 + 300 + 250) * WAN
    assert year.balances["江岚区"] == (-1200 - 70 + 1200 + 250) * WAN


def test_the_pool_waits_until_the_year_is_whole() -> None:
    made = composite(without={("S-02", 5)})
    (pool,) = [item for item in made.items if item.component == "results"]
    assert pool.amount is None
    assert "云溪中断面 2024-05" in pool.open[0]
    assert not made.years()[0].complete


def test_the_pool_s_division_is_said_to_be_inferred() -> None:
    shares = [item for item in composite().items if item.component == "results"]
    assert {item.amount for item in shares} == {250 * WAN}
    assert all("系本方案参数" in item.inferred[-1] for item in shares)


def fixed(**more: Any) -> dict[str, Any]:
    return {
        "id": "f",
        "kind": "fixed",
        "payer": "乙",
        "payee": "甲",
        "amount_cny": 100,
        "first_year": 2024,
        "years": 1,
    } | more


def test_a_fixed_sum_on_a_condition_waits_for_what_is_missing_or_broken() -> None:
    scheme = declared(fixed(limits={"Mn": "0.1"}, sections=["甲"]))
    months = [record({"Mn": 0.03}, month=f"2024-{month:02d}") for month in range(1, 13)]
    whole = statement(*months, scheme=scheme, period=("2024-01", "2024-12"))
    assert [item.amount for item in whole.items] == [10_000]
    short = statement(*months[1:], scheme=scheme, period=("2024-01", "2024-12"))
    assert "甲 2024-01 锰" in short.items[0].open[0]
    worse = statement(*months[1:], record({"Mn": 0.2}, month="2024-01"), scheme=scheme, period=("2024-01", "2024-12"))
    assert "按协议约定" in worse.items[0].open[0]


def test_the_baseline_rule_can_pay_nothing_on_the_line() -> None:
    plain = {"id": "b", "kind": "baseline", "better_cny": 1, "failed_cny": 1}
    for equal, amount in (("nothing", 0), ("better", 100)):
        (item,) = statement(record(baseline=3), scheme=declared(plain | {"equal": equal})).items
        assert item.amount == amount

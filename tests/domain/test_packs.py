"""Packs: a digest over everything, differences that can be read, entries checked one by one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjacency.compensation.library import packaged
from domain.errors import BadPack
from domain.packcontent import BOOK, content_of, faults_of, usable
from domain.packs import KINDS, Pack, difference, pack_from_plain, pack_from_text, require_name
from domain.world import World
from domain.worlddata import schematic_city
from tests.worlds import two_districts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6,
)  # fmt: skip
ENTRIES = st.dictionaries(st.text(max_size=5), st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=4)
CONTENT = st.dictionaries(st.sampled_from(KINDS), ENTRIES)


def pack(**more: Any) -> Pack:
    fields: dict[str, Any] = {"name": "试", "version": "1", "publisher": "江岚区", "content": {}} | more
    return Pack(**fields)


def whole(world: World | None = None) -> Pack:
    return pack(content=content_of(world or schematic_city(), packaged()))


@given(content=CONTENT)
def test_what_is_written_is_read_back(content: Any) -> None:
    made = pack(content=content)
    assert pack_from_text(json.dumps(made.to_json(), ensure_ascii=False)) == made


@given(content=CONTENT, other=CONTENT)
def test_digests_are_equal_for_equal_content_only(content: Any, other: Any) -> None:
    same = json.dumps(content, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (pack(content=content).digest == pack(content=other).digest) == same


@given(old=CONTENT, new=CONTENT)
def test_a_difference_is_empty_only_between_equals(old: Any, new: Any) -> None:
    assert difference(new, new) == ()
    found = difference(old, new)
    changed = [
        kind for kind in new if json.dumps(old.get(kind, {}), sort_keys=True) != json.dumps(new[kind], sort_keys=True)
    ]
    assert sorted({one.kind for one in found}) == sorted(changed)
    assert {(one.kind, one.id) for one in found if one.what == "added"} == {
        (kind, name) for kind in new for name in new[kind] if name not in old.get(kind, {})
    }


@pytest.mark.parametrize("key", ["name", "version", "publisher", "note", "digest"])
def test_any_change_on_the_way_is_refused(key: str) -> None:
    plain = pack(note="说明").to_json()
    with pytest.raises(BadPack, match="摘要与内容不符"):
        pack_from_plain(plain | {key: plain[key] + "x"})


def test_a_changed_entry_is_refused_and_both_digests_are_told() -> None:
    plain = whole().to_json()
    plain["content"]["rules"]["R00"]["precedence"] = 8
    with pytest.raises(BadPack) as caught:
        pack_from_plain(plain)
    assert plain["digest"] in caught.value.details[0]
    assert len(caught.value.details) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "x"}, "format"),
        ({"content": []}, "应为对象"),
        ({"content": {"laws": {}}}, "不认识的内容"),
        ({"content": {"rules": [1]}}, "编号 → 对象"),
        ({"extra": 1}, "不认识的字段"),
        ({"name": 3}, "应为文字"),
    ],
)
def test_forms_that_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPack, match=words):
        pack_from_plain(pack().to_json() | change)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', "[" * 100_000])
def test_texts_that_are_no_pack(text: str) -> None:
    with pytest.raises(BadPack):
        pack_from_text(text)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "x" * 65, "-a"])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(BadPack):
        require_name(name)


def test_a_city_can_use_what_it_hands_on() -> None:
    made = whole()
    assert faults_of(made, schematic_city()) == ()
    assert usable(made, schematic_city()) == made.content
    assert set(made.content) == set(KINDS)
    assert all(made.content[kind] for kind in KINDS)


def test_another_city_is_told_which_agreements_it_cannot_use_and_why() -> None:
    faults = faults_of(whole(schematic_city()), two_districts())
    assert {fault.kind for fault in faults} == {"agreements"}
    assert all("当事方不在本市区划中" in fault.reason for fault in faults)
    own = faults_of(whole(two_districts()), two_districts())
    assert {fault.reason for fault in own} == {"协议不能约定行政执法主体"}
    assert "A-3" in {fault.id for fault in own}


@pytest.mark.parametrize(
    ("kind", "name", "change", "words"),
    [
        ("rules", "R00", {"effects": [{"do": "guess"}]}, "unknown action"),
        ("rules", "R00", {"id": "R99"}, "编号与内容不符"),
        ("rules", BOOK, {"evidence": None}, "格式不符：evidence"),
        ("taxonomy", "P01", {"handling": ["nobody"]}, "nobody"),
        ("agreements", "first", {"valid_to": "1999-01-01"}, "有效期止早于起"),
        ("agreements", "first", {"area": {"type": "Polygon"}}, "缺少 coordinates"),
        ("schemes", "cq-2018", {"water": "sea"}, "可用：river、lake"),
        (
            "limits",
            "P01",
            {"deadlines": [{"what": "x", "value": -1, "unit": "hour", "source": "suggested"}]},
            "超出范围",
        ),
        (
            "limits",
            "P01",
            {"deadlines": [{"what": "x", "value": 1, "unit": "week", "source": "suggested"}]},
            "单位“week”",
        ),
        ("limits", "P01", {"deadlines": [{"what": "x", "value": 1, "unit": "day", "source": "statutory"}]}, "没有依据"),
    ],
)
def test_an_entry_that_cannot_be_used_is_told_and_left_out(
    kind: str, name: str, change: dict[str, Any], words: str
) -> None:
    content = json.loads(json.dumps(content_of(schematic_city(), packaged())))
    name = next(iter(content[kind])) if name == "first" else name
    content[kind][name] |= change
    made = pack(content=content)
    faults = [fault for fault in faults_of(made, schematic_city()) if fault.id == name]
    assert words in faults[0].reason, faults
    left = usable(made, schematic_city())
    assert name not in left[kind]
    if (kind, name) != ("rules", BOOK):
        assert len(left[kind]) == len(content[kind]) - 1


def test_a_difference_says_where_and_what() -> None:
    old = {"schemes": {"a": {"x": [1, 2], "y": {"z": "旧"}}, "b": {}}}
    new = {"schemes": {"a": {"x": [1, 3], "y": {"z": "新", "w": 1}}, "c": {}}, "rules": {}}
    found = difference(old, new)
    assert [(one.what, one.id) for one in found] == [("changed", "a"), ("removed", "b"), ("added", "c")]
    assert found[0].fields == (("x[1]", "2", "3"), ("y.z", "旧", "新"), ("y.w", "", "1"))
    assert found[0].lines() == ["修改 补偿方案 a", "  x[1]：2 → 3", "  y.z：旧 → 新", "  y.w：（无） → 1"]
    assert difference(old, new, kinds=["rules"]) == ()

"""A wording may say only what the opinion says: each way of saying more is caught."""

from collections.abc import Callable
from functools import cache
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.prose import faults_of_prose, numbers_in, quantities_in, source_of
from graphs.adjacency import opine
from tests.graphs.kit import context, disputed, manhole


@cache
def opinion(name: str = "manhole") -> dict[str, Any]:
    seen = {"manhole": manhole, "disputed": disputed}[name]()

    class Opened:
        context = globals()["context"]()

    return anyio.run(opine, Opened(), seen)


def units() -> list[str]:
    return [unit.name for unit in context().world.register.units]


def faults(change: Callable[[str], str], steps: list[str] | None = None, name: str = "manhole") -> list[str]:
    given = opinion(name)
    own = given["explanation"]
    return faults_of_prose(steps or own["steps"], change(own["formal"]), given, units())


def same(text: str) -> str:
    return text


@pytest.mark.parametrize("name", ["manhole", "disputed"])
def test_the_rules_own_words_have_no_fault(name: str) -> None:
    assert faults(same, name=name) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("理由：", "具体理由是："), id="another word"),
        pytest.param(lambda text: text.replace("；", "，"), id="other stops"),
        pytest.param(lambda text: text + "\n以上意见请有权人员审核。", id="a closing line"),
        pytest.param(lambda text: text + "\n请尽快到场处置，注意安全。", id="an appeal"),
    ],
)
def test_better_words_pass(change: Callable[[str], str]) -> None:
    assert faults(change) == []


@pytest.mark.parametrize(
    ("slipped", "said"),
    [
        pytest.param("另据《行政处罚法》第九十九条处理。", "第99条", id="an article not cited"),
        pytest.param("另据《城市道路管理条例》第24条处理。", "第24条", id="another article of a cited law"),
        pytest.param("参照《民用航空法》办理。", "法规", id="a law not cited"),
        pytest.param("依照第二十四条办理。", "没有法规名称", id="an article of nobody knows what"),
        pytest.param("根据行政强制法可代履行。", "为据", id="a law without marks"),
        pytest.param("并处罚款5000元。", "数字", id="a fine"),
        pytest.param("并处罚款五千元。", "数字", id="a fine in Chinese numerals"),
        pytest.param("请在3小时内完成。", "数字", id="another limit"),
        pytest.param("请拨打13900001111。", "数字", id="a telephone number"),
        pytest.param("由屏岭区城市管理局配合。", "屏岭区城市管理局", id="a unit of the city that is not concerned"),
        pytest.param("由南海区城市管理局配合。", "无法核实", id="a unit of another city"),
        pytest.param("由宏达物业公司负责清理。", "无法核实", id="an invented firm"),
        pytest.param("依照“民用航空法”办理。", "引号", id="a law in quotation marks"),
        pytest.param("依照〈民用航空法〉办理。", "字符", id="a law in other brackets"),
        pytest.param("参照民用航空法办理。", "为据", id="a law by reference"),
        pytest.param("并处罚款５０００元。", "字符", id="a fine in full-width digits"),
        pytest.param("并处罚款伍仟元。", "数字", id="a fine as on a cheque"),
        pytest.param("并处罚款数万元。", "数字", id="a fine in round words"),
        pytest.param("请在半小时内完成。", "数字", id="half an hour"),
        pytest.param("由宏达市政管理处清理。", "无法核实", id="an invented office"),
        pytest.param("由宏达环卫站清理。", "无法核实", id="an invented station"),
        pytest.param("由第三施工队清理。", "无法核实", id="an invented crew"),
        pytest.param("由张三负责清理。", "责任人", id="a person"),
        pytest.param("由ABC承担清理。", "字符", id="a firm in Latin letters"),
        pytest.param("由宏\u200b达公\u200b司清理。", "字符", id="a name with invisible characters"),
        pytest.param("\u202e由他人负责\u202c", "字符", id="text turned round"),
        pytest.param("详见 https://example.com 。", "链接", id="a link"),
        pytest.param("<script>alert</script>", "标记", id="markup"),
        pytest.param("权属养护改由望澜门街道办事处承担。", "意见中没有", id="a duty given to another's unit"),
    ],
)
def test_what_the_opinion_does_not_say_is_caught(slipped: str, said: str) -> None:
    found = faults(lambda text: f"{text}\n{slipped}")
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda text: text[:40], "过短", id="cut short"),
        pytest.param(lambda text: text * 4, "过长", id="drawn out"),
        pytest.param(lambda text: text.replace("江岚区排水设施运营公司", "排水公司"), "漏写", id="a unit lost"),
        pytest.param(
            lambda text: "".join(ch for ch in text.replace("人工", "") if ch not in "审签裁定"),
            "漏写",
            id="the signature lost",
        ),
    ],
)
def test_what_the_opinion_says_must_stay(change: Callable[[str], str], said: str) -> None:
    assert any(said in fault for fault in faults(change))


def test_what_only_a_superior_may_say_cannot_be_said_as_settled() -> None:
    found = faults(lambda text: text + "\n行政执法已确定，请审核。", name="disputed")
    assert any("待裁定" in fault for fault in found)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(["先围挡。", "再上报。"], id="two steps"),
        pytest.param(["先围挡。", "", "再上报。"], id="an empty step"),
        pytest.param(["先围挡。" * 60, "找单位。", "等结果。"], id="a step without end"),
        pytest.param(["先围挡。", "找单位。", "等结果。"], id="numbers of the steps lost"),
    ],
)
def test_steps_keep_their_form_and_their_numbers(steps: list[str]) -> None:
    assert faults(same, steps)


@given(st.sampled_from(["元", "小时", "个工作日", "米", "天"]), st.integers(1, 9999))
def test_every_number_that_is_not_in_the_source_is_found(unit: str, number: int) -> None:
    known = quantities_in(source_of(opinion()))
    found = faults(lambda text: f"{text}\n另有{number}{unit}。")
    assert bool(found) == ((float(number), unit.removeprefix("个")) not in known)


@given(st.text(max_size=200))
def test_no_text_makes_the_checks_fail(text: str) -> None:
    assert isinstance(faults_of_prose([text, text, text], text, opinion(), units()), list)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("二十四小时内，三个工作日", {24.0, 3.0}),
        ("第二十四条、第120条之一", set()),
        ("2026-05-01 11:00", {2026.0, 5.0, 1.0, 11.0, 0.0}),
        ("一是先围挡，二是上报", set()),
        ("0.98 与 24.0", {0.98, 24.0}),
    ],
)
def test_numbers_are_read_in_both_scripts(text: str, numbers: set[float]) -> None:
    assert numbers_in(text) == numbers

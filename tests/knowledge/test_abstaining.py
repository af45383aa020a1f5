"""When "no basis found" is said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.abstaining import FEATURES, content_words, features_of, judge, weights
from knowledge.passage import Passage

CITY = "重庆"
NOISE = Passage(
    id="1",
    kind="law",
    law="噪声法",
    article="1",
    title="噪声法",
    text="第一条 禁止夜间施工产生噪声，违者由城市管理部门处罚款。",
    score=1.0,
    text_sha256="0" * 64,
)
FAR = replace(NOISE, id="2", text_sha256="1" * 64, law="船舶法", title="船舶法", text="第二条 船舶登记由海事机构办理。")
QUESTIONS = ["工地夜间施工噪声太大归谁管？", "楼下火锅馆的油烟直往屋头灌啷个办", "路灯坏了谁来修？", "今天天气好"]


def test_a_covered_question_has_a_basis_and_a_strange_one_has_none() -> None:
    found = judge("夜间施工有噪声，城市管理部门能罚款吗？", [NOISE, FAR], city=CITY)
    assert found.found
    assert found.probability > 0.9
    assert "核对原文" in found.why
    strange = judge("红烧肉怎么做才不腻？", [NOISE, FAR], city=CITY)
    assert not strange.found
    assert strange.probability < 0.1
    assert strange.why.startswith("没有找到依据：")
    assert "12345" in strange.why


@pytest.mark.parametrize("text", ["啊啊啊啊", "！！！？？？", "在吗", "qwerty uiop", "0000", "   ", "哈哈哈哈哈哈"])
def test_nonsense_has_no_basis(text: str) -> None:
    assert not judge(text, [NOISE, FAR], city=CITY).found


def test_nothing_found_is_no_basis() -> None:
    found = judge("夜间施工噪声归谁管？", [], city=CITY)
    assert (found.found, found.probability) == (False, 0.0)


@given(st.sampled_from(QUESTIONS), st.data())
def test_covering_more_of_the_question_never_speaks_against_an_answer(query: str, data: st.DataObject) -> None:
    asked = content_words(query)
    some = data.draw(st.lists(st.sampled_from(asked), unique=True))
    more = data.draw(st.lists(st.sampled_from(asked), unique=True))
    less_text = FAR.text + "。".join(some)
    little = judge(query, [replace(FAR, text=less_text)], city=CITY)
    much = judge(query, [replace(FAR, text=less_text + "。" + "。".join(more))], city=CITY)
    assert much.probability >= little.probability


@given(st.text(max_size=40))
def test_any_text_is_judged_the_same_twice(text: str) -> None:
    found = judge(text, [NOISE, FAR], city=CITY)
    assert 0 <= found.probability <= 1
    assert found == judge(text, [NOISE, FAR], city=CITY)
    assert found.found is (found.probability >= weights().threshold)
    assert set(found.to_json()) == {"found", "probability", "note"}


def test_only_the_first_ten_passages_count() -> None:
    query = "夜间施工有噪声，归谁管？"
    assert judge(query, [FAR] * 10, city=CITY) == judge(query, [*[FAR] * 10, NOISE], city=CITY)


def test_another_place_s_rules_are_not_here() -> None:
    local = judge("夜间施工噪声的罚款规定", [NOISE], city=CITY)
    other = judge("昆明市夜间施工噪声的罚款规定", [NOISE], city=CITY)
    assert local.found
    assert not other.found
    assert "昆明" in other.why
    assert CITY in other.why
    at_home = features_of("昆明市夜间施工噪声的罚款规定", [NOISE], city="云南")
    assert at_home is not None
    assert at_home["elsewhere"] == 0


def test_the_reason_names_what_the_law_does_not_speak_of() -> None:
    assert "价格" in judge("城管局长的手机号是多少？", [NOISE], city=CITY).why
    assert "蟑螂" in judge("蟑螂", [NOISE], city=CITY).why


def test_a_lay_caption_covers_what_the_article_says_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge import abstaining

    bare = features_of("坝坝舞太吵", [NOISE], city=CITY)
    monkeypatch.setattr(abstaining, "captions_by_hash", lambda: {NOISE.text_sha256[:16]: "坝坝舞太吵"})
    captioned = features_of("坝坝舞太吵", [NOISE], city=CITY)
    assert bare
    assert captioned
    assert captioned["covered_best"] == 1 > bare["covered_best"]


def test_the_fitted_weights_keep_the_directions_of_the_features() -> None:
    model = weights()
    assert set(model.coefficients) == set(FEATURES)
    assert all(value * FEATURES[name] >= 0 for name, value in model.coefficients.items())
    assert 0 < model.threshold < 1

"""The lexical arm: tokens, weights, ids, expansion; no side effects of the segmenter."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import sparse
from knowledge.sparse import (
    EXPANSION,
    FUNCTION,
    K1,
    MEAN_LENGTH,
    B,
    content_of,
    function_words,
    legal_terms,
    query_vector,
    sparse_vector,
    tokens,
    words,
)

ROOT = Path(__file__).parents[2]
CHINESE = st.text(st.sampled_from("井盖缺损影响交通安全的产权单位应当及时补缺或者修复。，0a"), max_size=60)


def weights(vector: tuple[np.ndarray, np.ndarray]) -> dict[int, float]:
    return dict(zip(vector[0].tolist(), vector[1].tolist(), strict=True))


def test_words_and_bigrams_both_count() -> None:
    found = tokens("占道经营")
    assert {"占道", "道经", "经营"} <= set(found)
    assert Counter(found)["经营"] == 2  # once as a word, once as a bigram


def test_bigrams_do_not_cross_punctuation() -> None:
    assert "盖路" not in tokens("井盖，路灯")
    assert "盖路" in tokens("井盖路灯")


@pytest.mark.parametrize(
    ("one", "other"), [("ＰＭ２．５超标", "pm2.5超标"), ("GB/T 47678", "gb/t 47678"), ("⼯地扬尘", "工地扬尘")]
)
def test_forms_of_one_text_are_one(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


def test_numbers_and_codes_stay_whole() -> None:
    assert words("DB50/T 1234 第3.5条") == ["db50", "t", "1234", "第", "3.5", "条"]


@pytest.mark.parametrize("nothing", ["", "。！？", "   \n", "😀"])
def test_a_text_without_words_is_empty(nothing: str) -> None:
    for vector in (sparse_vector(nothing), query_vector(nothing)):
        assert len(vector[0]) == len(vector[1]) == 0


@given(CHINESE)
def test_ids_are_ascending_unique_and_weights_positive(text: str) -> None:
    ids, values = sparse_vector(text)
    assert ids.dtype == np.uint32
    assert values.dtype == np.float32
    assert (np.diff(ids.astype(np.int64)) > 0).all()
    assert (values > 0).all()
    assert (values <= K1 + 1 + 1e-6).all()


@given(CHINESE)
def test_the_same_text_gives_the_same_vector(text: str) -> None:
    for one, other in zip(sparse_vector(text), sparse_vector(text), strict=True):
        assert one.tobytes() == other.tobytes()


def test_weights_are_bm25_with_a_fixed_mean_length() -> None:
    text = "井盖井盖路灯"
    counts = Counter(tokens(text))
    norm = K1 * (1 - B + B * counts.total() / MEAN_LENGTH)
    found = weights(sparse_vector(text))
    for token, times in counts.items():
        assert found[crc32(token.encode())] == pytest.approx(times * (K1 + 1) / (times + norm), rel=1e-6)


@given(CHINESE.filter(lambda text: "井盖" in text or len(text) > 3))
def test_more_of_other_words_weighs_a_word_less(text: str) -> None:
    key = crc32("护栏".encode())
    short, long = (weights(sparse_vector(f"护栏。{body}")) for body in ("", f"{text}。河道整治"))
    assert long[key] < short[key]


def test_tokens_that_collide_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = weights(query_vector("路灯坏"))
    monkeypatch.setattr(sparse, "crc32", lambda _: 7)
    assert weights(query_vector("路灯坏")) == {7: pytest.approx(sum(plain.values()))}


def test_a_question_counts_its_own_words_whole_and_legal_terms_in_part() -> None:
    found = weights(query_vector("邻居太吵"))
    assert found[crc32("邻居".encode())] == 2.0
    assert found[crc32("相邻".encode())] == pytest.approx(EXPANSION)
    assert found[crc32("噪声".encode())] == pytest.approx(EXPANSION)


def test_function_words_count_in_part() -> None:
    found = weights(query_vector("桥梁裂了怎么办"))
    for token in ("怎么办", "怎么", "么办", "了怎"):
        assert found[crc32(token.encode())] == pytest.approx(FUNCTION)
    assert found[crc32("桥梁".encode())] == 2.0
    assert content_of("桥梁裂了怎么办").split() == ["桥梁裂"]


@given(CHINESE, st.sampled_from(["怎么办", "吗", "我想问一下，"]))
def test_how_something_is_asked_takes_no_token_away(text: str, form: str) -> None:
    asked, told = query_vector(text), sparse_vector(text)
    assert set(asked[0].tolist()) >= set(told[0].tolist())
    assert (asked[1] > 0).all()
    assert set(query_vector(f"{text}。{form}")[0].tolist()) >= set(told[0].tolist())


def test_the_list_of_function_words_names_no_matter() -> None:
    """What laws are about must never be discounted: names of issues and terms of the law."""
    terms = {term for _, legal in sparse.lay_map() for term in legal}
    assert not function_words() & (terms | {word for term in terms for word in words(term) if len(word) > 1})
    assert all(len(word) <= 6 for word in function_words())


def test_what_is_said_in_legal_terms_already_gains_little() -> None:
    assert weights(query_vector("噪声扰民"))[crc32("噪声".encode())] == pytest.approx(2 + EXPANSION)


def test_legal_terms_keep_the_order_of_the_map_and_are_not_repeated() -> None:
    terms = legal_terms("楼上邻居半夜吵死了")
    assert terms[0] == "相邻"
    assert len(terms) == len(set(terms))
    assert legal_terms("没有一句俗话") == []


def test_documents_are_not_expanded() -> None:
    assert crc32("相邻".encode()) not in weights(sparse_vector("邻居太吵"))


def test_the_segmenter_prints_nothing_and_leaves_no_cache(tmp_path: Path) -> None:
    code = "from knowledge.sparse import tokens; assert tokens('窨井盖遭偷了')"
    environment = os.environ | {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_the_segmenter_is_loaded_only_when_needed() -> None:
    code = "import sys, knowledge.sparse; sys.exit('jieba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_another_process_gives_the_same_bytes() -> None:
    text = "重庆市两江新区和渝北区交界处的窨井盖被偷了，谁来负责？"
    code = (
        "import sys; from knowledge.sparse import query_vector, sparse_vector;"
        "print([part.tobytes().hex() for v in (query_vector, sparse_vector) for part in v(sys.argv[1])])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code, text],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1

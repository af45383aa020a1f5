"""The model of how matters are worded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.issues import issue_table
from domain.wording import LONGEST_GRAM, OUT_OF_SCOPE, grams, wording

WORDS = st.text(alphabet="井盖路灯垃圾不亮了，。a1〇", max_size=40)


def test_every_issue_of_the_table_has_its_wording() -> None:
    assert wording().labels == (*issue_table(), OUT_OF_SCOPE)


@given(WORDS)
def test_probabilities_sum_to_one_and_are_the_same_each_time(said: str) -> None:
    logs = wording().logs(said)
    assert np.exp(logs).sum() == pytest.approx(1.0)
    assert (logs == wording().logs(said)).all()


@given(WORDS, WORDS)
def test_features_stand_within_clauses(first: str, second: str) -> None:
    assert set(grams(f"{first}，{second}")) == {*grams(first), *grams(second)}
    assert all(0 < len(gram) <= LONGEST_GRAM for gram in grams(first))


def test_the_order_of_clauses_does_not_matter() -> None:
    one, other = wording().logs("路灯不亮，垃圾成堆"), wording().logs("垃圾成堆，路灯不亮")
    assert one == pytest.approx(other)


def test_numbers_are_alike() -> None:
    assert grams("宽30厘米") == grams("宽250厘米")


def test_strange_words_make_a_report_less_familiar() -> None:
    plain, strange = (wording().logs(said).max() for said in ("路灯不亮", "路灯不亮魑魅魍魉饕餮"))
    assert strange < plain


@given(WORDS)
def test_telling_words_stand_in_the_text(said: str) -> None:
    for word in wording().telling(said, "P05"):
        assert word.replace("0", "1") in said.replace("0", "1") or "0" in word

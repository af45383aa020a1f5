"""The second look: same passages, scores that go down, ties by place, and clear refusals."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unavailable
from knowledge.reranking import CrossEncoderReranker, Ranked, open_reranker
from tests.knowledge.stores import ALL, passage
from tests.knowledge.tinymodels import tiny_reranker

MANY = [passage(f"第{n}段", doc_id=f"册{n}") for n in range(12)]


class Told(CrossEncoderReranker):
    """A reranker whose model is told what to think."""

    def __init__(self, chances: list[float], *, depth: int = 50, weight: float = 1.0) -> None:
        super().__init__("told", depth=depth, weight=weight)
        self.chances = chances

    def _chances(self, query: str, records: object) -> np.ndarray:
        return np.array(self.chances[: len(cast("list[object]", records))])


def ranked(scores: list[float]) -> Ranked:
    return list(zip(MANY, sorted(scores, reverse=True), strict=False))


unit = st.floats(0, 1, allow_nan=False)


@given(st.lists(st.floats(-3, 3, allow_nan=False), max_size=12), st.lists(unit, min_size=12), st.integers(1, 14), unit)
def test_the_same_passages_in_an_order_whose_scores_go_down(
    scores: list[float], chances: list[float], depth: int, weight: float
) -> None:
    found = ranked(scores)
    again = Told(chances, depth=depth, weight=weight).rerank("问", found)
    assert sorted(record.id for record, _ in again) == sorted(record.id for record, _ in found)
    assert [score for _, score in again] == pytest.approx(sorted((score for _, score in again), reverse=True))
    assert again[depth:] == found[depth:]


def test_the_model_alone_decides_with_full_weight_and_ties_keep_their_places() -> None:
    again = Told([0.1, 0.9, 0.5, 0.9]).rerank("问", ranked([4, 3, 2, 1]))
    assert [record.text for record, _ in again] == ["第1段", "第3段", "第2段", "第0段"]


def test_the_first_score_alone_decides_without_weight() -> None:
    found = ranked([4, 3, 2, 1])
    assert [one for one, _ in Told([0.1, 0.9, 0.5, 0.9], weight=0.0).rerank("问", found)] == [one for one, _ in found]


def test_the_blend_is_what_the_module_says() -> None:
    again = Told([0.0, 1.0], weight=0.25).rerank("问", ranked([3.0, 2.0]))
    assert again == [(MANY[0], 2.75), (MANY[1], 2.25)]


def test_a_cross_encoder_reads_question_and_passage(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    folder = tiny_reranker(tmp_path)
    reranker = open_reranker(folder, depth=len(ALL), weight=1.0)
    assert reranker is not None
    found: Ranked = [(record, 1.0 - place / 10) for place, record in enumerate(ALL)]
    raw = CrossEncoder(folder, device="cpu").predict([("井盖丢了", record.index_text) for record in ALL])
    expected = [ALL[place] for place in np.argsort(-np.asarray(raw), kind="stable")]
    again = reranker.rerank("井盖丢了", found)
    assert [record for record, _ in again] == expected
    assert again == reranker.rerank("井盖丢了", found)
    assert reranker.rerank("井盖丢了", found[:1]) == found[:1]


def test_without_a_model_there_is_no_second_look() -> None:
    assert open_reranker("") is None


def test_a_folder_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(Unavailable, match="没有找到重排模型文件夹") as caught:
        open_reranker("/no/such/model")
    assert "LIANZHI_RERANKER_MODEL" in caught.value.hint


def test_a_folder_that_is_no_model_and_one_of_two_outputs_are_refused_when_they_are_needed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, reason in (
        (str(tmp_path / "empty"), "无法加载"),
        (tiny_reranker(tmp_path / "two", labels=2), "2 个输出"),
    ):
        reranker = open_reranker(folder)
        assert reranker is not None
        with pytest.raises(Unavailable, match=reason):
            reranker.rerank("问", ranked([2, 1]))

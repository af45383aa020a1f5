"""A real transformer in place of the shipped model: the whole path, and how it is opened and told apart."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import StaleIndex, Unavailable
from knowledge.base import KnowledgeBase, open_knowledge, reindex_knowledge
from knowledge.embedding import Encoder, ModelOptions, open_encoder, shipped_model
from knowledge.encoder import StaticEncoder
from knowledge.settings import KnowledgeSettings
from tests.knowledge.libraries import TODAY, library
from tests.knowledge.tinymodels import WIDTH, tiny_encoder, tiny_reranker

PROMPTS = {"query": "问：", "document": "文："}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_encoder(tmp_path_factory.mktemp("encoder"), prompts=PROMPTS)


@pytest.fixture(scope="module")
def encoder(model: str) -> Encoder:
    return open_encoder(model)


@pytest.fixture(scope="module")
def reranker(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_reranker(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, model: str, reranker: str) -> Iterator[KnowledgeBase]:
    """The starter corpus and the small library under both models."""
    folder = tmp_path_factory.mktemp("base")
    base = open_knowledge(
        KnowledgeSettings(home=folder / "home", embedding_model=model, reranker_model=reranker), clock=TODAY
    )
    base.ingest([library(folder / "laws")], workers=1)
    yield base
    base.close()


def test_the_whole_path_with_a_transformer_and_a_cross_encoder(base: KnowledgeBase) -> None:
    found = base.search("界河的河岸由谁协调", limit=8, kinds=["law"])
    assert len(found) == 8
    assert found == base.search("界河的河岸由谁协调", limit=8, kinds=["law"])
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert base.cite("河岸法", "2").text == "第二条 界河由双方共同的上一级人民政府协调。"
    assert base.index_warning == ""


def test_the_second_look_is_taken_at_the_first_passages_only(base: KnowledgeBase, model: str, reranker: str) -> None:
    home = base._settings.home

    def answers(depth: int, weight: float) -> list[str]:
        chosen = KnowledgeSettings(
            home=home,
            embedding_model=model,
            reranker_model=reranker if depth else "",
            reranker_depth=depth or 1,
            reranker_weight=weight,
        )
        other = open_knowledge(chosen, clock=TODAY, encoder=base._encoder)
        found = [one.id for one in other.search("两区交界的河岸垃圾", limit=12)]
        other.close()
        return found

    plain = answers(0, 1.0)
    assert answers(12, 0.0) == plain
    reranked = answers(6, 1.0)
    assert reranked[6:] == plain[6:]
    assert sorted(reranked[:6]) == sorted(plain[:6])
    assert reranked[:6] != plain[:6]


def test_a_change_of_model_or_length_is_noticed_and_mended(tmp_path: Path, model: str, encoder: Encoder) -> None:
    home = tmp_path / "home"
    shipped = open_knowledge(KnowledgeSettings(home=home), clock=TODAY)
    shipped.ingest([library(tmp_path / "laws")], workers=1)
    documents, passages = len(shipped._store.documents()), shipped._store.count()
    shipped.close()
    with pytest.raises(StaleIndex, match="lianzhi-static"):
        open_knowledge(KnowledgeSettings(home=home, embedding_model=model), clock=TODAY, encoder=encoder)
    reindex_knowledge(KnowledgeSettings(home=home, embedding_model=model), encoder=encoder)
    shorter = KnowledgeSettings(home=home, embedding_model=model, embedding_dim=8, embedding_weight=0.2)
    with pytest.raises(StaleIndex, match="8 维"):
        open_knowledge(shorter, clock=TODAY)
    report = reindex_knowledge(shorter)
    assert (report.dim, report.documents) == (8, documents)
    changed = open_knowledge(shorter, clock=TODAY)
    assert changed.search("界河由谁协调", limit=3)
    assert changed._store.count() == passages
    changed.close()


def test_the_name_of_a_model_is_its_weights_wherever_they_lie(model: str, encoder: Encoder, tmp_path: Path) -> None:
    moved = tmp_path / Path(model).name
    for path in Path(model).rglob("*"):
        if path.is_file():
            target = moved / path.relative_to(model)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert open_encoder(str(moved)).name == encoder.name
    assert open_encoder(tiny_encoder(tmp_path / "again", prompts=PROMPTS)).name == encoder.name
    assert open_encoder(tiny_encoder(tmp_path / "other", seed=2, prompts=PROMPTS)).name != encoder.name
    assert open_encoder(model, ModelOptions(passage_prompt="段落：")).name != encoder.name
    assert open_encoder(model, ModelOptions(query_prompt="提问：")).name == encoder.name


def test_the_prompts_of_the_model_and_of_the_settings_are_used(model: str, encoder: Encoder) -> None:
    plain = open_encoder(model, ModelOptions(query_prompt="文："))
    question, passage = encoder.encode_queries(["井盖坏了"])[0], encoder.encode_documents(["井盖坏了"])[0]
    assert not np.allclose(question, passage, atol=1e-3)
    np.testing.assert_allclose(plain.encode_queries(["井盖坏了"])[0], passage, atol=1e-6)


@settings(max_examples=20)
@given(st.lists(st.text("井盖缺损路灯不亮邻居太吵，。abc0 ", max_size=200), max_size=5))
def test_vectors_have_length_one_and_depend_on_their_text_alone(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.encode_documents(texts)
    assert (vectors.shape, vectors.dtype) == ((len(texts), WIDTH), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), np.ones(len(texts)), atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(encoder.encode_documents([text])[0], vector, atol=1e-5)


def test_more_numbers_than_the_model_has_are_refused(model: str) -> None:
    with pytest.raises(Unavailable, match=f"只有 {WIDTH} 维"):
        open_encoder(model, ModelOptions(dim=WIDTH + 1))


def test_the_weight_is_the_setting_s_if_there_is_one(model: str) -> None:
    assert open_encoder(model, ModelOptions(weight=0.25)).dense_weight == 0.25
    assert open_encoder("", ModelOptions(weight=0.25)).dense_weight == 0.25
    assert open_encoder().dense_weight == StaticEncoder(shipped_model()).dense_weight

"""The shipped model and the door to others: equal numbers, light imports, clear refusals."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unavailable
from domain.issues import issue_table
from knowledge.embedding import open_encoder, shipped_model
from knowledge.encoder import StaticEncoder

ROOT = Path(__file__).parents[2]
ENCODER = StaticEncoder(shipped_model())
TEXTS = [
    "井盖缺损影响交通安全的，由产权单位及时补缺",
    "楼上邻居半夜装修太吵了",
    "ＰＭ２．５ 超标 Noise",
    "违反规定的，由市政工程行政主管部门责令限期改正，可以处以二万元以下的罚款。" * 20,
    "龘靐齉爩",
    "",
    "。",
]


def test_sentence_transformers_reads_the_same_folder_to_the_same_numbers() -> None:
    from sentence_transformers import SentenceTransformer  # heavy; this test alone needs it

    model = SentenceTransformer(str(shipped_model()), device="cpu")
    theirs = np.stack([model.encode(text, show_progress_bar=False) for text in TEXTS])
    np.testing.assert_allclose(ENCODER.encode_documents(TEXTS), theirs, atol=1e-5, rtol=0)
    np.testing.assert_allclose(ENCODER.encode_queries(TEXTS), model.encode_query(TEXTS), atol=1e-5, rtol=0)


def test_the_model_is_small_enough_to_ship_and_carries_its_card() -> None:
    files = [path for path in shipped_model().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 15_000_000
    card = (shipped_model() / "README.md").read_text(encoding="utf-8")
    for fact in ("data", "seed", "recall@1", "license: apache-2.0"):
        assert fact in card


@given(st.lists(st.text("井盖缺损路灯不亮邻居太吵，。abc0 ", max_size=30), max_size=8))
def test_vectors_have_length_one_or_zero(texts: list[str]) -> None:
    vectors = ENCODER.encode_queries(texts)
    assert vectors.shape == (len(texts), ENCODER.dim)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    assert all(length == pytest.approx(1, abs=1e-5) or length == 0 for length in lengths)


def test_what_is_unknown_says_nothing() -> None:
    assert not ENCODER.encode_queries(["龘靐齉爩", "", "!!!"]).any()
    known, mixed = ENCODER.encode_queries(["井盖", "井盖龘"])
    np.testing.assert_allclose(known, mixed, atol=1e-6)


def test_a_text_alone_or_among_others_is_encoded_alike() -> None:
    together = ENCODER.encode_documents(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        assert ENCODER.encode_documents([text])[0].tobytes() == vector.tobytes()


def test_it_finds_issues_from_the_words_people_use() -> None:
    """Names of issues, most of them learnt: a model that learnt nothing is right once in 81."""
    issues = list(issue_table().values())
    cards = ENCODER.encode_documents([f"{issue.name} {issue.category} {issue.responsible}" for issue in issues])
    asked = [(alias, place) for place, issue in enumerate(issues) for alias in issue.aliases]
    best = (ENCODER.encode_queries([alias for alias, _ in asked]) @ cards.T).argmax(axis=1)
    assert np.mean(best == [place for _, place in asked]) > 0.5


def test_the_default_is_the_shipped_model() -> None:
    opened = open_encoder()
    assert isinstance(opened, StaticEncoder)
    assert opened.name == ENCODER.name == open_encoder(str(shipped_model())).name
    assert opened.name.startswith("lianzhi-static-128-")
    assert 0 < opened.dense_weight <= 1


def test_another_training_has_another_name(tmp_path: Path) -> None:
    for path in shipped_model().iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    assert StaticEncoder(tmp_path).name == ENCODER.name
    changed = (tmp_path / "tokenizer.json").read_text(encoding="utf-8").replace("井盖", "井蓋")
    (tmp_path / "tokenizer.json").write_text(changed, encoding="utf-8")
    assert StaticEncoder(tmp_path).name != ENCODER.name


def test_any_model_of_sentence_transformers_can_take_its_place(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "路": 1, "灯": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    table = np.array([[1, 0, 0], [0, 3, 0], [0, 0, 4]], dtype=np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, table)], device="cpu").save(
        str(tmp_path / "tiny"), create_model_card=False
    )
    encoder = open_encoder(str(tmp_path / "tiny"))
    assert (encoder.dim, encoder.name.partition("-")[0], encoder.dense_weight) == (3, "tiny", 0.8)
    np.testing.assert_allclose(encoder.encode_queries(["路", "路灯"]), [[0, 1, 0], [0, 0.6, 0.8]], atol=1e-6)
    np.testing.assert_allclose(encoder.encode_documents(["灯"]), [[0, 0, 1]], atol=1e-6)
    assert encoder.encode_documents([]).shape == (0, 3)


@pytest.mark.parametrize("missing", ["./nowhere", "/no/such/model", "no/such/folder"])
def test_a_folder_that_is_not_there_is_refused_without_loading_anything(missing: str) -> None:
    with pytest.raises(Unavailable, match="没有找到向量模型文件夹") as caught:
        open_encoder(missing)
    assert "LIANZHI_EMBEDDING_MODEL" in caught.value.hint


def test_an_unknown_name_is_refused_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from domain.errors import Unavailable\n"
        "from knowledge.embedding import open_encoder\n"
        "try: open_encoder('no-such-org/no-such-model')\n"
        "except Unavailable as error: print(error.message); print(error.hint)\n"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "无法加载" in done.stdout
    assert "离线" in done.stdout


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]", encoding="utf-8")
    with pytest.raises(Unavailable, match="无法加载"):
        open_encoder(str(tmp_path))


def test_a_model_folder_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="没有找到向量模型"):
        StaticEncoder(tmp_path)


@pytest.mark.parametrize("module", ["knowledge.store", "knowledge.embedding", "knowledge.edge", "knowledge.remote"])
def test_importing_the_engine_loads_nothing_heavy(module: str) -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "llama_index", "qdrant_client", "jieba")
    probe = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_encoding_with_the_shipped_model_loads_no_torch() -> None:
    probe = (
        "import sys; from knowledge.embedding import open_encoder; open_encoder().encode_queries(['井盖']);"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

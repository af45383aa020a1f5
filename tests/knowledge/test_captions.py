"""Lay captions: the table keeps its form, a caption belongs to one text, and none was copied from the questions."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import captions as module
from knowledge.captions import caption_of, captioned_text, captions, captions_by_hash, captions_digest, captions_of
from knowledge.law import article_sha256
from knowledge.names import canonical_name
from knowledge.records import PassageRecord, SparseVector
from knowledge.sparse import passage_vector, recipe, sparse_vector, tokens

TABLE = Path(module.__file__).parent / "data" / "lay_captions.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
TEXT = "第一条 相邻权利人应当妥善处理截水、排水关系。"
RECORD = PassageRecord(
    id="0" * 32, doc_id="d", kind="law", law="水邻法", article="1", text=TEXT, text_sha256=article_sha256(TEXT)
)
SAID = "楼上漏水 阳台滴水"
WORD = st.text(st.sampled_from("水邻法漏滴阳台"), min_size=1, max_size=6)
HASH = st.text(st.sampled_from("0123456789abcdef"), min_size=16, max_size=16)


@pytest.fixture
def captioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "captions", lambda: {("水邻法", RECORD.text_sha256[:16]): SAID})


def test_every_line_has_law_article_hash_and_words() -> None:
    assert len(ROWS) > 9_000
    for row in ROWS:
        law, article, sha256, caption = row
        assert law == canonical_name(law)
        assert re.fullmatch(r"\d+(-\d+)?", article)
        assert re.fullmatch(r"[0-9a-f]{16}", sha256)
        assert caption.strip() == caption != ""


def test_an_article_has_one_caption() -> None:
    assert len({(law, sha256) for law, _, sha256, _ in ROWS}) == len(ROWS) == len(captions())
    assert set(captions_by_hash().values()) <= set(captions().values())


def test_captions_are_short_and_no_law_texts() -> None:
    """A caption says what people ask; the article says the rest."""
    lengths = sorted(len(caption) for _, _, _, caption in ROWS)
    assert lengths[len(lengths) // 2] <= 60
    assert lengths[-1] <= 200
    assert not [row for row in ROWS if re.search(r"第[一二三四五六七八九十百千]+条", row[3])]


def test_no_caption_repeats_a_public_question(shared_dir: Path) -> None:
    lines = (shared_dir / "retrieval" / "lay_queries_dev.jsonl").read_text(encoding="utf-8").splitlines()
    asked = {re.sub(r"\W", "", json.loads(line)["text"]) for line in lines}
    phrases = {re.sub(r"\W", "", phrase) for _, _, _, caption in ROWS for phrase in caption.split()}
    assert not {phrase for phrase in asked & phrases if len(phrase) > 8}


@given(st.dictionaries(st.tuples(WORD, HASH), WORD), st.lists(st.sampled_from(["", "  ", "# 说明", "#\t#\t#"])))
def test_every_caption_of_a_table_is_found_by_law_and_hash(
    said: dict[tuple[str, str], str], between: list[str]
) -> None:
    lines = [f"{law}\t1\t{sha256}\t{caption}" for (law, sha256), caption in said.items()]
    assert captions_of("\n".join([*between, *lines, *between, *lines])) == said


@pytest.mark.parametrize(
    "line",
    [
        "水邻法\t1\t0123456789abcdef",
        "水邻法\t1\t0123456789abcdef\t漏水\t滴水",
        "水邻法 1 0123456789abcdef 漏水",
        "水邻法\t1\t0123456789abcdef\t ",
        "\t1\t0123456789abcdef\t漏水",
        "水邻法\t1\t0123456789ABCDEF\t漏水",
        "水邻法\t1\t0123456789abcde\t漏水",
    ],
    ids=["too few", "too many", "no tabs", "no caption", "no law", "upper case", "short hash"],
)
def test_a_malformed_line_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match="line 3 is not law"):
        captions_of(f"# 说明\n水邻法\t2\tfedcba9876543210\t滴水\n{line}\n")


def test_two_captions_for_one_text_are_refused() -> None:
    with pytest.raises(ValueError, match="line 2 has a second caption for one text of 水邻法"):
        captions_of("水邻法\t1\t0123456789abcdef\t漏水\n水邻法\t9\t0123456789abcdef\t滴水\n")


def test_a_caption_is_found_by_its_hash_alone() -> None:
    (law, sha256), caption = next(iter(captions().items()))
    assert captions_by_hash()[sha256] == caption
    assert caption_of(replace(RECORD, law=law, text_sha256=sha256 + "0" * 48)) == caption
    assert "0" * 16 not in captions_by_hash()


@pytest.mark.usefixtures("captioned")
def test_a_caption_belongs_to_one_text_of_one_law() -> None:
    assert caption_of(RECORD) == SAID
    assert caption_of(replace(RECORD, law="别的法")) == ""
    assert caption_of(replace(RECORD, text_sha256=article_sha256("第一条 新的文本。"))) == ""
    assert caption_of(replace(RECORD, text_sha256="")) == ""


@pytest.mark.usefixtures("captioned")
def test_a_model_reads_title_text_and_caption() -> None:
    assert captioned_text(RECORD) == f"水邻法\n{TEXT}\n{SAID}"
    assert captioned_text(replace(RECORD, law="别的法")) == f"别的法\n{TEXT}"


@pytest.mark.usefixtures("captioned")
def test_a_caption_adds_its_words_and_costs_the_others_little() -> None:
    plain, both = weights(sparse_vector(RECORD.index_text)), weights(passage_vector(RECORD))
    assert both.keys() - plain.keys() == weights(sparse_vector(SAID)).keys() - plain.keys()
    for token, weight in plain.items():
        assert both[token] > 0.97 * weight


@pytest.mark.usefixtures("captioned")
def test_the_lay_question_finds_the_captioned_article() -> None:
    asked = weights(sparse_vector("阳台总是滴水"))
    assert sum(value * weights(passage_vector(RECORD)).get(key, 0.0) for key, value in asked.items()) > 0
    assert not asked.keys() & weights(sparse_vector(RECORD.index_text)).keys()


def test_the_recipe_follows_the_captions(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe()
    monkeypatch.setattr("knowledge.sparse.captions_digest", lambda: f"{captions_digest()}x")
    recipe.cache_clear()
    assert recipe() != before
    monkeypatch.undo()
    recipe.cache_clear()
    assert recipe() == before


def weights(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector[0].tolist(), vector[1].tolist(), strict=True))


def test_captions_are_words_the_index_knows() -> None:
    assert all(tokens(caption) for _, _, _, caption in ROWS[::50])

"""Why a passage was found: only what is there is named, for each passage in its place."""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import explaining
from knowledge.base import KnowledgeBase
from knowledge.explaining import Why
from knowledge.law import article_sha256
from knowledge.output import passage_lines, results_json, results_lines
from knowledge.passage import Passage
from knowledge.records import PassageRecord
from knowledge.sparse import legal_terms
from tests.knowledge.libraries import library, opened

BRIDGE = Passage(
    id="1",
    kind="law",
    law="河岸法",
    article="2",
    title="中华人民共和国河岸法",
    text="第二条 河堤由水利部门管理。",
    score=2.0,
)
LAMP = Passage(
    id="2", kind="law", law="灯光办法", article="1", chapter="第一章 LED 屏", text="第一条 噪声与灯光应当符合标准。",
    region="重庆", score=1.5,
)  # fmt: skip
LOCAL = Passage(
    id="3", kind="law", law="重庆市河岸条例", article="1", text="第一条 毗邻区县共管的河岸。", region="重庆", score=1.0
)
CASE = Passage(id="4", kind="case", title="河岸垃圾案", text="两区交界处河岸堆放垃圾。", score=0.5)
BRIDGE, LAMP, LOCAL, CASE = (replace(one, text_sha256=article_sha256(one.text)) for one in (BRIDGE, LAMP, LOCAL, CASE))
POOL = [BRIDGE, LAMP, LOCAL, CASE]
CAPTIONS = {"1": "河边栏杆坏了找哪个 河堤垮了", "2": "楼下店招晃眼睛 半夜灯光太亮", "4": "垃圾没人收"}
WORDS = [
    "河边",
    "栏杆",
    "河堤",
    "河岸",
    "垃圾",
    "灯光",
    "店招",
    "ＬＥＤ",
    "led",
    "半夜",
    "太吵",
    "谁来管",
    "怎么办",
    " ",
]
ASKED = st.lists(st.sampled_from(WORDS), max_size=5).map("".join)
FOUND = st.lists(st.sampled_from(POOL), max_size=5)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("explaining")
    knowledge = opened(folder / "home")
    knowledge.ingest([library(folder / "laws")])
    by_hash = {article_sha256(one.text)[:16]: CAPTIONS[one.id] for one in POOL if one.id in CAPTIONS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explaining, "captions_by_hash", lambda: by_hash)
        yield knowledge
    knowledge.close()


@given(ASKED, FOUND)
def test_each_passage_has_its_own_reason_in_its_place(base: KnowledgeBase, question: str, found: list[Passage]) -> None:
    told = base.explain(question, found)
    assert len(told) == len(found)
    for passage, why in zip(found, told, strict=True):
        (alone,) = base.explain(question, [passage])
        assert replace(why, cosine=0.0) == replace(alone, cosine=0.0)
        assert why.cosine == pytest.approx(alone.cosine, abs=1e-5)


@given(ASKED, FOUND)
def test_only_what_is_there_is_named(base: KnowledgeBase, question: str, found: list[Passage]) -> None:
    for passage, why in zip(found, base.explain(question, found), strict=True):
        text, caption = folded(indexed(passage)), folded(CAPTIONS.get(passage.id, ""))
        assert all(word in text and word in folded(question) for word in why.words)
        assert all(word in caption and word not in text and word in folded(question) for word in why.caption)
        assert all(term in text and term not in question for term in why.terms)
        assert set(why.terms) <= set(legal_terms(question))
        assert len(set(why.words)) == len(why.words)


@given(ASKED, FOUND)
def test_numbers_are_in_their_ranges(base: KnowledgeBase, question: str, found: list[Passage]) -> None:
    for why in base.explain(question, found):
        assert -1 <= round(why.cosine, 4) <= 1
        assert 0 <= why.authority <= 1


@given(ASKED, FOUND)
def test_people_read_what_programs_read(base: KnowledgeBase, question: str, found: list[Passage]) -> None:
    for why in base.explain(question, found):
        row = json.loads(json.dumps(why.to_json()))
        assert row == {
            "words": list(why.words), "terms": list(why.terms), "caption": list(why.caption),
            "cosine": round(why.cosine, 4), "authority": round(why.authority, 4),
        }  # fmt: skip
        line = why.line()
        assert all(word in line for word in (*why.words, *why.terms, *why.caption))
        for name, words in (("词语：", why.words), ("法律用语：", why.terms), ("通俗条旨：", why.caption)):
            assert (name in line) == bool(words)


@given(ASKED)
def test_nothing_found_nothing_told(base: KnowledgeBase, question: str) -> None:
    assert base.explain(question, []) == []


def test_a_caption_is_told_where_the_article_does_not_say_the_word(base: KnowledgeBase) -> None:
    (why,) = base.explain("河边栏杆坏了，河堤怎么办", [BRIDGE])
    assert why.words == ("河堤",)
    assert set(why.caption) == {"河边", "栏杆"}


def test_only_articles_have_captions(base: KnowledgeBase) -> None:
    (why,) = base.explain("垃圾没人收", [CASE])
    assert why.words == ("垃圾",)
    assert why.caption == ()


def test_legal_terms_are_told_beside_the_words(base: KnowledgeBase) -> None:
    (why,) = base.explain("楼上太吵", [LAMP])
    assert why.words == ()
    assert "噪声" in why.terms


@pytest.mark.parametrize("written", ["LED", "led", "ＬＥＤ"])
def test_width_and_case_do_not_matter(base: KnowledgeBase, written: str) -> None:
    passages = [LAMP, replace(LAMP, chapter="第一章 ＬＥＤ 屏")]
    assert [why.words for why in base.explain(f"{written}太亮", passages)] == [("led",), ("led",)]


def test_authority_is_how_much_a_law_is_cited_or_that_of_the_city_itself(base: KnowledgeBase) -> None:
    passages = [replace(BRIDGE, law="堤防办法"), replace(BRIDGE, law="没有收录的法"), LOCAL, CASE]
    cited, unknown, local, case = (why.authority for why in base.explain("河岸", passages))
    assert cited > unknown == 0
    assert local == case == 0.5


def test_a_search_shows_a_reason_for_each_passage(base: KnowledgeBase) -> None:
    question = "毗邻区县的河岸"
    found = base.search(question, limit=4)
    basis, reasons = base.answerable(question, found), base.explain(question, found)

    plain, told = results_json(found, basis), results_json(found, basis, reasons)
    assert [row.pop("why") for row in told["results"]] == [why.to_json() for why in reasons]
    assert told == plain

    lines = results_lines(found, basis, reasons)
    assert [why.line() in "\n".join(lines) for why in reasons] == [True] * len(found)
    assert len(lines) == len(results_lines(found, basis)) + len(found)
    assert passage_lines(found[0], reasons[0])[:2] == passage_lines(found[0])


def test_reasons_must_be_as_many_as_passages(base: KnowledgeBase) -> None:
    why = Why(words=(), terms=(), caption=(), cosine=0.0, authority=0.0)
    with pytest.raises(ValueError, match="argument"):
        results_json([BRIDGE, CASE], None, [why])


def indexed(passage: Passage) -> str:
    return PassageRecord(
        id=passage.id, doc_id="d", kind=passage.kind, law=passage.law, title=passage.title,
        chapter=passage.chapter, text=passage.text,
    ).index_text  # fmt: skip


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()

"""What a search gives: what holds, of the right places, each article once, and why."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.base import EVERYWHERE, KnowledgeBase
from tests.knowledge.libraries import law_file, library, opened

WORDS = ["河岸", "堤防", "界河", "水利部门", "毗邻区县", "谁来管", "怎么办", "垃圾", "为了", "上一级人民政府", "保护"]
ASKED = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("searching")
    laws = library(folder / "laws")
    law_file(
        laws / "司法解释",
        "最高人民法院关于审理河岸纠纷案件适用法律若干问题的解释",
        date(2022, 1, 1),
        ["堤防塌了，管理人应当赔偿。", "界河两岸的当事人可以协商。"],
    )
    knowledge = opened(folder / "home")
    knowledge.ingest([laws])
    yield knowledge
    knowledge.close()


@given(ASKED)
def test_nothing_that_has_ended_is_found_without_a_day(base: KnowledgeBase, question: str) -> None:
    found = base.search(question, limit=50, kinds=("law",), region=EVERYWHERE)
    assert not [one for one in found if one.law == "堤防办法"]  # ended by 河岸法
    assert {f"{one.version_date}" for one in found if one.law == "河岸法"} <= {"2021-01-22"}


@given(ASKED)
def test_what_held_on_the_day_is_found_for_that_day(base: KnowledgeBase, question: str) -> None:
    found = base.search(f"{question}堤防", limit=50, kinds=("law",), as_of=date(2015, 1, 1))
    assert {f"{one.version_date}" for one in found if one.law == "河岸法"} <= {"2012-03-01"}
    assert "堤防办法" in {one.law for one in found}


@given(ASKED)
def test_each_article_once_best_first(base: KnowledgeBase, question: str) -> None:
    found = base.search(question, limit=50)
    articles = [(one.law, one.article) for one in found if one.article]
    assert len(articles) == len(set(articles))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@given(ASKED, st.integers(1, 20))
def test_a_shorter_answer_is_the_beginning_of_a_longer_one(base: KnowledgeBase, question: str, limit: int) -> None:
    assert base.search(question, limit=limit) == base.search(question, limit=20)[:limit]


@given(ASKED)
def test_law_of_other_places_is_not_found(base: KnowledgeBase, question: str) -> None:
    assert {one.region for one in base.search(question, limit=50)} <= {"", "重庆"}
    assert {one.region for one in base.search(question, limit=50, region="310000")} <= {"", "上海"}


def test_an_interpretation_is_found_beside_the_law_it_interprets(base: KnowledgeBase) -> None:
    first = base.search("堤防塌了谁赔偿", limit=1, kinds=("law",))[0]
    assert (first.law, first.article) == ("最高人民法院关于审理河岸纠纷案件适用法律若干问题的解释", "1")


@pytest.mark.parametrize("nothing", ["", "   ", "\n"])
def test_no_question_no_answer(base: KnowledgeBase, nothing: str) -> None:
    assert base.search(nothing) == []
    assert base.search("河岸", limit=0) == []
    assert base.explain(nothing, []) == []

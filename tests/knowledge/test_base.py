"""The knowledge base as agents use it: search, cite, verify."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.citation import Citation, Validity
from domain.errors import ArticleNotFound, LawNotFound
from knowledge.base import KnowledgeBase
from knowledge.law import article_sha256
from tests.knowledge.libraries import law_file, library, opened

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """The starter corpus and the small library."""
    folder = tmp_path_factory.mktemp("base")
    knowledge = opened(folder / "home")
    knowledge.ingest([library(folder / "laws")])
    yield knowledge
    knowledge.close()


def test_an_empty_home_is_given_the_starter_corpus_once(tmp_path: Path) -> None:
    first = opened(tmp_path)
    version = first.version
    article = first.cite("重庆市市容环境卫生管理条例", "13")
    assert (article.digest, article.version_date, article.region) == (True, date(2018, 7, 26), "重庆")
    assert {passage.kind for passage in first.search("井盖翻了", limit=20)} == {"law", "doc"}
    first.close()
    second = opened(tmp_path)
    assert second.version == version
    second.close()


def test_an_older_starter_corpus_is_renewed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from knowledge import opening as module

    documents = module.starter_documents()
    monkeypatch.setattr(module, "starter_documents", lambda: documents[:3])
    opened(tmp_path).close()
    monkeypatch.setattr(module, "starter_documents", lambda: documents[1:])
    renewed = opened(tmp_path)
    assert len(renewed.laws()) == len([one for one in documents[1:] if one.version])
    renewed.close()


@pytest.mark.parametrize(
    "name", ["河岸法", "中华人民共和国河岸法", "《中华人民共和国河岸法》", " 河岸法 ", "河岸法(2021)"]
)
@pytest.mark.parametrize("article", ["2", "第二条", "2条", "第2条"])
def test_any_spelling_of_law_and_article(base: KnowledgeBase, name: str, article: str) -> None:
    found = base.cite(name, article)
    assert (found.law, found.number, found.version_date) == ("河岸法", "2", date(2021, 1, 22))
    assert found.text == "第二条 界河由双方共同的上一级人民政府协调。"
    assert found.text_sha256 == article_sha256(found.text)
    assert not found.digest


def test_short_names_and_books_of_the_civil_code(base: KnowledgeBase) -> None:
    assert base.cite("渝市容条例", "13").law == "重庆市市容环境卫生管理条例"
    assert base.cite("渝市容", "13").law == "重庆市市容环境卫生管理条例"
    assert base.cite("民法典", "1258").law == "民法典(侵权责任编)"
    assert base.cite("中华人民共和国民法典", "285").law == "民法典(物权编)"
    assert base.cite("民法典（侵权责任编）", "1258").number == "1258"


def test_the_version_that_held_on_the_day(base: KnowledgeBase) -> None:
    days = [
        (date(2012, 2, 29), date(2012, 3, 1), Validity.NOT_YET),
        (date(2021, 7, 14), date(2012, 3, 1), Validity.IN_FORCE),
        (date(2021, 7, 15), date(2021, 1, 22), Validity.IN_FORCE),
    ]
    for day, version, status in days:
        article = base.cite("河岸法", "2", as_of=day)
        assert (article.version_date, article.status) == (version, status)
    ended = base.cite("堤防办法", "1")
    assert (ended.status, ended.superseded_by, ended.status_note) == (
        Validity.REPEALED,
        "河岸法（2021-01-22）",
        "自2021-07-15起被《河岸法》废止",
    )


def test_facts_of_the_table_reach_citations(base: KnowledgeBase) -> None:
    assert base.cite("重庆市行政执法监督条例", "11", as_of=DAY).status is Validity.UNKNOWN
    assert "未核实" in base.cite("重庆市市容环境卫生管理条例", "13").status_note


def test_missing_article_names_its_neighbours(base: KnowledgeBase) -> None:
    with pytest.raises(ArticleNotFound, match="《河岸法》没有第九条") as caught:
        base.cite("河岸法", "9")
    assert caught.value.nearest == ("1", "2", "3")
    with pytest.raises(ArticleNotFound, match="不是条号"):
        base.cite("河岸法", "序言")
    with pytest.raises(ArticleNotFound, match="摘要") as digest:
        base.cite("城市道路管理条例", "1")
    assert "23" in digest.value.nearest


def test_missing_law_names_what_is_like_it(base: KnowledgeBase) -> None:
    with pytest.raises(LawNotFound) as caught:
        base.cite("河岸管理法", "1")
    assert "河岸法" in caught.value.nearest
    with pytest.raises(LawNotFound, match="尚未收录"):
        base.cite("重庆市市政设施管理条例", "1")


def citation(base: KnowledgeBase, law: str, article: str, changes: dict[str, object] | None = None) -> Citation:
    found = base.cite(law, article, as_of=DAY)
    plain = Citation(
        law=law,
        article=article,
        version_date=f"{found.version_date or ''}",
        status=found.status,
        role="handling",
        digest=found.digest,
        text_sha256=found.text_sha256,
    )
    return replace(plain, **(changes or {}))  # type: ignore[arg-type]


def test_a_good_citation_has_no_faults(base: KnowledgeBase) -> None:
    for law, article in [("河岸法", "2"), ("重庆市市容环境卫生管理条例", "13"), ("重庆市行政执法监督条例", "11")]:
        assert base.verify_citation(citation(base, law, article), as_of=DAY) == []


@pytest.mark.parametrize(
    ("law", "changes", "fault"),
    [
        ("河岸法", {"law": "河坎法"}, "没有《河坎法》"),
        ("河岸法", {"article": "9"}, "没有第九条"),
        ("河岸法", {"version_date": "2012-03-01"}, "2012-03-01 版本"),
        ("河岸法", {"text_sha256": "0" * 64}, "校验值不符"),
        ("河岸法", {"status": Validity.REPEALED}, "效力不符"),
        ("重庆市市容环境卫生管理条例", {"article": "13", "digest": False}, "只有摘要"),
        ("重庆市行政执法监督条例", {"article": "11", "status": Validity.IN_FORCE}, "不得标为有效"),
    ],
)
def test_each_fault_of_a_citation_is_named(
    base: KnowledgeBase, law: str, changes: dict[str, object], fault: str
) -> None:
    article = "13" if "市容" in law else "11" if "监督" in law else "2"
    faults = base.verify_citation(citation(base, law, article, changes), as_of=DAY)
    assert any(fault in one for one in faults), faults


def test_a_law_that_has_ended_or_not_begun_is_never_valid(base: KnowledgeBase) -> None:
    ended = citation(base, "堤防办法", "1", {"status": Validity.IN_FORCE})
    assert any("已废止" in one for one in base.verify_citation(ended, as_of=DAY))
    early = citation(base, "重庆市河岸条例", "1")
    assert any("尚未施行" in one for one in base.verify_citation(early, as_of=date(2019, 5, 5)))


def test_search_keeps_to_the_nation_and_the_city(base: KnowledgeBase) -> None:
    def regions(region: str) -> set[str]:
        return {passage.region for passage in base.search("河岸由谁管理", limit=50, region=region)}

    assert regions("") == {"", "重庆"}
    assert regions("500103") == {"", "重庆"}
    assert regions("QZ-01") == {"", "重庆"}
    assert regions("上海") == {"", "上海"}
    assert regions("310101") == {"", "上海"}
    assert regions("*") == {"", "重庆", "上海"}


def test_search_gives_what_holds(base: KnowledgeBase) -> None:
    def versions(as_of: date | None) -> set[tuple[str, str]]:
        found = base.search("河岸 堤防 管理", limit=50, as_of=as_of, kinds=["law"])
        return {(one.law, f"{one.version_date}") for one in found if one.law in {"河岸法", "堤防办法"}}

    assert versions(None) == {("河岸法", "2021-01-22")}
    assert versions(date(2015, 1, 1)) == {("河岸法", "2012-03-01"), ("堤防办法", "2005-01-01")}
    assert versions(date(2022, 1, 1)) == {("河岸法", "2021-01-22")}


def test_search_answers_in_order_and_within_limits(base: KnowledgeBase) -> None:
    found = base.search("界河 上一级人民政府 协调", limit=5, kinds=["law"])
    assert len(found) == 5
    assert (found[0].law, found[0].article) == ("河岸法", "2")
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found == base.search("界河 上一级人民政府 协调", limit=5, kinds=["law"])
    assert base.search("  ", limit=5) == []
    assert {one.kind for one in base.search("河岸垃圾", limit=20, kinds=["case"])} == {"case"}


def test_the_official_text_takes_the_place_of_its_digest(tmp_path: Path) -> None:
    knowledge = opened(tmp_path / "home")
    digest = knowledge.cite("城市道路管理条例", "23")
    articles = ["略。"] * 22 + ["井盖由产权单位补缺。", "略。"]
    law_file(tmp_path / "laws", "城市道路管理条例", date(2019, 3, 24), articles)
    before = knowledge.version
    knowledge.ingest([tmp_path / "laws"])
    full = knowledge.cite("城市道路管理条例", "23")
    assert knowledge.version != before
    assert (digest.digest, full.digest, full.text) == (True, False, "第二十三条 井盖由产权单位补缺。")
    found = [one for one in knowledge.search("井盖 产权单位 补缺", limit=30) if one.law == "城市道路管理条例"]
    assert found
    assert not any(one.digest for one in found)
    knowledge.close()


def test_recreate_begins_again_with_the_starter_corpus(tmp_path: Path) -> None:
    knowledge = opened(tmp_path / "home")
    fresh = knowledge.version
    law_file(tmp_path / "laws", "河岸法", date(2020, 1, 1), ["甲。"])
    knowledge.ingest([tmp_path / "laws"])
    law_file(tmp_path / "more", "堤岸法", date(2020, 1, 1), ["乙。"])
    report = knowledge.ingest([tmp_path / "more"], recreate=True)
    assert report.documents == 1
    with pytest.raises(LawNotFound):
        knowledge.cite("河岸法", "1")
    assert knowledge.cite("堤岸法", "1").text == "第一条 乙。"
    assert knowledge.version != fresh
    knowledge.close()


def test_laws_are_listed_with_their_state(base: KnowledgeBase) -> None:
    rows = {(held.law, f"{held.version_date}"): held.to_json(DAY) for held in base.laws()}
    assert rows["河岸法", "2012-03-01"]["status"] == "superseded"
    assert rows["河岸法", "2021-01-22"]["status"] == "in_force"
    assert rows["城市道路管理条例", "2019-03-24"]["digest"] is True

"""Who cites an article: the domain's tables, other laws, cases; flagged when the article has changed or ended."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from domain.adjacency.rulebook import rule_book
from domain.citation import Validity
from domain.errors import ArticleNotFound
from domain.issues import issue_table
from knowledge.base import KnowledgeBase
from knowledge.citedby import changed_since
from knowledge.lawoutput import cited_lines
from knowledge.mentions import mentioned_articles
from knowledge.starter import digest_rows
from tests.knowledge.libraries import law_file, library, opened


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def base(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = library(tmp_path_factory.mktemp("laws"))
    texts = [
        "依照《河岸法》第二条处理。",
        "适用本办法第一条、第三条和《中华人民共和国河岸法》第一条至第三条。",
        "总则。",
    ]
    law_file(folder / "行政法规", "岸线办法", date(2022, 1, 1), texts)
    case = "# 界河纠纷案\n## 基本案情\n依据《河岸法》第二条，由上一级协调。\n"
    (folder / "案例" / "乙.md").write_text(case, encoding="utf-8")
    made = opened(home)
    made.ingest([folder], workers=1)
    yield made
    made.close()


def kinds(base: KnowledgeBase, law: str, article: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for citer in base.cited_by(law, article).citers:
        found.setdefault(citer.kind, []).append(citer.place if citer.kind == "law" else citer.id)
    return found


def test_other_laws_and_cases_are_found_by_their_words(base: KnowledgeBase) -> None:
    found = base.cited_by("河岸法", "2")
    assert [(one.name, one.place) for one in found.citers if one.kind == "law"] == [
        ("岸线办法", "1"),
        ("岸线办法", "2"),
    ]
    assert [one.name for one in found.citers if one.kind == "case"] == ["界河纠纷案"]
    assert found.flag == ""
    assert kinds(base, "河岸法", "3") == {"law": ["2"]}


def test_own_articles_count_but_not_the_article_itself(base: KnowledgeBase) -> None:
    assert kinds(base, "岸线办法", "1") == {"law": ["2"]}
    assert kinds(base, "岸线办法", "2") == {}


def test_the_domain_s_tables_are_reverse_read_completely(base: KnowledgeBase) -> None:
    """Whatever an issue or a rule rests on, asking back from the article finds it."""
    asked: dict[tuple[str, str], dict[str, list[str]]] = {}
    for kind, rows in (
        ("issue", [(one.id, pair[:2]) for one in issue_table().values() for pair in one.basis]),
        ("rule", [(one.id, pair) for one in rule_book().rules for pair in one.basis]),
    ):
        for name, (law, article) in rows[::7]:
            pair = (law, article)
            if pair not in asked:
                asked[pair] = kinds(base, law, article)
            assert name in asked[pair][kind]
    assert len(asked) > 30


def test_precedents_come_with_the_rules_that_they_follow(base: KnowledgeBase) -> None:
    (rule,) = (one for one in rule_book().rules if one.id == "R23")
    law, article = rule.basis[0]
    found = base.cited_by(law, article)
    assert any(one.kind == "precedent" and "R23" in one.place for one in found.citers)
    assert any("先例" in line for line in cited_lines(found, []))


def test_all_citers_are_flagged_when_the_article_has_ended(base: KnowledgeBase) -> None:
    found = base.cited_by("突发事件应对法", "17", as_of=date(2020, 1, 1))
    assert found.article.status is Validity.NOT_YET
    assert "尚未施行" in found.flag
    assert found.citers
    assert all(citer.flag for citer in found.citers)
    assert cited_lines(found, [])[1].startswith("注意：")


def test_what_was_checked_against_another_text_is_flagged(base: KnowledgeBase) -> None:
    row = digest_rows()[0]
    article = base.cite(row["law"], row["article"])
    same = {"version_date": row["version_date"], "text_sha256": row["sha256"]}
    assert changed_since(article, **same) == ""
    assert "文字已变" in changed_since(article, **same | {"text_sha256": "0" * 64})
    assert "版本已变（本条文字未变）" in changed_since(article, **same | {"version_date": "1999-01-01"})
    assert changed_since(article, version_date="", text_sha256="") == ""


def test_the_table_is_kept_for_the_next_process_and_made_anew_when_damaged(base: KnowledgeBase, home: Path) -> None:
    before = kinds(base, "河岸法", "2")
    (kept,) = (home / "knowledge-citations").glob("*.json.gz")
    kept.write_bytes(b"damaged")
    again = opened(home)
    assert kinds(again, "河岸法", "2") == before
    again.close()
    assert kept.read_bytes() != b"damaged"


def test_an_article_that_does_not_exist_has_no_citers(base: KnowledgeBase) -> None:
    with pytest.raises(ArticleNotFound):
        base.cited_by("河岸法", "99")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("依照《行政处罚法》第二十九条", [("行政处罚法", "29")]),
        ("《中华人民共和国刑法》第一百二十条之一、第二百条", [("刑法", "120-1"), ("刑法", "200")]),
        ("《甲法》（以下简称本法）第三条第二款第（一）项和第五条", [("甲法", "3"), ("甲法", "5")]),
        ("《甲法》第三条至第六条", [("甲法", "3"), ("甲法", "4"), ("甲法", "5"), ("甲法", "6")]),
        ("本条例第八条、第九条的规定", [("乙条例", "8"), ("乙条例", "9")]),
        ("《甲法》有关规定，第三条除外", []),
        ("第三条", []),
    ],
)
def test_mentions_are_read(text: str, found: list[tuple[str, str]]) -> None:
    assert list(mentioned_articles(text, "乙条例")) == found

"""Real law in a real store: every checked citation is found, in the version and with the text that was checked."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.citation import Citation, Validity
from domain.errors import ArticleNotFound
from knowledge.base import KnowledgeBase
from knowledge.ingest import IngestReport
from knowledge.law import article_sha256, parse_law, reference_sha256
from knowledge.starter import digest_rows

DAY = date(2026, 3, 1)
pytestmark = pytest.mark.timeout(600)  # the first test ingests real law


@pytest.fixture(scope="module")
def loaded(real_law: tuple[KnowledgeBase, IngestReport]) -> tuple[KnowledgeBase, IngestReport]:
    return real_law


def test_nothing_is_lost(loaded: tuple[KnowledgeBase, IngestReport]) -> None:
    _, report = loaded
    assert report.lost == 0
    assert report.counted == report.articles > 8000
    assert {one.code for one in report.skipped} == {"stub", "duplicate_version"}


def test_every_checked_citation_is_found_with_its_text(
    loaded: tuple[KnowledgeBase, IngestReport], citations: list[dict[str, Any]], shared_dir: Path
) -> None:
    base, _ = loaded
    texts = {}
    for entry in citations:
        article = base.cite(entry["law"], str(entry["article"]))
        assert not article.digest
        assert article.text_sha256 == article_sha256(article.text)
        path = entry["path"]
        if path not in texts:
            texts[path] = parse_law((shared_dir / "laws" / path).read_text(encoding="utf-8"), path=Path(path))
        printed = texts[path].articles[str(entry["article"])]
        assert reference_sha256(printed) == entry["article_sha256"]
        assert article.text == printed.text
    assert len(citations) == 360


def test_every_digest_is_bound_to_the_official_text(loaded: tuple[KnowledgeBase, IngestReport]) -> None:
    base, _ = loaded
    for row in digest_rows():
        article = base.cite(row["law"], row["article"])
        assert (article.text_sha256, f"{article.version_date}") == (row["sha256"], row["version_date"])


def test_citations_made_from_digests_still_hold_with_the_full_text(loaded: tuple[KnowledgeBase, IngestReport]) -> None:
    """An opinion written before the full text came is checked after it: nothing is wrong with it."""
    base, _ = loaded
    for row in digest_rows():
        day = base.cite(row["law"], row["article"]).effective_date
        assert day is not None
        assert day >= date.fromisoformat(row["effective_date"])
        status = base.cite(row["law"], row["article"], as_of=day).status
        made = Citation(
            law=row["law"],
            article=row["article"],
            version_date=row["version_date"],
            status=status,
            role="handling",
            digest=True,
            text_sha256=row["sha256"],
        )
        assert status is Validity.IN_FORCE
        assert base.verify_citation(made, as_of=day) == []


def test_the_article_that_settles_border_strips(loaded: tuple[KnowledgeBase, IngestReport]) -> None:
    base, _ = loaded
    article = base.cite("渝市容条例", "第十三条", as_of=DAY)
    assert article.text.startswith("第十三条 ")
    assert "共同的上一级" in article.text
    assert (article.chapter, article.region) == ("第二章 市容环境卫生责任", "重庆")
    with pytest.raises(ArticleNotFound) as caught:
        base.cite("重庆市市容环境卫生管理条例", "84")
    assert caught.value.nearest[-1] == "83"

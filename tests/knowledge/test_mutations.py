"""Citations that were tampered with: none of them may pass, and nearly all true ones must.

A complete citation carries law, article, version date, the hash of the official text and what it claims. Each mutation
changes one thing, the way mistakes and inventions do.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from domain.citation import Article, Citation, Validity
from domain.errors import ArticleNotFound
from knowledge.base import KnowledgeBase
from knowledge.citing import HASH_DIGITS
from knowledge.ingest import IngestReport
from knowledge.numerals import label_key
from knowledge.starter import digest_rows
from knowledge.support import Stance
from tests.knowledge.conftest import claim_rows

pytestmark = pytest.mark.timeout(600)  # the first test ingests real law
DAY = date(2026, 3, 1)


def cited(article: Article) -> Citation:
    """The complete citation of an article, as an opinion makes it."""
    return Citation(
        law=article.law,
        article=article.number,
        version_date=f"{article.version_date or ''}",
        status=article.status,
        role="handling",
        digest=article.digest,
        text_sha256=article.text_sha256[:HASH_DIGITS],
    )


def mutations(made: Citation, other: Article, neighbour: Article) -> Iterator[tuple[str, Citation]]:
    """Wrong variants of one citation; `other` is of another law, `neighbour` of the same."""
    main, _ = label_key(made.article)
    yield "number that does not exist", replace(made, article=str(main + 3000))
    yield "number of another article", replace(made, article=neighbour.number)
    yield "an article between that is not there", replace(made, article=f"{main}-37")
    yield "another law", replace(made, law=other.law)
    yield "an invented law", replace(made, law=f"{made.law.removesuffix('法').removesuffix('条例')}治理促进条例")
    yield "another version", replace(made, version_date="1999-09-09")
    yield "a version in the name", replace(made, law=f"{made.law}(1949)")
    yield "text of another article", replace(made, text_sha256=neighbour.text_sha256[:HASH_DIGITS])
    yield "text of another law", replace(made, text_sha256=other.text_sha256)
    yield "a hash cut short", replace(made, text_sha256=made.text_sha256[:6])
    yield "no hash at all", replace(made, text_sha256="第一条")
    yield "said to be repealed", replace(made, status=Validity.REPEALED)
    if made.digest:
        yield "a digest passed as the text", replace(made, digest=False)


def tried(base: KnowledgeBase, articles: list[Article]) -> tuple[int, Counter[str], list[tuple[str, Citation]]]:
    """True citations that pass, mutated ones by kind, and the mutated ones that pass."""
    asked: Counter[str] = Counter()
    passed = []
    good = sum(not base.verify_citation(cited(article), as_of=DAY) for article in articles)
    for index, article in enumerate(articles):
        others = [one for one in articles if one.law != article.law]
        beside = [one for one in articles if one.law == article.law and one.number != article.number] or others
        other, neighbour = others[index % len(others)], beside[index % len(beside)]
        for kind, wrong in mutations(cited(article), other, neighbour):
            asked[kind] += 1
            if not base.verify_citation(wrong, as_of=DAY):
                passed.append((kind, wrong))
    return good, asked, passed


def in_force(base: KnowledgeBase, laws: list[str]) -> Iterator[Article]:
    """Some articles of each law, as far as they exist and hold."""
    for law in laws:
        for label in ("1", "5", "12", "20", "31"):
            with suppress(ArticleNotFound):
                article = base.cite(law, label, as_of=DAY)
                if article.status is Validity.IN_FORCE:
                    yield article


def held(base: KnowledgeBase) -> list[Article]:
    found = (base.cite(row["law"], row["article"], as_of=DAY) for row in digest_rows())
    return [article for article in found if article.status is Validity.IN_FORCE]


def test_no_mutated_citation_of_the_starter_corpus_passes(starter_base: KnowledgeBase) -> None:
    articles = held(starter_base)
    good, asked, passed = tried(starter_base, articles)
    assert passed == []
    assert sum(asked.values()) >= 2500
    assert good == len(articles) >= 200


def test_no_mutated_citation_of_real_law_passes(real_law: tuple[KnowledgeBase, IngestReport]) -> None:
    base, _ = real_law
    laws = sorted({one.law for one in base.laws(region="重庆") if not one.digest})
    articles = list(in_force(base, laws[::2]))
    good, asked, passed = tried(base, articles)
    assert passed == []
    assert sum(asked.values()) >= 500
    assert good == len(articles) >= 250


@pytest.mark.parametrize(
    ("law", "article", "day"),
    [
        ("治安管理处罚法", "58", "2026-01-01"),
        ("重庆市消防条例", "3", "2024-07-01"),
        ("环境噪声污染防治法", "58", "2022-06-05"),
        ("公司法(2018)", "20", "2024-07-01"),
        ("突发事件应对法(2007)", "7", "2024-11-01"),
        ("信访条例", "21", "2022-05-01"),
        ("行政处罚法", "29", "2021-07-14"),
    ],
)
def test_a_version_that_does_not_hold_on_the_day_does_not_pass(
    real_law: tuple[KnowledgeBase, IngestReport], law: str, article: str, day: str
) -> None:
    """Complete and honest in everything but the day."""
    base, _ = real_law
    on = date.fromisoformat(day)
    found = base.cite(law, article, as_of=on)
    made = replace(cited(found), law=law, status=Validity.IN_FORCE)
    assert base.verify_citation(made, as_of=on)


def test_a_swapped_article_is_caught_by_what_is_claimed(real_law: tuple[KnowledgeBase, IngestReport]) -> None:
    """The citation itself is perfect, hash and all: only the claim gives away that another article was meant."""
    base, _ = real_law
    verdicts: Counter[tuple[str, bool]] = Counter()
    for row in [row for row in claim_rows() if row["kind"] in ("true", "neighbour", "other_law")][::2]:
        article = base.cite(row["law"], row["article"], as_of=DAY)
        verdict = base.verify_claim(
            row["claim"],
            row["law"],
            row["article"],
            as_of=DAY,
            version_date=f"{article.version_date or ''}",
            text_sha256=article.text_sha256[:HASH_DIGITS],
        )
        assert verdict.faults == ()
        verdicts[row["kind"], verdict.holds] += 1
        if row["kind"] != "true":
            assert verdict.stance is not Stance.SUPPORTS, row
    assert verdicts["true", True] >= 0.95 * (verdicts["true", True] + verdicts["true", False])
    assert verdicts["neighbour", False] + verdicts["other_law", False] >= 240

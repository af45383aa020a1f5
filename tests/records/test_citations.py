"""Opinions found by the article that they cite."""

from dataclasses import asdict
from typing import Any

from domain.citation import Citation, Validity
from records.book import CaseBook
from tests.records.making import minutes, opened, opinion


def citing(law: str, article: str, **fields: Any) -> dict[str, Any]:
    made = Citation(
        law=law, article=article, version_date="2018-07-26", status=Validity.IN_FORCE, role="handling",
        text_sha256="ab" * 32, **fields,
    )  # fmt: skip
    return asdict(made) | {"status": made.status.value}


async def test_opinions_are_found_by_law_and_article_newest_first(book: CaseBook) -> None:
    case = await opened(book)
    other = await opened(book, 1)
    await book.save_opinion(case.id, opinion(1, citations=[citing("甲条例", "13")]), at=minutes(1))
    await book.save_opinion(other.id, opinion(2, citations=[citing("甲条例", "13", digest=True)]), at=minutes(2))
    await book.save_opinion(
        case.id, opinion(3, citations=[citing("甲条例", "1"), citing("乙条例", "13")]), at=minutes(3)
    )

    found = await book.opinions_citing(["甲条例"], "13")
    assert [(one.opinion_id, one.case_id) for one in found] == [("op-2", other.id), ("op-1", case.id)]
    assert (found[0].at, found[0].version_date, found[0].text_sha256) == (minutes(2), "2018-07-26", "ab" * 32)
    assert [one.opinion_id for one in await book.opinions_citing(["丙条例", "乙条例"], "13")] == ["op-3"]
    assert await book.opinions_citing(["甲条例"], "3") == []


async def test_words_of_an_opinion_are_no_citation(book: CaseBook) -> None:
    case = await opened(book)
    said = '依据"article":"13","digest":true,"law":"甲条例"办理'
    await book.save_opinion(case.id, opinion(1, formal=said, citations=[]), at=minutes(1))
    assert await book.opinions_citing(["甲条例"], "13") == []


async def test_signs_of_the_database_s_patterns_are_only_characters(book: CaseBook) -> None:
    case = await opened(book)
    await book.save_opinion(case.id, opinion(1, citations=[citing("甲%条_例", "13")]), at=minutes(1))
    assert await book.opinions_citing(["%"], "13") == []
    assert len(await book.opinions_citing(["甲%条_例"], "13")) == 1
    assert await book.opinions_citing(["甲x条y例"], "13") == []

"""Past opinions that cite an article, each with what has become of the article since (意见书中的引用)."""

from dataclasses import dataclass
from typing import Protocol

from domain.citation import Article
from domain.clock import iso
from knowledge.citedby import changed_since
from knowledge.names import public_name
from records.book import open_book
from records.citations import OpinionCitation
from records.settings import RecordsSettings


class CitingOpinions(Protocol):
    """The part of records that is needed; fulfilled by `records.book.CaseBook`."""

    async def opinions_citing(self, laws: list[str], article: str) -> list[OpinionCitation]:
        """Opinions that cite an article, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionCiter:
    """One opinion that cites an article; `flag` says what has changed since, in Chinese, or is empty."""

    opinion_id: str
    case_id: str
    at: str
    version_date: str
    flag: str

    def to_json(self) -> dict[str, str]:
        """One row."""
        return {
            "opinion": self.opinion_id,
            "case": self.case_id,
            "at": self.at,
            "version_date": self.version_date,
            "flag": self.flag,
        }

    def line(self) -> str:
        """One line for people."""
        return f"意见书 {self.opinion_id}（案件 {self.case_id}，{self.at[:10]}）" + (
            f"：{self.flag}" if self.flag else ""
        )


async def opinions_citing(book: CitingOpinions, article: Article) -> list[OpinionCiter]:
    """Opinions that cite the article, newest first."""
    names = list(dict.fromkeys([article.law, public_name(article.law)]))
    return [
        OpinionCiter(
            opinion_id=one.opinion_id,
            case_id=one.case_id,
            at=iso(one.at),
            version_date=one.version_date,
            flag=changed_since(article, version_date=one.version_date, text_sha256=one.text_sha256),
        )
        for one in await book.opinions_citing(names, article.number)
    ]


async def recorded_opinions(article: Article) -> list[OpinionCiter]:
    """The same from the records of the environment; none where nothing was recorded yet.

    Raises:
        Unavailable: The records cannot be opened.
    """
    settings = RecordsSettings()
    if not (settings.database_url or (settings.home / "records.sqlite").is_file()):
        return []
    async with open_book(settings.url) as book:
        return await opinions_citing(book, article)

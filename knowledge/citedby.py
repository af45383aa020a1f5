"""Who cites an article (反查): issues, rules, ways up, precedents, evidence, other laws and cases of the base.

What the domain's tables cite is read from them; what texts cite, from their words (`knowledge.mentiontable`).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from domain.adjacency.rulebook import rule_book
from domain.citation import Article, Validity
from domain.errors import Unavailable
from domain.issues import issue_table
from knowledge.catalogue import HeldLaw
from knowledge.citing import Citing
from knowledge.mentions import mentioned_articles
from knowledge.mentiontable import MentionTable
from knowledge.names import law_key, public_name
from knowledge.output import STATUS_NAMES
from knowledge.starter import digest_rows
from knowledge.view import Holdings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citer:
    """One thing that cites an article.

    Attributes:
        kind: `issue`, `rule`, `superior`, `precedent`, `evidence`, `law` or `case`.
        id: Its id in its table, or the document.
        name: What people call it.
        place: Where in it: the article that cites, the body of a way up; may be empty.
        flag: What is wrong since it was written, in Chinese; empty while nothing is.
    """

    kind: str
    id: str
    name: str
    place: str = ""
    flag: str = ""

    def to_json(self) -> dict[str, str]:
        """One row."""
        return {"kind": self.kind, "id": self.id, "name": self.name, "place": self.place, "flag": self.flag}


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedBy:
    """An article as it stands on a day, and all that cites it."""

    article: Article
    flag: str
    citers: tuple[Citer, ...]

    def to_json(self) -> dict[str, Any]:
        """The answer for programs."""
        return {
            "law": public_name(self.article.law),
            "article": self.article.number,
            "version_date": f"{self.article.version_date or ''}",
            "text_sha256": self.article.text_sha256,
            "status": self.article.status.value,
            "flag": self.flag,
            "citers": [citer.to_json() for citer in self.citers],
        }


class Citations:
    """Answers who cites an article. Safe to use from several threads."""

    def __init__(self, holdings: Holdings, citing: Citing, cache_folder: Path) -> None:
        self._holdings = holdings
        self._citing = citing
        self._table = MentionTable(holdings.store, cache_folder)

    def cited_by(self, law: str, article: str, *, as_of: date | None = None) -> CitedBy:
        """Everything that cites an article; each is flagged when the article has changed or ended since.

        Args:
            law: Any spelling of the name.
            article: Any spelling of the number; paragraphs and items count as their article.
            as_of: Day on which the article is looked at; None for today.

        Raises:
            LawNotFound: No such law.
            ArticleNotFound: No such article.
        """
        day = as_of or self._holdings.today()
        found = self._citing.cite(law, article, as_of=day)
        flag = ended(found)
        tables = [(citer, _since_packaged(found)) for citer in _table_citers(found)]
        texts = [(citer, "") for citer in self._text_citers(found, day)]
        marked = [
            Citer(kind=one.kind, id=one.id, name=one.name, place=one.place, flag=one.flag or flag or since)
            for one, since in [*tables, *texts]
        ]
        return CitedBy(article=found, flag=flag, citers=tuple(marked))

    def catch_up(self) -> None:
        """Read what was loaded since, so that nobody who asks waits for it; without it the next answer does."""
        try:
            self._table.catch_up(self._holdings.look().version)
        except Unavailable as error:
            _log.warning("the table of citations is not up to date: %s", error.message)

    def _text_citers(self, article: Article, day: date) -> Iterator[Citer]:
        view = self._holdings.look()
        for doc_id, place in self._table.places(view.version, public_name(article.law), article.number):
            held = view.catalogue.by_doc.get(doc_id)
            if held is None:
                yield Citer(kind="case", id=doc_id, name=place)
            elif not (held.law == article.law and place == article.number) and not _gone(held, day):
                yield Citer(kind="law", id=doc_id, name=public_name(held.law), place=place)


def ended(article: Article) -> str:
    """What has become of an article, in Chinese; empty while it is in force."""
    if article.status is Validity.IN_FORCE:
        return ""
    after = f"，现为{article.superseded_by}" if article.superseded_by else ""
    return f"所引条文{STATUS_NAMES[article.status]}{after}"


def changed_since(article: Article, *, version_date: str, text_sha256: str) -> str:
    """What has changed since somebody cited the article in a version, in Chinese; empty when nothing has."""
    if text_sha256 and not article.text_sha256.startswith(text_sha256.lower()):
        return f"条文文字已变：引用的是 {version_date or '未注明'} 版本，现为 {article.version_date or '未标日期'} 版本"
    if version_date and version_date != f"{article.version_date or ''}":
        return f"版本已变（本条文字未变）：引用的是 {version_date} 版本，现为 {article.version_date or '未标日期'} 版本"
    return ended(article)


def _table_citers(article: Article) -> Iterator[Citer]:
    """What the domain's own tables say of an article."""
    wanted = law_key(article.law), article.number
    for issue in issue_table().values():
        if any((law_key(law), label) == wanted for law, label, _ in issue.basis):
            yield Citer(kind="issue", id=issue.id, name=issue.name)
    book = rule_book()
    rules = [rule for rule in book.rules if any((law_key(law), label) == wanted for law, label in rule.basis)]
    yield from (Citer(kind="rule", id=rule.id, name=rule.name) for rule in rules)
    for superior in book.superiors:
        for step in superior.steps:
            if step.law and (law_key(step.law), step.article) == wanted:
                yield Citer(kind="superior", id=superior.dispute, name="升级途径", place=step.body)
    ids = {rule.id for rule in rules}
    for precedent in book.precedents:
        through = [rule for rule in precedent.rules if rule in ids]
        if through:
            yield Citer(kind="precedent", id=precedent.id, name=precedent.title, place="、".join(through))
    keys = law_key(public_name(article.law)), article.number
    for key, text in book.evidence.items():
        if keys in set(mentioned_articles(text)):
            yield Citer(kind="evidence", id=key, name=text)


def _since_packaged(article: Article) -> str:
    """Whether the text is another than the one that the tables were checked against."""
    checked = _checked().get((law_key(article.law), article.number))
    if checked is None:
        return ""
    return changed_since(article, version_date=checked[0], text_sha256=checked[1])


@cache
def _checked() -> dict[tuple[str, str], tuple[str, str]]:
    return {(law_key(row["law"]), row["article"]): (row["version_date"], row["sha256"]) for row in digest_rows()}


def _gone(held: HeldLaw, day: date) -> bool:
    """Texts that no longer hold cite nothing that matters."""
    return held.on(day).status in {Validity.REPEALED, Validity.SUPERSEDED}

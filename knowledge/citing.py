"""Article-level citations: found by any spelling, with their validity on a day, and checked before they leave."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date

from domain.citation import Article, Citation, Validity
from domain.errors import ArticleNotFound, NotFound
from knowledge.catalogue import HeldLaw, named_version, version_for
from knowledge.locator import Locator, part_text, read_locator
from knowledge.names import public_name
from knowledge.numerals import article_heading, label_key
from knowledge.structure import article_parts
from knowledge.timeline import unheld_note
from knowledge.validity import renaming_note
from knowledge.view import Holdings, View

HASH_DIGITS = 16
"""Hex digits of a text's SHA-256 that a citation carries at least, if it carries any: fewer could match by chance."""

_HASH = re.compile(rf"^[0-9a-f]{{{HASH_DIGITS},64}}$")
_OVER = {Validity.NOT_YET, Validity.REPEALED, Validity.SUPERSEDED}
_SPELLINGS = "条号写作 13、第十三条、13条或 120-1；款、项写作第十三条第二款第（三）项或 13.2.3。"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedPart(Article):
    """An article of which one paragraph, item or point was asked for.

    `part` is 第二款第（三）项; `part_text` its words, empty where only a digest of the article is held.
    """

    part: str
    part_text: str


class Citing:
    """Finds and checks articles of what the base holds."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        """The article as it stood on `as_of` (None: newest version; its status is that of today).

        Args:
            law: Any spelling of the name: full, without 中华人民共和国, short (渝市容条例), 民法典 for all its books; a
                version behind it (公司法(2018)) asks for that version.
            article: Any spelling of the number: `13`, `第十三条`, `13条`, `120-1`; with a paragraph and an item
                (第十三条第二款第（三）项, `13.2.3`) a `CitedPart` is given.
            as_of: Day on which it must hold.

        Raises:
            LawNotFound: No such law; carries the nearest names.
            ArticleNotFound: No such article, paragraph or item; carries the nearest ones.
        """
        view = self._holdings.look()
        families = view.catalogue.find(law)
        locator = _locator(article)
        named = named_version(law)
        chosen = [version_for(versions, as_of, named) for versions in families]
        day = as_of or self._holdings.today()
        for held in chosen:
            found = self._holdings.article(view, held, locator.article, day)
            if found is not None:
                return _part(_remarked(found, view, held, day), locator)
        raise self._no_article(view, chosen, locator.article)

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        """Faults of a citation on that day, in Chinese; empty when it holds.

        A complete citation carries law, article, version date and the SHA-256 of the official text (at least its first
        16 hex digits); what it leaves empty is not checked, so only a complete one is bound to a text.
        """
        try:
            article = self.cite(citation.law, citation.article, as_of=as_of)
        except NotFound as error:
            return [error.message]
        label = f"《{public_name(citation.law)}》{_locator(citation.article).heading}"
        faults = [_version_fault(citation, article), _validity_fault(citation, article), _text_fault(citation, article)]
        return [f"{label}：{fault}" for fault in faults if fault]

    def neighbours(self, article: Article, *, as_of: date) -> list[Article]:
        """All articles of the same version of the same law, the article included, in order."""
        view = self._holdings.look()
        for versions in view.catalogue.find(article.law):
            for held in versions:
                same = held.version_date == article.version_date and held.digest == article.digest
                if same and article.number in self._holdings.labels(view, held.doc_id):
                    return self._holdings.articles(view, held, as_of)
        return [article]

    def _no_article(self, view: View, chosen: Sequence[HeldLaw], label: str) -> ArticleNotFound:
        law = public_name(chosen[0].law)
        labels = sorted({one for held in chosen for one in self._holdings.labels(view, held.doc_id)}, key=label_key)
        main, sub = label_key(label)
        nearest = sorted(
            labels, key=lambda one: (abs(label_key(one)[0] - main), abs(label_key(one)[1] - sub), label_key(one))
        )
        nearest = sorted(nearest[:5], key=label_key)
        heading = article_heading(label) if main <= 9999 else f"第{label}条"
        digest = all(held.digest for held in chosen)
        message = f"《{law}》没有{heading}。"
        if digest:
            message = f"知识库只有《{law}》部分条文的摘要，其中没有{heading}。"
        hint = f"最接近的是第 {'、'.join(nearest)} 条。" if nearest else ""
        return ArticleNotFound(message, hint + ("导入该法规全文后可查全部条文。" if digest else ""), nearest=nearest)


def _locator(text: str) -> Locator:
    """Raises ArticleNotFound when the text names no place in a law."""
    try:
        return read_locator(text)
    except ValueError:
        raise ArticleNotFound(f"“{str(text)[:20]}”不是条号。", _SPELLINGS, nearest=()) from None


def _remarked(article: Article, view: View, held: HeldLaw, day: date) -> Article:
    """The article with what a reader must also know: that another text applies, or that districts changed."""
    notes = [
        article.status_note,
        renaming_note(article.text, held.region, day),
        unheld_note(view.catalogue, held, day),
    ]
    said = "；".join(note for note in notes if note)
    return article if said == article.status_note else replace(article, status_note=said)


def _part(article: Article, locator: Locator) -> Article:
    """The paragraph or item of the article that is meant, if one is."""
    if locator.whole:
        return article
    plain = {item.name: getattr(article, item.name) for item in fields(Article)}
    if article.digest:
        plain["status_note"] = "；".join(filter(None, (article.status_note, "只有该条摘要，款、项未能核对")))
        return CitedPart(**plain, part=locator.part, part_text="")
    text = part_text(article.text, locator)
    if text is None:
        heading = article_heading(article.number)
        parts = article_parts(article.text)
        items = sum(1 for part in parts if part.item and not part.subitem)
        has = f"{heading}共 {parts[-1].paragraph} 款" + (f"、{items} 项" if items else "") + "。"
        raise ArticleNotFound(f"《{public_name(article.law)}》没有{locator.heading}。", has, nearest=(article.number,))
    return CitedPart(**plain, part=locator.part, part_text=text)


def _version_fault(citation: Citation, article: Article) -> str:
    actual = f"{article.version_date or ''}"
    if not citation.version_date or citation.version_date == actual:
        return ""
    return f"引用的是 {citation.version_date} 版本，当日对应的是 {actual or '无日期'} 版本。"


def _validity_fault(citation: Citation, article: Article) -> str:
    if article.status in _OVER:
        reason = {
            Validity.NOT_YET: f"自 {article.effective_date} 起施行，当日尚未施行",
            Validity.REPEALED: "当日已废止",
            Validity.SUPERSEDED: "当日已被新版本取代",
        }[article.status]
        after = f"，现为{article.superseded_by}" if article.superseded_by else ""
        return f"{reason}{after}。"
    if article.status is Validity.UNKNOWN and citation.status is Validity.IN_FORCE:
        return f"效力未核实，不得标为有效。{article.status_note}"
    if citation.status not in {article.status, Validity.UNKNOWN}:
        return "标注的效力与当日实际效力不符。"
    return ""


def _text_fault(citation: Citation, article: Article) -> str:
    given = citation.text_sha256.strip().lower()
    if given and not (_HASH.match(given) and article.text_sha256.startswith(given)):
        return "条文校验值不符，引用的不是这一版本的原文。"
    if article.digest and not citation.digest:
        return "知识库只有摘要，不得当作原文引用。"
    return ""

"""Article-level citations: found by any spelling, with their validity on a day, and checked before they leave."""

from collections.abc import Sequence
from datetime import date

from domain.citation import Article, Citation, Validity
from domain.errors import ArticleNotFound, NotFound
from knowledge.catalogue import version_for
from knowledge.names import public_name
from knowledge.numerals import article_heading, article_label, label_key
from knowledge.view import Holdings


class Citing:
    """Finds and checks articles of what the base holds."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        """The article as it stood on `as_of` (None: newest version; its status is that of today).

        Args:
            law: Any spelling of the name: full, without 中华人民共和国, short (渝市容条例), 民法典 for all its books.
            article: Any spelling of the number: `13`, `第十三条`, `13条`, `120-1`.
            as_of: Day on which it must hold.

        Raises:
            LawNotFound: No such law; carries the nearest names.
            ArticleNotFound: No such article; carries the nearest ones.
        """
        view = self._holdings.look()
        families = view.catalogue.find(law)
        name = public_name(families[0][0].law)
        try:
            label = article_label(article)
        except ValueError:
            raise ArticleNotFound(
                f"“{str(article)[:20]}”不是条号。", "条号写作 13、第十三条、13条或 120-1。", nearest=()
            ) from None
        chosen = [version_for(versions, as_of) for versions in families]
        for held in chosen:
            if label in self._holdings.labels(view, held.doc_id):
                return self._holdings.article(view, held, label, as_of or self._holdings.today())
        labels = sorted({one for held in chosen for one in self._holdings.labels(view, held.doc_id)}, key=label_key)
        raise _no_article(name, label, labels, digest=all(held.digest for held in chosen))

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        """Faults of a citation on that day, in Chinese; empty when it holds."""
        try:
            article = self.cite(citation.law, citation.article, as_of=as_of)
        except NotFound as error:
            return [error.message]
        faults = []
        actual = f"{article.version_date or ''}"
        if citation.version_date and citation.version_date != actual:
            faults.append(
                f"{citation.label}：引用的是 {citation.version_date} 版本，当日对应的是 {actual or '无日期'} 版本。"
            )
        if article.status in {Validity.NOT_YET, Validity.REPEALED, Validity.SUPERSEDED}:
            reason = {
                Validity.NOT_YET: f"自 {article.effective_date} 起施行，当日尚未施行",
                Validity.REPEALED: "当日已废止",
                Validity.SUPERSEDED: "当日已被新版本取代",
            }[article.status]
            after = f"，现为{article.superseded_by}" if article.superseded_by else ""
            faults.append(f"{citation.label}：{reason}{after}。")
        elif article.status is Validity.UNKNOWN and citation.status is Validity.IN_FORCE:
            faults.append(f"{citation.label}：效力未核实，不得标为有效。{article.status_note}")
        elif citation.status not in {article.status, Validity.UNKNOWN}:
            faults.append(f"{citation.label}：标注的效力与当日实际效力不符。")
        if citation.text_sha256 and not article.text_sha256.startswith(citation.text_sha256):
            faults.append(f"{citation.label}：条文校验值不符，引用的不是这一版本的原文。")
        if article.digest and not citation.digest:
            faults.append(f"{citation.label}：知识库只有摘要，不得当作原文引用。")
        return faults


def _no_article(law: str, label: str, labels: Sequence[str], *, digest: bool) -> ArticleNotFound:
    main, sub = label_key(label)
    nearest = sorted(
        labels, key=lambda one: (abs(label_key(one)[0] - main), abs(label_key(one)[1] - sub), label_key(one))
    )
    nearest = sorted(nearest[:5], key=label_key)
    heading = article_heading(label) if main <= 9999 else f"第{label}条"
    message = f"《{law}》没有{heading}。"
    if digest:
        message = f"知识库只有《{law}》部分条文的摘要，其中没有{heading}。"
    hint = f"最接近的是第 {'、'.join(nearest)} 条。" if nearest else ""
    return ArticleNotFound(message, hint + ("导入该法规全文后可查全部条文。" if digest else ""), nearest=nearest)

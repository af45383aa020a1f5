"""Whether a citation holds and supports what is claimed: it exists, it is valid on the day, it says so (引用核验)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from typing_extensions import TypedDict, Unpack

from domain.citation import Article, Citation, Validity
from domain.errors import EmptyText, NotFound
from knowledge.citing import CitedPart, Citing
from knowledge.names import public_name
from knowledge.output import DIGEST_MARK, STATUS_NAMES, citation_label
from knowledge.searching import Searching
from knowledge.support import Judge, Stance, Support, Text

RIVALS = 10
"""Best passages of the base that an article is compared with."""

STANCE_NAMES = {
    Stance.SUPPORTS: "支持",
    Stance.CONTRADICTS: "相矛盾",
    Stance.NOT_FOUND: "未见依据",
    Stance.UNSURE: "不能确定",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimVerdict:
    """What is to be thought of a claim that rests on an article.

    Attributes:
        label: The place cited, as people write it.
        exists: The article is held, in the version of the day.
        valid: It is in force on the day (or its validity is not known and the citation says no more).
        faults: Whatever is wrong with the citation as such, in Chinese: absent, another version, another text,
            not in force, a digest passed as the text.
        support: Whether the article says what is claimed; None when there is no article, or nothing is claimed.
        article: The article, if there is one.
    """

    label: str
    claim: str
    as_of: date
    exists: bool
    valid: bool
    faults: tuple[str, ...]
    support: Support | None
    article: Article | None

    @property
    def stance(self) -> Stance | None:
        """`not_found` when there is no article at all; None when nothing was claimed."""
        if self.support is not None:
            return self.support.stance
        return Stance.NOT_FOUND if self.claim and not self.exists else None

    @property
    def holds(self) -> bool:
        """The citation has no fault and the article supports the claim; `unsure` is for a person to decide."""
        return not self.faults and (not self.claim or self.stance is Stance.SUPPORTS)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Faults first, then what speaks for and against support."""
        return (*self.faults, *(self.support.reasons if self.support else ()))

    def to_json(self) -> dict[str, Any]:
        """The verdict for programs."""
        better = self.support.better if self.support else None
        return {
            "label": self.label,
            "claim": self.claim,
            "as_of": self.as_of.isoformat(),
            "holds": self.holds,
            "exists": self.exists,
            "valid": self.valid,
            "stance": self.stance.value if self.stance else "",
            "faults": list(self.faults),
            "reasons": list(self.reasons),
            "score": self.support.score if self.support else 0.0,
            "scores": dict(self.support.scores) if self.support else {},
            "better": {"law": better.law, "article": better.article} if better else None,
            "version_date": f"{self.article.version_date or ''}" if self.article else "",
            "status": self.article.status.value if self.article else "",
            "status_note": self.article.status_note if self.article else "",
            "text_sha256": self.article.text_sha256 if self.article else "",
            "digest": bool(self.article and self.article.digest),
        }

    def lines(self) -> list[str]:
        """The verdict for people, in Chinese."""
        state = f"，{STATUS_NAMES[self.article.status]}" if self.article else ""
        head = f"{self.label}（{self.as_of.isoformat()}{state}）：{'成立' if self.holds else '不成立'}"
        said = [f"条文与论断：{STANCE_NAMES[self.stance]}"] if self.stance else []
        note = self.article.status_note if self.article and self.article.status is Validity.UNKNOWN else ""
        told = [f"说明：{note}"] if note and not any(note in fault for fault in self.faults) else []
        return [head, *said, *told, *(f"  - {reason}" for reason in self.reasons)]


class Stated(TypedDict, total=False):
    """What a citation states besides law and article; what it leaves out is not checked.

    Attributes:
        version_date: ISO date of the version.
        text_sha256: Hash of the official text, at least its first 16 hex digits.
        status: Validity on the day.
        digest: It rests on a digest, and says so.
    """

    version_date: str
    text_sha256: str
    status: Validity
    digest: bool


class Verifying:
    """Checks claims against articles. Safe to use from several threads."""

    def __init__(self, citing: Citing, searching: Searching, judge: Judge) -> None:
        self._citing = citing
        self._searching = searching
        self._judge = judge

    def verify_claim(
        self, claim: str, law: str, article: str, *, as_of: date, **stated: Unpack[Stated]
    ) -> ClaimVerdict:
        """Whether a claim may rest on an article.

        Args:
            claim: One statement, a sentence or two.
            law: Any spelling of the name.
            article: Any spelling of the number, paragraph and item included.
            as_of: Day on which it must hold.
            stated: What else the citation states; see `Stated`.

        Raises:
            EmptyText: The claim is empty.
        """
        if not claim.strip():
            raise EmptyText("没有写论断。", "请写明要由该条支持的一句话。")
        return self.verify(law, article, as_of=as_of, claim=claim, **stated)

    def verify(self, law: str, article: str, *, as_of: date, claim: str = "", **stated: Unpack[Stated]) -> ClaimVerdict:
        """As `verify_claim`, or, without a claim, only whether the citation holds."""
        citation = Citation(
            law=law,
            article=article,
            version_date=stated.get("version_date", ""),
            status=stated.get("status", Validity.UNKNOWN),
            role="procedure",
            digest=stated.get("digest", False),
            text_sha256=stated.get("text_sha256", ""),
        )
        faults = tuple(self._citing.verify_citation(citation, as_of=as_of))
        claim = claim.strip()
        try:
            found = self._citing.cite(law, article, as_of=as_of)
        except NotFound:
            return ClaimVerdict(
                label=f"《{law.strip('《》')}》{article}",
                claim=claim,
                as_of=as_of,
                exists=False,
                valid=False,
                faults=faults,
                support=None,
                article=None,
            )
        return ClaimVerdict(
            label=citation_label(found),
            claim=claim,
            as_of=as_of,
            exists=True,
            valid=found.status in {Validity.IN_FORCE, Validity.UNKNOWN},
            faults=faults,
            support=self.supports(claim, found, as_of=as_of) if claim else None,
            article=found,
        )

    def supports(self, claim: str, article: Article, *, as_of: date) -> Support:
        """Whether the article (or the part of it that was asked for) says what is claimed."""
        return self._judge.judge(claim, *self.evidence(claim, article, as_of=as_of))

    def features(self, claim: str, law: str, article: str, *, as_of: date) -> tuple[dict[str, float], str]:
        """What the score of support is made of, by name, and the text compared; for fitting its weights."""
        target, others, elsewhere = self.evidence(claim, self._citing.cite(law, article, as_of=as_of), as_of=as_of)
        return self._judge.features(claim, target, others, elsewhere)[0], target.text

    def evidence(self, claim: str, article: Article, *, as_of: date) -> tuple[Text, tuple[Text, ...], tuple[Text, ...]]:
        """What a claim is compared with: the article, its law, and the best passages of the base."""
        part = article.part_text if isinstance(article, CitedPart) else ""
        target = _text(article.law, article.number, part or article.text)
        law = tuple(_text(one.law, one.number, one.text) for one in self._citing.neighbours(article, as_of=as_of))
        found = self._searching.search(claim, limit=RIVALS, as_of=as_of, region=article.region, kinds=("law",))
        elsewhere = tuple(
            _text(one.law, one.article, one.text) for one in found if one.article and one.digest <= article.digest
        )
        return target, law, elsewhere


def _text(law: str, article: str, text: str) -> Text:
    return Text(law=public_name(law), article=article, text=text.removeprefix(DIGEST_MARK))

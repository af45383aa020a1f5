"""What the command line and the API show of passages and articles: JSON of the contract, or Chinese lines."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.citation import Article, Citation, Validity
from knowledge.abstaining import Basis
from knowledge.citing import CitedPart
from knowledge.explaining import Why
from knowledge.passage import Passage

STATUS_NAMES: dict[Validity, str] = {
    Validity.IN_FORCE: "有效",
    Validity.NOT_YET: "尚未施行",
    Validity.REPEALED: "已废止",
    Validity.SUPERSEDED: "已被新版本取代",
    Validity.UNKNOWN: "效力未核实",
}
DIGEST_MARK = "【摘要】"


def shown(text: str, digest: bool) -> str:
    """The text, labelled when it is our summary and not the official wording."""
    return text if not digest or text.startswith(DIGEST_MARK) else DIGEST_MARK + text


def passage_json(passage: Passage) -> dict[str, Any]:
    """One search result of the contract."""
    return {
        "id": passage.id,
        "kind": passage.kind,
        "law": passage.law,
        "article": passage.article,
        "chapter": passage.chapter,
        "title": passage.title,
        "text": shown(passage.text, passage.digest),
        "digest": passage.digest,
        "score": round(passage.score, 6),
        "version_date": passage.version_date.isoformat() if passage.version_date else "",
        "status": passage.status.value,
        "status_note": passage.status_note,
        "region": passage.region,
        "source": passage.source,
    }


def results_json(
    passages: Sequence[Passage],
    basis: Basis | None = None,
    reasons: Sequence[Why] | None = None,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """`{"results": [...], "basis": {"found", "probability", "note"}, "notes": [...]}` of `lianzhi kb search`.

    Args:
        passages: What was found, best first.
        basis: Whether it is a basis for an answer; None leaves it out.
        reasons: One for each passage, as its `why`; None leaves them out.
        notes: What must be said of laws whose text of the day is not held.
    """
    rows = [passage_json(passage) for passage in passages]
    if reasons is not None:
        rows = [row | {"why": why.to_json()} for row, why in zip(rows, reasons, strict=True)]
    return {"results": rows, "notes": list(notes)} | ({"basis": basis.to_json()} if basis else {})


def passage_lines(passage: Passage, why: Why | None = None) -> list[str]:
    """For people: where it stands, its beginning, what must be said of its validity, and why it was found if given."""
    name = f"《{passage.law}》{article_name(passage.article)}" if passage.law else passage.title or passage.id
    state = f"（{version_name(passage.version_date)}，{STATUS_NAMES[passage.status]}）" if passage.law else ""
    text = shown(passage.text, passage.digest).replace("\n", " ")
    lines = [f"{name}{state}", f"    {text[:160]}{'…' if len(text) > 160 else ''}"]
    if passage.status is not Validity.IN_FORCE and passage.status_note:
        lines.append(f"    说明：{passage.status_note}")
    return [*lines, f"    〔{why.line()}〕"] if why else lines


def results_lines(
    passages: Sequence[Passage], basis: Basis, reasons: Sequence[Why] | None = None, notes: Sequence[str] = ()
) -> list[str]:
    """For people: that there is no basis if so, the notes, then each passage, with its reason if there are any."""
    told = reasons if reasons is not None else [None] * len(passages)
    lines = [line for passage, why in zip(passages, told, strict=True) for line in passage_lines(passage, why)]
    return [*([] if basis.found else [basis.why]), *(f"注意：{note}。" for note in notes), *lines]


def article_name(label: str) -> str:
    """`120-1` as 第120条之1."""
    if not label:
        return ""
    head, _, tail = label.partition("-")
    return f"第{head}条" + (f"之{tail}" if tail else "")


def version_name(version: date | None) -> str:
    """The version as people name it."""
    return f"{version.isoformat()} 版本" if version else "版本日期未标明"


def article_json(article: Article) -> dict[str, Any]:
    """`lianzhi kb cite` and `/knowledge/cite`."""
    part = article if isinstance(article, CitedPart) else None
    return {
        "law": article.law,
        "article": article.number,
        "label": citation_label(article),
        "part": part.part if part else "",
        "part_text": part.part_text if part else "",
        "chapter": article.chapter,
        "text": shown(article.text, article.digest),
        "digest": article.digest,
        "text_sha256": article.text_sha256,
        "version_date": article.version_date.isoformat() if article.version_date else "",
        "effective_date": article.effective_date.isoformat() if article.effective_date else "",
        "status": article.status.value,
        "status_note": article.status_note,
        "superseded_by": article.superseded_by,
        "level": article.level,
        "region": article.region,
        "source": article.source,
    }


def citation_label(article: Article) -> str:
    """《法名》第13条, with 第二款第（三）项 behind it where that was asked for."""
    label = Citation(
        law=article.law, article=article.number, version_date="", status=article.status, role="procedure"
    ).label
    return label + (article.part if isinstance(article, CitedPart) else "")


def article_lines(article: Article) -> list[str]:
    """The article for people: name, version and validity, then its text."""
    lines = [
        f"{citation_label(article)}（{version_name(article.version_date)}，{STATUS_NAMES[article.status]}）",
        shown((article.part_text if isinstance(article, CitedPart) else "") or article.text, article.digest),
    ]
    if article.status_note:
        lines.append(f"说明：{article.status_note}")
    if article.superseded_by:
        lines.append(f"现行版本：{article.superseded_by}")
    if article.digest:
        lines.append("以上为本系统自拟摘要，不是法规原文；导入法规全文后可查原文。")
    return lines

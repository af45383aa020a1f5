"""From the text of a file to a document: what kind it is, its passages, and what the store must remember of it."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from knowledge import law as law_text
from knowledge.cutting import part_labels, split_annex, split_article
from knowledge.document import (
    CASE,
    DOC,
    FAULTS_KEPT,
    KINDS,
    LAW,
    Corpus,
    content_id,
    kept_meta,
    mentions,
    passage_record,
    read_day,
    reading_of,
    version_of,
)
from knowledge.law import ParsedLaw, article_sha256, parse_law
from knowledge.lawbody import APPENDIX, ARTICLE, Section, count_heads
from knowledge.lawhead import level_of
from knowledge.names import public_name
from knowledge.papers import prose_document, rows_document, unit_faults
from knowledge.records import PassageRecord
from knowledge.screening import screen, screen_hidden
from knowledge.textunits import TextUnit, Unreadable

__all__ = [
    "CASE",
    "DOC",
    "KINDS",
    "LAW",
    "Corpus",
    "build_document",
    "content_id",
    "law_document",
    "mentions",
    "passage_record",
    "read_day",
    "version_of",
]

_CASE_FOLDERS = {"案例", "cases"}
_CASE_WORDS = re.compile(r"基本案情|裁判要旨|裁判结果|案例|先例|处置经过|办理结果")
_ROWS = {".csv", ".xlsx", ".jsonl"}


def build_document(path: Path, units: Sequence[TextUnit], *, kind: str | None, source: str) -> Corpus:
    """Make a document of the units read from one file.

    Args:
        path: The file; its folders and name say what it is.
        units: What was read; several only for tables and JSON lines.
        kind: `law`, `case` or `doc`; None decides by the content.
        source: Name under which the file is reported.

    Raises:
        Unreadable: If there is nothing in it to store: a law without a body, the sample of the layout.
    """
    if path.suffix.lower() in _ROWS:
        return rows_document(path.stem, units, kind=kind, source=source)
    unit = units[0]
    if kind == LAW or kind is None:
        parsed = parse_law(unit.text, path=path)
        if kind == LAW or _is_law(unit.text, parsed, path):
            return law_document(parsed, unit, source=source)
    chosen = kind or (CASE if _is_case(unit.text, path) else DOC)
    return prose_document(unit, path.stem, kind=chosen, source=source)


def law_document(parsed: ParsedLaw, unit: TextUnit, *, source: str) -> Corpus:
    """Document of a law: one passage an article, long ones in several; text outside articles keeps no number.

    Raises:
        Unreadable: If it has no body, or is the sample of the layout.
    """
    if not parsed.sections:
        raise Unreadable("stub", f"《{parsed.law}》只有标题和沿革，没有正文")
    if law_text.is_template(parsed):
        raise Unreadable("template", "法规排版示例")
    version = f"{parsed.version_date or ''}"
    doc_id = content_id(LAW, f"{parsed.law}\0{version}", unit.text)
    ocr = unit.meta.get("ocr", "")
    groups = _groups(parsed, doc_id, source, ocr)
    screened = screen(groups)
    title = public_name(parsed.law)
    count = sum(map(len, groups))
    unseen = screen_hidden(unit.hidden, doc_id, kind=LAW, title=title, source=source, first_ordinal=count)
    quarantine = (*screened.quarantine, *unseen)
    faults = (*parsed.faults, *unit_faults([unit]))[:FAULTS_KEPT]
    heads = _heads(parsed, unit.text)
    meta = {
        "kind": LAW,
        "title": parsed.title,
        "law": parsed.law,
        "version_date": version,
        "effective_date": f"{parsed.effective_date or ''}",
        "effective_basis": parsed.effective_basis,
        "level": parsed.level,
        "region": parsed.region,
        "digest": False,
        "source": source,
        "articles": len(parsed.articles),
        "heads": heads,
        "passages": len(screened.records),
        "repeals": list(parsed.repeals),
        "repeal_day": f"{parsed.repeal_day or ''}",
        "names": mentions(section.text for section in parsed.sections),
        "reading": reading_of(screened.records, quarantine, parsed.decided.names),
    }
    return Corpus(
        id=doc_id,
        kind=LAW,
        title=parsed.law,
        source=source,
        version=version_of(doc_id, meta | _decision(parsed)),
        records=screened.records,
        meta=meta | _decision(parsed) | ({"ocr": ocr} if ocr else {}) | kept_meta(quarantine, faults),
        articles=len(parsed.articles),
        heads=heads,
        faults=faults,
        quarantine=quarantine,
    )


def _decision(parsed: ParsedLaw) -> dict[str, Any]:
    """The part of the meta that only decisions about other laws have."""
    if not parsed.decided.amends:
        return {}
    passed = min((event.day for event in parsed.history if not event.is_start), default=parsed.version_date)
    return {"amends": list(parsed.decided.amends), "passed": f"{passed or ''}"}


def _heads(parsed: ParsedLaw, text: str) -> int:
    """Articles counted without the parser, corrected by what it says of itself."""
    kinds = Counter(fault.code for fault in parsed.faults)
    heads = count_heads(text.split("INFO END", 1)[-1])
    return heads + kinds["misprinted_number"] - kinds["quoted_article"] - kinds["out_of_order"]


def _is_law(text: str, parsed: ParsedLaw, path: Path) -> bool:
    if any(part in _CASE_FOLDERS for part in path.parts):
        return False
    numbers = list(parsed.articles)
    if len(numbers) >= 2 and "out_of_order" not in {fault.code for fault in parsed.faults}:
        return True
    if parsed.version_date and parsed.decided.names:
        return True
    return "INFO END" in text and bool(level_of(path, parsed.law))


def _is_case(text: str, path: Path) -> bool:
    return any(part in _CASE_FOLDERS for part in path.parts) or bool(_CASE_WORDS.search(text[:2000]))


def _groups(parsed: ParsedLaw, doc_id: str, source: str, ocr: str) -> list[list[PassageRecord]]:
    """Passages section by section; a piece of a long article says with which 款 or 项 it begins."""
    groups: list[list[PassageRecord]] = []
    ordinal = 0
    for section in parsed.sections:
        pieces = split_annex(section.text) if section.kind == APPENDIX else split_article(section.text)
        labels = part_labels(section.text, pieces) if section.kind == ARTICLE else [""] * len(pieces)
        group = []
        for piece, label in zip(pieces, labels, strict=True):
            meta = {} if section.kind == ARTICLE else {"section": section.kind}
            meta |= ({"part": label} if label else {}) | ({"ocr": ocr} if ocr else {})
            group.append(_law_record(parsed, section, piece, doc_id, ordinal, source, meta))
            ordinal += 1
        groups.append(group)
    return groups


def _law_record(
    parsed: ParsedLaw, section: Section, piece: str, doc_id: str, ordinal: int, source: str, meta: dict[str, str]
) -> PassageRecord:
    return passage_record(
        doc_id,
        ordinal,
        kind=LAW,
        text=piece,
        title=public_name(parsed.law),
        chapter=section.chapter,
        region=parsed.region,
        source=source,
        law=parsed.law,
        article=section.number if section.kind == ARTICLE else "",
        text_sha256=article_sha256(section.text),
        version_date=parsed.version_date,
        effective_date=parsed.effective_date,
        level=parsed.level,
        meta=meta,
    )

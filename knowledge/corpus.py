"""From the text of a file to a document: what kind it is, its passages, and what the store must remember of it."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict, Unpack

from knowledge import law as law_text
from knowledge.law import ParsedLaw, article_sha256, parse_law
from knowledge.lawbody import ARTICLE, Fault, Section, count_heads
from knowledge.lawhead import level_of, region_of
from knowledge.names import canonical_name, law_key, public_name
from knowledge.records import PassageRecord
from knowledge.textunits import TextUnit, Unreadable
from knowledge.validity import LawVersion

LAW, CASE, DOC = "law", "case", "doc"
KINDS = (LAW, CASE, DOC)

ARTICLE_CHARS = 1000
"""Articles longer than this are stored as several passages, cut between paragraphs (款)."""

_CASE_FOLDERS = {"案例", "cases"}
_CASE_WORDS = re.compile(r"基本案情|裁判要旨|裁判结果|案例|先例|处置经过|办理结果")
_MENTION = re.compile(r"[《〈]([^《》〈〉]{2,60})[》〉]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """One document ready for the store.

    Attributes:
        id: SHA-256 over kind, name and normalised content: the same text in two folders is one document.
        version: What validity needs, for laws; None for other kinds.
        records: Passages in order; expiry is not filled in yet.
        meta: What the store keeps beside them (JSON-like).
        articles: Articles found by the parser; `heads` counts them independently of it.
        faults: What is wrong with the text, by code.
    """

    id: str
    kind: str
    title: str
    source: str
    version: LawVersion | None
    records: tuple[PassageRecord, ...]
    meta: Mapping[str, Any]
    articles: int = 0
    heads: int = 0
    faults: tuple[Fault, ...] = ()


class _Fields(TypedDict, total=False):
    """Fields of a passage beyond its place and text."""

    law: str
    article: str
    chapter: str
    digest: bool
    text_sha256: str
    version_date: date | None
    effective_date: date | None
    level: str
    region: str
    source: str
    meta: dict[str, str]


def content_id(kind: str, name: str, text: str) -> str:
    """Id of a document: blanks and widths of letters do not count, everything else does."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    return hashlib.sha256(f"{kind}\0{name}\0{plain}".encode()).hexdigest()


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
    if path.suffix.lower() in {".csv", ".xlsx", ".jsonl"}:
        return rows_document(path.stem, units, kind=kind, source=source)
    unit = units[0]
    if kind == LAW or kind is None:
        parsed = parse_law(unit.text, path=path)
        if kind == LAW or _is_law(unit.text, parsed, path):
            return law_document(parsed, unit.text, source=source)
    chosen = kind or (CASE if _is_case(unit.text, path) else DOC)
    return prose_document(unit, path.stem, kind=chosen, source=source)


def law_document(parsed: ParsedLaw, text: str, *, source: str) -> Corpus:
    """Document of a law: one passage an article, long ones in several; text outside articles keeps no number.

    Raises:
        Unreadable: If it has no body, or is the sample of the layout.
    """
    if not parsed.sections:
        raise Unreadable("stub", f"《{parsed.law}》只有标题和沿革，没有正文")
    if law_text.is_template(parsed):
        raise Unreadable("template", "法规排版示例")
    version = f"{parsed.version_date or ''}"
    doc_id = content_id(LAW, f"{parsed.law}\0{version}", text)
    records: list[PassageRecord] = []
    for section in parsed.sections:
        for piece in split_article(section.text):
            records.append(_law_record(parsed, section, piece, doc_id, len(records), source))
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
        "passages": len(records),
        "repeals": list(parsed.repeals),
        "repeal_day": f"{parsed.repeal_day or ''}",
        "names": mentions(section.text for section in parsed.sections),
    }
    kinds = Counter(fault.code for fault in parsed.faults)
    heads = count_heads(text.split("INFO END", 1)[-1])
    heads += kinds["misprinted_number"] - kinds["quoted_article"] - kinds["out_of_order"]
    return Corpus(
        id=doc_id,
        kind=LAW,
        title=parsed.law,
        source=source,
        version=version_of(doc_id, meta),
        records=tuple(records),
        meta=meta,
        articles=len(parsed.articles),
        heads=heads,
        faults=parsed.faults,
    )


def prose_document(unit: TextUnit, stem: str, *, kind: str, source: str) -> Corpus:
    """Document of a case or a paper: passages of about half a page, each under its heading.

    Raises:
        Unreadable: If there is no text but headings.
    """
    from knowledge.filereaders import split_prose  # LlamaIndex: seconds to import, needed by ingest alone

    title, blocks = _outline(unit.text, unit.meta.get("title", "") or stem)
    doc_id = content_id(kind, title, unit.text)
    region = region_of(None, title)
    records = [
        passage_record(doc_id, index, kind=kind, text=piece, title=title, chapter=chapter, region=region, source=source)
        for index, (chapter, piece) in enumerate(
            (chapter, piece) for chapter, text in blocks for piece in split_prose(text)
        )
    ]
    if not records:
        raise Unreadable("empty", "文件中没有正文")
    meta = {"kind": kind, "title": title, "region": region, "source": source, "passages": len(records)}
    return Corpus(id=doc_id, kind=kind, title=title, source=source, version=None, records=tuple(records), meta=meta)


def rows_document(stem: str, units: Sequence[TextUnit], *, kind: str | None, source: str) -> Corpus:
    """Document of a table or of JSON lines: one passage a row; faulty lines are reported and left out.

    Raises:
        Unreadable: If no row has text.
    """
    good = [unit for unit in units if unit.text.strip() and not unit.meta.get("fault")]
    if not good:
        raise Unreadable("empty", "表格中没有内容")
    chosen = kind or CASE
    doc_id = content_id(chosen, stem, "\n".join(unit.text for unit in good))
    records = [_row_record(unit, doc_id, index, chosen, stem, source) for index, unit in enumerate(good)]
    meta = {"kind": chosen, "title": stem, "source": source, "passages": len(records)}
    faults = tuple(
        Fault(code="bad_row", detail=unit.meta["fault"], line=int(unit.meta.get("row", "0")))
        for unit in units
        if unit.meta.get("fault")
    )
    return Corpus(
        id=doc_id,
        kind=chosen,
        title=stem,
        source=source,
        version=None,
        records=tuple(records),
        meta=meta,
        faults=faults,
    )


def split_article(text: str) -> list[str]:
    """Pieces of at most `ARTICLE_CHARS`, cut between paragraphs, else between sentences; joined they are the text."""
    if len(text) <= ARTICLE_CHARS:
        return [text]
    pieces: list[str] = []
    for part in re.split(r"(?<=\n)", text):
        for sentence in [part] if len(part) <= ARTICLE_CHARS else re.split(r"(?<=[。；！？])", part):
            if pieces and len(pieces[-1]) + len(sentence) <= ARTICLE_CHARS:
                pieces[-1] += sentence
            else:
                pieces.append(sentence)
    return [piece for piece in pieces if piece]


def version_of(doc_id: str, meta: Mapping[str, Any]) -> LawVersion | None:
    """The version a stored document stands for; None when it is no law."""
    if meta.get("kind") != LAW or not meta.get("law"):
        return None
    return LawVersion(
        id=doc_id,
        law=meta["law"],
        version_date=read_day(meta.get("version_date")),
        effective_date=read_day(meta.get("effective_date")),
        repeals=tuple(meta.get("repeals", ())),
        repeal_day=read_day(meta.get("repeal_day")),
    )


def mentions(texts: Iterable[str]) -> dict[str, int]:
    """How often other laws are named in book marks, by law key; the corpus' own measure of authority."""
    counted = Counter(law_key(name) for text in texts for name in _MENTION.findall(text))
    return dict(sorted(counted.items()))


def read_day(text: str | None) -> date | None:
    """A date kept as ISO text, empty for none."""
    return date.fromisoformat(text) if text else None


def _is_law(text: str, parsed: ParsedLaw, path: Path) -> bool:
    if any(part in _CASE_FOLDERS for part in path.parts):
        return False
    numbers = list(parsed.articles)
    if len(numbers) >= 2 and "out_of_order" not in {fault.code for fault in parsed.faults}:
        return True
    return "INFO END" in text and bool(level_of(path, parsed.law))


def _is_case(text: str, path: Path) -> bool:
    return any(part in _CASE_FOLDERS for part in path.parts) or bool(_CASE_WORDS.search(text[:2000]))


def _law_record(
    parsed: ParsedLaw, section: Section, piece: str, doc_id: str, ordinal: int, source: str
) -> PassageRecord:
    article = section.number if section.kind == ARTICLE else ""
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
        article=article,
        text_sha256=article_sha256(section.text),
        version_date=parsed.version_date,
        effective_date=parsed.effective_date,
        level=parsed.level,
        meta={} if article else {"section": section.kind},
    )


def _row_record(unit: TextUnit, doc_id: str, ordinal: int, kind: str, stem: str, source: str) -> PassageRecord:
    meta = {key: value for key, value in unit.meta.items() if key not in {"title", "law", "article", "region", "kind"}}
    return passage_record(
        doc_id,
        ordinal,
        kind=kind,
        text=unit.text,
        title=unit.meta.get("title", "") or stem,
        region=unit.meta.get("region", ""),
        source=source,
        law=canonical_name(unit.meta["law"]) if unit.meta.get("law") else "",
        meta=meta,
    )


def passage_record(
    doc_id: str, ordinal: int, *, kind: str, text: str, title: str, **fields: Unpack[_Fields]
) -> PassageRecord:
    """A passage with its content-addressed id."""
    return PassageRecord(
        id=hashlib.sha256(f"{doc_id}\0{ordinal}\0{text}".encode()).hexdigest()[:32],
        doc_id=doc_id,
        kind=kind,
        text=text,
        ordinal=ordinal,
        title=title,
        **fields,
    )


def _outline(text: str, fallback: str) -> tuple[str, list[tuple[str, str]]]:
    """Title and (heading path, text) blocks of a paper with `#` headings."""
    title = ""
    path: list[tuple[int, str]] = []
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).split("\n"):
        found = re.match(r"^(#{1,6})\s+(.+?)\s*$", line)
        if found is None:
            blocks[-1][1].append(line)
            continue
        depth, heading = len(found[1]), found[2]
        if not title and depth == 1:
            title = heading
            continue
        path = [*(entry for entry in path if entry[0] < depth), (depth, heading)]
        blocks.append(("/".join(name for _, name in path), []))
    kept = [(chapter, "\n".join(lines).strip()) for chapter, lines in blocks]
    return title or fallback, [(chapter, body) for chapter, body in kept if body]

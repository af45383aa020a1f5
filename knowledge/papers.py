"""Documents that are no law: cases and papers in prose, and tables or JSON lines of cases."""

import re
from collections.abc import Sequence
from typing import Any

from knowledge.casefields import FIELDS, prose_fields
from knowledge.cutting import split_rows, table_blocks
from knowledge.document import CASE, FAULTS_KEPT, Corpus, content_id, kept_meta, passage_record, reading_of
from knowledge.lawbody import Fault
from knowledge.lawhead import region_of
from knowledge.names import canonical_name
from knowledge.records import PassageRecord
from knowledge.screening import screen, screen_hidden
from knowledge.textunits import TextUnit, Unreadable

_OWN_FIELDS = {"title", "law", "article", "region", "kind", "pages_unread"}


def prose_document(unit: TextUnit, stem: str, *, kind: str, source: str) -> Corpus:
    """Document of a case or a paper: passages of about half a page, each under its heading.

    The first passage of a case carries its fields (`knowledge.casefields`).

    Raises:
        Unreadable: If there is no text but headings, and nothing hidden either.
    """
    title, blocks = _outline(unit.text, unit.meta.get("title", "") or stem)
    doc_id = content_id(kind, title, unit.text)
    region = region_of(None, title)
    common = {"ocr": unit.meta["ocr"]} if unit.meta.get("ocr") else {}
    fields = prose_fields(blocks) if kind == CASE else {}
    records = [
        passage_record(
            doc_id,
            index,
            kind=kind,
            text=piece,
            title=title,
            chapter=chapter,
            region=region,
            source=source,
            meta=common if index else {**common, **fields},
        )
        for index, (chapter, piece) in enumerate((chapter, piece) for chapter, text in blocks for piece in _cut(text))
    ]
    meta = {"kind": kind, "title": title, "region": region, "source": source, **common, **fields}
    return _corpus(doc_id, meta, [[record] for record in records], [unit], flowing=True)


def rows_document(stem: str, units: Sequence[TextUnit], *, kind: str | None, source: str) -> Corpus:
    """Document of a table or of JSON lines: one passage a row; faulty lines are reported and left out.

    Raises:
        Unreadable: If no row has text.
    """
    good = [unit for unit in units if unit.text.strip() and not unit.meta.get("fault")]
    chosen = kind or CASE
    doc_id = content_id(chosen, stem, "\n".join(unit.text for unit in good))
    records = [_row_record(unit, doc_id, index, chosen, stem, source) for index, unit in enumerate(good)]
    meta = {"kind": chosen, "title": stem, "source": source}
    return _corpus(doc_id, meta, [[record] for record in records], units, flowing=False)


def unit_faults(units: Sequence[TextUnit]) -> list[Fault]:
    """What the reader could not read: rows of a table, pages of a scan."""
    rows = [
        Fault(code="bad_row", detail=unit.meta["fault"], line=int(unit.meta.get("row", "0")))
        for unit in units
        if unit.meta.get("fault")
    ]
    pages = [Fault(code="pages_unread", detail=found) for unit in units if (found := unit.meta.get("pages_unread"))]
    return rows + pages


def _corpus(
    doc_id: str,
    meta: dict[str, Any],
    groups: Sequence[Sequence[PassageRecord]],
    units: Sequence[TextUnit],
    *,
    flowing: bool,
) -> Corpus:
    kind, title, source = meta["kind"], meta["title"], meta["source"]
    screened = screen(groups, flowing=flowing)
    hidden = [one for unit in units for one in unit.hidden]
    unseen = screen_hidden(hidden, doc_id, kind=kind, title=title, source=source, first_ordinal=len(groups))
    quarantine = (*screened.quarantine, *unseen)
    if not screened.records and not quarantine:
        raise Unreadable("empty", "文件中没有正文")
    faults = unit_faults(units)[:FAULTS_KEPT]
    if any(field in one.payloads[0]["meta"] for one in screened.quarantine for field in FIELDS):
        meta = {key: value for key, value in meta.items() if key not in FIELDS}  # they quote what is set apart
    meta |= {"passages": len(screened.records), "reading": reading_of(screened.records, quarantine)}
    return Corpus(
        id=doc_id,
        kind=kind,
        title=title,
        source=source,
        version=None,
        records=screened.records,
        meta=meta | kept_meta(quarantine, faults),
        faults=tuple(faults),
        quarantine=quarantine,
    )


def _row_record(unit: TextUnit, doc_id: str, ordinal: int, kind: str, stem: str, source: str) -> PassageRecord:
    meta = {key: value for key, value in unit.meta.items() if key not in _OWN_FIELDS}
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


def _cut(text: str) -> list[str]:
    """Passages of prose; a table that is longer than one keeps its header over every piece."""
    from knowledge.filereaders import PASSAGE_CHARS, split_prose  # LlamaIndex: seconds to import, for ingest alone

    runs: list[str] = []
    pieces: list[str] = []
    for is_table, lines in table_blocks(text):
        if is_table and sum(map(len, lines)) > PASSAGE_CHARS:
            pieces += split_prose("".join(runs)) + split_rows(lines, PASSAGE_CHARS)
            runs = []
        else:
            runs += lines
    return pieces + split_prose("".join(runs))


def _outline(text: str, fallback: str) -> tuple[str, list[tuple[str, str]]]:
    """Title and (heading path, text) blocks of a paper with `#` headings."""
    title = ""
    path: list[tuple[int, str]] = []
    blocks: list[tuple[str, list[str]]] = [("", [])]
    for line in text.replace("<!-- INFO END -->", "").split("\n"):
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

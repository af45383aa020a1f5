"""Tables of cases in csv and xlsx: every row one document, its cells as 列名：值."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import openpyxl
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from knowledge import bounds
from knowledge.casefields import column_field, column_label, row_fields
from knowledge.quarantine import HiddenText
from knowledge.textunits import Unreadable, decode

_SEARCHED_ROWS = 10
"""The header is looked for among so many rows; above it stand titles and remarks."""

Rows = Iterator[tuple[int, dict[str, str]]]


class TableReader(BaseReader):
    """Tables: a header row names the columns, every other row is one document; sheets have headers of their own."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One document a row; hidden sheets are kept apart."""
        hidden: list[HiddenText] = []
        rows = _sheet_rows(file, hidden) if file.suffix.lower() == ".xlsx" else _csv_rows(file)
        documents = [_row_document(row, number) for number, row in rows if any(row.values())]
        if hidden and documents:
            documents[0].metadata["hidden"] = hidden
        return documents


def _csv_rows(file: Path) -> Rows:
    text = decode(file.read_bytes())
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    return _named(list(_bounded(csv.reader(io.StringIO(text), dialect, strict=False))))


def _sheet_rows(file: Path, hidden: list[HiddenText]) -> Rows:
    bounds.require_modest(file, "加密的表格文件（或旧版 xls 改名）")
    with file.open("rb") as opened:  # closed here: the reader leaves its file open when a sheet is given up
        book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
        for sheet in book:
            rows = _named(list(_bounded(sheet.iter_rows(values_only=True))))
            if sheet.sheet_state == "visible":
                yield from rows
                continue
            text = "\n".join(_row_text(row) for _, row in rows if any(row.values()))
            if text:
                hidden.append(HiddenText(place=f"工作表“{sheet.title}”", how="隐藏的工作表", text=text))


def _bounded(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    """Rows as text; a sheet may claim a million rows of sixteen thousand columns and hold one cell."""
    nothing: list[str] = []
    looked_at = 0
    for row in rows:
        looked_at += len(row) + 1
        if looked_at > bounds.MAX_CELLS:
            raise Unreadable("too_large", f"表格过大（超过 {bounds.MAX_CELLS // 10_000} 万格）")
        yield [_cell(value) for value in row] if any(value is not None for value in row) else nothing


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()


def _named(rows: list[list[str]]) -> Rows:
    """(Row number, cells by column name) of the rows below the header."""
    head = _header(rows)
    if head is None:
        return
    names = [name.strip() or f"列{index}" for index, name in enumerate(rows[head], start=1)]
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        yield number, dict(zip(names, row, strict=False))


def _header(rows: Sequence[Sequence[str]]) -> int | None:
    """Index of the header: the first row that knows a field beside another column, else the first as wide as any."""
    filled = [[cell for cell in row if cell.strip()] for row in rows[:_SEARCHED_ROWS]]
    if not any(filled):
        return 0 if rows else None
    for index, cells in enumerate(filled):
        if len(cells) > 1 and any(column_field(cell) for cell in cells):
            return index
    widest = max(map(len, filled))
    return next(index for index, cells in enumerate(filled) if len(cells) == widest or (cells and widest == 1))


def _row_text(row: dict[str, str]) -> str:
    return "\n".join(f"{column_label(name)}：{value.strip()}" for name, value in row.items() if value and value.strip())


def _row_document(row: dict[str, str], number: int) -> Document:
    fields = row_fields(row)
    title = fields.get("title") or next((row[name] for name in row if name == "案由" and row[name]), "")
    return Document(text=_row_text(row), metadata={**fields, "title": title.strip(), "row": str(number)})

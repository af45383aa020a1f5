"""Rows of a large XLSX sheet in seconds: openpyxl opens the workbook, the sheet's text is read in blocks of whole rows.

openpyxl makes an object of every cell; a city's year has ten million. Here a block is taken apart by one pattern, and
parsed as XML where the pattern does not account for every cell of it. Formulas give their last result.
"""

# pyright: standard
# lxml and openpyxl carry few types.

import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # compiled
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.exceptions import InvalidFileException

from adapters.tables import Cell
from domain.errors import BadGeodata

BLOCK = 1 << 20
"""Bytes that are read at a time."""
LONGEST_ROW = 64 << 20
"""Bytes of one row beyond which a file is no table."""
LAST_ROW = 1_048_576
_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW = re.compile(rb"<row(?:\s[^>]*?)?(?:/>|>(.*?)</row>)", re.DOTALL)
_ROW_NUMBER = re.compile(rb'<row\s[^>]*?\br="(\d+)"')
_CELL = re.compile(rb'<c(?: r="([A-Z]{1,3})\d+")?(?: s="(\d+)")?(?: t="(\w+)")?\s*(?:/>|>(.*?)</c>)', re.DOTALL)
_VALUE = re.compile(rb"<v(?:\s[^>]*)?>(.*?)</v>", re.DOTALL)
_TEXT = re.compile(rb"<t(?:\s[^>]*)?>(.*?)</t>", re.DOTALL)
_ANY_CELL = re.compile(rb"<c[\s>/]")
_ODD = (b"<![CDATA[", b"<!--")


def fast_sheet_rows(path: Path) -> Iterator[Sequence[Cell]]:
    """Rows of the first sheet, empty ones between them as empty tuples.

    Raises:
        BadGeodata: If the file cannot be opened, or is not a workbook.
    """
    try:
        book = ExcelReader(path, read_only=True, keep_links=False, data_only=True)
        # Not the whole of `read`: it looks for the sheet's last cell by reading all of it.
        book.read_manifest()
        book.read_strings()
        book.read_workbook()
        apply_stylesheet(book.archive, book.wb)
        place = next(rel.target for _, rel in book.parser.find_sheets() if "chartsheet" not in rel.Type)
        source = book.archive.open(place)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError, StopIteration) as fault:
        raise BadGeodata(f"无法打开表格 {path.name}。", "文件可能已损坏或加密，请重新导出。") from fault
    workbook: Any = book.wb
    try:
        yield from _rows(source, _Reader(book.shared_strings, workbook._date_formats, workbook.epoch))
    except (etree.XMLSyntaxError, zipfile.BadZipFile, IndexError, ValueError) as fault:
        raise BadGeodata(f"表格 {path.name} 的内容已损坏。", "请用表格软件重新导出。") from fault
    finally:
        source.close()
        book.archive.close()


def _rows(source: Any, reader: "_Reader") -> Iterator[Sequence[Cell]]:  # noqa: ANN401  a binary stream
    expected, rest = 1, b""
    while block := source.read(BLOCK):
        rest += block
        end = rest.rfind(b"</row>")
        if end < 0:
            if len(rest) > LONGEST_ROW:
                raise ValueError("no end of a row")
            continue
        whole, rest = rest[: end + 6], rest[end + 6 :]
        for number, cells in reader.rows(whole, expected):
            for _ in range(min(max(number - expected, 0), LAST_ROW)):
                yield ()
            yield cells
            expected = number + 1


class _Reader:
    """Turns the text of rows into values."""

    def __init__(self, strings: Sequence[str], dates: set[int], epoch: Any) -> None:  # noqa: ANN401  a datetime
        self._strings = strings
        self._dates = {str(style).encode() for style in dates}
        self._epoch = epoch
        self._columns: dict[bytes, int] = {}

    def rows(self, block: bytes, expected: int) -> Iterator[tuple[int, list[Cell]]]:
        """Numbers and cells of the rows of a block that ends with one."""
        if any(odd in block for odd in _ODD) or b":row" in block:
            raise ValueError("not as spreadsheet programs write it")
        for found in _ROW.finditer(block):
            numbered = _ROW_NUMBER.match(found[0])
            number = int(numbered[1]) if numbered else expected
            expected = number + 1
            yield number, self._cells(found[1] or b"")

    def _cells(self, row: bytes) -> list[Cell]:
        matches = _CELL.findall(row)
        if len(matches) != len(_ANY_CELL.findall(row)):
            matches = _cells_as_xml(row)
        made: list[Cell] = []
        for letters, style, kind, inner in matches:
            if letters:
                column = self._columns.get(letters)
                if column is None:
                    column = self._columns[letters] = column_index_from_string(letters.decode())
                while len(made) < column - 1:
                    made.append(None)
            made.append(self._value(style, kind, inner) if inner else None)
        return made

    def _value(self, style: bytes, kind: bytes, inner: bytes) -> Cell:
        if kind == b"inlineStr":
            return _plain(b"".join(_TEXT.findall(inner)))
        if inner.startswith(b"<v>") and inner.count(b"<") == 2:
            raw = inner[3:-4]
        else:
            found = _VALUE.search(inner)
            if found is None:
                return None
            raw = found[1]
        if kind == b"s":
            return self._strings[int(raw)]
        if kind in (b"str", b"d"):
            return _plain(raw)
        if kind == b"b":
            return raw == b"1"
        return None if kind == b"e" else self._number(raw, style)

    def _number(self, raw: bytes, style: bytes) -> Cell:
        number = float(raw)
        if style in self._dates:
            try:
                return from_excel(number, self._epoch)
            except (OverflowError, ValueError):
                return number
        return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _plain(raw: bytes) -> str:
    text = raw.decode("utf-8")
    return html.unescape(text) if "&" in text else text


def _cells_as_xml(row: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """Cells whose attributes stand in another order, or that have others: parsed properly, in the pattern's form."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(b'<r xmlns="' + _NS.encode() + b'" xmlns:x="urn:x">' + row + b"</r>", parser)
    found: list[tuple[bytes, bytes, bytes, bytes]] = []
    for cell in root.iter(f"{{{_NS}}}c"):
        place = (cell.get("r") or "").rstrip("0123456789")
        texts = [part.text or "" for part in cell.iter(f"{{{_NS}}}t")]
        value = next((part.text or "" for part in cell.iter(f"{{{_NS}}}v")), None)
        inner = "".join(f"<t>{html.escape(text)}</t>" for text in texts)
        if value is not None:
            inner = f"<v>{html.escape(value)}</v>"
        given = (place, cell.get("s") or "", cell.get("t") or "", inner)
        found.append((given[0].encode(), given[1].encode(), given[2].encode(), given[3].encode()))
    return found

"""Tables that a city has at hand (CSV, XLSX; Chinese or English headers) read as rows with known keys."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from domain.errors import BadGeodata

Cell = object
"""What a table or a geodata file gives for one field: text, number, date, None."""


@dataclass(frozen=True, slots=True)
class RowNote:
    """Something about one row of a file: `row` counts from 1 without the header; `reason` is Chinese."""

    file: str
    row: int
    reason: str


class RowFault(ValueError):
    """One row cannot be used; its words go into the report and the rest goes on."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row under canonical keys; `number` counts from 1 without the header."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, key: str) -> str:
        """The field as text without outer blanks, empty when there is none; 500101.0 reads as 500101."""
        value = self.cells.get(key)
        if value is None or value != value:  # NaN is the one value that differs from itself
            return ""
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip()

    def need(self, key: str, title: str) -> str:
        """The field as text. Raises RowFault when it is empty."""
        value = self.text(key)
        if not value:
            raise RowFault(f"“{title}”为空")
        return value

    def number_of(self, key: str, title: str) -> float | None:
        """The field as a finite number, None when it is empty. Raises RowFault when it is none."""
        value = self.text(key)
        if not value:
            return None
        try:
            number = float(value)
        except ValueError:
            raise RowFault(f"“{title}”不是数字：{value}") from None
        if number != number or abs(number) == float("inf"):
            raise RowFault(f"“{title}”不是数字：{value}")
        return number

    def day(self, key: str, title: str) -> date | None:
        """The field as a day (`2026-07-01`, `2026/7/1`, `20260701` or a date cell), None when it is empty."""
        value = self.cells.get(key)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = self.text(key)
        if not text:
            return None
        parts = text.split("T")[0].split(" ")[0].replace("/", "-").replace(".", "-").split("-")
        try:
            if len(parts) == 1:
                return date.fromisoformat(parts[0])
            year, month, day = map(int, parts)
            return date(year, month, day)
        except ValueError:
            raise RowFault(f"“{title}”不是日期：{text}") from None


def canonical_keys(
    headers: Sequence[str], aliases: Mapping[str, Sequence[str]], required: Sequence[str], file: str
) -> dict[str, str]:
    """Which header stands for which key; case, blanks and notes in brackets do not matter.

    Raises:
        BadGeodata: If a required key has no header; names what is missing and what was found.
    """
    plain = {_plain(header): header for header in headers if header}
    found: dict[str, str] = {}
    for key, names in aliases.items():
        match = next((plain[_plain(name)] for name in (key, *names) if _plain(name) in plain), None)
        if match is not None:
            found[key] = match
    missing = [key for key in required if key not in found]
    if missing:
        wanted = "、".join(f"{key}（{'/'.join(aliases[key][:2])}）" for key in missing)
        raise BadGeodata(
            f"{file} 缺少必需的列：{wanted}。",
            f"现有列：{'、'.join(h for h in headers if h) or '无'}；中英文列名均可。",
        )
    return found


def _plain(header: str) -> str:
    return header.split("（")[0].split("(")[0].strip().lower().replace(" ", "").replace("\ufeff", "")


def read_table(path: Path, aliases: Mapping[str, Sequence[str]], required: Sequence[str]) -> Iterator[Row]:
    """Rows of a CSV (UTF-8 or GB 18030) or XLSX (first sheet) table; empty rows are passed over.

    Raises:
        BadGeodata: If the file is not there, cannot be read, or lacks a required column.
    """
    lines = _guarded(_lines(path), path.name)
    headers = [_header(cell) for cell in next(lines, ())]
    keys = canonical_keys(headers, aliases, required, path.name)
    columns = {key: headers.index(header) for key, header in keys.items()}
    for number, line in enumerate(lines, start=1):
        if any(cell not in (None, "") for cell in line):
            yield Row(number, {key: line[i] if i < len(line) else None for key, i in columns.items()})


def _guarded(lines: Iterator[Sequence[Cell]], file: str) -> Iterator[Sequence[Cell]]:
    try:
        yield from lines
    except csv.Error as fault:
        raise BadGeodata(f"{file} 不是可读的 CSV。", "请用表格软件重新导出为 CSV（UTF-8）。") from fault


def _header(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip()


def _lines(path: Path) -> Iterator[Sequence[Cell]]:
    if not path.is_file():
        raise BadGeodata(f"找不到文件 {path.name}。", "请核对路径。")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return iter(csv.reader(io.StringIO(_decoded(path), newline="")))
    if suffix == ".xlsx":
        return sheet_rows(path)
    raise BadGeodata(f"不支持的表格格式：{path.name}。", "请另存为 CSV（UTF-8 或 GB18030）或 XLSX。")


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadGeodata(f"{path.name} 既不是 UTF-8 也不是 GB18030 编码。", "请另存为 UTF-8 编码的 CSV。")


def sheet_rows(path: Path) -> Iterator[Sequence[Cell]]:
    """Rows of the first sheet of an XLSX file. Raises BadGeodata if it cannot be opened."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError) as fault:
        raise BadGeodata(f"无法打开表格 {path.name}。", "文件可能已损坏或加密，请重新导出。") from fault
    try:
        yield from (tuple(row) for row in book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()

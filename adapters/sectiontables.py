"""Section tables (断面监测表) as cities have them: CSV, XLSX, JSON lines or a JSON array, as numbered rows of cells."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from domain.errors import BadTable, reason_of

SUFFIXES = (".csv", ".xlsx", ".jsonl", ".ndjson", ".json")
MAX_BYTES = 64_000_000
"""A year of a city's sections is a few thousand rows: more than this is another file."""
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

Row = tuple[int, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class SectionFile:
    """Rows numbered from 1 without the head (JSON lines: by line), rows that could not be read, and notes."""

    rows: list[Row]
    faults: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    notes: list[str] = field(default_factory=list[str])


def read_section_file(path: Path) -> SectionFile:
    """Rows of a file.

    Raises:
        BadTable: If the file is not there, of another kind, too large, or cannot be decoded.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadTable(f"不支持的断面表格式：{path.name}。", f"可用：{'、'.join(SUFFIXES)}。")
    raw = _bytes(path)
    if suffix == ".xlsx":
        return SectionFile(_headed(_sheet(raw, path.name), path.name))
    text, encoding = decoded(raw, path.name)
    notes = [] if encoding.startswith("utf-8") else [f"{path.name} 按 {encoding.upper()} 编码读取"]
    if suffix == ".csv":
        return SectionFile(_headed(_csv(text, path.name), path.name), notes=notes)
    rows, faults = _objects(text, path.name)
    return SectionFile(rows, faults, notes)


def decoded(raw: bytes, name: str) -> tuple[str, str]:
    """Text and the encoding it was in: UTF-8, UTF-16 with its mark, or GB 18030.

    Raises:
        BadTable: If it is none of these.
    """
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return _as(raw, encoding, name), encoding
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, encoding
    raise BadTable(f"{name} 的编码无法识别。", "请另存为 UTF-8 编码的文件。")


def _as(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise BadTable(f"{name} 的内容与其编码标记（{encoding}）不符。", "请另存为 UTF-8 编码的文件。") from None


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadTable(f"{path.name} 太大（上限 {MAX_BYTES // 1_000_000} MB）。", "请按年份拆分。")
        return path.read_bytes()
    except OSError as error:
        raise BadTable(f"读不到断面表“{path.name}”：{reason_of(error)}。", "请检查路径与权限。") from error


def _csv(text: str, name: str) -> Iterator[Sequence[object]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error as fault:
        raise BadTable(f"{name} 不是可读的 CSV。", "请用表格软件重新导出为 CSV（UTF-8）。") from fault


def _sheet(raw: bytes, name: str) -> Iterator[Sequence[object]]:
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as fault:
        raise BadTable(f"无法打开表格 {name}。", "文件可能已损坏或加密，请重新导出。") from fault
    try:
        yield from (tuple(row) for row in book.worksheets[0].iter_rows(values_only=True))
    finally:
        book.close()


def _headed(lines: Iterable[Sequence[object]], name: str) -> list[Row]:
    rows = iter(lines)
    heads = [str(cell or "").strip() for cell in next(rows, ())]
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    if twice:
        raise BadTable(f"{name} 的列名重复：{'、'.join(twice)}。", "请改名或删去重复的列。")
    return [
        (number, {head: cell for head, cell in zip(heads, line, strict=False) if head})
        for number, line in enumerate(rows, start=1)
        if any(cell not in (None, "") for cell in line)
    ]


def _objects(text: str, name: str) -> tuple[list[Row], list[tuple[int, str]]]:
    body = text.lstrip("\ufeff \t\r\n")
    if body.startswith("["):
        return _array(body, name), []
    rows: list[Row] = []
    faults: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value: Any = json.loads(line, parse_float=str)
        except ValueError:
            value = None
        if isinstance(value, dict):
            rows.append((number, cast("dict[str, object]", value)))
        else:
            faults.append((number, "不是 JSON 对象，此行未用"))
    return rows, faults


def _array(body: str, name: str) -> list[Row]:
    try:
        values: Any = json.loads(body, parse_float=str)
    except ValueError as fault:
        raise BadTable(f"{name} 不是合法的 JSON。", "请给出对象数组，或每行一个对象。") from fault
    if not all(isinstance(value, dict) for value in values):
        raise BadTable(f"{name} 不是 JSON 对象的数组。", "请给出对象数组，或每行一个对象。")
    return list(enumerate(cast("list[dict[str, object]]", values), start=1))

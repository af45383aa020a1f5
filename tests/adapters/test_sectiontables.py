"""Section tables from files: formats, encodings, and what is refused."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from adapters.sectiontables import read_section_file
from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.sectiontable import read_section_table
from domain.errors import BadTable
from tests.domain.adjacency.compensation.making import MILLION, row

TEXT = """断面,月份,上游,下游,考核目标,上年类别,COD(mg/L),氨氮(mg/L),总磷(mg/L),溶解氧(mg/L)
甲,2024-03,上区,下区,Ⅲ,Ⅳ,17,0.42,0.15,6.4
"""


def settled(path: Path) -> int | None:
    read = read_section_file(path)
    (item,) = compute(packaged()["cq-2018"], read_section_table(read.rows)).items
    return item.amount


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "断面.csv"
    path.write_bytes(TEXT.encode(encoding))
    assert settled(path) == MILLION
    assert bool(read_section_file(path).notes) == (encoding in ("gb18030", "utf-16"))


def test_workbooks_with_dates_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "断面.xlsx"
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(list(row()))
    sheet.append([date(2024, 3, 1) if head == "月份" else cell for head, cell in row().items()])
    sheet.append([])
    book.save(path)
    assert settled(path) == MILLION


@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_json(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    text = json.dumps(row(), ensure_ascii=False)
    path.write_text(f"[{text}]" if suffix == ".json" else f"\n{text}\n", encoding="utf-8")
    assert settled(path) == MILLION


def test_a_bad_line_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{json.dumps(row())}\n{{oops\n[1]\n", encoding="utf-8")
    read = read_section_file(path)
    assert len(read.rows) == 1
    assert [number for number, _ in read.faults] == [2, 3]
    table = read_section_table(read.rows, faults=read.faults)
    assert [one.row for one in table.problems] == [2, 3]


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("t.csv", b"\xff\xfe\x00", "编码标记"),
        ("t.csv", b"\x81\x00\xff", "编码无法识别"),
        ("t.xlsx", b"not a workbook", "无法打开"),
        ("t.json", b"[{]", "不是合法的 JSON"),
        ("t.json", b"[1]", "不是 JSON 对象"),
        ("t.pdf", b"", "不支持"),
        ("t.csv", "断面,断面\n1,2\n".encode(), "列名重复"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(BadTable, match=words):
        read_section_file(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="不存在"):
        read_section_file(tmp_path / "t.csv")

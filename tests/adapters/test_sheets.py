"""Sheets read fast are sheets read right: as openpyxl reads them, from whatever program."""

import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.sheets import fast_sheet_rows
from domain.errors import BadGeodata

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)
EARLIEST = datetime.fromisoformat("1990-01-01T00:00:00")
VALUES = st.one_of(
    st.none(), TEXT, st.integers(-(10**9), 10**9), st.booleans(),
    st.floats(-1e9, 1e9), st.integers(0, 3_000_000_000).map(lambda s: EARLIEST + timedelta(seconds=s)),
)  # fmt: skip


def saved(rows: list[list[Any]], path: Path, *, write_only: bool) -> Path:
    book = openpyxl.Workbook(write_only=write_only)
    sheet = book.create_sheet() if write_only else book.active
    for row in rows:
        sheet.append(row)  # type: ignore[union-attr]
    book.save(path)
    return path


def slowly(path: Path) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    return [trimmed(list(row)) for row in sheet.iter_rows(values_only=True)]


def trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(VALUES, min_size=1, max_size=5), min_size=1, max_size=6), st.booleans())
def test_it_reads_what_openpyxl_reads(tmp_path: Path, rows: list[list[Any]], write_only: bool) -> None:
    path = saved([["head"], *rows], tmp_path / "a.xlsx", write_only=write_only)
    fast = [trimmed(list(row)) for row in fast_sheet_rows(path)]
    slow = slowly(path)
    while fast and not fast[-1]:
        fast.pop()
    while slow and not slow[-1]:
        slow.pop()
    assert fast == slow


def with_sheet(path: Path, xml: str) -> Path:
    """A workbook whose sheet is as given."""
    saved([["x"]], path, write_only=False)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["xl/worksheets/sheet1.xml"] = xml.encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (
            '<row r="1"><c t="inlineStr" r="A1"><is><t>甲&amp;乙</t></is></c><c r="C1"><v>2.5</v></c></row>',
            ["甲&乙", None, 2.5],
        ),
        ('<row><c><v>1</v></c><c t="str"><f>A1&amp;"x"</f><v>1x</v></c></row>', [1, "1x"]),
        (
            '<row r="1"><c r="A1" t="inlineStr"><is><r><t>甲</t></r><r><t x="y"> 乙</t></r></is></c></row>',
            ["甲 乙"],
        ),
        ('<row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="B1" t="b"><v>1</v></c><c r="C1"/></row>', [None, True]),
        ('<row r="1" spans="1:2" ht="15"><c r="A1" s="0" t="n"><v>3</v></c></row>', [3]),
    ],
)
def test_cells_of_other_programs(tmp_path: Path, row: str, wanted: list[Any]) -> None:
    (found,) = fast_sheet_rows(with_sheet(tmp_path / "a.xlsx", HEAD + row + TAIL))
    assert trimmed(list(found)) == wanted


def test_rows_that_are_left_out_are_empty(tmp_path: Path) -> None:
    xml = HEAD + '<row r="1"><c r="A1"><v>1</v></c></row><row r="4"><c r="A4"><v>4</v></c></row>' + TAIL
    assert [list(row) for row in fast_sheet_rows(with_sheet(tmp_path / "a.xlsx", xml))] == [[1], [], [], [4]]


@pytest.mark.parametrize(
    "row", ["<row><c><v>x</v></c></row>", '<row><c t="s"><v>99</v></c></row>', "<!-- --><row></row>"]
)
def test_broken_sheets_are_refused_in_words(tmp_path: Path, row: str) -> None:
    with pytest.raises(BadGeodata) as told:
        list(fast_sheet_rows(with_sheet(tmp_path / "a.xlsx", HEAD + row + TAIL)))
    assert told.value.hint


def test_no_workbook_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"PK nothing")
    with pytest.raises(BadGeodata):
        list(fast_sheet_rows(tmp_path / "a.xlsx"))

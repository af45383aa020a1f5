"""Reports say what the statement says, in every format, with the same bytes each time."""

import io
import re
import time
from pathlib import Path

import docx
import openpyxl
import pytest

from adapters.reports import FORMATS, report_bytes, write_report
from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.reporting import report_of, summary_lines
from domain.errors import InvalidInput, Unavailable
from domain.report import Report
from tests.domain.adjacency.compensation.making import row, table

CITED = {"law": "生态保护补偿条例", "article": "17", "version_date": "2024-04-06"}


def body() -> dict[str, object]:
    rows = [row(), row("2024-04", **{"氨氮(mg/L)": "-1"}), row(section="=1+1<b>", 上年类别="Ⅲ")]
    made = compute(packaged()["cq-2018"], table(*rows)).to_json()
    return {"statement": made, "citations": [CITED], "citation_notes": ["某条：当时尚未施行"]}


def report() -> Report:
    return report_of(body(), state="待确认")


def text_of(raw: bytes, form: str) -> str:
    if form == "html":
        return raw.decode()
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(raw))
        return "\n".join(str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line)
    document = docx.Document(io.BytesIO(raw))
    cells = [cell.text for one in document.tables for line in one.rows for cell in line.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("form", FORMATS)
def test_everything_is_said(form: str) -> None:
    text = text_of(report_bytes(report(), form), form)
    for words in (
        "待确认", "达标且较上年提升", "氨氮为负数", "未结算", "《生态保护补偿条例》第17条（2024-04-06 版本）",
        "公开文本未规定，系推断", "不声称能够复现", "须经财政部门", "某条：当时尚未施行",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_report_is_the_same_bytes(form: str) -> None:
    first = report_bytes(report(), form)
    time.sleep(1.1)  # saving stamps the second
    assert report_bytes(report(), form) == first


def test_sums_are_numbers_and_names_are_no_formulas() -> None:
    book = openpyxl.load_workbook(io.BytesIO(report_bytes(report(), "xlsx")))
    cells = [cell for line in book["逐月核算"].iter_rows() for cell in line]
    assert 1_000_000 in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value == "=1+1<b>"} == {"s"}


def test_pages_hold_no_foreign_markup_and_load_nothing() -> None:
    html = report_bytes(report(), "html").decode()
    assert "=1+1&lt;b&gt;" in html
    assert "<b>" not in html
    assert not re.search(r'(?:src|href)="(?!#)|<script', html)


def test_people_at_the_command_line_read_the_same() -> None:
    lines = "\n".join(summary_lines(body()))
    assert "暂算" in lines
    assert "第 2 行：氨氮为负数" in lines


def test_formats_and_places_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        report_bytes(report(), "pdf")
    with pytest.raises(Unavailable):
        write_report(report(), tmp_path / "none" / "r.html")
    write_report(report(), tmp_path / "r.html")
    assert (tmp_path / "r.html").stat().st_size > 1000

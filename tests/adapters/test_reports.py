"""Reports in three formats: complete, safe, the same bytes each time."""

import io
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import docx
import openpyxl
import pytest

from adapters.reports import FORMATS, report_bytes, write_report
from domain.errors import InvalidInput, Unavailable
from domain.report import Chart, Listing, Report, Section, Series, table

NASTY = "=1+1 <script>alert(1)</script> & \x07\ud800"
REPORT = Report(
    title=f"评估 {NASTY}",
    label="只作参考",
    sections=(
        Section(
            heading="总体",
            lines=("一句话。", NASTY),
            tables=(
                table(
                    "指标/表[1]",
                    [("名称", "text"), ("值", "share"), ("数", "count")],
                    [("甲", 0.5, 12345), (NASTY, None, 3)],
                ),
                table("指标/表[1]", [("名称", "text")], [(str(i),) for i in range(300)]),  # the same title, and long
            ),
            charts=(
                Chart(
                    title="按区县",
                    kind="bars",
                    labels=("东区", "西区"),
                    series=(Series(name="率", values=(0.4, None), low=(0.3, None), high=(0.6, None)),),
                ),
                Chart(
                    title="按月份",
                    kind="lines",
                    labels=("2026-01", "2026-02"),
                    series=(Series(name="甲", values=(1.0, 2.0)), Series(name="乙", values=(2.0, None))),
                    form="number",
                    mark="2026-02",
                    mark_name="起",
                ),
            ),
            listings=(Listing(title="未达到 3 件", items=("a1", NASTY), total=3),),
        ),
    ),
)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_report_gives_the_same_bytes(form: str) -> None:
    assert report_bytes(REPORT, form) == report_bytes(REPORT, form)


def test_a_page_stands_alone_and_runs_nothing() -> None:
    page = report_bytes(REPORT, "html").decode("utf-8")
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    assert page.count("<svg") == 2
    assert "东区" in page  # words of a plot stay words
    assert "（共 3 件，此处列前 2 件）" in page
    assert "另有 100 行" in page


def test_plots_are_xml() -> None:
    page = report_bytes(REPORT, "html").decode("utf-8")
    for svg in re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL):
        ElementTree.fromstring(svg)


def test_a_workbook_has_numbers_as_numbers_and_charts_as_charts() -> None:
    book = openpyxl.load_workbook(io.BytesIO(report_bytes(REPORT, "xlsx")))
    assert book.sheetnames == ["说明", "指标_表_1_", "指标_表_1_2", "图 按区县", "图 按月份", "总体案件"]
    sheet = book["指标_表_1_"]
    assert (sheet["B2"].value, sheet["B2"].number_format, sheet["C2"].value) == (0.5, "0.0%", 12345)
    assert sheet["A3"].data_type == "s"
    assert len(book["指标_表_1_2"]["A"]) == 301
    with zipfile.ZipFile(io.BytesIO(report_bytes(REPORT, "xlsx"))) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 2
        assert any(b"errBars" in parts.read(name) for name in charts)


def test_a_document_has_headings_tables_and_bars() -> None:
    document = docx.Document(io.BytesIO(report_bytes(REPORT, "docx")))
    assert any(p.text == "总体" for p in document.paragraphs)
    assert len(document.tables) == 4
    assert "█" in document.tables[0].rows[1].cells[-1].text
    assert len(document.tables[3].rows) == 61


def test_other_formats_and_places_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        write_report(REPORT, tmp_path / "a.pdf")
    with pytest.raises(InvalidInput):
        report_bytes(REPORT, "pdf")
    with pytest.raises(Unavailable):
        write_report(REPORT, tmp_path / "none" / "a.html")

"""A report as a document for people who print: words, tables, and charts as tables with bars of blocks."""

# pyright: standard
# python-docx's types are partly unknown.

import io
from datetime import datetime
from typing import Any

from adapters.reportarchives import DAY, plain, steady
from domain.report import Chart, Report, Section, shown

MOST_ROWS = 60
"""Rows of a table in a document; the workbook has all."""
_BLOCKS = 24
"""Blocks of the longest bar."""


def docx_of(report: Report) -> bytes:
    """The document."""
    # A second to import: a service that starts does not wait for it.
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document: Any = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")
    page = document.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, page.page_height, page.page_width
    document.add_heading(plain(report.title), level=0)
    document.add_paragraph(plain(report.label))
    for section in report.sections:
        _section(document, section)
    document.core_properties.created = document.core_properties.modified = datetime(*DAY)  # noqa: DTZ001
    raw = io.BytesIO()
    document.save(raw)
    return steady(raw.getvalue())


def _section(document: Any, section: Section) -> None:  # noqa: ANN401  python-docx's document
    document.add_heading(plain(section.heading), level=1)
    for line in section.lines:
        document.add_paragraph(plain(line))
    for chart in section.charts:
        _grid(document, chart.title, ["项目", *[series.name for series in chart.series], ""], _bars(chart))
    for table in section.tables:
        forms = [column.form for column in table.columns]
        rows = [list(map(shown, row, forms)) for row in table.rows[:MOST_ROWS]]
        _grid(document, table.title, [column.head for column in table.columns], rows)
        more = len(table.rows) - MOST_ROWS
        note = table.note + (f"（另有 {more} 行，见工作簿）" if more > 0 else "")
        if note:
            document.add_paragraph(plain(note))


def _bars(chart: Chart) -> list[list[str]]:
    """Labels, values, and a bar of the first series' value."""
    first = chart.series[0].values
    longest = max((abs(value) for value in first if value is not None), default=0.0) or 1.0
    rows: list[list[str]] = []
    for i, label in enumerate(chart.labels):
        values = [shown(series.values[i], chart.form) for series in chart.series]
        bar = "█" * round(_BLOCKS * abs(first[i] or 0.0) / longest)
        rows.append([label, *values, bar if chart.kind == "bars" else ""])
    return rows


def _grid(document: Any, title: str, heads: list[str], rows: list[list[str]]) -> None:  # noqa: ANN401
    document.add_paragraph(plain(title)).runs[0].bold = True
    made = document.add_table(rows=1 + len(rows), cols=len(heads))
    made.style = "Table Grid"
    cells = made._cells  # the public way looks the whole table up again for every cell
    for cell, text in zip(cells, [*heads, *(text for row in rows for text in row)], strict=True):
        cell.paragraphs[0].add_run(plain(text))

"""A report as a workbook: a sheet of words, a sheet for each table, native charts beside their numbers."""

# pyright: standard
# openpyxl's types are partly unknown.

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.reportarchives import DAY, plain, steady
from domain.report import Cell, Chart, Report, Section, Table

_FORMATS = {"share": "0.0%", "count": "#,##0", "number": "#,##0.00", "points": "+0.00;-0.00;0.00"}
_WIDEST = 60
MOST_ROWS = 1_000_000
"""A sheet holds 1,048,576 rows."""


def xlsx_of(report: Report) -> bytes:
    """The workbook."""
    # A second to import: a service that starts does not wait for it.
    import openpyxl
    from openpyxl.styles import Alignment

    book = openpyxl.Workbook()
    front = book.active
    assert front is not None
    front.title = "说明"
    lines, used = [report.title, report.label], {"说明"}
    for section in report.sections:
        lines += ["", f"【{section.heading}】", *section.lines, *_add(book, section, used)]
    for number, line in enumerate(lines, start=1):
        _text(front.cell(number, 1), line).alignment = Alignment(wrap_text=True, vertical="top")
    front.column_dimensions["A"].width = 110
    book.properties.creator = "lianzhi"
    book.properties.created = book.properties.modified = datetime(*DAY)  # noqa: DTZ001  a constant, not an instant
    raw = io.BytesIO()
    book.save(raw)
    return steady(raw.getvalue())


def _add(book: Any, section: Section, used: set[str]) -> list[str]:  # noqa: ANN401  openpyxl's workbook
    """Sheets of a section; gives back where its tables and charts are, in words."""
    said: list[str] = []
    for table in section.tables:
        sheet = book.create_sheet(_title(table.title, used))
        _fill(sheet, [column.head for column in table.columns], table.rows[:MOST_ROWS], _forms(table))
        said.append(f"见工作表“{sheet.title}”。{table.note}")
    for chart in section.charts:
        sheet = book.create_sheet(_title(f"图 {chart.title}", used))
        _draw(sheet, chart)
        said.append(f"见工作表“{sheet.title}”。")
    if section.listings:
        sheet = book.create_sheet(_title(f"{section.heading}案件", used))
        rows = [(one.title, item) for one in section.listings for item in one.items]
        _fill(sheet, ["所属", "案件编号"], rows[:MOST_ROWS], ["text", "text"])
        said.append(f"案件清单见工作表“{sheet.title}”。")
    return said


def _forms(table: Table) -> list[str]:
    return [column.form for column in table.columns]


def _title(text: str, used: set[str]) -> str:
    """At most 31 characters, none that a sheet's name may not have, and not used before."""
    base = "".join("_" if char in "[]:*?/\\'" else char for char in plain(text))[:31] or "表"
    name, number = base, 1
    while name in used:
        number += 1
        name = f"{base[: 31 - len(str(number))]}{number}"
    used.add(name)
    return name


def _fill(sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[Cell]], forms: Sequence[str]) -> None:  # noqa: ANN401
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    bold = Font(bold=True)
    for column, head in enumerate(heads, start=1):
        _text(sheet.cell(1, column), head).font = bold
    for number, row in enumerate(rows, start=2):
        for column, (cell, form) in enumerate(zip(row, forms, strict=True), start=1):
            _put(sheet.cell(number, column), cell, form)
    for column, head in enumerate(heads, start=1):
        longest = max([_width(head), *(_width(str(row[column - 1])) for row in rows[:200])])
        sheet.column_dimensions[get_column_letter(column)].width = min(longest + 2, _WIDEST)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def _put(here: Any, cell: Cell, form: str) -> None:  # noqa: ANN401  openpyxl's cell
    if cell is None:
        return
    if isinstance(cell, str):
        _text(here, cell)
        return
    here.value = cell
    if form in _FORMATS:
        here.number_format = _FORMATS[form]


def _text(here: Any, text: str) -> Any:  # noqa: ANN401  openpyxl's cell
    """Text that stays text: a name that begins with = must not become a formula."""
    here.value = plain(text)
    here.data_type = "s"
    return here


def _draw(sheet: Any, chart: Chart) -> None:  # noqa: ANN401  openpyxl's sheet
    """The numbers in columns, and a native chart of them beside."""
    from openpyxl.chart import BarChart, LineChart, Reference

    heads: list[str] = ["项目"]
    columns: list[tuple[Cell, ...]] = [chart.labels]
    for series in chart.series:
        heads.append(series.name)
        columns.append(series.values)
    bounds = len(heads)
    for series in chart.series:
        if series.low:
            heads += [f"{series.name}下限", f"{series.name}上限"]
            columns += [series.low, series.high]
    _fill(sheet, heads, list(zip(*columns, strict=True)), ["text", *[chart.form] * (len(heads) - 1)])
    made: Any = BarChart() if chart.kind == "bars" else LineChart()
    if chart.kind == "bars":
        made.type = "bar"
        made.y_axis.scaling.min = 0
    made.title = plain(chart.title)
    made.add_data(
        Reference(sheet, min_col=2, max_col=bounds, min_row=1, max_row=len(chart.labels) + 1), titles_from_data=True
    )
    made.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=len(chart.labels) + 1))
    _whiskers(sheet, chart, made, bounds)
    made.height, made.width = max(8.0, 0.7 * len(chart.labels) if chart.kind == "bars" else 9.0), 22.0
    made.x_axis.delete = made.y_axis.delete = False  # otherwise newer programs hide the axes
    made.y_axis.numFmt = _FORMATS.get(chart.form, "General")
    sheet.add_chart(made, f"{chr(ord('A') + min(len(heads) + 1, 25))}2")


def _whiskers(sheet: Any, chart: Chart, made: Any, bounds: int) -> None:  # noqa: ANN401  openpyxl's sheet and chart
    """Intervals as the chart's own error bars: distances to the value, kept in columns further right."""
    from openpyxl.chart.data_source import NumDataSource, NumRef
    from openpyxl.chart.error_bar import ErrorBars
    from openpyxl.utils import get_column_letter, quote_sheetname

    column = bounds + 2 * sum(bool(series.low) for series in chart.series) + 20
    for series, drawn in zip(chart.series, made.series, strict=True):
        if not series.low:
            continue
        sources = []
        for name, bound in (("下", series.low), ("上", series.high)):
            _text(sheet.cell(1, column), f"{series.name}误差{name}")
            for row, (value, end) in enumerate(zip(series.values, bound, strict=True), start=2):
                sheet.cell(row, column).value = None if value is None or end is None else abs(end - value)
            letter = get_column_letter(column)
            place = f"{quote_sheetname(sheet.title)}!${letter}$2:${letter}${len(series.values) + 1}"
            sources.append(NumDataSource(numRef=NumRef(f=place)))
            column += 1
        drawn.errBars = ErrorBars(errDir="y", errBarType="both", errValType="cust", minus=sources[0], plus=sources[1])

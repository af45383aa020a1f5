"""Writes a compensation report as HTML, XLSX or DOCX; the same report gives the same bytes."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from html import escape
from pathlib import Path

from domain.adjacency.compensation.reporting import Cell, Report, Table
from domain.errors import InvalidInput, Unavailable, reason_of

FORMATS = ("html", "xlsx", "docx")
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_MONEY = "#,##0.00"
_DAY = (1980, 1, 1, 0, 0, 0)
"""The day that files inside an archive bear: any fixed one."""
_STYLE = (
    "body{font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:72rem;margin:2rem auto;"
    "padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse;margin:.5rem 0 1rem;display:block;overflow-x:auto}"
    "th,td{border:1px solid #999;padding:.25rem .5rem;text-align:left;white-space:nowrap}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}caption{text-align:left;color:#444;white-space:nowrap}th{background:#eee}"
    ".label{border-left:4px solid #b35900;padding-left:.75rem}"
)


def write_report(report: Report, path: Path) -> None:
    """Write the report to a file whose suffix says the format.

    Raises:
        InvalidInput: If the suffix is none of `FORMATS`.
        Unavailable: If the file cannot be written.
    """
    raw = report_bytes(report, path.suffix.lower().removeprefix("."))
    try:
        path.write_bytes(raw)
    except OSError as error:
        raise Unavailable(f"写不进“{path}”：{reason_of(error)}。", "请检查路径与权限。") from error


def report_bytes(report: Report, form: str) -> bytes:
    """The report in a format.

    Raises:
        InvalidInput: If the format is none of `FORMATS`.
    """
    if form == "html":
        return html_of(report).encode("utf-8")
    if form == "xlsx":
        return _xlsx(report)
    if form == "docx":
        return _docx(report)
    raise InvalidInput(f"不支持的报告格式“{form[:20]}”。", f"可用：{'、'.join(FORMATS)}。")


def html_of(report: Report) -> str:
    """One page without scripts or anything from elsewhere."""
    parts: list[str] = []
    for part in report.parts:
        parts.append(f"<h2>{escape(part.heading)}</h2>")
        parts += [f"<p>{escape(line)}</p>" for line in part.lines]
        parts += [_html_table(table) for table in part.tables]
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(report.title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f'<h1>{escape(report.title)}</h1><p class="label">{escape(report.label)}</p>{"".join(parts)}</body></html>\n'
    )


def _html_table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in table.heads)
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in table.rows)
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _html_cell(cell: Cell) -> str:
    return f'<td class="n">{cell:,.2f}</td>' if isinstance(cell, Decimal) else f"<td>{escape(cell)}</td>"


def _xlsx(report: Report) -> bytes:
    # Heavy and only needed here: serving must start without it.
    import openpyxl
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "说明"
    lines = [report.title, report.label]
    for part in report.parts:
        lines += ["", f"【{part.heading}】", *part.lines]
        for place, table in enumerate(part.tables, start=1):
            title = _sheet_title(part.heading + (str(place) if len(part.tables) > 1 else ""))
            tab = book.create_sheet(title)
            _fill(tab, table, Font(bold=True))
            tab.freeze_panes = "A2"
            for column, _ in enumerate(table.heads, start=1):
                tab.column_dimensions[get_column_letter(column)].width = 18
            lines.append(f"见工作表“{title}”：{table.caption}")
    for number, line in enumerate(lines, start=1):
        _text(sheet.cell(number, 1), line).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 110
    book.properties.creator = "lianzhi"
    book.properties.created = book.properties.modified = datetime(*_DAY)  # noqa: DTZ001  a constant, not an instant
    raw = io.BytesIO()
    book.save(raw)
    return _steady(raw.getvalue())


def _sheet_title(text: str) -> str:
    """At most 31 characters and none that a sheet's name may not have."""
    return "".join("_" if char in "[]:*?/\\" else char for char in text)[:31]


def _fill(tab, table: Table, bold) -> None:  # noqa: ANN001  openpyxl's types, imported late
    for column, head in enumerate(table.heads, start=1):
        _text(tab.cell(1, column), head).font = bold
    for number, row in enumerate(table.rows, start=2):
        for column, cell in enumerate(row, start=1):
            here = tab.cell(number, column)
            if isinstance(cell, Decimal):
                here.value, here.number_format = cell, _MONEY
            else:
                _text(here, cell)


def _text(here, text: str):  # noqa: ANN001, ANN202  openpyxl's types, imported late
    """Text that stays text: a name that begins with = must not become a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    here.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    here.data_type = "s"
    return here


def _docx(report: Report) -> bytes:
    # Heavy and only needed here: serving must start without it.
    import docx
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(10)  # pyright: ignore[reportAttributeAccessIssue]
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "宋体")  # pyright: ignore[reportAttributeAccessIssue]
    page = document.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, page.page_height, page.page_width
    document.add_heading(_clean(report.title), level=0)
    document.add_paragraph(_clean(report.label))
    for part in report.parts:
        document.add_heading(_clean(part.heading), level=1)
        for line in part.lines:
            document.add_paragraph(_clean(line))
        for table in part.tables:
            _docx_table(document, table)
    document.core_properties.created = document.core_properties.modified = datetime(*_DAY)  # noqa: DTZ001
    raw = io.BytesIO()
    document.save(raw)
    return _steady(raw.getvalue())


def _docx_table(document, table: Table) -> None:  # noqa: ANN001  python-docx's types, imported late
    if table.caption:
        document.add_paragraph(_clean(table.caption))
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.heads))
    made.style = "Table Grid"
    cells = made._cells  # the public way looks the whole table up again for every cell
    texts = [*table.heads, *(f"{c:,.2f}" if isinstance(c, Decimal) else c for row in table.rows for c in row)]
    for cell, text in zip(cells, texts, strict=True):
        cell.paragraphs[0].add_run(_clean(text))


def _clean(text: str) -> str:
    """Text that XML can hold."""
    return "".join(char for char in text if char in "\t\n" or (char >= " " and char not in "\ufffe\uffff"))


def _steady(raw: bytes) -> bytes:
    """The archive with one fixed day on every file in it, and on the document."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _undated(content)
            new.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _undated(core: bytes) -> bytes:
    """Saving stamps the hour on `modified`; the fixed day goes back in its place."""
    head, tag, rest = core.partition(b"<dcterms:modified")
    if not tag:
        return core
    attributes, _, tail = rest.partition(b">")
    return head + tag + attributes + b">1980-01-01T00:00:00Z" + tail[tail.index(b"<") :]

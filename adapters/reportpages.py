"""A report as one web page: no scripts, nothing from elsewhere, plots as SVG whose words the browser sets."""

from html import escape

from adapters.reportplots import svg_of
from domain.report import Cell, Listing, Report, Section, Table, shown

_STYLE = (
    "body{font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;max-width:76rem;"
    "margin:2rem auto;padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse;margin:.5rem 0 1rem;display:block;"
    "overflow-x:auto}th,td{border:1px solid #999;padding:.25rem .5rem;text-align:left;min-width:4em;max-width:28em}"
    "td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}caption{text-align:left;font-weight:600;"
    "white-space:nowrap}th{background:#eee}.label{border-left:4px solid #b35900;padding-left:.75rem}"
    "figure{margin:1rem 0}figcaption{font-weight:600}svg{max-width:100%;height:auto}details{margin:.25rem 0}"
    "details p{word-break:break-all}.note{color:#444;margin:.25rem 0}"
    "svg text{font-family:system-ui,'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif!important}"
    "nav a{margin-right:1rem}@media print{details{display:none}}"
)


def html_of(report: Report) -> str:
    """The page."""
    places = {section.heading: f"s{i}" for i, section in enumerate(report.sections)}
    links = "".join(f'<a href="#{place}">{escape(heading)}</a>' for heading, place in places.items())
    body = "".join(_section(section, f"s{i}") for i, section in enumerate(report.sections))
    return (
        f'<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(report.title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
        f'<h1>{escape(report.title)}</h1><p class="label">{escape(report.label)}</p><nav>{links}</nav>{body}'
        "</body></html>\n"
    )


def _section(section: Section, place: str) -> str:
    parts = [f'<h2 id="{place}">{escape(section.heading)}</h2>']
    parts += [f"<p>{escape(line)}</p>" for line in section.lines]
    for chart in section.charts:
        parts.append(f"<figure><figcaption>{escape(chart.title)}</figcaption>{svg_of(chart)}</figure>")
    parts += [_table(table) for table in section.tables]
    parts += [_listing(listing) for listing in section.listings]
    return "".join(parts)


MOST_ROWS = 200
"""Rows of a table on the page; the workbook has all."""


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{escape(column.head)}</th>' for column in table.columns)
    forms = [column.form for column in table.columns]
    rows = "".join(f"<tr>{''.join(map(_cell, row, forms))}</tr>" for row in table.rows[:MOST_ROWS])
    more = len(table.rows) - MOST_ROWS
    said = table.note + (f"（另有 {more} 行，见工作簿）" if more > 0 else "")
    note = f'<p class="note">{escape(said)}</p>' if said else ""
    return (
        f"<table><caption>{escape(table.title)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>{note}"
    )


def _cell(cell: Cell, form: str) -> str:
    kind = "" if isinstance(cell, str) else ' class="n"'
    return f"<td{kind}>{escape(shown(cell, form))}</td>"


def _listing(listing: Listing) -> str:
    rest = f"（共 {listing.total} 件，此处列前 {len(listing.items)} 件）" if listing.total > len(listing.items) else ""
    ids = escape("、".join(listing.items)) or "无"
    return f"<details><summary>{escape(listing.title)}</summary><p>{ids}{rest}</p></details>"

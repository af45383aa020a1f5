"""Writes a `Report` as HTML (plots inside), XLSX (native charts) or DOCX; the same report gives the same bytes."""

from pathlib import Path

from adapters.reportarchives import plain
from adapters.reportpages import html_of
from adapters.reportpapers import docx_of
from adapters.reportsheets import xlsx_of
from domain.errors import InvalidInput, Unavailable, reason_of
from domain.report import Report

FORMATS = ("html", "xlsx", "docx")
MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def form_of(path: Path) -> str:
    """The format that a file's suffix says. Raises InvalidInput."""
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise InvalidInput(f"报告文件“{path.name[:60]}”的格式不支持。", f"后缀可用：{'、'.join(FORMATS)}。")
    return form


def write_report(report: Report, path: Path) -> None:
    """Write the report to a file whose suffix says the format.

    Raises:
        InvalidInput: If the suffix is none of `FORMATS`.
        Unavailable: If the file cannot be written.
    """
    raw = report_bytes(report, form_of(path))
    try:
        path.write_bytes(raw)
    except OSError as error:
        raise Unavailable(f"写不进“{path}”：{reason_of(error)}。", "请检查路径与权限。") from error


def report_bytes(report: Report, form: str) -> bytes:
    """The report in a format. Raises InvalidInput if it is none of `FORMATS`."""
    if form == "html":
        return plain(html_of(report)).encode("utf-8")
    if form == "xlsx":
        return xlsx_of(report)
    if form == "docx":
        return docx_of(report)
    raise InvalidInput(f"不支持的报告格式“{form[:20]}”。", f"可用：{'、'.join(FORMATS)}。")

"""Months as text `2024-03`: they sort as they follow each other."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime

FIRST_YEAR, LAST_YEAR = 1980, 2100
"""Years outside are slips of the pen."""

_PATTERNS = (
    re.compile(r"(\d{4})年(\d{1,2})月?(?:\d{1,2}日?)?"),
    re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2})?(?:[ T].*)?"),
    re.compile(r"(\d{4})(\d{2})(?:\d{2})?"),
)


def month_of(cell: object) -> str | None:
    """Read a month: a date cell, `2024-03`, `2024/3`, `202403`, `2024年3月`, `2024-03-15`; None when it is none."""
    if isinstance(cell, datetime | date):
        return f"{cell.year:04d}-{cell.month:02d}"
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell)).strip().replace(" ", "").removesuffix(".0")
    for pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            year, month = int(match[1]), int(match[2])
            good = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12
            return f"{year:04d}-{month:02d}" if good else None
    return None


def shifted(month: str, by: int) -> str:
    """The month `by` months later (earlier when below nought)."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def span(first: str, last: str) -> Iterator[str]:
    """Every month from the first to the last, both counted."""
    month = first
    while month <= last:
        yield month
        month = shifted(month, 1)


def year_of(month: str) -> str:
    """`2024` of `2024-03`."""
    return month[:4]


def period_of(text: str) -> tuple[str, str]:
    """Read a period: `2024`, `2024-03`, or `2024-01..2024-06`.

    Raises:
        ValueError: If it is none, or ends before it begins.
    """
    head, dots, tail = text.strip().partition("..")
    first, last = _edge(head, 1), _edge(tail if dots else head, 12)
    if first is None or last is None or first > last:
        raise ValueError(f"期间无法识别：{text[:30]}")
    return first, last


def _edge(text: str, month: int) -> str | None:
    word = text.strip()
    return month_of(f"{word}-{month}") if word.isdecimal() and len(word) == 4 else month_of(word)

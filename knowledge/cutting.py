"""Long texts into pieces for the store: articles without loss, tables with their header over every piece."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, groupby

from knowledge.structure import article_parts

ARTICLE_CHARS = 1000
"""Articles longer than this are stored as several passages, cut between paragraphs (款) and items (项)."""

_RULER = re.compile(r"^\s*\|[\s|:\-]+\|\s*$")


def split_article(text: str) -> list[str]:
    """Pieces of at most `ARTICLE_CHARS`, cut before 款 and 项, else between sentences; joined they are the text.

    A sentence that is longer still stays whole.
    """
    if len(text) <= ARTICLE_CHARS:
        return [text]
    pieces: list[str] = []
    for part in article_parts(text):
        for stretch in _stretches(part.text):
            if pieces and len(pieces[-1]) + len(stretch) <= ARTICLE_CHARS:
                pieces[-1] += stretch
            else:
                pieces.append(stretch)
    return pieces


def part_labels(text: str, pieces: list[str]) -> list[str]:
    """Which 款 or 项 each piece begins with (第二款第（三）项); empty for the first."""
    if len(pieces) < 2:
        return [""] * len(pieces)
    parts = article_parts(text)
    begins = [0, *accumulate(len(part.text) for part in parts)]
    starts = accumulate(len(piece) for piece in pieces[:-1])
    return ["", *(parts[bisect_right(begins, at) - 1].label for at in starts)]


def split_annex(text: str, limit: int = ARTICLE_CHARS) -> list[str]:
    """Pieces of an appendix: tables are cut between rows and carry their header on, the rest is cut like an article."""
    if len(text) <= limit:
        return [text]
    pieces: list[str] = []
    for is_table, lines in table_blocks(text):
        block = "".join(lines)
        fresh = split_rows(lines, limit) if is_table else split_article(block)
        if pieces and fresh and not is_table and len(pieces[-1]) + len(fresh[0]) <= limit:
            pieces[-1] += fresh.pop(0)
        pieces += fresh
    return [piece for piece in pieces if piece.strip()]


def table_blocks(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines that are rows with bars, and runs that are not, in turn."""
    lines = text.splitlines(keepends=True)
    for is_table, run in groupby(lines, key=lambda line: line.lstrip().startswith("|")):
        yield is_table, list(run)


def split_rows(lines: list[str], limit: int) -> list[str]:
    """Rows of one table in pieces of about `limit` characters, the first row (and a Markdown ruler) over each."""
    ruled = 2 if len(lines) > 1 and _RULER.match(lines[1]) else 1
    head, rows = "".join(lines[:ruled]), lines[ruled:]
    pieces = [head]
    for row in rows:
        if len(pieces[-1]) + len(row) > limit and pieces[-1] != head:
            pieces.append(head if head.endswith("\n") else head + "\n")
        pieces[-1] += row
    return pieces


def _stretches(text: str) -> list[str]:
    """The part whole, else its lines, else its sentences."""
    if len(text) <= ARTICLE_CHARS:
        return [text]
    stretches: list[str] = []
    for line in re.split(r"(?<=\n)", text):
        stretches += [line] if len(line) <= ARTICLE_CHARS else re.split(r"(?<=[。；！？])", line)
    return [one for one in stretches if one]

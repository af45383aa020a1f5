"""Paragraphs (款), items (项) and sub-items (目) of an article, as 立法法 numbers them: 款 without, 项 （一）, 目 1.

The interface for citing below the article:

    article_parts(text: str) -> tuple[Part, ...]                        # joined texts are the text
    find_part(text: str, *, paragraph: int = 0, item: int = 0, subitem: int = 0) -> str | None
    part_label(paragraph: int = 0, item: int = 0, subitem: int = 0) -> str   # 第二款第（三）项第1目

`find_part` gives the whole 款 with its items, or the 项 with its 目, without blank ends; None when there
is none. Without a paragraph, an item is looked for in the first 款 that has it. Everything here is pure and loss-free.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from knowledge.numerals import format_numeral, parse_numeral

_CHINESE = "[一二三四五六七八九十百]{1,5}"
_MARKERS = (
    rf"(?P<outer>{_CHINESE})、",
    rf"[（(](?P<item>{_CHINESE})[)）]",
    r"(?P<digit>\d{1,2})(?:[.．](?!\d)|、)",
    r"[（(](?P<bracket>\d{1,2})[)）]",
    r"(?P<circle>[①-⑳])",
)
"""Marks of a numbered line, outermost first; which of them is the 项 depends on what the paragraph uses."""
_ITEM = 1
_LINE = re.compile(rf"^[\s\u3000]*(?:{'|'.join(_MARKERS)})")
_RANKS = {"outer": 0, "item": 1, "digit": 2, "bracket": 3, "circle": 4}
_INLINE = re.compile(rf"(?<=[：:；;。，,、])[ \u3000]*(?=[（(]{_CHINESE}[)）])")
_TABLE = re.compile(r"^[\s\u3000]*\|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stretch of an article.

    Attributes:
        paragraph: Number of the 款, from 1.
        item: Number of the 项 as printed; 0 for the words of the 款 itself.
        subitem: Number of the 目 as printed; 0 for the words of the 项 itself.
        text: As printed, with the line breaks behind it.
    """

    paragraph: int
    item: int = 0
    subitem: int = 0
    text: str = ""

    @property
    def label(self) -> str:
        """第二款第（三）项第1目."""
        return part_label(self.paragraph, self.item, self.subitem)


def part_label(paragraph: int = 0, item: int = 0, subitem: int = 0) -> str:
    """How a part is cited behind its article; numbers that are 0 are left out."""
    return (
        (f"第{format_numeral(paragraph)}款" if paragraph else "")
        + (f"第（{format_numeral(item)}）项" if item else "")
        + (f"第{subitem}目" if subitem else "")
    )


def article_parts(text: str) -> tuple[Part, ...]:
    """Cut an article into its parts.

    A line without a number opens the next 款, unless the items go on counting behind it: then it belongs to its item.
    A numbered line is a 项, or a 目 where its kind of number stands below that of an open 项. Items run together on
    one line are taken apart where they count up from （一）. Rows of a table and lines inside an open quotation belong
    to the part before them.

    Args:
        text: Text of one article, its number included.

    Returns:
        Parts in order; their texts joined are `text`. An empty text has none.
    """
    lines = [piece for line in text.splitlines(keepends=True) for piece in _inline_items(line)]
    marks = [_mark(line) for line in lines]
    reader = _Reader()
    for line, mark, coming in zip(lines, marks, _coming(marks), strict=True):
        reader.take(line, mark, coming)
    return reader.finish()


def find_part(text: str, *, paragraph: int = 0, item: int = 0, subitem: int = 0) -> str | None:
    """Text of one part with everything below it; None when the article has no such part."""
    parts = article_parts(text)
    if not paragraph:
        paragraph = next((part.paragraph for part in parts if item and part.item == item), 1)
    return select(parts, paragraph, item, subitem)


def select(parts: Sequence[Part], paragraph: int, item: int = 0, subitem: int = 0) -> str | None:
    """As `find_part`, over parts that are already cut."""
    wanted = [
        part.text
        for part in parts
        if part.paragraph == paragraph and (not item or part.item == item) and (not subitem or part.subitem == subitem)
    ]
    return "".join(wanted).strip() or None


_Mark = tuple[int, int]
"""Rank of a mark, and its number."""


def _mark(line: str) -> _Mark | None:
    found = _LINE.match(line)
    kind = found.lastgroup if found else None
    if found is None or kind is None:
        return None
    number = _number(kind, found[kind])
    return (_RANKS[kind], number) if number else None


def _coming(marks: Sequence[_Mark | None]) -> list[dict[int, int]]:
    """For each line, by rank: the number of the next line with a mark of that rank."""
    coming: list[dict[int, int]] = []
    ahead: dict[int, int] = {}
    for mark in reversed(marks):
        coming.append(ahead)
        if mark:
            ahead = {**ahead, mark[0]: mark[1]}
    return coming[::-1]


class _Reader:
    """One pass over the lines; knows which kinds of mark are open in the paragraph, outermost first."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.open: list[_Mark] = []
        self.quotes = 0
        self.ended = ""
        self._more: list[str] = []

    def finish(self) -> tuple[Part, ...]:
        self._close()
        return tuple(self.parts)

    def take(self, line: str, mark: _Mark | None, coming: Mapping[int, int]) -> None:
        if self.parts and (not line.strip() or self.quotes > 0 or _TABLE.match(line)):
            self._continue(line)
        elif mark and self.parts:
            self._numbered(line, mark)
        elif self.open and coming.get(self.open[0][0]) == self.open[0][1] + 1:
            self._continue(line)
        elif self.parts and not self.open and coming.get(_ITEM) == 2 and self.ended == "：":
            self._numbered(line, (_ITEM, 1))  # the source lost the first mark
        else:
            self._paragraph(line)
        self.quotes = max(0, self.quotes + line.count("“") - line.count("”"))
        self.ended = line.rstrip()[-1:] or self.ended

    def _numbered(self, line: str, mark: _Mark) -> None:
        self.open = [*(one for one in self.open if one[0] < mark[0]), mark]
        last = self.parts[-1]
        if len(self.open) > 2:
            self._continue(line)
        elif len(self.open) == 1:
            self._begin(Part(paragraph=last.paragraph, item=mark[1], text=line))
        else:
            self._begin(Part(paragraph=last.paragraph, item=last.item, subitem=mark[1], text=line))

    def _paragraph(self, line: str) -> None:
        self._close()
        if self.parts and not self.parts[-1].text.strip():  # empty lines before the first words
            line = self.parts.pop().text + line
        self.open = []
        self._begin(Part(paragraph=self.parts[-1].paragraph + 1 if self.parts else 1, text=line))

    def _begin(self, part: Part) -> None:
        self._close()
        self.parts.append(part)

    def _continue(self, line: str) -> None:
        self._more.append(line)

    def _close(self) -> None:
        """Put together the last part and the lines that follow it; joining line by line would copy it each time."""
        if self._more:
            last = self.parts[-1]
            self.parts[-1] = replace(last, text="".join([last.text, *self._more]))
            self._more.clear()


def _inline_items(line: str) -> list[str]:
    """The line, cut before （一）, （二）… where they count up from one; joined, the pieces are the line."""
    cuts, wanted = [0], 1
    for found in _INLINE.finditer(line):
        number = _LINE.match(line[found.end() : found.end() + 12])
        if number and number["item"] and _number("item", number["item"]) == wanted:
            cuts.append(found.end())
            wanted += 1
    if wanted < 3:
        return [line]
    return [line[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(line)], strict=True)]


def _number(kind: str, text: str) -> int:
    if kind == "circle":
        return ord(text) - ord("①") + 1
    if kind in {"digit", "bracket"}:
        return int(text)
    try:
        return parse_numeral(text)
    except ValueError:
        return 0

"""Word documents into lines: paragraphs, headings as `#`, tables as rows with bars, text boxes, in reading order.

Deleted text of tracked changes is left out and inserted text kept; numbers that Word counts by itself (第%1条) are
written out; runs that are hidden, white on nothing or too small to see are kept apart.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import docx
from docx.document import Document as Paper
from docx.oxml.ns import qn
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document
from lxml.etree import _Element as Element  # the type that python-docx hands out

from knowledge.bounds import require_modest
from knowledge.numerals import format_numeral
from knowledge.quarantine import HiddenText
from knowledge.suspicion import says_something

_SKIPPED = {
    qn(f"w:{name}") for name in ("del", "moveFrom", "pPr", "rPr", "instrText", "sectPr", "tblPr", "tcPr", "trPr")
}
_SKIPPED.add("{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback")
_BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}
_TINY = 4
"""Half points; nobody reads two-point type."""
_CHINESE = {"chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting", "taiwaneseCounting"}


@dataclass
class _Numbering:
    """Numbers that Word counts: per list the pattern and kind of each level, and how far it has counted."""

    levels: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def next(self, number: str, level: int) -> str:
        """What stands before the next paragraph of a list."""
        if (number, level) not in self.levels:
            return ""
        pattern, _, start = self.levels[number, level]
        self.counts[number, level] = self.counts.get((number, level), start - 1) + 1
        for key in [key for key in self.counts if key[0] == number and key[1] > level]:
            del self.counts[key]
        return re.sub(r"%(\d)", lambda found: self._written(number, int(found[1]) - 1), pattern)

    def _written(self, number: str, level: int) -> str:
        _, kind, start = self.levels.get((number, level), ("", "decimal", 1))
        count = self.counts.get((number, level), start)
        return format_numeral(count) if kind in _CHINESE and 1 <= count <= 9999 else str(count)


@dataclass
class _Styles:
    """What styles say of their paragraphs: heading depth, hidden or not, list and level."""

    depth: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    lists: dict[str, tuple[str, int]] = field(default_factory=dict)


class DocxReader(BaseReader):
    """Word documents."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document; `hidden` in its metadata is what was hidden."""
        require_modest(file, "加密的 Word 文件（或旧版 doc 改名）")
        paper = docx.Document(str(file))
        reader = _Body(_styles(paper), _numbering(paper))
        lines = list(reader.blocks(paper.element.body))
        title = paper.core_properties.title or ""
        return [Document(text="\n".join(lines), metadata={"title": title, "hidden": reader.hidden})]


class _Body:
    """Walks the body's elements."""

    def __init__(self, styles: _Styles, numbering: _Numbering) -> None:
        self.styles = styles
        self.numbering = numbering
        self.hidden: list[HiddenText] = []
        self.count = 0

    def blocks(self, parent: Element) -> Iterator[str]:
        """Lines of paragraphs, tables and content controls, in order."""
        for child in parent:
            if child.tag == qn("w:p"):
                yield from self.paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self.table(child)
            elif child.tag not in _SKIPPED:  # sdt, ins, customXml: what they hold
                yield from self.blocks(child)

    def paragraph(self, element: Element) -> Iterator[str]:
        """The paragraph, then what its text boxes say."""
        self.count += 1
        words: list[str] = []
        unseen: list[str] = []
        boxes: list[Element] = []
        shaded = _shaded(element.find(qn("w:pPr")))
        self._collect(element, words, unseen, boxes, shaded=shaded)
        style = _value(element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}"))
        text = "".join(words)
        if style in self.styles.hidden:
            unseen, words, text = [text, *unseen], [], ""
        if says_something("".join(unseen)):
            self.hidden.append(HiddenText(place=f"第{self.count}段", how="隐藏文字", text="".join(unseen).strip()))
        depth = self.styles.depth.get(style, 0)
        mark = "#" * min(depth, 6) + " " if depth and text.strip() else ""
        yield mark + (self._number(element, style) if text.strip() else "") + text
        for box in boxes:
            yield from self.blocks(box)

    def table(self, element: Element) -> Iterator[str]:
        """Rows with bars; a cell that spans columns or rows is said once."""
        for row in element.iter(qn("w:tr")):
            if next(row.iterancestors(qn("w:tbl"))) is not element:
                continue  # a table in a cell is read with its cell
            cells = [
                " ".join(line.strip() for line in self.blocks(cell) if line.strip()).replace("\n", " ")
                for cell in row.iter(qn("w:tc"))
                if next(cell.iterancestors(qn("w:tr"))) is row
            ]
            yield "| " + " | ".join(cells) + " |"

    def _collect(
        self, element: Element, words: list[str], unseen: list[str], boxes: list[Element], *, shaded: bool
    ) -> None:
        for child in element:
            if child.tag == qn("w:txbxContent"):
                boxes.append(child)
            elif child.tag == qn("w:t"):
                words.append(child.text or "")
            elif child.tag in _BREAKS:
                words.append(_BREAKS[child.tag])
            elif child.tag == qn("w:r"):
                hides = _hides(child.find(qn("w:rPr")), self.styles, shaded=shaded or _in_shaded_cell(child))
                self._collect(child, unseen if hides else words, unseen, boxes, shaded=shaded)
            elif child.tag not in _SKIPPED:
                self._collect(child, words, unseen, boxes, shaded=shaded)

    def _number(self, element: Element, style: str) -> str:
        own = element.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        number, level = _list_of(own) if own is not None else self.styles.lists.get(style, ("", 0))
        written = self.numbering.next(number, level) if number not in {"", "0"} else ""
        return f"{written}　" if written else ""


def _hides(properties: Element | None, styles: _Styles, *, shaded: bool) -> bool:
    if properties is None:
        return False
    if _on(properties.find(qn("w:vanish"))) or _value(properties.find(qn("w:rStyle"))) in styles.hidden:
        return True
    size = _value(properties.find(qn("w:sz")))
    white = _value(properties.find(qn("w:color"))).upper() == "FFFFFF"
    return (size.isdigit() and int(size) <= _TINY) or (white and not shaded and not _shaded(properties))


def _shaded(properties: Element | None) -> bool:
    """Whether something says that the ground is not white."""
    shading = properties.find(qn("w:shd")) if properties is not None else None
    fill = shading.get(qn("w:fill"), "auto") if shading is not None else "auto"
    highlight = properties.find(qn("w:highlight")) if properties is not None else None
    return fill.upper() not in {"AUTO", "FFFFFF"} or highlight is not None


def _in_shaded_cell(element: Element) -> bool:
    """Whether a cell or table around the text has a ground of its own; a table style may have one."""
    for around in element.iterancestors(qn("w:tc"), qn("w:tbl"), qn("w:txbxContent")):
        if around.tag == qn("w:txbxContent"):
            return True
        if around.tag == qn("w:tc") and _shaded(around.find(qn("w:tcPr"))):
            return True
        if around.tag == qn("w:tbl") and around.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}") is not None:
            return True
    return False


def _styles(paper: Paper) -> _Styles:
    styles = _Styles()
    for style in paper.styles.element.iter(qn("w:style")):
        key = style.get(qn("w:styleId"), "")
        name = _value(style.find(qn("w:name")))
        if found := re.match(r"(?:heading|标题)\s*(\d)", name, re.IGNORECASE):
            styles.depth[key] = int(found[1]) + 1
        elif name.lower().startswith(("title", "标题")):
            styles.depth[key] = 1
        if _on(style.find(f"{qn('w:rPr')}/{qn('w:vanish')}")):
            styles.hidden.add(key)
        numbered = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if numbered is not None:
            styles.lists[key] = _list_of(numbered)
    return styles


def _numbering(paper: Paper) -> _Numbering:
    """Lists of the document; pictures and bullets count nothing."""
    numbering = _Numbering()
    part = next((r.target_part for r in paper.part.rels.values() if r.reltype.endswith("/numbering")), None)
    root = getattr(part, "element", None)
    if root is None:
        return numbering
    abstract = {one.get(qn("w:abstractNumId")): one for one in root.iter(qn("w:abstractNum"))}
    for one in root.iter(qn("w:num")):
        kind = abstract.get(_value(one.find(qn("w:abstractNumId"))))
        for level in kind.iter(qn("w:lvl")) if kind is not None else ():
            pattern, counted = _value(level.find(qn("w:lvlText"))), _value(level.find(qn("w:numFmt")))
            start = _value(level.find(qn("w:start")))
            if "%" in pattern and counted != "bullet":
                key = one.get(qn("w:numId"), ""), int(level.get(qn("w:ilvl"), "0"))
                numbering.levels[key] = pattern, counted, int(start) if start.isdigit() else 1
    return numbering


def _list_of(numbered: Element) -> tuple[str, int]:
    level = _value(numbered.find(qn("w:ilvl")))
    return _value(numbered.find(qn("w:numId"))), int(level) if level.isdigit() else 0


def _value(element: Element | None) -> str:
    return element.get(qn("w:val"), "") if element is not None else ""


def _on(element: Element | None) -> bool:
    return element is not None and element.get(qn("w:val"), "1") not in {"0", "false", "off"}

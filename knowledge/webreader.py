"""Web pages into lines: headings as `#`, table rows with bars, one block a line; what the eye does not see kept apart.

One pass over the tags with a stack of what is open: linear in the length of the page however deep it nests.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from knowledge.comments import without_comments
from knowledge.quarantine import HiddenText
from knowledge.suspicion import findings, says_something
from knowledge.textunits import decode

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_DROPPED = {"script", "style", "noscript", "template", "select", "button", "textarea", "svg", "iframe", "object"}
_FURNITURE = {"nav", "header", "footer"}
_BLOCKS = (
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "ul", "ol", "dl", "dt", "dd", "pre", "blockquote", "div"}
    | {"section", "article", "main", "aside", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "form"}
    | {"body", "html", "figure", "figcaption", "address", "fieldset", "center", "nav", "header", "footer", "hr"}
)
_ENDED_BY: Mapping[str, set[str]] = {
    "p": _BLOCKS - {"body", "html"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th", "tr", "tbody", "tfoot"},
    "th": {"td", "th", "tr", "tbody", "tfoot"},
    "tr": {"tr", "tbody", "tfoot"},
    "head": {"body"},
}
"""Tags that authors leave open, and what ends them."""

_UNSEEN_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:[01](?:\.\d+)?(?:px|pt)?(?:;|!|$)"
    r"|font-size:0|opacity:0(?:\.0\d*)?(?:;|!|$)|text-indent:-\d{3,}|(?:left|top|right):-\d{3,}|scale\(0"
    r"|clip:rect\([01]|color:transparent|(?:max-)?(?:height|width):0(?:px)?(?:;|!|$)"
)
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_WHITE = {"#fff", "#ffffff", "white", "rgb(255,255,255)", "rgba(255,255,255,1)"}
_RULE = re.compile(r"([^{}]{1,300})\{([^{}]{0,4000})\}")
_LONG_CELL = 300
_COMMENT_CHARS = 12


@dataclass(slots=True)
class _Tag:
    """An open tag; `hidden` says how, `coloured` that something behind it may not be white."""

    name: str
    hidden: str
    dropped: bool
    coloured: bool


@dataclass(slots=True)
class _Row:
    """A table row being read: lines of each cell."""

    cells: list[list[str]] = field(default_factory=list)


class HtmlReader(BaseReader):
    """Web pages: title, headings as `#`, one block a line; scripts, styles and navigation left out."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole page as one document; `hidden` in its metadata is what was hidden."""
        text = decode(file.read_bytes())
        page = read_page(text)
        if not page.lines:  # some pages are nothing but a header or a footer, or never close it
            page = read_page(text, furniture=frozenset())
        return [Document(text="\n".join(page.lines), metadata={"title": page.title, "hidden": page.hidden})]


def read_page(text: str, *, furniture: frozenset[str] = frozenset(_FURNITURE)) -> "Page":
    """Read a page.

    Args:
        text: Its source.
        furniture: Tags whose content is left out.
    """
    plain, comments = without_comments(text)
    page = Page(furniture)
    end = plain.rfind(">") + 1  # a tag that never ends is text; looking for its end once is enough
    page.feed(plain[:end])
    page.close()
    page.handle_data(unescape(plain[end:]))
    page.finish()
    page.hidden += [
        HiddenText(place="", how="注释", text=words)
        for comment in comments
        if (words := re.sub(r"<[^<>]*>|\s+", " ", comment).strip()) and _comment_matters(words)
    ]
    return page


def _comment_matters(text: str) -> bool:
    return len(re.findall(r"[\u3400-\u9fff]", text)) >= _COMMENT_CHARS or bool(findings(text))


class Page(HTMLParser):
    """Lines of a page, its title, and what it hides."""

    def __init__(self, furniture: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.lines: list[str] = []
        self.hidden: list[HiddenText] = []
        self._left_out = _DROPPED | furniture
        self._stack: list[_Tag] = []
        self._open: Counter[str] = Counter()
        self._words: list[str] = []
        self._unseen: list[str] = []
        self._rows: list[_Row] = []
        self._level = 0
        self._hiding: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag, closing what it ends."""
        while self._stack and tag in _ENDED_BY.get(self._stack[-1].name, ()):
            self._close_top()
        if tag in _BLOCKS or tag == "br":
            self._flush()
        if tag in _VOID:
            return
        above = self._stack[-1] if self._stack else _Tag("", "", dropped=False, coloured=False)
        named = {name: value or "" for name, value in attrs}
        how, coloured = hiding(named, above.coloured)
        how = above.hidden or how or self._hidden_by_sheet(named)
        self._stack.append(_Tag(tag, how, above.dropped or tag in self._left_out, coloured))
        self._open[tag] += 1
        if re.fullmatch(r"h[1-6]", tag):
            self._level = int(tag[1])
        elif tag == "tr":
            self._rows.append(_Row())
        elif tag in {"td", "th"} and self._rows:
            self._rows[-1].cells.append([])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>`, and tags that authors close although HTML does not."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag and what is open inside it; a tag that was never opened ends nothing."""
        if not self._open[tag]:
            return
        while self._stack:
            if self._close_top() == tag:
                return

    def handle_data(self, data: str) -> None:
        """Take text to where it belongs."""
        top = self._stack[-1] if self._stack else None
        if top is None or not (top.dropped or top.hidden or top.name == "title"):
            self._words.append(data)
        elif top.name == "style":
            self._learn(data)
        elif top.name == "title":
            self.title = " ".join((self.title + data).split())
        elif top.hidden and not top.dropped:
            self._unseen.append(data)

    def finish(self) -> None:
        """Close what is still open."""
        while self._stack:
            self._close_top()
        self._flush()

    def _close_top(self) -> str:
        tag = self._stack[-1]
        if tag.name in _BLOCKS:
            self._flush()
        self._stack.pop()
        self._open[tag.name] -= 1
        if tag.hidden and not (self._stack and self._stack[-1].hidden):
            self._keep_hidden(tag.hidden)
        if tag.name == "tr" and self._rows:
            row = self._rows.pop()
            for line in row_lines(row.cells):
                self._emit(line)
        return tag.name

    def _flush(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self._words)).strip()
        self._words.clear()
        if text:
            self._emit("#" * self._level + " " + text if self._level else text)
        self._level = 0

    def _emit(self, line: str) -> None:
        if self._rows and self._rows[-1].cells:
            self._rows[-1].cells[-1].append(line)
        else:
            self.lines.append(line)

    def _keep_hidden(self, how: str) -> None:
        text = re.sub(r"\s+", " ", "".join(self._unseen)).strip()
        self._unseen.clear()
        if says_something(text):
            self.hidden.append(HiddenText(place=f"第{self.getpos()[0]}行", how=how, text=text))

    def _learn(self, sheet: str) -> None:
        """Remember simple selectors whose rule hides; rules for printers and small screens do not count."""
        outside = re.sub(r"@media[^{}]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", sheet)
        for selectors, declarations in _RULE.findall(outside):
            if _UNSEEN_STYLE.search(_squeezed(declarations)):
                names = (selector.strip() for selector in selectors.split(","))
                self._hiding.update(name for name in names if re.fullmatch(r"[.#][\w-]+", name))

    def _hidden_by_sheet(self, named: Mapping[str, str]) -> str:
        marks = {f".{one}" for one in named.get("class", "").split()} | {f"#{named.get('id', '')}"}
        return "样式表隐藏" if marks & self._hiding else ""


def hiding(named: Mapping[str, str], coloured: bool) -> tuple[str, bool]:
    """How a tag's attributes hide its text (empty: they do not), and whether its ground may be other than white."""
    style = _squeezed(named.get("style", ""))
    ground = _GROUND.search(style)
    behind = (ground[1] if ground else "") or named.get("bgcolor", "").lower()
    if behind:
        coloured = behind not in _WHITE
    colour = _COLOUR.search(style)
    ink = (colour[1] if colour else "") or named.get("color", "").lower()
    if _UNSEEN_STYLE.search(style):
        return "样式隐藏", coloured
    if "hidden" in named or named.get("aria-hidden", "").lower() == "true":
        return "隐藏属性", coloured
    if (ink and ink == behind) or (ink in _WHITE and not coloured):
        return "与底色同色", coloured
    return "", coloured


def row_lines(cells: list[list[str]]) -> list[str]:
    """A table row as one line with bars; a row that only lays out a page as the lines that it holds."""
    if not any(line for cell in cells for line in cell):
        return []
    layout = len(cells) == 1 or any(
        (len(cell) > 1 and sum(map(len, cell)) > _LONG_CELL) or any(line.startswith(("|", "#")) for line in cell)
        for cell in cells
    )
    if layout:
        return [line for cell in cells for line in cell]
    return ["| " + " | ".join(" ".join(cell) for cell in cells) + " |"]


def without_unseen_tags(text: str) -> tuple[str, list[HiddenText]]:
    """Cut hidden tags out of Markdown or plain text, where readers' programs would render them."""
    hidden: list[HiddenText] = []
    kept: list[str] = []
    never_closed: set[str] = set()
    at, line = 0, 1
    while found := _OPENING.search(text, at):
        kept.append(text[at : found.start()])
        line += text.count("\n", at, found.start())
        closing = f"</{found[1]}>"
        how, _ = hiding(dict(_ATTRIBUTE.findall(found[2].lower())), coloured=False)
        end = text.find(closing, found.end()) if how and closing not in never_closed else -1
        if end < 0:
            never_closed |= {closing} if how else set()
            kept.append(found[0])
            at = found.end()
            continue
        hidden.append(HiddenText(place=f"第{line}行", how=how, text=text[found.end() : end].strip()))
        line += text.count("\n", found.start(), end)
        at = end + len(closing)
    return "".join([*kept, text[at:]]), [one for one in hidden if says_something(one.text)]


_OPENING = re.compile(r"<(span|div|p|font|small|b|i|details)\b([^<>]{1,500})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w-]+)(?:\s*=\s*[\"']?([^\"'<>]*)[\"']?)?")


def _squeezed(style: str) -> str:
    return re.sub(r"\s+", "", style).lower()

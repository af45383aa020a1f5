"""Body of a law text: cut into articles (条), and what stands before, between and behind them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from knowledge.comments import without_comments
from knowledge.numerals import NUMERAL, article_heading, parse_numeral

_HEAD = re.compile(
    rf"^[\s>*]*第(?P<main>[零〇○一二三四五六七八九十百千两\d\s－—–-]{{1,14}})条"
    rf"(?P<sub>之{NUMERAL}+)?\*{{0,2}}(?P<gap>[\s\u3000]|$)?(?P<rest>.*)"
)
_INLINE = re.compile(rf"(?<=[。；：）)])[\s\u3000]*(?=第{NUMERAL}+条(?:之{NUMERAL}+)?[\s\u3000])")
_COUNTED = re.compile(
    rf"(?:^[ \t\u3000]*|(?<=[。；：）)])[ \u3000]*)第{NUMERAL}+条(?:之{NUMERAL}+)?(?=[ \u3000]|$)", re.MULTILINE
)
_MARK = re.compile(r"^\s*(#+)\s*(.*?)\s*$")
_PLAIN_HEADING = re.compile(
    rf"^[\s\u3000]*第{NUMERAL}+(?P<rank>分编|编|章|节)(?:[\s\u3000]+[^。；，,;]{{1,30}})?[\s\u3000]*$"
)
_RANKED = re.compile(rf"^第{NUMERAL}+(分编|编|章|节)")
_RANKS = {"编": 1, "分编": 2, "章": 3, "节": 4}
_APPENDIX = re.compile(
    rf"^[\s\u3000]*附(?:[件录表图][{NUMERAL[1:-1]}\d\-]{{0,4}}(?:[\s\u3000]*[：:].{{0,60}}|[\s\u3000]+[^。；]{{1,40}}"
    rf"|[（(][^（()）]{{1,20}}[)）])?|[{NUMERAL[1:-1]}\d]{{0,3}}[\s\u3000]*(?:[：:].{{0,60}})?)[\s\u3000]*$"
)
_CLOSING = re.compile(r"^[\s\u3000]*附[\s\u3000]*则[\s\u3000]*$")
_APPENDIX_HEADING = re.compile(r"^附(件|录|表|图)")
_ITEM = re.compile(r"^[\s\u3000]*[一二三四五六七八九十]{1,4}、")
_REFERENCE = "第的规款项所和与、至或以及之（("
_AMENDING = re.compile(r"修改为|内容如下|作如下修改|增加.{0,12}[条节章]")

ARTICLE, PREAMBLE, APPENDIX, SECTION = "article", "preamble", "appendix", "section"
"""Kinds of section: an article; text before the first one; annex; any other text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a text that is not as it should be; `line` counts from 1 in the file."""

    code: str
    detail: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A stretch of the body. `number` is the article's label, empty for other kinds.

    `text` is as printed, label included, without blank ends. `headings_after` counts the headings that follow before
    the next article (the reference tables' hashes depend on it).
    """

    kind: str
    number: str
    chapter: str
    text: str
    line: int
    headings_after: int = 0


@dataclass
class _Open:
    """The section being read."""

    kind: str
    number: str
    chapter: str
    line: int
    lines: list[str] = field(default_factory=list)
    _looked_at: int = 0
    _amends: bool = False
    _quotes: int = 0

    def amends(self) -> bool:
        """Whether the section changes another text, which it then quotes."""
        self._look()
        return self._amends or any(_AMENDING.search(line) for line in self.lines[-1:])

    def quotes(self) -> bool:
        """Whether a quotation is open."""
        self._look()
        last = "".join(self.lines[-1:])
        return self._quotes + last.count("“") > last.count("”")

    def _look(self) -> None:
        """Every line once, but for the last, which may still be cut: a long section is asked about on many lines."""
        for line in self.lines[self._looked_at : -1]:
            self._amends = self._amends or bool(_AMENDING.search(line))
            self._quotes += line.count("“") - line.count("”")
        self._looked_at = max(self._looked_at, len(self.lines) - 1)

    def close(self) -> Section | None:
        text = "\n".join(self.lines).strip()
        if not text:
            return None
        return Section(
            kind=self.kind,
            number=self.number,
            chapter=self.chapter,
            text=text,
            line=self.line,
        )


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading: `rank` of its number (编 1 … 节 4, 0 without one) and its depth in the outline."""

    rank: int
    depth: int
    text: str

    def is_under(self, other: "_Heading") -> bool:
        """Whether this heading belongs below the other; sources do not always indent sections below chapters."""
        return other.rank < self.rank if self.rank and other.rank else other.depth < self.depth


def read_body(lines: Iterable[str], *, first_line: int = 1, root: str = "") -> tuple[list[Section], list[Fault]]:
    """Cut a body into sections; every character that is not a heading ends up in exactly one of them.

    Args:
        lines: Lines of the body.
        first_line: Number of the first of them in the file, for faults.
        root: First element of every chapter path (the book of a code).
    """
    reader = _Reader(root)
    for number, line in enumerate(lines, start=first_line):
        reader.take(without_comments(line)[0], number)
    sections, faults = reader.finish()
    if not any(section.kind == ARTICLE for section in sections):
        sections = _cut_items(sections)
    return sections, faults


def count_heads(text: str) -> int:
    """Article numbers at the start of a line, or behind the end of a sentence: counted without the reader, to check it.

    The reader's own faults explain the rest: misprinted numbers are not seen here, quoted articles are.
    """
    return len(_COUNTED.findall(text))


class _Reader:
    """One pass over the lines; holds the chapter path and the section that is open."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.path: list[_Heading] = []
        self.open = _Open(PREAMBLE, "", root, 1)
        self.last: tuple[int, int] | None = None
        self.sections: list[Section] = []
        self.faults: list[Fault] = []

    def take(self, line: str, number: int) -> None:
        if heading := self._heading(line):
            self._enter(heading, number)
        elif self.last is not None and self.open.kind != APPENDIX and _APPENDIX.match(line):
            self._start(APPENDIX, "", number, line)
            self.open.chapter = "/".join(part for part in (self.root, re.sub(r"\s+", " ", line.strip())) if part)
        elif self.open.kind == APPENDIX or not self._article(line, number):
            self.open.lines.append(line)

    def finish(self) -> tuple[list[Section], list[Fault]]:
        self._close()
        return self.sections, self.faults

    def _heading(self, line: str) -> _Heading | None:
        if marked := _MARK.match(line):
            text = re.sub(r"[\s\u3000]+", " ", marked[2])
            ranked = _RANKED.match(text)
            return _Heading(_RANKS[ranked[1]] if ranked else 0, len(marked[1]), text)
        if _CLOSING.match(line) and self.last is not None:
            return _Heading(_RANKS["章"], _RANKS["章"] + 1, "附则")
        plain = _PLAIN_HEADING.match(line)
        if plain and not (self.open.kind == ARTICLE and self.open.amends()):
            rank = _RANKS[plain["rank"]]
            return _Heading(rank, rank + 1, re.sub(r"[\s\u3000]+", " ", line.strip()))
        return None

    def _enter(self, heading: _Heading, number: int) -> None:
        self._close()
        if self.sections and self.sections[-1].kind == ARTICLE:
            article = self.sections[-1]
            self.sections[-1] = replace(article, headings_after=article.headings_after + 1)
        kept = [entry for entry in self.path if heading.is_under(entry)]
        self.path = [*kept, heading] if heading.text else kept
        if self.open.kind == APPENDIX or _APPENDIX_HEADING.match(heading.text):
            kind = APPENDIX
        else:
            kind = PREAMBLE if self.last is None else SECTION
        self.open = _Open(kind, "", self._chapter(), number)

    def _article(self, line: str, number: int) -> bool:
        found = _HEAD.match(line)
        if found is None:
            return False
        label = self._accept(found, number)
        if not label:
            return False
        self._start(ARTICLE, label, number, line)
        self._split_inline(number)
        return True

    def _accept(self, found: re.Match[str], number: int) -> str:
        """Label of the article that the line opens, or empty when the line only mentions one."""
        raw = found["main"]
        printed = re.sub(r"\s", "", raw)
        mended = re.sub(r"[－—–-]", "一", printed)
        try:
            main = int(mended) if mended.isdigit() else parse_numeral(mended)
            sub = parse_numeral(found["sub"][1:]) if found["sub"] else 0
        except ValueError:
            return ""
        key, follows = (main, sub), self._follows((main, sub))
        misprinted = mended != raw
        spaced = found["gap"] is not None
        if not 1 <= main <= 9999 or sub > 9999 or (not follows and (misprinted or not spaced)):
            return ""
        if not spaced and found["rest"][:1] in tuple(_REFERENCE) and not misprinted:
            return ""
        label = f"{main}-{sub}" if sub else str(main)
        if not self._in_order(key, follows, number):
            return ""
        if misprinted:
            self._fault("misprinted_number", f"第{raw}条按{article_heading(label)}收录", number)
        self.last = key
        return label

    def _follows(self, key: tuple[int, int]) -> bool:
        if self.last is None:
            return key == (1, 0)
        main, sub = self.last
        return key in {(main + 1, 0), (main, sub + 1)}

    def _in_order(self, key: tuple[int, int], follows: bool, number: int) -> bool:
        if follows or self.last is None:
            return True
        if self.open.amends() or self.open.quotes():
            self._fault("quoted_article", f"{_words(key)}是引文，归入{_words(self.last)}", number)
            return False
        if key <= self.last:
            self._fault("out_of_order", f"{_words(key)}出现在{_words(self.last)}之后，归入前条", number)
            return False
        if key[0] - self.last[0] > 1 or key[1] > 1:
            self._fault("missing_articles", f"{_words(self.last)}之后直接是{_words(key)}，中间缺条", number)
        return True

    def _split_inline(self, number: int) -> None:
        """Take apart articles that the source ran together on one line."""
        line = self.open.lines.pop()
        cuts = [0, *(cut.end() for cut in _INLINE.finditer(line, 1)), len(line)]
        kept: list[str] = []
        splitting = True
        for begin, end in pairwise(cuts):
            piece = line[begin:end]
            found = _HEAD.match(piece) if begin and splitting and self._opens(piece) else None
            if found is None:
                kept.append(piece)
                continue
            self.open.lines.append("".join(kept).rstrip())
            if label := self._accept(found, number):
                self._start(ARTICLE, label, number, "")
                kept = []
            splitting = bool(label)
            self.open.lines.pop()
            kept.append(piece)
        self.open.lines.append("".join(kept))

    def _opens(self, rest: str) -> bool:
        found = _HEAD.match(rest)
        if found is None or found["gap"] is None:
            return False
        main = parse_numeral(found["main"])
        return self._follows((main, parse_numeral(found["sub"][1:]) if found["sub"] else 0))

    def _start(self, kind: str, label: str, number: int, line: str) -> None:
        self._close()
        self.open = _Open(kind, label, self._chapter(), number, [line])

    def _close(self) -> None:
        if section := self.open.close():
            self.sections.append(section)

    def _chapter(self) -> str:
        names = [heading.text for heading in self.path]
        return "/".join([self.root, *names] if self.root else names)

    def _fault(self, code: str, detail: str, line: int) -> None:
        self.faults.append(Fault(code=code, detail=detail, line=line))


def _cut_items(sections: list[Section]) -> list[Section]:
    """Decisions and replies have no articles but items (一、二、): one section each, when there are several."""
    cut: list[Section] = []
    for section in sections:
        lines = section.text.split("\n")
        section = replace(section, kind=SECTION) if section.kind == PREAMBLE else section
        starts = [index for index, line in enumerate(lines) if _ITEM.match(line)]
        if len(starts) < 2:
            cut.append(section)
            continue
        bounds = sorted({0, *starts, len(lines)})
        for begin, end in pairwise(bounds):
            text = "\n".join(lines[begin:end]).strip()
            if text:
                kind = section.kind if begin not in starts else SECTION
                cut.append(Section(kind=kind, number="", chapter=section.chapter, text=text, line=section.line + begin))
    return cut


def _words(key: tuple[int, int]) -> str:
    return article_heading(f"{key[0]}-{key[1]}" if key[1] else str(key[0]))

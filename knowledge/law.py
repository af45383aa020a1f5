"""A law text in the folder layout of the reference corpus, read into articles.

The layout: `# title`, optionally `# book`, one event a line (`2021年1月22日 … 修订`, `2021年7月15日 施行`),
`<!-- INFO END -->`, then chapters as headings and articles as paragraphs that open with their number. Texts without
the mark (from Word, PDF, plain text) are read too: the head then ends where the first heading or article begins.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath

from knowledge import lawbody
from knowledge.amending import Decided, decided
from knowledge.lawbody import ARTICLE, Fault, Section
from knowledge.lawhead import HistoryEvent, LawHead, file_date, level_of, read_date, read_head, region_of, split_head
from knowledge.names import book_name, canonical_name
from knowledge.numerals import NUMERAL

_STARTS = re.compile(
    r"自?(?:(?P<day>[\d〇○零一二三四五六七八九十]{4}年\s*[\d一二三四五六七八九十]{1,3}月\s*[\d一二三四五六七八九十]{1,3}\s*日)(?:零时)?"
    r"|(?P<publication>(?:修订)?(?:公布|发布|颁布|批准)之日))起?(?:正式)?(?:施行|实施|生效)"
)
_OWN = re.compile(r"本(?:法|条例|办法|规定|细则|规则|解释|决定|修正案|编|实施办法|实施细则|安排|意见)[^。；]{0,12}$")
_REPEALED = re.compile(r"《((?:[^《》]|《[^《》]*》)+)》(?!第|中|规定|的(?:有关|第|决定))")
_REPEALS = re.compile(r"废止|失效")
_BODY_STARTS = re.compile(rf"^[\s\u3000]*(#{{2,}}|第{NUMERAL}+(分编|编|章|节|条)([\s\u3000]|$))")
_HISTORY_GAP = timedelta(days=200)  # passing to publication takes months at most
_TITLE_CHARS = 200
_PLACEHOLDER = re.compile(r"^[xXＸ×]{3,}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLaw:
    """One version of one law.

    Attributes:
        law: Canonical name: without 中华人民共和国 and book marks; `民法典(侵权责任编)` for a book of a split code.
        title: Full title as printed.
        book: Book of a split code, else empty.
        history: Steps of making and amending, as listed in the head.
        version_date: Date of this version (file name, else the last step that made or changed it).
        effective_date: First day it holds in this version.
        effective_basis: Where that date comes from: `stated` in the head, `article` of the text itself, `publication`
            (自公布之日起), `amendment` (the text's own date is older than the version), or empty.
        level: Rank: 宪法, 法律, 行政法规, 部门规章, 地方性法规, 司法解释; empty when unknown.
        region: Scope code of local law (重庆); empty for national law.
        sections: The whole body in order.
        decided: What it does to other laws, if it is a decision about them.
        repeals: Canonical names of laws that it ends.
        repeal_day: Day on which it ended them: when it first took effect, however often it was amended since.
        faults: What is wrong with the text.
    """

    law: str
    title: str
    book: str
    history: tuple[HistoryEvent, ...]
    version_date: date | None
    effective_date: date | None
    effective_basis: str
    level: str
    region: str
    sections: tuple[Section, ...]
    decided: Decided
    repeals: tuple[str, ...]
    repeal_day: date | None
    faults: tuple[Fault, ...]

    @property
    def articles(self) -> dict[str, Section]:
        """Articles by label, in order."""
        return {section.number: section for section in self.sections if section.kind == ARTICLE}


def article_sha256(text: str) -> str:
    """Hash of an official article: SHA-256 of its text as printed (label included, blank ends cut), in UTF-8."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def reference_sha256(article: Section) -> str:
    """Hash as the tables of checked citations carry it (first 16 hex digits).

    There an article runs to the next one with the headings between taken out, each leaving one line break.
    """
    return hashlib.sha256((article.text + "\n" * article.headings_after).encode()).hexdigest()[:16]


def parse_law(text: str, *, path: PurePath | None = None) -> ParsedLaw:
    """Read one law text.

    Args:
        text: The file's text.
        path: Where it lies: the folders tell level and region, the file name the version date.
    """
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = split_head(lines)
    head, begin = (read_head(lines[:end]), end + 1) if end is not None else _loose_head(lines)
    stem = path.stem if path else ""
    title = head.title or re.sub(r"[(（]\d{4}-\d\d-\d\d[)）]$", "", stem)
    name = canonical_name(title)
    law = book_name(name, head.book) if head.book else name
    kept = lines[begin:]
    sections, faults = lawbody.read_body(kept, first_line=begin + 1, root="".join(head.book.split()))
    version = _version_date(stem, head.history)
    effective, basis = _effective_date(head.history, sections, version)
    decision = decided(title, kept)
    return ParsedLaw(
        law=law,
        title=title if not head.book else f"{title}{head.book}",
        book="".join(head.book.split()),
        history=head.history,
        version_date=version,
        effective_date=effective,
        effective_basis=basis,
        level=level_of(path, law),
        region=region_of(path, law),
        sections=tuple(sections),
        decided=decision,
        repeals=tuple(dict.fromkeys([*decision.repeals, *_repeals(sections, law)])),
        repeal_day=_first_effect(head.history, sections, effective),
        faults=(*_head_faults(head, version), *faults, *_body_faults(sections)),
    )


def is_template(law: ParsedLaw) -> bool:
    """Whether a text is the layout's own sample: articles that say xxxxx."""
    texts = [re.sub(rf"^第{NUMERAL}+条\s*", "", article.text) for article in law.articles.values()]
    return bool(texts) and all(_PLACEHOLDER.match(text) for text in texts)


def _loose_head(lines: list[str]) -> tuple[LawHead, int]:
    """Head of a text without the mark: title line, then dated or bracketed lines, up to the first heading or article.

    Lines that are neither stay in the body, so that nothing is lost.
    """
    end = next((index for index, line in enumerate(lines) if _BODY_STARTS.match(line)), len(lines))
    first = next((index for index in range(end) if lines[index].strip()), None)
    if first is None:
        return LawHead(title="", book="", history=(), unread=()), 0
    if len(lines[first]) > _TITLE_CHARS:  # a paragraph, and none of it may be lost
        return LawHead(title="", book="", history=(), unread=()), 0
    stop = first + 1
    while stop < end and (not lines[stop].strip() or re.match(r"\s*[(（]?\s*\d{4}\s*年", lines[stop])):
        stop += 1
    marked = lines[first] if lines[first].startswith("#") else f"# {lines[first].strip()}"
    return read_head([marked, *lines[first + 1 : stop]]), stop


def _version_date(stem: str, history: tuple[HistoryEvent, ...]) -> date | None:
    made = [event.day for event in history if not event.is_start]
    return file_date(stem) or (max(made) if made else None)


def _effective_date(
    history: tuple[HistoryEvent, ...], sections: list[Section], version: date | None
) -> tuple[date | None, str]:
    stated = [(event.day, "stated") for event in history if event.is_start]
    own = _own_start(sections)
    for day, basis in [*stated[-1:], own]:
        if day is not None and (version is None or day >= version):
            return day, basis
    if own[1] == "publication":
        return version, "publication"
    older = next((day for day, _ in [*stated[-1:], own] if day is not None), None)
    return (version, "amendment") if older else (version, "")


def _first_effect(history: tuple[HistoryEvent, ...], sections: list[Section], effective: date | None) -> date | None:
    """Day on which the law as a whole first took effect: amendments (修正) leave its closing article as it was."""
    day, basis = _own_start(sections)
    if day is not None:
        return day
    whole = [
        event for event in history if not event.is_start and "修正" not in event.event and "修改" not in event.event
    ]
    if basis == "publication" and whole:
        return whole[-1].day
    return effective


def _own_start(sections: list[Section]) -> tuple[date | None, str]:
    """What the text itself says about its start (本法自…起施行); the last such sentence counts."""
    for section in reversed([section for section in sections if section.kind != lawbody.APPENDIX]):
        for found in _STARTS.finditer(section.text):
            if not _OWN.search(section.text[max(0, found.start() - 30) : found.start()]):
                continue
            if found["publication"]:
                return None, "publication"
            return read_date(found["day"]), "article"
    return None, ""


def _repeals(sections: list[Section], law: str) -> tuple[str, ...]:
    names: list[str] = []
    for section in sections:
        if section.kind == lawbody.APPENDIX or not _STARTS.search(section.text):
            continue
        for sentence in re.split(r"[。；]", section.text):
            if _REPEALS.search(sentence):
                names += [canonical_name(name) for name in _REPEALED.findall(sentence.split("废止")[0])]
    return tuple(dict.fromkeys(name for name in names if name != law))


def _head_faults(head: LawHead, version: date | None) -> list[Fault]:
    faults = [Fault(code="unread_head_line", detail=line) for line in head.unread if line not in head.title]
    if not head.title:
        faults.append(Fault(code="no_title", detail="正文没有标题，按文件名收录"))
    if version is None:
        faults.append(Fault(code="no_version_date", detail="文件名和沿革都没有日期，版本日期不明"))
    elif head.history and version - max(event.day for event in head.history) > _HISTORY_GAP:
        faults.append(Fault(code="history_incomplete", detail=f"版本日期{version}晚于沿革的最后一步，沿革不全"))
    return faults


def _body_faults(sections: list[Section]) -> list[Fault]:
    articles = [section for section in sections if section.kind == ARTICLE]
    faults = []
    if (
        articles
        and articles[0].number != "1"
        and not articles[0].chapter.split("/")[0].endswith(("编", "总则", "附则"))
    ):
        faults.append(
            Fault(code="starts_late", detail=f"第一个条文是第{articles[0].number}条，之前缺条", line=articles[0].line)
        )
    return faults

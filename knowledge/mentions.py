"""Articles that a text names: 《行政处罚法》第二十九条, 本条例第八条、第九条, 第十条至第十二条 (条文引用)."""

import re
from collections.abc import Iterator

from knowledge.names import law_key
from knowledge.numerals import NUMERAL, parse_numeral

_ARTICLE = rf"第(?P<main>{NUMERAL}+|\d+)条(?:之(?P<sub>{NUMERAL}+))?"
_TAIL = rf"(?:第{NUMERAL}+款)?(?:第[（(]?{NUMERAL}+[)）]?项)?"
_OWN = "本(?:法|条例|办法|规定|细则|规则|解释|决定)"
_START = re.compile(
    rf"(?:《(?P<law>[^《》]{{2,60}})》|(?P<own>{_OWN}))(?:（[^（）]{{1,40}}）)?(?=第(?:{NUMERAL}+|\d+)条)"
)
_ONE = re.compile(_ARTICLE + _TAIL)
_JOINT = re.compile(r"、|，|和|及|以及|或者|或|与")
_SPAN = re.compile(r"至|到|—|－|-")
_WIDEST = 60
"""A span of more articles than this names a part of a law, not its articles."""


def mentioned_articles(text: str, own: str = "") -> Iterator[tuple[str, str]]:
    """(law key, label) of every article that a text names, in order, repeats included.

    Args:
        text: Any text; laws are recognised by their book marks.
        own: Name of the law that the text belongs to: 本法第八条 is then its own article; empty passes over those.
    """
    for found in _START.finditer(text):
        law = law_key(found["law"] or own)
        if law:
            yield from ((law, label) for label in _run(text, found.end()))


def _run(text: str, at: int) -> Iterator[str]:
    """Labels of the articles that are named one after the other from a place on."""
    last, spanned = 0, False
    while one := _ONE.match(text, at):
        main, sub = _number(one["main"]), _number(one["sub"])
        if spanned and 0 < main - last <= _WIDEST:
            yield from (str(number) for number in range(last + 1, main))
        if main:
            yield f"{main}-{sub}" if sub else str(main)
        last, at = main, one.end()
        spanned = bool(span := _SPAN.match(text, at))
        joint = span or _JOINT.match(text, at)
        if joint is None:
            return
        at = joint.end()


def _number(text: str | None) -> int:
    if not text:
        return 0
    try:
        return int(text) if text.isascii() else parse_numeral(text)
    except ValueError:
        return 0

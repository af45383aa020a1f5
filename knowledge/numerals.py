"""Chinese numerals and article labels: 第一百二十条之一 is `120-1`."""

import re
import unicodedata

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NAMES = "零一二三四五六七八九"

NUMERAL = "[零〇○一二三四五六七八九十百千两]"
"""Character class of the numerals used to number articles, for other patterns."""

_LABEL = re.compile(
    rf"^第?(?P<main>{NUMERAL}+|\d+)条?(?:[之-](?P<sub>{NUMERAL}+|\d+))?(?:第.{{1,4}}款)?(?:第.{{1,4}}项)?$",
)


def parse_numeral(text: str) -> int:
    """Read a Chinese numeral below ten thousand; digit by digit (一九九八) is read as well.

    Raises:
        ValueError: If a character is no numeral, or the text is empty.
    """
    if not text or any(char not in _DIGITS and char not in _UNITS for char in text):
        raise ValueError(f"not a Chinese numeral: {text!r}")
    if not any(char in _UNITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))
    total = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            total += (digit or 1) * _UNITS[char]
            digit = 0
    return total + digit


def format_numeral(number: int) -> str:
    """Write a number from 1 to 9999 the way laws number their articles: 110 is 一百一十, 1005 is 一千零五.

    Raises:
        ValueError: If the number is out of range.
    """
    if not 1 <= number <= 9999:
        raise ValueError(f"out of range: {number}")
    written = ""
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if not digit:
            gap = bool(written)
            continue
        leading_ten = unit == 10 and digit == 1 and not written
        written += ("零" if gap else "") + ("" if leading_ten else _NAMES[digit]) + name
        gap = False
    return written


def article_label(text: str | int) -> str:
    """Plain label of an article however people write it: `13`, `第十三条`, `13条`, `120-1`, `第120条之一`.

    A paragraph or item behind it (第二款第三项) is read over: articles are what the knowledge base holds.

    Raises:
        ValueError: If the text names no article.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).replace("—", "-").replace("–", "-")
    found = _LABEL.match(plain)
    if found is None:
        raise ValueError(f"not an article label: {text!r}")
    main, sub = (_number(part) for part in (found["main"], found["sub"]))
    if not main:
        raise ValueError(f"not an article label: {text!r}")
    return f"{main}-{sub}" if sub else str(main)


def article_heading(label: str) -> str:
    """第一百二十条之一 for `120-1`."""
    main, _, sub = label.partition("-")
    return f"第{format_numeral(int(main))}条" + (f"之{format_numeral(int(sub))}" if sub else "")


def label_key(label: str) -> tuple[int, int]:
    """Sorts labels as laws order them: 120, 120-1, 121."""
    main, _, sub = label.partition("-")
    return int(main), int(sub or 0)


def _number(part: str | None) -> int:
    if not part:
        return 0
    return int(part) if part.isdigit() and part.isascii() else parse_numeral(part)

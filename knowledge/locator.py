"""Where in a law a citation points: article, paragraph, item (条、款、项), in any spelling that people use.

Plain labels are `13` and `120-1` (第一百二十条之一); a paragraph and an item follow behind dots: `13.2.3` is
第十三条第二款第（三）项, `13.0.3` the third item wherever it stands. A second dash (`13-2-3`) is refused: it could mean
an inserted article just as well.
"""

import re
import unicodedata
from dataclasses import dataclass

from knowledge.numerals import NUMERAL, article_heading, article_label, parse_numeral
from knowledge.structure import find_part, part_label

_NUMBER = rf"(?:{NUMERAL}+|\d+)"
_WORDS = re.compile(
    rf"^(?P<article>第?{_NUMBER}条?(?:[之-]{_NUMBER})?)"
    rf"(?:第?(?P<paragraph>{_NUMBER})款)?"
    rf"(?:第?\(?(?P<item>{_NUMBER})\)?项|\((?P<bare>{_NUMBER})\))?"
    rf"(?:第?(?P<point>{_NUMBER})目)?$"
)
_MOST = 999
_DOTS = re.compile(r"^(?P<article>\d+(?:-\d+)?)\.(?P<paragraph>\d+)(?:\.(?P<item>\d+))?(?:\.(?P<point>\d+))?$")


@dataclass(frozen=True, slots=True)
class Locator:
    """An article by its plain label; paragraph (款), item (项) and point (目) by number, 0 where none is meant."""

    article: str
    paragraph: int = 0
    item: int = 0
    point: int = 0

    @property
    def part(self) -> str:
        """第二款第（三）项; empty for a whole article."""
        return part_label(self.paragraph, self.item, self.point)

    @property
    def heading(self) -> str:
        """第十三条第二款第（三）项."""
        return article_heading(self.article) + self.part

    @property
    def whole(self) -> bool:
        """Whether the article as a whole is meant."""
        return not (self.paragraph or self.item or self.point)


def read_locator(text: str | int) -> Locator:
    """Read `13`, `第十三条`, `13条`, `120-1`, `第一百二十条之一`, `第十三条第二款第（三）项`, `13条2款3项`, `13.2.3`.

    Raises:
        ValueError: If the text names no article.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).replace("—", "-").replace("–", "-")
    found = _DOTS.match(plain) or _WORDS.match(plain)
    if found is None:
        raise ValueError(f"not a place in a law: {text!r}")
    named = found.groupdict()
    if any(_number(named.get(part)) > _MOST for part in ("paragraph", "item", "bare", "point")):
        raise ValueError(f"not a place in a law: {text!r}")
    return Locator(
        article_label(named["article"]),
        *(_number(part) for part in (named["paragraph"], named["item"] or named.get("bare"), named["point"])),
    )


def part_text(text: str, locator: Locator) -> str | None:
    """The part of an article's text that is meant; None when it has no such part."""
    return find_part(text, paragraph=locator.paragraph, item=locator.item, subitem=locator.point)


def _number(part: str | None) -> int:
    if not part:
        return 0
    return int(part) if part.isascii() and part.isdigit() else parse_numeral(part)

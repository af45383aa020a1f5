"""Names of laws: what people write, and the one name under which a law is kept."""

import re
import unicodedata

_MARKS = str.maketrans("", "", "《》〈〉<>「」『』＜＞")
_BOOK = re.compile(r"^民法典[(（](?P<book>.+)[)）]$")
_VERSION = re.compile(r"[(（](?:(?:19|20)\d\d(?:-\d\d-\d\d)?(?:年?(?:修订|修正|修改))?|\d{4}年版)[)）]$")
_COURTS = re.compile(r"(最高人民法院)\s+(最高人民检察院)")

CIVIL_CODE = "民法典"
"""The law whose books are kept in files of their own."""


def canonical_name(title: str) -> str:
    """Title without 中华人民共和国, book marks, comments and blanks; inner punctuation stays as printed."""
    name = re.sub(r"<!--.*?-->", "", title)
    name = _COURTS.sub(r"\1、\2", name).translate(_MARKS)
    return re.sub(r"\s+", "", name).replace("中华人民共和国", "") or re.sub(r"\s+", "", title)


def book_name(law: str, book: str) -> str:
    """民法典(侵权责任编): how a book of a code that is split into files is named in the tables."""
    return f"{law}({''.join(book.split())})"


def law_key(name: str) -> str:
    """What two spellings of one law have in common: letters, digits and characters of the canonical name."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", canonical_name(name)))


def without_version(name: str) -> str:
    """A name without a year or version behind it: 治安管理处罚法(2012) is 治安管理处罚法."""
    return _VERSION.sub("", name.strip())


def public_name(law: str) -> str:
    """Name under which a law is cited outside: the books of the Civil Code are all 民法典."""
    return CIVIL_CODE if _BOOK.match(law) else law


def civil_book(law: str) -> str:
    """Book of the Civil Code that a stored name stands for (侵权责任编), or empty."""
    found = _BOOK.match(law)
    return found["book"] if found else ""

"""Lay captions (通俗条旨): what people ask when an article is the answer, in our own words, indexed beside it.

A law says 相邻权利人, people say 楼上漏水; no dictionary of words bridges what the article as a whole is about. The
captions (`data/lay_captions.tsv`: law, article, first 16 hex digits of the article's hash, caption) were written from
the articles alone, law by law, without any set of test questions. One belongs to a text, not to a number: a new
version of the article loses it until somebody has read the new text.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from knowledge.records import PassageRecord

HASH_DIGITS = 16
_HASH = re.compile(rf"[0-9a-f]{{{HASH_DIGITS}}}")


def caption_of(record: PassageRecord) -> str:
    """The caption of the article that a passage belongs to; empty when there is none."""
    return captions().get((record.law, record.text_sha256[:HASH_DIGITS]), "") if record.text_sha256 else ""


def captioned_text(record: PassageRecord) -> str:
    """What an embedding model reads of a passage: title, chapter, text, and its caption."""
    return "\n".join(part for part in (record.index_text, caption_of(record)) if part)


@cache
def captions() -> Mapping[tuple[str, str], str]:
    """Caption by law and beginning of the article's hash."""
    return captions_of(_table())


def captions_of(table: str) -> dict[tuple[str, str], str]:
    """Read a table of captions; empty lines and those that begin with # are passed over.

    Raises:
        ValueError: A line does not have four fields, or says another caption for a text; names the line.
    """
    found: dict[tuple[str, str], str] = {}
    for number, line in enumerate(table.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 4 or not all(fields) or not _HASH.fullmatch(fields[2]):
            raise ValueError(f"line {number} is not law, article, {HASH_DIGITS} hex digits, caption: {line[:60]!r}")
        law, _, sha256, caption = fields
        if found.setdefault((law, sha256), caption) != caption:
            raise ValueError(f"line {number} has a second caption for one text of {law}")
    return found


@cache
def captions_by_hash() -> Mapping[str, str]:
    """Caption by beginning of the article's hash alone, for those who have only a text."""
    return {sha256: caption for (_, sha256), caption in captions().items()}


@cache
def captions_digest() -> str:
    """Hash of the captions, for the recipe of the index."""
    return hashlib.sha256(_table().encode()).hexdigest()[:8]


def _table() -> str:
    return (files("knowledge") / "data" / "lay_captions.tsv").read_text(encoding="utf-8")

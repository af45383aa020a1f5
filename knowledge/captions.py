"""Lay captions (通俗条旨): what people ask when an article is the answer, in our own words, indexed beside it.

A law says 相邻权利人, people say 楼上漏水; no dictionary of words bridges what the article as a whole is about. The
captions (`data/lay_captions.tsv`: law, article, first 16 hex digits of the article's hash, caption) were written from
the articles alone, law by law, without any set of test questions. One belongs to a text, not to a number: a new
version of the article loses it until somebody has read the new text.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from knowledge.records import PassageRecord

HASH_DIGITS = 16


def caption_of(record: PassageRecord) -> str:
    """The caption of the article that a passage belongs to; empty when there is none."""
    return captions().get((record.law, record.text_sha256[:HASH_DIGITS]), "") if record.text_sha256 else ""


def captioned_text(record: PassageRecord) -> str:
    """What an embedding model reads of a passage: title, chapter, text, and its caption."""
    return "\n".join(part for part in (record.index_text, caption_of(record)) if part)


@cache
def captions() -> Mapping[tuple[str, str], str]:
    """Caption by law and beginning of the article's hash."""
    rows = (line.split("\t") for line in _table().splitlines() if line and not line.startswith("#"))
    return {(law, sha256): caption for law, _, sha256, caption in rows}


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

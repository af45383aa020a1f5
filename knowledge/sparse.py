"""The lexical arm: jieba words and character bigrams, weighed by BM25, as sparse vectors; the engine adds the IDF.

Words find terms of the law, bigrams find what the dictionary does not know (占道经营, 窨井盖); together they beat
either. A token's id is its CRC-32, so there is no vocabulary to keep; two tokens of one text that collide share a
weight. A document's length is compared with a fixed mean, so that its vector does not depend on what else is stored.
"""

import hashlib
import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from knowledge.captions import caption_of, captions_digest
from knowledge.records import PassageRecord, SparseVector

if TYPE_CHECKING:
    import jieba

CUTTING = 1
"""Number of the way in which `tokens` cuts a text; part of the recipe."""
K1 = 1.6
B = 0.5
MEAN_LENGTH = 177.0
"""Tokens of a mean article with its title and chapter path, over national law."""
CAPTION_LENGTH = 0.3
"""Of a token's length that a token of a lay caption adds to its passage."""
EXPANSION = 0.6
"""Weight of a legal term that stands for the asker's own words."""
FUNCTION = 0.5
"""Of a token's weight that is left where it comes from a function word (怎么, 可以, 我): rare in laws as they are,
their IDF alone would make them the weightiest words of a question. B and these two are fitted: docs/ranking.md."""

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+(?:[.\-][a-z0-9]+)*")


def tokens(text: str) -> list[str]:
    """Words and, of Chinese runs, all character bigrams; compatibility forms and case are folded."""
    found: list[str] = []
    for run in _runs(text):
        found += _words(run)
        found += [] if run[0].isascii() else [run[at : at + 2] for at in range(len(run) - 1)]
    return found


def words(text: str) -> list[str]:
    """Words only, in their order."""
    return [word for run in _runs(text) for word in _words(run)]


def _runs(text: str) -> list[str]:
    return _RUN.findall(unicodedata.normalize("NFKC", text).lower())


def _words(run: str) -> list[str]:
    return [run] if run[0].isascii() else _segmenter().lcut(run)


def sparse_vector(text: str) -> SparseVector:
    """A passage: BM25 weight of each token, without its inverse document frequency.

    Args:
        text: What is indexed (`PassageRecord.index_text`); may be empty.
    """
    counts = Counter(tokens(text))
    return _weighed(counts, counts.total())


def passage_vector(record: PassageRecord) -> SparseVector:
    """A passage of the store with its lay caption; depends on the record and on what `recipe` stands for only.

    The words of a caption count like words of the text, but lengthen it by `CAPTION_LENGTH` each only: a passage must
    not lose on the law's own words because somebody captioned it.
    """
    counts = Counter(tokens(record.index_text))
    said = Counter(tokens(caption_of(record)))
    return _weighed(counts + said, counts.total() + CAPTION_LENGTH * said.total())


@cache
def recipe() -> str:
    """Eight hex digits for how passages are cut and weighed: two stores of one recipe have equal vectors."""
    parts = (CUTTING, K1, B, MEAN_LENGTH, CAPTION_LENGTH, version("jieba"), captions_digest())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def query_vector(text: str) -> SparseVector:
    """A question: each token counts as often as it is said, those of function words `FUNCTION` of that.

    Legal terms for lay words count `EXPANSION` each.

    Args:
        text: The asker's words.
    """
    content = set(tokens(content_of(text)))
    weights = {token: times if token in content else FUNCTION * times for token, times in Counter(tokens(text)).items()}
    added = {token for term in legal_terms(text) for token in tokens(term)}
    for token in added:
        weights[token] = weights.get(token, 0.0) + EXPANSION
    return _vector(weights)


def content_of(text: str) -> str:
    """A text with a blank in place of each function word: 楼上漏水该怎么办 is 楼上漏水."""
    without = function_words()
    return " ".join("".join(" " if word in without else word for word in _words(run)) for run in _runs(text))


@cache
def function_words() -> frozenset[str]:
    """Words that say how something is asked, not what about."""
    table = (files("knowledge") / "data" / "function_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in table.splitlines() if not line.startswith("#") for word in line.split())


def legal_terms(text: str) -> list[str]:
    """Terms of the law for the lay words in a text, in the order of the map (楼上太吵: 相邻关系, 噪声污染)."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return list(
        dict.fromkeys(term for lay, terms in lay_map() if any(word in folded for word in lay) for term in terms)
    )


@cache
def lay_map() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Lines of the map: words people use, terms of the law they stand for."""
    table = (files("knowledge") / "data" / "lay_legal.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return tuple((tuple(lay.split("|")), tuple(legal.split())) for lay, legal in rows)


def _weighed(counts: Mapping[str, int], length: float) -> SparseVector:
    saturation = K1 * (1 - B + B * length / MEAN_LENGTH)
    return _vector({token: times * (K1 + 1) / (times + saturation) for token, times in counts.items()})


def _vector(weights: Mapping[str, float]) -> SparseVector:
    totals: dict[int, float] = {}
    for token, weight in weights.items():
        key = crc32(token.encode())
        totals[key] = totals.get(key, 0.0) + weight
    ids = sorted(totals)
    return np.array(ids, dtype=np.uint32), np.array([totals[key] for key in ids], dtype=np.float32)


@cache
def _segmenter() -> "jieba.Tokenizer":
    """Segmenter with its own dictionary, loaded once; it neither prints nor keeps a cache file in a shared folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its sources have escapes that Python 3.12 warns of
        import jieba  # a second, for a dictionary that only searching and ingesting need
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter

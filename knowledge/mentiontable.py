"""Which texts of the base name which articles, kept document by document beside the base.

The id of a document stands for its words, so each is read once, in whatever versions of the base it is held: a new
version reads what it added. About a millisecond for a document, four seconds for the 3,500 of a full base.
"""

import gzip
import hashlib
import json
import logging
import os
import threading
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from knowledge.document import version_of
from knowledge.mentions import mentioned_articles
from knowledge.names import law_key, public_name
from knowledge.records import Filters, PassageRecord, canonical_json

_log = logging.getLogger(__name__)
_FORMAT = 2
"""Goes up when texts are read otherwise than before (`knowledge.mentions`): then all are read again."""
_DECIDING = ("kind", "law", "title", "reading", "passages")
"""What the mentions depend on besides the id: names from the meta, the reading, and what was let in since."""

Mentions = list[tuple[str, str]]
"""(key of an article, place that names it: an article's label, else a title), sorted, each once."""
_Read = dict[str, tuple[str, Mentions]]
"""Mark and mentions by document id."""


class Texts(Protocol):
    """What the table reads of a store (`knowledge.store.VectorReader`)."""

    def documents(self) -> dict[str, dict[str, Any]]:
        """Meta by document id."""
        ...

    def scroll(self, filters: Filters) -> Iterator[PassageRecord]:
        """Passages that pass."""
        ...


class MentionTable:
    """The mentions of the newest version asked about. Safe to use from several threads."""

    def __init__(self, store: Texts, folder: Path) -> None:
        self._store = store
        self._path = folder / f"citations-{_FORMAT}.json.gz"
        self._reading = threading.Lock()
        self._version = ""
        self._read: _Read = {}
        self._places: dict[str, Mentions] = {}

    def places(self, version: str, law: str, article: str) -> Mentions:
        """(document id, article or title) of every text that names an article, in order.

        Args:
            version: Version of the store that is looked at.
            law: Name of the law, in any spelling of `law_key`.
            article: Label of the article.
        """
        return self._of(version).get(_key(law_key(law), article), [])

    def catch_up(self, version: str) -> None:
        """Read what this version of the store added, and keep it for the next process."""
        self._of(version)

    def _of(self, version: str) -> Mapping[str, Mentions]:
        with self._reading:
            if version != self._version:
                self._follow()
                self._version = version
            return self._places

    def _follow(self) -> None:
        """Another process may have read what is new to this one; what is held no longer is forgotten."""
        kept = _load(self._path)
        known = kept | self._read
        metas = {doc_id: meta for doc_id, meta in self._store.documents().items() if not meta.get("starter")}
        self._read = {doc_id: self._read_once(doc_id, meta, known) for doc_id, meta in metas.items()}
        if self._read != kept:
            _save(self._path, self._read)
        found: defaultdict[str, Mentions] = defaultdict(list)
        for doc_id, (_, mentions) in sorted(self._read.items()):
            for key, place in mentions:
                found[key].append((doc_id, place))
        self._places = dict(found)

    def _read_once(self, doc_id: str, meta: Mapping[str, Any], known: _Read) -> tuple[str, Mentions]:
        mark = hashlib.sha256(canonical_json([meta.get(key) for key in _DECIDING]).encode()).hexdigest()[:16]
        if doc_id in known and known[doc_id][0] == mark:
            return known[doc_id]
        held = version_of(doc_id, meta)
        own = public_name(held.law) if held else ""
        found: set[tuple[str, str]] = set()
        count = 0
        for record in self._store.scroll(Filters(doc_id=doc_id)):
            count += 1
            place = record.article if held else record.title
            found.update((_key(law, label), place) for law, label in mentioned_articles(record.text, own))
        # Somebody published in between: this is no reading of the document, and is not remembered as one.
        whole = count == meta.get("passages", count)
        return mark if whole else "", sorted(found)


def _key(law: str, label: str) -> str:
    return f"{law}\0{label}"


def _load(path: Path) -> _Read:
    if not path.is_file():
        return {}
    try:
        plain = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, ValueError, EOFError, zlib.error):  # a damaged file is made anew
        return {}
    return {doc_id: (mark, [(key, place) for key, place in found]) for doc_id, (mark, found) in plain.items()}


def _save(path: Path, read: _Read) -> None:
    """A folder that cannot be written costs time only."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(gzip.compress(canonical_json(read).encode(), 1, mtime=0))
        part.replace(path)
        for old in path.parent.glob("citations-*.json.gz"):  # of another release
            if old != path:
                old.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("the table of citations could not be kept: %s", error)

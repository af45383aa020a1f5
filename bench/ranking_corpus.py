"""What the ranking is measured over: all passages that a base of these texts holds, cut and counted by the product.

Either the files are read by the product's own readers (no base needed), or the passages of a base are taken.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from knowledge.captions import caption_of
from knowledge.catalogue import Catalogue
from knowledge.corpus import build_document
from knowledge.names import law_key
from knowledge.readers import find_files, read_units
from knowledge.records import PassageRecord, point_id
from knowledge.settings import KnowledgeSettings
from knowledge.sparse import tokens, words
from knowledge.starter import starter_documents
from knowledge.store import open_store
from knowledge.textunits import Unreadable

LAW = "law"
_FILES = 40
_PASSAGES = 4000
"""Files and passages that one worker takes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Tokens of many passages, one passage after another.

    Attributes:
        ids: CRC-32 of each distinct token of each passage, shape (n,).
        counts: How often it is said there, shape (n,).
        sizes: Distinct tokens of each passage; their sum is n.
    """

    ids: np.ndarray
    counts: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> "Rows":
        """Of the tokens of some texts."""
        counted = [Counter(crc32(token.encode()) for token in found) for found in texts]
        return cls(
            ids=np.array([key for one in counted for key in one], dtype=np.uint32),
            counts=np.array([times for one in counted for times in one.values()], dtype=np.float32),
            sizes=np.array([len(one) for one in counted], dtype=np.int64),
        )

    @classmethod
    def joined(cls, parts: Sequence["Rows"]) -> "Rows":
        """One after another."""
        return cls(
            ids=np.concatenate([part.ids for part in parts]),
            counts=np.concatenate([part.counts for part in parts]),
            sizes=np.concatenate([part.sizes for part in parts]),
        )

    @property
    def places(self) -> np.ndarray:
        """Passage of each token, shape (n,)."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each passage, repeats included."""
        return np.bincount(self.places, weights=self.counts, minlength=len(self.sizes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Everything a base holds, in the order of point ids, which is the order among equal scores.

    Attributes:
        records: All passages, of all places and versions.
        catalogue: Versions, authority.
        text, captions: Words and bigrams of the passages and of their lay captions.
        words: Words alone; of national law only.
    """

    records: list[PassageRecord]
    catalogue: Catalogue
    text: Rows
    captions: Rows
    words: Rows

    def pool(self, *regions: str) -> np.ndarray:
        """Places of the passages that a search for law of these regions goes through: all versions, digests too."""
        wanted = [record.kind == LAW and record.region in regions for record in self.records]
        return np.flatnonzero(wanted)

    def shown(self, place: int) -> bool:
        """Whether a search without a day may give this passage of law.

        By the rules of the product: of the newest version, not repealed, no digest where the text is held.
        """
        record, known = self.records[place], self.catalogue
        if record.digest and known.has_full_text(record.doc_id):
            return False
        return known.is_newest(record.doc_id) and known.by_doc[record.doc_id].expiry.kind != "repealed"


Document = tuple[str, dict[str, Any], list[PassageRecord]]
"""Id, meta and passages."""


def from_files(folder: Path) -> Held:
    """Read, cut and count all files under a folder on all cores, and the starter corpus with them."""
    paths = [path for _, path in find_files([folder]) if isinstance(path, Path)]
    chunks = [paths[start : start + _FILES] for start in range(0, len(paths), _FILES)]
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        read = [document for part in workers.map(_read, chunks) for document in part]
    starter: list[Document] = [(one.id, dict(one.meta), list(one.records)) for one in starter_documents()]
    documents: dict[str, Mapping[str, Any]] = {}
    records: list[PassageRecord] = []
    versions: set[tuple[str, str]] = set()
    for doc_id, meta, found in [*starter, *read]:
        version = (law_key(meta.get("law", "")), meta.get("version_date", ""))
        official = meta["kind"] == LAW and not meta.get("digest")
        if doc_id not in documents and not (official and version in versions):
            documents[doc_id] = meta
            records += found
            versions |= {version} if official else set()
    return counted(records, documents)


def from_base(home: Path) -> Held:
    """The passages of a base, whichever model made its vectors."""
    store = open_store(KnowledgeSettings(home=home, qdrant_url=""), dim=0, model="", any_model=True)
    try:
        return counted(store.scroll(), store.documents())
    finally:
        store.close()


def counted(records: Iterable[PassageRecord], documents: Mapping[str, Mapping[str, Any]]) -> Held:
    """Tokens of all passages, found on all cores."""
    ordered = sorted(records, key=lambda record: point_id(record.id))
    chunks = [ordered[start : start + _PASSAGES] for start in range(0, len(ordered), _PASSAGES)]
    if len(chunks) > 1:
        with ProcessPoolExecutor(os.cpu_count()) as workers:
            parts = list(workers.map(_count, chunks))
    else:
        parts = [_count(chunk) for chunk in chunks]
    text, captions, plain = (Rows.joined([part[at] for part in parts]) for at in range(3))
    return Held(records=ordered, catalogue=Catalogue(documents), text=text, captions=captions, words=plain)


def _read(paths: Sequence[Path]) -> list[Document]:
    found: list[Document] = []
    for path in paths:
        try:
            made = build_document(path, read_units(path), kind=None, source=path.as_posix())
        except Unreadable:
            continue
        found.append((made.id, dict(made.meta), list(made.records)))
    return found


def _count(records: Sequence[PassageRecord]) -> tuple[Rows, Rows, Rows]:
    national = [record.kind == LAW and not record.region for record in records]
    return (
        Rows.of(tokens(record.index_text) for record in records),
        Rows.of(tokens(caption_of(record)) for record in records),
        Rows.of(words(record.index_text) if kept else () for record, kept in zip(records, national, strict=True)),
    )

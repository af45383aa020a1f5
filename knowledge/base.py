"""The knowledge base: search, cite, verify, ingest. What agents, the API and the command line use."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from domain.citation import Article, Citation
from domain.clock import Clock, system_clock
from domain.errors import Conflict, Unavailable
from knowledge.abstaining import Basis, judge
from knowledge.catalogue import HeldLaw
from knowledge.citing import Citing
from knowledge.embedding import Encoder, open_encoder
from knowledge.fusion import FusionWeights
from knowledge.ingest import IngestReport, Progress, ingest, load
from knowledge.passage import Passage
from knowledge.searching import EVERYWHERE, Searching
from knowledge.settings import KnowledgeSettings
from knowledge.starter import starter_documents
from knowledge.store import VectorReader, VectorStore, open_builder, open_store
from knowledge.view import Holdings

__all__ = ["EVERYWHERE", "KnowledgeBase", "open_knowledge"]
_WAIT_S = 60.0


class KnowledgeBase:
    """Regulations, cases and papers; safe to call from several threads. Made by `open_knowledge`."""

    def __init__(self, settings: KnowledgeSettings, encoder: Encoder, store: VectorReader, clock: Clock) -> None:
        self._settings = settings
        self._encoder = encoder
        self._store = store
        self._holdings = Holdings(store, clock)
        self._searching = Searching(self._holdings, encoder, city=settings.city)
        self._citing = Citing(self._holdings)

    @property
    def version(self) -> str:
        """Hash of what is loaded: equal versions answer equally."""
        return self._store.version()

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        """See `Searching.search`."""
        return self._searching.search(query, limit=limit, as_of=as_of, region=region, kinds=kinds)

    def answerable(self, query: str, passages: Sequence[Passage]) -> Basis:
        """See `knowledge.abstaining.judge`."""
        return judge(query, passages, city=self._settings.city)

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        """See `Citing.cite`."""
        return self._citing.cite(law, article, as_of=as_of)

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        """See `Citing.verify_citation`."""
        return self._citing.verify_citation(citation, as_of=as_of)

    def laws(self) -> list[HeldLaw]:
        """All versions of all laws held, by name, oldest version first."""
        return [held for versions in self._holdings.look().catalogue.laws.values() for held in versions]

    def ingest(
        self,
        paths: Sequence[Path | str],
        kind: str | None = None,
        recreate: bool = False,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Load files and folders; the same content twice adds nothing, and an interrupted run may be repeated.

        Args:
            paths: Files and folders (md, txt, docx, pdf, html, csv, xlsx, jsonl).
            kind: `law`, `case` or `doc` for all of them; None decides file by file.
            recreate: Begin with nothing but the starter corpus.
            progress: Told of every file.

        Raises:
            InvalidInput: Unknown kind.
            UnreadableDocument: Nothing could be read at all.
            Conflict: Another ingest is at work.
        """
        with _builder(self._settings, self._encoder, recreate=recreate) as builder:
            _refresh_starter(builder, self._encoder)
            return ingest([Path(path) for path in paths], builder, self._encoder, kind=kind, progress=progress)

    def close(self) -> None:
        """Release files and connections; a second call does nothing."""
        self._store.close()


def open_knowledge(
    settings: KnowledgeSettings, *, clock: Clock = system_clock, encoder: Encoder | None = None
) -> KnowledgeBase:
    """Open the knowledge base; an empty one is given the starter corpus, and an older starter corpus is renewed.

    Args:
        settings: Where it lives, which model, whose city.
        clock: Says what day "today" is when no day is asked for.
        encoder: Makes the dense vectors; None opens the one that the settings name.

    Raises:
        Unavailable: The vectors cannot be opened, or were made by another model.
    """
    encoder = encoder or open_encoder(settings.embedding_model)
    weights = FusionWeights(dense=encoder.dense_weight)
    key = settings.qdrant_api_key.get_secret_value()
    store = open_store(settings, dim=encoder.dim, model=encoder.name, weights=weights, api_key=key)
    if _stale(store):
        try:
            with _builder(settings, encoder) as builder:
                _refresh_starter(builder, encoder)
        except Conflict:
            _await_content(store)
    return KnowledgeBase(settings, encoder, store, clock)


def _builder(
    settings: KnowledgeSettings, encoder: Encoder, *, recreate: bool = False
) -> AbstractContextManager[VectorStore]:
    weights = FusionWeights(dense=encoder.dense_weight)
    key = settings.qdrant_api_key.get_secret_value()
    return open_builder(settings, dim=encoder.dim, model=encoder.name, weights=weights, recreate=recreate, api_key=key)


def _stale(store: VectorReader) -> bool:
    held = {doc_id for doc_id, meta in store.documents().items() if meta.get("starter")}
    return held != {document.id for document in starter_documents()}


def _refresh_starter(builder: VectorStore, encoder: Encoder) -> None:
    """Write the starter documents that are missing, and take away those of an older package."""
    wanted = {document.id: document for document in starter_documents()}
    held = {doc_id for doc_id, meta in builder.documents().items() if meta.get("starter")}
    for doc_id in sorted(held - set(wanted)):
        builder.delete_document(doc_id)
    missing = [document for doc_id, document in wanted.items() if doc_id not in held]
    if missing:
        load(missing, builder, encoder)


def _await_content(store: VectorReader) -> None:
    """Somebody else is building: what is there is served; an empty base waits for the first version."""
    deadline = time.monotonic() + _WAIT_S
    while not store.count():
        if time.monotonic() > deadline:
            raise Unavailable("另一个进程正在建立知识库，等了一分钟仍未完成。", "请稍后再试。")
        time.sleep(0.2)

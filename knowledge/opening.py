"""Opening the knowledge base: which models, whether its index is theirs, and the starter corpus in its place."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from domain.errors import Conflict, StaleIndex, Unavailable
from knowledge.embedding import Encoder, ModelOptions, open_encoder
from knowledge.fusion import FusionWeights
from knowledge.identity import identity_of, index_warning, maker_of
from knowledge.ingest import Progress, load
from knowledge.reindex import ReindexReport, reindex
from knowledge.reranking import Reranker, open_reranker
from knowledge.settings import KnowledgeSettings
from knowledge.starter import starter_documents
from knowledge.store import VectorReader, VectorStore, open_builder, open_rebuild, open_store

_log = logging.getLogger(__name__)

_WAIT_S = 60.0


def open_ready(settings: KnowledgeSettings, encoder: Encoder) -> VectorReader:
    """The store with the starter corpus of this release in it.

    Raises:
        StaleIndex: The vectors were made by another model, and there is more than the starter corpus.
        Unavailable: The vectors cannot be opened.
    """
    store = _opened(settings, encoder)
    if _stale(store):
        try:
            with begin_building(settings, encoder) as builder:
                refresh_starter(builder, encoder)
        except Conflict:
            _await(store.count)  # what is there is served; an empty base waits for the first version
    return store


def reindex_knowledge(
    settings: KnowledgeSettings, *, encoder: Encoder | None = None, progress: Progress | None = None
) -> ReindexReport:
    """Encode all that is held with the model and recipe of now, and put it in place of the old; nothing if it is so.

    Works from what the store keeps: no source file is needed. Readers see the old index until the new one is complete.

    Args:
        settings: Where it lives, which model.
        encoder: Makes the dense vectors; None opens the one that the settings name.
        progress: Told of every document.

    Raises:
        Conflict: Another builder is at work.
        Unavailable: The vectors cannot be opened or written.
    """
    encoder = encoder or encoder_of(settings)
    held = _open(settings, encoder, any_model=True)
    try:
        if not index_warning(held.made_by(), maker_of(encoder)):
            version, name, dim = held.version(), encoder.name, encoder.dim
            return ReindexReport(documents=0, passages=0, kept=0, version=version, model=name, dim=dim)
    finally:
        held.close()
    key = settings.qdrant_api_key.get_secret_value()
    with open_rebuild(settings, dim=encoder.dim, model=identity_of(encoder), api_key=key) as (old, builder):
        report = reindex(old, builder, encoder, progress)
        refresh_starter(builder, encoder)
        return replace(report, version=builder.version())


def encoder_of(settings: KnowledgeSettings) -> Encoder:
    """The embedding model that the settings name."""
    options = ModelOptions(
        dim=settings.embedding_dim,
        query_prompt=settings.embedding_query_prompt,
        passage_prompt=settings.embedding_passage_prompt,
        weight=settings.embedding_weight,
        device=settings.model_device,
    )
    return open_encoder(settings.embedding_model, options)


def reranker_of(settings: KnowledgeSettings) -> Reranker | None:
    """The reranker that the settings name."""
    return open_reranker(
        settings.reranker_model,
        depth=settings.reranker_depth,
        weight=settings.reranker_weight,
        device=settings.model_device,
    )


def _open(settings: KnowledgeSettings, encoder: Encoder, *, any_model: bool = False) -> VectorReader:
    weights = FusionWeights(dense=encoder.dense_weight)
    key = settings.qdrant_api_key.get_secret_value()
    model = identity_of(encoder)
    return open_store(settings, dim=encoder.dim, model=model, weights=weights, api_key=key, any_model=any_model)


def _opened(settings: KnowledgeSettings, encoder: Encoder) -> VectorReader:
    """The store; an index of old is made anew at once where only the starter corpus is held, else people must ask."""
    try:
        store = _open(settings, encoder)
    except StaleIndex:
        store = _open(settings, encoder, any_model=True)
        if not _only_starter(store):
            store.close()
            raise
    warning = index_warning(store.made_by(), maker_of(encoder))
    if not warning:
        return store
    if not _only_starter(store):
        _log.warning("%s", warning)
        return store
    try:
        reindex_knowledge(settings, encoder=encoder)
    except Conflict:
        _await(lambda: store.made_by() == maker_of(encoder))
    store.close()
    return _open(settings, encoder)


def _only_starter(store: VectorReader) -> bool:
    return all(meta.get("starter") for meta in store.documents().values())


def begin_building(
    settings: KnowledgeSettings, encoder: Encoder, *, recreate: bool = False
) -> AbstractContextManager[VectorStore]:
    """A builder; see `knowledge.store.open_builder`."""
    weights = FusionWeights(dense=encoder.dense_weight)
    key = settings.qdrant_api_key.get_secret_value()
    model = identity_of(encoder)
    return open_builder(settings, dim=encoder.dim, model=model, weights=weights, recreate=recreate, api_key=key)


def _stale(store: VectorReader) -> bool:
    held = {doc_id for doc_id, meta in store.documents().items() if meta.get("starter")}
    return held != {document.id for document in starter_documents()}


def refresh_starter(builder: VectorStore, encoder: Encoder) -> None:
    """Write the starter documents that are missing, and take away those of an older package."""
    wanted = {document.id: document for document in starter_documents()}
    held = {doc_id for doc_id, meta in builder.documents().items() if meta.get("starter")}
    for doc_id in sorted(held - set(wanted)):
        builder.delete_document(doc_id)
    missing = [document for doc_id, document in wanted.items() if doc_id not in held]
    if missing:
        load(missing, builder, encoder)


def _await(done: Callable[[], object]) -> None:
    """Somebody else is building: wait for what is needed to answer at all."""
    deadline = time.monotonic() + _WAIT_S
    while not done():
        if time.monotonic() > deadline:
            raise Unavailable("另一个进程正在建立知识库，等了一分钟仍未完成。", "请稍后再试。")
        time.sleep(0.2)

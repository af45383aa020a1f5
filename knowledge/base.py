"""The knowledge base: search, cite, verify, ingest. What agents, the API and the command line use."""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path

from typing_extensions import Unpack

from domain.casefacts import CaseFacts
from domain.citation import Article, Citation
from domain.clock import Clock, system_clock
from domain.errors import Conflict, StaleIndex, Unavailable
from knowledge.abstaining import Basis, judge
from knowledge.cases import Cases, SimilarCase
from knowledge.catalogue import HeldLaw
from knowledge.changes import Changes, LawChange, LawDiff
from knowledge.citedby import Citations, CitedBy
from knowledge.citing import Citing
from knowledge.corpus import Corpus
from knowledge.embedding import Encoder, open_encoder
from knowledge.folders import FolderBook
from knowledge.fusion import FusionWeights
from knowledge.identity import identity_of, index_warning
from knowledge.ingest import IngestReport, Options, Progress, Watch, ingest, load
from knowledge.ocr import open_recogniser
from knowledge.passage import Passage
from knowledge.quarantine import Quarantined
from knowledge.reindex import ReindexReport, reindex
from knowledge.publishing import publish as bring_in
from knowledge.publishing import published
from knowledge.publishing import withdraw as take_out
from knowledge.releasing import release, set_apart
from knowledge.searching import EVERYWHERE, Searching
from knowledge.settings import KnowledgeSettings
from knowledge.starter import starter_documents
from knowledge.store import VectorReader, VectorStore, open_builder, open_rebuild, open_store
from knowledge.support import Judge
from knowledge.timeline import Standing, VersionEntry, standing
from knowledge.verifying import ClaimVerdict, Stated, Verifying
from knowledge.view import Holdings

__all__ = ["EVERYWHERE", "KnowledgeBase", "open_knowledge", "reindex_knowledge"]
_log = logging.getLogger(__name__)

_WAIT_S = 60.0


class KnowledgeBase:
    """Regulations, cases and papers; safe to call from several threads. Made by `open_knowledge`."""

    def __init__(self, settings: KnowledgeSettings, encoder: Encoder, store: VectorReader, clock: Clock) -> None:
        self._settings = settings
        self._encoder = encoder
        self._store = store
        self._clock = clock
        self._holdings = Holdings(store, clock)
        self._searching = Searching(self._holdings, encoder, city=settings.city)
        self._cases = Cases(self._searching)
        self._citing = Citing(self._holdings)
        self._verifying = Verifying(self._citing, self._searching, Judge(encoder))
        self._changes = Changes(self._holdings)
        self._citations = Citations(self._holdings, self._citing, settings.home / "knowledge-citations")

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

    def verify_claim(
        self, claim: str, law: str, article: str, *, as_of: date, **stated: Unpack[Stated]
    ) -> ClaimVerdict:
        """See `Verifying.verify_claim`."""
        return self._verifying.verify_claim(claim, law, article, as_of=as_of, **stated)

    def claim_features(self, claim: str, law: str, article: str, *, as_of: date) -> tuple[dict[str, float], str]:
        """See `Verifying.features`."""
        return self._verifying.features(claim, law, article, as_of=as_of)

    def versions(self, law: str) -> list[VersionEntry]:
        """See `Changes.versions`."""
        return self._changes.versions(law)

    def standing(self, law: str, day: date) -> Standing:
        """See `knowledge.timeline.standing`."""
        return standing(self._holdings.look().catalogue, law, day)

    def diff(self, law: str, old: str = "", new: str = "") -> LawDiff:
        """See `Changes.diff`."""
        return self._changes.diff(law, old, new)

    def changes_since(self, day: date, *, until: date | None = None, region: str = "") -> list[LawChange]:
        """See `Changes.since`."""
        return self._changes.since(day, until=until, region=region)

    def cited_by(self, law: str, article: str, *, as_of: date | None = None) -> CitedBy:
        """See `Citations.cited_by`."""
        return self._citations.cited_by(law, article, as_of=as_of)

    def laws(self) -> list[HeldLaw]:
        """All versions of all laws held, by name, oldest version first."""
        return [held for versions in self._holdings.look().catalogue.laws.values() for held in versions]

    def ingest(
        self,
        paths: Sequence[Path | str],
        kind: str | None = None,
        recreate: bool = False,
        *,
        workers: int | None = None,
        prune: bool = False,
        watch: Watch | None = None,
    ) -> IngestReport:
        """Load files and folders; the same content twice adds nothing, and an interrupted run may be repeated.

        Args:
            paths: Files and folders (md, txt, docx, pdf, html, csv, xlsx, jsonl; scans with a recogniser).
            kind: `law`, `case` or `doc` for all of them; None decides file by file.
            recreate: Begin with nothing but the starter corpus.
            workers: Processes that read and encode; None: one a core, four at most.
            prune: Remove documents whose files have left a folder that is named again.
            watch: Told of every file.

        Raises:
            InvalidInput: Unknown kind or recogniser, or fewer workers than one.
            UnreadableDocument: Nothing could be read at all.
            Unavailable: The recogniser is not installed.
            Conflict: Another ingest is at work.
        """
        options = Options(
            kind=kind,
            workers=workers,
            prune=prune,
            recogniser=open_recogniser(self._settings.ocr),
            book=FolderBook(self._settings.home / "knowledge" / "folders.json"),
            watch=watch,
        )
        with _builder(self._settings, self._encoder, recreate=recreate) as builder:
            _refresh_starter(builder, self._encoder)
            return ingest([Path(path) for path in paths], builder, self._encoder, options)

    def quarantine(self) -> list[Quarantined]:
        """What was set apart instead of indexed (`knowledge.quarantine`), let in or not."""
        return set_apart(self._store)

    def release(self, key: str, *, by: str) -> Quarantined:
        """Let one text in that was set apart; see `knowledge.releasing.release`."""
        with _builder(self._settings, self._encoder) as builder:
            return release(builder, self._encoder, key, by=by, at=self._clock())

    def similar_cases(
        self,
        facts: CaseFacts,
        k: int = 5,
        *,
        as_of: date | None = None,
        region: str = "",
        exclude: Collection[str] = (),
    ) -> list[SimilarCase]:
        """See `Cases.similar_cases`."""
        return self._cases.similar_cases(facts, k, as_of=as_of, region=region, exclude=exclude)

    def published(self) -> dict[str, str]:
        """Precedents held: document id by precedent id."""
        return published(self._store.documents())

    def publish(self, documents: Sequence[Corpus], withdraw: Collection[str] = ()) -> int:
        """Bring documents of precedents in and take precedents out, in one new version; how many changed.

        What is there already changes nothing, and then no version is built.

        Args:
            documents: See `knowledge.publishing.precedent_document`.
            withdraw: Ids of precedents.

        Raises:
            Conflict: Another builder is at work; nothing was changed, try again later.
        """
        held, gone = self._store.documents(), set(withdraw) & self.published().keys()
        fresh = [document for document in documents if document.id not in held]
        if not (fresh or gone):
            return 0
        with _builder(self._settings, self._encoder) as builder:
            return take_out(gone, builder) + bring_in(fresh, builder, self._encoder)

    def withdraw(self, precedent_id: str) -> int:
        """Take one precedent out; see `publish`."""
        return self.publish((), withdraw=(precedent_id,))

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
        StaleIndex: The vectors were made by another model, and there is more than the starter corpus.
        Unavailable: The vectors cannot be opened.
    """
    encoder = encoder or _encoder_of(settings)
    store = _opened(settings, encoder)
    if _stale(store):
        try:
            with _builder(settings, encoder) as builder:
                _refresh_starter(builder, encoder)
        except Conflict:
            _await(store.count)  # what is there is served; an empty base waits for the first version
    return KnowledgeBase(settings, encoder, store, clock)


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
    encoder = encoder or _encoder_of(settings)
    held = _open(settings, encoder, any_model=True)
    try:
        if not index_warning(held.made_by(), identity_of(encoder)):
            version, name, dim = held.version(), encoder.name, encoder.dim
            return ReindexReport(documents=0, passages=0, kept=0, version=version, model=name, dim=dim)
    finally:
        held.close()
    key = settings.qdrant_api_key.get_secret_value()
    with open_rebuild(settings, dim=encoder.dim, model=identity_of(encoder), api_key=key) as (old, builder):
        report = reindex(old, builder, encoder, progress)
        _refresh_starter(builder, encoder)
        return replace(report, version=builder.version())


def _encoder_of(settings: KnowledgeSettings) -> Encoder:
    return open_encoder(settings.embedding_model)


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
    warning = index_warning(store.made_by(), identity_of(encoder))
    if not warning:
        return store
    if not _only_starter(store):
        _log.warning("%s", warning)
        return store
    try:
        reindex_knowledge(settings, encoder=encoder)
    except Conflict:
        _await(lambda: store.made_by() == identity_of(encoder))
    store.close()
    return _open(settings, encoder)


def _only_starter(store: VectorReader) -> bool:
    return all(meta.get("starter") for meta in store.documents().values())


def _builder(
    settings: KnowledgeSettings, encoder: Encoder, *, recreate: bool = False
) -> AbstractContextManager[VectorStore]:
    weights = FusionWeights(dense=encoder.dense_weight)
    key = settings.qdrant_api_key.get_secret_value()
    model = identity_of(encoder)
    return open_builder(settings, dim=encoder.dim, model=model, weights=weights, recreate=recreate, api_key=key)


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


def _await(done: Callable[[], object]) -> None:
    """Somebody else is building: wait for what is needed to answer at all."""
    deadline = time.monotonic() + _WAIT_S
    while not done():
        if time.monotonic() > deadline:
            raise Unavailable("另一个进程正在建立知识库，等了一分钟仍未完成。", "请稍后再试。")
        time.sleep(0.2)

"""The knowledge base: search, cite, verify, ingest. What agents, the API and the command line use."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from typing_extensions import Unpack

from domain.casefacts import CaseFacts
from domain.citation import Article, Citation
from domain.clock import Clock, system_clock
from knowledge.abstaining import Basis, judge
from knowledge.cases import Cases, SimilarCase
from knowledge.catalogue import HeldLaw
from knowledge.changes import Changes, LawChange, LawDiff
from knowledge.citedby import Citations, CitedBy
from knowledge.citing import Citing
from knowledge.corpus import Corpus
from knowledge.embedding import Encoder
from knowledge.explaining import Why, explained
from knowledge.folders import FolderBook
from knowledge.identity import index_warning, maker_of
from knowledge.ingest import IngestReport, Options, Progress, Watch, ingest, settle
from knowledge.ocr import open_recogniser
from knowledge.opening import begin_building, encoder_of, open_ready, refresh_starter, reindex_knowledge, reranker_of
from knowledge.passage import Found, Passage
from knowledge.publishing import publish as bring_in
from knowledge.publishing import published
from knowledge.publishing import withdraw as take_out
from knowledge.quarantine import Quarantined
from knowledge.reindex import ReindexReport
from knowledge.releasing import release, set_apart
from knowledge.searching import EVERYWHERE, Searching
from knowledge.settings import KnowledgeSettings
from knowledge.store import VectorReader
from knowledge.support import Judge
from knowledge.timeline import Standing, VersionEntry, standing
from knowledge.verifying import ClaimVerdict, Stated, Verifying
from knowledge.view import Holdings

__all__ = ["EVERYWHERE", "KnowledgeBase", "open_knowledge", "reindex_knowledge"]


class KnowledgeBase:
    """Regulations, cases and papers; safe to call from several threads. Made by `open_knowledge`."""

    def __init__(self, settings: KnowledgeSettings, encoder: Encoder, store: VectorReader, clock: Clock) -> None:
        self._settings = settings
        self._encoder = encoder
        self._store = store
        self._clock = clock
        self._holdings = Holdings(store, clock)
        self._holdings.look()  # a third of a second on a full base; now, so that no request waits for it
        self._searching = Searching(self._holdings, encoder, city=settings.city, reranker=reranker_of(settings))
        self._cases = Cases(self._searching, store.version)
        self._citing = Citing(self._holdings)
        self._verifying = Verifying(self._citing, self._searching, Judge(encoder))
        self._changes = Changes(self._holdings)
        self._citations = Citations(self._holdings, self._citing, settings.home / "knowledge-citations")

    @property
    def version(self) -> str:
        """Hash of what is loaded: equal versions answer equally."""
        return self._store.version()

    def today(self) -> date:
        """The day that counts when none is asked for."""
        return self._holdings.today()

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

    def find(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> Found:
        """See `Searching.find`."""
        return self._searching.find(query, limit=limit, as_of=as_of, region=region, kinds=kinds)

    def answerable(self, query: str, passages: Sequence[Passage], notes: Sequence[str] = ()) -> Basis:
        """See `knowledge.abstaining.judge`; where there is no basis, the notes of the search stand with the reason."""
        basis = judge(query, passages, city=self._settings.city)
        return basis if basis.found or not notes else replace(basis, why=f"{basis.why}{'；'.join(notes)}。")

    def explain(self, query: str, passages: Sequence[Passage]) -> list[Why]:
        """See `knowledge.explaining.explained`."""
        return explained(query, passages, self._encoder, self._holdings.look().catalogue)

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

    def verify(self, law: str, article: str, *, as_of: date, claim: str = "", **stated: Unpack[Stated]) -> ClaimVerdict:
        """See `Verifying.verify`."""
        return self._verifying.verify(law, article, as_of=as_of, claim=claim, **stated)

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

    def laws(self, *, name: str = "", region: str = "") -> list[HeldLaw]:
        """All versions of all laws held, by name, oldest version first.

        Args:
            name: Only laws whose name has this in it.
            region: Division code or scope (重庆): only national law and that of this place.
        """
        return self._holdings.look().catalogue.select(name, region)

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
        with begin_building(self._settings, self._encoder, recreate=recreate) as builder:
            refresh_starter(builder, self._encoder)
            report = ingest([Path(path) for path in paths], builder, self._encoder, options)
        self._citations.catch_up()
        return report

    def quarantine(self) -> list[Quarantined]:
        """What was set apart instead of indexed (`knowledge.quarantine`), let in or not."""
        return set_apart(self._store)

    def release(self, key: str, *, by: str) -> Quarantined:
        """Let one text in that was set apart; see `knowledge.releasing.release`."""
        with begin_building(self._settings, self._encoder) as builder:
            one = release(builder, self._encoder, key, by=by, at=self._clock())
            settle(builder)  # an ingest that was cut off may have left documents that nobody dated
        return one

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
        with begin_building(self._settings, self._encoder) as builder:
            changed = take_out(gone, builder) + bring_in(fresh, builder, self._encoder)
            settle(builder)
        return changed

    def withdraw(self, precedent_id: str) -> int:
        """Take one precedent out; see `publish`."""
        return self.publish((), withdraw=(precedent_id,))

    def reindex(self, progress: Progress | None = None) -> ReindexReport:
        """See `reindex_knowledge`; this base changes to the new index by itself."""
        return reindex_knowledge(self._settings, encoder=self._encoder, progress=progress)

    @property
    def index_warning(self) -> str:
        """What people should know of an index of old, in Chinese; empty when it is what would be made now."""
        return index_warning(self._store.made_by(), maker_of(self._encoder))

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
    encoder = encoder or encoder_of(settings)
    return KnowledgeBase(settings, encoder, open_ready(settings, encoder), clock)

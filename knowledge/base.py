"""The knowledge base: search, cite, verify, ingest. What agents, the API and the command line use."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.citation import Article, Citation, Validity
from domain.clock import Clock, civil_date, system_clock
from domain.errors import ArticleNotFound, Conflict, NotFound, Unavailable
from knowledge.catalogue import Catalogue, HeldLaw, version_for
from knowledge.embedding import Encoder, open_encoder
from knowledge.fusion import FusionWeights
from knowledge.ingest import IngestReport, Progress, ingest, load
from knowledge.lawhead import PROVINCES
from knowledge.names import public_name
from knowledge.numerals import article_heading, article_label, label_key
from knowledge.passage import Passage
from knowledge.records import Filters, PassageRecord
from knowledge.settings import KnowledgeSettings
from knowledge.sparse import query_vector
from knowledge.starter import starter_documents
from knowledge.store import VectorReader, VectorStore, open_builder, open_store

EVERYWHERE = "*"
"""As a region: law of all places, not only national law and the city's."""
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What one version of the store holds; made anew when the store changes."""

    version: str
    catalogue: Catalogue
    articles: dict[tuple[str, str], Article]
    labels: dict[str, tuple[str, ...]]


class KnowledgeBase:
    """Regulations, cases and papers; safe to call from several threads. Made by `open_knowledge`."""

    def __init__(self, settings: KnowledgeSettings, encoder: Encoder, store: VectorReader, clock: Clock) -> None:
        self._settings = settings
        self._encoder = encoder
        self._store = store
        self._clock = clock
        self._view: _View | None = None

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
        """Best passages first, each article once, digests only where the official text is not held.

        Args:
            query: What is asked, in any words.
            limit: At most so many passages.
            as_of: Only what holds on that day; None: the newest version of every law, unless it was repealed.
            region: Whose local law counts beside national law: a scope code (重庆), a division code (500103), or any
                other code for the city of the settings; `*` for all places.
            kinds: Only these kinds (`law`, `case`, `doc`).
        """
        if not query.strip() or limit <= 0:
            return []
        view = self._look()
        filters = Filters(as_of=as_of, regions=self._regions(region), kinds=tuple(kinds))
        dense = self._encoder.encode_queries([query])[0]
        depth = limit * 2 + 10
        while True:
            found = self._store.search(
                dense, query_vector(query), limit=depth, filters=filters, prior=view.catalogue.prior
            )
            kept = self._kept(found, view.catalogue, newest_only=as_of is None)
            if len(kept) >= limit or len(found) < depth:
                break
            depth *= 4
        return [self._passage(record, score, view.catalogue, as_of) for record, score in kept[:limit]]

    def cite(self, law: str, article: str, *, as_of: date | None = None) -> Article:
        """The article as it stood on `as_of` (None: newest version; its status is that of today).

        Args:
            law: Any spelling of the name: full, without 中华人民共和国, short (渝市容条例), 民法典 for all its books.
            article: Any spelling of the number: `13`, `第十三条`, `13条`, `120-1`.
            as_of: Day on which it must hold.

        Raises:
            LawNotFound: No such law; carries the nearest names.
            ArticleNotFound: No such article; carries the nearest ones.
        """
        view = self._look()
        families = view.catalogue.find(law)
        name = public_name(families[0][0].law)
        try:
            label = article_label(article)
        except ValueError:
            raise ArticleNotFound(
                f"“{str(article)[:20]}”不是条号。", "条号写作 13、第十三条、13条或 120-1。", nearest=()
            ) from None
        chosen = [version_for(versions, as_of) for versions in families]
        for held in chosen:
            if label in self._labels(view, held.doc_id):
                return self._article(view, held, label, as_of or self._today())
        labels = sorted({one for held in chosen for one in self._labels(view, held.doc_id)}, key=label_key)
        raise _no_article(name, label, labels, digest=all(held.digest for held in chosen))

    def verify_citation(self, citation: Citation, *, as_of: date) -> Sequence[str]:
        """Faults of a citation on that day, in Chinese; empty when it holds."""
        try:
            article = self.cite(citation.law, citation.article, as_of=as_of)
        except NotFound as error:
            return [error.message]
        faults = []
        actual = f"{article.version_date or ''}"
        if citation.version_date and citation.version_date != actual:
            faults.append(
                f"{citation.label}：引用的是 {citation.version_date} 版本，当日对应的是 {actual or '无日期'} 版本。"
            )
        if article.status in {Validity.NOT_YET, Validity.REPEALED, Validity.SUPERSEDED}:
            reason = {
                Validity.NOT_YET: f"自 {article.effective_date} 起施行，当日尚未施行",
                Validity.REPEALED: "当日已废止",
                Validity.SUPERSEDED: "当日已被新版本取代",
            }[article.status]
            after = f"，现为{article.superseded_by}" if article.superseded_by else ""
            faults.append(f"{citation.label}：{reason}{after}。")
        elif article.status is Validity.UNKNOWN and citation.status is Validity.IN_FORCE:
            faults.append(f"{citation.label}：效力未核实，不得标为有效。{article.status_note}")
        elif citation.status not in {article.status, Validity.UNKNOWN}:
            faults.append(f"{citation.label}：标注的效力与当日实际效力不符。")
        if citation.text_sha256 and not article.text_sha256.startswith(citation.text_sha256):
            faults.append(f"{citation.label}：条文校验值不符，引用的不是这一版本的原文。")
        if article.digest and not citation.digest:
            faults.append(f"{citation.label}：知识库只有摘要，不得当作原文引用。")
        return faults

    def laws(self) -> list[HeldLaw]:
        """All versions of all laws held, by name, oldest version first."""
        return [held for versions in self._look().catalogue.laws.values() for held in versions]

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

    def _today(self) -> date:
        return civil_date(self._clock())

    def _look(self) -> _View:
        version = self._store.version()
        view = self._view
        if view is None or view.version != version:
            catalogue = Catalogue(self._store.documents())
            view = self._view = _View(version=version, catalogue=catalogue, articles={}, labels={})
        return view

    def _regions(self, region: str) -> tuple[str, ...]:
        if region == EVERYWHERE:
            return ()
        if region in PROVINCES.values():
            return ("", region)
        named = PROVINCES.get(region[:2], "") if region.isdigit() else ""
        return ("", named or self._settings.city)

    def _kept(
        self, found: Sequence[tuple[PassageRecord, float]], catalogue: Catalogue, *, newest_only: bool
    ) -> list[tuple[PassageRecord, float]]:
        """Each article once; without a day, nothing that a later text held here has ended."""
        kept: dict[tuple[str, ...], tuple[PassageRecord, float]] = {}
        for record, score in found:
            if record.digest and catalogue.has_full_text(record.doc_id):
                continue
            if newest_only and not (catalogue.is_newest(record.doc_id) and record.expiry_kind != "repealed"):
                continue
            key = (record.law, record.article, f"{record.version_date}") if record.article else (record.id,)
            kept.setdefault(key, (record, score))
        return list(kept.values())

    def _passage(self, record: PassageRecord, score: float, catalogue: Catalogue, as_of: date | None) -> Passage:
        held = catalogue.by_doc.get(record.doc_id)
        status = held.on(as_of or self._today()).status if held else Validity.IN_FORCE
        return Passage(
            id=record.id,
            kind=record.kind,
            text=record.text,
            score=score,
            law=public_name(record.law),
            article=record.article,
            chapter=record.chapter,
            title=record.title,
            digest=record.digest,
            version_date=record.version_date,
            status=status,
            region=record.region,
            source=record.source,
            meta=record.meta,
        )

    def _labels(self, view: _View, doc_id: str) -> tuple[str, ...]:
        """Labels of the articles of a document; reads the document once and keeps its articles."""
        if doc_id not in view.labels:
            held = view.catalogue.by_doc[doc_id]
            pieces: dict[str, list[PassageRecord]] = {}
            for record in self._store.scroll(Filters(doc_id=doc_id)):
                if record.article:
                    pieces.setdefault(record.article, []).append(record)
            for label, records in pieces.items():
                view.articles[doc_id, label] = _joined(held, sorted(records, key=lambda record: record.ordinal))
            view.labels[doc_id] = tuple(sorted(pieces, key=label_key))
        return view.labels[doc_id]

    def _article(self, view: _View, held: HeldLaw, label: str, day: date) -> Article:
        article = view.articles[held.doc_id, label]
        verdict = held.on(day)
        over = verdict.status in {Validity.REPEALED, Validity.SUPERSEDED}
        return _with_status(article, verdict.status, verdict.note, held.expiry.by if over else "")


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


def _joined(held: HeldLaw, records: Sequence[PassageRecord]) -> Article:
    first = records[0]
    return Article(
        law=held.law,
        number=first.article,
        text="".join(record.text for record in records),
        digest=first.digest,
        text_sha256=first.text_sha256,
        version_date=held.version_date,
        effective_date=held.effective_date,
        status=Validity.UNKNOWN,
        chapter=first.chapter,
        level=held.level,
        region=held.region,
        source=first.source,
    )


def _with_status(article: Article, status: Validity, note: str, by: str) -> Article:
    return Article(
        law=article.law,
        number=article.number,
        text=article.text,
        digest=article.digest,
        text_sha256=article.text_sha256,
        version_date=article.version_date,
        effective_date=article.effective_date,
        status=status,
        status_note=note,
        superseded_by=by,
        chapter=article.chapter,
        level=article.level,
        region=article.region,
        source=article.source,
    )


def _no_article(law: str, label: str, labels: Sequence[str], *, digest: bool) -> ArticleNotFound:
    main, sub = label_key(label)
    nearest = sorted(
        labels, key=lambda one: (abs(label_key(one)[0] - main), abs(label_key(one)[1] - sub), label_key(one))
    )
    nearest = sorted(nearest[:5], key=label_key)
    heading = article_heading(label) if main <= 9999 else f"第{label}条"
    message = f"《{law}》没有{heading}。"
    if digest:
        message = f"知识库只有《{law}》部分条文的摘要，其中没有{heading}。"
    hint = f"最接近的是第 {'、'.join(nearest)} 条。" if nearest else ""
    return ArticleNotFound(message, hint + ("导入该法规全文后可查全部条文。" if digest else ""), nearest=nearest)

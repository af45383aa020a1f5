"""What one version of the store holds, looked at once and remembered until the store changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.citation import Article, Validity
from domain.clock import Clock, civil_date
from knowledge.catalogue import Catalogue, HeldLaw
from knowledge.numerals import label_key
from knowledge.records import Filters, PassageRecord
from knowledge.store import VectorReader


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One version of the store: its laws, and the articles read so far by (document, label)."""

    version: str
    catalogue: Catalogue
    articles: dict[tuple[str, str], Article]
    labels: dict[str, tuple[str, ...]]


class Holdings:
    """The store with its catalogue; what searching and citing share. Safe to use from several threads."""

    def __init__(self, store: VectorReader, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._view: View | None = None

    def today(self) -> date:
        """The day that counts when none is asked for."""
        return civil_date(self._clock())

    def look(self) -> View:
        """What the store holds now."""
        version = self.store.version()
        view = self._view
        if view is None or view.version != version:
            catalogue = Catalogue(self.store.documents())
            view = self._view = View(version=version, catalogue=catalogue, articles={}, labels={})
        return view

    def labels(self, view: View, doc_id: str) -> tuple[str, ...]:
        """Labels of the articles of a document; reads the document once and keeps its articles."""
        if doc_id not in view.labels:
            held = view.catalogue.by_doc[doc_id]
            pieces: dict[str, list[PassageRecord]] = {}
            for record in self.store.scroll(Filters(doc_id=doc_id)):
                if record.article:
                    pieces.setdefault(record.article, []).append(record)
            for label, records in pieces.items():
                view.articles[doc_id, label] = _joined(held, sorted(records, key=lambda record: record.ordinal))
            view.labels[doc_id] = tuple(sorted(pieces, key=label_key))
        return view.labels[doc_id]

    def article(self, view: View, held: HeldLaw, label: str, day: date) -> Article:
        """One article with its validity on a day; `labels` must have named it."""
        self.labels(view, held.doc_id)
        verdict = held.on(day)
        over = verdict.status in {Validity.REPEALED, Validity.SUPERSEDED}
        return replace(
            view.articles[held.doc_id, label],
            status=verdict.status,
            status_note=verdict.note,
            superseded_by=held.expiry.by if over else "",
        )


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

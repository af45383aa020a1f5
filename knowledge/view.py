"""What one version of the store holds, looked at once and remembered until the store changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from domain.citation import Article, Validity
from domain.clock import Clock, civil_date
from knowledge.catalogue import Catalogue, HeldLaw
from knowledge.numerals import label_key
from knowledge.records import Filters, PassageRecord
from knowledge.store import VectorReader

_REMEMBERED = 20_000
"""Articles kept in memory, about 10 MB; beyond that the memory starts afresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One version of the store: its laws, and the articles and labels read so far."""

    version: str
    catalogue: Catalogue
    articles: dict[tuple[str, str], Article] = field(default_factory=dict[tuple[str, str], Article])
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


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
            view = self._view = View(version=version, catalogue=Catalogue(self.store.documents()))
        return view

    def labels(self, view: View, doc_id: str) -> tuple[str, ...]:
        """Labels of the articles of a document, in the law's order; reads the document once."""
        known = view.labels.get(doc_id)
        if known is None:
            known = tuple(sorted(self._read(view, Filters(doc_id=doc_id)), key=label_key))
            view.labels[doc_id] = known
        return known

    def article(self, view: View, held: HeldLaw, label: str, day: date) -> Article | None:
        """One article with its validity on a day; None when this version has no such article."""
        labels = view.labels.get(held.doc_id)
        if labels is not None and label not in labels:
            return None
        found = view.articles.get((held.doc_id, label))
        if found is None:
            found = self._read(view, Filters(doc_id=held.doc_id, article=label)).get(label)
        if found is None:
            return None
        verdict = held.on(day)
        over = verdict.status in {Validity.REPEALED, Validity.SUPERSEDED}
        return replace(
            found,
            status=verdict.status,
            status_note=verdict.note,
            superseded_by=held.expiry.by if over else "",
        )

    def articles(self, view: View, held: HeldLaw, day: date) -> list[Article]:
        """All articles of a version, in order."""
        found = (self.article(view, held, label, day) for label in self.labels(view, held.doc_id))
        return [article for article in found if article is not None]

    def _read(self, view: View, filters: Filters) -> dict[str, Article]:
        """Articles of one document that pass, also put into the view; pieces of a long article are joined again."""
        if len(view.articles) > _REMEMBERED:
            view.articles.clear()
        pieces: dict[str, list[PassageRecord]] = {}
        for record in self.store.scroll(filters):
            if record.article:
                pieces.setdefault(record.article, []).append(record)
        held = view.catalogue.by_doc[filters.doc_id]
        read = {
            label: _joined(held, sorted(records, key=lambda record: record.ordinal))
            for label, records in pieces.items()
        }
        view.articles.update({(held.doc_id, label): article for label, article in read.items()})
        return read


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

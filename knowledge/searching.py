"""Search: a question to passages, by both arms, filtered, each article once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from domain.citation import Validity
from knowledge.catalogue import Catalogue, HeldLaw
from knowledge.embedding import Encoder
from knowledge.fusion import diversified
from knowledge.lawhead import PROVINCES
from knowledge.locality import at_home
from knowledge.names import public_name
from knowledge.passage import Found, Passage
from knowledge.records import Filters, PassageRecord
from knowledge.reranking import Reranker
from knowledge.sparse import query_vector
from knowledge.timeline import HOLDING, Standing, standing, unheld_note, unheld_on
from knowledge.validity import Verdict, amended_note
from knowledge.view import Holdings, View

EVERYWHERE = "*"
"""As a region: law of all places, not only national law and the city's."""

REPLACED = 0.02
"""Taken from the fused score of a text that a version not held has replaced, in a search without a day, so that what is
in force and as relevant stands before it. Two places of one law (`knowledge.fusion.DIVERSITY`) are worth as much."""
_STATES = {
    Validity.NOT_YET: "尚未施行",
    Validity.REPEALED: "已废止",
    Validity.SUPERSEDED: "已被取代",
}

_Ranked = list[tuple[PassageRecord, float]]


def depth_for(limit: int) -> int:
    """Passages to look at for so many articles: some are pieces of one, some have ended, some give way."""
    return 2 * limit + 30


class Searching:
    """Searches what the base holds."""

    def __init__(self, holdings: Holdings, encoder: Encoder, *, city: str, reranker: Reranker | None = None) -> None:
        self._holdings = holdings
        self._encoder = encoder
        self._reranker = reranker
        self._city = city
        self._unheld: tuple[str, date | None, Mapping[str, Standing]] = ("", None, {})

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
        view, filters = self._holdings.look(), self._filters(as_of, region, kinds)
        kept = self._ranked(query, limit, filters, view, as_of)
        return [self._passage(record, score, view.catalogue, as_of) for record, score in kept]

    def find(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> Found:
        """As `search`, and what must be said of laws whose version of the day is not held.

        With a day, such a law is not among the passages; it is named if its text would have been. Without one, its last
        text is, and is named as replaced or amended.
        """
        view, filters = self._holdings.look(), self._filters(as_of, region, kinds)
        kept = self._ranked(query, limit, filters, view, as_of)
        day = as_of or self._holdings.today()
        found = (view.catalogue.by_doc.get(record.doc_id) for record, _ in kept)
        notes = [_outdated_note(view.catalogue, held, day) for held in dict.fromkeys(found) if held]
        if as_of and (gone := self._gone(view, as_of)):
            texts = frozenset(one.text.doc_id for one in gone.values() if one.text)
            again = self._ranked(query, limit, replace(filters, as_of=None), view, as_of, beside=texts)
            notes += [_missing_note(gone[record.law]) for record, _ in again if record.doc_id in texts]
        passages = tuple(self._passage(record, score, view.catalogue, as_of) for record, score in kept)
        return Found(passages=passages, notes=tuple(dict.fromkeys(note for note in notes if note)))

    def _filters(self, as_of: date | None, region: str, kinds: Sequence[str]) -> Filters:
        return Filters(as_of=as_of, regions=self._regions(region), kinds=tuple(kinds))

    def _ranked(
        self,
        query: str,
        limit: int,
        filters: Filters,
        view: View,
        as_of: date | None,
        beside: frozenset[str] = frozenset(),
    ) -> _Ranked:
        """The best passages for a day (None: newest texts), those of the documents `beside` as if they held."""
        if not query.strip() or limit <= 0:
            return []
        dense = self._encoder.encode_queries([query])[0]
        looked_at = max(limit, self._reranker.depth) if self._reranker else limit
        depth = depth_for(looked_at)
        while True:
            found = self._holdings.store.search(
                dense, query_vector(query), limit=depth, filters=filters, prior=view.catalogue.prior
            )
            kept = at_home(query, self._aged(_kept(found, view.catalogue, as_of, beside), view.catalogue, as_of))
            if len(kept) >= looked_at or len(found) < depth:
                break
            depth *= 4
        mixed = _mixed(kept)
        return (self._reranker.rerank(query, mixed) if self._reranker else mixed)[:limit]

    def _aged(self, kept: _Ranked, catalogue: Catalogue, as_of: date | None) -> _Ranked:
        """Without a day: what a version that is not held has replaced gives way a little (`REPLACED`)."""
        if as_of is not None:
            return kept
        today = self._holdings.today()
        old = {
            doc_id
            for doc_id in {record.doc_id for record, _ in kept}
            if (held := catalogue.by_doc.get(doc_id)) and held.on(today).status is Validity.SUPERSEDED
        }
        return [(record, round(score - REPLACED, 6) if record.doc_id in old else score) for record, score in kept]

    def _gone(self, view: View, day: date) -> Mapping[str, Standing]:
        """See `unheld_on`; that of the last day asked for is kept."""
        version, known, gone = self._unheld
        if (version, known) != (view.version, day):
            gone = unheld_on(view.catalogue, day)
            self._unheld = view.version, day, gone
        return gone

    def _regions(self, region: str) -> tuple[str, ...]:
        if region == EVERYWHERE:
            return ()
        if region in PROVINCES.values():
            return ("", region)
        named = PROVINCES.get(region[:2], "") if region.isdigit() else ""
        return ("", named or self._city)

    def _passage(self, record: PassageRecord, score: float, catalogue: Catalogue, as_of: date | None) -> Passage:
        held = catalogue.by_doc.get(record.doc_id)
        day = as_of or self._holdings.today()
        verdict = held.on(day) if held else Verdict(status=Validity.IN_FORCE, note="")
        notes = [verdict.note, unheld_note(catalogue, held, day) if held else ""]
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
            status=verdict.status,
            status_note="；".join(note for note in notes if note),
            region=record.region,
            source=record.source,
            text_sha256=record.text_sha256,
            meta=record.meta,
        )


def _kept(found: _Ranked, catalogue: Catalogue, as_of: date | None, beside: frozenset[str]) -> _Ranked:
    """Each article once: what holds on the day; without one, the newest text held unless it was repealed."""
    kept: dict[tuple[str, ...], tuple[PassageRecord, float]] = {}
    for record, score in found:
        held = catalogue.by_doc.get(record.doc_id)
        if record.digest and catalogue.has_full_text(record.doc_id):
            continue
        if as_of is None and not (catalogue.is_newest(record.doc_id) and record.expiry_kind != "repealed"):
            continue
        if as_of and held and record.doc_id not in beside and held.on(as_of).status not in HOLDING:
            continue
        key = (record.law, record.article, f"{record.version_date}") if record.article else (record.id,)
        kept.setdefault(key, (record, score))
    return list(kept.values())


def _outdated_note(catalogue: Catalogue, held: HeldLaw, day: date) -> str:
    """That a text found was replaced or amended by what is not held; empty for most."""
    law, verdict = public_name(held.law), held.on(day)
    if verdict.status is Validity.UNKNOWN and (changed := [one for one in held.amended if one.starts <= day]):
        return f"《{law}》{amended_note(changed)}，以下为修改前的文本"
    if verdict.status is not Validity.SUPERSEDED:
        return ""
    one = standing(catalogue, held.law, day)
    return f"《{law}》{_unheld(one)}，以下为{_text_name(held)}，已被取代" if one.version and not one.held else ""


def _missing_note(one: Standing) -> str:
    """That a law is left out because its version of the day is not held."""
    state = f"；现有{_text_name(one.text)}{_STATES[one.text_status]}" if one.text and one.text_status else ""
    return f"《{one.law}》{_unheld(one)}，以下不含该法{state}"


def _unheld(one: Standing) -> str:
    return f"{one.version.starts} 起施行的版本原文未收录" if one.version else ""


def _text_name(held: HeldLaw) -> str:
    return f" {held.version_date.year} 年文本" if held.version_date else "未标日期的文本"


def _mixed(kept: _Ranked) -> _Ranked:
    """Other laws come up a little, see `knowledge.fusion.diversified`."""
    order = diversified([(public_name(record.law) or record.id, score) for record, score in kept])
    return [(kept[place][0], score) for place, score in order]

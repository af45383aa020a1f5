"""Search: a question to passages, by both arms, filtered, each article once."""

from collections.abc import Sequence
from datetime import date

from domain.citation import Validity
from knowledge.catalogue import Catalogue
from knowledge.embedding import Encoder
from knowledge.fusion import diversified
from knowledge.lawhead import PROVINCES
from knowledge.locality import at_home
from knowledge.names import public_name
from knowledge.passage import Passage
from knowledge.records import Filters, PassageRecord
from knowledge.reranking import Reranker
from knowledge.sparse import query_vector
from knowledge.view import Holdings

EVERYWHERE = "*"
"""As a region: law of all places, not only national law and the city's."""

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
        view = self._holdings.look()
        filters = Filters(as_of=as_of, regions=self._regions(region), kinds=tuple(kinds))
        dense = self._encoder.encode_queries([query])[0]
        looked_at = max(limit, self._reranker.depth) if self._reranker else limit
        depth = depth_for(looked_at)
        while True:
            found = self._holdings.store.search(
                dense, query_vector(query), limit=depth, filters=filters, prior=view.catalogue.prior
            )
            kept = at_home(query, self._kept(found, view.catalogue, newest_only=as_of is None))
            if len(kept) >= looked_at or len(found) < depth:
                break
            depth *= 4
        kept = self._reranker.rerank(query, kept) if self._reranker else _mixed(kept)
        return [self._passage(record, score, view.catalogue, as_of) for record, score in kept[:limit]]

    def _regions(self, region: str) -> tuple[str, ...]:
        if region == EVERYWHERE:
            return ()
        if region in PROVINCES.values():
            return ("", region)
        named = PROVINCES.get(region[:2], "") if region.isdigit() else ""
        return ("", named or self._city)

    def _kept(
        self, found: Sequence[tuple[PassageRecord, float]], catalogue: Catalogue, *, newest_only: bool
    ) -> _Ranked:
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
        status = held.on(as_of or self._holdings.today()).status if held else Validity.IN_FORCE
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
            text_sha256=record.text_sha256,
            meta=record.meta,
        )


def _mixed(kept: _Ranked) -> _Ranked:
    """Other laws come up a little, see `knowledge.fusion.diversified`."""
    order = diversified([(public_name(record.law) or record.id, score) for record, score in kept])
    return [(kept[place][0], score) for place, score in order]

"""The store's logic over any engine: states of documents, hybrid search, versions. The engines only move points."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np

from knowledge.fusion import Candidate, FusionWeights, fuse
from knowledge.identity import Maker
from knowledge.records import (
    ANYTHING,
    DOCUMENT,
    DRAFT,
    READY,
    Condition,
    Filters,
    FloatArray,
    OneOf,
    PassageRecord,
    SparseVector,
    changed_payload,
    conditions,
    digest_of,
    document_point_id,
    point_id,
    record_of,
    record_payload,
    version_of,
)

BATCH = 256
"""Points a write: small enough that the embedded engine holds the global lock for milliseconds only."""
FINISHED = OneOf("state", (READY,))
OVERSAMPLING = 3.0
"""Vectors scored in full for each one asked for; over 150,000 passages 2 already found what a full scan finds."""
_AUTHORITY_FIELDS = ("law", "region", "kind", "level")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmQuery:
    """Nearest points of one arm: of all that pass the conditions, of those that `among` finds, or of exactly `ids`."""

    using: Literal["dense", "sparse"]
    vector: FloatArray | SparseVector
    limit: int
    wanted: Sequence[Condition] = ()
    ids: Sequence[int] = ()
    among: "ArmQuery | None" = None


class ReadableEngine(Protocol):
    """What searching needs. Ids are 64-bit integers."""

    def query(self, queries: Sequence[ArmQuery]) -> list[dict[int, float]]:
        """Score by id for each query, best first: cosine, or sparse product with inverse document frequencies.

        Every score is exact. All queries of one call travel together.
        """
        ...

    def payloads(self, ids: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """Payload of each point that exists, whole or only some fields."""
        ...

    def scroll(self, wanted: Sequence[Condition], fields: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Payloads of all points that pass, whole or only some fields, in order of point id."""
        ...

    def count(self, wanted: Sequence[Condition]) -> int:
        """Number of points that pass."""
        ...

    def close(self) -> None:
        """Release files and connections; a second call does nothing."""
        ...


class Engine(ReadableEngine, Protocol):
    """What building needs besides."""

    def put(
        self,
        ids: Sequence[int],
        payloads: Sequence[dict[str, Any]],
        dense: FloatArray | None = None,
        sparse: Sequence[SparseVector] | None = None,
    ) -> None:
        """Write points whole; without vectors when none are given."""
        ...

    def set_payload(self, wanted: Sequence[Condition], payload: dict[str, Any]) -> None:
        """Set fields of all points that pass."""
        ...

    def delete(self, wanted: Sequence[Condition]) -> None:
        """Remove all points that pass."""
        ...

    def flush(self) -> None:
        """Bring everything to disk."""
        ...


Place = tuple[tuple[str, str], ...]
"""Some payload fields of a passage, by name."""
_Scores = tuple[int, float, float]
"""Id of a candidate, its BM25 and its cosine."""


class PassageReader:
    """The reading half of `VectorStore`."""

    searched_states: tuple[str, ...] = (READY,)
    """States that a search has to ask for; none where everything with a vector is finished."""
    one_trip = False
    """Ask for both arms and for each one's scores of the other's candidates at once: the engine searches twice, but a
    question costs one round trip. Pays where the engine is across a network; the answers are the same."""

    def __init__(self, engine: ReadableEngine, *, dim: int, model: str, weights: FusionWeights) -> None:
        self._reading = engine
        self._dim = dim
        self._model = model
        self._weights = weights

    def documents(self) -> dict[str, dict[str, Any]]:
        """See `VectorStore.documents`."""
        return {doc_id: mark["meta"] for doc_id, mark in self._marks().items()}

    def scroll(self, filters: Filters = ANYTHING) -> Iterator[PassageRecord]:
        """See `VectorStore.scroll`."""
        for payload in self._reading.scroll(conditions(filters)):
            yield record_of(payload)

    def count(self) -> int:
        """See `VectorStore.count`."""
        return self._reading.count([FINISHED])

    def version(self) -> str:
        """See `VectorStore.version`."""
        digests = {doc_id: mark["digest"] for doc_id, mark in self._marks().items()}
        return version_of(digests, model=self._model, dim=self._dim)

    def made_by(self) -> Maker:
        """See `VectorStore.made_by`."""
        return Maker(self._model, self._dim)

    def stamp(self, key: int) -> int | None:
        """Number kept in the point of this id; None where there is none."""
        return self._reading.payloads([key]).get(key, {}).get("stamp")

    def close(self) -> None:
        """See `VectorStore.close`."""
        self._reading.close()

    def search(
        self,
        dense: FloatArray | None,
        sparse: SparseVector | None,
        *,
        limit: int,
        filters: Filters = ANYTHING,
        prior: Mapping[str, float] | None = None,
    ) -> list[tuple[PassageRecord, float]]:
        """See `VectorStore.search`."""
        wanted = conditions(filters, states=self.searched_states)
        candidates = self._candidates(_arms(dense, sparse), wanted, limit)
        ranked = fuse(self._with_authority(candidates, prior), self._weights)[:limit]
        payloads = self._reading.payloads([key for key, _ in ranked])
        return [(record_of(payloads[key]), score) for key, score in ranked if key in payloads]

    def _candidates(self, arms: "_Arms", wanted: Sequence[Condition], limit: int) -> list[_Scores]:
        """Union of both arms' best by id, each with the exact score of both arms."""
        depths = {"dense": self._weights.dense_candidates, "sparse": self._weights.candidates}
        best = [
            ArmQuery(using=using, vector=vector, limit=max(limit, depths[using]) + 1, wanted=wanted)
            for using, vector in arms
        ]
        crossed = [
            replace(one, limit=other.limit, wanted=(), among=other) for one, other in zip(best, best[::-1], strict=True)
        ]
        crossed = crossed if self.one_trip and len(arms) > 1 else []
        answers = self._reading.query([*best, *crossed])
        found = [self._cut(query, hits) for query, hits in zip(best, answers, strict=False)]
        union = sorted({key for hits in found for key in hits})
        known = found
        if crossed:
            # What an answer leaves out has a score of nought: no token in common.
            asked = [dict.fromkeys(answers[1 - at], 0.0) | answers[at + 2] for at in range(2)]
            known = [more | hits for more, hits in zip(asked, found, strict=True)]
        missing = [
            ArmQuery(using=query.using, vector=query.vector, limit=len(ids), ids=ids)
            for query, hits in zip(best, known, strict=True)
            if (ids := tuple(key for key in union if key not in hits))
        ]
        scores: dict[str, dict[int, float]] = {query.using: hits for query, hits in zip(best, known, strict=True)}
        if missing:
            for query, hits in zip(missing, self._reading.query(missing), strict=True):
                scores[query.using] = scores[query.using] | hits
        lexical, dense = scores.get("sparse", {}), scores.get("dense", {})
        return [(key, lexical.get(key, 0.0), dense.get(key, 0.0)) for key in union]

    def _cut(self, query: ArmQuery, hits: dict[int, float]) -> dict[int, float]:
        """All but the last of one arm's best; equal scores at the end are all looked at: ids decide among them."""
        depth = query.limit - 1
        while len(hits) >= query.limit:
            ranked = sorted(hits.items(), key=_by_score_then_id)
            if ranked[-1][1] < ranked[depth - 1][1]:
                return dict(ranked[:depth])
            query = replace(query, limit=query.limit * 4)
            hits = self._reading.query([query])[0]
        return dict(sorted(hits.items(), key=_by_score_then_id)[:depth])

    def _with_authority(self, scores: list[_Scores], prior: Mapping[str, float] | None) -> list[Candidate]:
        if not prior or not self._weights.prior or not scores:
            return [Candidate(*one) for one in scores]
        places = self._places([key for key, _, _ in scores])
        # By identity: a cached reader's places are shared, and hashing four hundred of them costs a millisecond.
        weight = {
            key: self._weights.authority_of(dict(place), prior) for key, place in {id(p): p for p in places}.items()
        }
        return [Candidate(*one, weight[id(place)]) for one, place in zip(scores, places, strict=True)]

    def _places(self, ids: Sequence[int]) -> list[Place]:
        """What decides the authority of each passage: the few fields of its payload that many share."""
        payloads = self._reading.payloads(ids, _AUTHORITY_FIELDS)
        return [_place(payloads.get(key, {})) for key in ids]

    def all_places(self) -> list[tuple[Place, list[int]]]:
        """Ids of the passages of each place: what `CachedReader.remember` wants."""
        found: dict[Place, list[int]] = {}
        for payload in self._reading.scroll([FINISHED], ("id", *_AUTHORITY_FIELDS)):
            found.setdefault(_place(payload), []).append(point_id(payload["id"]))
        return sorted(found.items())

    def _marks(self) -> dict[str, dict[str, Any]]:
        marks = {mark["doc_id"]: mark for mark in self._reading.scroll([OneOf("state", (DOCUMENT,))])}
        return {doc_id: marks[doc_id] for doc_id in sorted(marks)}


class CachedReader(PassageReader):
    """A reader that remembers what many searches ask for; for content that stands still until `forget` is called."""

    def __init__(self, engine: ReadableEngine, *, dim: int, model: str, weights: FusionWeights) -> None:
        super().__init__(engine, dim=dim, model=model, weights=weights)
        self._seen: dict[int, Place] = {}
        self._shared: dict[Place, Place] = {}

    def forget(self) -> None:
        """Look again from now on."""
        self._seen = {}

    def remember(self, places: Iterable[tuple[Place, Iterable[int]]]) -> None:
        """Know the places of passages from the start, see `all_places`."""
        for place, ids in places:
            self._seen.update(dict.fromkeys(ids, self._shared.setdefault(place, place)))

    def _places(self, ids: Sequence[int]) -> list[Place]:
        seen = self._seen
        if missing := [key for key in ids if key not in seen]:
            for key, place in zip(missing, super()._places(missing), strict=True):
                seen[key] = self._shared.setdefault(place, place)
        return [seen[key] for key in ids]


class PassageStore(PassageReader):
    """Both halves of `VectorStore`."""

    def __init__(self, engine: Engine, *, dim: int, model: str, weights: FusionWeights) -> None:
        super().__init__(engine, dim=dim, model=model, weights=weights)
        self._engine = engine
        self._finished: set[str] | None = None

    def upsert(self, records: Sequence[PassageRecord], dense: FloatArray, sparse: Sequence[SparseVector]) -> None:
        """See `VectorStore.upsert`."""
        if dense.shape != (len(records), self._dim) or len(sparse) != len(records) or not np.isfinite(dense).all():
            raise ValueError(f"{len(records)} records, dense {dense.shape}, {len(sparse)} sparse, dim {self._dim}")
        for doc_id in sorted({record.doc_id for record in records} & self._known()):
            self._unmark(doc_id)
        for start in range(0, len(records), BATCH):
            part = slice(start, start + BATCH)
            self._engine.put(
                [point_id(record.id) for record in records[part]],
                [record_payload(record) | {"state": DRAFT} for record in records[part]],
                dense[part],
                sparse[part],
            )

    def finish_document(self, doc_id: str, meta: Mapping[str, Any]) -> None:
        """See `VectorStore.finish_document`."""
        passages = OneOf("doc_id", (doc_id,)), OneOf("state", (DRAFT, READY))
        digest = digest_of([*self._engine.scroll(passages), {"meta": dict(meta)}])
        mark = {"state": DOCUMENT, "doc_id": doc_id, "digest": digest, "meta": dict(meta)}
        self._engine.put([document_point_id(doc_id)], [mark])
        self._engine.set_payload(passages, {"state": READY})
        self._known().add(doc_id)

    def recover(self) -> None:
        """Show the passages of documents that were marked as finished just before a kill."""
        drafts = {payload["doc_id"] for payload in self._engine.scroll([OneOf("state", (DRAFT,))])}
        for doc_id in sorted(drafts & self._known()):
            self._engine.set_payload([OneOf("doc_id", (doc_id,)), OneOf("state", (DRAFT,))], {"state": READY})

    def amend_document(self, doc_id: str, changes: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> None:
        """See `VectorStore.amend_document`. If cut off, the document stays finished and may be amended again."""
        mark = self._reading.payloads([document_point_id(doc_id)]).get(document_point_id(doc_id))
        if mark is not None:
            passages = OneOf("doc_id", (doc_id,)), FINISHED
            self._engine.set_payload(passages, changed_payload(changes))
            self.finish_document(doc_id, mark["meta"] if meta is None else meta)

    def delete_document(self, doc_id: str) -> None:
        """See `VectorStore.delete_document`."""
        self._unmark(doc_id)
        self._engine.delete([OneOf("doc_id", (doc_id,))])

    def purge_drafts(self) -> None:
        """Remove the passages of documents that were never finished."""
        self._engine.delete([OneOf("state", (DRAFT,))])

    def flush(self) -> None:
        """See `VectorStore.flush`."""
        self._engine.flush()

    def _known(self) -> set[str]:
        if self._finished is None:
            self._finished = set(self._marks())
        return self._finished

    def _unmark(self, doc_id: str) -> None:
        """The document no longer counts as written; done first, so that no half of it ever does."""
        self._engine.delete([OneOf("doc_id", (doc_id,)), OneOf("state", (DOCUMENT,))])
        self._known().discard(doc_id)


def _place(payload: Mapping[str, Any]) -> Place:
    return tuple((field, payload[field]) for field in _AUTHORITY_FIELDS if field in payload)


def _by_score_then_id(hit: tuple[int, float]) -> tuple[float, int]:
    return -hit[1], hit[0]


_Arm = Literal["dense", "sparse"]
_Arms = list[tuple[_Arm, FloatArray | SparseVector]]


def _arms(dense: FloatArray | None, sparse: SparseVector | None) -> _Arms:
    """The arms that have something to say."""
    arms: _Arms = []
    if dense is not None and dense.any():
        arms.append(("dense", dense))
    if sparse is not None and len(sparse[0]):
        arms.append(("sparse", sparse))
    return arms

"""The store's logic over any engine: states of documents, hybrid search, versions. The engines only move points."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from knowledge.fusion import Candidate, FusionWeights, fuse
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
_AUTHORITY_FIELDS = ("law", "region", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmQuery:
    """Nearest points of one arm: among all that pass the conditions, or exactly those of `ids`."""

    using: Literal["dense", "sparse"]
    vector: FloatArray | SparseVector
    limit: int
    wanted: Sequence[Condition] = ()
    ids: Sequence[int] = ()


class ReadableEngine(Protocol):
    """What searching needs. Ids are 64-bit integers."""

    def query(self, queries: Sequence[ArmQuery]) -> list[dict[int, float]]:
        """Score by id for each query: cosine, or sparse product with inverse document frequencies; exact."""
        ...

    def payloads(self, ids: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """Payload of each point that exists, whole or only some fields."""
        ...

    def scroll(self, wanted: Sequence[Condition]) -> Iterator[dict[str, Any]]:
        """Payloads of all points that pass, in order of point id."""
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


class PassageReader:
    """The reading half of `VectorStore`."""

    searched_states: tuple[str, ...] = (READY,)
    """States that a search has to ask for; none where everything with a vector is finished."""

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

    def _candidates(self, arms: "_Arms", wanted: Sequence[Condition], limit: int) -> list[Candidate]:
        """Union of both arms' best, each with the exact score of both arms."""
        depths = {"dense": self._weights.dense_candidates, "sparse": self._weights.candidates}
        found = [self._best(using, vector, wanted, max(limit, depths[using])) for using, vector in arms]
        union = sorted({key for hits in found for key in hits})
        others = [tuple(key for key in union if key not in hits) for hits in found]
        rest = self._reading.query(
            [
                ArmQuery(using=using, vector=vector, limit=len(ids), ids=ids)
                for (using, vector), ids in zip(arms, others, strict=True)
                if ids
            ]
        )
        remaining = iter(rest)
        for hits, ids in zip(found, others, strict=True):
            hits.update(next(remaining) if ids else {})
        scores = {using: hits for (using, _), hits in zip(arms, found, strict=True)}
        lexical, dense = scores.get("sparse", {}), scores.get("dense", {})
        return [Candidate(key, lexical.get(key, 0.0), dense.get(key, 0.0)) for key in union]

    def _best(
        self, using: "_Arm", vector: FloatArray | SparseVector, wanted: Sequence[Condition], depth: int
    ) -> dict[int, float]:
        """The best `depth` of one arm; equal scores at the end are all looked at, so that ids decide among them."""
        limit = depth + 1
        while True:
            query = ArmQuery(using=using, vector=vector, limit=limit, wanted=wanted)
            hits = sorted(self._reading.query([query])[0].items(), key=lambda hit: (-hit[1], hit[0]))
            if len(hits) < limit or hits[-1][1] < hits[depth - 1][1]:
                return dict(hits[:depth])
            limit *= 4

    def _with_authority(self, candidates: list[Candidate], prior: Mapping[str, float] | None) -> list[Candidate]:
        if not prior or not self._weights.prior or not candidates:
            return candidates
        payloads = self._authority_fields([c.id for c in candidates])
        return [
            Candidate(c.id, c.bm25, c.cosine, self._weights.authority_of(payloads.get(c.id, {}), prior))
            for c in candidates
        ]

    def _authority_fields(self, ids: Sequence[int]) -> Mapping[int, Mapping[str, Any]]:
        return self._reading.payloads(ids, _AUTHORITY_FIELDS)

    def _marks(self) -> dict[str, dict[str, Any]]:
        marks = {mark["doc_id"]: mark for mark in self._reading.scroll([OneOf("state", (DOCUMENT,))])}
        return {doc_id: marks[doc_id] for doc_id in sorted(marks)}


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

"""Qdrant's own engine in the process, as the store's logic wants it: one open shard.

Dense vectors are also kept as 8-bit integers. A search goes through those, takes three times as many as asked for, and
orders and scores them by the full vectors. There is no graph (HNSW with m = 0): a scan answers alike whatever the order
of ingestion, and is fast enough here.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import product
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import qdrant_edge as qe

from domain.errors import Unavailable
from knowledge.engine import OVERSAMPLING, ArmQuery
from knowledge.records import (
    INTEGER_FIELDS,
    KEYWORD_FIELDS,
    Condition,
    FloatArray,
    OneOf,
    SparseVector,
)
from knowledge.versions import OPEN_MIB, need_room

_PAGE = 1000
_PACK_ABOVE_KB = 10_000
"""Vectors stay in the plain, writable form up to this size; above, `optimize` packs them."""
_QUANTISED = qe.SearchParams(quantization=qe.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING))
_FULL = qe.SearchParams(exact=True)

P = ParamSpec("P")
T = TypeVar("T")


def _written(call: Callable[P, T]) -> Callable[P, T]:
    """Say in Chinese that the disk refused."""

    @wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except Unavailable:
            raise
        except Exception as error:  # the engine raises bare Exception for whatever the system refuses it
            raise Unavailable(
                f"知识库写入失败：{error}",
                "请检查磁盘空间和 LIANZHI_HOME 的权限；已发布的内容仍可检索，处理后再运行一次即可继续。",
            ) from error

    return wrapper


class EdgeEngine:
    """One open shard."""

    def __init__(self, shard: qe.EdgeShard, folder: Path) -> None:
        self._shard = shard
        self._folder = folder

    @classmethod
    def load(cls, folder: Path) -> "EdgeEngine":
        """Open the shard in a folder that nobody else has open.

        Raises:
            Unavailable: The files are damaged.
        """
        try:
            return cls(qe.EdgeShard.load(str(folder)), folder)
        except Exception as error:  # the engine raises bare Exception for whatever is wrong with the files
            raise Unavailable(
                f"知识库文件无法打开：{error}", "可运行 lianzhi ingest --recreate 重建知识库。"
            ) from error

    @classmethod
    def create(cls, folder: Path, dim: int) -> "EdgeEngine":
        """Make an empty shard with a dense and a sparse vector a point, and indexed fields."""
        config = qe.EdgeConfig(
            vectors={
                "dense": qe.EdgeVectorParams(
                    size=dim,
                    distance=qe.Distance.Cosine,
                    quantization_config=qe.ScalarQuantizationConfig(qe.ScalarType.Int8, always_ram=True),
                )
            },
            sparse_vectors={"sparse": qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)},
            hnsw_config=qe.HnswIndexConfig(m=0, ef_construct=100, full_scan_threshold=10_000),
            optimizers=qe.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=_PACK_ABOVE_KB),
        )
        folder.mkdir(parents=True)
        shard = qe.EdgeShard.create(str(folder), config)
        schemas = dict.fromkeys(KEYWORD_FIELDS, qe.PayloadSchemaType.Keyword)
        schemas |= dict.fromkeys(INTEGER_FIELDS, qe.PayloadSchemaType.Integer)
        for field, schema in schemas.items():
            shard.update(qe.UpdateOperation.create_field_index(field, schema))
        return cls(shard, folder)

    def query(self, queries: Sequence[ArmQuery]) -> list[dict[int, float]]:
        """See `Engine.query`."""
        return [self._answer(query) for query in queries]

    def _answer(self, query: ArmQuery) -> dict[int, float]:
        parts = _value_by_value(query)
        hits = [(int(hit.id), hit.score) for part in parts for hit in self._shard.query(_request(query, part))]
        if len(parts) > 1:
            hits = sorted(hits, key=lambda hit: (-hit[1], hit[0]))[: query.limit]
        return dict(hits)

    def payloads(self, ids: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """See `Engine.payloads`."""
        wanted = True if fields is None else list(fields)
        found = self._shard.retrieve(list(ids), wanted, False) if ids else []
        return {int(point.id): point.payload or {} for point in found}

    def scroll(self, wanted: Sequence[Condition], fields: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """See `Engine.scroll`."""
        offset = None
        shown = True if fields is None else list(fields)
        while True:
            page, offset = self._shard.scroll(
                qe.ScrollRequest(offset=offset, limit=_PAGE, filter=_filter(wanted), with_payload=shown)
            )
            yield from (point.payload or {} for point in page)
            if offset is None:
                return

    def count(self, wanted: Sequence[Condition]) -> int:
        """See `Engine.count`."""
        return self._shard.count(qe.CountRequest(exact=True, filter=_filter(wanted)))

    @_written
    def put(
        self,
        ids: Sequence[int],
        payloads: Sequence[dict[str, Any]],
        dense: FloatArray | None = None,
        sparse: Sequence[SparseVector] | None = None,
    ) -> None:
        """See `Engine.put`."""
        need_room(self._folder, OPEN_MIB)
        vectors: list[Any] = [{} for _ in ids]
        if dense is not None and sparse is not None:
            vectors = [{"dense": row.tolist(), "sparse": _sparse(one)} for row, one in zip(dense, sparse, strict=True)]
        points = [qe.Point(*row) for row in zip(ids, vectors, payloads, strict=True)]
        self._shard.update(qe.UpdateOperation.upsert_points(points))

    @_written
    def set_payload(self, wanted: Sequence[Condition], payload: dict[str, Any]) -> None:
        """See `Engine.set_payload`."""
        self._shard.update(qe.UpdateOperation.set_payload_by_filter(_filter(wanted), payload))

    @_written
    def delete(self, wanted: Sequence[Condition]) -> None:
        """See `Engine.delete`."""
        self._shard.update(qe.UpdateOperation.delete_points_by_filter(_filter(wanted)))

    @_written
    def flush(self) -> None:
        """See `Engine.flush`."""
        self._shard.flush()

    def close(self) -> None:
        """See `Engine.close`."""
        self._shard.close()


class EmptyEngine:
    """What there is before the first version: nothing."""

    def query(self, queries: Sequence[ArmQuery]) -> list[dict[int, float]]:
        """Nothing is found."""
        return [{} for _ in queries]

    def payloads(self, ids: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """Nothing is kept."""
        del ids, fields
        return {}

    def scroll(self, wanted: Sequence[Condition], fields: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Nothing passes."""
        del wanted, fields
        return iter(())

    def count(self, wanted: Sequence[Condition]) -> int:
        """Nothing passes."""
        del wanted
        return 0

    def close(self) -> None:
        """Nothing is open."""


def _request(query: ArmQuery, wanted: Sequence[Condition]) -> qe.QueryRequest:
    return qe.QueryRequest(
        limit=query.limit,
        query=_nearest(query),
        filter=_among(query.ids) if query.ids else _filter(wanted),
        prefetches=[_prefetch(query.among)] if query.among else None,
        params=_params(query),
    )


def _prefetch(query: ArmQuery) -> qe.Prefetch:
    return qe.Prefetch(limit=query.limit, query=_nearest(query), filter=_filter(query.wanted), params=_params(query))


def _nearest(query: ArmQuery) -> Any:  # noqa: ANN401 - the engine's variants have no public base class
    vector = _sparse(query.vector) if isinstance(query.vector, tuple) else query.vector.tolist()
    return qe.Query.Nearest(vector, query.using)


def _params(query: ArmQuery) -> qe.SearchParams:
    return _QUANTISED if query.using == "dense" and not query.ids and not query.among else _FULL


def _value_by_value(query: ArmQuery) -> list[list[Condition]]:
    """The conditions of a dense query with one value each: the engine goes through one value's list twice as fast."""
    if query.using != "dense" or query.ids or query.among:
        return [list(query.wanted)]
    choices = [
        [OneOf(one.key, (value,)) for value in dict.fromkeys(one.values)] if isinstance(one, OneOf) else [one]
        for one in query.wanted
    ]
    return [list(one) for one in product(*choices)]


def _among(ids: Sequence[int]) -> qe.Filter:
    return qe.Filter(must=[qe.HasIdCondition(set(ids))])


def _sparse(vector: SparseVector) -> qe.SparseVector:
    indices, values = vector
    return qe.SparseVector(indices.tolist(), values.tolist())


def _filter(wanted: Sequence[Condition]) -> qe.Filter:
    """Said the way that the engine answers fastest: values one by one, and the few days that do not pass left out."""
    must: list[Any] = []
    must_not: list[Any] = []
    for one in wanted:
        if isinstance(one, OneOf):
            values: list[Any] = [qe.FieldCondition(one.key, match=qe.MatchValue(value)) for value in one.values]
            must.append(values[0] if len(values) == 1 else qe.Filter(should=values))
        else:
            must_not.append(qe.FieldCondition(one.key, range=qe.RangeFloat(gt=one.latest, lte=one.after)))
    return qe.Filter(must=must, must_not=must_not)

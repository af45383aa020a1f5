"""One collection of a Qdrant server, as the store's logic wants it; also of `QdrantClient(":memory:")` in small tests.

Kept like the embedded engine's: no graph, and 8-bit integers to search by beside the vectors that count.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from domain.errors import Unavailable
from knowledge.engine import OVERSAMPLING, ArmQuery
from knowledge.records import INTEGER_FIELDS, KEYWORD_FIELDS, Condition, FloatArray, OneOf, SparseVector

if TYPE_CHECKING:  # the client takes a second to import; an embedded installation never pays it
    from qdrant_client import QdrantClient, models

_PAGE = 1000
_TIMEOUT_S = 30

P = ParamSpec("P")
T = TypeVar("T")


def answered(call: Callable[P, T]) -> Callable[P, T]:
    """Turn what the client raises when a server is silent or refuses into `Unavailable`."""

    @wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

        try:
            return call(*args, **kwargs)
        except (ResponseHandlingException, UnexpectedResponse) as error:
            raise Unavailable(
                f"向量数据库没有正常应答：{error}", "请检查 LIANZHI_QDRANT_URL 和服务器；清空它则使用内置引擎。"
            ) from error

    return wrapper


class QdrantEngine:
    """One collection."""

    def __init__(self, client: "QdrantClient", collection: str) -> None:
        from qdrant_client import models  # heavy: a second

        self._client = client
        self._collection = collection
        self._models = models

    @answered
    def create(self, *, dim: int, metadata: dict[str, Any]) -> None:
        """Make the collection, with indexed fields."""
        m = self._models
        int8 = m.ScalarQuantizationConfig(type=m.ScalarType.INT8, always_ram=True)
        self._client.create_collection(
            self._collection,
            vectors_config={"dense": m.VectorParams(size=dim, distance=m.Distance.COSINE)},
            sparse_vectors_config={"sparse": m.SparseVectorParams(modifier=m.Modifier.IDF)},
            hnsw_config=m.HnswConfigDiff(m=0),
            quantization_config=m.ScalarQuantization(scalar=int8),
            metadata=metadata,
        )
        self._create_indexes()

    def _create_indexes(self) -> None:
        schemas = dict.fromkeys(KEYWORD_FIELDS, self._models.PayloadSchemaType.KEYWORD)
        schemas |= dict.fromkeys(INTEGER_FIELDS, self._models.PayloadSchemaType.INTEGER)
        with warnings.catch_warnings():
            # The local mode says that it has no indexes; it is used in small tests only.
            warnings.filterwarnings("ignore", message="Payload indexes have no effect")
            for field, schema in schemas.items():
                self._client.create_payload_index(self._collection, field, schema)

    @answered
    def query(self, queries: Sequence[ArmQuery]) -> list[dict[int, float]]:
        """See `Engine.query`."""
        if not queries:
            return []
        requests = [self._request(query) for query in queries]
        answers = self._client.query_batch_points(self._collection, requests)
        return [{int(hit.id): hit.score for hit in answer.points} for answer in answers]

    @answered
    def payloads(self, ids: Sequence[int], fields: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
        """See `Engine.payloads`."""
        if not ids:
            return {}
        wanted = True if fields is None else list(fields)
        found = self._client.retrieve(self._collection, list(ids), with_payload=wanted)
        return {int(point.id): point.payload or {} for point in found}

    def scroll(self, wanted: Sequence[Condition], fields: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """See `Engine.scroll`."""
        offset = None
        while True:
            page, offset = self._page(wanted, fields, offset)
            yield from (point.payload or {} for point in page)
            if offset is None:
                return

    @answered
    def _page(
        self,
        wanted: Sequence[Condition],
        fields: Sequence[str] | None,
        offset: Any,  # noqa: ANN401 - whatever the client gave
    ) -> "tuple[list[models.Record], Any]":
        shown = True if fields is None else list(fields)
        return self._client.scroll(
            self._collection, scroll_filter=self._filter(wanted), limit=_PAGE, offset=offset, with_payload=shown
        )

    @answered
    def count(self, wanted: Sequence[Condition]) -> int:
        """See `Engine.count`."""
        return self._client.count(self._collection, count_filter=self._filter(wanted), exact=True).count

    @answered
    def put(
        self,
        ids: Sequence[int],
        payloads: Sequence[dict[str, Any]],
        dense: FloatArray | None = None,
        sparse: Sequence[SparseVector] | None = None,
    ) -> None:
        """See `Engine.put`."""
        vectors: list[Any] = [{} for _ in ids]
        if dense is not None and sparse is not None:
            vectors = [
                {"dense": row.tolist(), "sparse": self._sparse(one)} for row, one in zip(dense, sparse, strict=True)
            ]
        points = [
            self._models.PointStruct(id=key, vector=vector, payload=payload)
            for key, vector, payload in zip(ids, vectors, payloads, strict=True)
        ]
        self._client.upsert(self._collection, points, wait=True)

    @answered
    def set_payload(self, wanted: Sequence[Condition], payload: dict[str, Any]) -> None:
        """See `Engine.set_payload`."""
        self._client.set_payload(self._collection, payload, points=self._filter(wanted), wait=True)

    @answered
    def delete(self, wanted: Sequence[Condition]) -> None:
        """See `Engine.delete`."""
        selector = self._models.FilterSelector(filter=self._filter(wanted))
        self._client.delete(self._collection, points_selector=selector, wait=True)

    def flush(self) -> None:
        """Every write waited for the server already."""

    def close(self) -> None:
        """See `Engine.close`."""
        self._client.close()

    def _request(self, query: ArmQuery) -> "models.QueryRequest":
        m = self._models
        return m.QueryRequest(
            query=self._nearest(query),
            using=query.using,
            filter=m.Filter(must=[m.HasIdCondition(has_id=list(query.ids))])
            if query.ids
            else self._filter(query.wanted),
            prefetch=self._prefetch(query.among) if query.among else None,
            params=self._params(query),
            limit=query.limit,
        )

    def _prefetch(self, query: ArmQuery) -> "models.Prefetch":
        return self._models.Prefetch(
            query=self._nearest(query),
            using=query.using,
            filter=self._filter(query.wanted),
            params=self._params(query),
            limit=query.limit,
        )

    def _nearest(self, query: ArmQuery) -> "models.NearestQuery":
        vector = self._sparse(query.vector) if isinstance(query.vector, tuple) else query.vector.tolist()
        return self._models.NearestQuery(nearest=vector)

    def _params(self, query: ArmQuery) -> "models.SearchParams":
        m = self._models
        if query.using == "sparse" or query.ids or query.among:
            return m.SearchParams(exact=True)
        return m.SearchParams(quantization=m.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING))

    def _sparse(self, vector: SparseVector) -> "models.SparseVector":
        indices, values = vector
        return self._models.SparseVector(indices=indices.tolist(), values=values.tolist())

    def _filter(self, wanted: Sequence[Condition]) -> "models.Filter":
        return self._models.Filter(must=[self._condition(one) for one in wanted])

    def _condition(self, one: Condition) -> "models.FieldCondition":
        m = self._models
        if isinstance(one, OneOf):
            return m.FieldCondition(key=one.key, match=m.MatchAny(any=list(one.values)))
        return m.FieldCondition(key=one.key, range=m.Range(lte=one.latest, gt=one.after))


@answered
def connect(url: str, api_key: str = "") -> "QdrantClient":
    """A client of a server; whether it answers shows at the first question."""
    from qdrant_client import QdrantClient  # heavy: a second

    return QdrantClient(url=url, api_key=api_key or None, timeout=_TIMEOUT_S, check_compatibility=False)

"""The engines behind the store's port, each in a place of its own: what the contract is tested on."""

import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from knowledge.edge import EdgeStore, build, rebuild
from knowledge.engine import PassageStore
from knowledge.fusion import FusionWeights
from knowledge.records import Filters, PassageRecord
from knowledge.remote import Collections, RemoteStore, building, rebuilding
from knowledge.store import VectorReader
from tests.knowledge.stores import DIM, MODEL, dense_of, sparse_of

WEIGHTS = FusionWeights()


class EdgeBench:
    """The embedded engine in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.reader = EdgeStore.open(root, dim=DIM, model=MODEL, weights=WEIGHTS)

    def build(self, *, recreate: bool = False) -> AbstractContextManager[PassageStore]:
        return build(self.root, dim=DIM, model=MODEL, weights=WEIGHTS, recreate=recreate)

    def rebuild(self, *, model: str) -> AbstractContextManager[tuple[VectorReader, PassageStore]]:
        return rebuild(self.root, dim=DIM, model=model, weights=WEIGHTS)


class ClientBench:
    """A client with collections of its own; every look is fresh (what is seen is otherwise remembered for a moment)."""

    def __init__(self, client: QdrantClient, *, one_trip: bool) -> None:
        self.client = client
        self.base = f"test-{uuid.uuid4().hex}"
        ticks = iter(range(0, 10**9, 100))
        self.reader = RemoteStore(
            client,
            self.base,
            dim=DIM,
            model=MODEL,
            weights=WEIGHTS,
            one_trip=one_trip,
            clock=lambda: float(next(ticks)),
        )

    def build(self, *, recreate: bool = False) -> AbstractContextManager[PassageStore]:
        return building(self.client, self.base, dim=DIM, model=MODEL, weights=WEIGHTS, recreate=recreate)

    def rebuild(self, *, model: str) -> AbstractContextManager[tuple[VectorReader, PassageStore]]:
        return rebuilding(self.client, self.base, dim=DIM, model=model, weights=WEIGHTS)


Bench = EdgeBench | ClientBench


ENGINES = ["edge", "memory", "memory, two trips", "server"]


@contextmanager
def opened(engine: str, root: Path) -> Iterator[Bench]:
    url = os.environ.get("LIANZHI_TEST_QDRANT_URL", "")
    if engine == "edge":
        embedded = EdgeBench(root)
        yield embedded
        embedded.reader.close()
        return
    if engine == "server" and not url:
        pytest.skip("LIANZHI_TEST_QDRANT_URL names no server")
    client = QdrantClient(url=url) if engine == "server" else QdrantClient(":memory:")
    remote = ClientBench(client, one_trip=engine != "memory, two trips")
    yield remote
    Collections(client, remote.base).clear()
    client.close()


def found(reader: VectorReader, text: str, *, limit: int = 10, filters: Filters | None = None) -> list[PassageRecord]:
    hits = reader.search(dense_of(text), sparse_of(text), limit=limit, filters=filters or Filters())
    return [record for record, _ in hits]

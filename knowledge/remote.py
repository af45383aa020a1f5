"""A Qdrant server or cluster behind the store's port.

    BASE-000007     a collection: passages, and who made their vectors
    BASE-current    alias of the one in use; `BASE` itself, if an older release made it, counts while there is none

A server serves reads while documents are written: passages of an unfinished document carry another state and are never
found, and each document counts from the moment it is finished. What begins with nothing is built in a collection of its
own, and the alias is moved to it in one request; the collection before it stays until the next build, for readers that
have not noticed. Readers look every two seconds.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from domain.errors import StaleIndex, Unavailable
from knowledge.edgeengine import EmptyEngine
from knowledge.engine import CachedReader, PassageStore
from knowledge.fusion import FusionWeights
from knowledge.identity import Maker, check_maker
from knowledge.records import ANYTHING, Filters, FloatArray, PassageRecord, SparseVector, document_point_id
from knowledge.remoteengine import QdrantEngine, answered

if TYPE_CHECKING:  # the client takes a second to import
    from qdrant_client import QdrantClient

_log = logging.getLogger(__name__)

_AGE_S = 2.0
_STAMP = document_point_id("")
"""Point that counts the changes of a collection: while it stands still, nobody has to read the marks again."""


class Collections:
    """The collections of one base name on a server, and the alias that says which is in use."""

    def __init__(self, client: "QdrantClient", base: str) -> None:
        self.client = client
        self._base = base
        self._alias = f"{base}-current"

    @answered
    def current(self) -> str:
        """Name of the collection in use; empty when there is none."""
        aliases = {one.alias_name: one.collection_name for one in self.client.get_aliases().aliases}
        return aliases.get(self._alias) or (self._base if self._base in self._names() else "")

    @answered
    def metadata(self, name: str) -> dict[str, Any]:
        """What was noted when a collection was created."""
        return self.client.get_collection(name).config.metadata or {}

    def maker(self, name: str) -> Maker:
        """Who made the vectors of a collection."""
        noted = self.metadata(name)
        return Maker(str(noted.get("model", "")), int(noted.get("dim", 0)))

    def left(self) -> str:
        """The newest collection that was begun after the one in use and never finished; empty when there is none."""
        current = self.current()
        return max((name for name in self._numbered() if name > current), default="")

    def create(self, wanted: Maker, *, rebuild_of: str = "") -> str:
        """An empty collection, numbered next; nobody reads it yet."""
        last = max((int(name[-6:]) for name in self._numbered()), default=0)
        name = f"{self._base}-{last + 1:06d}"
        metadata = {"model": wanted.identity, "dim": wanted.dim, "rebuild_of": rebuild_of}
        QdrantEngine(self.client, name).create(dim=wanted.dim, metadata=metadata)
        return name

    @answered
    def publish(self, name: str) -> None:
        """Move the alias to a collection, in one step."""
        from qdrant_client import models as m  # heavy: a second

        aliased = any(one.alias_name == self._alias for one in self.client.get_aliases().aliases)
        remove = [m.DeleteAliasOperation(delete_alias=m.DeleteAlias(alias_name=self._alias))] if aliased else []
        point = m.CreateAliasOperation(create_alias=m.CreateAlias(collection_name=name, alias_name=self._alias))
        self.client.update_collection_aliases([*remove, point])

    @answered
    def clear(self, *keep: str) -> None:
        """Drop all collections but these."""
        for name in [*self._numbered(), *(one for one in self._names() if one == self._base)]:
            if name not in keep:
                self.client.delete_collection(name)

    def _numbered(self) -> list[str]:
        return sorted(name for name in self._names() if re.fullmatch(rf"{re.escape(self._base)}-\d{{6}}", name))

    @answered
    def _names(self) -> set[str]:
        return {one.name for one in self.client.get_collections().collections}


class RemoteStore:
    """The reader: follows the alias. Safe to use from several threads."""

    def __init__(
        self,
        client: "QdrantClient",
        base: str,
        *,
        dim: int,
        model: str,
        weights: FusionWeights,
        any_model: bool = False,
        one_trip: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the collection in use, or nothing when there is none yet.

        Args:
            client: Connection to the server.
            base: Begin of the collections' names.
            dim: See `knowledge.store.open_store`.
            model: See there.
            weights: See there.
            any_model: See there.
            one_trip: See `PassageReader.one_trip`.
            clock: Seconds, to look again after a while.

        Raises:
            StaleIndex: The vectors were made by another model.
            Unavailable: The server does not answer.
        """
        self._collections = Collections(client, base)
        self._wanted = Maker(model, dim)
        self._weights = weights
        self._any_model = any_model
        self._one_trip = one_trip
        self._clock = clock
        self._looking = threading.Lock()
        self._closed = False
        self._looked = clock()
        self._open(self._collections.current())

    def documents(self) -> dict[str, dict[str, Any]]:
        """See `VectorStore.documents`."""
        return self._newest().documents()

    def scroll(self, filters: Filters = ANYTHING) -> Iterator[PassageRecord]:
        """See `VectorStore.scroll`."""
        yield from self._newest().scroll(filters)

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
        return self._newest().search(dense, sparse, limit=limit, filters=filters, prior=prior)

    def count(self) -> int:
        """See `VectorStore.count`."""
        return self._newest().count()

    def version(self) -> str:
        """See `VectorStore.version`; at most two seconds old."""
        reader = self._newest()
        with self._looking:
            if not self._version:
                self._version = reader.version()
            return self._version

    def made_by(self) -> Maker:
        """See `VectorStore.made_by`."""
        self._newest()
        return self._maker

    def close(self) -> None:
        """See `VectorStore.close`."""
        self._closed = True
        self._collections.client.close()

    def _newest(self) -> CachedReader:
        if self._closed:
            raise Unavailable("知识库已经关闭。", "请重新打开。")
        with self._looking:
            now = self._clock()
            if now - self._looked > _AGE_S:
                self._looked = now
                self._look()
            return self._reader

    def _look(self) -> None:
        name = self._collections.current()
        if name != self._name:
            try:
                self._open(name)
            except StaleIndex as error:
                _log.warning("keeping the knowledge base that is open: %s", error.message)
        elif (stamp := self._read_stamp()) != self._stamp or stamp is None:
            self._stamp, self._version = stamp, ""
            self._reader.forget()

    def _open(self, name: str) -> None:
        maker = self._collections.maker(name) if name else self._wanted
        if name and not self._any_model:
            check_maker(maker, self._wanted)
        engine = QdrantEngine(self._collections.client, name) if name else EmptyEngine()
        self._reader = CachedReader(engine, dim=maker.dim, model=maker.identity, weights=self._weights)
        self._reader.one_trip = self._one_trip
        self._name, self._maker, self._version = name, maker, ""
        self._stamp = self._read_stamp()

    def _read_stamp(self) -> int | None:
        return self._reader.stamp(_STAMP)


class RemoteBuilder(PassageStore):
    """The writer; counts its changes for those who read meanwhile."""

    def finish_document(self, doc_id: str, meta: Mapping[str, Any]) -> None:
        """See `VectorStore.finish_document`."""
        super().finish_document(doc_id, meta)
        self._count_change()

    def _unmark(self, doc_id: str) -> None:
        super()._unmark(doc_id)
        self._count_change()

    def _count_change(self) -> None:
        self._engine.put([_STAMP], [{"state": "stamp", "stamp": (self.stamp(_STAMP) or 0) + 1}])


@contextmanager
def building(
    client: "QdrantClient", base: str, *, dim: int, model: str, weights: FusionWeights, recreate: bool = False
) -> Iterator[RemoteBuilder]:
    """A store for writing: the collection in use, else what the first build left when it was cut off, else a new one.

    What an interrupted `recreate` left is no successor of the collection in use: asked for again, it begins again.

    Raises:
        StaleIndex: The vectors were made by another model, and `recreate` is off.
        Unavailable: The server does not answer.
    """
    collections = Collections(client, base)
    wanted = Maker(model, dim)
    current, name = collections.current(), collections.left()
    part = not name or collections.metadata(name).get("rebuild_of") or not collections.maker(name).serves(wanted)
    if recreate or (part and not current):
        collections.clear(current)
        name = collections.create(wanted)
    elif current:
        check_maker(collections.maker(current), wanted)
        name = current
    with _writing(collections, name, weights) as store:
        yield store


@contextmanager
def rebuilding(
    client: "QdrantClient", base: str, *, dim: int, model: str, weights: FusionWeights
) -> Iterator[tuple[RemoteStore, RemoteBuilder]]:
    """The collection in use, whoever made it, and an empty one for its successor; goes on where one was cut off.

    Raises:
        Unavailable: The server does not answer.
    """
    collections = Collections(client, base)
    wanted = Maker(model, dim)
    current, name = collections.current(), collections.left()
    if not name or collections.maker(name) != wanted or collections.metadata(name).get("rebuild_of") != current:
        collections.clear(current)
        name = collections.create(wanted, rebuild_of=current)
    held = RemoteStore(client, base, dim=dim, model=model, weights=weights, any_model=True)
    with _writing(collections, name, weights) as store:
        yield held, store


@contextmanager
def _writing(collections: Collections, name: str, weights: FusionWeights) -> Iterator[RemoteBuilder]:
    """A builder on one collection, which is in use when the block ends without an error."""
    engine = QdrantEngine(collections.client, name)
    made = collections.maker(name)
    store = RemoteBuilder(engine, dim=made.dim, model=made.identity, weights=weights)
    before = collections.current()
    if before == name:
        collections.clear(name)
    store.recover()
    yield store
    if before != name:
        store.purge_drafts()
        collections.publish(name)

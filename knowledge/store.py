"""The port to the vectors, and the one place that chooses between the embedded engine and a Qdrant server.

A reader sees finished documents only. A builder writes documents one by one (`delete_document`, `upsert`,
`finish_document`); with the embedded engine readers see its work when the builder closes without an error, with a
server each document when it is finished, unless the builder began with nothing. A builder that was killed keeps what it
acknowledged, and the next one goes on from there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from knowledge.fusion import FusionWeights
from knowledge.identity import Maker
from knowledge.records import ANYTHING, Filters, FloatArray, PassageRecord, SparseVector
from knowledge.versions import only_builder

if TYPE_CHECKING:  # the client takes a second to import
    from qdrant_client import QdrantClient

COLLECTION = "lianzhi"
T = TypeVar("T")


class StoreSettings(Protocol):
    """Where the vectors live; fulfilled by `knowledge.settings.KnowledgeSettings`."""

    @property
    def home(self) -> Path:
        """Data folder; the embedded engine keeps its files in `home/knowledge`."""
        ...

    @property
    def qdrant_url(self) -> str:
        """Address of a Qdrant server; empty for the embedded engine."""
        ...


class VectorReader(Protocol):
    """Passages with a dense and a sparse vector each; searched by both at once."""

    def documents(self) -> dict[str, dict[str, Any]]:
        """Meta by document id, fully written documents only, in order of id."""
        ...

    def scroll(self, filters: Filters = ANYTHING) -> Iterator[PassageRecord]:
        """All passages of finished documents that pass the filters; order: by point id."""
        ...

    def search(
        self,
        dense: FloatArray | None,
        sparse: SparseVector | None,
        *,
        limit: int,
        filters: Filters = ANYTHING,
        prior: Mapping[str, float] | None = None,
    ) -> list[tuple[PassageRecord, float]]:
        """Best passages of finished documents, best first, ties by id.

        Args:
            dense: Query vector, shape (dim,); None or all zeros leaves this arm out.
            sparse: Query tokens and weights; None or empty leaves this arm out.
            limit: At most so many.
            filters: What may be returned.
            prior: Authority of a law by title, in [0, 1] (`knowledge.fusion.authority`).
        """
        ...

    def count(self) -> int:
        """Passages of finished documents."""
        ...

    def version(self) -> str:
        """Hash of the finished documents and the model: equal versions answer equally."""
        ...

    def made_by(self) -> Maker:
        """The model and recipe that made the vectors, and their length."""
        ...

    def close(self) -> None:
        """Release files and connections; a second call does nothing."""
        ...


class VectorStore(VectorReader, Protocol):
    """A reader that also writes: what a builder is given."""

    def upsert(self, records: Sequence[PassageRecord], dense: FloatArray, sparse: Sequence[SparseVector]) -> None:
        """Write passages of unfinished documents; a document that was finished is unfinished again.

        Args:
            records: The passages, n of them; may belong to several documents.
            dense: One vector a passage, shape (n, dim), finite.
            sparse: One sparse vector a passage, n of them.
        """
        ...

    def finish_document(self, doc_id: str, meta: Mapping[str, Any]) -> None:
        """Declare a document fully written: from now on it counts.

        Args:
            doc_id: A document whose passages were all written.
            meta: JSON-like; comes back in `documents`.
        """
        ...

    def amend_document(self, doc_id: str, changes: Mapping[str, Any], meta: Mapping[str, Any] | None = None) -> None:
        """Change fields of all passages of a finished document (its expiry, say) without touching the vectors.

        Args:
            doc_id: A finished document; others are left alone.
            changes: Field of `PassageRecord` → new value (dates as `date` or None).
            meta: Replaces the document's meta when given.
        """
        ...

    def delete_document(self, doc_id: str) -> None:
        """Remove a document's passages and its mark; nothing happens when there is none."""
        ...

    def flush(self) -> None:
        """Bring everything written so far to disk."""
        ...


def open_store(
    settings: StoreSettings,
    *,
    dim: int,
    model: str,
    weights: FusionWeights | None = None,
    api_key: str = "",
    any_model: bool = False,
) -> VectorReader:
    """Open the vectors for reading.

    Args:
        settings: Where they live.
        dim: Length of the encoder's vectors.
        model: Identity of the encoder and the recipe (`knowledge.identity.identity_of`); vectors of another model are
            refused.
        weights: How the two arms are weighed; None takes the defaults.
        api_key: Key of the server, if it wants one.
        any_model: Open vectors of whatever model: not to search them, but to read what they stand for.

    Raises:
        StaleIndex: The vectors were made by another model.
        Unavailable: The server does not answer.
    """
    from knowledge.edge import EdgeStore  # both engines are imported by the one who uses them
    from knowledge.remote import RemoteStore
    from knowledge.remoteengine import connect

    weights = weights or FusionWeights()
    if settings.qdrant_url:
        client = connect(settings.qdrant_url, api_key)
        return RemoteStore(client, COLLECTION, dim=dim, model=model, weights=weights, any_model=any_model)
    return EdgeStore.open(settings.home / "knowledge", dim=dim, model=model, weights=weights, any_model=any_model)


def open_builder(
    settings: StoreSettings,
    *,
    dim: int,
    model: str,
    weights: FusionWeights | None = None,
    recreate: bool = False,
    api_key: str = "",
) -> AbstractContextManager[VectorStore]:
    """Open the vectors for writing; readers see the result when the block ends without an error.

    Args:
        settings: Where they live.
        dim: Length of the encoder's vectors.
        model: Identity of the encoder and the recipe; vectors of another model are refused.
        weights: How the two arms are weighed; None takes the defaults.
        recreate: Begin with nothing; the old content is served until the swap.
        api_key: Key of the server, if it wants one.

    Raises:
        Conflict: Another builder is at work.
        StaleIndex: The vectors were made by another model, and `recreate` is off.
        Unavailable: The server does not answer, or the folder cannot be written.
    """
    from knowledge.edge import build
    from knowledge.remote import building
    from knowledge.remoteengine import connect

    weights = weights or FusionWeights()
    root = settings.home / "knowledge"
    if settings.qdrant_url:
        work = partial(building, base=COLLECTION, dim=dim, model=model, weights=weights, recreate=recreate)
        return _alone(root, partial(connect, settings.qdrant_url, api_key), work)
    return build(root, dim=dim, model=model, weights=weights, recreate=recreate)


def open_rebuild(
    settings: StoreSettings, *, dim: int, model: str, weights: FusionWeights | None = None, api_key: str = ""
) -> AbstractContextManager[tuple[VectorReader, VectorStore]]:
    """What is held, whoever made its vectors, and an empty builder for its successor.

    Readers see the successor when the block ends without an error. A rebuild that was cut off is gone on with: the
    builder then holds the documents that were finished.

    Args:
        settings: Where they live.
        dim: Length of the encoder's vectors.
        model: Identity of the encoder and the recipe from now on.
        weights: How the two arms are weighed; None takes the defaults.
        api_key: Key of the server, if it wants one.

    Raises:
        Conflict: Another builder is at work.
        Unavailable: The server does not answer, or the folder cannot be written.
    """
    from knowledge.edge import rebuild
    from knowledge.remote import rebuilding
    from knowledge.remoteengine import connect

    weights = weights or FusionWeights()
    root = settings.home / "knowledge"
    if settings.qdrant_url:
        work = partial(rebuilding, base=COLLECTION, dim=dim, model=model, weights=weights)
        return _alone(root, partial(connect, settings.qdrant_url, api_key), work)
    return rebuild(root, dim=dim, model=model, weights=weights)


@contextmanager
def _alone(
    root: Path, connect: Callable[[], "QdrantClient"], work: Callable[["QdrantClient"], AbstractContextManager[T]]
) -> Iterator[T]:
    """Work on a server, kept from another builder of the same data folder: they would mark each other's halves."""
    with only_builder(root), closing(connect()) as client, work(client) as opened:
        yield opened

"""The port to the vectors, and the one place that chooses between the embedded engine and a Qdrant server.

A reader sees finished documents only. A builder writes documents one by one (`delete_document`, `upsert`,
`finish_document`); with the embedded engine readers see its work when the builder closes without an error, with a
server each document when it is finished. A builder that was killed keeps what it acknowledged, and the next one goes on
from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from knowledge.fusion import FusionWeights
from knowledge.records import ANYTHING, Filters, FloatArray, PassageRecord, SparseVector
from knowledge.versions import only_builder

COLLECTION = "lianzhi"


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
    settings: StoreSettings, *, dim: int, model: str, weights: FusionWeights | None = None, api_key: str = ""
) -> VectorReader:
    """Open the vectors for reading.

    Args:
        settings: Where they live.
        dim: Length of the encoder's vectors.
        model: Name of the encoder (`Encoder.name`); vectors of another model are refused.
        weights: How the two arms are weighed; None takes the defaults.
        api_key: Key of the server, if it wants one.

    Raises:
        Unavailable: The server does not answer, or the vectors were made by another model.
    """
    from knowledge.edge import EdgeStore  # both engines are imported by the one who uses them
    from knowledge.remote import RemoteStore

    weights = weights or FusionWeights()
    if settings.qdrant_url:
        return RemoteStore.connect(
            settings.qdrant_url, COLLECTION, dim=dim, model=model, weights=weights, api_key=api_key
        )
    return EdgeStore.open(settings.home / "knowledge", dim=dim, model=model, weights=weights)


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
        model: Name of the encoder (`Encoder.name`).
        weights: How the two arms are weighed; None takes the defaults.
        api_key: Key of the server, if it wants one.
        recreate: Begin with nothing; the old content is served until the swap (embedded engine).

    Raises:
        Conflict: Another builder is at work.
        Unavailable: The server does not answer, or the vectors were made by another model and `recreate` is off.
    """
    from knowledge.edge import build
    from knowledge.remote import RemoteStore

    weights = weights or FusionWeights()
    if settings.qdrant_url:
        remote = RemoteStore.building(
            settings.qdrant_url,
            COLLECTION,
            dim=dim,
            model=model,
            weights=weights,
            recreate=recreate,
            api_key=api_key,
        )
        return _alone(settings.home / "knowledge", remote)
    return build(settings.home / "knowledge", dim=dim, model=model, weights=weights, recreate=recreate)


@contextmanager
def _alone(root: Path, builder: AbstractContextManager[VectorStore]) -> Iterator[VectorStore]:
    """A builder on a server, kept from another one of the same data folder: they would mark each other's halves."""
    root.mkdir(parents=True, exist_ok=True)
    with only_builder(root), builder as store:
        yield store

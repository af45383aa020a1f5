"""The embedded engine: Qdrant's own, in the process, behind the store's port.

Readers search a private copy of an immutable shard and notice when another version takes its place. The builder writes
a working copy with a write-ahead log, so what it acknowledged survives a kill. The engine holds Python's global lock
during a call: a search takes milliseconds and may be called inline; `optimize` runs in a process of its own.
"""

import json
import logging
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.errors import StaleIndex, Unavailable
from knowledge.edgeengine import EdgeEngine, EmptyEngine
from knowledge.engine import CachedReader, PassageStore, Place
from knowledge.fusion import FusionWeights
from knowledge.identity import Maker, check_maker
from knowledge.records import ANYTHING, Filters, FloatArray, PassageRecord, SparseVector, canonical_json, version_of
from knowledge.versions import OPEN_MIB, Loan, Manifest, Shelf, need_room, size_of

_log = logging.getLogger(__name__)

_WORTH_OPTIMISING = 1000
"""Fewer passages are left as they are."""
_AGAIN_S = 5.0
"""A version that could not be opened is tried again after so long."""
_PLACES = "places.json"
_REBUILD = "rebuild of "
"""In place of its version, what the working copy of a rebuild says."""
_OPTIMISE = """
import sys, qdrant_edge
shard = qdrant_edge.EdgeShard.load(sys.argv[1])
shard.optimize()
shard.flush()
shard.close()
"""


class _Copy(CachedReader):
    """A reader over one private copy; the copy goes when the last one that uses it lets go."""

    searched_states = ()  # a published version has no drafts, and marks have no vectors

    def __init__(self, loan: Loan | None, *, manifest: Manifest, weights: FusionWeights) -> None:
        engine = EdgeEngine.load(loan.folder) if loan else EmptyEngine()
        super().__init__(engine, dim=manifest.dim, model=manifest.model, weights=weights)
        self.manifest = manifest
        if loan:
            self.remember(_noted_places(loan.folder))
        self._give_back: Callable[[], object] = weakref.finalize(self, loan.give_back) if loan else lambda: None

    def count(self) -> int:
        return self.manifest.points

    def version(self) -> str:
        return self.manifest.version

    def close(self) -> None:
        super().close()
        self._give_back()


class EdgeStore:
    """The reader: follows the pointer from version to version. Safe to use from several threads."""

    def __init__(
        self,
        shelf: Shelf,
        *,
        dim: int,
        model: str,
        weights: FusionWeights,
        any_model: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._again = clock()
        self._any_model = any_model
        self._nothing = Manifest(version=version_of({}, model=model, dim=dim), points=0, model=model, dim=dim)
        self._weights = weights
        self._swapping = threading.Lock()
        self._stamp = shelf.stamp()
        self._copy: _Copy | None = self._borrow()

    @classmethod
    def open(cls, root: Path, *, dim: int, model: str, weights: FusionWeights, any_model: bool = False) -> "EdgeStore":
        """Open the version in use under `root`, or nothing when there is none yet.

        Args:
            root: Where the versions are.
            dim: See `knowledge.store.open_store`.
            model: See there.
            weights: See there.
            any_model: Open vectors of whatever model: not to search them, but to read what they stand for.

        Raises:
            StaleIndex: The vectors were made by another model.
            Unavailable: The folder cannot be written.
        """
        return cls(Shelf(root), dim=dim, model=model, weights=weights, any_model=any_model)

    def documents(self) -> dict[str, dict[str, Any]]:
        """See `VectorStore.documents`."""
        return self._newest().documents()

    def scroll(self, filters: Filters = ANYTHING) -> Iterator[PassageRecord]:
        """See `VectorStore.scroll`; goes through one version to its end, whatever is published meanwhile."""
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
        """See `VectorStore.version`."""
        return self._newest().version()

    def made_by(self) -> Maker:
        """See `VectorStore.made_by`."""
        return self._newest().made_by()

    def close(self) -> None:
        """See `VectorStore.close`."""
        with self._swapping:
            copy, self._copy = self._copy, None
        if copy is not None:
            copy.close()

    def _newest(self) -> _Copy:
        with self._swapping:
            if self._copy is None:
                raise Unavailable("知识库已经关闭。", "请重新打开。")
            stamp = self._shelf.stamp()
            if stamp != self._stamp and self._clock() >= self._again:
                self._follow(stamp)
            return self._copy

    def _follow(self, stamp: tuple[int, int]) -> None:
        """Change to the version now in use; the old copy goes when its last search ends.

        Vectors of another model stay so; a full disk may have room again in a while.
        """
        try:
            self._copy = self._borrow()
        except Unavailable as error:
            _log.warning("keeping the knowledge base that is open: %s", error.message)
            if not isinstance(error, StaleIndex):
                self._again = self._clock() + _AGAIN_S
                return
        self._stamp = stamp

    def _borrow(self) -> _Copy:
        loan = self._shelf.borrow()
        if loan is None:
            return _Copy(None, manifest=self._nothing, weights=self._weights)
        try:
            manifest = self._shelf.manifest(loan.folder)
            if manifest is not None and not self._any_model:
                check_maker(_maker(manifest), _maker(self._nothing))
            return _Copy(loan, manifest=manifest or self._nothing, weights=self._weights)
        except BaseException:
            loan.give_back()
            raise


def _maker(manifest: Manifest) -> Maker:
    return Maker(manifest.model, manifest.dim)


@contextmanager
def build(
    root: Path, *, dim: int, model: str, weights: FusionWeights, recreate: bool = False
) -> Iterator[PassageStore]:
    """Build the next version; published when the block ends without an error, else kept for the next builder.

    Raises:
        Conflict: Another builder is at work.
        StaleIndex: The vectors were made by another model, and `recreate` is off.
        Unavailable: There is no room, or the folder cannot be written.
    """
    shelf = Shelf(root)
    wanted = Manifest(version="", points=0, model=model, dim=dim)
    with shelf.building():
        _prepare(shelf, wanted, recreate=recreate)
        with _working(shelf, weights) as store:
            yield store


@contextmanager
def rebuild(root: Path, *, dim: int, model: str, weights: FusionWeights) -> Iterator[tuple[EdgeStore, PassageStore]]:
    """The version in use, whoever made it, and an empty builder for its successor; goes on where one was cut off.

    Raises:
        Conflict: Another builder is at work.
        Unavailable: There is no room, or the folder cannot be written.
    """
    shelf = Shelf(root)
    with shelf.building():
        # What a rebuild left is of use to a rebuild of the same version only, and never to `build`: it is a part.
        wanted = Manifest(version=f"{_REBUILD}{shelf.current()}", points=0, model=model, dim=dim)
        if shelf.manifest(shelf.working) != wanted:
            _begin(shelf, wanted)
        held = EdgeStore(shelf, dim=dim, model=model, weights=weights, any_model=True)
        try:
            with _working(shelf, weights) as store:
                yield held, store
        finally:
            held.close()


@contextmanager
def _working(shelf: Shelf, weights: FusionWeights) -> Iterator[PassageStore]:
    """The working copy, opened; published at the end of the block."""
    begun = shelf.manifest(shelf.working)
    if begun is None:
        raise Unavailable("知识库的工作副本不完整。", "请重新运行；现有内容不受影响。")
    engine = EdgeEngine.load(shelf.working)
    store = PassageStore(engine, dim=begun.dim, model=begun.model, weights=weights)
    try:
        store.recover()
        yield store
        store.purge_drafts()
        _note_places(shelf.working, store)
        finished = replace(begun, version=store.version(), points=store.count())
        store.flush()
    finally:
        engine.close()
    _publish(shelf, finished)


def _note_places(folder: Path, store: PassageStore) -> None:
    """Put beside the shard what readers would else ask it for, four hundred passages a question."""
    (folder / _PLACES).write_text(canonical_json(store.all_places()), encoding="utf-8")


def _noted_places(folder: Path) -> list[tuple[Place, list[int]]]:
    """What `_note_places` left; nothing in versions of an older release, whose readers ask."""
    if not (folder / _PLACES).is_file():
        return []
    noted = json.loads((folder / _PLACES).read_text(encoding="utf-8"))
    return [(tuple((field, value) for field, value in place), ids) for place, ids in noted]


def _prepare(shelf: Shelf, wanted: Manifest, *, recreate: bool) -> None:
    """Make the working copy: what a crash left, else a copy of the version in use, else an empty shard."""
    left = shelf.manifest(shelf.working)
    part = left is None or left.version.startswith(_REBUILD) or not _maker(left).serves(_maker(wanted))
    # What began with nothing beside a version in use is no successor of it unless it is asked for again.
    part = part or (left is not None and not left.version and bool(shelf.current()))
    if not part and not recreate:
        return
    if recreate or not shelf.current():
        _begin(shelf, wanted)
        return
    stored = shelf.manifest(shelf.version_folder(shelf.current()))
    if stored is not None:
        check_maker(_maker(stored), _maker(wanted))
    shelf.discard_working()
    shelf.copy_current()


def _begin(shelf: Shelf, wanted: Manifest) -> None:
    """An empty working copy."""
    shelf.discard_working()
    EdgeEngine.create(shelf.working, wanted.dim).close()
    shelf.write_manifest(shelf.working, wanted)


def _publish(shelf: Shelf, finished: Manifest) -> None:
    current = shelf.manifest(shelf.version_folder(shelf.current())) if shelf.current() else None
    if current == finished:
        shelf.discard_working()
        return
    if finished.points >= _WORTH_OPTIMISING:
        need_room(shelf.root, OPEN_MIB + size_of(shelf.working) // 2**20)
        _optimise(shelf.working)
    shelf.publish(finished)


def _optimise(folder: Path) -> None:
    """Pack the shard in a process of its own: the engine would hold this one's global lock all the time."""
    optimise = [sys.executable, "-c", _OPTIMISE, str(folder)]
    done = subprocess.run(optimise, capture_output=True, text=True, check=False)
    if done.returncode:  # only speed is lost: the shard is complete without it
        _log.warning("the knowledge base could not be optimised: %s", done.stderr.strip())

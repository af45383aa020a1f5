"""Folders of the embedded engine: immutable versions, a pointer to the one in use, private copies, one builder.

    ROOT/current                 name of the version in use; replaced as a whole
    ROOT/versions/000007-<hash>  an immutable shard and its manifest
    ROOT/build                   the builder's working copy; survives a crash
    ROOT/readers/<token>         private copies of readers, hard-linked where the file system can
    ROOT/*.lock                  one builder; one owner of each private copy (released when the process dies)
    ROOT/builder.json            who builds, or did last: for the message that others get

The engine wants a folder of its own for each opener and rewrites its configuration there (by rename, so that the linked
original stays as it is); the data files of a version are never written after publication.
"""

import errno
import json
import os
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from domain.clock import CHINA
from domain.errors import Conflict, Unavailable, reason_of
from knowledge.records import canonical_json

_MANIFEST = "manifest.json"
_HOLDER = "builder.json"
_ATTEMPTS = 20
_BLOCK = 1 << 20
_MIB = 1 << 20
_FLOOR_MIB = 200
"""Room that even the smallest knowledge base wants: the engine reserves its files in large pieces."""
OPEN_MIB = 100
"""Room that one opened shard wants for its log and its next piece of a file."""
_OUT_OF_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a version holds: hash of its content, passages, and the model that made its vectors (length `dim`)."""

    version: str
    points: int
    model: str
    dim: int


@dataclass(frozen=True, slots=True)
class Loan:
    """A private copy of a version: its folder, the lock that says its owner lives, and the version's name."""

    folder: Path
    lock: BaseFileLock
    name: str

    def give_back(self) -> None:
        """Remove the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.release()
        Path(self.lock.lock_file).unlink(missing_ok=True)


@contextmanager
def only_builder(root: Path) -> Iterator[None]:
    """Hold the lock of the one builder; the system releases it when the process dies, however it does.

    Raises:
        Conflict: Another one is at work; says which process, and since when.
        Unavailable: The folder cannot be written, or the disk is full.
    """
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "build.lock", timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            hint = "请等它完成后再试；先前已完成的内容不会丢失。"
            raise Conflict(f"另一个进程正在更新知识库{_holder(root)}。", hint) from None
        try:
            _replace(root / _HOLDER, canonical_json({"pid": os.getpid(), "host": socket.gethostname()}))
            yield
        finally:
            lock.release()


def _holder(root: Path) -> str:
    """Who holds the lock, as far as it said; when it began is when it said so."""
    try:
        said = json.loads((root / _HOLDER).read_text(encoding="utf-8"))
        began = datetime.fromtimestamp((root / _HOLDER).stat().st_mtime, CHINA)
    except (OSError, ValueError):
        return ""
    host = "" if said["host"] == socket.gethostname() else f"主机 {said['host']} 的"
    return f"（{host}进程 {said['pid']}，{began:%Y-%m-%d %H:%M:%S} 开始）"


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    """Say in Chinese what the disk refuses."""
    try:
        yield
    except OSError as error:
        named = Path(os.fsdecode(error.filename)) if error.filename is not None else None
        ours = named is not None and (named.is_relative_to(root) or root.is_relative_to(named))
        if not ours and error.errno not in _OUT_OF_ROOM:
            raise
        raise Unavailable(
            f"知识库目录无法写入：{root}（{reason_of(error)}）。",
            "请检查磁盘空间和 LIANZHI_HOME 的权限；已发布的内容仍可检索，处理后再运行一次即可继续。",
        ) from error


class Shelf:
    """The folders under one root; holds no open file but its locks."""

    def __init__(self, root: Path) -> None:
        self.root = root = root.resolve()
        self._versions = root / "versions"
        self._readers = root / "readers"
        self.working = root / "build"
        with _writing(root):
            for folder in (root, self._versions, self._readers):
                folder.mkdir(parents=True, exist_ok=True)

    def current(self) -> str:
        """Name of the version in use; empty when there is none."""
        try:
            return (self.root / "current").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def stamp(self) -> tuple[int, int]:
        """Changes whenever the pointer is replaced; one `stat`."""
        try:
            status = (self.root / "current").stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_ino, status.st_mtime_ns)

    def manifest(self, folder: Path) -> Manifest | None:
        """The manifest in a folder; None when it has none, which a folder that is not complete has not."""
        try:
            return Manifest(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def write_manifest(self, folder: Path, manifest: Manifest) -> None:
        """Put the manifest into a folder, as a whole."""
        _replace(folder / _MANIFEST, canonical_json(asdict(manifest)))

    def version_folder(self, name: str) -> Path:
        """Folder of a version."""
        return self._versions / name

    @contextmanager
    def building(self) -> Iterator[None]:
        """Be the only builder.

        Raises:
            Conflict: Another one is at work.
            Unavailable: There is no room for another version beside the one in use, or it cannot be written.
        """
        with only_builder(self.root):
            self._recover()
            self._make_room()
            yield

    def _make_room(self) -> None:
        """Look for room for a second version."""
        held = size_of(self.version_folder(self.current())) if self.current() else 0
        need_room(self.root, held // _MIB + _FLOOR_MIB)

    def copy_current(self) -> None:
        """Make the working copy from the version in use: a real copy, since it will be written."""
        draft = self.root / "build.tmp"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(self.version_folder(self.current()), draft, copy_function=_copy_data)
        draft.rename(self.working)

    def discard_working(self) -> None:
        """Drop the working copy."""
        if self.working.exists():
            self._remove(self.working)

    def publish(self, manifest: Manifest) -> str:
        """Turn the closed working copy into a version, point to it, and clear away what is no longer used.

        Killed in between, the next builder finds the finished version and points to it.
        """
        self.write_manifest(self.working, manifest)
        number = max((int(name.partition("-")[0]) for name in self._names()), default=0) + 1
        name = f"{number:06d}-{manifest.version}"
        self.working.rename(self.version_folder(name))
        self._point_to(name)
        return name

    def borrow(self) -> Loan | None:
        """A private copy of the version in use; None when there is no version.

        Raises:
            Unavailable: It cannot be copied, the disk is full, or versions come and go faster than one can be copied.
        """
        for _ in range(_ATTEMPTS):
            name = self.current()
            if not name:
                return None
            need_room(self.root, OPEN_MIB)
            loan = self._new_loan(name)
            try:
                complete = _copy_tree(self.version_folder(name), loan.folder)
            except OSError as error:
                loan.give_back()
                raise Unavailable(f"知识库无法打开：{error}", "请检查磁盘空间和 LIANZHI_HOME 的权限。") from error
            if complete:
                return loan
            loan.give_back()
        raise Unavailable("知识库正在频繁更新，暂时无法打开。", "请稍后再试。")

    def _new_loan(self, name: str) -> Loan:
        """Reserve a folder; private copies whose owner died (their lock is free) go first."""
        with FileLock(self.root / "readers.lock", timeout=60, thread_local=False):
            for path in sorted(self._readers.glob("*.lock")):
                lock = FileLock(path, timeout=0, thread_local=False)
                with suppress(Timeout):
                    lock.acquire()
                    Loan(path.with_suffix(""), lock, "").give_back()
            folder = self._readers / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
            lock = FileLock(folder.with_suffix(".lock"), timeout=0, thread_local=False)
            lock.acquire()
            return Loan(folder, lock, name)

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._versions.iterdir() if self.manifest(path) is not None)

    def _recover(self) -> None:
        """Finish a publication that was cut off between the rename and the pointer."""
        names = self._names()
        if names and names[-1] > self.current():
            self._point_to(names[-1])
        for rest in self.root.glob("trash-*"):
            shutil.rmtree(rest, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        _replace(self.root / "current", name)
        for path in list(self._versions.iterdir()):
            if path.name != name:
                self._remove(path)

    def _remove(self, folder: Path) -> None:
        """Take a folder out of sight at once, then delete it: nobody copies half of it unawares."""
        trash = self.root / f"trash-{uuid.uuid4().hex[:8]}"
        folder.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)


def need_room(folder: Path, wanted_mib: int) -> None:
    """Refuse to begin what a disk has no room for: the engine maps its files, and a full disk kills it by a bus error.

    Raises:
        Unavailable: Less than `wanted_mib` MiB are free.
    """
    free = shutil.disk_usage(folder).free // _MIB
    if free < wanted_mib:
        raise Unavailable(
            f"磁盘空间不足：{folder} 还剩 {free} MiB，知识库约需 {wanted_mib} MiB。",
            "请清理磁盘，或把 LIANZHI_HOME 移到更大的盘上；已写入的内容不受影响，之后再运行一次即可继续。",
        )


def size_of(folder: Path) -> int:
    """Bytes on disk, holes left out; 0 when there is no such folder."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _copy_tree(source: Path, target: Path) -> bool:
    """Copy a version; False when it was cleared away meanwhile, so that the copy may lack files."""
    try:
        shutil.copytree(source, target, copy_function=_link)
    except (FileNotFoundError, shutil.Error):
        if source.exists():
            raise
    return source.exists()


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without hard links
        _copy_data(source, target)


def _copy_data(source: str, target: str) -> None:
    """Copy a file without its holes: the engine reserves tens of megabytes that a small knowledge base never fills."""
    if not hasattr(os, "SEEK_DATA"):
        shutil.copyfile(source, target)
        return
    with open(source, "rb") as old, open(target, "wb") as new:
        size = os.fstat(old.fileno()).st_size
        position = 0
        while position < size:
            try:
                start = os.lseek(old.fileno(), position, os.SEEK_DATA)
            except OSError:  # ENXIO: only a hole is left
                break
            position = os.lseek(old.fileno(), start, os.SEEK_HOLE)
            while start < position:
                start += os.pwrite(new.fileno(), os.pread(old.fileno(), min(_BLOCK, position - start), start), start)
        new.truncate(size)


def _replace(path: Path, text: str) -> None:
    """Write a small file so that readers see the old one or the new one."""
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)

"""Files and folders in, plain text out; what cannot be read is said, and the rest goes on.

Reading itself is done by LlamaIndex readers (`knowledge.filereaders`), imported when the first file is read.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from domain.errors import reason_of
from knowledge import bounds
from knowledge.ocr import TextRecogniser
from knowledge.textunits import Skipped, TextUnit, Unreadable

TEXTS = {".md", ".markdown", ".txt", ".html", ".htm"}
IMAGES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}
SUFFIXES = TEXTS | IMAGES | {".docx", ".pdf", ".csv", ".xlsx", ".jsonl"}
MAX_BYTES = 200 * 1024 * 1024
"""Larger files are refused: a law or a case is never that long, an archive or a recording is."""

_ABOUT = {"readme", "license", "licence", "contributing", "changelog"}


def find_files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path | Skipped]]:
    """All files under the paths, each with the path it was found under, in a fixed order, each once.

    What cannot be entered is reported, hidden files are left out.
    """
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            found: Iterable[Path | Skipped] = [Skipped.of(str(path), "missing", "路径不存在")]
        else:
            found = _walk(path, (), seen) if path.is_dir() else _once(path, seen)
        yield from ((path, one) for one in found)


def read_units(path: Path, recogniser: TextRecogniser | None = None) -> list[TextUnit]:
    """Text of one file.

    Args:
        path: The file.
        recogniser: Reads scanned pages; None leaves them out.

    Raises:
        Unreadable: If it is empty, corrupt, encrypted, of an unknown kind, too large or without text.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Unreadable("unknown_kind", f"不支持的文件类型“{suffix or path.name}”")
    if path.stem.lower() in _ABOUT and suffix in {".md", ".txt", ".markdown"}:
        raise Unreadable("about_file", "说明文件，不作为语料")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Unreadable("forbidden", f"无法读取：{reason_of(error)}") from error
    if size > (bounds.MAX_TEXT_BYTES if suffix in TEXTS else MAX_BYTES):
        raise Unreadable("too_large", f"文件过大（{size // 2**20} MB）")
    if size == 0:
        raise Unreadable("empty", "空文件")
    from knowledge.filereaders import load_units  # LlamaIndex: seconds to import, needed by ingest alone

    try:
        units = load_units(path, recogniser)
    except PermissionError as error:
        raise Unreadable("forbidden", f"无法读取：{reason_of(error)}") from error
    except OSError as error:
        raise Unreadable("corrupt", f"读取失败：{reason_of(error)}") from error
    if not any(unit.text.strip() or unit.hidden for unit in units):
        raise Unreadable("no_text" if suffix in {".pdf", *IMAGES} else "empty", "文件中没有文字")
    return units


def _walk(folder: Path, above: tuple[Path, ...], seen: set[Path]) -> Iterator[Path | Skipped]:
    real = folder.resolve()
    if real in above:
        yield Skipped.of(str(folder), "symlink_loop", "链接绕回了上级文件夹")
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped.of(str(folder), "forbidden", f"无法进入文件夹：{reason_of(error)}")
        return
    for entry in entries:
        if entry.name.startswith((".", "~$")):
            continue
        path = Path(entry.path)
        try:
            inner = entry.is_dir()
        except OSError as error:  # a link that points at itself
            yield Skipped.of(str(path), "symlink_loop", f"链接无法解析：{reason_of(error)}")
            continue
        yield from _walk(path, (*above, real), seen) if inner else _once(path, seen)


def _once(path: Path, seen: set[Path]) -> Iterator[Path | Skipped]:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):  # a broken link, or one that points at itself
        yield Skipped.of(str(path), "missing", "链接指向的文件不存在")
        return
    if real not in seen:
        seen.add(real)
        yield path

"""Scenario packs as files: JSON in UTF-8, the same bytes for the same pack."""

import json
from pathlib import Path

from domain.errors import BadPack, Unavailable, reason_of
from domain.packs import Pack, pack_from_text

MAX_BYTES = 64_000_000
"""A city's pack is a few megabytes."""


def read_pack(path: Path) -> Pack:
    """The pack in a file, its digest checked.

    Raises:
        BadPack: If the file cannot be read, is too large, or is no pack that can be trusted.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadPack(f"数据包“{path.name}”太大（上限 {MAX_BYTES // 1_000_000} MB）。", "请向发布方核对。")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadPack(f"读不到数据包“{path.name}”：{reason_of(error)}。", "请检查路径与权限。") from error
    except UnicodeDecodeError:
        raise BadPack(f"数据包“{path.name}”不是 UTF-8 文本。", "请向发布方重新索取原文件。") from None
    return pack_from_text(text, name=f"“{path.name}”")


def write_pack(pack: Pack, path: Path) -> None:
    """Write a pack. Raises Unavailable if the file cannot be written."""
    text = json.dumps(pack.to_json(), ensure_ascii=False, indent=1, sort_keys=True)
    try:
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unavailable(f"写不进“{path}”：{reason_of(error)}。", "请检查路径与权限。") from error

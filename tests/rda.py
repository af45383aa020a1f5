"""Reads the few kinds of value that R's `save()` writes into data files, for reference data that is never committed.

Format: R Internals, section 1.8 "Serialization Formats", XDR version 2.
"""

import bz2
import gzip
import struct
from pathlib import Path
from typing import Any

HEADER = 19
"""`RDX2\\n`, `X\\n` and three version numbers."""


def read_rda(path: Path) -> dict[str, Any]:
    """Named objects of a file; a data frame is a dict of columns, a factor a list of its labels."""
    packed = path.read_bytes()
    plain = bz2.decompress(packed) if packed.startswith(b"BZh") else gzip.decompress(packed)
    if not plain.startswith(b"RDX2\nX\n"):
        raise ValueError(f"{path.name} is not an XDR file of version 2")
    return dict(_Reader(plain, HEADER).item())


class _Reader:
    def __init__(self, plain: bytes, at: int) -> None:
        self.plain, self.at = plain, at
        self.symbols: list[str] = []

    def take(self, form: str, count: int) -> list[Any]:
        size = struct.calcsize(f">{count}{form}")
        found = struct.unpack(f">{count}{form}", self.plain[self.at : self.at + size])
        self.at += size
        return list(found)

    def item(self) -> Any:
        flags = self.take("i", 1)[0]
        kind, attributes, tagged = flags & 0xFF, bool(flags & 0x200), bool(flags & 0x400)
        if kind == 254:  # nil
            return []
        if kind == 255:  # a symbol that was seen before
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:
            self.symbols.append(self.item())
            return self.symbols[-1]
        if kind == 2:  # a pair list
            head = (self.item() if tagged else "", self.item())
            return [head, *self.item()]
        size = self.take("i", 1)[0]
        if kind == 9:  # characters
            return "" if size < 0 else b"".join(self.take("c", size)).decode()
        return self.vector(kind, size, attributes)

    def vector(self, kind: int, size: int, attributes: bool) -> Any:
        forms = {10: "i", 13: "i", 14: "d"}
        values = self.take(forms[kind], size) if kind in forms else [self.item() for _ in range(size)]
        extra = dict(self.item()) if attributes else {}
        if "levels" in extra:
            return [extra["levels"][value - 1] for value in values]
        return dict(zip(extra["names"], values, strict=True)) if "names" in extra else values

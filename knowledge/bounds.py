"""How much a file may hold: bounds that keep one file from taking the memory of all."""

import zipfile
from pathlib import Path

from knowledge.textunits import Unreadable

MAX_UNPACKED_BYTES = 512 * 2**20
"""Bound on what an office file holds once unpacked, pictures included."""
MAX_CELLS = 5_000_000
"""Bound on the cells of a workbook, empty ones included."""
MAX_PAGES = 10_000
"""Bound on the pages of a PDF; the longest codes have a few hundred."""
MAX_TEXT_BYTES = 32 * 2**20
"""Bound on one running text (md, txt, html): half of all Chinese law together."""

_OLE = b"\xd0\xcf\x11\xe0"


def require_modest(file: Path, if_encrypted: str) -> None:
    """Refuse an encrypted office file, and one that unpacks to more than memory should hold (a decompression bomb).

    Raises:
        Unreadable: With code `encrypted` or `too_large`.
    """
    with file.open("rb") as opened:
        if opened.read(4) == _OLE:
            raise Unreadable("encrypted", if_encrypted)
    with zipfile.ZipFile(file) as packed:
        # No more than the declared size is ever unpacked, so that the sum of these is a bound.
        unpacked = sum(part.file_size for part in packed.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise Unreadable("too_large", f"文件解压后过大（{unpacked // 2**20} MB）")

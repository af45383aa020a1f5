"""XLSX and DOCX files are archives that carry the hour of their making; these take it out: same content, same bytes."""

import io
import zipfile

from domain.fields import CONTROL

DAY = (1980, 1, 1, 0, 0, 0)
"""The day that everything in an archive bears."""


def steady(raw: bytes) -> bytes:
    """The archive with one fixed day on every file in it, and on the document."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _undated(content)
            new.writestr(zipfile.ZipInfo(name, DAY), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def _undated(core: bytes) -> bytes:
    """Saving stamps the hour on `modified`; the fixed day goes in its place."""
    head, tag, rest = core.partition(b"<dcterms:modified")
    if not tag:
        return core
    opening, _, tail = rest.partition(b">")
    _, closing, after = tail.partition(b"</dcterms:modified>")
    return head + tag + opening + b">1980-01-01T00:00:00Z" + closing + after


def plain(text: str) -> str:
    """Text that XML can hold."""
    kept = "".join(char for char in CONTROL.sub("", text) if char not in "\ufffe\uffff")
    return kept.encode(errors="replace").decode()

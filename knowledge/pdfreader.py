"""PDF and images into lines: the text layer, else the recogniser, else it is said which pages were not read."""

import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pypdf
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document
from pypdf.errors import DependencyError

from knowledge import bounds
from knowledge.ocr import RecognisedText, TextRecogniser
from knowledge.textunits import Unreadable

logging.getLogger("pypdf").setLevel(logging.ERROR)  # what matters of a damaged file is in the report, in Chinese

_ENDS = "。；：！？”）)】"
_NEW_LINE = re.compile(r"^\s*(第[零〇一二三四五六七八九十百千]+[条章节编]|[（(]?[一二三四五六七八九十\d]+[)）、.．])")
_PAGE_NUMBER = re.compile(r"\s*[-—]?\s*\d+\s*[-—]?\s*")
_COLUMNS = re.compile(r"\S {3,}\S")
_PAGE_CHARS = 10
"""A page with fewer characters than this and a picture is taken for a scan (stamps leave a few)."""


class PdfReader(BaseReader):
    """PDF; lines that the page broke are joined again."""

    def __init__(self, recogniser: TextRecogniser | None = None) -> None:
        super().__init__()
        self._recogniser = recogniser

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document; `ocr` in its metadata is the confidence where pages were recognised.

        `fault` names pages that are pictures and were not read.
        """
        try:
            reader = pypdf.PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unreadable("encrypted", "PDF 有打开密码")
            if len(reader.pages) > bounds.MAX_PAGES:
                raise Unreadable("too_large", f"PDF 过长（{len(reader.pages)} 页）")
            pages = [page.extract_text() for page in reader.pages]
            scanned = [index for index, text in enumerate(pages) if _is_scan(reader.pages[index], text)]
        except DependencyError as error:  # an AES cipher that needs a library we do without
            raise Unreadable("encrypted", "PDF 已加密") from error
        meta: dict[str, Any] = {"pages": str(len(pages))}
        if scanned and self._recogniser is not None:
            meta["ocr"] = self._recognise(reader, pages, scanned)
        elif scanned and any(text.strip() for text in pages):
            names = "、".join(str(index + 1) for index in scanned[:20])
            meta["pages_unread"] = f"第 {names} 页是图像，没有文字，未收录"
        lines = [line for page in pages for line in page.splitlines() if not _PAGE_NUMBER.fullmatch(line)]
        return [Document(text="\n".join(_joined(lines)), metadata=meta)]

    def _recognise(self, reader: pypdf.PdfReader, pages: list[str], scanned: Iterable[int]) -> str:
        assert self._recogniser is not None
        read = {index: _page_text(reader.pages[index], self._recogniser) for index in scanned}
        for index, found in read.items():
            pages[index] = f"{pages[index]}\n{found.text}" if pages[index].strip() else found.text
        return confidence(list(read.values()))


class ImageReader(BaseReader):
    """Photographs and scans of papers."""

    def __init__(self, recogniser: TextRecogniser | None = None) -> None:
        super().__init__()
        self._recogniser = recogniser

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole image as one document.

        Raises:
            Unreadable: With code `no_text` when no recogniser is configured.
        """
        if self._recogniser is None:
            raise Unreadable("no_text", "图像文件，没有文字")
        found = self._recogniser.recognise(file.read_bytes())
        return [Document(text="\n".join(_joined(found.text.splitlines())), metadata={"ocr": confidence([found])})]


def confidence(read: list[RecognisedText]) -> str:
    """Confidence over several pages, weighed by characters, as it is kept in `meta["ocr"]`."""
    total = sum(len(one.text) for one in read)
    return f"{sum(one.confidence * len(one.text) for one in read) / total:.2f}" if total else "0.00"


def _is_scan(page: pypdf.PageObject, text: str) -> bool:
    return len(re.sub(r"\s", "", text)) < _PAGE_CHARS and len(page.images) > 0


def _page_text(page: pypdf.PageObject, recogniser: TextRecogniser) -> RecognisedText:
    """Read the pictures of a page in their order; a scanner puts one on each page, some put strips."""
    found = []
    for picture in page.images:
        image = picture.image
        if image is None:
            raise Unreadable("ocr_failed", "PDF 中的图像无法解码")
        encoded = io.BytesIO()
        image.convert("RGB").save(encoded, format="PNG")
        found.append(recogniser.recognise(encoded.getvalue()))
    text = "\n".join(one.text for one in found if one.text)
    return RecognisedText(text=text, confidence=float(confidence(found)))


def _joined(lines: Iterable[str]) -> list[str]:
    """Undo line breaks in the middle of a sentence; lines set in columns are rows of a table and stay."""
    joined: list[str] = []
    table = False
    for line in lines:
        text = line.strip()
        columns = bool(_COLUMNS.search(text)) and not _NEW_LINE.match(text)
        open_end = joined and joined[-1] and joined[-1][-1] not in _ENDS and len(joined[-1]) > 15
        if text and open_end and not columns and not table and not _NEW_LINE.match(text):
            joined[-1] += text
        elif text:
            joined.append(re.sub(r" {3,}", " | ", text) if columns else text)
        table = columns if text else table
    return joined

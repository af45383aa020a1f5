"""LlamaIndex readers for the kinds of file that offices use, and the splitter for prose.

LlamaIndex core brings no reader for Word, PDF, web pages or tables; these are small ones of its `BaseReader` shape.
This module is heavy to import: `knowledge.readers` and `knowledge.corpus` do so when the first file is read.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import docx
import openpyxl
import pypdf
from bs4 import BeautifulSoup
from bs4.element import Tag
from docx.table import Table
from docx.text.paragraph import Paragraph
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document
from pypdf.errors import DependencyError

from knowledge.textunits import TextUnit, Unreadable, decode

PASSAGE_CHARS = 500
"""Target length of a passage of prose, characters: about a page of a report, four articles of a law."""

MAX_UNPACKED_BYTES = 512 * 2**20
"""Bound on what an office file holds once unpacked, pictures included."""
MAX_CELLS = 5_000_000
"""Bound on the cells of a workbook, empty ones included."""
MAX_PAGES = 10_000
"""Bound on the pages of a PDF; the longest codes have a few hundred."""

_OLE = b"\xd0\xcf\x11\xe0"
_BLOCKS = ["h1", "h2", "h3", "h4", "h5", "h6", "p", "li", "tr", "pre", "blockquote", "td", "div"]
_TITLE_COLUMNS = ("title", "标题", "名称", "案由", "name", "问题")
_ENDS = "。；：！？”）)】"
_NEW_LINE = re.compile(r"^\s*(第[零〇一二三四五六七八九十百千]+[条章节编]|[（(]?[一二三四五六七八九十\d]+[)）、.．])")


class PlainReader(BaseReader):
    """Markdown and plain text in UTF-8, UTF-16 or GB 18030."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document."""
        return [Document(text=decode(file.read_bytes()))]


class DocxReader(BaseReader):
    """Word documents: paragraphs, headings as `#`, tables as rows with bars, in reading order."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document."""
        _require_modest(file, "加密的 Word 文件（或旧版 doc 改名）")
        paper = docx.Document(str(file))
        lines = []
        for block in paper.iter_inner_content():
            lines += _table_lines(block) if isinstance(block, Table) else [_heading(block) + block.text]
        return [Document(text="\n".join(lines), metadata={"title": paper.core_properties.title or ""})]


class PdfReader(BaseReader):
    """PDF with a text layer; lines that the page broke are joined again."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document."""
        try:
            reader = pypdf.PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unreadable("encrypted", "PDF 有打开密码")
            if len(reader.pages) > MAX_PAGES:
                raise Unreadable("too_large", f"PDF 过长（{len(reader.pages)} 页）")
            pages = [page.extract_text() for page in reader.pages]
        except DependencyError as error:  # an AES cipher that needs a library we do without
            raise Unreadable("encrypted", "PDF 已加密") from error
        lines = [
            line for page in pages for line in page.splitlines() if not re.fullmatch(r"\s*[-—]?\s*\d+\s*[-—]?\s*", line)
        ]
        return [Document(text="\n".join(_joined(lines)), metadata={"pages": str(len(pages))})]


class HtmlReader(BaseReader):
    """Web pages: title, headings as `#`, one block a line; scripts, styles and navigation left out."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole page as one document."""
        soup = BeautifulSoup(decode(file.read_bytes()), "html.parser")
        for tag in soup(["script", "style", "nav", "header", "footer", "noscript", "template", "form"]):
            tag.decompose()
        title = soup.title.get_text(strip=True) if soup.title else ""
        body = soup.body or soup
        lines = [_block_line(tag) for tag in body.find_all(_BLOCKS) if not tag.find(_BLOCKS)]
        text = "\n".join(line for line in lines if line.strip("# |")) or body.get_text("\n", strip=True)
        return [Document(text=text, metadata={"title": title})]


class TableReader(BaseReader):
    """Tables of cases in csv or xlsx: first row names the columns, every other row is one document."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One document a row."""
        rows = _sheet_rows(file) if file.suffix.lower() == ".xlsx" else _csv_rows(file)
        return [_row_document(row, number) for number, row in enumerate(rows, start=2) if any(row.values())]


class JsonlReader(BaseReader):
    """JSON lines: `text` and anything else (`title`, `kind`, `law`, `article`, `region`…) an object a line."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One document a line; lines that are no such object come back empty, with a `fault`."""
        lines = decode(file.read_bytes()).splitlines()
        documents = [_json_document(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
        if documents and all(document.metadata.get("fault") for document in documents):
            raise Unreadable("corrupt", "没有一行是带 text 的 JSON 对象")
        return documents


_READERS: dict[str, Callable[[], BaseReader]] = {
    ".md": PlainReader,
    ".markdown": PlainReader,
    ".txt": PlainReader,
    ".docx": DocxReader,
    ".pdf": PdfReader,
    ".html": HtmlReader,
    ".htm": HtmlReader,
    ".csv": TableReader,
    ".xlsx": TableReader,
    ".jsonl": JsonlReader,
}


def load_units(path: Path) -> list[TextUnit]:
    """Read one file with the reader of its kind.

    Raises:
        Unreadable: If the reader cannot.
    """
    try:
        documents = _READERS[path.suffix.lower()]().load_data(path)
    except (Unreadable, OSError):
        raise
    except Exception as error:  # parsers raise whatever they trip over in a broken file; the other files must go on
        raise Unreadable("corrupt", f"文件已损坏，无法解析（{type(error).__name__}）") from error
    return [
        TextUnit(text=document.text, meta={key: str(value) for key, value in document.metadata.items() if value})
        for document in documents
    ]


def split_prose(text: str) -> list[str]:
    """Cut prose into passages at ends of paragraphs and sentences; nothing is repeated and nothing lost."""
    splitter = SentenceSplitter(
        chunk_size=PASSAGE_CHARS,
        chunk_overlap=0,
        tokenizer=list,
        separator="\n",
        paragraph_separator="\n\n",
        chunking_tokenizer_fn=_sentences,
        secondary_chunking_regex=r"[^，、,]+[，、,]?",
    )
    return [piece for piece in splitter.split_text(text) if piece.strip()]


def _sentences(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=[。！？；!?;\n])", text) if piece]


def _heading(paragraph: Paragraph) -> str:
    """`## ` for a paragraph in a heading style, of Word in any language."""
    style = paragraph.style.name if paragraph.style is not None else ""
    found = re.match(r"(?:Heading|标题)\s*(\d)", style or "")
    if (style or "").startswith(("Title", "标题")) and not found:
        return "# "
    return "#" * min(int(found[1]) + 1, 6) + " " if found and paragraph.text.strip() else ""


def _table_lines(table: Table) -> list[str]:
    return ["| " + " | ".join(cell.text.strip().replace("\n", " ") for cell in row.cells) + " |" for row in table.rows]


def _joined(lines: Iterable[str]) -> list[str]:
    """Undo line breaks in the middle of a sentence."""
    joined: list[str] = []
    for line in lines:
        text = line.strip()
        open_end = joined and joined[-1] and joined[-1][-1] not in _ENDS and len(joined[-1]) > 15
        if text and open_end and not _NEW_LINE.match(text):
            joined[-1] += text
        elif text:
            joined.append(text)
    return joined


def _block_line(tag: Tag) -> str:
    text = re.sub(r"\s+", " ", tag.get_text(" ", strip=True))
    level = re.fullmatch(r"h([1-6])", tag.name or "")
    return "#" * int(level[1]) + " " + text if level and text else text


def _csv_rows(file: Path) -> list[dict[str, str]]:
    text = decode(file.read_bytes())
    try:
        dialect = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = list(csv.reader(io.StringIO(text), dialect, strict=False))
    return _named(rows)


def _sheet_rows(file: Path) -> list[dict[str, str]]:
    _require_modest(file, "加密的表格文件（或旧版 xls 改名）")
    with file.open("rb") as opened:  # closed here: the reader leaves its file open when a sheet is given up
        book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
        return _named([row for sheet in book for row in _bounded_rows(sheet.iter_rows(values_only=True))])


def _bounded_rows(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    """Rows as text; a sheet may claim a million rows of sixteen thousand columns and hold one cell."""
    nothing: list[str] = []
    looked_at = 0
    for row in rows:
        looked_at += len(row) + 1
        if looked_at > MAX_CELLS:
            raise Unreadable("too_large", f"表格过大（超过 {MAX_CELLS // 10_000} 万格）")
        yield [_cell(value) for value in row] if any(value is not None for value in row) else nothing


def _require_modest(file: Path, if_encrypted: str) -> None:
    """Refuse an encrypted office file, and one that unpacks to more than memory should hold (a decompression bomb)."""
    with file.open("rb") as opened:
        if opened.read(4) == _OLE:
            raise Unreadable("encrypted", if_encrypted)
    with zipfile.ZipFile(file) as packed:
        # No more than the declared size is ever unpacked, so that the sum of these is a bound.
        unpacked = sum(part.file_size for part in packed.infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise Unreadable("too_large", f"文件解压后过大（{unpacked // 2**20} MB）")


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()


def _named(rows: list[list[str]]) -> list[dict[str, str]]:
    if not rows:
        return []
    names = [name.strip() or f"列{index}" for index, name in enumerate(rows[0], start=1)]
    return [dict(zip(names, row, strict=False)) for row in rows[1:]]


def _row_document(row: dict[str, str], number: int) -> Document:
    title = next((row[name] for name in row if name.lower() in _TITLE_COLUMNS and row[name]), "")
    text = "\n".join(f"{name}：{value.strip()}" for name, value in row.items() if value and value.strip())
    return Document(text=text, metadata={"title": title.strip(), "row": str(number)})


def _json_document(line: str, number: int) -> Document:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        return Document(text="", metadata={"fault": f"第 {number} 行不是带 text 的 JSON 对象", "row": str(number)})
    meta = {key: str(value) for key, value in row.items() if key != "text" and isinstance(value, str | int | float)}
    return Document(text=row["text"], metadata={**meta, "row": str(number)})

"""LlamaIndex readers for the kinds of file that offices use, and the splitter for prose.

LlamaIndex core brings no reader for Word, PDF, web pages or tables; there are small ones of its `BaseReader` shape here
and in the modules named after what they read. All are heavy to import: `knowledge.readers` and `knowledge.corpus` do so
when the first file is read.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import Document

from knowledge.casefields import column_label, row_fields
from knowledge.comments import without_comments
from knowledge.ocr import TextRecogniser
from knowledge.pdfreader import ImageReader, PdfReader
from knowledge.quarantine import HiddenText
from knowledge.tablereader import TableReader
from knowledge.textunits import TextUnit, Unreadable, decode
from knowledge.webreader import HtmlReader, without_unseen_tags
from knowledge.wordreader import DocxReader

PASSAGE_CHARS = 500
"""Target length of a passage of prose, characters: about a page of a report, four articles of a law."""

_COMMENT_CHARS = 12
_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


class PlainReader(BaseReader):
    """Markdown and plain text in UTF-8, UTF-16 or GB 18030; comments and hidden tags are taken out."""

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The whole file as one document."""
        text, comments = without_comments(decode(file.read_bytes()))
        text, hidden = without_unseen_tags(text)
        said = [one.strip() for one in comments if len(re.findall(r"[\u3400-\u9fff]", one)) >= _COMMENT_CHARS]
        hidden += [HiddenText(place="", how="注释", text=one) for one in said]
        return [Document(text=text, metadata={"hidden": hidden})]


class JsonlReader(BaseReader):
    """JSON lines: `text` and anything else (`title`, `kind`, `law`, `article`, `region`…) an object a line.

    A case may have its fields (facts, issue, ruling, basis, in Chinese or English) in place of a `text`.
    """

    def load_data(self, file: Path) -> list[Document]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One document a line; lines that are no such object come back empty, with a `fault`."""
        lines = decode(file.read_bytes()).split("\n")  # other line ends (U+2028) may stand inside a string
        documents = [_json_document(line, number) for number, line in enumerate(lines, start=1) if line.strip()]
        if documents and all(document.metadata.get("fault") for document in documents):
            raise Unreadable("corrupt", "没有一行是带 text 的 JSON 对象")
        return documents


def load_units(path: Path, recogniser: TextRecogniser | None = None) -> list[TextUnit]:
    """Read one file with the reader of its kind.

    Raises:
        Unreadable: If the reader cannot.
    """
    suffix = path.suffix.lower()
    try:
        documents = _reader(suffix, recogniser).load_data(path)
    except (Unreadable, OSError):
        raise
    except Exception as error:  # parsers raise whatever they trip over in a broken file; the other files must go on
        raise Unreadable("corrupt", f"文件已损坏，无法解析（{type(error).__name__}）") from error
    return [_unit(document) for document in documents]


_READERS: dict[str, Callable[[], BaseReader]] = {
    ".docx": DocxReader,
    ".csv": TableReader,
    ".xlsx": TableReader,
    ".jsonl": JsonlReader,
}
_TEXTS: dict[str, Callable[[], BaseReader]] = {
    ".md": PlainReader,
    ".markdown": PlainReader,
    ".txt": PlainReader,
    ".html": HtmlReader,
    ".htm": HtmlReader,
}


def _reader(suffix: str, recogniser: TextRecogniser | None) -> BaseReader:
    if suffix == ".pdf":
        return PdfReader(recogniser)
    if suffix in _IMAGES:
        return ImageReader(recogniser)
    return (_TEXTS | _READERS)[suffix]()


def _unit(document: Document) -> TextUnit:
    meta = dict(document.metadata)
    hidden = tuple(meta.pop("hidden", ()))
    return TextUnit(text=document.text, meta={key: str(value) for key, value in meta.items() if value}, hidden=hidden)


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


def _json_document(line: str, number: int) -> Document:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        row = {}
    meta = {key: _plain(value) for key, value in row.items() if key != "text" and _plain(value)}
    fields = row_fields({key: value for key, value in meta.items() if key != "law"})
    text = row.get("text")
    if text is None and "facts" in fields:
        text = "\n".join(f"{column_label(key)}：{value}" for key, value in meta.items())
    if not isinstance(text, str):
        return Document(text="", metadata={"fault": f"第 {number} 行不是带 text 的 JSON 对象", "row": str(number)})
    return Document(text=text, metadata={**meta, **fields, "row": str(number)})


def _plain(value: object) -> str:
    """A scalar, or a list of scalars, as text; empty for anything deeper."""
    if isinstance(value, list):
        return ";".join(str(one) for one in value if isinstance(one, str | int | float))
    return str(value) if isinstance(value, str | int | float) else ""

"""Makes small office files for tests: Word, PDF with Chinese text, tables."""

import io
from collections.abc import Sequence
from pathlib import Path

import docx
import openpyxl
import pypdf


def word_file(path: Path, lines: Sequence[str], table: Sequence[Sequence[str]] = ()) -> Path:
    """A Word file; lines that begin with `# ` become headings."""
    paper = docx.Document()
    for line in lines:
        if line.startswith("# "):
            paper.add_heading(line[2:], level=1)
        else:
            paper.add_paragraph(line)
    if table:
        grid = paper.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(grid.add_row().cells, row, strict=True):
                cell.text = text
    paper.save(str(path))
    return path


def pdf_file(path: Path, pages: Sequence[Sequence[str]], *, password: str = "") -> Path:
    """A PDF whose text layer carries any characters: an identity font with a map to Unicode."""
    codes = sorted({ord(char) for page in pages for line in page for char in line})
    mapping = "\n".join(f"<{code:04X}> <{code:04X}>" for code in codes)
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{mapping}\nendbfchar endcmap end end"
    )
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type0 /BaseFont /T /Encoding /Identity-H"
        " /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /T /CIDSystemInfo"
        " << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>",
        _stream(cmap),
    ]
    kids = []
    for page in pages:
        text = " ".join(f"<{''.join(f'{ord(char):04X}' for char in line)}> Tj 0 -20 Td" for line in page)
        objects.append(_stream(f"BT /F1 12 Tf 50 800 Td {text} ET"))
        contents = len(objects)
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            f" /Contents {contents} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    plain = _assemble(objects)
    if password:
        writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(plain)))
        writer.encrypt(password, algorithm="RC4-128")
        writer.write(path)
    else:
        path.write_bytes(plain)
    return path


def sheet_file(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def _stream(content: str) -> str:
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"


def _assemble(objects: Sequence[str]) -> bytes:
    body = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    body += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return (body + f"startxref\n{body.rindex('xref')}\n%%EOF\n").encode("latin-1")

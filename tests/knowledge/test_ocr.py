"""Scans are read when somebody can read them, and named when nobody can."""

import io
import stat
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest
from PIL import Image

from domain.errors import InvalidInput, Unavailable
from knowledge.corpus import build_document
from knowledge.ocr import RecognisedText, Tesseract, open_recogniser, read_tsv
from knowledge.readers import read_units
from knowledge.textunits import Unreadable
from tests.knowledge.files import pdf_file


@dataclass(frozen=True)
class FakeRecogniser:
    """Reads the same words off every image, and checks that it is one."""

    text: str = "第一条　为了管理河岸，制定本办法。\n第二条　河岸由管理单位养护。"
    confidence: float = 0.875

    def recognise(self, image: bytes) -> RecognisedText:
        assert Image.open(io.BytesIO(image)).size == (80, 40)
        return RecognisedText(text=self.text, confidence=self.confidence)


def scan(path: Path, *, before: str = "") -> Path:
    """A PDF with a picture for a page, behind a page of text if there is any."""
    Image.new("RGB", (80, 40), "white").save(path, "PDF")
    if before:
        writer = pypdf.PdfWriter()
        writer.append(pdf_file(path.with_name("text.pdf"), [[before]]))
        writer.append(path)
        writer.write(path)
    return path


def program(folder: Path, body: str) -> str:
    """An executable that stands for tesseract."""
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


TSV = """level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t80\t40\t-1\t
5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90.0\t井盖
5\t1\t1\t1\t1\t2\t9\t0\t9\t9\t60.0\t缺失
5\t1\t1\t1\t2\t1\t0\t9\t9\t9\t99.0\tGB
5\t1\t1\t1\t2\t2\t0\t9\t9\t9\t99.0\t2312
"""


def test_a_scan_without_a_recogniser_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="没有文字") as caught:
        read_units(scan(tmp_path / "a.pdf"))
    assert caught.value.reason_code == "no_text"
    assert "LIANZHI_OCR" in caught.value.hint


def test_a_scanned_law_is_read_and_marked(tmp_path: Path) -> None:
    path = scan(tmp_path / "滨河管理办法(2020-01-01).pdf")
    document = build_document(path, read_units(path, FakeRecogniser()), kind=None, source="a")
    assert (document.kind, document.articles) == ("law", 2)
    assert {record.meta["ocr"] for record in document.records} == {"0.88"} == {document.meta["ocr"]}


def test_scanned_pages_among_text_are_read_in_their_place(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", before="河岸巡查记录，以下为扫描件。")
    (unit,) = read_units(path, FakeRecogniser(text="井盖缺失。"))
    assert unit.text == "河岸巡查记录，以下为扫描件。\n井盖缺失。"
    document = build_document(path, read_units(path, FakeRecogniser(text="井盖缺失。")), kind=None, source="a")
    assert document.records[0].meta["ocr"] == "0.88"


def test_scanned_pages_among_text_that_nobody_reads_are_reported(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", before="河岸巡查记录，以下为扫描件。")
    document = build_document(path, read_units(path), kind=None, source="a")
    assert [(fault.code, fault.detail) for fault in document.faults] == [
        ("pages_unread", "第 2 页是图像，没有文字，未收录")
    ]


def test_photographs_are_papers_too(tmp_path: Path) -> None:
    path = tmp_path / "通知.png"
    Image.new("RGB", (80, 40)).save(path)
    (unit,) = read_units(path, FakeRecogniser(text="井盖缺失。"))
    assert (unit.text, unit.meta["ocr"]) == ("井盖缺失。", "0.88")
    with pytest.raises(Unreadable) as caught:
        read_units(path)
    assert caught.value.reason_code == "no_text"


def test_words_become_lines_with_blanks_where_they_belong() -> None:
    found = read_tsv(TSV)
    assert found.text == "井盖缺失\nGB 2312"
    assert found.confidence == pytest.approx((90 * 2 + 60 * 2 + 99 * 6) / 10 / 100)
    assert read_tsv("") == RecognisedText(text="", confidence=0.0)


def test_the_command_line_is_called_with_the_image(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(TSV, encoding="utf-8")
    body = f'test "$(cat)" = image || exit 3\ntest "$4" = chi_sim || exit 4\ncat {tmp_path}/table'
    assert Tesseract(command=program(tmp_path, body)).recognise(b"image").text == "井盖缺失\nGB 2312"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo no chi_sim >&2; exit 1", "文字识别失败：no chi_sim"),
        ("exit 1", "文字识别失败：1"),
        ("exec sleep 5", "文字识别超时"),
    ],
)
def test_a_program_that_gives_up_costs_its_file(tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said) as caught:
        Tesseract(command=program(tmp_path, body), timeout_s=0.5).recognise(b"")
    assert caught.value.reason_code == "ocr_failed"


def test_a_program_that_is_gone_costs_its_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="无法运行"):
        Tesseract(command=str(tmp_path / "none")).recognise(b"")


def test_the_setting_names_the_recogniser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_recogniser("") is None
    with pytest.raises(InvalidInput, match="没有“x”"):
        open_recogniser("x")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="没有找到 tesseract"):
        open_recogniser("tesseract")
    program(tmp_path, "true")
    assert open_recogniser("tesseract") == Tesseract()

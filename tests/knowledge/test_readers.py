"""Every kind of file is read; every kind of bad file is named, and the rest goes on."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import bounds
from knowledge.corpus import build_document, content_id
from knowledge.cutting import ARTICLE_CHARS, split_article
from knowledge.filereaders import PASSAGE_CHARS, split_prose
from knowledge.readers import find_files, read_units
from knowledge.textunits import Skipped, Unreadable, decode
from tests.knowledge.files import pdf_file, sheet_file, word_file

LAW_LINES = ["滨河管理办法", "第一条　为了管理河岸，制定本办法。", "第二条　河岸由管理单位养护。"]


def text_of(path: Path) -> str:
    return "\n".join(unit.text for unit in read_units(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_plain_text_in_the_encodings_that_offices_use(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("井盖缺损，由产权单位补缺。".encode(encoding))
    assert text_of(path) == "井盖缺损，由产权单位补缺。"


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\ufeff"), min_size=1))
def test_utf8_is_never_taken_for_another_encoding(text: str) -> None:
    assert decode(text.encode()) == text


def test_word_keeps_headings_and_tables_in_order(tmp_path: Path) -> None:
    path = word_file(tmp_path / "a.docx", ["# 一、职责", "区城管局负责。"], [["单位", "职责"], ["区住建委", "监管"]])
    assert text_of(path) == "## 一、职责\n区城管局负责。\n| 单位 | 职责 |\n| 区住建委 | 监管 |"


def test_pdf_lines_are_joined_and_page_numbers_dropped(tmp_path: Path) -> None:
    first = ["滨河管理办法", "第一条 为了加强河岸管理，明确毗邻区县各自的管", "理责任，制定本办法。", "1"]
    path = pdf_file(tmp_path / "a.pdf", [first, ["第二条 河岸由管理单位养护。", "- 2 -"]])
    assert text_of(path).split("\n") == [
        "滨河管理办法",
        "第一条 为了加强河岸管理，明确毗邻区县各自的管理责任，制定本办法。",
        "第二条 河岸由管理单位养护。",
    ]


def test_web_page_without_its_furniture(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        "<html><title>通告</title><nav>首页</nav><script>x()</script><h1>关于占道的通告</h1><p>禁止<b>占道</b></p>"
        "<table><tr><td>甲</td><td>乙</td></tr></table></html>",
        encoding="gb18030",
    )
    assert text_of(path) == "# 关于占道的通告\n禁止占道\n| 甲 | 乙 |"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_tables_of_cases_one_row_a_case(tmp_path: Path, suffix: str) -> None:
    rows = [
        ["标题", "经过", "结果"],
        ["井盖缺失", "两区都不认", "产权单位修复"],
        ["", "", ""],
        ["路灯不亮", "", "已修"],
    ]
    path = tmp_path / f"cases.{suffix}"
    if suffix == "csv":
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8-sig")
    else:
        sheet_file(path, rows)
    document = build_document(path, read_units(path), kind=None, source="cases")
    assert (document.kind, [record.title for record in document.records]) == ("case", ["井盖缺失", "路灯不亮"])
    assert document.records[0].text == "标题：井盖缺失\n经过：两区都不认\n结果：产权单位修复"


def test_json_lines_keep_the_good_and_name_the_bad(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title":"甲","text":"一"}\n坏行\n{"text":3}\n{"text":"二","region":"重庆"}\n', encoding="utf-8")
    document = build_document(path, read_units(path), kind=None, source="a")
    assert [(record.title, record.text, record.region) for record in document.records] == [
        ("甲", "一", ""),
        ("a", "二", "重庆"),
    ]
    assert [(fault.code, fault.line) for fault in document.faults] == [("bad_row", 2), ("bad_row", 3)]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.md", b"", "empty"),
        ("a.md", b" \n\t\n", "empty"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "unknown_kind"),
        ("a.zip", b"PK", "unknown_kind"),
        ("a.txt", b"\x00\x01\x02", "corrupt"),
        ("a.txt", b"\xff\xff\xff\xff", "corrupt"),
        ("a.docx", b"PK not a zip", "corrupt"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "encrypted"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "encrypted"),
        ("a.xlsx", b"PK not a zip", "corrupt"),
        ("a.pdf", b"not a pdf", "corrupt"),
        ("a.pdf", b"%PDF-1.4\n1 0 obj <<", "corrupt"),
        ("a.jsonl", b"[1]\n", "corrupt"),
        ("README.md", b"# about", "about_file"),
    ],
)
def test_what_cannot_be_read_says_why_and_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read_units(path)
    assert caught.value.reason_code == code
    assert caught.value.message
    assert caught.value.hint
    assert not caplog.records  # said once, in Chinese, and not by the parser as well


def test_locked_and_scanned_pdf(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as locked:
        read_units(pdf_file(tmp_path / "a.pdf", [["正文"]], password="secret"))
    assert locked.value.reason_code == "encrypted"
    with pytest.raises(Unreadable) as scanned:
        read_units(pdf_file(tmp_path / "b.pdf", [[]]))
    assert scanned.value.reason_code == "no_text"


def test_files_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_TEXT_BYTES", 10)
    path = tmp_path / "a.txt"
    path.write_text("x" * 11)
    with pytest.raises(Unreadable) as caught:
        read_units(path)
    assert caught.value.reason_code == "too_large"


def test_folders_with_traps_are_walked_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.md", "1.md", ".hidden.md", "~$lock.docx"):
        (tmp_path / name).write_text("x")
    os.symlink(tmp_path, tmp_path / "b" / "loop")
    os.symlink(tmp_path / "self", tmp_path / "self")
    os.symlink(tmp_path / "gone", tmp_path / "gone2")
    os.symlink(tmp_path / "1.md", tmp_path / "b" / "again.md")
    found = [one for _, one in find_files([tmp_path, tmp_path / "absent", tmp_path / "1.md"])]
    assert [one.relative_to(tmp_path).as_posix() for one in found if isinstance(one, Path)] == [
        "1.md",
        "b/2.md",
    ]
    skipped = {Path(one.source).name: one.code for one in found if isinstance(one, Skipped)}
    assert skipped == {"loop": "symlink_loop", "self": "symlink_loop", "gone2": "missing", "absent": "missing"}


def test_a_folder_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, whom no folder refuses: the refusal is made here."""
    (tmp_path / "open.md").write_text("x")
    closed = tmp_path / "zz"
    closed.mkdir()
    scan = os.scandir

    def refuse(folder: Path):  # noqa: ANN202
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = [one for _, one in find_files([tmp_path])]
    assert [one.code if isinstance(one, Skipped) else one.name for one in found] == ["open.md", "forbidden"]


@pytest.mark.parametrize("suffix", ["txt", "docx", "pdf"])
def test_a_law_is_known_by_its_articles_in_any_kind_of_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"河岸.{suffix}"
    if suffix == "txt":
        path.write_text("\n".join(LAW_LINES), encoding="utf-8")
    elif suffix == "docx":
        word_file(path, LAW_LINES)
    else:
        pdf_file(path, [LAW_LINES])
    document = build_document(path, read_units(path), kind=None, source=path.name)
    assert (document.kind, document.title, document.articles, document.heads) == ("law", "滨河管理办法", 2, 2)


def test_cases_and_papers_are_told_apart(tmp_path: Path) -> None:
    for name, text, kind in [
        ("a.md", "# 甲诉乙\n## 基本案情\n井盖缺失。", "case"),
        ("b.md", "# 工作简报\n## 一\n本月情况。", "doc"),
    ]:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        document = build_document(path, read_units(path), kind=None, source=name)
        assert (document.kind, document.title) == (kind, text.split("\n")[0][2:])
        assert document.records[0].chapter == text.split("\n")[1][3:]


prose = st.text(st.sampled_from("甲乙丙丁。，！？；\n 一二"), min_size=1, max_size=3000)


@given(prose)
def test_prose_passages_lose_and_repeat_nothing(text: str) -> None:
    pieces = split_prose(text)
    squeeze = str.maketrans("", "", " \n")
    assert "".join(pieces).translate(squeeze) == text.translate(squeeze)
    assert all(len(piece) <= PASSAGE_CHARS for piece in pieces)


@given(prose)
def test_long_articles_in_pieces_are_still_the_article(text: str) -> None:
    assert "".join(split_article(text)) == text


def test_long_articles_are_cut_between_paragraphs() -> None:
    text = "\n".join(f"（{number}）" + "甲" * 300 for number in range(6))
    pieces = split_article(text)
    assert [piece.count("（") for piece in pieces] == [3, 3]
    assert max(map(len, pieces)) <= ARTICLE_CHARS


def test_blanks_and_widths_do_not_make_another_document() -> None:
    assert content_id("law", "河法", "第一条　甲 （1）") == content_id("law", "河法", "第一条 甲（１）\n")
    assert content_id("law", "河法", "第一条 甲") != content_id("law", "河法", "第一条 乙")
    assert content_id("law", "河法", "第一条 甲") != content_id("doc", "河法", "第一条 甲")


def _with_part(path: Path, name: str, change: bytes | None, extra_mib: int = 0) -> Path:
    """The same package with one part replaced, or with a part of zeros added."""
    with zipfile.ZipFile(path) as old:
        parts = {one: old.read(one) for one in old.namelist()}
    if change is not None:
        parts[name] = change
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for one, content in parts.items():
            new.writestr(one, content)
        if extra_mib:
            with new.open(name, "w", force_zip64=True) as part:
                for _ in range(extra_mib):
                    part.write(bytes(2**20))
    return path


@pytest.mark.parametrize("make", [word_file, sheet_file], ids=["Word", "a workbook"])
def test_an_office_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_UNPACKED_BYTES", 3 * 2**20)
    path = make(tmp_path / ("a.docx" if make is word_file else "a.xlsx"), ["井盖"])
    assert "井" in text_of(make(path, ["井盖", "井盖"]))
    with pytest.raises(Unreadable) as caught:
        read_units(_with_part(path, "media/zeros.bin", None, extra_mib=4))
    assert (caught.value.reason_code, path.stat().st_size < 2**20) == ("too_large", True)


def test_a_workbook_that_claims_every_cell_there_is_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = sheet_file(tmp_path / "a.xlsx", [["案由"], ["井盖缺失"]])
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576">'
        '<c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'
    )
    _with_part(path, "xl/worksheets/sheet1.xml", sheet.encode())
    with pytest.raises(Unreadable) as caught:
        read_units(path)
    assert caught.value.reason_code == "too_large"


def test_empty_rows_of_a_workbook_are_no_documents_but_are_counted(tmp_path: Path) -> None:
    path = sheet_file(tmp_path / "a.xlsx", [["案由", "经过"], [None, None], ["井盖缺失", "已补"]])
    (unit,) = read_units(path)
    assert (unit.text, unit.meta["row"]) == ("案由：井盖缺失\n经过：已补", "3")


def test_a_pdf_of_too_many_pages_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf_file(tmp_path / "a.pdf", [["一"], ["二"], ["三"]])
    monkeypatch.setattr(bounds, "MAX_PAGES", 2)
    with pytest.raises(Unreadable) as caught:
        read_units(path)
    assert caught.value.reason_code == "too_large"

"""Word files: what is printed is read, in order; tracked deletions, hidden and white words are not."""

from pathlib import Path
from typing import Any

import docx
from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from knowledge.corpus import build_document
from knowledge.readers import read_units
from knowledge.textunits import TextUnit


def read(path: Path, paper: Paper) -> TextUnit:
    paper.save(str(path))
    (unit,) = read_units(path)
    return unit


def element(tag: str, **attributes: str):  # noqa: ANN201 - an lxml element
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def test_tables_stand_where_they_stand_and_merged_cells_are_said_once(tmp_path: Path) -> None:
    paper = docx.Document()
    paper.add_paragraph("甲")
    table = paper.add_table(rows=3, cols=3)
    for row, words in zip(
        table.rows, [["单位", "职责", "时限"], ["住建", "监管", "三日"], ["城管", "", ""]], strict=True
    ):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.cell(2, 1).merge(table.cell(2, 2)).text = "处置"
    inner = table.cell(0, 0).add_table(rows=1, cols=1)
    inner.cell(0, 0).text = "内"
    paper.add_paragraph("乙")
    lines = [line for line in read(tmp_path / "a.docx", paper).text.split("\n") if line]
    assert lines == ["甲", "| 单位 | 内 | | 职责 | 时限 |", "| 住建 | 监管 | 三日 |", "| 城管 | 处置 |", "乙"]


def test_hidden_white_and_tiny_words_are_kept_apart(tmp_path: Path) -> None:
    paper = docx.Document()
    paragraph = paper.add_paragraph("看得见")
    paragraph.add_run("隐藏的文字").font.hidden = True
    paragraph.add_run("白色的文字").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run("极小的文字").font.size = Pt(1)
    paragraph.add_run("。")
    style: Any = paper.styles.add_style("away", WD_STYLE_TYPE.PARAGRAPH)
    style.font.hidden = True
    paper.add_paragraph("整段隐藏的文字", style="away")
    unit = read(tmp_path / "a.docx", paper)
    assert unit.text.strip() == "看得见。"
    assert [one.text for one in unit.hidden] == ["隐藏的文字白色的文字极小的文字", "整段隐藏的文字"]
    assert [one.place for one in unit.hidden] == ["第1段", "第2段"]


def test_white_words_on_a_dark_ground_are_read(tmp_path: Path) -> None:
    paper = docx.Document()
    cell = paper.add_table(rows=1, cols=1).cell(0, 0)
    cell._tc.get_or_add_tcPr().append(element("w:shd", fill="1F3864"))
    cell.paragraphs[0].add_run("表头文字").font.color.rgb = RGBColor(255, 255, 255)
    unit = read(tmp_path / "a.docx", paper)
    assert (unit.text.strip(), unit.hidden) == ("| 表头文字 |", ())


def test_tracked_changes_are_read_as_accepted(tmp_path: Path) -> None:
    paper = docx.Document()
    paragraph = paper.add_paragraph("期限为")
    for tag, words, kind in [("w:del", "三日", "w:delText"), ("w:ins", "五日", "w:t")]:
        change, run, text = element(tag), element("w:r"), element(kind)
        text.text = words
        run.append(text)
        change.append(run)
        paragraph._p.append(change)
    assert read(tmp_path / "a.docx", paper).text.strip() == "期限为五日"


def numbered(paper: Paper, *levels: tuple[str, str]) -> str:
    """A list that Word counts: (pattern, kind of number) of each level; its id."""
    root = paper.part.numbering_part.element
    abstract = element("w:abstractNum", abstractNumId="77")
    for index, (pattern, kind) in enumerate(levels):
        level = element("w:lvl", ilvl=str(index))
        level.append(element("w:start", val="1"))
        level.append(element("w:numFmt", val=kind))
        level.append(element("w:lvlText", val=pattern))
        abstract.append(level)
    root.insert(0, abstract)
    number = element("w:num", numId="77")
    number.append(element("w:abstractNumId", val="77"))
    root.append(number)
    return "77"


def test_articles_that_word_numbers_are_articles(tmp_path: Path) -> None:
    paper = docx.Document()
    key = numbered(paper, ("第%1条", "chineseCountingThousand"), ("（%2）", "chineseCounting"))
    paper.add_paragraph("滨河管理办法")
    for level, words in [(0, "下列河岸："), (1, "左岸；"), (1, "右岸。"), (0, "下列堤防："), (1, "土堤。")]:
        properties = paper.add_paragraph(words)._p.get_or_add_pPr()
        own = element("w:numPr")
        own.append(element("w:ilvl", val=str(level)))
        own.append(element("w:numId", val=key))
        properties.append(own)
    unit = read(tmp_path / "滨河管理办法(2020-01-01).docx", paper)
    assert [line for line in unit.text.split("\n") if line][1:] == [
        "第一条　下列河岸：",
        "（一）　左岸；",
        "（二）　右岸。",
        "第二条　下列堤防：",
        "（一）　土堤。",
    ]
    document = build_document(tmp_path / "滨河管理办法(2020-01-01).docx", [unit], kind=None, source="a")
    assert (document.kind, document.articles) == ("law", 2)

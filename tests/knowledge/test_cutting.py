"""Long articles lose nothing and know where a piece begins; tables keep their header; annexes name their law."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knowledge.corpus import build_document
from knowledge.cutting import ARTICLE_CHARS, part_labels, split_annex, split_article, split_rows
from knowledge.readers import read_units
from tests.knowledge.files import word_file

texts = st.lists(
    st.sampled_from(["（一）", "1.", "甲" * 300, "乙。" * 90, "\n", "| 甲 | 乙 |\n", "“", "”", "丙；"])
).map("".join)


@given(texts)
def test_the_pieces_of_an_article_are_the_article(text: str) -> None:
    pieces = split_article(text)
    assert "".join(pieces) == text
    assert len(part_labels(text, pieces)) == len(pieces)
    assert (
        all(len(piece) <= ARTICLE_CHARS or "。" not in piece.rstrip("。；！？\n”") for piece in pieces) or "“" in text
    )


def test_a_piece_says_with_which_item_it_begins() -> None:
    text = "第一条　下列：\n" + "".join(f"（{n}）{'甲' * 300}；\n" for n in "一二三四五") + "前款所列另行规定。"
    pieces = split_article(text)
    assert part_labels(text, pieces) == ["", "第一款第（四）项"]
    assert pieces[1].startswith("（四）")


@given(st.integers(1, 80), st.integers(20, 200), st.booleans())
def test_every_piece_of_a_table_has_its_header(rows: int, limit: int, ruled: bool) -> None:
    head = ["| 单位 | 职责 |\n"] + (["| --- | --- |\n"] if ruled else [])
    body = [f"| 单位{n} | 职责{n} |\n" for n in range(rows)]
    pieces = split_rows([*head, *body], limit)
    assert all(piece.startswith("".join(head)) for piece in pieces)
    assert "".join(piece.removeprefix("".join(head)) for piece in pieces) == "".join(body)


def test_annexes_keep_words_and_tables() -> None:
    table = "| 序号 | 设施 |\n" + "".join(f"| {n} | {'井盖' * 20} |\n" for n in range(60))
    pieces = split_annex("附件1　设施目录\n" + table + "注：以上自公布之日起执行。")
    assert len(pieces) > 2
    assert pieces[0].startswith("附件1")
    assert all("| 序号 | 设施 |" in piece for piece in pieces[1:-1])
    assert pieces[-1].endswith("执行。")


def test_an_annex_names_itself_and_its_law(tmp_path: Path) -> None:
    lines = ["滨河管理办法", "第一条　为了管理河岸。", "第二条　设施见附件。", "附则", "第三条　自公布之日起施行。"]
    path = word_file(
        tmp_path / "滨河管理办法(2020-01-01).docx", [*lines, "附件1 设施目录"], [["设施", "单位"], ["井盖", "住建"]]
    )
    document = build_document(path, read_units(path), kind=None, source="a")
    assert [(record.article, record.chapter) for record in document.records] == [
        ("1", ""),
        ("2", ""),
        ("3", "附则"),
        ("", "附件1 设施目录"),
    ]
    annex = document.records[-1]
    assert (annex.law, annex.meta) == ("滨河管理办法", {"section": "appendix"})
    assert annex.index_text.split("\n")[0] == "滨河管理办法，附件1 设施目录"
    assert "| 井盖 | 住建 |" in annex.text


def test_a_long_table_in_a_paper_keeps_its_header(tmp_path: Path) -> None:
    rows = [["单位", "职责"], *([f"单位{n}", "巡查" * 20] for n in range(40))]
    path = word_file(tmp_path / "分工.docx", ["# 分工", "各单位分工如下。"], rows)
    records = build_document(path, read_units(path), kind="doc", source="a").records
    assert len(records) > 3
    assert all("| 单位 | 职责 |" in record.text for record in records[1:])

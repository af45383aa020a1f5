"""Texts made to take long do not: reading and cutting are linear, whatever is repeated."""

import time
from pathlib import Path

import pytest

from knowledge.corpus import build_document
from knowledge.document import FAULTS_KEPT
from knowledge.readers import read_units
from knowledge.textunits import Unreadable

N = 20_000
TEXTS = {
    "empty lines": "甲" + "\n" * 10 * N + "乙",
    "blanks": "甲" + " " * 10 * N + "乙",
    "one article again and again": "第一条 甲\n" * N,
    "on one line": "第一条 甲。" + "第一条 乙。" * N,
    "in order, on one line": "".join(f"第{'一二三四五六七八九'[n % 9]}条 乙。" for n in range(N)),
    "chapters quoted": "第一条 修改为\n" + "第一章 总则\n" * N + "第九条 乙\n" * N,
    "items": "第一条 甲：\n" + "（一）乙；\n" * N + "第二条 丙。\n",
    "an open quotation": "第一条 甲：“\n" + "（一）乙；\n" * N + "第二条 丙。\n",
    "book marks": "《" * 5 * N + "《甲》" * N + ("《甲》" + " " * 3000) * 30,
    "starts": "第一条 甲。\n第二条 " + "本法自公布之日起施行。" * N,
    "rows": "第一条 甲。\n第二条 乙。\n附件：\n" + "| 甲 | 乙 |\n" * N,
    "comments": "甲 --> " + "<!--" * 3 * N,
    "history": "# 甲法\n" + "2020年1月1日 通过 " * N + "\n<!-- INFO END -->\n第一条 甲",
    "faults": "".join(f"第{n}条 甲。\n" for n in range(1, 9000, 3)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_made_to_take_long_do_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXTS[name], encoding="utf-8")
    read_units(path)  # the libraries are loaded
    begun = time.process_time()
    try:
        document = build_document(path, read_units(path), kind=None, source="a")
    except Unreadable:
        document = None
    assert time.process_time() - begun < 10
    assert document is None or len(document.faults) <= FAULTS_KEPT


def test_a_long_first_paragraph_is_no_title(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("河岸" * 150 + "\n第一条 甲。\n第二条 乙。\n", encoding="utf-8")
    document = build_document(path, read_units(path), kind=None, source="a")
    assert "".join(record.text for record in document.records).count("河岸") == 150

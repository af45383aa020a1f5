"""What a case says is found under four names, however the columns or headings are called."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.casefields import cited_articles, column_field, normal_basis, prose_fields, row_fields
from knowledge.corpus import build_document
from knowledge.readers import read_units
from tests.knowledge.files import sheet_file


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("基本案情", "facts"),
        (" 处理结果：", "ruling"),
        ("争议焦点", "issue"),
        ("法律依据", "basis"),
        ("Legal Basis", "basis"),
        ("legal_basis", "basis"),
        ("FACTS", "facts"),
        ("案件名称", "title"),
        ("区县", "region"),
        ("日期", "date"),
        ("经办人", ""),
    ],
)
def test_columns_are_known_in_both_languages(header: str, field: str) -> None:
    assert column_field(header) == field


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("《中华人民共和国民法典》第二百八十条、第二百八十一条之一第二款", "民法典#280;民法典#281-1"),
        ("依据《河岸法》第10条第2款第（三）项和《堤防办法》（2005年）第三条", "河岸法#10;堤防办法#3"),
        ("《河岸法》，另见《河岸法》第3条", "河岸法#3"),
        ("参照《河岸法》", "河岸法"),
        ("《关于适用〈河岸法〉的解释》第一条", "关于适用河岸法的解释#1"),
        ("河岸法#3；堤防办法#120-1", "河岸法#3;堤防办法#120-1"),
        ("没有书名号的依据", "没有书名号的依据"),
    ],
)
def test_the_basis_is_normalised_where_it_can_be(text: str, basis: str) -> None:
    assert normal_basis(text) == basis


@given(st.lists(st.tuples(st.sampled_from(["河岸法", "堤防办法"]), st.integers(1, 300)), min_size=1, max_size=6))
def test_normal_bases_stay_as_they_are(cited: list[tuple[str, int]]) -> None:
    once = cited_articles(f"《{law}》第{number}条" for law, number in cited)
    assert normal_basis(once) == once
    assert set(once.split(";")) == {f"{law}#{number}" for law, number in cited}


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_a_table_of_cases_in_any_kind_of_file(tmp_path: Path, suffix: str) -> None:
    head = ["名称", "案情", "争议焦点", "处理结果", "依据", "区县"]
    row = ["井盖案", "井盖缺失无人认领", "谁是产权单位", "由产权单位补缺", "《河岸法》第三条", "渝中"]
    path = tmp_path / f"a.{suffix}"
    if suffix == "csv":
        path.write_text(",".join(head) + "\n" + ",".join(row), encoding="utf-8")
    elif suffix == "xlsx":
        sheet_file(path, [["2025年案例汇总"], [], head, row])  # a title above the header
    else:
        pairs = ",".join(f'"{name}":"{value}"' for name, value in zip(head, row, strict=True))
        path.write_text(f"{{{pairs}}}\n", encoding="utf-8")
    (record,) = build_document(path, read_units(path), kind=None, source="a").records
    assert {key: record.meta[key] for key in ("facts", "issue", "ruling", "basis")} == {
        "facts": row[1],
        "issue": row[2],
        "ruling": row[3],
        "basis": "河岸法#3",
    }
    assert (record.kind, record.title, record.region) == ("case", "井盖案", "渝中")
    assert "案情：井盖缺失无人认领" in record.text


def test_a_case_in_prose_has_its_fields_on_the_first_passage(tmp_path: Path) -> None:
    path = tmp_path / "甲诉乙.md"
    path.write_text(
        "# 甲诉乙\n\n<!-- INFO END -->\n\n## 基本案情\n井盖缺失。\n## 裁判结果\n由乙补缺，依据《河岸法》第三条。\n"
        "## 典型意义\n界定了责任。\n",
        encoding="utf-8",
    )
    document = build_document(path, read_units(path), kind=None, source="a")
    fields = {
        "facts": "井盖缺失。",
        "issue": "界定了责任。",
        "ruling": "由乙补缺，依据《河岸法》第三条。",
        "basis": "河岸法#3",
    }
    assert [record.meta for record in document.records] == [fields, {}, {}]
    assert {key: document.meta[key] for key in fields} == fields


def test_headings_without_meaning_give_no_fields() -> None:
    assert prose_fields([("", "井盖。"), ("一、概况", "路灯。")]) == {}
    assert row_fields({"编号": "1", "备注": "无"}) == {}


def test_the_cases_of_the_corpus_have_facts_and_rulings(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "laws" / "案例").rglob("*.md"))
    found = [build_document(path, read_units(path), kind=None, source=path.name).meta for path in paths]
    assert len(found) > 40
    assert sum("facts" in meta for meta in found) >= 0.9 * len(found)
    assert sum("ruling" in meta for meta in found) >= 0.6 * len(found)

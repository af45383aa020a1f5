"""The corpus that comes with the package: digests in our own words, bound to the official text by its hash."""

import json
from pathlib import Path

from domain.adjacency.rulebook import rule_book
from domain.issues import issue_table
from knowledge.law import article_sha256, parse_law
from knowledge.sparse import legal_terms
from knowledge.starter import digest_rows, starter_documents
from scripts.build_starter import build


def test_every_article_that_issues_and_rules_cite_has_a_digest() -> None:
    held = {(row["law"], row["article"]) for row in digest_rows()}
    of_issues = {(law, article) for issue in issue_table().values() for law, article, _ in issue.basis}
    of_rules = {basis for rule in rule_book().rules for basis in rule.basis}
    of_superiors = {(step.law, step.article) for way in rule_book().superiors for step in way.steps if step.law}
    assert (of_issues | of_rules | of_superiors) - held == set()


def test_digests_are_labelled_and_short() -> None:
    records = [record for document in starter_documents() for record in document.records if record.kind == "law"]
    assert len(records) == 239
    assert all(record.digest and len(record.text_sha256) == 64 for record in records)
    assert len({record.id for record in records}) == 239
    assert all(row["gist"] for row in digest_rows())


def test_own_tables_are_there_row_by_row() -> None:
    tables = {document.title: document for document in starter_documents() if document.kind != "law"}
    assert {title: len(document.records) for title, document in tables.items()} == {
        "事项责任表": len(issue_table()),
        "确权定责规则": len(rule_book().rules),
        "证据目录": len(rule_book().evidence),
        "先例": len(rule_book().precedents),
    }
    manhole = tables["事项责任表"].records[0]
    assert manhole.meta["id"] == "P01"
    assert "井盖翻了" in manhole.text
    assert "《城市道路管理条例》第二十三条" in manhole.text


def test_the_same_package_gives_the_same_documents() -> None:
    assert [document.id for document in starter_documents()] == [document.id for document in starter_documents()]


def test_lay_words_lead_to_legal_ones() -> None:
    assert "检查井" in legal_terms("井盖遭偷了")
    assert "共同的上一级" in legal_terms("两个区踢皮球")
    assert legal_terms("行政区划的变更") == []


def test_digests_carry_the_hash_of_the_official_text_and_not_its_words(shared_dir: Path) -> None:
    for row in digest_rows():
        path = shared_dir / "laws" / row["source"]
        article = parse_law(path.read_text(encoding="utf-8"), path=path).articles[row["article"]]
        assert article_sha256(article.text) == row["sha256"]
        body = article.text.split(maxsplit=1)[1]
        assert row["gist"].rstrip("。") != body.rstrip("。")


def test_the_packaged_file_is_what_the_script_makes(shared_dir: Path) -> None:
    citations = json.loads((shared_dir / "domain" / "citations_verified.json").read_text(encoding="utf-8"))
    rows, faults = build(citations, shared_dir / "laws")
    assert faults == []
    assert rows == list(digest_rows())

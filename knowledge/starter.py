"""The corpus that comes with the package: digests of the articles that issues and rules rest on, and our own tables.

Digests (摘要) are our words about an article; they carry the hash of its official text and never pass as it. Issues,
rules, precedents and the evidence catalogue are rendered from the domain's tables, so that both always agree.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from domain.adjacency.rulebook import Rule, rule_book
from domain.issues import Issue, issue_table
from knowledge.corpus import CASE, DOC, LAW, Corpus, content_id, passage_record, read_day, version_of
from knowledge.names import civil_book, public_name
from knowledge.numerals import article_heading
from knowledge.records import PassageRecord

SOURCE = "联治自带"
"""Where starter passages say they come from."""


@cache
def digest_rows() -> tuple[dict[str, Any], ...]:
    """Rows of `knowledge/data/starter.jsonl`: law, article, gist, used_by, dates, level, region, sha256."""
    text = (files("knowledge") / "data" / "starter.jsonl").read_text(encoding="utf-8")
    return tuple(json.loads(line) for line in text.splitlines() if line.strip())


def starter_documents() -> list[Corpus]:
    """Everything a new knowledge base begins with; the same package gives the same documents."""
    by_law: dict[str, list[dict[str, Any]]] = {}
    for row in digest_rows():
        by_law.setdefault(row["law"], []).append(row)
    book = rule_book()
    evidence = [(key, key, text) for key, text in book.evidence.items()]
    return [
        *(_digest_document(law, rows) for law, rows in by_law.items()),
        _table_document(
            DOC, "事项责任表", [(issue.id, issue.name, _issue_text(issue)) for issue in issue_table().values()]
        ),
        _table_document(
            DOC, "确权定责规则", [(rule.id, rule.name, _rule_text(rule, book.stages)) for rule in book.rules]
        ),
        _table_document(DOC, "证据目录", evidence),
        _table_document(
            CASE,
            "先例",
            [
                (p.id, p.title, f"{p.facts}\n可参照的规则：{'、'.join(p.rules)}\n来源：{p.source}")
                for p in book.precedents
            ],
        ),
    ]


def _digest_document(law: str, rows: Sequence[dict[str, Any]]) -> Corpus:
    first = rows[0]
    texts = [_digest_text(row) for row in rows]
    doc_id = content_id(LAW, f"{law}\0{first['version_date']}\0digest", "\n".join(texts))
    records = [
        passage_record(
            doc_id,
            ordinal,
            kind=LAW,
            text=text,
            title=public_name(law),
            chapter=row["chapter"] or civil_book(law),
            region=row["region"],
            source=SOURCE,
            law=law,
            article=row["article"],
            digest=True,
            text_sha256=row["sha256"],
            version_date=read_day(row["version_date"]),
            effective_date=read_day(row["effective_date"]),
            level=row["level"],
            meta={"used_by": " ".join(row["used_by"])},
        )
        for ordinal, (row, text) in enumerate(zip(rows, texts, strict=True))
    ]
    meta = {
        "kind": LAW,
        "title": first["title"],
        "law": law,
        "version_date": first["version_date"],
        "effective_date": first["effective_date"],
        "level": first["level"],
        "region": first["region"],
        "digest": True,
        "starter": True,
        "source": SOURCE,
        "articles": len(rows),
        "passages": len(rows),
    }
    return _corpus(doc_id, LAW, law, records, meta)


def _table_document(kind: str, title: str, rows: Iterable[tuple[str, str, str]]) -> Corpus:
    """One passage a row; `meta["id"]` is the row's id in its table."""
    rows = list(rows)
    doc_id = content_id(kind, title, "\n".join(f"{key} {name} {text}" for key, name, text in rows))
    records = [
        passage_record(
            doc_id,
            ordinal,
            kind=kind,
            text=text,
            title=name if name != key else f"{title} {key}",
            chapter=title,
            region="",
            source=SOURCE,
            meta={"id": key, "table": title},
        )
        for ordinal, (key, name, text) in enumerate(rows)
    ]
    meta = {"kind": kind, "title": title, "starter": True, "source": SOURCE, "passages": len(records)}
    return _corpus(doc_id, kind, title, records, meta)


def _corpus(doc_id: str, kind: str, title: str, records: list[PassageRecord], meta: dict[str, Any]) -> Corpus:
    return Corpus(
        id=doc_id,
        kind=kind,
        title=title,
        source=SOURCE,
        version=version_of(doc_id, meta),
        records=tuple(records),
        meta=meta,
        articles=meta.get("articles", 0),
        heads=meta.get("articles", 0),
    )


def _digest_text(row: dict[str, Any]) -> str:
    issues = [issue_table()[key].name for key in row["used_by"] if key in issue_table()]
    return row["gist"].rstrip("。") + "。" + (f"所涉事项：{'；'.join(issues)}。" if issues else "")


def _issue_text(issue: Issue) -> str:
    basis = "；".join(f"《{law}》{article_heading(article)}（{gist}）" for law, article, gist in issue.basis)
    parts = [
        ("俗称", "、".join(issue.aliases)),
        ("类别", issue.category),
        ("主要责任", issue.responsible),
        ("市级部门", issue.city_departments),
        ("区县部门", issue.district_departments),
        ("镇街", issue.town_role),
        ("依据", basis),
        ("时限", f"{issue.limit_text}（{issue.limit_source}）" if issue.limit_text else ""),
        ("交界处", issue.twist),
        ("说明", issue.note),
    ]
    return "\n".join([issue.name, *(f"{name}：{text}" for name, text in parts if text)])


def _rule_text(rule: Rule, stages: Sequence[str]) -> str:
    basis = "、".join(f"《{law}》{article_heading(article)}" for law, article in dict.fromkeys(rule.basis))
    parts = [("阶段", stages[rule.stage]), ("人工", rule.human), ("时限", rule.limit), ("依据", basis)]
    return "\n".join([rule.name, rule.says, *(f"{name}：{text}" for name, text in parts if text)])

"""What the command line shows of law in time: versions, comparisons, changes and who cites, in Chinese lines."""

from collections.abc import Sequence
from typing import Any

from knowledge.changes import ArticleChange, LawChange, LawDiff
from knowledge.citedby import CitedBy
from knowledge.names import public_name
from knowledge.output import STATUS_NAMES, article_name, version_name
from knowledge.timeline import Standing, VersionEntry

_KINDS = {"added": "新增", "removed": "删去", "changed": "修改", "renumbered": "改号"}
_EVENTS = {"began": "施行", "superseded": "被取代", "repealed": "废止"}
_CITERS = {
    "issue": "事项",
    "rule": "规则",
    "superior": "升级途径",
    "precedent": "先例",
    "evidence": "证据",
    "law": "法规",
    "case": "案例",
}


def versions_json(standing: Standing, entries: Sequence[VersionEntry]) -> dict[str, Any]:
    """`lianzhi kb versions`: what holds on the day, and all known versions."""
    return standing.to_json() | {"versions": [entry.to_json(standing.day) for entry in entries]}


def versions_lines(standing: Standing, entries: Sequence[VersionEntry]) -> list[str]:
    """The same for people; the version of the day is marked."""
    applies = f"，适用{standing.version.version}" if standing.version else ""
    lines = [f"《{standing.law}》（{standing.day.isoformat()}，{STATUS_NAMES[standing.status]}{applies}）"]
    for entry in entries:
        mark = "*" if entry.covers(standing.day) else " "
        span = f"{entry.starts or '施行日不明'} 至 {entry.ends or '今'}"
        held = ("摘要" if entry.digest else f"收录 {entry.articles} 条") if entry.held else "原文未收录"
        after = entry.repealed_by and f"，被{entry.repealed_by}废止"
        lines.append(f"{mark} {_book(entry)}{entry.version}（{span}，{held}{after}）")
    return [*lines, *([f"说明：{standing.note}"] if standing.note else [])]


def _book(entry: VersionEntry) -> str:
    return f"{entry.law} " if public_name(entry.law) != entry.law else ""


def diff_lines(diff: LawDiff) -> list[str]:
    """A comparison for people: {-删去-} and {+增加+} inside the words that stay."""
    counts = "，".join(f"{name} {diff.count(kind)} 条" for kind, name in _KINDS.items())
    head = f"《{diff.law}》{diff.old_version} → {diff.new_version}：{counts}，未变 {diff.unchanged} 条"
    return [head, *(line for change in diff.changes for line in _change_lines(change))]


def _change_lines(change: ArticleChange) -> list[str]:
    old, new = article_name(change.old), article_name(change.new)
    place = f"{old} → {new}" if old and new and old != new else new or old
    shown = "".join(f"{{{edit.op}{edit.text}{edit.op}}}" if edit.op != "=" else edit.text for edit in change.edits)
    return [f"{_KINDS[change.kind]} {place}", *([f"    {shown.strip()}"] if shown else [])]


def change_lines(changes: Sequence[LawChange]) -> list[str]:
    """What changed since a day, for people."""
    lines = [f"共 {len(changes)} 项"]
    for one in changes:
        held = "" if one.version.held else "，该版本原文未收录"
        by = f"，{one.by}" if one.by else ""
        counts = [f"{name} {one.diff.count(kind)} 条" for kind, name in _KINDS.items()] if one.diff else []
        articles = f"；{'，'.join(counts)}" if counts else ""
        # The table calls some versions by their start already (2025年6月27日修订，2026年1月1日施行).
        event = _EVENTS[one.event] if not one.version.version.endswith(_EVENTS[one.event]) else ""
        lines.append(f"{one.day} 《{one.law}》{one.version.version}{event}{by}{held}{articles}")
    return lines


def cited_lines(found: CitedBy, opinions: Sequence[str]) -> list[str]:
    """Who cites an article, for people."""
    article = found.article
    name = f"《{public_name(article.law)}》{article_name(article.number)}"
    lines = [f"{name}（{version_name(article.version_date)}，{STATUS_NAMES[article.status]}）"]
    lines += [f"注意：{found.flag}"] if found.flag else []
    for citer in found.citers:
        place = f" {article_name(citer.place) if citer.kind == 'law' else citer.place}" if citer.place else ""
        known = f"{citer.id} " if citer.kind not in {"law", "case"} else ""
        lines.append(f"{_CITERS[citer.kind]} {known}{citer.name}{place}" + (f"（{citer.flag}）" if citer.flag else ""))
    return [*lines, *opinions] if found.citers or opinions else [*lines, "没有找到引用"]

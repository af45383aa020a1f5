"""What an ingest did, for programs and for people: everything is counted, and what was left out is named."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from knowledge.quarantine import Quarantined
from knowledge.textunits import Skipped

_SHOWN = 20

FAULT_NAMES = {
    "bad_row": "读不懂的行",
    "history_incomplete": "沿革不全",
    "misprinted_number": "条号误印",
    "missing_articles": "缺条",
    "no_title": "没有标题",
    "no_version_date": "没有版本日期",
    "out_of_order": "条号次序不对",
    "pages_unread": "没有文字的扫描页",
    "quoted_article": "引文中的条",
    "starts_late": "不从第一条开始",
    "unread_head_line": "读不懂的题注",
}
"""Codes of `knowledge.lawbody.Fault` as people read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFault:
    """A fault in a text that was taken in all the same."""

    source: str
    code: str
    detail: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A document whose file is no longer in the folder it came from."""

    source: str
    title: str


@dataclass(slots=True, kw_only=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        documents, passages, articles: New in this run.
        already: Documents that were there before with the same content.
        replaced: Documents that took the place of an older content of the same file, or were read anew.
        duplicates: (file, file with the same content); counted once.
        skipped: Files left out, with code, reason and hint.
        faults: Faults in texts that were taken in.
        quarantined: What was set apart and nobody has let in yet, of the files of this run.
        gone: Documents whose files have left a folder that was named; `pruned` of them were removed.
        laws: Articles by law and version, of the laws in the files.
        counted, lost: Articles counted in the files independently of the parser, and how many of them are not stored.
        total_documents, total_passages: In the knowledge base afterwards.
        version: Of the knowledge base afterwards.
    """

    documents: int = 0
    passages: int = 0
    articles: int = 0
    already: int = 0
    replaced: int = 0
    counted: int = 0
    lost: int = 0
    pruned: int = 0
    total_documents: int = 0
    total_passages: int = 0
    version: str = ""
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    faults: list[TextFault] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    laws: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "documents": self.documents,
            "passages": self.passages,
            "articles": self.articles,
            "already": self.already,
            "replaced": self.replaced,
            "articles_counted": self.counted,
            "lost": self.lost,
            "laws": len(self.laws),
            "articles_by_law": self.laws,
            "duplicates": [{"source": source, "same_as": other} for source, other in self.duplicates],
            "skipped": [
                {"source": one.source, "code": one.code, "reason": one.reason, "hint": one.hint} for one in self.skipped
            ],
            "faults": [
                {"source": one.source, "code": one.code, "detail": one.detail, "line": one.line} for one in self.faults
            ],
            "quarantined": [one.to_json() for one in self.quarantined],
            "gone": [{"source": one.source, "title": one.title} for one in self.gone],
            "pruned": self.pruned,
            "total_documents": self.total_documents,
            "total_passages": self.total_passages,
            "version": self.version,
        }

    def lines(self) -> list[str]:
        """The report for people, in Chinese."""
        lines = [
            f"新增文件 {self.documents} 个，段落 {self.passages} 段，其中法规条文 {self.articles} 条；"
            f"已有 {self.already} 个，更新 {self.replaced} 个，"
            f"重复 {len(self.duplicates)} 个，跳过 {len(self.skipped)} 个。",
            f"本次文件中法规 {len(self.laws)} 部，独立清点条文 {self.counted} 条，丢失 {self.lost} 条。",
            f"知识库现有文件 {self.total_documents} 个、段落 {self.total_passages} 段，版本 {self.version}。",
        ]
        lines += _cut([f"跳过 {one.source}（{one.code}）：{one.reason}。{one.hint}" for one in self.skipped])
        lines += _cut([f"重复 {source}：与 {other} 内容相同，只计一次。" for source, other in self.duplicates])
        lines += self._gone_lines()
        if self.quarantined:
            lines.append(f"隔离 {len(self.quarantined)} 处可疑文字，未收录；查看与放行：lianzhi kb quarantine。")
            lines += _cut([f"隔离 {one.line()}" for one in self.quarantined])
        kinds = Counter(fault.code for fault in self.faults)
        if kinds:
            counts = (f"{FAULT_NAMES.get(code, code)} {count} 处" for code, count in sorted(kinds.items()))
            lines.append("文本瑕疵：" + "，".join(counts))
        return lines

    def _gone_lines(self) -> list[str]:
        if not self.gone:
            return []
        done = f"已移除 {self.pruned} 个。" if self.pruned else "内容仍在知识库；如需移除，请加 --prune。"
        return [
            f"已从文件夹中消失 {len(self.gone)} 个，{done}",
            *_cut([f"消失 {one.source}：{one.title}" for one in self.gone]),
        ]


def _cut(lines: list[str]) -> list[str]:
    """As many as fit a screen; the rest is counted, and whole with --json."""
    rest = len(lines) - _SHOWN
    return [*lines[:_SHOWN], f"……另有 {rest} 项，见 --json。"] if rest > 0 else lines

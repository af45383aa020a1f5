"""What a case says: facts (案情), issue (争议焦点), ruling (处理结果), basis (依据); from columns or headings.

`PassageRecord.meta` of a case carries these four names. Of a case in prose the first passage carries them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from knowledge.names import canonical_name
from knowledge.numerals import NUMERAL, article_label

FIELDS = ("facts", "issue", "ruling", "basis")

_COLUMNS: Mapping[str, str] = {
    "facts": "案情 基本案情 简要案情 案件事实 事实 事实经过 经过 案件经过 情况 情况描述 问题描述 事件描述 描述"
    " 诉求内容 来电内容 反映内容 facts fact description background",
    "issue": "争议焦点 争点 焦点 争议 争议问题 问题 核心问题 案由 issue issues question dispute",
    "ruling": "处理结果 裁判结果 判决结果 裁决结果 处置结果 办理结果 处理意见 处理情况 处置情况 办理情况 法院裁判"
    " 结果 结论 答复 办理答复 ruling outcome result decision judgment judgement holding",
    "basis": "依据 法律依据 裁判依据 处理依据 办理依据 适用法律 适用法条 相关法条 法条 司法解释相关法条"
    " basis legal_basis law laws statute",
    "title": "标题 名称 案件名称 案名 案例名称 主题 title name subject",
    "date": "日期 时间 发生时间 受理时间 裁判日期 办结日期 结案日期 date time",
    "region": "地区 区域 区县 属地 所属区域 行政区 地点 region district area",
}
_COLUMN_OF = {name: field for field, names in _COLUMNS.items() for name in names.split()}
_HEADINGS: Mapping[str, re.Pattern[str]] = {
    "facts": re.compile(r"案情|案件事实|事实经过|事件经过|处置经过|基本事实|诉讼请求|申请人请求|情况描述"),
    "issue": re.compile(r"争议焦点|争点|焦点|争议问题"),
    "ruling": re.compile(r"(?:裁判|判决|处理|处置|办理|裁决)(?:结果|情况|意见)|法院裁判|处理决定"),
    "basis": re.compile(r"法律依据|相关法条|裁判依据|处理依据|适用法律|适用法条|^依据$"),
}
_GIST = re.compile(r"裁判要旨|裁判要点|典型意义")
"""Says what the case was about where no heading names the issue."""
_ARTICLE = rf"第?\s*(?:{NUMERAL}+|\d+)\s*条(?:\s*之{NUMERAL}+)?"
_BELOW = rf"(?:第?\s*(?:{NUMERAL}+|\d+)\s*款)?(?:第?\s*[（(]?(?:{NUMERAL}+|\d+)[)）]?\s*项)?"
_LAW = re.compile(
    rf"《(?P<law>(?:[^《》]|《[^《》]*》){{2,80}})》(?:\s*[（(][^（）()]{{1,30}}[)）])?"
    rf"(?P<articles>(?:[、，,和及与或\s]*{_ARTICLE}{_BELOW})*)"
)
_CHARS = 2000
"""Longest value kept in a field; the whole text is in the passages."""


def column_field(header: str) -> str:
    """Field that a column's header names; empty for any other column."""
    return _COLUMN_OF.get(re.sub(r"[\s:：*_]+", "_", header).strip("_").lower(), "")


def column_label(header: str) -> str:
    """Name of a column for people: Chinese where the header is an English name that is known, else as it is."""
    field = column_field(header)
    return _COLUMNS[field].split()[0] if field and header.isascii() else header


def row_fields(row: Mapping[str, str]) -> dict[str, str]:
    """Fields of a case in a table: the first filled column of each kind; `basis` normalised where it can be.

    A column that is just the title and nothing else in the table stands for the facts is left as the title.
    """
    found: dict[str, str] = {}
    for header, value in row.items():
        field = column_field(header)
        if field and value and value.strip() and field not in found:
            found[field] = value.strip()[:_CHARS]
    if "basis" in found:
        found["basis"] = normal_basis(found["basis"])
    return found


def prose_fields(blocks: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Fields of a case in prose.

    Args:
        blocks: (heading path, text), as the outline gives them.

    Returns:
        The fields whose headings stand in the text; without a heading for it, `basis` is what the whole text cites.
    """
    found: dict[str, list[str]] = {}
    for chapter, text in blocks:
        heading = chapter.rsplit("/", 1)[-1]
        field = next((field for field, pattern in _HEADINGS.items() if pattern.search(heading)), "")
        field = field or ("gist" if _GIST.search(heading) else "")
        found.setdefault(field, []).append(text)
    if "issue" not in found and "gist" in found:
        found["issue"] = found["gist"]
    fields = {field: "\n".join(found[field])[:_CHARS] for field in FIELDS if field in found}
    if cited := cited_articles(found.get("basis") or [text for _, text in blocks]):
        fields["basis"] = cited
    return fields


def normal_basis(text: str) -> str:
    """`法名#条号;…` of what a text cites; the text itself when it names no law in book marks."""
    if re.fullmatch(r"[^#;；《》]+#[\d-]+(?:[;；][^#;；《》]+#[\d-]+)*", text.strip()):
        return text.strip().replace("；", ";")
    return cited_articles([text]) or text


def cited_articles(texts: Iterable[str]) -> str:
    """`法名#条号;…` in the order of citing, each once; a law cited without an article is its name alone."""
    found: dict[str, None] = {}
    for text in texts:
        for hit in _LAW.finditer(text):
            law = canonical_name(hit["law"])
            labels = [_label(one) for one in re.findall(_ARTICLE, hit["articles"])]
            found.update(dict.fromkeys([f"{law}#{label}" for label in labels if label] or [law]))
    whole = {key.partition("#")[0] for key in found if "#" in key}
    return ";".join(key for key in found if key not in whole)


def _label(text: str) -> str:
    try:
        return article_label(re.sub(r"\s+", "", text))
    except ValueError:
        return ""

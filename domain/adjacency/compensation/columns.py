"""What the columns of a section table mean: Chinese or English heads, factors with units in brackets."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from domain.adjacency.compensation.factors import factor_of, plain
from domain.adjacency.compensation.readings import unit_of

NAMES: Mapping[str, tuple[str, ...]] = {
    "section": ("断面", "断面编码", "断面编号", "断面代码", "断面名称", "监测断面", "考核断面", "section_id", "id"),
    "month": ("月份", "年月", "监测月份", "监测时间", "监测日期", "采样日期", "采样时间", "日期", "时间", "date"),
    "year_no": ("年", "年份", "year"),
    "month_no": ("月",),
    "river": ("河流", "河流名称", "流域", "水体"),
    "upstream": ("上游", "上游区县", "上游地区", "上游主体", "上游镇街", "上游责任主体"),
    "downstream": ("下游", "下游区县", "下游地区", "下游主体", "下游镇街", "下游责任主体"),
    "target": ("考核目标", "目标", "目标类别", "水质目标", "考核类别", "功能类别", "功能标准", "水功能类别"),
    "previous": ("上年类别", "上年同期类别", "上年水质", "去年类别", "去年同期", "上年同期", "上年同期水质", "prev"),
    "baseline": ("基准", "基准线", "基准类别", "基线", "基准水质", "基准线类别"),
    "unit": ("单位", "计量单位", "浓度单位", "units"),
    "factor": ("指标", "因子", "监测项目", "项目", "监测指标", "parameter", "item"),
    "value": ("监测值", "浓度", "数值", "测值", "结果", "监测结果", "result"),
}  # fmt: skip
"""Keys of a section table and the heads under which they may stand, beside themselves."""
KNOWN_REMARKS = ("备注", "说明", "note", "序号", "no", "断面类型", "经度", "纬度", "水质类别", "类别", "本月类别")
"""Heads that are passed over without a word: they are not taken as given, classes are computed."""

_BRACKETS = re.compile(r"^(?P<name>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_TAIL = re.compile(r"^(?P<name>.+?)[\s,，、_:：](?P<unit>[^\s]+)$")
_MEAN = re.compile(
    r"(?:(?:上年|去年)(?P<after>.+?)(?:均值|平均|平均值|浓度)?"
    r"|(?P<before>.+?)[_\s]*(?:(?:上年|去年)(?:均值|平均|平均值)?|(?:last_year|prev)(?:_mean)?|mean))"
)


@dataclass(frozen=True, slots=True)
class Column:
    """What one head stands for: a key of `NAMES`, `reading` or `mean` of a factor, or nothing (empty)."""

    key: str
    factor: str = ""
    unit: str = ""


@cache
def column_of(head: str) -> Column:
    """Read a head; `key` is empty when it is none of ours."""
    text = unicodedata.normalize("NFKC", head).replace("\ufeff", "").strip()
    if named := _named(text):
        return Column(named)
    if whole := _measured(text, ""):
        return whole
    for pattern in (_BRACKETS, _TAIL):
        match = pattern.match(text)
        if match is None:
            continue
        if pattern is _TAIL and unit_of(match["unit"]) is None:
            continue
        if found := _measured(match["name"], match["unit"].strip()):
            return found
        if named := _named(match["name"]):
            return Column(named, unit=match["unit"])
    return Column("")


@cache
def _heads() -> Mapping[str, str]:
    return {plain(name): key for key, names in NAMES.items() for name in (key, *names)}


def _named(text: str) -> str:
    return _heads().get(plain(text), "")


def _measured(text: str, unit: str) -> Column | None:
    factor = factor_of(text)
    if factor is not None:
        return Column("reading", factor.id, unit)
    match = _MEAN.fullmatch(text.strip())
    factor = factor_of(match["after"] or match["before"]) if match else None
    return Column("mean", factor.id, unit) if factor is not None else None


def is_remark(head: str) -> bool:
    """Whether a head is passed over on purpose."""
    return plain(head) in {plain(name) for name in KNOWN_REMARKS}

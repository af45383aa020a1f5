"""Quantities that a sentence states, each in one measure (五百元以上 is 500 yuan, at least)."""

import re
import unicodedata
from dataclasses import dataclass

from knowledge.numerals import parse_numeral

_NUMERAL = r"(?:\d+(?:\.\d+)?[万千亿]?|[零〇一二两三四五六七八九十百千万亿]+)"
_UNITS: dict[str, tuple[str, float]] = {
    "元": ("yuan", 1), "块钱": ("yuan", 1), "块": ("yuan", 1),
    "个工作日": ("workday", 1), "工作日": ("workday", 1),
    "小时": ("hour", 1), "个小时": ("hour", 1), "分钟": ("hour", 1 / 60),
    "日": ("day", 1), "天": ("day", 1), "周": ("day", 7), "个星期": ("day", 7),
    "个月": ("month", 1), "月": ("month", 1), "年": ("year", 1),
    "倍": ("times", 1), "次": ("count", 1),
    "公里": ("metre", 1000), "千米": ("metre", 1000), "米": ("metre", 1), "厘米": ("metre", 0.01),
    "平方米": ("square_metre", 1), "公斤": ("kilogram", 1), "吨": ("kilogram", 1000),
    "分贝": ("decibel", 1), "周岁": ("age", 1), "岁": ("age", 1), "人": ("person", 1), "名": ("person", 1),
}  # fmt: skip
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_PERCENT = re.compile(rf"百分之(?P<written>{_NUMERAL})|(?P<sign>\d+(?:\.\d+)?)\s*%")
_QUANTITY = re.compile(
    rf"(?<![第\d.])(?P<before>至少|不[得能]少于|不[得能]低于|不[得能]超过|不[得能]多于|不少于|不低于|最低|超过|多于|大于|不超过|至多|最多|最高|不多于|少于|低于|小于)?"
    rf"(?P<number>{_NUMERAL})(?:到|至|-|—|~)?(?P<unit>{_UNIT})(?P<after>以上|以下|以内|之内|内)?"
)
_RANGE = re.compile(rf"(?P<low>{_NUMERAL})(?:{_UNIT})?(?:到|至|-|—|~)(?P<high>{_NUMERAL})(?P<unit>{_UNIT})")
_DATE = re.compile(
    r"(?:\d{4}|[〇零一二三四五六七八九]{4})年(?:[\d一二三四五六七八九十]{1,3}月)?(?:[\d一二三四五六七八九十]{1,3}日)?"
)
_IDIOMS = re.compile(
    r"[上下]一(?=级|款|条|年)|之一|某一|每一|任何一|同一|唯一|一致|万一|统一|一[次年日月人名块](?=性|度|方|般)"
)
_EVERY = re.compile(rf"每(?P<number>{_NUMERAL})?个?(?P<unit>年|季度|月|周|日|天)")
_DAYS = {"年": 365.0, "季度": 91.0, "月": 30.0, "周": 7.0, "日": 1.0, "天": 1.0}
_LOWER = {
    "至少",
    "不少于",
    "不低于",
    "不得少于",
    "不能少于",
    "不得低于",
    "不能低于",
    "最低",
    "超过",
    "多于",
    "大于",
    "以上",
}
_UPPER = {
    *(
        "不超过",
        "不得超过",
        "不能超过",
        "不得多于",
        "不能多于",
        "至多",
        "最多",
        "最高",
        "不多于",
        "少于",
        "低于",
        "小于",
    ),
    *("以下", "以内", "之内", "内"),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """`value` in the base unit of `kind` (yuan, day, workday, hour, month, year, percent …).

    `bound`: -1 a least value, 1 a greatest value, 0 neither is said.
    """

    kind: str
    value: float
    bound: int = 0


def quantities(text: str) -> list[Quantity]:
    """Quantities in the order of the text; numbers of articles and calendar dates are none."""
    plain = _IDIOMS.sub("，", _DATE.sub("，", unicodedata.normalize("NFKC", text)))
    found = [Quantity("percent", _value(one["written"] or one["sign"])) for one in _PERCENT.finditer(plain)]
    plain = _PERCENT.sub("，", plain)
    for one in _EVERY.finditer(plain):
        found.append(Quantity("every", (_value(one["number"]) if one["number"] else 1.0) * _DAYS[one["unit"]]))
    plain = _EVERY.sub("，", plain)
    for one in _RANGE.finditer(plain):
        found += [_quantity(one["low"], one["unit"], -1), _quantity(one["high"], one["unit"], 1)]
    plain = _RANGE.sub("，", plain)
    for one in _QUANTITY.finditer(plain):
        bound = -1 if {one["before"], one["after"]} & _LOWER else 1 if {one["before"], one["after"]} & _UPPER else 0
        found.append(_quantity(one["number"], one["unit"], bound))
    return [one for one in found if one.value > 0]


def agrees(claimed: Quantity, stated: Quantity) -> bool:
    """Whether a claim's quantity is the one that a text states; what neither bounds is not compared."""
    if claimed.kind != stated.kind or abs(claimed.value - stated.value) > 1e-9:
        return False
    return claimed.bound * stated.bound >= 0


def _quantity(number: str, unit: str, bound: int) -> Quantity:
    kind, factor = _UNITS[unit]
    return Quantity(kind, round(_value(number) * factor, 6), bound)


def _value(text: str) -> float:
    """Arabic, Chinese or mixed (5万, 二十万); 0 when it cannot be read."""
    scale = 1.0
    while text and text[-1] in "万亿" and len(text) > 1:
        scale *= 10_000 if text[-1] == "万" else 100_000_000
        text = text[:-1]
    if text.endswith("千") and text[:-1].replace(".", "").isdigit():
        scale, text = scale * 1000, text[:-1]
    try:
        if re.fullmatch(r"\d+(?:\.\d+)?", text):
            return float(text) * scale
        if "万" in text:  # 一万五千
            head, _, tail = text.partition("万")
            return (_value(head) * 10_000 + (_value(tail) if tail else 0.0)) * scale
        return parse_numeral(text) * scale
    except ValueError:
        return 0.0

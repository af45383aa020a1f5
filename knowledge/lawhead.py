"""Head of a law text: title, history of passing and amending, version date, level and region."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import PurePath

from knowledge.comments import without_comments
from knowledge.numerals import parse_numeral

LEVELS = {
    "宪法": "宪法",
    "宪法相关法": "法律",
    "民法典": "法律",
    "民法商法": "法律",
    "刑法": "法律",
    "行政法": "法律",
    "经济法": "法律",
    "社会法": "法律",
    "诉讼与非诉讼程序法": "法律",
    "行政法规": "行政法规",
    "部门规章": "部门规章",
    "司法解释": "司法解释",
    "地方性法规": "地方性法规",
    "地方政府规章": "地方政府规章",
    "规范性文件": "规范性文件",
}
"""Folder of the law-text layout → rank of the text."""

PROVINCES = {
    "11": "北京", "12": "天津", "13": "河北", "14": "山西", "15": "内蒙古", "21": "辽宁", "22": "吉林", "23": "黑龙江",
    "31": "上海", "32": "江苏", "33": "浙江", "34": "安徽", "35": "福建", "36": "江西", "37": "山东", "41": "河南",
    "42": "湖北", "43": "湖南", "44": "广东", "45": "广西", "46": "海南", "50": "重庆", "51": "四川", "52": "贵州",
    "53": "云南", "54": "西藏", "61": "陕西", "62": "甘肃", "63": "青海", "64": "宁夏", "65": "新疆",
}  # fmt: skip
"""First two digits of a division code (GB/T 2260) → scope code of local law."""

_DIGIT = "[0-9〇○零一二三四五六七八九十]"
_DATE = re.compile(rf"({_DIGIT}{{4}})年\s*({_DIGIT}{{1,3}})月\s*({_DIGIT}{{1,3}})\s*日?")
_EVENT_START = re.compile(rf"(?:^|(?<=[\s；;）)。])|(?<=根据))(?={_DIGIT}{{4}}年\s*{_DIGIT}{{1,3}}月)")
_BODY = re.compile(r"^(.+?)(?=第[^次届]{1,8}次|令第|公告|通过|公布|发布|批准|施行|修订|修正|《)")
_FILE_DATE = re.compile(r"[(（](\d{4})-(\d\d)-(\d\d)[)）]$")
_WIDE = str.maketrans("０１２３４５６７８９\u3000", "0123456789 ")
_ISSUE_NUMBER = re.compile(r"^[\u4e00-\u9fff]{1,10}[〔\[［(（【]\d{4}[〕\]］)）】]\s*(?:第\s*)?\d+\s*号$")
"""Number of a paper, 法释〔2021〕11号: understood, and no step of the history."""
_INFO_END = re.compile(r"<!--\s*INFO END\s*-->")


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One step in the life of a law: `event` is what happened, `body` who did it (may be empty)."""

    day: date
    body: str
    event: str

    @property
    def is_start(self) -> bool:
        """Whether the step is the law's taking effect (施行), not its making."""
        return self.event.strip("，。起") in {"施行", "实施"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LawHead:
    """What stands above a law's body; `unread` are head lines that are no event and no title."""

    title: str
    book: str
    history: tuple[HistoryEvent, ...]
    unread: tuple[str, ...]


def split_head(lines: list[str]) -> int | None:
    """Index of the line that ends the head (INFO END), or None when the text has no such mark."""
    return next((index for index, line in enumerate(lines) if _INFO_END.search(line)), None)


def read_date(text: str) -> date | None:
    """First date written in the text, in digits of any width or in Chinese numerals; None if there is none."""
    found = _DATE.search(unicodedata.normalize("NFKC", text))
    if found is None:
        return None
    try:
        return date(*(int(part) if part.isdigit() else parse_numeral(part) for part in found.groups()))
    except ValueError:
        return None  # 2月30日 and the like: a misprint is no date


def read_head(lines: list[str]) -> LawHead:
    """Read the lines above the body: `# title`, `# book`, then one event a line (some lines carry several)."""
    titles = [_clean(line.lstrip("#")) for line in lines if re.match(r"#\s*[^#\s]", line)]
    history: list[HistoryEvent] = []
    unread: list[str] = []
    for line in lines:
        text = _clean(line.translate(_WIDE))
        if not text or text.startswith("#") or _ISSUE_NUMBER.match(text) or set(text) == {"-"}:
            continue
        events = _events(text)
        if events:
            history.extend(events)
        elif history:  # a title that the source broke over two lines
            last = history[-1]
            history[-1] = HistoryEvent(day=last.day, body=last.body, event=last.event + text)
        else:
            unread.append(text)
    return LawHead(
        title=titles[0] if titles else "",
        book=titles[1] if len(titles) > 1 else "",
        history=tuple(history),
        unread=tuple(unread),
    )


def file_date(stem: str) -> date | None:
    """Version date in a file name: 行政处罚法(2021-01-22)."""
    found = _FILE_DATE.search(stem.strip())
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def level_of(path: PurePath | None, name: str) -> str:
    """Rank of a law, from the innermost folder that names one, else from its name."""
    for part in reversed(path.parts[:-1] if path else ()):
        if part in LEVELS:
            return LEVELS[part]
    if name.startswith(("最高人民法院", "最高人民检察院", "人民法院", "人民检察院")):
        return "司法解释"
    if region_of(None, name):
        return "地方性法规"
    if name.endswith("法") or name.startswith("民法典"):
        return "法律"
    return "宪法" if name == "宪法" else ""


def region_of(path: PurePath | None, name: str) -> str:
    """Scope code of a local law (重庆), from its folder, else from its name; empty for national law."""
    parts = path.parts[:-1] if path else ()
    for part in reversed(parts):
        if part in PROVINCES.values():
            return part
        if part in LEVELS and part not in {"地方性法规", "地方政府规章", "规范性文件"}:
            return ""
    return next((f for f in PROVINCES.values() if re.match(rf"{f}(市|省|自治区|维吾尔|壮族|回族)", name)), "")


def _events(text: str) -> list[HistoryEvent]:
    starts = [found.start() for found in _EVENT_START.finditer(text.lstrip("(（"))]
    text = text.lstrip("(（")
    events = []
    for begin, end in pairwise([*starts, len(text)]):
        found = _DATE.match(text, begin)
        day = read_date(text[begin:end])
        if found is None or day is None:
            continue
        event = re.sub(r"\s*(根据)?$", "", text[found.end() : end]).strip(" ，,;；")
        body = _BODY.match(event)
        events.append(HistoryEvent(day=day, body=body[1] if body else "", event=_balanced(event)))
    return events


def _balanced(text: str) -> str:
    """Drop the closing bracket that the source left over when it took the head out of its brackets."""
    return text[:-1] if text.endswith((")", "）")) and text.count("(") + text.count("（") == 0 else text


def _clean(text: str) -> str:
    return without_comments(text)[0].strip()

"""Cells of a case log, as tables and JSON lines give them, turned into columns; what cannot be read is told by cell."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

import numpy as np

from domain.case import STAGE_NAMES
from domain.caselog import NOT_SAID, Floats, Ints, Times
from domain.fields import CONTROL, clip

Fault = Callable[[int, str, object], None]
"""Told of each cell that cannot be read: its position in the chunk, the problem's code and what was there."""

NONSENSE = -2
"""Number of a cell that says something that means nothing here."""

_OFFSETS = {"": 480, "Z": 0, "z": 0, "+00:00": 0, "+08:00": 480, "+0800": 480, "+0000": 0, ".000Z": 0}
"""Minutes east of Greenwich by what follows the seconds; without a zone it is the city's civil time (UTC+8)."""
_EARLIEST, _LATEST = np.datetime64("1990-01-01", "s"), np.datetime64("2200-01-01", "s")
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?秒?(?:[.,]\d+)?\s*"
    r"(Z|z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})()")
_BLANK = frozenset({"", "-", "—", "/", "无", "null", "none", "nan", "nat"})

YES = frozenset({"1", "true", "yes", "y", "是", "有", "满意", "非常满意", "有效", "准确", "紧急", "毗邻"})
NO = frozenset({"0", "false", "no", "n", "否", "一般", "基本满意", "不满意", "非常不满意", "无效", "不准确"})
STAGE_WORDS: Mapping[str, str] = {
    **{stage.value: stage.value for stage in STAGE_NAMES},
    **{name: stage.value for stage, name in STAGE_NAMES.items()},
    "已结案": "closed", "待派遣": "registered", "处置中": "accepted", "待处置": "dispatched", "已派遣": "dispatched",
    "待核实": "handled", "已处置": "handled", "作废": "rejected", "已作废": "rejected", "重复": "merged",
}  # fmt: skip
SETTLED_WORDS: Mapping[str, str] = {
    "first": "first", "negotiation": "negotiation", "superior": "superior", "首派": "first", "首派即定": "first",
    "协商": "negotiation", "协商确定": "negotiation", "上级指定": "superior", "共同上级指定": "superior",
}  # fmt: skip
SOURCE_WORDS: Mapping[str, str] = {
    "网格员": "person", "人工": "person", "群众": "person", "巡查": "person", "热线": "hotline", "12345": "hotline",
    "视频": "camera", "摄像头": "camera", "车载": "vehicle", "巡查车": "vehicle", "无人机": "drone", "传感器": "sensor",
}  # fmt: skip
CROSSES_WORDS: Mapping[str, str] = {
    "无": "none", "否": "none", "不跨界": "none", "跨镇街": "township", "镇街": "township", "跨区县": "district",
    "区县": "district", "跨省": "province",
    **{word: word for word in ("none", "township", "district", "province")},
}  # fmt: skip


def text_of(cell: object) -> str:
    """A cell as plain text, empty for "nothing"; 500101.0 reads as 500101."""
    if cell is None or cell != cell:  # NaN differs from itself
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def clean(text: str) -> str:
    """Text without what no report can show: control characters and halves of characters."""
    return CONTROL.sub("", text).encode(errors="replace").decode()


def looked_up(
    cells: Sequence[object], memo: dict[object, int], meaning: Callable[[object], int], nonsense: Callable[[int], None]
) -> Ints:
    """The number that each cell means, shape (n,); each different cell is worked out once.

    Args:
        cells: Raw cells.
        memo: What was worked out before; grows.
        meaning: The number of a cell: at least `NOT_SAID`, or `NONSENSE`.
        nonsense: Told the place of each cell that means nothing; its number is `NOT_SAID`.
    """
    try:
        found = list(map(memo.get, cells))
        keys = cells
    except TypeError:  # a list or an object stands for itself by its writing
        keys = [cell if isinstance(cell, str | int | float | None) else repr(cell) for cell in cells]
        found = list(map(memo.get, keys))
    for i, number in enumerate(found):
        if number is None:
            if keys[i] not in memo:
                memo[keys[i]] = meaning(cells[i])
            found[i] = memo[keys[i]]
    numbers = np.array(found, dtype=np.int32)
    for i in np.flatnonzero(numbers == NONSENSE).tolist():
        nonsense(i)
        numbers[i] = NOT_SAID
    return numbers


def is_blank(text: str) -> bool:
    """Whether a text means "nothing"."""
    return text.lower() in _BLANK


def read_times(cells: Sequence[object], fault: Fault) -> Times:
    """Instants in UTC, NaT where there is none; shape (n,).

    Read are ISO 8601, `2026/7/1 8:05`, `2026年7月1日8时5分`, `20260701080500` and date-time cells. A day without an
    hour is no instant. Without a zone it is UTC+8.
    """
    texts = [cell if type(cell) is str else _time_text(cell) for cell in cells]
    quick = _quick_times(texts)
    times = quick if quick is not None else _slow_times(texts, fault)
    wild = (times < _EARLIEST) | (times > _LATEST)
    for i in np.flatnonzero(wild).tolist():
        fault(i, "impossible_time", texts[i])
    times[wild] = np.datetime64("NaT")
    return times


def _time_text(cell: object) -> str:
    return cell.isoformat() if isinstance(cell, datetime | date) else text_of(cell)


def _quick_times(texts: Sequence[str]) -> Times | None:
    """All at once, where every one is written alike; None where one is not."""
    tails = {text[19:] for text in texts}
    if not tails <= _OFFSETS.keys() or any(0 < len(text) < 19 for text in texts):
        return None
    try:
        times = np.array([text[:19] or "NaT" for text in texts], dtype="datetime64[s]")
    except ValueError:
        return None
    if tails == {"Z", ""} or tails == {"Z"}:
        return times
    minutes = np.array([_OFFSETS[text[19:]] for text in texts], dtype="timedelta64[m]")
    return cast("Times", times - minutes)


def _slow_times(texts: Sequence[str], fault: Fault) -> Times:
    times = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    for i, text in enumerate(texts):
        plain = text.strip()
        if is_blank(plain):
            continue
        found = _one_time(plain)
        if found is None:
            fault(i, "unreadable_time", text)
        else:
            times[i] = found
    return times


def _one_time(text: str) -> np.datetime64 | None:
    match = _TIME.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        return None
    parts = [int(part or 0) for part in match.groups()[:6]]
    try:
        local = np.datetime64(datetime(*parts), "s")  # type: ignore[arg-type]  # noqa: DTZ001  # zone follows
    except ValueError:
        return None
    return local - np.timedelta64(_zone_minutes(match[7] or ""), "m")


def _zone_minutes(zone: str) -> int:
    if zone in _OFFSETS:
        return _OFFSETS[zone]
    sign = -1 if zone[0] == "-" else 1
    return sign * (int(zone[1:3]) * 60 + int(zone[-2:]))


def read_numbers(cells: Sequence[object], fault: Fault) -> Floats:
    """Finite numbers, NaN where there is none; shape (n,)."""
    try:
        numbers = np.array([math.nan if c is None or c == "" else float(cast("Any", c)) for c in cells], np.float64)
    except (ValueError, TypeError, OverflowError):
        numbers = np.array([_one_number(i, cell, fault) for i, cell in enumerate(cells)], np.float64)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _one_number(i: int, cell: object, fault: Fault) -> float:
    text = text_of(cell)
    if is_blank(text):
        return math.nan
    try:
        return float(text)
    except (ValueError, OverflowError):
        fault(i, "unreadable_number", cell)
        return math.nan


def read_counts(cells: Sequence[object], fault: Fault) -> Ints:
    """Counts of 0 and more, `NOT_SAID` where there is none; lists are counted; shape (n,)."""
    plain = [len(cast("list[object]", cell)) if isinstance(cell, list) else cell for cell in cells]
    return looked_up(
        plain, {}, lambda cell: _one_count(text_of(cell)), lambda i: fault(i, "unreadable_number", cells[i])
    )


def _one_count(text: str) -> int:
    """The count, `NOT_SAID`, or `NONSENSE`."""
    if is_blank(text) and text != "无":
        return NOT_SAID
    if text.lower() in ("否", "无", "false"):
        return 0
    if text.lower() in ("是", "true"):
        return 1
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else NONSENSE


def read_flags(cells: Sequence[object], fault: Fault) -> "np.ndarray[Any, np.dtype[np.int8]]":
    """1 for yes, 0 for no, `NOT_SAID` where nothing is said; shape (n,)."""
    found = looked_up(
        cells, {}, lambda cell: _one_flag(text_of(cell).lower()), lambda i: fault(i, "unknown_value", cells[i])
    )
    return found.astype(np.int8)


def _one_flag(text: str) -> int:
    """1, 0, `NOT_SAID`, or `NONSENSE` for a word that means neither."""
    if text in YES or text in NO:
        return int(text in YES)
    return NOT_SAID if is_blank(text) or text == "未回访" else NONSENSE


def joined(cell: object) -> str:
    """A list, or words parted by `|`, `;`, `、` or commas, as one text parted by `|`."""
    plain = parsed(cell)
    parts: Sequence[object] = cast("list[object]", plain) if isinstance(plain, list) else _PARTS.split(text_of(plain))
    return "|".join(word for word in map(text_of, parts) if not is_blank(word))


_PARTS = re.compile(r"[|;；、,，\s]+")


def parsed(cell: object) -> object:
    """A cell that holds a JSON list as that list, anything else as it is."""
    if isinstance(cell, str) and cell[:1] == "[":
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def shown(cell: object) -> str:
    """A cell as a report shows it: short."""
    return clip(cell if isinstance(cell, str) else text_of(cell))

"""Reads fields of untrusted JSON objects: each gives a value of its type or an error that names it in Chinese."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, cast

from domain.clock import parse_iso
from domain.errors import InvalidInput, MalformedJson, TextTooLong, UnknownField

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that nobody types and that stores refuse; tabs and line ends are not among them."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No report is older: an earlier date is a device whose clock was never set."""

_SHOWN = 40


def clip(value: object) -> str:
    """A short form of what was sent, fit for a message: never the whole of a long text."""
    text = value if isinstance(value, str) else repr(value)
    text = CONTROL.sub("", text[:_SHOWN]).encode(errors="replace").decode()
    return text if len(text) < _SHOWN else f"{text}…"


def read_object(text: str | bytes) -> dict[str, Any]:
    """A JSON object from text.

    Raises:
        MalformedJson: If the text is not UTF-8, not JSON, nested beyond reason, or not an object.
    """
    try:
        plain = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        at = f"（第 {error.lineno} 行第 {error.colno} 列）" if isinstance(error, json.JSONDecodeError) else ""
        raise MalformedJson(
            f"内容不是有效的 JSON{at}。", "请检查引号、逗号与括号是否成对，并以 UTF-8 编码发送。"
        ) from None
    if not isinstance(plain, dict):
        raise MalformedJson("JSON 的最外层不是对象。", '应为 {"text": "…"} 的形式。')
    return cast("dict[str, Any]", plain)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


class Fields:
    """One JSON object under reading; `null` counts as absent.

    Args:
        raw: The object.
        allowed: Keys that the contract has.
        where: Path shown before each field's name, e.g. `detections[0].`.

    Raises:
        MalformedJson: If `raw` is not an object.
        UnknownField: If it has a key that the contract does not have.
    """

    def __init__(self, raw: object, allowed: Iterable[str], where: str = "") -> None:
        if not isinstance(raw, Mapping):
            raise MalformedJson(f"“{where.rstrip('.') or '上报内容'}”应为 JSON 对象。", '应为 {"键": 值} 的形式。')
        self._raw = cast("Mapping[str, Any]", raw)
        self._where = where
        known = tuple(allowed)
        if strange := [key for key in self._raw if key not in known]:
            raise UnknownField(
                f"不认识的字段：{'、'.join(where + clip(key) for key in strange[:5])}。", _meant(strange[0], known)
            )

    def value(self, name: str) -> Any:  # noqa: ANN401  untrusted JSON can be anything
        """What was sent, unchecked; None when absent."""
        return self._raw.get(name)

    def text(self, name: str, most: int) -> str:
        """A string without blanks around it; empty when absent.

        Raises:
            InvalidInput: If it is not a string or cannot be stored.
            TextTooLong: If it has more than `most` characters.
        """
        sent = self.value(name)
        if sent is None:
            return ""
        if not isinstance(sent, str):
            raise self.wrong(name, "应为文字", sent)
        if len(sent) > most:
            raise TextTooLong(f"“{self._where}{name}”有 {len(sent)} 个字，超过上限 {most}。", "请删减后再发。")
        if any("\ud800" <= char <= "\udfff" for char in sent):
            raise InvalidInput(f"“{self._where}{name}”含有无法保存的残缺字符。", "请以 UTF-8 编码重新发送。")
        return sent.strip()

    def line(self, name: str, most: int) -> str:
        """A string as `text`, in which control characters are refused."""
        found = self.text(name, most)
        if CONTROL.search(found):
            raise InvalidInput(f"“{self._where}{name}”含有控制字符。", "请去除不可见字符后再发。")
        return found

    def number(self, name: str, low: float, high: float) -> float | None:
        """A finite number in [low, high]; None when absent.

        Raises:
            InvalidInput: If it is anything else; digits in quotes are not a number.
        """
        sent = self.value(name)
        if sent is None:
            return None
        if isinstance(sent, bool) or not isinstance(sent, int | float):
            raise self.wrong(name, "应为数字", sent)
        if not low <= sent <= high or not math.isfinite(sent):
            raise self.wrong(name, f"应在 {low:g} 到 {high:g} 之间", sent)
        return float(sent)

    def instant(self, name: str) -> datetime | None:
        """An ISO 8601 instant in UTC, whole seconds; without a zone it is China's. None when absent.

        Raises:
            InvalidInput: If it cannot be read, or is before `EARLIEST`.
        """
        sent = self.line(name, 64)
        if not sent:
            return None
        try:
            found = parse_iso(sent).astimezone(UTC).replace(microsecond=0)
        except (ValueError, OverflowError):
            raise self.wrong(name, "应为 ISO 8601 时间，例如 2026-03-06T10:00:00+08:00", sent) from None
        if found < EARLIEST:
            raise self.wrong(name, f"早于 {EARLIEST.year} 年，设备时钟可能没有校准", sent)
        return found

    def items(self, name: str, most: int) -> list[Any]:
        """A list; empty when absent.

        Raises:
            InvalidInput: If it is not a list or has more than `most` members.
        """
        sent = self.value(name)
        if sent is None:
            return []
        if not isinstance(sent, list | tuple):
            raise self.wrong(name, "应为列表", sent)
        members = list(cast("Iterable[Any]", sent))
        if len(members) > most:
            raise InvalidInput(f"“{self._where}{name}”有 {len(members)} 项，超过上限 {most}。", "请分次上报。")
        return members

    def wrong(self, name: str, should: str, sent: object) -> InvalidInput:
        """The error for a field whose value cannot be used."""
        return InvalidInput(f"“{self._where}{name}”{should}。", f"收到的是：{clip(sent)}")


def _meant(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key[:_SHOWN], known, n=1)
    return f"是否想写“{close[0]}”？" if close else f"可用字段：{'、'.join(known)}。"

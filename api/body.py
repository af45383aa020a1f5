"""Reads what callers send: strict JSON, one object, an array, or one object a line (NDJSON).

FastAPI's own reader is not used for observations, because a batch must lose only its bad lines, and because every
fault has to carry a code of ours.
"""

import json
from typing import Any, TypeVar

from fastapi import Request

from api.errors import BatchTooLarge
from domain.errors import LianzhiError, MalformedJson

MAX_BATCH_ITEMS = 1000
"""Observations in one batch."""

T = TypeVar("T")

Item = dict[str, Any] | LianzhiError
"""One object of a batch, or why it cannot be read."""


def parse_json(raw: bytes) -> Any:  # noqa: ANN401  JSON is any value
    """Read strict JSON in UTF-8.

    Raises:
        MalformedJson: If it is none: bad syntax or encoding, NaN or Infinity, a key given twice, nesting without end,
            or half a surrogate pair.
    """
    try:
        value = json.loads(raw, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair fails here
    except (ValueError, RecursionError) as fault:
        where = f"第 {fault.lineno} 行第 {fault.colno} 列附近" if isinstance(fault, json.JSONDecodeError) else "内容"
        raise MalformedJson(
            f"不是合法的 JSON：{where}有误。", "请使用 UTF-8 编码，并检查引号、逗号、括号与数值。"
        ) from None
    return value


def parse_object(raw: bytes) -> dict[str, Any]:
    """Read one JSON object. Raises MalformedJson."""
    return as_object(parse_json(raw))


def as_object(value: Any) -> dict[str, Any]:  # noqa: ANN401  JSON is any value
    """The value, if it is an object. Raises MalformedJson."""
    if not isinstance(value, dict):
        raise MalformedJson("应为一个 JSON 对象。", '例如 {"text": "井盖破损", "source": "person"}。')
    return value


def parse_batch(raw: bytes, content_type: str) -> list[Item]:
    """Read a JSON array, or one object a line.

    Args:
        raw: The body.
        content_type: The request's; `ndjson` or `jsonl` in it means one object a line. Otherwise the first character
            decides: `[` begins an array.

    Returns:
        Objects and faults in the order of the body; blank lines are skipped.

    Raises:
        MalformedJson: If an array as a whole is not JSON, or nothing was sent.
        BatchTooLarge: If there are more than `MAX_BATCH_ITEMS`; counted first, since every fault costs memory.
    """
    by_line = any(name in content_type for name in ("ndjson", "jsonl", "json-seq"))
    if not by_line and raw.lstrip()[:1] == b"[":
        return [_guarded(value) for value in _bounded(parse_json(raw))]
    return [_line(line) for line in _bounded([line for line in raw.splitlines() if line.strip()])]


def _bounded(items: list[T]) -> list[T]:
    if not items:
        raise MalformedJson("批量请求中没有任何上报。", "请提交 JSON 数组，或每行一个 JSON 对象（NDJSON）。")
    if len(items) > MAX_BATCH_ITEMS:
        raise BatchTooLarge(f"一批最多 {MAX_BATCH_ITEMS} 条，收到 {len(items)} 条。", "请分批提交。")
    return items


def _line(raw: bytes) -> Item:
    try:
        return parse_object(raw)
    except MalformedJson as fault:
        return fault


def _guarded(value: Any) -> Item:  # noqa: ANN401  JSON is any value
    try:
        return as_object(value)
    except MalformedJson as fault:
        return fault


def _refuse_constant(name: str) -> None:
    raise MalformedJson(f"JSON 中不能有 {name}。", "请给出有限的数值，未知的项不要填写。")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, value in pairs:
        if key in plain:
            raise MalformedJson(f"JSON 对象中“{key[:50]}”出现了两次。", "同一个键只能出现一次。")
        plain[key] = value
    return plain


async def read_object(request: Request) -> dict[str, Any]:
    """Dependency: the body as one JSON object. Raises MalformedJson."""
    return parse_object(await request.body())


async def read_batch(request: Request) -> list[Item]:
    """Dependency: the body as a batch. Raises MalformedJson or BatchTooLarge."""
    return parse_batch(await request.body(), request.headers.get("content-type", ""))

"""Turns every failure into one envelope; the only place that pairs errors with HTTP statuses.

The envelope is `{"error": {"code", "message", "hint", "request_id", …}}`. A code always comes with the same status.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from domain.errors import (
    AuditBroken,
    Conflict,
    Forbidden,
    InvalidInput,
    LianzhiError,
    MalformedJson,
    NotFound,
    TextTooLong,
    Unavailable,
    UnknownField,
)

log = logging.getLogger(__name__)


class PreconditionFailed(Conflict):
    """The caller's `If-Match` names an older version than the one we hold."""

    code: ClassVar[str] = "precondition_failed"


class BatchTooLarge(InvalidInput):
    """More items in one batch than the limit."""

    code: ClassVar[str] = "batch_too_large"


class MethodNotAllowed(LianzhiError):
    """The path exists, but not with this method."""

    code: ClassVar[str] = "method_not_allowed"


class Internal(LianzhiError):
    """A failure that nobody expected; details stay in the log."""

    code: ClassVar[str] = "internal"


STATUS: Mapping[type[LianzhiError], HTTPStatus] = {
    LianzhiError: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    MalformedJson: HTTPStatus.BAD_REQUEST,
    TextTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BatchTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    Forbidden: HTTPStatus.FORBIDDEN,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    AuditBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Internal: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Status of each branch of the tree; the nearest base that is listed decides."""

_FACTS = ("legal", "by", "verdict", "at", "nearest", "seq", "details")
"""What some errors know beyond words; given to programs beside the message."""


def status_of(kind: type[LianzhiError]) -> HTTPStatus:
    """The status of an error class."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def envelope(error: LianzhiError, request_id: str) -> dict[str, Any]:
    """The body of an answer that reports a failure."""
    body: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "request_id": request_id,
    }
    body |= {name: getattr(error, name) for name in _FACTS if hasattr(error, name)}
    return {"error": body}


def error_response(error: LianzhiError, request_id: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The whole answer that reports a failure."""
    return JSONResponse(envelope(error, request_id), status_of(type(error)), headers)


def request_id_of(request: Request) -> str:
    """The id that `api.middleware` gave to this request."""
    return getattr(request.state, "request_id", "")


def _render_expected(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, LianzhiError)
    if status_of(type(exc)) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s: %s request_id=%s", exc.code, exc.message, request_id_of(request))
    return error_response(exc, request_id_of(request))


def _render_http(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, HTTPException)
    error = getattr(exc, "error", None) or _from_status(request, exc)
    return error_response(error, request_id_of(request), exc.headers)


def _from_status(request: Request, exc: HTTPException) -> LianzhiError:
    if exc.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("没有这个地址。", "接口清单见 /openapi.json。")
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed(f"此地址不支持 {request.method} 方法。", "接口清单见 /openapi.json。")
    if exc.status_code == HTTPStatus.FORBIDDEN:
        return Forbidden("无权访问。")
    if exc.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return MalformedJson("请求无法读取。", "请检查请求的编码与格式。")
    return Internal("服务内部错误。")


def _render_validation(request: Request, exc: Exception) -> JSONResponse:
    assert isinstance(exc, RequestValidationError)
    return error_response(_from_validation(exc), request_id_of(request))


_PROBLEMS = {
    "missing": "缺少此项",
    "extra_forbidden": "未知字段",
    "string_too_short": "内容太短",
    "string_too_long": "内容太长",
    "string_pattern_mismatch": "格式不符",
    "too_long": "项数过多",
    "too_short": "项数过少",
    "int_parsing": "应为整数",
    "float_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_parsing": "应为日期，如 2026-01-31",
    "datetime_from_date_parsing": "应为时刻，如 2026-01-31T08:00:00+08:00",
    "datetime_parsing": "应为时刻，如 2026-01-31T08:00:00+08:00",
    "enum": "不在可选值之内",
    "literal_error": "不在可选值之内",
    "greater_than_equal": "数值太小",
    "greater_than": "数值太小",
    "less_than_equal": "数值太大",
    "less_than": "数值太大",
    "string_type": "应为字符串",
    "dict_type": "应为对象",
    "value_error": "与其他项不相符",
    "model_attributes_type": "应为 JSON 对象（请求头 Content-Type 应为 application/json）",
}


def _from_validation(exc: RequestValidationError) -> InvalidInput:
    faults = exc.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return MalformedJson("请求体不是合法的 JSON。", "请检查引号、逗号与括号。")
    details = [
        {"where": ".".join(str(part) for part in fault["loc"]), "problem": _problem(fault), "type": fault["type"]}
        for fault in faults
    ]
    kind = UnknownField if all(fault["type"] == "extra_forbidden" for fault in faults) else InvalidInput
    error = kind("请求参数不符合要求：" + "；".join(f"{d['where']} {d['problem']}" for d in details[:5]) + "。")
    error.hint = "请按 /openapi.json 中此接口的说明修改后重试。"
    error.details = details  # type: ignore[attr-defined]  rendered by `envelope` when present
    return error


def _problem(fault: Mapping[str, Any]) -> str:
    words = _PROBLEMS.get(fault["type"], "取值无效")
    expected = fault.get("ctx", {}).get("expected")
    return f"{words}：{expected}".replace(" or ", " 或 ") if expected else words


def install_error_handlers(app: FastAPI) -> None:
    """Register the handlers of expected failures; `api.middleware` answers the unexpected ones."""
    app.add_exception_handler(LianzhiError, _render_expected)
    app.add_exception_handler(HTTPException, _render_http)
    app.add_exception_handler(RequestValidationError, _render_validation)

"""What happens around every request: an id, a limit on the body, one log line, counters, and a last resort."""

import logging
import re
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Internal, error_response
from api.metrics import Metrics
from domain.errors import TextTooLong

log = logging.getLogger("api.access")

MAX_BODY_BYTES = 1_000_000
"""No single report needs more; larger bodies are refused before they are read."""

MAX_BATCH_BYTES = 8_000_000
"""Body limit of the batch route."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""A caller may invent methods; counters must not grow with them."""

current_request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""Id of the request that this task answers; `RequestIdFilter` puts it on log records."""


class RequestIdFilter(logging.Filter):
    """Gives each log record the field `request_id`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the field; never drops a record."""
        record.request_id = current_request_id.get()
        return True


class BodyTooLarge(HTTPException):
    """Raised while a body is read; an HTTPException because FastAPI lets only those through there."""

    def __init__(self, limit: int) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"Connection": "close"})
        self.error = too_large(limit)


def too_large(limit: int) -> TextTooLong:
    """The error for a body above `limit` bytes."""
    return TextTooLong(
        f"请求体超过 {limit // 1000:,} KB 的上限。", "单条上报请精简正文；大文件请先存放，再在 media 中给出地址。"
    )


class Surroundings:
    """Outermost ASGI layer; passes streams through unbuffered."""

    def __init__(self, app: ASGIApp, metrics: Metrics, new_id: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._app = app
        self._metrics = metrics
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._name(scope)
        token = current_request_id.set(request_id)
        began = perf_counter()
        answer = _Answer(send, request_id)
        try:
            await self._answer(scope, receive, answer)
        finally:
            self._record(scope, answer.status, perf_counter() - began)
            current_request_id.reset(token)

    def _name(self, scope: Scope) -> str:
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else self._new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        return request_id

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        limit = MAX_BATCH_BYTES if scope["path"].endswith("/batch") else MAX_BODY_BYTES
        if _declared_length(scope) > limit:
            refusal = error_response(too_large(limit), answer.request_id, {"Connection": "close"})
            await refusal(scope, receive, answer)
            return
        try:
            await self._app(scope, _limited(receive, limit), answer)
        except Exception:  # the border of the process: whatever is left becomes `internal`, never a stack to the caller
            log.exception("internal request_id=%s", answer.request_id)
            if answer.status:
                raise
            failure = Internal("服务内部错误，已记录。", f"请把请求编号 {answer.request_id} 告诉管理员。")
            await error_response(failure, answer.request_id)(scope, receive, answer)

    def _record(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.latency_s.labels(method, route).observe(took_s)
        log.info(
            "%s %s %d %.1fms request_id=%s",
            scope["method"], scope["path"], status, took_s * 1000, current_request_id.get(),
        )  # fmt: skip


class _Answer:
    """`send`, which also notes the status and adds the request's id."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
        await self._send(message)


def _declared_length(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given[:18]) if given.isascii() and given.isdigit() else 0


def _limited(receive: Receive, limit: int) -> Receive:
    """`receive`, which stops at `limit` bytes when a body does not say its length."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise BodyTooLarge(limit)
        return message

    return take

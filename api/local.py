"""The `local` mode: callers of this machine are signed in as a demo officer; nobody else gets in.

A web page open in the same browser also calls from this machine. Two checks keep it out: the `Host` must name the
loopback (DNS rebinding), and an unsafe method must not come from another origin (cross-site request forgery).
"""

from dataclasses import dataclass
from http import HTTPMethod
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Principal
from api.errors import error_response
from domain.errors import Forbidden

_SAFE = frozenset({HTTPMethod.GET, HTTPMethod.HEAD, HTTPMethod.OPTIONS})
_HINT = "本机模式（LIANZHI_AUTH=local）只供本机演示；请从本机以 http://127.0.0.1:端口 访问。"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # A socket that serves both families shows IPv4 callers as ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


@dataclass(frozen=True, slots=True)
class LocalAuthenticator:
    """Signs in every caller of this machine as `officer`."""

    officer: Principal
    mode: str = "local"

    def __call__(self, request: Request) -> Principal:
        """The demo officer. Raises Forbidden when the caller is not on this machine."""
        peer = request.client.host if request.client else ""
        forwarded = "forwarded" in request.headers or "x-forwarded-for" in request.headers
        if forwarded or not is_loopback(peer):
            raise Forbidden("本机模式只接受来自本机的访问。", _HINT)
        return self.officer


class LocalGuard:
    """ASGI layer of the local mode: refuses foreign hosts and cross-site writes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        fault = _fault(scope)
        if fault:
            request_id = scope.get("state", {}).get("request_id", "")
            refusal = error_response(Forbidden(fault, _HINT), request_id)
            await refusal(scope, receive, _labelled(send))
            return
        await self._app(scope, receive, _labelled(send))


def _labelled(send: Send) -> Send:
    """`send`, which says on every answer that the caller was not really checked."""

    async def label(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Lianzhi-Auth"] = "local"
        await send(message)

    return label


def _fault(scope: Scope) -> str:
    headers = Headers(scope=scope)
    if not is_loopback(_split(f"//{headers.get('host', '')}").hostname or ""):
        return "请求的 Host 不是本机地址。"
    if scope.get("method") in _SAFE:
        return ""
    origin = headers.get("origin")
    foreign = origin is not None and _split(origin).netloc.lower() != headers["host"].lower()
    if foreign or headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return "拒绝来自其他网站的写操作。"
    return ""


def _split(address: str) -> SplitResult:
    """The parts of an address; nothing in them where it cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:  # a bracket without its other half, say
        return urlsplit("")

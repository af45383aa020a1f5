"""Runs the app in this process until somebody stops it."""

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import Message, Receive, Scope, Send

from api.app import app_from_environment
from api.local import is_loopback
from api.middleware import RequestIdFilter
from api.settings import ApiSettings, AuthMode
from domain.errors import InvalidInput, LianzhiError, Unavailable, reason_of

log = logging.getLogger(__name__)

GRACE_S = 10
"""How long open requests may take after a stop was asked for, seconds."""

BACKLOG = 2048
"""Connections that may wait to be taken."""

Announce = Callable[[dict[str, str]], None]


class _Announcing(uvicorn.Server):
    """A server that says where it answers as soon as it does, and raises what kept it from starting."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, urls: dict[str, str], announce: Announce) -> None:
        super().__init__(config)
        self._app = app
        self._urls = urls
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce. Raises LianzhiError when the app cannot start."""
        try:
            await super().startup(sockets)
        except SystemExit:
            raise _reason(self._app) from None
        self._announce(self._urls)


class _Terse:
    """ASGI layer that keeps the stack of an expected start-up failure out of the log: the reason is raised instead."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def terse(message: Message) -> None:
            expected = isinstance(getattr(self._app.state, "fault", None), LianzhiError)
            if message["type"] == "lifespan.startup.failed" and expected:
                message = {"type": message["type"], "message": ""}
            await send(message)

        await self._app(scope, receive, terse if scope["type"] == "lifespan" else send)


def serve_forever(*, host: str | None, port: int | None, announce: Announce) -> None:
    """Serve until the process is asked to stop.

    Args:
        host: Address to listen on; None takes `LIANZHI_HOST`.
        port: TCP port; None takes `LIANZHI_PORT`.
        announce: Called once with the URLs by name when the service answers.

    Raises:
        LianzhiError: If the service cannot start; says how to mend it.
    """
    _log_to_stderr()
    settings = api_settings()
    app = app_from_environment()
    with listen(host or settings.host, port or settings.port) as listener:
        _warn_if_open(settings, listener)
        with suppress(KeyboardInterrupt):  # uvicorn raises it again once everything is closed
            _Announcing(_config(app), app, urls_of(listener), announce).run(sockets=[listener])


def api_settings() -> ApiSettings:
    """The settings of the environment. Raises InvalidInput when they cannot be used."""
    try:
        return ApiSettings()
    except ValidationError as fault:
        names = "、".join(f"LIANZHI_{str(error['loc'][0]).upper()}" for error in fault.errors())
        raise InvalidInput(f"环境变量取值无效：{names}。", "可用的取值见 docs/settings.md。") from None


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Unavailable when the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # It listens at once: from here on the port is ours, and callers wait until the service is open.
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise Unavailable(
            f"不能在 {host}:{port} 上监听：{reason_of(fault)}。",
            "端口可能被占用；请用 --port 或 LIANZHI_PORT 换一个端口，或停掉占用它的程序。",
        ) from None


def urls_of(listener: socket.socket) -> dict[str, str]:
    """Where the service answers, by name."""
    host, port = listener.getsockname()[:2]
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return {"服务": base, "接口": f"{base}/openapi.json", "就绪": f"{base}/ready"}


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        _Terse(app),
        log_config=None,
        lifespan="on",
        backlog=BACKLOG,
        # Our own line carries the request's id; and who is local must not come from a header.
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _warn_if_open(settings: ApiSettings, listener: socket.socket) -> None:
    address = str(listener.getsockname()[0])
    if settings.auth is AuthMode.LOCAL and not is_loopback(address):
        log.warning("本机模式（LIANZHI_AUTH=local）只应答本机访问；监听 %s 时其他机器会得到 403。", address)


def _reason(app: FastAPI) -> LianzhiError:
    fault = getattr(app.state, "fault", None)
    if isinstance(fault, LianzhiError):
        return fault
    return Unavailable("服务未能启动。", "原因见上方日志；可运行 lianzhi doctor 检查安装。")

"""Runs the app in this process until somebody stops it."""

import logging
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from api.app import app_from_environment
from api.local import is_loopback
from api.middleware import RequestIdFilter
from api.settings import ApiSettings, AuthMode
from domain.errors import LianzhiError, Unavailable

log = logging.getLogger(__name__)

GRACE_S = 10
"""How long open requests may take after a stop was asked for, seconds."""

Announce = Callable[[dict[str, str]], None]


class _Announcing(uvicorn.Server):
    """A server that says where it answers as soon as it does."""

    def __init__(self, config: uvicorn.Config, urls: dict[str, str], announce: Announce) -> None:
        super().__init__(config)
        self._urls = urls
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce."""
        await super().startup(sockets)
        if self.started:
            self._announce(self._urls)


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
    settings = ApiSettings()
    app = app_from_environment()
    listener = listen(host or settings.host, port or settings.port)
    with listener:
        _warn_if_open(settings, listener)
        server = _Announcing(_config(app), urls_of(listener), announce)
        server.run(sockets=[listener])
    if not server.started:
        _raise_fault(app)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises Unavailable when the address is taken or not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as fault:
        raise Unavailable(
            f"不能在 {host}:{port} 上监听：{fault.strerror}。",
            "端口可能被占用；请用 --port 或 LIANZHI_PORT 换一个端口，或停掉占用它的程序。",
        ) from None
    return listener


def urls_of(listener: socket.socket) -> dict[str, str]:
    """Where the service answers, by name."""
    host, port = listener.getsockname()[:2]
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return {"服务": base, "接口": f"{base}/openapi.json", "就绪": f"{base}/ready"}


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
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


def _raise_fault(app: FastAPI) -> None:
    fault = getattr(app.state, "fault", None)
    if isinstance(fault, LianzhiError):
        raise fault
    raise Unavailable("服务未能启动。", "原因见上方日志；可运行 lianzhi doctor 检查安装。") from fault

"""Fakes used by tests: small, real implementations of the ports, and a scripted model endpoint."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Reply:
    """What the scripted endpoint answers once: text, a tool call, a status or raw bytes, after a delay."""

    content: str = ""
    tool: Mapping[str, Any] | None = None
    status: int = 200
    raw: bytes | None = None
    delay_s: float = 0.0


Script = Callable[[dict[str, Any]], Reply]


@dataclass
class ScriptedLlmServer:
    """Speaks POST /v1/chat/completions on a loopback port; `script` turns each request into a reply."""

    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.requests.append(request)
                reply = outer.script(request)
                time.sleep(reply.delay_s)
                body = reply.raw if reply.raw is not None else completion(request, reply)
                try:
                    self.send_response(reply.status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the client gave up: what a timeout test wants

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing on stderr."""

        return Handler


def completion(request: Mapping[str, Any], reply: Reply) -> bytes:
    """A chat completion as OpenAI-compatible servers write it."""
    if reply.status >= 400:
        return json.dumps({"error": {"message": "refused", "type": "invalid_request_error"}}).encode()
    message: dict[str, Any] = {"role": "assistant", "content": reply.content}
    if reply.tool is not None:
        name = request["tools"][0]["function"]["name"] if request.get("tools") else "none"
        call = {"name": name, "arguments": json.dumps(reply.tool, ensure_ascii=False)}
        message["tool_calls"] = [{"id": "call-1", "type": "function", "function": call}]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(body, ensure_ascii=False).encode()

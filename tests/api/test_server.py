"""The service as a process of its own: it announces itself, stops when asked, and says why it cannot start."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.server import listen, urls_of
from domain.errors import Unavailable
from tests.api.conftest import ON_THE_LINE

PROGRAM = """
import json, sys
from api.server import serve_forever
from domain.errors import LianzhiError
try:
    serve_forever(host=None, port=int(sys.argv[1]), announce=lambda urls: print(json.dumps(urls), flush=True))
except LianzhiError as error:
    print(json.dumps({"code": error.code, "message": error.message, "hint": error.hint}))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def process(home: Path, port: int, **environment: str) -> Iterator[subprocess.Popen[str]]:
    env = os.environ | {"LIANZHI_HOME": str(home)} | environment
    command = [sys.executable, "-c", PROGRAM, str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def test_it_serves_and_stops_cleanly_and_keeps_what_it_was_told(home: Path) -> None:
    port = free_port()
    with process(home, port) as running:
        assert running.stdout
        urls = json.loads(running.stdout.readline())
        assert urls["服务"] == f"http://127.0.0.1:{port}"
        assert httpx.get(urls["就绪"]).json()["ready"] is True
        case = httpx.post(f"{urls['服务']}/api/v1/observations", json=ON_THE_LINE).json()
        running.send_signal(signal.SIGINT)
        _, log = running.communicate(timeout=30)
        assert running.returncode == 0
    assert "Traceback" not in log
    assert "POST /api/v1/observations 202" in log
    with process(home, port) as running:
        assert running.stdout
        running.stdout.readline()
        again = httpx.get(f"http://127.0.0.1:{port}{case['status_url']}").json()
        assert again["id"] == case["case_id"]


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        pytest.param({"LIANZHI_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "unavailable", id="no database"),
        pytest.param({"LIANZHI_DATABASE_URL": "mongo://x"}, "invalid_input", id="not a database of ours"),
        pytest.param({"LIANZHI_AUTH": "oidc"}, "unavailable", id="a mode that does not exist yet"),
        pytest.param({"LIANZHI_AUTH": "none"}, "invalid_input", id="a mode that never will"),
    ],
)
def test_what_keeps_it_from_starting_is_said_in_one_sentence(
    home: Path, environment: dict[str, str], code: str
) -> None:
    with process(home, free_port(), **environment) as running:
        out, log = running.communicate(timeout=60)
    error = json.loads(out)
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]
    assert "Traceback" not in log


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        with pytest.raises(Unavailable) as caught:
            listen("127.0.0.1", port)
    assert str(port) in caught.value.message
    assert "LIANZHI_PORT" in caught.value.hint


def test_the_port_is_ours_from_the_moment_we_listen() -> None:
    with listen("127.0.0.1", 0) as first:
        with pytest.raises(Unavailable):
            listen("127.0.0.1", int(first.getsockname()[1]))
        assert urls_of(first)["就绪"].endswith("/ready")

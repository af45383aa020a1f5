"""The key of a Qdrant server reaches the server, and never shows."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.errors import Unavailable
from knowledge.base import open_knowledge
from knowledge.settings import KnowledgeSettings


class Refusing(BaseHTTPRequestHandler):
    """A server that notes the key it is shown and lets nobody in."""

    keys: "set[str | None]"

    def do_GET(self) -> None:
        self.keys.add(self.headers["api-key"])
        self.send_response(403)
        self.send_header("content-length", "0")
        self.end_headers()

    do_PUT = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    Refusing.keys = set()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_address[1]}"
    listener.shutdown()
    thread.join()
    listener.server_close()


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure connection")
def test_the_key_is_shown_to_the_server_and_to_nobody_else(server: str, tmp_path: Path) -> None:
    settings = KnowledgeSettings(home=tmp_path, qdrant_url=server, qdrant_api_key=SecretStr("k-1"))
    with pytest.raises(Unavailable) as fault:
        open_knowledge(settings)
    assert Refusing.keys == {"k-1"}
    assert "k-1" not in fault.value.message + fault.value.hint + repr(settings)

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.replay import replay_file
from domain.errors import InvalidInput, Unavailable


class Intake(BaseHTTPRequestHandler):
    """A service that knows duplicates, refuses empty texts, and fails on 'boom'."""

    seen: ClassVar[set[str]] = set()

    def do_GET(self) -> None:
        self.answer(200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["text"] == "boom":
            self.answer(503, {})
        elif not body["text"]:
            self.answer(422, {"error": {"code": "empty_text"}})
        else:
            created = body["id"] not in self.seen
            self.seen.add(body["id"])
            self.answer(202, {"created": created})

    def answer(self, status: int, body: dict[str, object]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[str]:
    Intake.seen = set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Intake)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_every_observation_is_accounted_for(service: str, tmp_path: Path) -> None:
    rows = [("a", "井盖"), ("a", "井盖"), ("b", ""), ("c", "boom"), ("d", "积水")]
    recording = tmp_path / "r.jsonl"
    recording.write_text("\n".join(json.dumps({"id": i, "text": t}) for i, t in rows), encoding="utf-8")
    heard: list[int] = []

    report = await replay_file(recording, service, rate=200.0, progress=lambda done, total: heard.append(done))

    assert (report.sent, report.accepted, report.duplicates, report.refused, report.lost) == (5, 2, 1, 1, 1)
    assert heard == [1, 2, 3, 4, 5]
    assert report.to_json()["p99_ms"] > 0
    assert "丢失 1 条" in report.lines()[0]


async def test_a_service_that_is_down_is_said_to_be_down(tmp_path: Path) -> None:
    recording = tmp_path / "r.jsonl"
    recording.write_text('{"id": "a", "text": "b"}', encoding="utf-8")
    with pytest.raises(Unavailable, match="连不上"):
        await replay_file(recording, "http://127.0.0.1:9")


async def test_an_empty_or_absent_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="空的"):
        await replay_file(tmp_path / "empty", "http://127.0.0.1:9")
    with pytest.raises(InvalidInput, match="读不到"):
        await replay_file(tmp_path / "absent", "http://127.0.0.1:9")

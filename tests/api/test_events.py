"""Steps of a run as server-sent events: in order, resumable, and ending when the run rests."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

import api.events
from domain.worlddata import places
from tests.api.conftest import ON_THE_LINE, make_app, post

_INSIDE = places()["plain_inside"]
PLAIN_INSIDE = {"lon": _INSIDE.lon, "lat": _INSIDE.lat, "crs": "WGS84", "accuracy_m": 10}


def events(text: str) -> list[dict[str, Any]]:
    """The events of a stream: `event`, `id` and `data` of each."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append(fields | {"data": json.loads(fields["data"])})
    return found


def stream(client: TestClient, case_id: str, after: int | str | None = None) -> list[dict[str, Any]]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    answer = client.get(f"/api/v1/cases/{case_id}/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    return events(answer.text)


def test_steps_come_in_order_and_the_stream_ends_when_the_run_waits(client: TestClient) -> None:
    case_id = post(client)["case_id"]
    *steps, end = stream(client, case_id)
    assert [step["event"] for step in steps] == ["step"] * len(steps)
    assert [int(step["id"]) for step in steps] == list(range(1, len(steps) + 1))
    nodes = [step["data"]["node"] for step in steps]
    assert nodes[:4] == ["recognise", "locate", "merge", "classify"]
    assert nodes.index("dispatch") < nodes.index("await_ruling")
    assert steps[-1]["data"]["status"] == "waiting"
    assert all(step["data"]["summary"] for step in steps)
    assert end == {"event": "end", "data": {"stage": "dispatched", "waiting": True}}


def test_chinese_is_sent_as_it_is(shared: TestClient, waiting: dict[str, Any]) -> None:
    text = shared.get(f"/api/v1/cases/{waiting['id']}/events").text
    assert "\\u" not in text
    assert "识别为" in text


def test_a_finished_stretch_is_told_again_in_the_same_words(shared: TestClient, waiting: dict[str, Any]) -> None:
    assert stream(shared, waiting["id"]) == stream(shared, waiting["id"])


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_broken_stream_is_taken_up_after_the_last_event_seen(
    shared: TestClient, waiting: dict[str, Any], after: int
) -> None:
    whole = stream(shared, waiting["id"])
    assert stream(shared, waiting["id"], after) == whole[after:]


def test_a_client_that_has_everything_gets_the_end_only(shared: TestClient, waiting: dict[str, Any]) -> None:
    whole = stream(shared, waiting["id"])
    assert [event["event"] for event in stream(shared, waiting["id"], len(whole) - 1)] == ["end"]


def test_after_the_ruling_the_numbers_go_on(client: TestClient) -> None:
    case_id = post(client)["case_id"]
    *before, _ = stream(client, case_id)
    opinion = client.get(f"/api/v1/cases/{case_id}").json()["opinion"]
    client.post(f"/api/v1/opinions/{opinion}/approve", json={})
    *after, end = stream(client, case_id, before[-1]["id"])
    assert [int(step["id"]) for step in after] == list(range(len(before) + 1, len(before) + len(after) + 1))
    assert after[-1]["data"]["status"] == "finished"
    assert end["data"]["waiting"] is False


def test_a_case_that_needs_no_signature_waits_for_none(client: TestClient) -> None:
    inside = {"text": "有一堆生活垃圾没人清", **PLAIN_INSIDE}
    *_, end = stream(client, client.post("/api/v1/observations", json=inside).json()["case_id"])
    assert end["data"] == {"stage": "dispatched", "waiting": False}


def test_streams_are_bounded_and_an_ended_one_makes_room(
    app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.events, "MAX_STREAMS", 1)
    case_id = post(client)["case_id"]
    for _ in range(3):
        assert stream(client, case_id)[-1]["event"] == "end"
    app.state.streams = 1
    answer = client.get(f"/api/v1/cases/{case_id}/events")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert app.state.streams == 1


@pytest.mark.parametrize("bad", ["x", "-1", "1.5", "9" * 30])
def test_an_event_id_that_we_never_gave_is_refused(shared: TestClient, waiting: dict[str, Any], bad: str) -> None:
    answer = shared.get(f"/api/v1/cases/{waiting['id']}/events", headers={"Last-Event-ID": bad})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_input"


def test_a_stream_of_no_case_is_a_plain_404(shared: TestClient) -> None:
    answer = shared.get("/api/v1/cases/c-none/events")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


@pytest.fixture
def live(home: Path) -> Iterator[str]:
    """The service on a real port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(home), log_config=None, timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    listener.close()
    assert not thread.is_alive()


def test_over_a_real_connection_steps_arrive_one_by_one_and_a_cut_loses_none(live: str) -> None:
    with httpx.Client(base_url=live, timeout=30) as client:
        case_id = client.post("/api/v1/observations", json=ON_THE_LINE).json()["case_id"]
        seen: list[int] = []
        with client.stream("GET", f"/api/v1/cases/{case_id}/events") as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    seen.append(int(line[4:]))
                if len(seen) == 3:
                    break
        rest = client.get(f"/api/v1/cases/{case_id}/events", headers={"Last-Event-ID": str(seen[-1])})
        numbers = seen + [int(event["id"]) for event in events(rest.text) if "id" in event]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 3

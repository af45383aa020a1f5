"""The layer around every request: ids, body limit, log line, counters."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from prometheus_client import generate_latest

from api import errors
from api.metrics import Metrics
from api.middleware import MAX_BATCH_BYTES, MAX_BODY_BYTES, RequestIdFilter, Surroundings


class Meter:
    """An ASGI `receive` that counts the bytes that were taken from it."""

    def __init__(self, chunks: int, size: int = 64_000) -> None:
        self.left, self.size, self.taken = chunks, size, 0

    async def __call__(self) -> dict[str, object]:
        self.left -= 1
        self.taken += self.size
        return {"type": "http.request", "body": b"x" * self.size, "more_body": self.left > 0}


def make_app(metrics: Metrics) -> FastAPI:
    app = FastAPI()
    errors.install_error_handlers(app)
    app.add_middleware(Surroundings, metrics=metrics)

    @app.post("/things/{name}")
    async def take(name: str, request: Request) -> int:
        return len(await request.body())

    @app.post("/batch")
    async def batch(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(metrics: Metrics) -> Iterator[TestClient]:
    with TestClient(make_app(metrics)) as client:
        yield client


def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(client: TestClient) -> None:
    assert client.post("/things/a", content=b"x" * MAX_BODY_BYTES).json() == MAX_BODY_BYTES
    answer = client.post("/things/a", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "text_too_long"
    assert answer.json()["error"]["hint"]


def test_the_batch_route_takes_more(client: TestClient) -> None:
    assert client.post("/batch", content=b"x" * (MAX_BODY_BYTES + 1)).status_code == 200
    assert client.post("/batch", content=b"x" * (MAX_BATCH_BYTES + 1)).status_code == 413


async def answer_of(metrics: Metrics, receive: Meter, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/things/a",
        "raw_path": b"/things/a", "query_string": b"", "headers": headers, "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "", "state": {},
    }  # fmt: skip
    await make_app(metrics)(scope, receive, send)  # type: ignore[arg-type]  plain dicts are ASGI messages
    body = b"".join(message.get("body", b"") for message in sent)  # type: ignore[misc]
    return int(str(sent[0]["status"])), body


async def test_five_megabytes_that_say_so_are_refused_unread(metrics: Metrics) -> None:
    meter = Meter(80)
    status, body = await answer_of(metrics, meter, [(b"content-length", b"5120000")])
    assert status == 413
    assert b"text_too_long" in body
    assert meter.taken == 0


async def test_five_megabytes_that_do_not_say_so_are_read_no_further_than_the_limit(metrics: Metrics) -> None:
    meter = Meter(80)
    status, body = await answer_of(metrics, meter, [(b"transfer-encoding", b"chunked")])
    assert status == 413
    assert b"text_too_long" in body
    assert meter.taken <= MAX_BODY_BYTES + meter.size


async def test_a_length_of_thirty_digits_is_refused(metrics: Metrics) -> None:
    status, _ = await answer_of(metrics, Meter(1), [(b"content-length", b"9" * 30)])
    assert status == 413


def test_the_callers_request_id_comes_back(client: TestClient) -> None:
    answer = client.get("/nowhere", headers={"X-Request-ID": "trace-42"})
    assert answer.headers["x-request-id"] == "trace-42" == answer.json()["error"]["request_id"]


@pytest.mark.parametrize("bad", [b"", b"a b", b"x" * 65, "é".encode(), b"a\tb"])
def test_a_request_id_that_could_spoil_a_log_is_replaced(client: TestClient, bad: bytes) -> None:
    given = client.get("/nowhere", headers=[(b"X-Request-ID", bad)]).headers["x-request-id"]
    assert given.encode() != bad
    assert given.isalnum()


def test_two_requests_have_two_ids(client: TestClient) -> None:
    assert client.get("/x").headers["x-request-id"] != client.get("/x").headers["x-request-id"]


def test_the_log_line_names_the_request_but_not_its_query(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level(logging.INFO, logger="api.access"):
        client.post("/things/a?phone=13800001111", content=b"x", headers={"X-Request-ID": "trace-7"})
    (record,) = [record for record in caplog.records if record.name == "api.access"]
    assert "POST /things/a 200" in record.getMessage()
    assert "trace-7" in record.getMessage()
    assert record.__dict__["request_id"] == "trace-7"
    assert "13800001111" not in caplog.text


def test_requests_are_counted_by_template_not_by_path(client: TestClient, metrics: Metrics) -> None:
    for name in ("a", "b", "c"):
        client.post(f"/things/{name}", content=b"x")
    client.get("/nowhere")
    client.request("BREW", "/nowhere")
    text = generate_latest(metrics.registry).decode()
    assert 'lianzhi_http_requests_total{method="POST",route="/things/{name}",status="200"} 3.0' in text
    assert 'lianzhi_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'method="OTHER"' in text
    assert 'lianzhi_http_request_seconds_count{method="POST",route="/things/{name}"} 3.0' in text


def test_two_apps_do_not_share_counters(metrics: Metrics) -> None:
    other = Metrics()
    with TestClient(make_app(metrics)) as client:
        client.get("/nowhere")
    assert b"unmatched" in generate_latest(metrics.registry)
    assert b"unmatched" not in generate_latest(other.registry)


def test_a_failure_in_the_middle_of_a_stream_cuts_the_connection(metrics: Metrics) -> None:
    from starlette.responses import StreamingResponse

    app = make_app(metrics)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            raise RuntimeError("lost")

        return StreamingResponse(parts())

    with TestClient(app) as client, pytest.raises((RuntimeError, ExceptionGroup)):
        client.get("/stream")

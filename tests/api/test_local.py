"""Local mode: this machine only, and no web page of somebody else."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from api import errors
from api.auth import Principal, Right, Role, require
from api.local import LocalAuthenticator, LocalGuard, is_loopback
from api.metrics import Metrics
from api.middleware import Surroundings

OFFICER = Principal(id="demo-officer", name="演示坐席", role=Role.CITY_OFFICER, regions=("500900",))
HOME = "http://127.0.0.1:8000"


def make_app() -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"authenticate": LocalAuthenticator(OFFICER)}

    app = FastAPI(lifespan=lifespan)
    errors.install_error_handlers(app)
    app.add_middleware(LocalGuard)
    app.add_middleware(Surroundings, metrics=Metrics())

    @app.api_route("/who", methods=["GET", "POST", "DELETE"])
    async def who(principal: Annotated[Principal, Depends(require(Right.DECIDE))]) -> str:
        return principal.id

    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(make_app(), base_url=HOME, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "::1", "127.8.8.8", "::ffff:127.0.0.1"]
)
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "2130706433", "::", "::2"]
)
def test_names_of_others(host: str) -> None:
    assert not is_loopback(host)


def test_a_caller_of_this_machine_is_the_demo_officer(client: TestClient) -> None:
    answer = client.get("/who")
    assert answer.json() == "demo-officer"
    assert answer.headers["x-lianzhi-auth"] == "local"


@pytest.mark.parametrize("peer", ["10.0.0.5", "192.168.1.2", "8.8.8.8", "fe80::1", "testclient"])
def test_a_caller_of_another_machine_gets_nothing(peer: str) -> None:
    with TestClient(make_app(), base_url=HOME, client=(peer, 50000)) as client:
        answer = client.get("/who")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"
    assert "LIANZHI_AUTH" in answer.json()["error"]["hint"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_caller_behind_a_proxy_of_this_machine_gets_nothing(client: TestClient, header: str) -> None:
    assert client.get("/who", headers={header: "for=8.8.8.8"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.nip.io", "10.0.0.1:8000", ""])
def test_a_rebound_name_is_refused_even_for_reading(client: TestClient, host: str) -> None:
    answer = client.get("/who", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("host", ["localhost:8000", "[::1]:8000", "127.0.0.1"])
def test_every_name_of_this_machine_will_do(client: TestClient, host: str) -> None:
    assert client.get("/who", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="another site"),
        pytest.param({"Origin": "http://127.0.0.1:9999"}, id="another port of this machine"),
        pytest.param({"Origin": "null"}, id="a sandboxed page"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="the browser says so"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="a neighbour"),
    ],
)
def test_a_write_from_another_page_is_refused(client: TestClient, method: str, headers: dict[str, str]) -> None:
    assert client.request(method, "/who", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": HOME}, {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_a_write_from_our_own_page_or_from_a_program_passes(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/who", headers=headers).status_code == 200


def test_reading_across_sites_is_left_to_the_browser(client: TestClient) -> None:
    answer = client.get("/who", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "[::1"}, id="half a bracket in the host"),
        pytest.param({"Origin": "http://[::1"}, id="half a bracket in the origin"),
    ],
)
def test_an_address_that_cannot_be_read_is_a_stranger(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/who", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")

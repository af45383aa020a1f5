"""The real service in a temporary home: schematic city, starter corpus, SQLite; clock and callers are ours."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from api.app import create_app, demo_officer
from api.auth import Authenticator, Principal, Role
from api.settings import ApiSettings
from graphs.bootstrap import Services, ServiceSettings, open_services

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
ON_THE_LINE: dict[str, Any] = {
    "source": "person",
    "text": "江岚区和鹭北区交界的路上，井盖不见了，晚上差点有人掉下去",
    "lon": 106.492277,
    "lat": 29.625308,
    "crs": "WGS84",
    "accuracy_m": 10,
    "observed_at": "2026-03-02T11:50:00+08:00",
}
"""A missing sewage manhole on the line of two districts of the schematic city."""

CALLERS = {
    "city": Principal(id="city-1", name="市坐席", role=Role.CITY_OFFICER, regions=("509900",)),
    "second": Principal(id="city-2", name="另一位市坐席", role=Role.CITY_OFFICER, regions=("509900",)),
    "jianglan": Principal(id="d-1", name="江岚区坐席", role=Role.DISTRICT_OFFICER, regions=("509901",)),
    "pingling": Principal(id="d-4", name="屏岭区坐席", role=Role.DISTRICT_OFFICER, regions=("509904",)),
    "resident": Principal(id="r-1", name="居民", role=Role.RESIDENT),
    "grid": Principal(
        id="g-1", name="网格员", role=Role.GRID_WORKER, regions=("509901", "509902"), unit="u-509904001-township_office"
    ),
}


class TickingClock:
    """A second passes each time somebody looks: of two cases one is always older."""

    def __init__(self) -> None:
        self._ticks = count()

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=next(self._ticks))


class ByHeader:
    """Recognises callers by a header, as a proxy in front would name them; no header is the demo officer."""

    mode = "test"

    def __init__(self, services: Services) -> None:
        self._demo = demo_officer(services)

    def __call__(self, request: Request) -> Principal:
        name = request.headers.get("x-caller", "")
        return CALLERS[name] if name else self._demo


def by_header(services: Services) -> Authenticator:
    return ByHeader(services)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The databases' drivers know asyncio only."""
    return "asyncio"


@pytest.fixture(scope="session")
def loaded_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose knowledge base was opened once: copies of it open fast."""
    home = tmp_path_factory.mktemp("loaded")

    async def load() -> None:
        async with open_services(ServiceSettings.at(home)):
            pass

    anyio.run(load)
    return home


@pytest.fixture
def home(loaded_home: Path, tmp_path: Path) -> Path:
    """A home of its own for each test."""
    return Path(shutil.copytree(loaded_home, tmp_path / "home"))


def make_app(home: Path, *, authenticator: Callable[[Services], Authenticator] | None = by_header) -> FastAPI:
    """The real app over real services in `home`; ids and time count up."""
    numbers = count(1)

    @asynccontextmanager
    async def services() -> AsyncIterator[Services]:
        async with open_services(ServiceSettings.at(home), clock=TickingClock()) as opened:
            yield opened

    return create_app(
        services, settings=ApiSettings(), authenticator=authenticator, new_id=lambda: f"obs-{next(numbers)}"
    )


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=BASE, client=("127.0.0.1", 50000))


@pytest.fixture
def app(home: Path) -> FastAPI:
    return make_app(home)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


@pytest.fixture(scope="module")
def shared(loaded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """One service for all tests of a module that only read, or are refused."""
    home = Path(shutil.copytree(loaded_home, tmp_path_factory.mktemp("shared") / "home"))
    with client_of(make_app(home)) as client:
        yield client


@pytest.fixture(scope="module")
def waiting(shared: TestClient) -> dict[str, Any]:
    """A case of the shared service that waits for an officer; to be read, never to be moved."""
    return rested(shared, post(shared, external_id="waiting")["case_id"])


def post(client: TestClient, **changes: Any) -> dict[str, Any]:
    """Report the manhole on the line with changes; the answer's JSON."""
    answer = client.post("/api/v1/observations", json=ON_THE_LINE | changes)
    assert answer.status_code in (200, 202), answer.text
    return answer.json()


def rested(client: TestClient, case_id: str) -> dict[str, Any]:
    """The case once its run waits or is done: the event stream ends exactly then."""
    client.get(f"/api/v1/cases/{case_id}/events")
    return client.get(f"/api/v1/cases/{case_id}").json()

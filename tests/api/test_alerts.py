"""Alerts over HTTP: a problem cut by a line is found whole, decided once, and told to both sides."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from fastapi.testclient import TestClient

from domain.observation import parse_observation
from domain.territory import Territory
from domain.worlddata import places, schematic_city
from records.book import CaseBook, open_book
from tests.api.conftest import client_of, make_app

URL = "/api/v1/alerts"
END = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
"""Midnight in the city before the conftest's clock begins."""
WEST, EAST, ELSEWHERE = {"X-Caller": "jianglan"}, {"X-Caller": "city"}, {"X-Caller": "pingling"}


async def remember(book: CaseBook, number: int, lon: float, lat: float, at: datetime, issue: str) -> None:
    """A case of the past, as far as a watch looks at it."""
    territory = Territory(schematic_city())
    raw = {"id": f"o{number}", "text": "河面漂垃圾", "source": "person", "lon": lon, "lat": lat, "crs": "WGS84"}
    seen = parse_observation(raw, received_at=at, new_id=lambda: f"o{number}", territory=territory)
    case_id = (await book.accept(seen, idempotency_key="", by="tester", at=at)).case_id
    relation = territory.relate(seen.point, 10.0, at.date())
    await book.describe(case_id, {"issue": issue, "region": relation.township}, at=at)
    await book.finish_intake(case_id)


async def fill(home: Path) -> None:
    """Eight weeks of river rubbish here and there, and fourteen cases on both banks in the last four days."""
    rng = np.random.default_rng(1)
    river = places()["manhole_on_river_line"]
    async with open_book(f"sqlite:///{home / 'records.sqlite'}") as book:
        for number in range(120):
            lon, lat = 106.46 + 0.09 * rng.uniform(), 29.57 + 0.09 * rng.uniform()
            at = END - timedelta(days=float(56 * rng.uniform()))
            await remember(book, number, lon, lat, at, "E04" if number % 2 else "E01")
        for number in range(200, 214):
            lon, lat = river.lon + 0.002 * rng.uniform(-1, 1), river.lat + 0.002 * rng.uniform(-1, 1)
            await remember(book, number, lon, lat, END - timedelta(days=float(4 * rng.uniform())), "E04")


@pytest.fixture(scope="module")
def filled(loaded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with such a past; to be copied."""
    home = Path(shutil.copytree(loaded_home, tmp_path_factory.mktemp("alerts") / "home"))
    anyio.run(fill, home)
    return home


@pytest.fixture
def client(filled: Path, tmp_path: Path) -> Iterator[TestClient]:
    home = Path(shutil.copytree(filled, tmp_path / "home"))
    with client_of(make_app(home)) as client:
        yield client


def watch(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{URL}/watches", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def raised(client: TestClient) -> dict[str, Any]:
    watch(client)
    heads = client.get(URL).json()["items"]
    assert len(heads) == 1
    return heads[0]


def test_a_problem_on_both_banks_is_one_alert_with_both_sides(client: TestClient) -> None:
    made = watch(client)
    assert [how for _, how in made["filed"]] == ["new"]
    assert made["cases"] == 134
    head = client.get(URL).json()["items"][0]
    assert (head["issue"], head["kind"], head["state"]) == ("E04", "strip", "open")
    answer = client.get(f"{URL}/{head['id']}")
    assert answer.headers["etag"] == '"1"'
    alert = answer.json()["alert"]
    assert {side["district"] for side in alert["sides"]} == {"509901", "509902"}
    assert all(side["owner"] for side in alert["sides"])
    assert alert["observed"] >= 12
    assert f"预期{alert['expected']:.1f}件" in alert["explanation"]
    assert alert["action"]["lead_name"]
    assert alert["action"]["due_source"] == "建议时限，非法定"
    assert alert["review_on"] == "2026-03-15"
    assert len(alert["cases"]) == alert["observed"]


def test_the_same_watch_again_files_nothing_new(client: TestClient) -> None:
    first, again = watch(client), watch(client)
    assert [how for _, how in again["filed"]] == ["again"]
    assert first["filed"][0][0] == again["filed"][0][0]
    assert len(client.get(URL).json()["items"]) == 1


def test_what_was_reported_later_is_not_seen(client: TestClient) -> None:
    before = END - timedelta(days=5)
    assert watch(client, as_of=before.isoformat())["filed"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"as_of": "2027-01-01T00:00:00Z"}, "future_date"),
        ({"as_of": "2026-03-01T00:00:00"}, "invalid_input"),
        ({"as_of": "gestern"}, "invalid_input"),
        ({"q": 0.5}, "unknown_field"),
    ],
)
def test_a_watch_that_cannot_be_held_is_refused(client: TestClient, body: dict[str, Any], code: str) -> None:
    answer = client.post(f"{URL}/watches", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_acknowledging_tells_the_sides_and_waits_for_the_review(client: TestClient) -> None:
    head = raised(client)
    answer = client.post(f"{URL}/{head['id']}/acknowledge", json={"reason": "已约现场会商"}, headers=WEST)
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert (made["state"], made["decided_by"], made["settled"]) == ("acknowledged", "d-1", True)
    due = client.get(URL, params={"review_by": "2026-03-15"}).json()["items"]
    assert [one["id"] for one in due] == [head["id"]]
    closed = client.post(f"{URL}/{head['id']}/close", json={"reason": "拦污索已修复"}, headers=WEST).json()
    assert (closed["state"], closed["settled"]) == ("closed", True)
    actions = [e["action"] for e in client.get("/api/v1/audit", params={"limit": 500}).json()["items"]]
    assert actions[-4:] == ["alert.raise", "alert.watch", "alert.acknowledge", "alert.close"]


def test_dismissing_needs_a_reason_and_feeds_the_threshold_report(client: TestClient) -> None:
    head = raised(client)
    url = f"{URL}/{head['id']}/dismiss"
    assert client.post(url, json={"category": "seasonal", "reason": " "}).json()["error"]["code"] == "empty_text"
    assert client.post(url, json={"category": "mood", "reason": "不"}).status_code == 422
    assert client.post(url, json={"reason": "不"}).status_code == 422
    old = client.post(url, json={"category": "seasonal", "reason": "汛期"}, headers={"If-Match": '"9"'})
    assert old.status_code == 412
    answer = client.post(url, json={"category": "seasonal", "reason": "汛期每年如此"})
    assert (answer.status_code, answer.json()["category_name"]) == (200, "季节或活动带来的正常变化")
    assert client.post(f"{URL}/{head['id']}/acknowledge", json={}, headers=WEST).status_code == 409
    report = client.get(f"{URL}/thresholds").json()
    assert (report["raised"], report["decided"], report["worth"]["worth_raising"]) == (1, 1, 0)
    assert report["dismissed"] == {"seasonal": 1}
    assert report["proposal"]["q"] is None
    assert [how for _, how in watch(client)["filed"]] == ["quiet"]


def test_others_do_not_see_it(client: TestClient) -> None:
    head = raised(client)
    assert client.get(URL, headers=ELSEWHERE).json()["items"] == []
    assert client.get(f"{URL}/{head['id']}", headers=ELSEWHERE).status_code == 404
    assert client.post(f"{URL}/{head['id']}/acknowledge", json={}, headers=ELSEWHERE).status_code == 404
    assert client.get(f"{URL}/{head['id']}", headers=WEST).status_code == 200
    grid = {"X-Caller": "grid"}
    assert client.post(f"{URL}/{head['id']}/acknowledge", json={}, headers=grid).status_code == 403
    assert client.post(f"{URL}/watches", json={}, headers=grid).status_code == 403
    assert client.get(URL, headers={"X-Caller": "resident"}).status_code == 403


def test_an_alert_that_does_not_exist(client: TestClient) -> None:
    answer = client.get(f"{URL}/al-nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "alert_not_found")


def test_a_decision_survives_the_process(filled: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(filled, tmp_path / "home"))
    with client_of(make_app(home)) as client:
        head = raised(client)

    async def decide_without_effect() -> None:
        from domain.adjacency.alerting.filing import AlertDecision, AlertVerdict

        async with open_book(f"sqlite:///{home / 'records.sqlite'}") as book:
            word = AlertDecision(alert_id=head["id"], verdict=AlertVerdict.ACKNOWLEDGE, by="officer", at=END)
            await book.alerts.decide(word)
            assert await book.alerts.unsettled() == [head["id"]]

    anyio.run(decide_without_effect)
    with client_of(make_app(home)) as client:
        assert client.get(f"{URL}/{head['id']}").json()["settled"] is True

"""Evaluations over HTTP: made of what the caller may see, opened to cases, reviewed by a second person."""

import io
from typing import Any

import openpyxl
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import ON_THE_LINE

URL = "/api/v1/evaluations"
CITY, SECOND = {"X-Caller": "city"}, {"X-Caller": "second"}
JIANGLAN, PINGLING = {"X-Caller": "jianglan"}, {"X-Caller": "pingling"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def made(client: TestClient, headers: dict[str, str] = CITY, **body: Any) -> dict[str, Any]:
    answer = client.post(URL, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.fixture
def reported(client: TestClient) -> list[str]:
    """Three cases in the book."""
    ids = []
    for i in range(3):
        answer = client.post("/api/v1/observations", json=ON_THE_LINE | {"lon": 106.492277 + i / 100}, headers=CITY)
        assert answer.status_code in (200, 201, 202), answer.text
        ids.append(answer.json()["case_id"])
    return ids


def test_the_way_of_an_evaluation(client: TestClient, reported: list[str]) -> None:
    one = made(client)
    assert (one["region"], one["cases"], one["state"]) == ("509900", 3, "final")
    assert one["report"]["format"] == "lianzhi-evaluation-report/1"
    assert client.get(f"{URL}/{one['id']}", headers=SECOND).json() == one
    assert [head["id"] for head in client.get(URL, headers=CITY).json()["items"]] == [one["id"]]
    opened = client.get(f"{URL}/{one['id']}/cases", params={"indicator": "valid_report_rate"}, headers=CITY).json()
    assert sorted([*opened["below"], *opened["untold"]]) == sorted(reported)
    page = client.get(f"{URL}/{one['id']}/report", headers=CITY)
    assert page.headers["content-type"].startswith("text/html")
    assert "治理效能评估" in page.text
    book = client.get(f"{URL}/{one['id']}/report", params={"format": "xlsx"}, headers=CITY)
    assert "总体指标" in openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames


def test_regions_see_their_own(client: TestClient, reported: list[str]) -> None:
    whole, own = made(client), made(client, JIANGLAN)
    assert own["region"] == "509901"
    assert own["cases"] <= whole["cases"]
    assert code(client.get(f"{URL}/{whole['id']}", headers=JIANGLAN)) == (404, "evaluation_not_found")
    assert code(client.get(f"{URL}/{own['id']}", headers=PINGLING)) == (404, "evaluation_not_found")
    for path in ("report", "cases?indicator=handling_rate"):
        assert code(client.get(f"{URL}/{own['id']}/{path}", headers=PINGLING))[0] == 404
    assert client.get(f"{URL}/{own['id']}", headers=CITY).status_code == 200
    assert {one["region"] for one in client.get(URL, headers=PINGLING).json()["items"]} == set()
    assert code(client.post(URL, json={"region": "509904"}, headers=JIANGLAN)) == (422, "invalid_input")
    assert code(client.post(URL, json={"region": "509900"}, headers=JIANGLAN)) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"region": "123456"}, "unknown_region"),
        ({"as_of": "2030-01-01T00:00:00Z"}, "future_date"),
        ({"as_of": "2026-01-01T00:00:00"}, "invalid_input"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "invalid_input"),
        ({"cuts": [["nothing"]]}, "invalid_input"),
        ({"comparisons": [{"indicator": "nope", "treated": ["509901"], "start": "2026-01-01"}]}, "invalid_input"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(client: TestClient, body: dict[str, Any], wanted: str) -> None:
    assert code(client.post(URL, json=body, headers=CITY)) == (422, wanted)


def test_residents_and_grid_workers_see_none(client: TestClient) -> None:
    for caller in ("resident", "grid"):
        assert client.get(URL, headers={"X-Caller": caller}).status_code == 403
        assert client.post(URL, json={}, headers={"X-Caller": caller}).status_code == 403


def test_a_comparison_that_cannot_be_made_is_listed(client: TestClient, reported: list[str]) -> None:
    body = {"comparisons": [{"indicator": "valid_report_rate", "treated": ["509901"], "start": "2026-01-01"}]}
    report = made(client, **body)["report"]
    assert report["not_compared"][0]["indicator"] == "valid_report_rate"


def test_nobody_reviews_an_evaluation_of_their_own(client: TestClient) -> None:
    one = made(client)
    words = {"findings": [{"id": "split:reporter:1", "verdict": "dismissed", "reason": "查过"}]}
    assert code(client.post(f"{URL}/{one['id']}/review", json=words, headers=CITY)) == (403, "forbidden")
    assert code(client.post(f"{URL}/{one['id']}/review", json=words, headers=SECOND)) == (404, "not_found")

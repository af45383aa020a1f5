"""Compensation over HTTP: a draft from a table, confirmed by finance, amended; seen by whom it concerns."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.auth import Principal, Role
from tests.api import conftest

URL = "/api/v1/compensations"
CITY, JIANGLAN, PINGLING = {"X-Caller": "city"}, {"X-Caller": "jianglan"}, {"X-Caller": "pingling"}
FINANCE, ECOLOGY = {"X-Caller": "finance"}, {"X-Caller": "ecology"}


@pytest.fixture(autouse=True)
def departments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("finance", "ecology"):
        officer = Principal(
            id=f"{name}-1", name=name, role=Role.DEPARTMENT_OFFICER, regions=("509900",), unit=f"u-509900-{name}"
        )
        monkeypatch.setitem(conftest.CALLERS, name, officer)


def row(month: str = "2025-07", **cells: Any) -> dict[str, Any]:
    plain = {
        "断面": "云溪中断面", "月份": month, "上游": "江岚区", "下游": "鹭北区", "考核目标": "Ⅲ", "上年类别": "Ⅳ",
        "化学需氧量(mg/L)": 17, "氨氮(mg/L)": 0.42, "总磷(mg/L)": 0.15, "溶解氧(mg/L)": 6.4,
    }  # fmt: skip
    return plain | cells


def submitted(client: TestClient, *rows: dict[str, Any], headers: dict[str, str] = CITY, **more: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"rows": list(rows) or [row()], "scheme": "cq-2018"} | more, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_way_of_a_statement(client: TestClient) -> None:
    made = submitted(client, row(), row("2025-08", **{"氨氮(mg/L)": None}), headers=JIANGLAN)
    name = made["id"]
    assert (made["state"], made["open"], made["prepared_by"]) == ("draft", 1, "d-1")
    assert made["statement"]["items"][0]["amount_fen"] == 100_000_000
    assert ("生态保护补偿条例", "17") in {(one["law"], one["article"]) for one in made["citations"]}
    assert (
        client.post(
            URL, json={"rows": [row(), row("2025-08", **{"氨氮(mg/L)": None})], "scheme": "cq-2018"}
        ).status_code
        == 200
    )

    assert code(client.post(f"{URL}/{name}/confirm", json={}, headers=FINANCE)) == (409, "conflict")
    assert code(client.post(f"{URL}/{name}/confirm", json={}, headers=ECOLOGY)) == (403, "forbidden")
    assert code(client.post(f"{URL}/{name}/confirm", json={}, headers=JIANGLAN)) == (403, "forbidden")

    fixed = client.post(f"{URL}/{name}/amend", json={"rows": [row("2025-08")], "reason": "补测氨氮"}, headers=CITY)
    assert fixed.status_code == 201, fixed.text
    fresh = fixed.json()
    assert (fresh["number"], fresh["supersedes"], fresh["open"]) == (2, name, 0)
    assert client.get(f"{URL}/{name}", headers=CITY).json()["state"] == "superseded"
    assert code(client.post(f"{URL}/{name}/amend", json={"rows": [], "reason": "再改"}, headers=CITY)) == (
        409,
        "conflict",
    )

    done = client.post(f"{URL}/{fresh['id']}/confirm", json={"reason": "同意"}, headers=FINANCE).json()
    assert (done["state"], done["decision"]["by"], done["decision"]["verdict"]) == ("confirmed", "finance-1", "confirm")
    again = client.post(f"{URL}/{fresh['id']}/return", json={"reason": "晚了"}, headers=CITY)
    assert code(again) == (409, "already_decided")
    assert again.json()["error"]["by"] == "finance-1"
    entries = client.get("/api/v1/audit", params={"limit": 500}, headers=CITY).json()["items"]
    assert [one["action"] for one in entries if one["action"].startswith("compensation.")] == [
        "compensation.draft", "compensation.amend", "compensation.confirm",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def drafted(shared: TestClient) -> tuple[TestClient, dict[str, Any]]:
    return shared, submitted(shared)


def test_only_those_whom_it_concerns_see_it(drafted: tuple[TestClient, dict[str, Any]]) -> None:
    client, made = drafted
    url = f"{URL}/{made['id']}"
    assert client.get(url, headers=JIANGLAN).status_code == 200
    assert code(client.get(url, headers=PINGLING)) == (404, "statement_not_found")
    assert code(client.get(url, headers={"X-Caller": "resident"})) == (403, "forbidden")
    assert [one["id"] for one in client.get(URL, headers=JIANGLAN).json()["items"]] == [made["id"]]
    assert client.get(URL, headers=PINGLING).json() == {"items": [], "cursor": ""}
    assert code(client.get(f"{URL}/cs-none")) == (404, "statement_not_found")


@pytest.mark.parametrize(
    ("form", "begins", "kind"),
    [("html", b"<!doctype html>", "text/html"), ("xlsx", b"PK", "spreadsheet"), ("docx", b"PK", "wordprocessing")],
)
def test_reports(drafted: tuple[TestClient, dict[str, Any]], form: str, begins: bytes, kind: str) -> None:
    client, made = drafted
    answer = client.get(f"{URL}/{made['id']}/report", params={"format": form})
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert kind in answer.headers["content-type"]
    assert client.get(f"{URL}/{made['id']}/report", params={"format": form}).content == answer.content


def test_a_report_of_another_kind_is_refused(drafted: tuple[TestClient, dict[str, Any]]) -> None:
    client, made = drafted
    assert code(client.get(f"{URL}/{made['id']}/report", params={"format": "pdf"})) == (422, "invalid_input")


def test_schemes_say_where_they_come_from(shared: TestClient) -> None:
    items = shared.get(f"{URL}/schemes").json()["items"]
    assert {"cq-2018", "cq-2023", "composite-metals"} <= {one["id"] for one in items}
    assert all(one["sources"] and one["undisclosed"] for one in items)


def test_a_scheme_may_be_sent_whole(shared: TestClient) -> None:
    component = {"id": "q", "kind": "last_year", "better_cny": "12.34", "worse_cny": 1, "failed_cny": 1}
    scheme = {"format": "lianzhi-scheme/1", "id": "own", "name": "自有", "version": "1", "component": [component]}
    made = submitted(shared, scheme=scheme)
    assert made["statement"]["items"][0]["amount_fen"] == 1234
    bad = shared.post(URL, json={"rows": [row()], "scheme": scheme | {"water": "sea", "id": ""}})
    assert code(bad) == (422, "bad_scheme")
    assert len(bad.json()["error"]["details"]) == 2


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"rows": [row()], "scheme": "../../etc/passwd.toml"}, 422, "bad_scheme"),
        ({"rows": [{"a": 1}]}, 422, "bad_table"),
        ({"rows": []}, 422, "invalid_input"),
        ({"rows": [row()], "period": "去年"}, 422, "invalid_input"),
        ({"rows": [row()], "extra": 1}, 422, "unknown_field"),
    ],
)
def test_what_cannot_be_used(shared: TestClient, body: dict[str, Any], status: int, kind: str) -> None:
    assert code(shared.post(URL, json=body)) == (status, kind)


def test_a_return_needs_a_reason(drafted: tuple[TestClient, dict[str, Any]]) -> None:
    client, made = drafted
    assert code(client.post(f"{URL}/{made['id']}/return", json={"reason": " "})) == (422, "empty_text")

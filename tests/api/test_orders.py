"""Work orders over HTTP drive their case."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import post, rested

ORDERS = "/api/v1/work-orders"


@pytest.fixture
def order(client: TestClient) -> dict[str, Any]:
    """The handling order of the case on the line."""
    case = rested(client, post(client)["case_id"])
    (order,) = client.get(f"/api/v1/cases/{case['id']}/work-orders").json()["items"]
    return order


def move(client: TestClient, order: dict[str, Any], move: str, reason: str = "", caller: str = "") -> Any:
    body = {"move": move, "reason": reason}
    return client.post(f"{ORDERS}/{order['id']}/moves", json=body, headers={"X-Caller": caller} if caller else {})


def test_an_order_can_be_read_and_found(client: TestClient, order: dict[str, Any]) -> None:
    assert client.get(f"{ORDERS}/{order['id']}").json() == order
    assert order["due_at"] > order["issued_at"]
    assert order["due_source"] in ("statutory", "suggested")
    assert client.get(ORDERS).json() == {"items": [order], "cursor": ""}
    assert client.get(ORDERS, params={"unit": order["unit"], "status": "issued"}).json()["items"] == [order]
    assert client.get(ORDERS, params={"status": "done"}).json()["items"] == []


def test_accepting_an_order_accepts_the_case(client: TestClient, order: dict[str, Any]) -> None:
    answer = move(client, order, "accept")
    assert answer.status_code == 200
    assert (answer.json()["order"]["status"], answer.json()["case"]["stage"]) == ("accepted", "accepted")


def test_the_same_answer_twice_changes_nothing_more(client: TestClient, order: dict[str, Any]) -> None:
    first, again = move(client, order, "accept"), move(client, order, "accept")
    assert again.status_code == 200
    assert again.json() == first.json()


def test_returning_an_order_needs_a_reason_and_returns_the_case(client: TestClient, order: dict[str, Any]) -> None:
    assert move(client, order, "return").json()["error"]["code"] == "empty_text"
    answer = move(client, order, "return", "不属于本单位管辖")
    assert answer.json()["order"]["status"] == "returned"
    assert answer.json()["case"]["stage"] == "returned"
    assert answer.json()["case"]["returns"] == 1
    history = client.get(f"/api/v1/cases/{order['case_id']}/history").json()["moves"]
    assert (history[-1]["move"], history[-1]["reason"]) == ("return", "不属于本单位管辖")


def test_an_order_is_accepted_before_it_is_done(client: TestClient, order: dict[str, Any]) -> None:
    answer = move(client, order, "done")
    assert answer.status_code == 409
    assert answer.json()["error"]["legal"] == ["accepted", "returned", "revoked"]


def test_a_case_is_not_handled_while_its_opinion_waits(client: TestClient, order: dict[str, Any]) -> None:
    move(client, order, "accept")
    answer = move(client, order, "done", "已围挡")
    assert answer.json()["order"]["status"] == "done"
    assert answer.json()["case"]["stage"] == "accepted"


def test_what_was_done_before_the_ruling_is_reported_once_all_is_done(
    client: TestClient, order: dict[str, Any]
) -> None:
    move(client, order, "accept")
    move(client, order, "done", "已处置")
    case = client.get(f"/api/v1/cases/{order['case_id']}").json()
    ruling = client.post(f"/api/v1/opinions/{case['opinion']}/approve", json={})
    assert ruling.status_code == 200
    after = rested(client, order["case_id"])
    orders = client.get(f"/api/v1/cases/{order['case_id']}/work-orders").json()["items"]
    waiting = [made for made in orders if made["status"] == "issued"]
    for made in waiting:
        move(client, made, "accept")
        after = move(client, made, "done").json()["case"]
    assert after["stage"] == "reported"


def test_a_case_is_reported_when_every_order_is_done(client: TestClient, order: dict[str, Any]) -> None:
    case_id = order["case_id"]
    opinion = client.get(f"/api/v1/cases/{case_id}").json()["opinion"]
    client.post(f"/api/v1/opinions/{opinion}/approve", json={})
    rested(client, case_id)
    handling, upkeep = client.get(f"/api/v1/cases/{case_id}/work-orders").json()["items"]
    stages = [
        move(client, which, step, "办理").json()["case"]["stage"]
        for which, step in ((handling, "accept"), (handling, "done"), (upkeep, "accept"), (upkeep, "done"))
    ]
    assert stages == ["accepted", "accepted", "accepted", "reported"]


def test_an_order_that_does_not_exist(client: TestClient) -> None:
    for answer in (client.get(f"{ORDERS}/w-none"), move(client, {"id": "w-none"}, "accept")):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "work_order_not_found"


def test_another_districts_orders_do_not_exist(client: TestClient, order: dict[str, Any]) -> None:
    assert client.get(f"{ORDERS}/{order['id']}", headers={"X-Caller": "pingling"}).status_code == 404
    assert move(client, order, "accept", caller="pingling").status_code == 404
    assert client.get(ORDERS, headers={"X-Caller": "pingling"}).json()["items"] == []


def test_a_unit_does_not_answer_for_another_unit(client: TestClient, order: dict[str, Any]) -> None:
    answer = move(client, order, "accept", caller="grid")
    assert answer.status_code == 403
    assert client.get(f"{ORDERS}/{order['id']}").json()["status"] == "issued"


def test_a_unit_cannot_revoke(client: TestClient, order: dict[str, Any]) -> None:
    assert move(client, order, "revoke", "不做了").status_code == 422


def dispatch(client: TestClient, order: dict[str, Any], unit: str, key: str = "") -> Any:
    body = {"move": "dispatch", "unit": unit, "reason": "原单位退单，改派"}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/cases/{order['case_id']}/moves", json=body, headers=headers)


@pytest.mark.parametrize("key", ["", "again-1"])
def test_a_returned_order_is_given_to_another_unit_and_goes_on(
    client: TestClient, order: dict[str, Any], key: str
) -> None:
    move(client, order, "return", "不属于本单位管辖")
    unit = "u-509902-road_maintenance"
    answer = dispatch(client, order, unit, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stage"] == "dispatched"
    again = dispatch(client, order, unit, key)
    assert again.status_code == (200 if key else 409)
    old, new = client.get(f"/api/v1/cases/{order['case_id']}/work-orders").json()["items"]
    assert (old["status"], new["status"], new["unit"], new["duty"]) == ("returned", "issued", unit, "handling")
    assert new["due_at"]
    assert "原单位退单，改派" in new["text"]
    assert move(client, new, "accept").json()["case"]["stage"] == "accepted"
    entry = client.get("/api/v1/audit", params={"case": order["case_id"], "actor": "demo-officer"}).json()["items"]
    assert ("case.move", "dispatch") in {(e["action"], e["detail"].get("move")) for e in entry}


def test_nobody_unknown_is_sent_and_the_case_stays_where_it_is(client: TestClient, order: dict[str, Any]) -> None:
    move(client, order, "return", "不属于本单位管辖")
    answer = dispatch(client, order, "u-0")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "unknown_unit")
    assert client.get(f"/api/v1/cases/{order['case_id']}").json()["stage"] == "returned"


def test_a_unit_is_named_for_a_dispatch_only(client: TestClient, order: dict[str, Any]) -> None:
    body = {"move": "suspend", "reason": "等", "unit": "u-509902-road_maintenance"}
    answer = client.post(f"/api/v1/cases/{order['case_id']}/moves", json=body)
    assert answer.status_code == 422

"""Opinions over HTTP: read, ruled on once, and carried out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import post, rested

OPINIONS = "/api/v1/opinions"


@pytest.fixture
def case(client: TestClient) -> dict[str, Any]:
    """A case whose opinion waits for an officer."""
    return rested(client, post(client)["case_id"])


def orders(client: TestClient, case: dict[str, Any]) -> list[tuple[str, str, str]]:
    items = client.get(f"/api/v1/cases/{case['id']}/work-orders").json()["items"]
    return [(order["duty"], order["unit"], order["status"]) for order in items]


def test_an_opinion_can_be_read(shared: TestClient, waiting: dict[str, Any]) -> None:
    view = shared.get(f"{OPINIONS}/{waiting['opinion']}").json()
    assert view["case_id"] == waiting["id"]
    assert view["decision"] is None
    assert view["opinion"]["id"] == waiting["opinion"]
    assert view["opinion"]["label"]


def test_nothing_of_an_opinion_is_lost_on_the_way(shared: TestClient, waiting: dict[str, Any]) -> None:
    opinion = shared.get(f"{OPINIONS}/{waiting['opinion']}").json()["opinion"]
    assert {
        "id", "observation", "issue", "duties", "candidates", "boundary", "citations", "agreements", "precedents",
        "evidence", "counter_argument", "confidence", "emergency", "human_required", "escalation", "deadlines",
        "rules", "explanation", "versions",
    } <= set(opinion)  # fmt: skip
    assert {"fired", "considered"} == set(opinion["rules"])
    assert len(opinion["explanation"]["steps"]) == 3


def test_the_second_officer_is_told_who_was_first(client: TestClient, case: dict[str, Any]) -> None:
    url = f"{OPINIONS}/{case['opinion']}"
    first = client.post(f"{url}/approve", json={}, headers={"X-Caller": "city"})
    assert first.status_code == 200
    assert first.json()["decision"]["by"] == "city-1"
    for verdict, body in (
        ("approve", {}),
        ("reject", {"reason": "不同意"}),
        ("amend", {"reason": "改", "changes": {"upkeep": "u-509901-drainage"}}),
    ):
        second = client.post(f"{url}/{verdict}", json=body, headers={"X-Caller": "second"})
        assert second.status_code == 409
        error = second.json()["error"]
        assert (error["code"], error["by"], error["verdict"]) == ("already_decided", "city-1", "approve")
        assert error["at"] == first.json()["decision"]["at"]
    assert client.get(url).json()["decision"]["by"] == "city-1"


def test_of_eight_officers_at_once_exactly_one_decides(client: TestClient, case: dict[str, Any]) -> None:
    def rule(n: int) -> int:
        caller = {"X-Caller": "city" if n % 2 else "second"}
        return client.post(f"{OPINIONS}/{case['opinion']}/approve", json={}, headers=caller).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(rule, range(8))) == [200] + [409] * 7


def test_an_approval_sends_the_upkeep_order(client: TestClient, case: dict[str, Any]) -> None:
    opinion = client.get(f"{OPINIONS}/{case['opinion']}").json()["opinion"]
    assert [duty for duty, _, _ in orders(client, case)] == ["handling"]
    client.post(f"{OPINIONS}/{case['opinion']}/approve", json={"reason": "同意"})
    rested(client, case["id"])
    upkeep = [unit for duty, unit, _ in orders(client, case) if duty == "upkeep"]
    assert upkeep == [opinion["duties"]["upkeep"]["unit"]]


def test_an_amendment_sends_the_officers_unit(client: TestClient, case: dict[str, Any]) -> None:
    body = {"changes": {"upkeep": "u-509902-drainage"}, "reason": "台账显示由鹭北区养护"}
    answer = client.post(f"{OPINIONS}/{case['opinion']}/amend", json=body)
    assert answer.status_code == 200
    assert answer.json()["decision"]["changes"] == body["changes"]
    rested(client, case["id"])
    assert [unit for duty, unit, _ in orders(client, case) if duty == "upkeep"] == ["u-509902-drainage"]


def test_a_rejection_takes_the_case_up_and_leaves_handling(client: TestClient, case: dict[str, Any]) -> None:
    answer = client.post(f"{OPINIONS}/{case['opinion']}/reject", json={"reason": "证据不足"})
    assert answer.status_code == 200
    assert rested(client, case["id"])["stage"] == "escalated"
    assert [duty for duty, _, _ in orders(client, case)] == ["handling"]


def test_a_rejection_may_say_who_bears_what_instead(client: TestClient, case: dict[str, Any]) -> None:
    duties = {
        "handling": "u-509902-road_maintenance", "upkeep": "u-509902-road_maintenance",
        "supervision": "u-509902-urban_management", "enforcement": "u-509902-urban_management",
    }  # fmt: skip
    body = {"reason": "移交清单显示归鹭北区市政", "duties": duties}
    answer = client.post(f"{OPINIONS}/{case['opinion']}/reject", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["decision"]["changes"] == duties
    assert rested(client, case["id"])["stage"] == "dispatched"
    now = {(duty, unit) for duty, unit, status in orders(client, case) if status == "issued"}
    assert now == {("handling", duties["handling"]), ("upkeep", duties["upkeep"])}


@pytest.mark.parametrize(
    ("verdict", "body", "status", "code"),
    [
        pytest.param("reject", {}, 422, "invalid_input", id="reject without a reason"),
        pytest.param("reject", {"reason": ""}, 422, "invalid_input", id="reject with an empty reason"),
        pytest.param("reject", {"reason": "  "}, 422, "empty_text", id="reject with blanks"),
        pytest.param("amend", {"changes": {"upkeep": "u-509901-drainage"}}, 422, "invalid_input", id="no reason"),
        pytest.param("amend", {"changes": {}, "reason": "改"}, 422, "invalid_input", id="amend nothing"),
        pytest.param("amend", {"changes": {"cost": "u"}, "reason": "改"}, 422, "invalid_input", id="no such duty"),
        pytest.param("amend", {"changes": {"upkeep": "u-0"}, "reason": "改"}, 422, "unknown_unit", id="no such unit"),
        pytest.param(
            "reject", {"reason": "否", "duties": {"upkeep": "u-0"}}, 422, "unknown_unit", id="rejected for nobody"
        ),
        pytest.param("approve", {"force": True}, 422, "unknown_field", id="unknown key"),
    ],
)
def test_a_ruling_that_is_not_complete_is_refused_and_not_recorded(
    shared: TestClient, waiting: dict[str, Any], verdict: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = shared.post(f"{OPINIONS}/{waiting['opinion']}/{verdict}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert shared.get(f"{OPINIONS}/{waiting['opinion']}").json()["decision"] is None


def test_an_opinion_that_does_not_exist(shared: TestClient) -> None:
    for answer in (shared.get(f"{OPINIONS}/op-none"), shared.post(f"{OPINIONS}/op-none/approve", json={})):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "opinion_not_found"


def test_another_districts_officer_neither_sees_nor_rules(shared: TestClient, waiting: dict[str, Any]) -> None:
    url, caller = f"{OPINIONS}/{waiting['opinion']}", {"X-Caller": "pingling"}
    assert shared.get(url, headers=caller).status_code == 404
    assert shared.post(f"{url}/approve", json={}, headers=caller).status_code == 404


def test_grid_workers_do_not_rule(shared: TestClient, waiting: dict[str, Any]) -> None:
    answer = shared.post(f"{OPINIONS}/{waiting['opinion']}/approve", json={}, headers={"X-Caller": "grid"})
    assert answer.status_code == 403


def test_an_opinion_can_be_had_as_a_document(client: TestClient, case: dict[str, Any]) -> None:
    url = f"{OPINIONS}/{case['opinion']}.docx"
    draft = client.get(url)
    assert draft.status_code == 200
    assert draft.headers["content-type"].endswith("wordprocessingml.document")
    assert case["opinion"] in draft.headers["content-disposition"]
    assert draft.content == client.get(url).content
    client.post(f"{OPINIONS}/{case['opinion']}/approve", json={"reason": "同意"})
    assert client.get(url).content != draft.content
    assert client.get(url, headers={"X-Caller": "pingling"}).status_code == 404
    assert client.get(f"{OPINIONS}/op-none.docx").json()["error"]["code"] == "opinion_not_found"

"""Disputes over HTTP: drafted, returned, talked over, taken up, ruled on, and told as a precedent."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import post, rested

ROAD, CITY_CALLER, DISTRICT = "u-509902-road_maintenance", {"X-Caller": "city"}, {"X-Caller": "jianglan"}
PRECEDENTS, DISPUTES = "/api/v1/precedents", "/api/v1/disputes"


def orders(client: TestClient, case_id: str) -> list[dict[str, Any]]:
    return client.get(f"/api/v1/cases/{case_id}/work-orders").json()["items"]


def live(client: TestClient, case_id: str, duty: str = "handling") -> dict[str, Any]:
    return next(o for o in orders(client, case_id) if o["duty"] == duty and o["status"] in ("issued", "accepted"))


def give_back(client: TestClient, order: dict[str, Any], reason: str = "点位在对岸，不归我们") -> dict[str, Any]:
    answer = client.post(f"/api/v1/work-orders/{order['id']}/moves", json={"move": "return", "reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()


def only(client: TestClient, case_id: str) -> dict[str, Any]:
    (dispute,) = client.get(f"/api/v1/cases/{case_id}/disputes").json()["items"]
    return dispute


@pytest.fixture
def case(client: TestClient) -> dict[str, Any]:
    """The manhole on the line, sent to a township."""
    return rested(client, post(client)["case_id"])


@pytest.fixture
def dispute(client: TestClient, case: dict[str, Any]) -> dict[str, Any]:
    """What its return opened."""
    give_back(client, live(client, case["id"]))
    return only(client, case["id"])


def test_a_draft_is_made_from_the_opinion_and_marks_what_is_unproven(client: TestClient, case: dict[str, Any]) -> None:
    order = live(client, case["id"])
    url = f"/api/v1/work-orders/{order['id']}/return-draft"
    draft = client.get(url, params={"said": "那是对岸的井"}).json()
    assert draft["text"].startswith("退单理由（草拟）")
    assert draft["lines"][0] == {"text": "本单位认为：那是对岸的井", "proven": False, "against": False}
    assert "【未证实】" in draft["text"]
    assert draft["missing"]
    assert client.get(url, params={"said": "那是对岸的井"}).json() == draft
    assert live(client, case["id"])["status"] == "issued"
    assert client.get(url, headers={"X-Caller": "pingling"}).status_code == 404


def test_a_return_opens_a_dispute_with_a_clock_and_a_superior(client: TestClient, dispute: dict[str, Any]) -> None:
    assert (dispute["state"], dispute["round"], dispute["reason"]) == ("consulting", 1, "点位在对岸，不归我们")
    assert dispute["due_at"] > dispute["opened_at"]
    assert dispute["due_note"] == "建议时限，非法定"
    assert dispute["superior"]["region"] == "509900"
    assert dispute["superior"]["unit"] not in dispute["parties"]
    assert [one["proven"] for one in dispute["statements"]] == [False]
    shown = client.get(f"{DISPUTES}/{dispute['id']}")
    assert shown.json() == dispute
    assert shown.headers["etag"] == '"1"'
    listed = client.get(DISPUTES, params={"open": True}).json()
    assert [one["id"] for one in listed["items"]] == [dispute["id"]]
    assert client.get(DISPUTES, params={"open": False}).json()["items"] == []
    text = client.get(f"{DISPUTES}/{dispute['id']}/summary").json()["text"]
    assert "争议摘要书（草拟）" in text
    assert "【未证实】" in text


def test_the_second_return_takes_the_case_up_by_itself(client: TestClient, case: dict[str, Any]) -> None:
    give_back(client, live(client, case["id"]))
    body = {"move": "dispatch", "unit": ROAD, "reason": "改派"}
    assert client.post(f"/api/v1/cases/{case['id']}/moves", json=body).status_code == 200
    assert only(client, case["id"])["settlement"] == "reassigned"
    moved = give_back(client, live(client, case["id"]), "也不是我们的")
    assert moved["case"]["stage"] == "escalated"
    assert moved["case"]["returns"] == 2
    _, second = client.get(f"/api/v1/cases/{case['id']}/disputes").json()["items"]
    assert (second["state"], second["round"]) == ("escalated", 2)
    assert "第 2 次被退回" in second["why_up"]
    history = client.get(f"/api/v1/cases/{case['id']}/history").json()["moves"]
    assert (history[-1]["move"], history[-1]["by"]) == ("escalate", "system")


def test_only_whoever_governs_both_sides_rules_on_what_went_up(client: TestClient, dispute: dict[str, Any]) -> None:
    url = f"{DISPUTES}/{dispute['id']}"
    up = client.post(f"{url}/escalate", json={"reason": "谈不拢"}).json()
    assert up["state"] == "escalated"
    body = {"duties": {"handling": ROAD}, "reason": "按移交清单归鹭北区"}
    refused = client.post(f"{url}/rule", json=body, headers=DISTRICT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    done = client.post(f"{url}/rule", json=body, headers=CITY_CALLER | {"If-Match": f'"{up["version"]}"'})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["settlement"], done.json()["ruled_by"]) == ("ruled", "superior", "city-1")
    assert live(client, dispute["case_id"])["unit"] == ROAD
    assert client.get(f"/api/v1/cases/{dispute['case_id']}").json()["stage"] == "dispatched"
    again = client.post(f"{url}/rule", json=body, headers=CITY_CALLER)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


def test_what_was_agreed_is_recorded_only_if_the_other_side_spoke(client: TestClient, dispute: dict[str, Any]) -> None:
    url, body = f"{DISPUTES}/{dispute['id']}/rule", {"duties": {"handling": ROAD}, "reason": "协商一致"}
    assert client.post(url, json=body, headers=DISTRICT).status_code == 403
    own = {"duties": {"handling": dispute["unit"]}, "reason": "退单单位收回"}
    done = client.post(url, json=own, headers=DISTRICT)
    assert done.status_code == 200, done.text
    assert done.json()["settlement"] == "negotiated"


def test_parties_speak_and_others_do_not(client: TestClient, dispute: dict[str, Any]) -> None:
    url = f"{DISPUTES}/{dispute['id']}/statements"
    said = client.post(url, json={"text": "点位确在对岸"})
    assert said.status_code == 200
    assert [one["text"] for one in said.json()["statements"]][-1] == "点位确在对岸"
    assert client.post(url, json={"text": " "}).json()["error"]["code"] == "empty_text"
    assert client.post(url, json={"text": "我也说"}, headers={"X-Caller": "grid"}).status_code == 403
    assert client.post(url, json={"text": "x"}, headers={"X-Caller": "pingling"}).status_code == 404
    assert client.post(url, json={"text": "x"}, headers={"X-Caller": "resident"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        pytest.param("rule", {"duties": {}, "reason": "x"}, 422, "invalid_input", id="nobody named"),
        pytest.param("rule", {"duties": {"upkeep": ROAD}, "reason": "x"}, 422, "empty_text", id="another duty only"),
        pytest.param("rule", {"duties": {"handling": "u-0"}, "reason": "x"}, 422, "unknown_unit", id="no such unit"),
        pytest.param("rule", {"duties": {"handling": ROAD}}, 422, "invalid_input", id="no reason"),
        pytest.param("escalate", {"reason": "  "}, 422, "empty_text", id="up without a reason"),
        pytest.param("withdraw", {"reason": " "}, 422, "empty_text", id="back without a reason"),
    ],
)
def test_what_is_not_complete_is_refused(
    client: TestClient, dispute: dict[str, Any], path: str, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"{DISPUTES}/{dispute['id']}/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert only(client, dispute["case_id"])["state"] == "consulting"


def test_a_dispute_that_is_not_there_or_not_ones_own(client: TestClient, dispute: dict[str, Any]) -> None:
    for answer in (
        client.get(f"{DISPUTES}/dp-none"),
        client.get(f"{DISPUTES}/{dispute['id']}", headers={"X-Caller": "pingling"}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "dispute_not_found")
    stale = client.post(
        f"{DISPUTES}/{dispute['id']}/rule", json={"duties": {"handling": ROAD}, "reason": "x"},
        headers={"If-Match": '"9"'},
    )  # fmt: skip
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "precondition_failed")


def test_taken_back_it_is_over(client: TestClient, dispute: dict[str, Any]) -> None:
    done = client.post(f"{DISPUTES}/{dispute['id']}/withdraw", json={"reason": "核实后由我们办理"})
    assert done.json()["state"] == "withdrawn"
    assert done.json()["due_at"] is None


def test_a_ruling_becomes_a_precedents_draft_with_its_provenance(client: TestClient, dispute: dict[str, Any]) -> None:
    case_id = dispute["case_id"]
    body = {"duties": {"handling": ROAD, "upkeep": ROAD}, "reason": "移交清单为准，联系人刘建国13812345678"}
    assert client.post(f"{DISPUTES}/{dispute['id']}/rule", json=body, headers=CITY_CALLER).status_code == 200
    opinion = client.get(f"/api/v1/cases/{case_id}").json()["opinion"]
    assert client.post(f"/api/v1/opinions/{opinion}/approve", json={}).status_code == 200
    rested(client, case_id)
    for order in [one for one in orders(client, case_id) if one["status"] == "issued"]:
        for move in ("accept", "done"):
            answer = client.post(f"/api/v1/work-orders/{order['id']}/moves", json={"move": move})
            assert answer.status_code == 200, answer.text
    case = client.get(f"/api/v1/cases/{case_id}").json()
    assert case["stage"] == "reported", case
    for move in ("verify", "close", "evaluate"):
        assert client.post(f"/api/v1/cases/{case_id}/moves", json={"move": move}).status_code == 200
    (draft,) = client.get(PRECEDENTS, params={"state": "proposed"}).json()["items"]
    assert (draft["case_id"], draft["proposed_by"]) == (case_id, "system")
    assert draft["provenance"]["verdict"] == "dispute:superior"
    assert draft["provenance"]["ruled_by"] == "city-1"
    assert "（争议裁定）" in draft["ruling"]
    assert "13812345678" not in draft["ruling"]
    assert {one["duty"]: one["sector"] for one in draft["bearers"]}["upkeep"] == "road_maintenance"
    approved = client.post(f"{PRECEDENTS}/{draft['id']}/approve", json={}, headers={"X-Caller": "second"})
    assert approved.status_code == 200, approved.text
    actions = [
        entry["action"]
        for entry in client.get("/api/v1/audit", params={"case_id": case_id, "limit": 500}).json()["items"]
    ]
    assert [a for a in actions if a.startswith("dispute.")] == ["dispute.open", "dispute.rule"]

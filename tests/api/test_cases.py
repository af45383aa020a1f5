"""Cases over HTTP: lists, versions, moves, and whose they are."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import ON_THE_LINE, post, rested

CASES = "/api/v1/cases"
ELSEWHERE = {"text": "路灯不亮", "lon": 106.39, "lat": 29.58, "crs": "WGS84", "accuracy_m": 5}
"""A street lamp in 雾门街道 of 屏岭区, far from every line."""


@pytest.fixture
def case_id(client: TestClient) -> str:
    """A case that waits for an officer."""
    case_id = post(client)["case_id"]
    rested(client, case_id)
    return case_id


def test_a_case_that_does_not_exist(shared: TestClient) -> None:
    answer = shared.get(f"{CASES}/c-none")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "case_not_found"


def test_lists_are_paged_and_filtered(client: TestClient) -> None:
    made = [
        post(client, external_id=str(n), text=f"路灯不亮 {n}", lat=29.58 + n / 500, lon=106.39)["case_id"]
        for n in range(5)
    ]
    for case_id in made:
        rested(client, case_id)
    seen, cursor = [], ""
    while True:
        page = client.get(CASES, params={"limit": 2, "cursor": cursor}).json()
        seen += [case["id"] for case in page["items"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5
    assert client.get(CASES, params={"stage": "closed"}).json()["items"] == []
    issue = client.get(f"{CASES}/{made[0]}").json()["issue"]
    assert {case["issue"] for case in client.get(CASES, params={"issue": issue}).json()["items"]} == {issue}


@pytest.mark.parametrize(
    "params",
    [{"stage": "lost"}, {"limit": 0}, {"limit": 501}, {"limit": "x"}, {"cursor": "x"}, {"awaiting": "perhaps"}],
)
def test_filters_that_do_not_exist_are_refused(shared: TestClient, params: dict[str, str]) -> None:
    answer = shared.get(CASES, params=params)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_input"
    assert answer.json()["error"]["hint"]


def test_what_waits_for_a_signature_can_be_listed(shared: TestClient, waiting: dict[str, Any]) -> None:
    assert [case["id"] for case in shared.get(CASES, params={"awaiting": True}).json()["items"]] == [waiting["id"]]
    assert shared.get(CASES, params={"awaiting": False}).json()["items"] == []


def test_the_etag_follows_the_version(client: TestClient, case_id: str) -> None:
    first = client.get(f"{CASES}/{case_id}")
    assert first.headers["etag"] == f'"{first.json()["version"]}"'
    unchanged = client.get(f"{CASES}/{case_id}", headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    moved = client.post(
        f"{CASES}/{case_id}/moves",
        json={"move": "suspend", "reason": "等汛期过后"},
        headers={"If-Match": first.headers["etag"]},
    )
    assert moved.status_code == 200
    assert moved.headers["etag"] != first.headers["etag"]
    fresh = client.get(f"{CASES}/{case_id}", headers={"If-None-Match": first.headers["etag"]})
    assert fresh.status_code == 200
    assert fresh.json()["stage"] == "suspended"


def test_a_move_on_an_older_version_fails_and_changes_nothing(shared: TestClient, waiting: dict[str, Any]) -> None:
    before = shared.get(f"{CASES}/{waiting['id']}").json()
    answer = shared.post(
        f"{CASES}/{waiting['id']}/moves", json={"move": "suspend", "reason": "等"}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 412
    assert answer.json()["error"]["code"] == "precondition_failed"
    assert shared.get(f"{CASES}/{waiting['id']}").json() == before


@pytest.mark.parametrize("tag", ["one", '"x"', '"1", "2"', "-1"])
def test_a_tag_that_we_never_gave_is_refused(shared: TestClient, waiting: dict[str, Any], tag: str) -> None:
    answer = shared.post(
        f"{CASES}/{waiting['id']}/moves", json={"move": "suspend", "reason": "等"}, headers={"If-Match": tag}
    )
    assert answer.status_code == 422


def test_an_illegal_move_lists_the_legal_ones(shared: TestClient, waiting: dict[str, Any]) -> None:
    answer = shared.post(f"{CASES}/{waiting['id']}/moves", json={"move": "close"})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "illegal_move"
    assert set(error["legal"]) == {"accept", "return", "suspend", "escalate"}


def test_some_moves_need_a_reason(shared: TestClient, waiting: dict[str, Any]) -> None:
    answer = shared.post(f"{CASES}/{waiting['id']}/moves", json={"move": "suspend"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "empty_text"


def test_a_move_that_no_table_has(shared: TestClient, waiting: dict[str, Any]) -> None:
    answer = shared.post(f"{CASES}/{waiting['id']}/moves", json={"move": "explode"})
    assert answer.status_code == 422
    assert "explode" not in answer.text


def test_a_move_is_made_once_per_key(client: TestClient, case_id: str) -> None:
    body, key = {"move": "suspend", "reason": "等汛期过后"}, {"Idempotency-Key": "m-1"}
    first = client.post(f"{CASES}/{case_id}/moves", json=body, headers=key).json()
    again = client.post(f"{CASES}/{case_id}/moves", json=body, headers=key)
    assert again.status_code == 200
    assert again.json()["version"] == first["version"]


def test_a_wrong_merge_is_taken_back_and_the_case_goes_on_alone(client: TestClient, case_id: str) -> None:
    second = post(client, external_id="again")["case_id"]
    merged = rested(client, second)
    assert (merged["stage"], merged["master"]) == ("merged", case_id)
    answer = client.post(f"{CASES}/{second}/unmerge", json={"reason": "不是同一个井盖"})
    assert answer.status_code == 200
    assert answer.json()["master"] == ""
    alone = rested(client, second)
    assert alone["stage"] == "dispatched"
    assert alone["opinion"]
    moves = [step["move"] for step in client.get(f"{CASES}/{second}/history").json()["moves"]]
    assert moves[:2] == ["merge", "unmerge"]


def test_only_a_merged_case_can_be_unmerged(shared: TestClient, waiting: dict[str, Any]) -> None:
    answer = shared.post(f"{CASES}/{waiting['id']}/unmerge", json={"reason": "误并"})
    assert answer.status_code == 409


def test_a_case_may_be_merged_by_hand(client: TestClient, case_id: str) -> None:
    other = post(client, **ELSEWHERE)["case_id"]
    rested(client, other)
    answer = client.post(f"{CASES}/{other}/moves", json={"move": "merge", "into": case_id})
    assert answer.status_code == 409
    assert "merge" not in answer.json()["error"]["legal"]


PATHS = ["", "/history", "/opinions", "/work-orders", "/events"]


@pytest.mark.parametrize("path", PATHS)
def test_another_districts_case_does_not_exist(shared: TestClient, waiting: dict[str, Any], path: str) -> None:
    assert shared.get(f"{CASES}/{waiting['id']}{path}", headers={"X-Caller": "city"}).status_code == 200
    hidden = shared.get(f"{CASES}/{waiting['id']}{path}", headers={"X-Caller": "pingling"})
    missing = shared.get(f"{CASES}/c-none{path}", headers={"X-Caller": "pingling"})
    assert hidden.status_code == missing.status_code == 404
    same = hidden.json()["error"] | {"request_id": ""}
    assert same == {**missing.json()["error"], "request_id": "", "message": same["message"]}
    assert same["message"].replace(waiting["id"], "c-none") == missing.json()["error"]["message"]


def test_a_list_shows_ones_own_districts_cases_only(client: TestClient, case_id: str) -> None:
    lamp = post(client, **ELSEWHERE)["case_id"]
    rested(client, lamp)
    listed = client.get(CASES, headers={"X-Caller": "pingling"}).json()["items"]
    assert [case["id"] for case in listed] == [lamp]


@pytest.mark.parametrize("path", PATHS)
def test_residents_read_no_cases(shared: TestClient, waiting: dict[str, Any], path: str) -> None:
    answer = shared.get(f"{CASES}/{waiting['id']}{path}", headers={"X-Caller": "resident"})
    assert answer.status_code == 403


def test_grid_workers_move_no_cases(client: TestClient) -> None:
    case_id = post(client, **ELSEWHERE)["case_id"]
    rested(client, case_id)
    answer = client.post(
        f"{CASES}/{case_id}/moves", json={"move": "suspend", "reason": "等"}, headers={"X-Caller": "grid"}
    )
    assert answer.status_code in (403, 404)


def test_the_line_report_really_is_on_a_line(shared: TestClient, waiting: dict[str, Any]) -> None:
    case = shared.get(f"{CASES}/{waiting['id']}").json()
    assert case["region"].startswith(("509901", "509902"))
    assert case["observation"]["text"] == ON_THE_LINE["text"]

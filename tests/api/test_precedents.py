"""Precedents over HTTP: from a closed case to what everybody finds, and out again."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from knowledge.versions import only_builder
from tests.api.conftest import client_of, make_app, post, rested

URL = "/api/v1/precedents"
PROPOSER, APPROVER, OTHER = {"X-Caller": "jianglan"}, {"X-Caller": "city"}, {"X-Caller": "pingling"}
REPORTER = "刘建国"
TEXT = "江岚区和鹭北区交界的路上，井盖不见了，联系刘建国13812345678，住江边路12号"


def settled(client: TestClient, **changes: Any) -> str:
    """A case that an officer ruled on, carried out, closed and evaluated."""
    case = rested(client, post(client, text=TEXT, reporter=REPORTER, **changes)["case_id"])
    answer = client.post(f"/api/v1/opinions/{case['opinion']}/approve", json={"reason": "同意，已电告13812345678"})
    assert answer.status_code == 200, answer.text
    rested(client, case["id"])
    for order in client.get(f"/api/v1/cases/{case['id']}/work-orders").json()["items"]:
        for move in ("accept", "done"):
            assert client.post(f"/api/v1/work-orders/{order['id']}/moves", json={"move": move}).status_code == 200
    for move in ("verify", "close", "evaluate"):
        answer = client.post(f"/api/v1/cases/{case['id']}/moves", json={"move": move})
        assert answer.status_code == 200, answer.text
    return case["id"]


def propose(client: TestClient, case_id: str, caller: dict[str, str] = PROPOSER) -> dict[str, Any]:
    answer = client.post(URL, json={"case_id": case_id}, headers=caller)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def until(client: TestClient, precedent: str, published: bool) -> dict[str, Any]:
    """The precedent once the background has published it, or taken it out."""
    for _ in range(200):
        seen = client.get(f"{URL}/{precedent}").json()
        if seen["published"] is published:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"published is not {published}: {seen}")


def found(client: TestClient, **params: Any) -> list[str]:
    answer = client.get(f"{URL}/similar", params={"text": "两个区交界处井盖不见了", "k": 3} | params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


@pytest.fixture(scope="module")
def library(loaded_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A service with one settled case, for tests that do not take it to its end."""
    home = Path(shutil.copytree(loaded_home, tmp_path_factory.mktemp("library") / "home"))
    with client_of(make_app(home)) as client:
        yield client, settled(client)


def test_the_way_of_a_precedent(client: TestClient) -> None:
    case_id = settled(client)
    draft = propose(client, case_id)
    key = draft["id"]
    assert (draft["state"], draft["published"], draft["proposed_by"]) == ("proposed", False, "d-1")
    assert key not in found(client)

    approved = client.post(f"{URL}/{key}/approve", json={"reason": "可参照"}, headers=APPROVER).json()
    assert (approved["state"], approved["decided_by"]) == ("approved", "city-1")
    assert approved["provenance"]["ruled_by"] == "demo-officer"
    assert until(client, key, True)["version"] == 2
    items = client.get(f"{URL}/similar", params={"text": "两个区交界处井盖不见了"}).json()["items"]
    assert items[0]["id"] == key
    assert any("事项相同" in line for line in items[0]["alike"])
    assert items[0]["ruling"] == draft["ruling"]
    passages = client.get("/api/v1/knowledge/search", params={"q": draft["title"], "k": 3}).json()["results"]
    assert (passages[0]["title"], passages[0]["kind"]) == (draft["title"], "case")

    gone = client.post(f"{URL}/{key}/withdraw", json={"reason": "法规已修订"}, headers=APPROVER).json()
    assert (gone["state"], gone["reason"]) == ("withdrawn", "法规已修订")
    until(client, key, False)
    assert key not in found(client)
    entries = client.get("/api/v1/audit", params={"case": case_id, "limit": 500}).json()["items"]
    done = [(e["action"], e["actor"]) for e in entries if e["action"].startswith("precedent.")]
    assert done == [("precedent.propose", "d-1"), ("precedent.approve", "city-1"), ("precedent.withdraw", "city-1")]
    assert client.get("/api/v1/audit/verify").status_code == 200


def test_a_draft_names_nobody_and_says_what_was_taken_out(library: tuple[TestClient, str]) -> None:
    client, case_id = library
    draft = propose(client, case_id)
    words = " ".join(str(draft[name]) for name in ("title", "facts", "issue", "ruling"))
    for secret in (REPORTER, "13812345678", "12号", "106.49", "江岚区城市管理局"):
        assert secret not in words
    counts = {one["kind"]: one["count"] for one in draft["redacted"]}
    assert counts == {"phone": 2, "name": 1, "door": 1}
    assert {"law", "article", "version_date", "role"} == set(draft["basis"][0])
    assert all("区" not in one["role"] or "区县级" in one["role"] for one in draft["bearers"])


def test_it_is_proposed_once(library: tuple[TestClient, str]) -> None:
    client, case_id = library
    first = propose(client, case_id)
    again = client.post(URL, json={"case_id": case_id}, headers=APPROVER)
    assert (again.status_code, again.json()["id"], again.json()["proposed_by"]) == (200, first["id"], "d-1")


def test_new_words_are_redacted_and_their_writer_may_not_approve_them(client: TestClient) -> None:
    key = propose(client, settled(client))["id"]
    body = {"facts": "井盖缺失，经办人王小明补装，电话13987654321"}
    edited = client.patch(f"{URL}/{key}", json=body, headers=APPROVER | {"If-Match": '"1"'}).json()
    assert edited["facts"] == "井盖缺失，经办人王某补装，电话【电话】"
    assert (edited["edited_by"], edited["version"]) == ("city-1", 2)
    late = client.patch(f"{URL}/{key}", json={"title": "别的"}, headers=PROPOSER | {"If-Match": '"1"'})
    assert (late.status_code, late.json()["error"]["code"]) == (412, "precondition_failed")
    for author in (PROPOSER, APPROVER):
        refused = client.post(f"{URL}/{key}/approve", json={}, headers=author)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    second = client.post(f"{URL}/{key}/approve", json={}, headers={"X-Caller": "second"})
    assert second.json()["state"] == "approved"
    until(client, key, True)
    assert client.patch(f"{URL}/{key}", json={"title": "晚了"}, headers=PROPOSER).status_code == 409


def test_a_rejected_one_may_be_proposed_again(client: TestClient) -> None:
    case_id = settled(client)
    key = propose(client, case_id)["id"]
    assert client.post(f"{URL}/{key}/reject", json={}, headers=APPROVER).status_code == 422
    rejected = client.post(f"{URL}/{key}/reject", json={"reason": "案情不清"}, headers=APPROVER).json()
    assert (rejected["state"], rejected["reason"]) == ("rejected", "案情不清")
    assert client.post(f"{URL}/{key}/approve", json={}, headers=APPROVER).status_code == 409
    again = propose(client, case_id, {"X-Caller": "second"})
    assert (again["id"], again["state"], again["proposed_by"]) == (key, "proposed", "city-2")


def test_while_the_base_is_rebuilt_publication_waits_and_is_made_up_for(home: Path) -> None:
    with client_of(make_app(home)) as client:
        key = propose(client, settled(client))["id"]
        with only_builder(home / "knowledge"):
            approved = client.post(f"{URL}/{key}/approve", json={}, headers=APPROVER).json()
            assert approved["state"] == "approved"
            time.sleep(0.3)
            assert client.get(f"{URL}/{key}").json()["published"] is False
        assert key not in found(client)
    with client_of(make_app(home)) as client:  # a restart finds what is missing
        until(client, key, True)
        assert key in found(client)


def test_a_base_that_was_made_anew_gets_its_precedents_back(home: Path) -> None:
    with client_of(make_app(home)) as client:
        key = propose(client, settled(client))["id"]
        client.post(f"{URL}/{key}/approve", json={}, headers=APPROVER)
        until(client, key, True)
    shutil.rmtree(home / "knowledge")
    with client_of(make_app(home)) as client:
        until(client, key, True)


def test_lists_keep_to_the_callers_region(library: tuple[TestClient, str]) -> None:
    client, case_id = library
    key = propose(client, case_id)["id"]
    mine = client.get(URL, params={"state": "proposed", "issue": "P01"}, headers=PROPOSER).json()
    assert [item["id"] for item in mine["items"]] == [key]
    assert client.get(URL, headers=OTHER).json() == {"items": [], "cursor": ""}
    assert client.get(f"{URL}/{key}", headers=OTHER).json()["error"]["code"] == "precedent_not_found"
    assert client.post(f"{URL}/{key}/approve", json={}, headers=OTHER).status_code == 404
    assert client.post(URL, json={"case_id": case_id}, headers=OTHER).json()["error"]["code"] == "case_not_found"


def test_only_officers_propose_and_only_senior_ones_approve(library: tuple[TestClient, str]) -> None:
    client, case_id = library
    key = propose(client, case_id)["id"]
    for caller in ("grid", "resident"):
        assert client.post(URL, json={"case_id": case_id}, headers={"X-Caller": caller}).status_code == 403
        assert client.post(f"{URL}/{key}/approve", json={}, headers={"X-Caller": caller}).status_code == 403
    assert client.get(URL, headers={"X-Caller": "resident"}).status_code == 403


def test_a_case_that_is_not_settled_cannot_be_proposed(library: tuple[TestClient, str]) -> None:
    client, _ = library
    case_id = rested(client, post(client, external_id="under-way", lat=29.58, lon=106.39)["case_id"])["id"]
    answer = client.post(URL, json={"case_id": case_id})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert client.post(URL, json={"case_id": "c-none"}).status_code == 404


def test_like_cases_are_found_by_case_or_by_words(library: tuple[TestClient, str]) -> None:
    client, case_id = library
    by_case = client.get(f"{URL}/similar", params={"case_id": case_id, "k": 3}).json()
    assert 0 < len(by_case["items"]) <= 3
    scores = [item["score"] for item in by_case["items"]]
    assert scores == sorted(scores, reverse=True)
    assert "不是法律依据" in by_case["note"]
    resident = {"X-Caller": "resident"}
    assert client.get(f"{URL}/similar", params={"text": "河堤护栏坏了"}, headers=resident).status_code == 200
    assert client.get(f"{URL}/similar", params={"case_id": case_id}, headers=resident).status_code == 403
    assert client.get(f"{URL}/similar", params={"case_id": case_id}, headers=OTHER).status_code == 404


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "invalid_input"),
        ({"text": "井盖", "case_id": "c-1"}, "invalid_input"),
        ({"text": "   "}, "empty_text"),
        ({"text": "井盖", "k": 0}, "invalid_input"),
    ],
)
def test_a_question_that_asks_nothing_is_refused(shared: TestClient, params: dict[str, Any], code: str) -> None:
    answer = shared.get(f"{URL}/similar", params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_what_came_after_the_event_is_no_precedent_for_it(client: TestClient) -> None:
    key = propose(client, settled(client))["id"]
    client.post(f"{URL}/{key}/approve", json={}, headers=APPROVER)
    day = until(client, key, True)["day"]
    assert key in found(client, as_of=day)
    assert key not in found(client, as_of="2026-03-01")

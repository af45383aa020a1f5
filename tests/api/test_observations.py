"""Reports over HTTP: accepted once each, refused with a code and a way out."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.body import MAX_BATCH_ITEMS
from api.models import OBSERVATION_EXAMPLE
from tests.api.conftest import ON_THE_LINE, post

URL = "/api/v1/observations"

BAD: list[Any] = [
    pytest.param({"crs": "BD09"}, 422, "unknown_crs", id="unknown CRS"),
    pytest.param({"crs": ""}, 422, "unknown_crs", id="no CRS"),
    pytest.param({"lon": 121.47, "lat": 31.23}, 422, "point_outside_city", id="point outside the city"),
    pytest.param({"lon": 29.625308, "lat": 106.492277}, 422, "point_outside_city", id="longitude and latitude swapped"),
    pytest.param({"lat": None}, 422, "invalid_input", id="half a point"),
    pytest.param({"text": ""}, 422, "empty_text", id="empty text"),
    pytest.param({"text": " \n\u200b"}, 422, "empty_text", id="nothing visible in the text"),
    pytest.param({"text": "井" * 5001}, 413, "text_too_long", id="5,001 characters"),
    pytest.param({"observed_at": "2026-03-03T12:00:00+08:00"}, 422, "future_date", id="date in the future"),
    pytest.param({"observed_at": "yesterday"}, 422, "invalid_input", id="no date at all"),
    pytest.param({"region": "999999"}, 422, "unknown_region", id="unknown region code"),
    pytest.param({"claims": [{"unit": "u-0", "text": "不归我"}]}, 422, "unknown_unit", id="unknown unit"),
    pytest.param({"colour": "red"}, 422, "unknown_field", id="unknown key"),
    pytest.param({"source": "rumour"}, 422, "invalid_input", id="unknown source"),
    pytest.param({"accuracy_m": 0}, 422, "invalid_input", id="accuracy of nothing"),
    pytest.param({"lon": "106.49"}, 422, "invalid_input", id="a number as text"),
]
"""What may be wrong with a report, and what is answered."""


def test_a_report_opens_a_case(client: TestClient) -> None:
    answer = client.post(URL, json=ON_THE_LINE)
    assert answer.status_code == 202
    body = answer.json()
    assert body["created"] is True
    assert answer.headers["location"] == body["status_url"]
    assert client.get(body["status_url"]).json()["id"] == body["case_id"]


def test_the_documented_example_is_accepted(client: TestClient) -> None:
    answer = client.post(URL, json=OBSERVATION_EXAMPLE)
    assert answer.status_code == 202
    case = client.get(answer.json()["status_url"]).json()
    assert case["observation"]["crs"] == "GCJ02"
    assert case["observation"]["lon"] == pytest.approx(106.492277, abs=1e-5)


def test_only_text_is_needed(client: TestClient) -> None:
    answer = client.post(URL, json={"text": "解放路口路灯不亮"})
    assert answer.status_code == 202


def test_the_stored_report_can_be_read_back(client: TestClient) -> None:
    case_id = post(client, external_id="2026/17")["case_id"]
    answer = client.get(f"{URL}/person:2026/17")
    assert answer.status_code == 200
    assert answer.json()["case_id"] == case_id
    assert answer.json()["observation"]["text"] == ON_THE_LINE["text"]


def test_a_report_that_was_never_made_is_not_found(shared: TestClient) -> None:
    answer = shared.get(f"{URL}/person:none")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_the_same_key_gives_the_same_case(client: TestClient) -> None:
    first = client.post(URL, json=ON_THE_LINE, headers={"Idempotency-Key": "k-1"})
    again = client.post(URL, json=ON_THE_LINE, headers={"Idempotency-Key": "k-1"})
    other = client.post(URL, json=ON_THE_LINE, headers={"Idempotency-Key": "k-2"})
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 202)
    assert again.json() == first.json() | {"created": False}
    assert other.json()["case_id"] != first.json()["case_id"]


def test_the_same_key_with_other_content_is_refused(client: TestClient) -> None:
    client.post(URL, json=ON_THE_LINE, headers={"Idempotency-Key": "k-1"})
    answer = client.post(URL, json=ON_THE_LINE | {"text": "路灯不亮"}, headers={"Idempotency-Key": "k-1"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "duplicate_id"


def test_the_same_number_of_the_same_source_gives_the_same_case(client: TestClient) -> None:
    first, again = post(client, external_id="17"), post(client, external_id="17")
    assert again == first | {"created": False}
    assert post(client, external_id="17", source="hotline")["case_id"] != first["case_id"]


@pytest.mark.parametrize("field", ["id", "external_id"])
def test_one_number_for_two_contents_is_refused(client: TestClient, field: str) -> None:
    post(client, **{field: "17"})
    answer = client.post(URL, json=ON_THE_LINE | {field: "17", "text": "路灯不亮"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "duplicate_id"


@pytest.mark.parametrize(("changes", "status", "code"), BAD)
def test_a_bad_report_is_refused_with_a_code_and_a_way_out(
    shared: TestClient, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = shared.post(URL, json=ON_THE_LINE | changes)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"]
    assert error["hint"]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert shared.get("/api/v1/cases").json()["items"] == []


@pytest.mark.parametrize("raw", [b"{", b"", b"[]", b'"text"', b'{"text": "\xff"}', b'{"text": "a", "text": "b"}'])
def test_what_is_no_json_object_is_malformed(shared: TestClient, raw: bytes) -> None:
    answer = shared.post(URL, content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "malformed_json"


def test_five_megabytes_of_text_are_refused(shared: TestClient) -> None:
    answer = shared.post(URL, json=ON_THE_LINE | {"text": "井" * 1_700_000})
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "text_too_long"


@pytest.mark.parametrize("form", ["array", "lines"])
def test_the_good_ones_of_a_batch_go_through(client: TestClient, form: str) -> None:
    good = [ON_THE_LINE | {"external_id": f"good-{n}"} for n in range(3)]
    bad = [ON_THE_LINE | param.values[0] for param in BAD]
    items: list[Any] = [good[0], *bad, 7, good[1], good[0], good[0] | {"text": "另一件事"}, good[2]]
    if form == "array":
        answer = client.post(f"{URL}/batch", json=items)
    else:
        lines = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        answer = client.post(f"{URL}/batch", content=lines.encode(), headers={"content-type": "application/x-ndjson"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["accepted"], body["created"], body["refused"]) == (4, 3, len(bad) + 2)
    assert [result["index"] for result in body["results"]] == list(range(len(items)))
    codes = [result.get("error", {}).get("code") for result in body["results"]]
    assert codes == [
        None, *(param.values[2] for param in BAD), "malformed_json", None, None, "duplicate_id", None,
    ]  # fmt: skip
    assert all(result["error"]["hint"] for result in body["results"] if "error" in result)
    repeated = body["results"][len(bad) + 3]
    assert repeated["created"] is False
    assert repeated["case_id"] == body["results"][0]["case_id"]
    assert len(client.get("/api/v1/cases").json()["items"]) == 3


def test_a_line_cut_off_in_the_middle_is_lost_alone(client: TestClient) -> None:
    lines = f'{json.dumps(ON_THE_LINE)}\n{{"text": "井\n{json.dumps(ON_THE_LINE)}'
    answer = client.post(f"{URL}/batch", content=lines.encode(), headers={"content-type": "application/x-ndjson"})
    assert [result.get("error", {}).get("code") for result in answer.json()["results"]] == [
        None, "malformed_json", None,
    ]  # fmt: skip


def test_a_batch_may_be_repeated_under_one_key(client: TestClient) -> None:
    items, key = [{"text": "路灯不亮"}, {"text": "井盖响"}], {"Idempotency-Key": "night"}
    first = client.post(f"{URL}/batch", json=items, headers=key).json()
    again = client.post(f"{URL}/batch", json=items, headers=key).json()
    assert (first["created"], again["created"], again["accepted"]) == (2, 0, 2)
    assert [r["case_id"] for r in first["results"]] == [r["case_id"] for r in again["results"]]


def test_a_batch_has_a_limit(shared: TestClient) -> None:
    answer = shared.post(f"{URL}/batch", json=[{"text": ""}] * (MAX_BATCH_ITEMS + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "batch_too_large"


def test_an_empty_batch_is_malformed(shared: TestClient) -> None:
    assert shared.post(f"{URL}/batch", json=[]).json()["error"]["code"] == "malformed_json"


def test_thirty_two_reports_at_once_open_thirty_two_cases(client: TestClient) -> None:
    bodies = [ON_THE_LINE | {"external_id": f"n-{n}", "lat": 29.6 + n / 1000} for n in range(32)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda body: client.post(URL, json=body), bodies))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["case_id"] for answer in answers}) == 32


@pytest.mark.parametrize("by", ["key", "number"])
def test_one_report_sixteen_times_at_once_is_one_case(client: TestClient, by: str) -> None:
    body = ON_THE_LINE | ({"external_id": "same"} if by == "number" else {})
    headers = {"Idempotency-Key": "same"} if by == "key" else {}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post(URL, json=body, headers=headers), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [202]
    assert len({answer.json()["case_id"] for answer in answers}) == 1
    assert [answer.json()["created"] for answer in answers].count(True) == 1
    assert len(client.get("/api/v1/cases").json()["items"]) == 1


def test_a_resident_reports_in_its_own_name_only(client: TestClient) -> None:
    answer = client.post(URL, json=ON_THE_LINE | {"reporter": "somebody else"}, headers={"X-Caller": "resident"})
    case = client.get(answer.json()["status_url"]).json()
    assert case["observation"]["reporter"] == "r-1"

"""Routes about law in time: versions, comparisons, changes, who cites, and whether a claim is supported."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import post, rested

K = "/api/v1/knowledge"
LAW = "重庆市市容环境卫生管理条例"


def get(client: TestClient, path: str, **params: Any) -> dict[str, Any]:
    answer = client.get(f"{K}{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_laws_are_listed_page_by_page(shared: TestClient) -> None:
    every = get(shared, "/laws", limit=1000)
    assert every["total"] == len(every["laws"]) >= 60
    pages = [
        law for start in range(0, every["total"], 25) for law in get(shared, "/laws", limit=25, offset=start)["laws"]
    ]
    assert pages == every["laws"]
    assert {law["law"] for law in get(shared, "/laws", q="市容")["laws"]} == {LAW, "城市市容和环境卫生管理条例"}
    assert {law["region"] for law in get(shared, "/laws", region="500103")["laws"]} == {"", "重庆"}
    assert {law["region"] for law in get(shared, "/laws", region="310101")["laws"]} == {""}


def test_versions_say_what_applies_and_what_is_not_held(shared: TestClient) -> None:
    found = get(shared, "/laws/治安管理处罚法/versions", as_of="2026-01-01")
    assert (found["status"], found["held"]) == ("in_force", False)
    assert "该版本原文未收录" in found["note"]
    assert [one["version_date"] for one in found["versions"]] == ["2005-08-28", "2012-10-26", "2025-06-27"]
    assert [one["current"] for one in found["versions"]] == [False, False, True]
    missing = shared.get(f"{K}/laws/月球管理条例/versions")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "law_not_found")


def test_two_versions_that_are_not_held_in_full_cannot_be_compared(shared: TestClient) -> None:
    answer = shared.get(f"{K}/diff", params={"law": LAW})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input")
    assert "不足两个" in answer.json()["error"]["message"]


def test_changes_since_a_day(shared: TestClient) -> None:
    found = get(shared, "/changes", since="2025-12-31", until="2026-01-01", region="重庆")
    rows = {row["law"]: row for row in found["changes"]}
    assert (rows["治安管理处罚法"]["event"], rows["治安管理处罚法"]["held"]) == ("began", False)
    assert found["total"] == len(found["changes"])
    assert len(get(shared, "/changes", since="2000-01-01", limit=3)["changes"]) == 3
    assert shared.get(f"{K}/changes").status_code == 422


def test_a_claim_is_checked_against_the_article(shared: TestClient) -> None:
    body = {"law": LAW, "article": "13", "digest": True, "as_of": "2026-03-02"}
    claim = "行政辖区接壤地区责任不清的，由共同的上一级市容环境卫生主管部门确定"
    good = shared.post(f"{K}/verify", json=body | {"claim": claim}).json()
    assert (good["holds"], good["stance"]) == (True, "supports"), good
    wrong = shared.post(f"{K}/verify", json=body | {"claim": "接壤地区责任不清的，由人民法院确定责任单位"}).json()
    assert wrong["holds"] is False
    assert wrong["stance"] != "supports"
    assert wrong["reasons"]
    plain = shared.post(f"{K}/verify", json=body).json()
    assert (plain["holds"], plain["stance"]) == (True, "")
    absent = shared.post(f"{K}/verify", json=body | {"article": "999", "claim": claim}).json()
    assert (absent["exists"], absent["holds"], absent["stance"]) == (False, False, "not_found")


def test_a_part_of_an_article_can_be_asked_for(shared: TestClient) -> None:
    found = get(shared, "/cite", law=LAW, article="第十三条第一款")
    assert (found["article"], found["part"]) == ("13", "第一款")
    assert shared.get(f"{K}/cite", params={"law": LAW, "article": "13-2-3"}).status_code == 404


@pytest.fixture(scope="module")
def cited(shared: TestClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case with an opinion, and one of the citations that the opinion makes."""
    case = rested(shared, post(shared, external_id="cites")["case_id"])
    opinion = shared.get(f"/api/v1/opinions/{case['opinion']}").json()
    return case, opinion["opinion"]["citations"][0] if "opinion" in opinion else opinion["citations"][0]


def test_who_cites_an_article_includes_opinions_of_the_callers_own_cases(
    shared: TestClient, cited: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    case, citation = cited
    params = {"law": citation["law"], "article": citation["article"], "as_of": "2026-03-02"}
    mine = shared.get(f"{K}/cited-by", params=params, headers={"x-caller": "city"}).json()
    assert case["opinion"] in {one["opinion"] for one in mine["opinions"]}
    assert {one["flag"] for one in mine["opinions"]} == {""}
    assert {one["kind"] for one in mine["citers"]} & {"issue", "rule"}
    for stranger in ("resident", "pingling"):
        theirs = shared.get(f"{K}/cited-by", params=params, headers={"x-caller": stranger}).json()
        assert theirs["opinions"] == []
        assert theirs["citers"] == mine["citers"]

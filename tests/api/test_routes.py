"""The smaller routes: knowledge, audit, city, service."""

import itertools
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import shape

from api.app import app_from_environment, create_app
from api.settings import ApiSettings, AuthMode
from domain.errors import Unavailable
from tests.api.conftest import BASE, client_of, make_app, post, rested

K = "/api/v1/knowledge"
HEAVY = "torch sentence_transformers transformers llama_index qdrant_client qdrant_edge pyogrio"


def test_importing_the_app_loads_no_heavy_library() -> None:
    probe = f"import sys, api.app; sys.exit(', '.join(sorted(set('{HEAVY}'.split()) & set(sys.modules))) or 0)"
    done = subprocess.run([sys.executable, "-c", probe], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# Knowledge


def test_regulations_are_found_in_lay_words(shared: TestClient) -> None:
    answer = shared.get(f"{K}/search", params={"q": "井盖坏了谁来修", "k": 5, "as_of": "2026-03-02"}).json()
    assert 0 < len(answer["results"]) <= 5
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert answer["version"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "invalid_input"),
        ({"q": ""}, "invalid_input"),
        ({"q": "  "}, "empty_text"),
        ({"q": "井盖", "k": 0}, "invalid_input"),
        ({"q": "井盖", "k": 101}, "invalid_input"),
        ({"q": "井盖", "as_of": "2026-13-01"}, "invalid_input"),
    ],
)
def test_a_search_that_asks_nothing_is_refused(shared: TestClient, params: dict[str, Any], code: str) -> None:
    answer = shared.get(f"{K}/search", params=params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def any_article(client: TestClient) -> dict[str, Any]:
    found = client.get(f"{K}/search", params={"q": "城市道路井盖缺损", "k": 20}).json()["results"]
    law = next(result for result in found if result["kind"] == "law" and result["article"])
    return client.get(f"{K}/cite", params={"law": law["law"], "article": law["article"]}).json()


def test_an_article_that_was_found_can_be_cited_and_holds(shared: TestClient) -> None:
    article = any_article(shared)
    assert article["text"]
    assert article["label"].startswith("《")
    cited = {key: article[key] for key in ("law", "article", "version_date", "text_sha256", "digest")}
    assert shared.post(f"{K}/verify", json=cited | {"as_of": "2026-03-02"}).json()["holds"] is True


def test_a_citation_with_another_text_does_not_hold(shared: TestClient) -> None:
    article = any_article(shared)
    body = {"law": article["law"], "article": article["article"], "text_sha256": "f" * 64, "digest": article["digest"]}
    verdict = shared.post(f"{K}/verify", json=body).json()
    assert verdict["holds"] is False
    assert verdict["faults"]


def test_an_article_that_does_not_exist_names_the_nearest(shared: TestClient) -> None:
    law = any_article(shared)["law"]
    answer = shared.get(f"{K}/cite", params={"law": law, "article": "9999"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "article_not_found"
    assert answer.json()["error"]["nearest"]


def test_a_law_that_does_not_exist(shared: TestClient) -> None:
    answer = shared.get(f"{K}/cite", params={"law": "月球管理条例", "article": "1"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "law_not_found"
    assert "nearest" in answer.json()["error"]


# Audit


def test_the_chain_is_read_page_by_page(client: TestClient) -> None:
    case_id = post(client)["case_id"]
    rested(client, case_id)
    whole = client.get("/api/v1/audit", params={"limit": 500}).json()
    assert [entry["seq"] for entry in whole["items"]] == list(range(1, len(whole["items"]) + 1))
    assert whole["cursor"] == 0
    paged, after = [], 0
    while True:
        page = client.get("/api/v1/audit", params={"limit": 2, "after": after}).json()
        paged += page["items"]
        after = page["cursor"]
        if not after:
            break
    assert paged == whole["items"]
    for before, entry in itertools.pairwise(paged):
        assert entry["prev_hash"] == before["hash"]


def test_the_chain_is_filtered(client: TestClient) -> None:
    mine, other = post(client)["case_id"], post(client, text="路灯不亮", lat=29.58, lon=106.39)["case_id"]
    for case_id in (mine, other):
        rested(client, case_id)
    entries = client.get("/api/v1/audit", params={"case": mine}).json()["items"]
    assert {entry["subject"] for entry in entries} == {mine}
    moves = client.get("/api/v1/audit", params={"case": mine, "action": "case.move"}).json()["items"]
    assert moves
    assert {entry["action"] for entry in moves} == {"case.move"}
    by_me = client.get("/api/v1/audit", params={"actor": "demo-officer"}).json()["items"]
    assert {entry["action"] for entry in by_me} == {"case.accept"}
    assert len(by_me) == 2


def test_a_district_reads_its_own_cases_entries_only(client: TestClient) -> None:
    case_id = post(client)["case_id"]
    rested(client, case_id)
    caller = {"X-Caller": "pingling"}
    assert client.get("/api/v1/audit", headers=caller).status_code == 403
    assert client.get("/api/v1/audit/verify", headers=caller).status_code == 403
    assert client.get("/api/v1/audit", params={"case": case_id}, headers=caller).status_code == 404


def test_the_verified_head_is_the_last_entry(client: TestClient) -> None:
    rested(client, post(client)["case_id"])
    chain = client.get("/api/v1/audit/verify").json()
    last = client.get("/api/v1/audit", params={"limit": 500}).json()["items"][-1]
    assert (chain["entries"], chain["head"]) == (last["seq"], last["hash"])


# City


def test_the_city_is_described_on_a_day(shared: TestClient) -> None:
    world = shared.get("/api/v1/world").json()
    assert world["city"] == "509900"
    assert world["counts"]["district"] == len(world["districts"]) == 4
    assert world["counts"]["units"] > 0


def test_regions_are_a_map_of_that_day(shared: TestClient) -> None:
    url = "/api/v1/world/regions"
    answer = shared.get(url, params={"level": "township", "on": "2026-03-02"})
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert all(shape(feature["geometry"]).is_valid for feature in features)
    before = {feature["id"] for feature in features}
    later = shared.get(url, params={"level": "township", "on": "2026-08-01"}).json()["features"]
    assert "509904006" in before
    assert "509901007" in {feature["id"] for feature in later} - before


def test_units_are_filtered(shared: TestClient) -> None:
    units = shared.get("/api/v1/world/units", params={"sector": "drainage", "region": "509901"}).json()["items"]
    assert [unit["code"] for unit in units] == ["u-509901-drainage"]
    assert shared.get("/api/v1/world/units", params={"sector": "magic"}).status_code == 422


def test_all_issues_are_listed(shared: TestClient) -> None:
    issues = shared.get("/api/v1/issues").json()
    assert len(issues["items"]) >= 80
    assert [issue["id"] for issue in issues["items"]] == sorted(issue["id"] for issue in issues["items"])
    assert all(sector in issues["sectors"] for issue in issues["items"] for sector in issue["upkeep"])


# Service


def test_the_service_is_alive_and_ready(shared: TestClient) -> None:
    assert shared.get("/ok").json() == {"ok": True}
    answer = shared.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "missing": {}, "warnings": {}})


def test_before_the_services_are_open_it_is_alive_but_not_ready(home: Path) -> None:
    client = client_of(make_app(home))
    assert client.get("/ok").status_code == 200
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert set(answer.json()["missing"]) == {"services"}
    asked = client.get("/api/v1/cases")
    assert (asked.status_code, asked.json()["error"]["code"]) == (503, "unavailable")


def test_without_its_records_it_is_not_ready_and_says_so(home: Path, client: TestClient) -> None:
    book = sqlite3.connect(home / "records.sqlite")
    book.execute("DROP TABLE audit_head")
    book.close()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert set(answer.json()["missing"]) == {"database"}
    assert client.get("/ok").status_code == 200


def test_without_its_knowledge_it_is_not_ready_and_says_so(client: TestClient) -> None:
    client.app_state["services"].knowledge.close()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert set(answer.json()["missing"]) == {"knowledge"}


def test_every_link_of_the_welcome_leads_somewhere(shared: TestClient) -> None:
    welcome = shared.get("/").json()
    assert welcome["name"] == "联治"
    for path in welcome["links"].values():
        assert shared.get(path).status_code in (200, 405)


def test_the_counters_tell_what_happened(client: TestClient) -> None:
    rested(client, post(client, external_id="1")["case_id"])
    post(client, external_id="1")
    client.post("/api/v1/observations", json={"text": ""})
    text = client.get("/metrics").text
    for line in (
        'lianzhi_cases{stage="dispatched"} 1.0',
        'lianzhi_cases{stage="closed"} 0.0',
        'lianzhi_observations_total{outcome="created"} 1.0',
        'lianzhi_observations_total{outcome="repeated"} 1.0',
        'lianzhi_observations_total{outcome="refused"} 1.0',
        "lianzhi_intake_seconds_count 3.0",
        "lianzhi_outbox_pending 1.0",
        'lianzhi_http_requests_total{method="POST",route="/api/v1/observations",status="202"} 1.0',
        'lianzhi_http_requests_total{method="GET",route="/api/v1/cases/{case_id}",status="200"} 1.0',
    ):
        assert line in text.splitlines()


# Signing in


def test_the_local_mode_signs_in_the_demo_officer_and_says_so(home: Path) -> None:
    with client_of(make_app(home, authenticator=None)) as client:
        answer = client.get("/api/v1/me")
        assert answer.headers["x-lianzhi-auth"] == "local"
        me = answer.json()
        assert (me["id"], me["role"], me["auth"]) == ("demo-officer", "city_officer", "local")
        assert (me["regions"], me["unit"]) == (["509900"], "u-509900-governance_centre")
        assert "decide" in me["rights"]
        assert client.get("/ok").headers["x-lianzhi-auth"] == "local"


def test_the_local_mode_answers_nobody_else(home: Path) -> None:
    with TestClient(make_app(home, authenticator=None), base_url=BASE, client=("10.1.2.3", 50000)) as client:
        assert client.get("/api/v1/cases").status_code == 403
        assert client.get("/ok").status_code == 200


@pytest.mark.parametrize("mode", [AuthMode.TOKEN, AuthMode.OIDC])
def test_modes_that_do_not_exist_yet_refuse_to_start(mode: AuthMode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_AUTH", mode.value)
    with pytest.raises(Unavailable) as caught:
        app_from_environment()
    assert "LIANZHI_AUTH=local" in caught.value.hint


def test_a_service_that_cannot_open_says_why(tmp_path: Path) -> None:
    def broken() -> Any:
        raise Unavailable("数据库打不开。", "请检查 LIANZHI_DATABASE_URL。")

    app = create_app(broken, settings=ApiSettings())
    with pytest.raises(Unavailable), client_of(app):
        pass
    assert isinstance(app.state.fault, Unavailable)

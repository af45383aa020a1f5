"""One case end to end over HTTP: from a report on a district line to its closing, every step in the audit chain."""

import sqlite3
from pathlib import Path

from fastapi.testclient import TestClient

from tests.api.conftest import client_of, make_app, post, rested


def move(client: TestClient, case_id: str, move: str, reason: str = "") -> dict[str, object]:
    answer = client.post(f"/api/v1/cases/{case_id}/moves", json={"move": move, "reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish_orders(client: TestClient, case_id: str) -> None:
    for order in client.get(f"/api/v1/cases/{case_id}/work-orders").json()["items"]:
        for step in ("accept", "done"):
            if order["status"] == "issued":
                answer = client.post(f"/api/v1/work-orders/{order['id']}/moves", json={"move": step, "reason": "完成"})
                assert answer.status_code == 200, answer.text


def test_from_the_report_to_the_closing_and_then_one_changed_byte(home: Path) -> None:
    with client_of(make_app(home)) as client:
        case_id = post(client)["case_id"]

        case = rested(client, case_id)
        assert case["stage"] == "dispatched"
        assert case["emergency"] is True
        assert case["issue"].startswith("P")

        (view,) = client.get(f"/api/v1/cases/{case_id}/opinions").json()["items"]
        opinion = view["opinion"]
        assert set(opinion["duties"]) == {"handling", "upkeep", "supervision", "enforcement"}
        assert opinion["boundary"]["crosses"] == "district"
        assert opinion["human_required"]["value"] is True
        assert opinion["citations"]
        for citation in opinion["citations"]:
            asked = {"law": citation["law"], "article": citation["article"], "as_of": "2026-03-02"}
            assert client.get("/api/v1/knowledge/cite", params=asked).status_code == 200
            verdict = client.post(
                "/api/v1/knowledge/verify",
                json=asked | {key: citation[key] for key in ("version_date", "text_sha256", "digest")},
            ).json()
            assert verdict["holds"], verdict["faults"]

        handling = client.get(f"/api/v1/cases/{case_id}/work-orders").json()["items"]
        assert [order["duty"] for order in handling] == ["handling"]

        ruling = client.post(f"/api/v1/opinions/{opinion['id']}/approve", json={"reason": "同意"})
        assert ruling.status_code == 200, ruling.text
        rested(client, case_id)
        duties = [order["duty"] for order in client.get(f"/api/v1/cases/{case_id}/work-orders").json()["items"]]
        assert duties == ["handling", "upkeep"]

        finish_orders(client, case_id)
        assert client.get(f"/api/v1/cases/{case_id}").json()["stage"] == "reported"
        assert move(client, case_id, "verify", "现场已恢复")["stage"] == "verified"
        assert move(client, case_id, "close")["stage"] == "closed"

        history = client.get(f"/api/v1/cases/{case_id}/history").json()["moves"]
        assert [step["move"] for step in history] == [
            "register", "dispatch", "accept", "handle", "report", "verify", "close",
        ]  # fmt: skip
        chain = client.get("/api/v1/audit/verify")
        assert chain.status_code == 200
        assert chain.json()["valid"] is True
        assert chain.json()["entries"] >= len(history)

    change_one_byte(home)
    with client_of(make_app(home)) as client:
        broken = client.get("/api/v1/audit/verify")
        assert broken.status_code == 500
        assert broken.json()["error"]["code"] == "audit_broken"
        assert broken.json()["error"]["seq"] == 3
        assert broken.json()["error"]["hint"]


def change_one_byte(home: Path) -> None:
    """As somebody with the file in hand would, past every guard of the service."""
    book = sqlite3.connect(home / "records.sqlite")
    try:
        for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            book.execute(f'DROP TRIGGER "{name}"')
        (detail,) = book.execute("SELECT detail FROM audit WHERE seq = 3").fetchone()
        changed = detail.replace('"', "'", 1)
        assert len(changed) == len(detail)
        book.execute("UPDATE audit SET detail = ? WHERE seq = 3", (changed,))
        book.commit()
    finally:
        book.close()

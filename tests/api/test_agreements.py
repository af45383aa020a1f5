"""Agreements over HTTP: as they stand on a day, with what is wrong with them."""

from fastapi.testclient import TestClient

URL = "/api/v1/world/agreements"


def test_every_agreement_says_whether_it_holds_that_day(shared: TestClient) -> None:
    def status(day: str) -> dict[str, str]:
        items = shared.get(URL, params={"on": day}).json()["items"]
        return {item["id"]: item["status"] for item in items}

    assert status("2025-04-30")["XY002"] == "in_force"
    assert status("2025-05-01")["XY002"] == "expired"
    assert status("2025-08-31")["XY004"] == "not_yet"
    assert len(status("2026-03-02")) == 9


def test_what_agreements_may_not_change_is_said_and_clashes_are_told(shared: TestClient) -> None:
    items = {item["id"]: item for item in shared.get(URL).json()["items"]}
    assert "行政执法主体与处罚管辖" in items["XY001"]["may_not_change"]
    assert items["XY001"]["faults"] == []
    (clash,) = items["XY006"]["faults"]
    assert (clash["kind"], clash["other"]) == ("clash", "XY008")
    assert items["XY001"]["leads"]["upkeep"] == "u-509901-sanitation"


def test_everybody_may_read_them(shared: TestClient) -> None:
    assert shared.get(URL, headers={"X-Caller": "resident"}).status_code == 200
    assert shared.get(URL, params={"on": "soon"}).status_code == 422

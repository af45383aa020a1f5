"""`GET /api/v1/knowledge/search`: passages, whether they are a basis, and on request why each was found."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

QUESTION = "两个区交界的垃圾没人收"


def search(client: TestClient, **params: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/knowledge/search", params={"q": QUESTION, "k": 5, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_reason_is_given_when_asked_for_and_changes_nothing_else(shared: TestClient) -> None:
    plain, told = search(shared), search(shared, explain="true")
    assert len(plain["results"]) == 5
    assert not any("why" in row for row in plain["results"])
    reasons = [row.pop("why") for row in told["results"]]
    assert told == plain
    assert any("垃圾" in why["words"] for why in reasons)
    assert all(0 <= why["authority"] <= 1 and -1 <= why["cosine"] <= 1 for why in reasons)
    assert search(shared, explain="false") == plain


def test_reasons_are_those_of_the_question(shared: TestClient) -> None:
    for why in (row["why"] for row in search(shared, explain="true")["results"]):
        assert all(word in QUESTION for word in why["words"] + why["caption"])


@pytest.mark.parametrize("value", ["perhaps", ""])
def test_explain_is_yes_or_no(shared: TestClient, value: str) -> None:
    refused = shared.get("/api/v1/knowledge/search", params={"q": QUESTION, "explain": value})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_input")


def test_a_law_whose_version_of_the_day_is_not_held_is_named(shared: TestClient) -> None:
    assert search(shared, q="井盖坏了谁来修", as_of="2026-03-01")["notes"] == []
    notes = search(shared, q="突发事件由哪一级人民政府负责应对", as_of="2024-01-01")["notes"]
    assert any(note.startswith("《突发事件应对法》2007-11-01 起施行的版本原文未收录") for note in notes)

"""Whoever asks for another district's things is told that they do not exist, on every route that takes an id."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.worlddata import places
from tests.api.conftest import post, rested
from tests.api.test_openapi import SCHEMA

OWNED = {"case_id", "opinion_id", "order_id", "observation_id", "dispute_id"}
"""Ids of what belongs to a district."""
SHARED = {"law", "precedent_id", "statement_id", "alert_id", "evaluation_id"}
"""Names of what belongs to nobody, or is guarded by a right of its own."""


def named(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", path))


ROUTES = [
    pytest.param(method, path, operation, id=f"{method.upper()} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
    if named(path) & OWNED
]


def example_body(operation: dict[str, Any]) -> Any:
    """The documented example of a route's body; None when it takes none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    return SCHEMA["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]["examples"][0]


@pytest.fixture(scope="module")
def ids(shared: TestClient, waiting: dict[str, Any]) -> dict[str, str]:
    """Ids of everything that belongs to the waiting case."""
    (order,) = shared.get(f"/api/v1/cases/{waiting['id']}/work-orders").json()["items"]
    # Of another case, since the waiting one is never to be moved; its order went back.
    street = places()["half_street"]
    other = rested(shared, post(shared, external_id="returned", lon=street.lon, lat=street.lat)["case_id"])
    (sent,) = shared.get(f"/api/v1/cases/{other['id']}/work-orders").json()["items"]
    shared.post(f"/api/v1/work-orders/{sent['id']}/moves", json={"move": "return", "reason": "不归我们"})
    (dispute,) = shared.get(f"/api/v1/cases/{other['id']}/disputes").json()["items"]
    return {
        "dispute_id": dispute["id"],
        "case_id": waiting["id"],
        "opinion_id": waiting["opinion"],
        "order_id": order["id"],
        "observation_id": waiting["observation"]["id"],
    }


def test_every_id_taking_route_is_walked() -> None:
    assert len(ROUTES) >= 13
    assert {name for path in SCHEMA["paths"] for name in named(path)} == OWNED | SHARED


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_another_district_finds_nothing(
    shared: TestClient, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    before = shared.get(f"/api/v1/cases/{ids['case_id']}").json()
    answer = shared.request(method, path.format(**ids), json=example_body(operation), headers={"X-Caller": "pingling"})
    assert answer.status_code == 404, answer.text
    assert shared.get(f"/api/v1/cases/{ids['case_id']}").json() == before


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_the_answer_does_not_tell_hidden_from_missing(
    shared: TestClient, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    def said(values: dict[str, str]) -> dict[str, Any]:
        body = example_body(operation)
        answer = shared.request(method, path.format(**values), json=body, headers={"X-Caller": "pingling"})
        error = answer.json()["error"] | {"request_id": ""}
        for value in sorted(values.values(), key=len, reverse=True):
            error["message"] = error["message"].replace(value, "ID")
        return error

    assert said(ids) == said(dict.fromkeys(ids, "no-such-thing"))


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES)
def test_a_resident_reads_and_moves_nothing(
    shared: TestClient, ids: dict[str, str], method: str, path: str, operation: dict[str, Any]
) -> None:
    answer = shared.request(method, path.format(**ids), json=example_body(operation), headers={"X-Caller": "resident"})
    assert answer.status_code == 403

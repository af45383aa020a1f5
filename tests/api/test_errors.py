"""Every failure has a status and one envelope."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field

from api import errors
from api.metrics import Metrics
from api.middleware import Surroundings
from domain.errors import (
    AlreadyDecided,
    ArticleNotFound,
    AuditBroken,
    IllegalMove,
    LianzhiError,
    TextTooLong,
    Unavailable,
    UnknownCrs,
)

STATUSES = {
    "error": 500,
    "internal": 500,
    "audit_broken": 500,
    "unavailable": 503,
    "forbidden": 403,
    "method_not_allowed": 405,
    "malformed_json": 400,
    "text_too_long": 413,
    "batch_too_large": 413,
    "precondition_failed": 412,
    "conflict": 409,
    "illegal_move": 409,
    "already_decided": 409,
    "not_found": 404,
    "case_not_found": 404,
    "opinion_not_found": 404,
    "work_order_not_found": 404,
    "law_not_found": 404,
    "article_not_found": 404,
    "precedent_not_found": 404,
    "dispute_not_found": 404,
    "alert_not_found": 404,
    "evaluation_not_found": 404,
    "statement_not_found": 404,
    "pack_not_found": 404,
    "stale_index": 503,
}
"""Codes whose status is not 422; part of the contract."""


def tree(kind: type[LianzhiError]) -> Iterator[type[LianzhiError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", sorted(set(tree(LianzhiError)), key=lambda kind: kind.__name__))
def test_every_error_of_the_tree_has_its_status(kind: type[LianzhiError]) -> None:
    assert errors.status_of(kind) == STATUSES.get(kind.code, 422)


def test_no_code_is_declared_twice() -> None:
    kinds = {kind for kind in tree(LianzhiError) if "code" in vars(kind)}
    assert len({kind.code for kind in kinds}) == len(kinds)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2)


RAISED: dict[str, Exception] = {
    "move": IllegalMove("不能结案。", "可执行：register。", legal=["register"]),
    "decided": AlreadyDecided("已裁定。", "", by="张", verdict="approve", at="2026-03-02T00:00:00Z"),
    "article": ArticleNotFound("没有此条。", "请核对。", nearest=["12", "14"]),
    "audit": AuditBroken("断裂。", "保留现场。", seq=7),
    "crs": UnknownCrs("坐标系无法识别。", "请填写 WGS84。"),
    "long": TextTooLong("太长。", "请精简。"),
    "off": Unavailable("模型不可用。", "请检查。"),
    "boom": RuntimeError("secret password 12345"),
}


@pytest.fixture
def client() -> Iterator[TestClient]:
    app = FastAPI()
    errors.install_error_handlers(app)
    app.add_middleware(Surroundings, metrics=Metrics(), new_id=lambda: "made-id")

    @app.get("/raise/{name}")
    async def fail(name: str) -> None:
        raise RAISED[name]

    @app.get("/status/{status}")
    async def refuse(status: int) -> None:
        raise HTTPException(status)

    @app.post("/body")
    async def take(body: Body, size: int = 1) -> int:
        return size + len(body.name)

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("name", RAISED)
def test_a_failure_is_answered_in_the_envelope(client: TestClient, name: str) -> None:
    answer = client.get(f"/raise/{name}")
    error = answer.json()["error"]
    raised = RAISED[name]
    kind = type(raised) if isinstance(raised, LianzhiError) else errors.Internal
    assert answer.status_code == errors.status_of(kind)
    assert error["code"] == kind.code
    assert error["message"]
    assert error["request_id"] == "made-id" == answer.headers["x-request-id"]


def test_facts_are_given_beside_the_words(client: TestClient) -> None:
    assert client.get("/raise/move").json()["error"]["legal"] == ["register"]
    decided = client.get("/raise/decided").json()["error"]
    assert (decided["by"], decided["verdict"], decided["at"]) == ("张", "approve", "2026-03-02T00:00:00Z")
    assert client.get("/raise/article").json()["error"]["nearest"] == ["12", "14"]
    assert client.get("/raise/audit").json()["error"]["seq"] == 7


def test_an_unexpected_failure_tells_the_caller_nothing_and_the_log_everything(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.get("/raise/boom", headers={"X-Request-ID": "call-1"})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret password" in caplog.text
    assert "call-1" in caplog.text


@pytest.mark.parametrize(
    ("status", "code"), [(400, "malformed_json"), (403, "forbidden"), (404, "not_found"), (503, "internal")]
)
def test_what_the_framework_refuses_is_answered_in_the_envelope_too(client: TestClient, status: int, code: str) -> None:
    error = client.get(f"/status/{status}").json()["error"]
    assert error["code"] == code
    assert error["request_id"] == "made-id"


def test_a_path_that_does_not_exist(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_a_method_that_the_path_does_not_have(client: TestClient) -> None:
    answer = client.delete("/body")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("content", "content_type", "code", "status", "words"),
    [
        pytest.param("{", "application/json", "malformed_json", 400, "JSON", id="not JSON"),
        pytest.param("{}", "application/json", "invalid_input", 422, "缺少此项", id="a field is missing"),
        pytest.param('{"name": "a"}', "application/json", "invalid_input", 422, "内容太短", id="too short"),
        pytest.param('{"name": 3}', "application/json", "invalid_input", 422, "应为字符串", id="wrong type"),
        pytest.param('{"name": "ab", "x": 1}', "application/json", "unknown_field", 422, "未知字段", id="unknown key"),
        pytest.param('{"name": "ab"}', "text/plain", "invalid_input", 422, "Content-Type", id="no JSON announced"),
        pytest.param("", "application/json", "invalid_input", 422, "缺少此项", id="no body"),
    ],
)
def test_bodies_that_do_not_fit(
    client: TestClient, content: str, content_type: str, code: str, status: int, words: str
) -> None:
    answer = client.post("/body", content=content, headers={"content-type": content_type})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert words in error["message"]
    assert error["hint"]


def test_a_query_that_does_not_fit_is_named(client: TestClient) -> None:
    answer = client.post("/body?size=many", json={"name": "ab"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == [{"where": "query.size", "problem": "应为整数", "type": "int_parsing"}]


def test_what_was_sent_is_not_echoed(client: TestClient) -> None:
    answer = client.post("/body", json={"name": 13_800_001_111})
    assert "13800001111" not in answer.text

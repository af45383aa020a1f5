"""`/openapi.json` says everything a caller must know."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from api.app import create_app
from api.auth import require
from api.docs import ErrorEnvelope
from api.health import PUBLIC_PATHS
from api.observations import ObservationIn
from api.settings import ApiSettings
from domain.observation import KEYS
from graphs.bootstrap import Services


def never() -> NoReturn:
    raise AssertionError("the schema must not need open services")


def unopened() -> AbstractAsyncContextManager[Services]:
    never()


APP = create_app(unopened, settings=ApiSettings())
SCHEMA: dict[str, Any] = APP.openapi()
OPERATIONS = [
    pytest.param(method, path, operation, id=f"{method.upper()} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]
ROUTES = [
    pytest.param(context, id=f"{sorted(context.methods)} {context.path}")
    for context in iter_route_contexts(APP.routes)
    if context.path not in PUBLIC_PATHS
]


def calls(dependant: Any) -> Iterator[Any]:
    yield dependant.call
    for child in dependant.dependencies:
        yield from calls(child)


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_asks_for_a_right(route: Any) -> None:
    assert any(isinstance(call, require) for call in calls(route.dependant))


def test_the_public_paths_are_exactly_these() -> None:
    assert {"/", "/ok", "/ready", "/metrics", "/openapi.json"} == PUBLIC_PATHS


def test_no_page_loads_scripts_from_elsewhere() -> None:
    assert {context.path for context in iter_route_contexts(APP.routes)}.isdisjoint({"/docs", "/redoc"})


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_operation_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert len(operation["description"]) >= 10
    assert any("\u4e00" <= char <= "\u9fff" for char in operation["summary"])
    assert operation["tags"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_success_has_an_example(method: str, path: str, operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            for content in response["content"].values():
                assert content.get("example") is not None


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_body_has_an_example(method: str, path: str, operation: dict[str, Any]) -> None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        named = SCHEMA["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
        assert content.get("examples") or named.get("examples")


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_parameter_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter.get("description"), parameter["name"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_errors_are_documented_with_the_envelope(method: str, path: str, operation: dict[str, Any]) -> None:
    statuses = {status for status in operation["responses"] if status >= "4"}
    if path not in PUBLIC_PATHS:
        assert {"403", "503"} <= statuses
    if operation.get("parameters"):
        assert "422" in statuses
    if "{" in path:
        assert "404" in statuses
    for status in statuses - ({"503"} if path == "/ready" else set()):
        content = operation["responses"][status]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/ErrorEnvelope")
        for code, example in content["examples"].items():
            envelope = ErrorEnvelope.model_validate(example["value"])
            assert envelope.error.code == code


def test_fastapis_own_error_model_is_nowhere() -> None:
    assert "HTTPValidationError" not in SCHEMA["components"]["schemas"]


@pytest.mark.parametrize(
    "route",
    [
        pytest.param(context, id=str(context.path))
        for context in iter_route_contexts(APP.routes)
        if getattr(context, "response_field", None) is not None
    ],
)
def test_the_examples_of_answers_fit_their_models(route: Any) -> None:
    for status, response in route.responses.items():
        if int(status) < 300:
            example = response["content"]["application/json"]["example"]
            TypeAdapter(route.response_model).validate_python(example)


def test_the_examples_of_bodies_fit_their_models() -> None:
    for name, schema in SCHEMA["components"]["schemas"].items():
        for example in schema.get("examples", []):
            assert set(example) <= set(schema["properties"]), name
            assert set(schema.get("required", [])) <= set(example), name


def test_the_documented_observation_is_the_one_that_is_read() -> None:
    assert set(ObservationIn.model_fields) == set(KEYS)


def test_the_documented_observation_is_in_the_schema_with_its_parts() -> None:
    assert {"ObservationIn", "DetectionIn", "ClaimIn"} <= set(SCHEMA["components"]["schemas"])


def test_every_reference_leads_somewhere() -> None:
    def refs(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for child in value.values():
                yield from refs(child)
        elif isinstance(value, list):
            for child in value:
                yield from refs(child)

    names = {ref.removeprefix("#/components/schemas/") for ref in refs(SCHEMA)}
    assert names <= set(SCHEMA["components"]["schemas"])


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for methods in SCHEMA["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))

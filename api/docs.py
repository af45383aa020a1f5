"""Puts into /openapi.json what the code alone does not say: examples, and which errors a route can answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field

from api.errors import envelope, status_of
from domain.errors import AlreadyDecided, ArticleNotFound, AuditBroken, IllegalMove, LianzhiError

Responses = dict[int | str, dict[str, Any]]


class ErrorBody(BaseModel):
    """What went wrong; further keys depend on the code."""

    model_config = ConfigDict(extra="allow")

    code: str = Field(description="稳定的错误代码，供程序判断。", examples=["unknown_crs"])
    message: str = Field(description="一句话说明错在哪里。", examples=["坐标系“BD09”无法识别。"])
    hint: str = Field(description="一句话说明怎样改正；可为空。", examples=["请填写 WGS84、GCJ02 或 CGCS2000。"])
    request_id: str = Field(description="本次请求的编号，与响应头 X-Request-ID 相同。", examples=["5f0c6a1e"])


class ErrorEnvelope(BaseModel):
    """The body of every answer that reports a failure."""

    error: ErrorBody


_SAMPLES: Mapping[type[LianzhiError], Callable[[], LianzhiError]] = {
    IllegalMove: lambda: IllegalMove(
        "案件现处于“collected”阶段，不能执行“close”。", "此阶段可执行：register、reject、merge。",
        legal=["register", "reject", "merge"],
    ),
    AlreadyDecided: lambda: AlreadyDecided(
        "这份意见书已经有人裁定。", "请查看已有裁定。", by="officer-1", verdict="approve", at="2026-03-02T01:20:00Z"
    ),
    ArticleNotFound: lambda: ArticleNotFound(
        "《重庆市市政设施管理条例》没有第999条。", "请核对条号。", nearest=["60", "61"]
    ),
    AuditBroken: lambda: AuditBroken("审计链在第 17 条处断裂。", "请保留现场。", seq=17),
}  # fmt: skip
"""Examples of the errors whose constructors ask for facts."""


def answers(
    example: Any,  # noqa: ANN401  any JSON value, or text of another media type
    *errors: type[LianzhiError],
    status: int = 200,
    text: str = "成功",
    media_type: str = "application/json",
) -> Responses:
    """The `responses` of a route: an example of success, and the errors it may answer with one example each."""
    documented: Responses = {status: {"description": text, "content": {media_type: {"example": example}}}}
    for error in errors:
        entry = documented.setdefault(
            int(status_of(error)),
            # Not `model=`: FastAPI would put that under the media type of success.
            {"description": "", "content": {"application/json": {"schema": _schema(ErrorEnvelope), "examples": {}}}},
        )
        first_line = (error.__doc__ or error.code).splitlines()[0]
        entry["description"] = f"{entry['description']} {error.code}".strip()
        entry["content"]["application/json"]["examples"][error.code] = {
            "summary": first_line,
            "value": _sample(error),
        }
    return documented


def _sample(kind: type[LianzhiError]) -> dict[str, Any]:
    make = _SAMPLES.get(kind, lambda: kind("一句话说明错在哪里。", "一句话说明怎样改正。"))
    return envelope(make(), "5f0c6a1e")


def body_of(model: type[BaseModel], examples: Mapping[str, Any]) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body itself: its model and named examples."""
    named = {name: {"value": value} for name, value in examples.items()}
    content = {"application/json": {"schema": _schema(model), "examples": named}}
    return {"requestBody": {"required": True, "content": content}}


def batch_body_of(model: type[BaseModel], example: Mapping[str, Any]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes many of one model: an array, or one a line."""
    array = {"schema": {"type": "array", "items": _schema(model)}, "examples": {"两条": {"value": [example, example]}}}
    line = json.dumps(example, ensure_ascii=False)
    lines = {"schema": {"type": "string"}, "examples": {"每行一条": {"value": f"{line}\n{line}\n"}}}
    content = {"application/json": array, "application/x-ndjson": lines}
    return {"requestBody": {"required": True, "content": content}}


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def describe_app(app: FastAPI, *, extra_models: tuple[type[BaseModel], ...]) -> None:
    """Make `/openapi.json` include models that no signature mentions; the schema is built once.

    Args:
        app: The app with all its routes.
        extra_models: Models used by `body_of`.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, summary=app.summary, description=app.description,
                routes=app.routes, tags=app.openapi_tags, license_info=app.license_info,
            )  # fmt: skip
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            for model in (ErrorEnvelope, *extra_models):
                schemas |= _with_parts(model)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  the way FastAPI documents


def _with_parts(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = schema.pop("$defs", {})
    return {**parts, model.__name__: schema}

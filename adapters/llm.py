"""The language model: any OpenAI-compatible endpoint, or none; asked for structured answers that may fail politely."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

MAX_ANSWER = 20_000
"""Characters of an answer that are looked at; a longer one is refused."""
MAX_OPENINGS = 50
"""Opening braces tried before free text counts as holding no JSON object."""
REFUSED = frozenset({400, 404, 415, 422, 501})
"""Statuses by which endpoints without tool calls turn a request down."""

T = TypeVar("T", bound=BaseModel)
FailureKind = Literal["timeout", "endpoint", "too_long", "bad_json", "schema"]


class LlmSettings(BaseSettings):
    """Which language model helps; without a model name, none does."""

    model_config = SettingsConfigDict(env_prefix="LIANZHI_", extra="forbid")

    llm_model: str = ""
    """Name of the language model at its endpoint; empty: run without one."""
    llm_base_url: str = ""
    """Base URL of an OpenAI-compatible endpoint, ending in `/v1`; empty: the client's default."""
    llm_api_key: SecretStr = SecretStr("")
    """Key of the endpoint; empty for endpoints that need none."""
    llm_timeout_s: float = Field(default=20.0, gt=0)
    """Seconds to wait for one answer of the model before the deterministic path is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmFailure:
    """Why there is no usable answer; `detail` is short and holds no secret."""

    kind: FailureKind
    detail: str = ""


@asynccontextmanager
async def open_chat_model(settings: LlmSettings) -> AsyncIterator[BaseChatModel | None]:
    """The chat model while its connections are open, or None when no model is named."""
    if not settings.llm_model:
        yield None
        return
    async with httpx.AsyncClient(timeout=settings.llm_timeout_s) as http:
        yield chat_model(settings, http)


def chat_model(settings: LlmSettings, http: httpx.AsyncClient | None = None) -> BaseChatModel | None:
    """Build the chat model, or None when no model is named; `http` is the caller's to close."""
    if not settings.llm_model:
        return None
    # Loading the client costs over a second and 90 MB: only those who use a model pay for it.
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=settings.llm_model,
        base_url=settings.llm_base_url or None,
        api_key=settings.llm_api_key if settings.llm_api_key.get_secret_value() else SecretStr("none"),
        timeout=settings.llm_timeout_s,
        http_async_client=http,
        max_retries=1,
        temperature=0.0,
        seed=0,
    )


async def ask_structured(
    model: BaseChatModel, schema: type[T], messages: Sequence[BaseMessage], *, timeout_s: float = 20.0
) -> T | LlmFailure:
    """Ask for one object of `schema`; whatever comes back, nothing is raised.

    The schema is offered as a tool; endpoints that refuse tools are asked again in plain words. A tool call, a bare
    JSON object, and an object inside a fence or among other words are all read.

    Args:
        model: Any chat model.
        schema: Pydantic model of the answer; its field descriptions tell the model what is wanted.
        messages: The conversation, the question last.
        timeout_s: Seconds for everything, > 0.

    Returns:
        The validated object, or the reason why there is none.
    """
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _invoke(model, schema, list(messages))
    except TimeoutError:
        return LlmFailure(kind="timeout", detail=f"{timeout_s:g} s")
    # Every client library raises its own errors, and none of them may stop the dispatch of a case.
    except Exception as error:  # noqa: BLE001
        if "timeout" in type(error).__name__.lower():
            return LlmFailure(kind="timeout", detail=type(error).__name__)
        return LlmFailure(kind="endpoint", detail=_status_of(error))
    return _read(answer, schema)


async def _invoke(model: BaseChatModel, schema: type[T], messages: list[BaseMessage]) -> BaseMessage:
    name = schema.__name__
    try:
        bound = model.bind_tools([schema], tool_choice=name)
        return await bound.ainvoke(messages)
    except NotImplementedError:
        return await model.ainvoke(messages)
    # Only a refusal of the tool itself leads to a second question; the rest is for the caller.
    except Exception as error:
        if getattr(error, "status_code", None) not in REFUSED:
            raise
        return await model.ainvoke(messages)


def _status_of(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return f"{type(error).__name__} {status}" if status else type(error).__name__


def _read(answer: BaseMessage, schema: type[T]) -> T | LlmFailure:
    value = _tool_arguments(answer, schema.__name__)
    if value is None:
        text = _text(answer)
        if len(text) > MAX_ANSWER:
            return LlmFailure(kind="too_long", detail=f"{len(text)} characters")
        value = first_object(text)
    if value is None:
        return LlmFailure(kind="bad_json")
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) or "(object)" for fault in error.errors()})
        return LlmFailure(kind="schema", detail="、".join(fields)[:200])


def _tool_arguments(answer: BaseMessage, name: str) -> dict[str, Any] | None:
    if not isinstance(answer, AIMessage):
        return None
    return next((call["args"] for call in answer.tool_calls if call["name"] == name), None)


def _text(answer: BaseMessage) -> str:
    if isinstance(answer.content, str):
        return answer.content
    return "".join(str(block.get("text", "")) for block in answer.content if isinstance(block, dict))


def first_object(text: str) -> dict[str, Any] | None:
    """The first JSON object in free text; None when there is none."""
    decoder = json.JSONDecoder()
    start = -1
    for _ in range(MAX_OPENINGS):
        start = text.find("{", start + 1)
        if start < 0:
            return None
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None

"""The model endpoint: every way an answer can come, and every way it can fail."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel, SecretStr

from adapters.llm import LlmFailure, LlmSettings, ask_structured, chat_model, first_object, open_chat_model
from tests.fakes import Reply, Script, ScriptedLlmServer

GOOD = '{"issue": "P01"}'
ASK = [HumanMessage("哪一项？")]


class Choice(BaseModel):
    """The issue chosen."""

    issue: Literal["P01", "P02"]


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[tuple[BaseChatModel, ScriptedLlmServer]]:
    with ScriptedLlmServer(script) as server:
        settings = LlmSettings(
            llm_model="m", llm_base_url=server.base_url, llm_api_key=SecretStr("k"), llm_timeout_s=5.0
        )
        async with open_chat_model(settings) as model:
            assert model is not None
            yield model, server


async def test_without_a_model_name_there_is_no_model() -> None:
    assert chat_model(LlmSettings()) is None
    async with open_chat_model(LlmSettings()) as model:
        assert model is None


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(tool={"issue": "P01"}), id="tool call"),
        pytest.param(Reply(content=GOOD), id="bare json"),
        pytest.param(Reply(content=f"```json\n{GOOD}\n```"), id="fenced"),
        pytest.param(Reply(content=f"<think>{{不是 JSON}}</think>好的，结果是：{GOOD}。请查收"), id="among words"),
        pytest.param(Reply(tool={"issue": "P01", "extra": 1}), id="extra keys are dropped"),
    ],
)
async def test_reads_an_answer_in_any_wrapping(reply: Reply) -> None:
    async with served(lambda _: reply) as (model, _):
        answer = await ask_structured(model, Choice, ASK)
    assert answer == Choice(issue="P01")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(Reply(content="我不知道"), "bad_json", id="prose only"),
        pytest.param(Reply(content=""), "bad_json", id="empty"),
        pytest.param(Reply(content='{"issue": "P01"'), "bad_json", id="cut off"),
        pytest.param(Reply(content="[" * 100_000), "too_long", id="flood"),
        pytest.param(Reply(content="{" * 19_000), "bad_json", id="braces"),
        pytest.param(Reply(content='{"a":' * 3_000), "bad_json", id="deep"),
        pytest.param(Reply(tool={"issue": "P99"}), "schema", id="outside the list"),
        pytest.param(Reply(tool={}), "schema", id="nothing said"),
        pytest.param(Reply(status=500), "endpoint", id="server error"),
        pytest.param(Reply(status=401), "endpoint", id="wrong key"),
        pytest.param(Reply(raw=b"<html>"), "endpoint", id="not an api"),
        pytest.param(Reply(raw=b'{"choices": []}'), "endpoint", id="no choices"),
    ],
)
async def test_a_bad_answer_is_a_typed_failure(reply: Reply, kind: str) -> None:
    async with served(lambda _: reply) as (model, _):
        answer = await ask_structured(model, Choice, ASK)
    assert isinstance(answer, LlmFailure)
    assert answer.kind == kind


async def test_a_slow_endpoint_is_given_up() -> None:
    async with served(lambda _: Reply(content=GOOD, delay_s=2.0)) as (model, _):
        answer = await ask_structured(model, Choice, ASK, timeout_s=0.2)
    assert answer == LlmFailure(kind="timeout", detail="0.2 s")


async def test_a_dead_endpoint_is_a_failure_not_an_error() -> None:
    async with open_chat_model(LlmSettings(llm_model="m", llm_base_url="http://127.0.0.1:9/v1")) as model:
        assert model is not None
        answer = await ask_structured(model, Choice, ASK)
    assert isinstance(answer, LlmFailure)
    assert answer.kind == "endpoint"


async def test_an_endpoint_without_tools_is_asked_in_plain_words() -> None:
    def script(request: dict[str, object]) -> Reply:
        return Reply(status=400) if "tools" in request else Reply(content=GOOD)

    async with served(script) as (model, server):
        answer = await ask_structured(model, Choice, ASK)
    assert answer == Choice(issue="P01")
    assert ["tools" in request for request in server.requests] == [True, False]


async def test_a_model_without_tool_support_is_asked_in_plain_words() -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage(GOOD)]))
    assert await ask_structured(model, Choice, ASK) == Choice(issue="P01")


def test_the_key_does_not_show() -> None:
    settings = LlmSettings(llm_model="m", llm_api_key=SecretStr("sk-very-secret"))
    assert "very-secret" not in repr(settings) + str(settings.model_dump())


@given(st.text(), st.dictionaries(st.text(), st.integers() | st.text(), min_size=1), st.text())
def test_an_object_is_found_after_any_words_without_braces(
    before: str, value: dict[str, int | str], after: str
) -> None:
    assert first_object(before.replace("{", "") + json.dumps(value) + after) == value


@given(st.text(alphabet='{}[]":,ab1 \\'))
def test_hostile_text_never_raises(text: str) -> None:
    assert first_object(text) is None or isinstance(first_object(text), dict)

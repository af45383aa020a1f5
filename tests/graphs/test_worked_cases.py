"""The worked cases through the graph: by rules alone, and with a model of every character."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from adapters.llm import LlmSettings, open_chat_model
from agents.context import Context
from domain.case import CaseFile, Stage
from domain.clock import CHINA, FixedClock, parse_iso
from domain.dispatch import StraightLineDispatcher
from domain.geo import Point
from domain.observation import Observation, parse_observation
from domain.opinion import canonical
from domain.patrol.merging import ScoredMerger
from domain.recognition import recognise
from domain.territory import Territory
from graphs.adjacency import opinion_builder
from tests.fakes import FakeKnowledge, MemoryCases, Script, ScriptedLlmServer
from tests.graphs.scripts import evasive, honest, hostile, rambling
from tests.worked_cases import WORKED, WorkedCase, check
from tests.worlds import WORLDS

GRAPH = opinion_builder().compile()


def parsed(case: WorkedCase) -> tuple[Observation, Territory]:
    territory = Territory(WORLDS[case.world]())
    at = parse_iso(case.received_at)
    return parse_observation(case.observation, received_at=at, new_id=lambda: "obs-1", territory=territory), territory


def earlier_cases(case: WorkedCase, seen: Observation) -> MemoryCases:
    """Records that hold the earlier cases of a worked case, at its place and of its issue."""
    cases = MemoryCases()
    read = recognise(seen.text, seen.detections)
    for n, day in enumerate(case.earlier):
        when = datetime.combine(datetime.fromisoformat(day).date(), time(10), CHINA)
        before = replace(seen, id=f"past-{n}", observed_at=when, received_at=when)
        case_id = cases.add(before)
        cases.files[case_id] = replace(cases.files[case_id], issue=read.issues[0].issue, stage=Stage.CLOSED)
    cases.files["c-obs"] = CaseFile(
        id="c-obs", stage=Stage.COLLECTED, observation=seen.to_json(), created_at=seen.received_at,
        updated_at=seen.received_at, lon=seen.lon, lat=seen.lat,
    )  # fmt: skip
    return cases


async def opinion_on(case: WorkedCase, llm: BaseChatModel | None = None) -> dict[str, Any]:
    seen, territory = parsed(case)
    context = Context(
        world=territory.world,
        territory=territory,
        knowledge=FakeKnowledge(validity=case.validity),
        cases=earlier_cases(case, seen),
        merge=ScoredMerger(),
        dispatch=StraightLineDispatcher(territory.world),
        clock=FixedClock(seen.received_at),
        llm=llm,
        llm_timeout_s=5.0,
    )
    start: Any = {"case_id": "c-obs", "observation": seen.to_json()}
    return (await GRAPH.ainvoke(start, context=context))["opinion"]


async def model_of(script: Script) -> AsyncIterator[BaseChatModel]:
    with ScriptedLlmServer(script) as server:
        settings = LlmSettings(llm_model="m", llm_base_url=server.base_url, llm_api_key=SecretStr("k"))
        async with open_chat_model(settings) as model:
            assert model is not None
            yield model


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
async def test_the_opinion_says_what_the_case_expects(case: WorkedCase) -> None:
    assert check(case, await opinion_on(case)) == []


@pytest.mark.parametrize("case", WORKED[::6], ids=lambda case: case.name)
async def test_the_same_report_twice_gives_the_same_bytes(case: WorkedCase) -> None:
    first, second = await opinion_on(case), await opinion_on(case)
    assert canonical(first) == canonical(second)


def facts(opinion: dict[str, Any]) -> dict[str, Any]:
    """An opinion without its wording."""
    return {key: value for key, value in opinion.items() if key not in ("explanation", "versions")}


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case.name)
async def test_an_honest_model_changes_words_and_nothing_else(case: WorkedCase) -> None:
    plain = await opinion_on(case)
    async for model in model_of(honest):
        worded = await opinion_on(case, model)
        if parsed_surely(case):
            assert facts(worded) == facts(plain)
            assert check(case, worded) == []
        assert worded["versions"]["prose"] == "model"
        assert "谢谢配合" in worded["explanation"]["steps"][0]
        assert "具体理由：" in worded["explanation"]["formal"]


def parsed_surely(case: WorkedCase) -> bool:
    seen, _ = parsed(case)
    return recognise(seen.text, seen.detections).sure


@pytest.mark.parametrize("script", [rambling, hostile, evasive], ids=lambda script: script.__name__)
async def test_a_bad_model_changes_nothing_at_all(script: Script) -> None:
    async for model in model_of(script):
        for case in WORKED:
            plain, tried = await opinion_on(case), await opinion_on(case, model)
            assert canonical(tried) == canonical(plain), case.name


async def test_the_model_never_sees_what_the_reporter_wrote_in_the_wording() -> None:
    case = WORKED[0]
    with ScriptedLlmServer(honest) as server:
        settings = LlmSettings(llm_model="m", llm_base_url=server.base_url)
        async with open_chat_model(settings) as model:
            worded = await opinion_on(case, model)
    asked = [request["messages"][-1]["content"] for request in server.requests if "待润色材料" in str(request)]
    assert len(asked) == 1
    assert str(case.observation["text"]) not in asked[0]
    assert str(case.observation["text"]) in worded["explanation"]["formal"]


def test_the_earlier_cases_are_where_the_report_is() -> None:
    case = next(case for case in WORKED if case.earlier)
    seen, _ = parsed(case)
    assert seen.lon is not None
    assert seen.lat is not None
    files = earlier_cases(case, seen).files.values()
    assert {Point(file.lon or 0, file.lat or 0) for file in files} == {Point(seen.lon, seen.lat)}

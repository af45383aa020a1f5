"""The steps of a case's run as they happen, over server-sent events."""

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import ServicesDep, VisibleCase
from api.docs import answers
from domain.errors import CaseNotFound, Forbidden, InvalidInput, Unavailable
from graphs.bootstrap import Services

router = APIRouter(prefix="/api/v1/cases", tags=["案件"])

MAX_STREAMS = 500
"""Streams open at once in one process: each holds a connection and a task for as long as its run takes."""

_STREAM = (
    'event: step\ndata: {"seq": 1, "node": "recognise", "status": "done", "at": "2026-03-02T01:00:01Z", '
    '"summary": "识别为井盖缺失"}\nid: 1\n\nevent: end\ndata: {"stage": "dispatched", "waiting": true}\n\n'
)
_FAULTS = (InvalidInput, CaseNotFound, Forbidden, Unavailable)


async def take_place(request: Request) -> AsyncIterator[None]:
    """Dependency: one of the places for streams, until this one ends. Raises Unavailable when all are taken."""
    state = request.app.state
    if state.streams >= MAX_STREAMS:
        raise Unavailable("同时订阅的事件流过多。", "请稍后重连，或改为定时查看案件。")
    state.streams += 1
    try:
        yield
    finally:
        state.streams -= 1


@router.get(
    "/{case_id}/events",
    summary="办理过程（事件流）",
    description=(
        "以 SSE 逐步推送此案运行的每一步（event: step，id 为步号）；断线后带 Last-Event-ID 重连，从其后续传。"
        "运行等待签批或结束时发出 event: end 并关闭。每 15 秒发一次心跳注释。"
    ),
    responses=answers(_STREAM, *_FAULTS, text="事件流", media_type=EventSourceResponse.media_type),
    response_class=EventSourceResponse,
)
async def stream_steps(
    case: VisibleCase,
    services: ServicesDep,
    place: Annotated[None, Depends(take_place)],  # noqa: ARG001  held until the stream ends
    last_event_id: Annotated[int, Header(ge=0, le=2**63 - 1, description="已收到的最后一步的 id。")] = 0,
) -> AsyncIterable[ServerSentEvent]:
    """Steps after the one last seen, then live ones, until the run waits or is done."""
    async for step in services.runner.steps(case.id, after=last_event_id):
        yield ServerSentEvent(event="step", id=str(step.seq), raw_data=_json(step.to_json()))
    now = await services.book.case(case.id)
    waiting = await _waits(services, now.opinion)
    yield ServerSentEvent(event="end", raw_data=_json({"stage": now.stage.value, "waiting": waiting}))


async def _waits(services: Services, opinion_id: str) -> bool:
    """Whether the opinion needs a signature and has none."""
    if not opinion_id:
        return False
    opinion = await services.book.opinion(opinion_id)
    return opinion["human_required"]["value"] and await services.book.decision_of(opinion_id) is None


def _json(value: dict[str, Any]) -> str:
    # FastAPI's own writer would escape every Chinese character.
    return json.dumps(value, ensure_ascii=False)

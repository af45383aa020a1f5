"""The steps of a case's run as they happen, over server-sent events."""

import json
from collections.abc import AsyncIterable
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.deps import ServicesDep, VisibleCase
from api.docs import answers
from domain.errors import CaseNotFound, Forbidden, InvalidInput, Unavailable

router = APIRouter(prefix="/api/v1/cases", tags=["案件"])

_STREAM = (
    'event: step\ndata: {"seq": 1, "node": "recognise", "status": "done", "at": "2026-03-02T01:00:01Z", '
    '"summary": "识别为井盖缺失"}\nid: 1\n\nevent: end\ndata: {"stage": "dispatched", "waiting": true}\n\n'
)
_FAULTS = (InvalidInput, CaseNotFound, Forbidden, Unavailable)


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
    last_event_id: Annotated[int, Header(ge=0, le=2**63 - 1, description="已收到的最后一步的 id。")] = 0,
) -> AsyncIterable[ServerSentEvent]:
    """Steps after the one last seen, then live ones, until the run waits or is done."""
    async for step in services.runner.steps(case.id, after=last_event_id):
        yield ServerSentEvent(event="step", id=str(step.seq), raw_data=_json(step.to_json()))
    now = await services.book.case(case.id)
    waiting = bool(now.opinion) and await services.book.decision_of(now.opinion) is None
    yield ServerSentEvent(event="end", raw_data=_json({"stage": now.stage.value, "waiting": waiting}))


def _json(value: dict[str, Any]) -> str:
    # FastAPI's own writer would escape every Chinese character.
    return json.dumps(value, ensure_ascii=False)

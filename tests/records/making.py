"""Small named things to record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.case import CaseFile, Decision, Move, OrderStatus, Verdict, WorkOrder
from domain.observation import Claim, Detection, Observation, Source
from records.book import CaseBook

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
"""Noon in Chongqing."""

MANHOLE = Observation(
    id="o-manhole",
    source=Source.PERSON,
    text="两区交界处井盖缺失",
    lon=106.55,
    lat=29.56,
    crs="WGS84",
    accuracy_m=8.0,
    region="500103001",
    observed_at=NOON - timedelta(minutes=3),
    received_at=NOON,
    reporter="市民",
    media=("img/1.jpg",),
    detections=(Detection(label="井盖缺失", score=0.91, bbox=(1.0, 2.0, 30.5, 40.25)),),
    claims=(Claim(unit="u-1", text="不归我管"),),
)


def minutes(count: float) -> datetime:
    """An instant after noon."""
    return NOON + timedelta(minutes=count)


def observation(number: int = 0, **values: Any) -> Observation:
    """An observation like the manhole, with an id of its own."""
    return replace(MANHOLE, id=f"o-{number}", **values)


async def opened(book: CaseBook, number: int = 0, *moves: Move, at: datetime = NOON, **values: Any) -> CaseFile:
    """A case of an observation, moved on."""
    accepted = await book.accept(observation(number, **values), idempotency_key="", by="tester", at=at)
    for move in moves:
        await book.move(accepted.case_id, move, by="tester", at=at, reason="测试需要")
    return await book.case(accepted.case_id)


def opinion(number: int = 0, *, person: bool = True, **values: Any) -> dict[str, Any]:
    """Opinion JSON, as far as records look into it."""
    return {"id": f"op-{number}", "human_required": {"value": person, "why": []}, "confidence": 0.75, **values}


def order(case_id: str, number: int = 0, **values: Any) -> WorkOrder:
    """A work order for a case."""
    made = WorkOrder(
        id=f"w-{number}",
        case_id=case_id,
        duty="handling",
        unit="u-500103-sanitation",
        unit_name="渝中环卫所",
        status=OrderStatus.ISSUED,
        issued_at=NOON,
        due_at=minutes(60),
        due_source="suggested",
        text="立即设置围挡并补装井盖",
        distance_m=420.5,
    )
    return replace(made, **values)


def ruling(number: int = 0, **values: Any) -> Decision:
    """An officer's approval of an opinion."""
    return replace(Decision(opinion_id=f"op-{number}", verdict=Verdict.APPROVE, by="officer", at=NOON), **values)

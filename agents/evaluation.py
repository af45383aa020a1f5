"""Effectiveness evaluation (治理效能评估): measure and file, wait for a person on suspicions, settle."""

import asyncio
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Context, Evaluations
from domain.adjacency.evaluation.assessment import assess, names_of, placed
from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.filing import EvaluationState, FiledEvaluation, asked_from_json
from domain.caselog import CaseTable
from domain.caselogreader import known_of
from domain.clock import parse_iso
from domain.errors import Unavailable
from domain.issues import issue_table
from domain.world import World

LISTED = 100
"""Case ids listed on each side of the figures of the whole and of the districts."""


class MeasureInput(TypedDict):
    """The part of the state that `measure` reads."""

    evaluation_id: str
    asked: dict[str, Any]
    asked_by: str
    asked_at: str
    region: str


class MeasureUpdate(TypedDict):
    """The part of the state that `measure` writes."""

    created: bool
    suspicions: int
    summary: str


async def measure(state: MeasureInput, runtime: Runtime[Context]) -> MeasureUpdate:
    """Compute the report from the book's log and file it; no model takes part."""
    context, book = runtime.context, _book(runtime.context)
    known = await asyncio.to_thread(known_of, context.world)
    table = await book.log(known)
    # A thread: a city's year takes seconds, in which the service must answer others.
    report = await asyncio.to_thread(report_on, table, state["asked"], context.world)
    waits = bool(report["gaming"])
    made = FiledEvaluation(
        id=state["evaluation_id"],
        region=state["region"],
        state=EvaluationState.WAITING if waits else EvaluationState.FINAL,
        asked=state["asked"],
        report=report,
        asked_by=state["asked_by"],
        asked_at=parse_iso(state["asked_at"]),
    )
    created = await book.file(made)
    suspicions, lacking = len(report["gaming"]), len(report["not_computed"])
    text = f"评估{report['scope']['cases']}件，刷量疑点{suspicions}处，未计算指标{lacking}项"
    return {"created": created, "suspicions": suspicions, "summary": text}


def report_on(table: CaseTable, asked: dict[str, Any], world: World) -> dict[str, Any]:
    """The report by the shipped definitions, with names and lists of cases."""
    definitions = shipped()
    names = names_of(world, {one.id: one.name for one in issue_table().values()})
    whole, notes = placed(table, world)
    return assess(whole, asked_from_json(asked, definitions), definitions, world, names, listed=LISTED, notes=notes)


class AwaitReviewInput(TypedDict):
    """The part of the state that `await_review` reads."""

    evaluation_id: str
    suspicions: int


class AwaitReviewUpdate(TypedDict):
    """The part of the state that `await_review` writes."""

    heard: bool
    summary: str


async def await_review(state: AwaitReviewInput) -> AwaitReviewUpdate:
    """Stop until a person has looked at a suspicion; what was said is in the records."""
    interrupt({"evaluation_id": state["evaluation_id"], "suspicions": state["suspicions"]})
    return {"heard": True, "summary": "收到人工核实意见"}


class SettleInput(TypedDict):
    """The part of the state that `settle` reads."""

    evaluation_id: str


class SettleUpdate(TypedDict):
    """The part of the state that `settle` writes."""

    outcome: str
    summary: str


async def settle(state: SettleInput, runtime: Runtime[Context]) -> SettleUpdate:
    """Make it final once every suspicion was looked at; else it waits on."""
    filed = await _book(runtime.context).settle(state["evaluation_id"], at=runtime.context.clock())
    if filed.state is EvaluationState.FINAL:
        return {"outcome": "final", "summary": "疑点均已核实，评估定稿"}
    return {"outcome": "waiting", "summary": f"还有{len(filed.open)}处疑点待核实"}


def _book(context: Context) -> Evaluations:
    if context.evaluations is None:
        raise Unavailable("没有接入案卷库，无法评估在办案件。", "请从服务调用，或用 lianzhi evaluate 评估文件。")
    return context.evaluations

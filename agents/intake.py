"""Intake (受理): what was seen, where, whether it is known already, what class and how urgent. One node each."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from agents.choosing import choose_issue
from agents.context import Context, MergeProposal
from domain.case import CaseFile, Move, Stage
from domain.clock import civil_date
from domain.errors import Conflict
from domain.geo import Point
from domain.issues import issue_table
from domain.observation import Observation, observation_from_json
from domain.recognition import recognise as recognise_text
from domain.region import BoundaryRelation

MERGE_RADIUS_M = 150.0
"""How far around a new case others are compared, metres."""
MERGE_WINDOW = timedelta(days=30)
"""How long ago a case may have been opened and still take in a new report."""
URGENT_UNITS = frozenset({"minute", "urgent_hour"})
BY = "system"


class RecogniseInput(TypedDict):
    """The part of the state that `recognise` reads."""

    observation: dict[str, Any]


class RecogniseUpdate(TypedDict):
    """The part of the state that `recognise` writes."""

    recognition: dict[str, Any]
    issue: str
    summary: str


async def recognise(state: RecogniseInput, runtime: Runtime[Context]) -> RecogniseUpdate:
    """Read the words and detections; a model may choose among the readings when the rules are not sure."""
    seen = observation_from_json(state["observation"])
    found = recognise_text(seen.text, seen.detections)
    recognition: dict[str, Any] = {
        "issues": [[guess.issue, round(guess.score, 6)] for guess in found.issues],
        "danger": list(found.danger),
        "dispute_words": list(found.dispute_words),
        "several": list(found.several),
        "sure": found.sure,
        "by": "rules",
    }
    chosen = found.issues[0].issue if found.issues else ""
    llm = runtime.context.llm
    if llm is not None and not found.sure and found.issues:
        choice = await choose_issue(llm, seen.text, recognition["issues"], timeout_s=runtime.context.llm_timeout_s)
        recognition |= choice.record
        chosen = choice.issue or chosen
    return {"recognition": recognition, "issue": chosen, "summary": _recognised(chosen, recognition)}


def _recognised(issue: str, recognition: dict[str, Any]) -> str:
    if not issue:
        return "未能识别出具体事项，按首接受理"
    doubt = "" if recognition["sure"] else "（有相近事项，需人工复核）"
    danger = f"；危险词：{'、'.join(recognition['danger'])}" if recognition["danger"] else ""
    return f"识别为 {issue} {issue_table()[issue].name}{doubt}{danger}"


class LocateInput(TypedDict):
    """The part of the state that `locate` reads."""

    observation: dict[str, Any]


class LocateUpdate(TypedDict):
    """The part of the state that `locate` writes."""

    place: dict[str, Any]
    summary: str


async def locate(state: LocateInput, runtime: Runtime[Context]) -> LocateUpdate:
    """How the place lies to the lines; a report without a place goes on with the reporter's region, or the city's."""
    seen = observation_from_json(state["observation"])
    relation = boundary_of(seen, runtime.context)
    region = relation.township or relation.district or seen.region or relation.common_superior
    place: dict[str, Any] = {
        "region": region or runtime.context.world.city,
        "position": relation.position.value,
        "adjacent": relation.adjacent,
        "township": relation.township,
        "district": relation.district,
        "crosses": relation.crosses,
        "distance_m": relation.distance_m,
    }
    return {"place": place, "summary": _located(relation, place)}


def point_of(seen: Observation) -> Point | None:
    """Where it is, or None when nobody said."""
    return None if seen.lon is None or seen.lat is None else Point(seen.lon, seen.lat, seen.height_m)


def boundary_of(seen: Observation, context: Context) -> BoundaryRelation:
    """How an observation lies to the lines on the day it was seen."""
    point, day = point_of(seen), civil_date(seen.observed_at)
    key = ("boundary", context.world.version, point, seen.accuracy_m, day)
    return context.shelf.get(key, lambda: context.territory.relate(point, seen.accuracy_m, day))


def _located(relation: BoundaryRelation, place: dict[str, Any]) -> str:
    if relation.distance_m is None and not relation.candidates:
        return "位置不明：先由首接单位受理，并请上报人补充位置"
    names = "、".join(candidate.name for candidate in relation.candidates[:3])
    if not relation.adjacent:
        return f"位于{names or place['region']}，不涉及毗邻"
    gap = "" if relation.distance_m is None else f"，距界线约{relation.distance_m:.0f}米"
    return f"毗邻地段：{names or place['region']}{gap}"


class MergeInput(TypedDict):
    """The part of the state that `merge` reads."""

    case_id: str
    issue: str
    place: dict[str, Any]
    recognition: dict[str, Any]


class MergeChoice(TypedDict, total=False):
    """What may be absent."""

    may_merge: bool


class MergeSlice(MergeInput, MergeChoice):
    """All that `merge` reads."""


class MergeUpdate(TypedDict):
    """The part of the state that `merge` writes."""

    master: str
    outcome: str
    summary: str


async def merge(state: MergeSlice, runtime: Runtime[Context]) -> MergeUpdate:
    """Join a case that is surely one we have; say which one it may be when it is not sure."""
    context, case_id = runtime.context, state["case_id"]
    now = context.clock()
    # Written before looking around: of two reports that come at once, the later one sees the earlier.
    fields = {"issue": state["issue"], "region": state["place"]["region"]}
    case = await context.cases.describe(case_id, fields, at=now)
    if case.stage is Stage.MERGED:
        return {"master": case.master, "outcome": "merged", "summary": f"已并入案卷 {case.master}"}
    if case.lon is None or case.lat is None or not state.get("may_merge", True) or case.stage is not Stage.COLLECTED:
        return {"master": "", "outcome": "", "summary": "不作重复比对，单独立案"}
    danger = bool(state["recognition"]["danger"]) or _dangerous(state["issue"])
    others = await context.cases.nearby(
        Point(case.lon, case.lat), radius_m=MERGE_RADIUS_M, since=case.created_at - MERGE_WINDOW, exclude=case_id
    )
    return await _apply(context, replace(case, emergency=danger), list(others))


async def _apply(context: Context, case: CaseFile, others: list[CaseFile]) -> MergeUpdate:
    proposal = context.merge(case, others)
    why = "；".join(proposal.reasons)
    if proposal.master:
        try:
            await _join(context, case.id, proposal, why)
        except Conflict as error:
            # The master ended or moved on between the look and the move: then this is a case of its own.
            return {"master": "", "outcome": "", "summary": f"单独立案：{error.message}"}
        text = f"与案卷 {proposal.master} 为同一问题（{proposal.score:.2f}：{why}），已并入，可撤销"
        return {"master": proposal.master, "outcome": "merged", "summary": text}
    if proposal.candidate:
        detail = {"score": proposal.score, "reasons": list(proposal.reasons), "candidate": proposal.candidate}
        await context.cases.note(case.id, "case.merge_suggested", detail, at=context.clock(), key=f"{case.id}:merge")
        text = f"疑似与案卷 {proposal.candidate} 重复（{proposal.score:.2f}：{why}），请人工核对"
        return {"master": "", "outcome": "", "summary": text}
    return {"master": "", "outcome": "", "summary": "未发现重复上报"}


async def _join(context: Context, case_id: str, proposal: MergeProposal, why: str) -> None:
    now, key = context.clock(), f"{case_id}:merge"
    detail = {"score": proposal.score, "reasons": list(proposal.reasons), "into": proposal.master}
    async with context.cases.together():
        await context.cases.move(case_id, Move.MERGE, by=BY, at=now, reason=why, into=proposal.master, key=key)
        await context.cases.note(case_id, "case.merge_scored", detail, at=now, key=key)


def _dangerous(issue: str) -> bool:
    known = issue_table().get(issue)
    return known is not None and known.danger


class ClassifyInput(TypedDict):
    """The part of the state that `classify` reads."""

    issue: str


class ClassifyUpdate(TypedDict):
    """The part of the state that `classify` writes."""

    standard: list[str]
    summary: str


async def classify(state: ClassifyInput) -> ClassifyUpdate:
    """Put the case under its class of the standard, where the standard has one of that name."""
    known = issue_table().get(state["issue"])
    if known is None:
        return {"standard": [], "summary": "事项待人工认定"}
    if not known.class_code:
        return {"standard": [], "summary": "标准目录中没有同名小类，按事项表管理"}
    text = f"归入 {known.standard_ref} {known.class_code}"
    return {"standard": [known.class_code, known.standard_ref], "summary": text}


class AssessInput(TypedDict):
    """The part of the state that `assess` reads."""

    case_id: str
    issue: str
    standard: list[str]
    recognition: dict[str, Any]


class AssessUpdate(TypedDict):
    """The part of the state that `assess` writes."""

    severity: str
    emergency: bool
    summary: str


async def assess(state: AssessInput, runtime: Runtime[Context]) -> AssessUpdate:
    """How urgent it is; then the case is described and registered."""
    context, case_id, now = runtime.context, state["case_id"], runtime.context.clock()
    severity, why = severity_of(state["issue"], state["recognition"]["danger"])
    emergency = severity == "emergency"
    fields: dict[str, Any] = {"severity": severity, "emergency": emergency}
    if state["standard"]:
        fields |= {"class_code": state["standard"][0], "standard_ref": state["standard"][1]}
    await context.cases.describe(case_id, fields, at=now)
    await context.cases.move(case_id, Move.REGISTER, by=BY, at=now, key=f"{case_id}:assess")
    return {"severity": severity, "emergency": emergency, "summary": f"{why}，案卷建立"}


def severity_of(issue: str, danger: list[str]) -> tuple[str, str]:
    """`emergency`, `urgent` or `ordinary`, and why in Chinese.

    Danger in the words or in the nature of the issue is an emergency; a limit that runs on urgent clocks is urgent.
    """
    if danger:
        return "emergency", f"紧急：描述中有“{'、'.join(danger)}”"
    known = issue_table().get(issue)
    if known is not None and known.danger:
        return "emergency", f"紧急：“{known.name}”本身危及安全"
    if known is not None and any(deadline.unit in URGENT_UNITS for deadline in known.deadlines):
        return "urgent", "较急：处置时限按紧急工作时计算"
    return "ordinary", "一般事项"

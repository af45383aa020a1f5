"""Responsibility (确权定责): retrieve, decide by rules, word it, check every citation, file. One node each."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from agents.context import Context
from agents.intake import boundary_of
from agents.regulations import (
    faults_of_citation,
    find_history,
    find_precedents,
    history_from_json,
    precedent_from_json,
    resolve_articles,
)
from agents.writing import reword
from domain.adjacency.responsibility import Question
from domain.adjacency.responsibility import decide as decide_by_rules
from domain.citation import Citation, Validity
from domain.clock import civil_date
from domain.observation import observation_from_json
from domain.opinion import Opinion

RULES = "rules"
"""Value of `prose.by` when no model worded the explanation."""


class RetrieveInput(TypedDict):
    """The part of the state that `retrieve` reads."""

    case_id: str
    observation: dict[str, Any]
    issue: str


class RetrieveUpdate(TypedDict):
    """The part of the state that `retrieve` writes."""

    articles: list[list[str]]
    precedents: list[dict[str, Any]]
    history: list[dict[str, Any]]
    summary: str


async def retrieve(state: RetrieveInput, runtime: Runtime[Context]) -> RetrieveUpdate:
    """Regulations as they stood on the day of the event, precedents, and what happened here before."""
    context, seen = runtime.context, observation_from_json(state["observation"])
    day = civil_date(seen.observed_at)
    articles = [list(pair) for pair in resolve_articles(context, state["issue"], day)]
    # A thread: a Qdrant server, or a large encoder, would hold up every other case and request.
    precedents = await asyncio.to_thread(find_precedents, context, seen, state["issue"], day)
    history = await find_history(context.cases, state["case_id"], seen)
    text = f"可引用条文{len(articles)}条，相近先例{len(precedents)}件，近90天此处旧案{len(history)}件"
    return {"articles": articles, "precedents": precedents, "history": history, "summary": text}


class DecideInput(TypedDict):
    """The part of the state that `decide` reads."""

    observation: dict[str, Any]
    issue: str
    recognition: dict[str, Any]
    articles: list[list[str]]
    precedents: list[dict[str, Any]]
    history: list[dict[str, Any]]


class DecideUpdate(TypedDict):
    """The part of the state that `decide` writes."""

    opinion: dict[str, Any]
    summary: str


async def decide(state: DecideInput, runtime: Runtime[Context]) -> DecideUpdate:
    """Apply the rules of responsibility; no model takes part."""
    opinion = opinion_of(state, runtime.context).to_json()
    return {"opinion": opinion, "summary": _decided(opinion)}


def opinion_of(state: DecideInput, context: Context, *, without: Sequence[tuple[str, str]] = ()) -> Opinion:
    """The opinion by rules alone; `without` leaves out articles that did not stand the check."""
    seen = observation_from_json(state["observation"])
    found, day = state["recognition"], civil_date(seen.observed_at)
    held = resolve_articles(context, state["issue"], day)
    bad = set(without)
    question = Question(
        observation=seen,
        issue=state["issue"],
        day=day,
        boundary=boundary_of(seen, context),
        articles={pair: article for pair, article in held.items() if not {pair, (article.law, article.number)} & bad},
        guesses=tuple((str(issue), float(score)) for issue, score in found["issues"]),
        # A model's choice does not make it sure: where the rules waver, a person looks.
        sure=bool(found["sure"]),
        several=tuple(found["several"]),
        danger=tuple(found["danger"]),
        dispute_words=tuple(found["dispute_words"]),
        history=history_from_json(state["history"]),
        precedents=tuple(precedent_from_json(plain) for plain in state["precedents"]),
        # Read now: the knowledge base may have been renewed since the service was started.
        versions=dict(context.versions) | {"knowledge": context.knowledge.version},
    )
    return decide_by_rules(question, context.world, context.territory)


def _decided(opinion: Mapping[str, Any]) -> str:
    handling, upkeep = (opinion["duties"][name]["unit_name"] or "待定" for name in ("handling", "upkeep"))
    sign = "，须经人工签署" if opinion["human_required"]["value"] else ""
    return f"现场处置：{handling}；权属养护：{upkeep}；置信度{opinion['confidence']:.2f}{sign}"


class WriteInput(TypedDict):
    """The part of the state that `write` reads."""

    observation: dict[str, Any]
    opinion: dict[str, Any]


class WriteUpdate(TypedDict):
    """The part of the state that `write` writes."""

    opinion: dict[str, Any]
    prose: dict[str, Any]
    summary: str


async def write(state: WriteInput, runtime: Runtime[Context]) -> WriteUpdate:
    """Let a model word the explanation better; what does not stand the checks is not used."""
    context, opinion = runtime.context, state["opinion"]
    if context.llm is None:
        return {"opinion": opinion, "prose": {"by": RULES, "refused": []}, "summary": "说明文字按规则生成"}
    units = [unit.name for unit in context.world.register.units]
    seen = observation_from_json(state["observation"])
    worded = await reword(context.llm, opinion, seen, units, timeout_s=context.llm_timeout_s)
    if worded.explanation is None:
        text = f"模型文字未采用：{'；'.join(worded.refused)}"
        return {"opinion": opinion, "prose": {"by": RULES, "refused": list(worded.refused)}, "summary": text}
    name = context.versions.get("model", "") or "model"
    fresh = opinion | {"explanation": worded.explanation, "versions": opinion["versions"] | {"prose": name}}
    return {"opinion": fresh, "prose": {"by": name, "refused": []}, "summary": "说明文字由模型润色，已核对"}


class CheckInput(DecideInput):
    """The part of the state that `check` reads."""

    opinion: dict[str, Any]
    prose: dict[str, Any]


class CheckUpdate(TypedDict):
    """The part of the state that `check` writes."""

    opinion: dict[str, Any]
    prose: dict[str, Any]
    summary: str


async def check(state: CheckInput, runtime: Runtime[Context]) -> CheckUpdate:
    """Verify every citation on the day of the event; one that fails is taken out and a person must look."""
    context, opinion = runtime.context, state["opinion"]
    day = civil_date(observation_from_json(state["observation"]).observed_at)
    faults = faults_of(opinion, context, day)
    if not faults:
        text = f"依据{len(opinion['citations'])}条逐条核对有效"
        return {"opinion": opinion, "prose": state["prose"], "summary": text}
    bad: dict[tuple[str, str], str] = {}
    while faults:
        # Decided anew without them, so that no sentence of the opinion rests on what was taken out.
        bad |= faults
        opinion = opinion_of(state, context, without=tuple(bad)).to_json()
        faults = {pair: why for pair, why in faults_of(opinion, context, day).items() if pair not in bad}
    opinion = _handed_to_a_person(opinion, bad)
    prose = {"by": RULES, "refused": state["prose"]["refused"], "dropped": list(bad.values())}
    return {"opinion": opinion, "prose": prose, "summary": f"剔除未通过核对的依据{len(bad)}条，转人工"}


def faults_of(opinion: Mapping[str, Any], context: Context, day: date) -> dict[tuple[str, str], str]:
    """What is wrong with the opinion's citations: (law, article) → why, in Chinese."""
    found: dict[tuple[str, str], str] = {}
    for plain in opinion["citations"]:
        citation = Citation(**{**plain, "status": Validity(plain["status"])})
        faults = faults_of_citation(context, citation, day)
        if faults:
            found[citation.law, citation.article] = f"{citation.label}：{'；'.join(faults)}"
    return found


def _handed_to_a_person(opinion: dict[str, Any], bad: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    kept = [plain for plain in opinion["citations"] if (plain["law"], plain["article"]) not in bad]
    why = [*opinion["human_required"]["why"], *(f"依据未通过核对，已剔除：{fault}" for fault in bad.values())]
    return opinion | {"citations": kept, "human_required": {"value": True, "why": why}}


class FileInput(TypedDict):
    """The part of the state that `file` reads."""

    case_id: str
    opinion: dict[str, Any]
    prose: dict[str, Any]


class FileUpdate(TypedDict):
    """The part of the state that `file` writes."""

    opinion: dict[str, Any]
    opinion_id: str
    summary: str


async def file(state: FileInput, runtime: Runtime[Context]) -> FileUpdate:
    """Store the opinion; when a run that broke off has stored one already, that one stands."""
    cases, case_id, opinion = runtime.context.cases, state["case_id"], state["opinion"]
    now = runtime.context.clock()
    known = await cases.case(case_id)
    if known.opinion:
        opinion = await cases.opinion(known.opinion)
        return {"opinion": opinion, "opinion_id": known.opinion, "summary": f"意见书 {known.opinion} 已存卷"}
    # Whatever describes the opinion is written before it: a run that finds the opinion stored has nothing left to do.
    if known.emergency is not bool(opinion["emergency"]):
        await cases.describe(case_id, {"emergency": bool(opinion["emergency"])}, at=now)
    if state["prose"]["by"] != RULES or state["prose"]["refused"] or state["prose"].get("dropped"):
        await cases.note(case_id, "opinion.prose", state["prose"], at=now, key=f"{case_id}:write")
    opinion_id = await cases.save_opinion(case_id, opinion, at=now)
    return {"opinion": opinion, "opinion_id": opinion_id, "summary": f"意见书 {opinion_id} 已存卷"}

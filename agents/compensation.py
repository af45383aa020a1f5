"""River-basin compensation (流域补偿核算): compute, find the law, check it, file, wait for finance, conclude."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Context, Statements
from agents.regulations import faults_of_citation
from domain.adjacency.compensation.filing import StatementDraft, StatementVerdict
from domain.adjacency.compensation.submission import statement_of, submission_from_json
from domain.citation import Article, Citation, Validity
from domain.clock import civil_date
from domain.errors import ArticleNotFound, LawNotFound, Unavailable

ROLE = "procedure"
"""What the law supports here: that there be an agreement, and what it must say."""
STATUS_WORDS = {
    Validity.NOT_YET: "当时尚未施行",
    Validity.REPEALED: "当时已废止",
    Validity.SUPERSEDED: "当时已被新版取代",
    Validity.UNKNOWN: "效力未能核实",
}


class ComputeInput(TypedDict):
    """The part of the state that `compute` reads."""

    submission: dict[str, Any]


class ComputeUpdate(TypedDict):
    """The part of the state that `compute` writes."""

    statement: dict[str, Any]
    basis: list[list[str]]
    summary: str


async def compute(state: ComputeInput) -> ComputeUpdate:
    """Apply the declared scheme to the table; no model takes part."""
    # A thread: a city's year takes a second, in which the service must answer others.
    made = await asyncio.to_thread(statement_of, submission_from_json(state["submission"]))
    waiting = len(made.open)
    text = f"核算{len(made.items)}项，其中{waiting}项未结算转人工；表中问题{len(made.problems)}处"
    return {"statement": made.to_json(), "basis": [list(pair) for pair in made.scheme.basis], "summary": text}


class SupportInput(TypedDict):
    """The part of the state that `support` reads."""

    statement: dict[str, Any]
    basis: list[list[str]]


class SupportUpdate(TypedDict):
    """The part of the state that `support` writes."""

    citations: list[dict[str, Any]]
    citation_notes: list[str]
    summary: str


async def support(state: SupportInput, runtime: Runtime[Context]) -> SupportUpdate:
    """The articles that the scheme rests on, as they stood on the last day of the period; others become notes."""
    context, day = runtime.context, day_of(state["statement"], runtime.context)
    citations: list[dict[str, Any]] = []
    notes: list[str] = []
    for law, label in state["basis"]:
        article = await asyncio.to_thread(_cite, context, law, label, day)
        if article is None:
            notes.append(f"《{law}》第{label}条：知识库中没有，未引用")
        elif article.status is not Validity.IN_FORCE:
            newer = f"，现行为《{article.superseded_by}》" if article.superseded_by else ""
            notes.append(f"《{law}》第{label}条：{STATUS_WORDS[article.status]}（{day}），未作依据{newer}")
        else:
            citations.append(_plain(article))
    return {"citations": citations, "citation_notes": notes, "summary": f"依据{len(citations)}条，备注{len(notes)}条"}


def day_of(statement: Mapping[str, Any], context: Context) -> date:
    """The last day of the period, whose law counts; today where there is no period."""
    last = statement["period"][1]
    if not last:
        return civil_date(context.clock())
    year, month = int(last[:4]), int(last[5:])
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _cite(context: Context, law: str, label: str, day: date) -> Article | None:
    try:
        return context.knowledge.cite(law, label, as_of=day)
    except (LawNotFound, ArticleNotFound):
        return None


def _plain(article: Article) -> dict[str, Any]:
    citation = Citation(
        law=article.law,
        article=article.number,
        version_date=article.version_date.isoformat() if article.version_date else "",
        status=article.status,
        role=ROLE,
        digest=article.digest,
        text_sha256=article.text_sha256,
    )
    return asdict(citation) | {"status": citation.status.value}


class CheckInput(TypedDict):
    """The part of the state that `check` reads."""

    statement: dict[str, Any]
    citations: list[dict[str, Any]]
    citation_notes: list[str]


class CheckUpdate(TypedDict):
    """The part of the state that `check` writes."""

    statement: dict[str, Any]
    citations: list[dict[str, Any]]
    citation_notes: list[str]
    summary: str


async def check(state: CheckInput, runtime: Runtime[Context]) -> CheckUpdate:
    """Verify every citation before it leaves; one that fails is taken out and a person must look."""
    context, day = runtime.context, day_of(state["statement"], runtime.context)
    kept: list[dict[str, Any]] = []
    dropped: list[str] = []
    for plain in state["citations"]:
        citation = Citation(**{**plain, "status": Validity(plain["status"])})
        faults = await asyncio.to_thread(faults_of_citation, context, citation, day)
        if faults:
            dropped.append(f"依据未通过核对，已剔除：{citation.label}：{'；'.join(faults)}")
        else:
            kept.append(plain)
    statement = state["statement"]
    if dropped or not kept:
        why = [*statement["human_required"]["why"], *(dropped or ["没有核对通过的法律依据"])]
        statement = statement | {"human_required": {"value": True, "why": why}}
    text = f"依据{len(kept)}条逐条核对有效" + (f"，剔除{len(dropped)}条" if dropped else "")
    return {
        "statement": statement,
        "citations": kept,
        "citation_notes": [*state["citation_notes"], *dropped],
        "summary": text,
    }


class FileInput(TypedDict):
    """The part of the state that `file` reads."""

    statement_id: str
    supersedes: str
    reason: str
    prepared_by: str
    submission: dict[str, Any]
    statement: dict[str, Any]
    citations: list[dict[str, Any]]
    citation_notes: list[str]


class FileUpdate(TypedDict):
    """The part of the state that `file` writes."""

    created: bool
    summary: str


async def file(state: FileInput, runtime: Runtime[Context]) -> FileUpdate:
    """File the draft; when a run that broke off has filed it already, that one stands."""
    context = runtime.context
    draft = StatementDraft(
        id=state["statement_id"],
        scheme=state["statement"]["scheme"]["id"],
        parties=tuple(parties_of(state["statement"])),
        body=body_of(state, versions_of(context)),
        supersedes=state["supersedes"],
    )
    _, created = await book_of(context).file(draft, by=state["prepared_by"], at=context.clock())
    filed = "已存卷" if created else "先前已存卷"
    return {"created": created, "summary": f"核算稿 {draft.id} {filed}，待财政部门确认"}


def book_of(context: Context) -> Statements:
    """Where statements are filed. Raises Unavailable where nothing is."""
    if context.statements is None:
        raise Unavailable("没有可用的核算记录库。", "请由服务端办理。")
    return context.statements


def versions_of(context: Context) -> dict[str, str]:
    """What a statement was made with; the knowledge base as it is now."""
    return dict(context.versions) | {"knowledge": context.knowledge.version}


def body_of(state: Mapping[str, Any], versions: Mapping[str, str]) -> dict[str, Any]:
    """What is filed of a run, and what the command line prints."""
    return {
        "statement": state["statement"],
        "citations": state["citations"],
        "citation_notes": state["citation_notes"],
        "submission": state["submission"],
        "supersedes": state["supersedes"],
        "reason": state["reason"],
        "versions": dict(versions),
    }


def parties_of(statement: Mapping[str, Any]) -> list[str]:
    """Names of everybody who stands on a side, and of the treasury."""
    sides = [item[side] for item in statement["items"] for side in ("upstream", "downstream")]
    names = [name for side in sides for name in side.split("、") if name]
    return list(dict.fromkeys([*names, statement["scheme"]["treasury"]]))


class AwaitConfirmationInput(TypedDict):
    """The part of the state that `await_confirmation` reads."""

    statement_id: str
    statement: dict[str, Any]


class AwaitConfirmationUpdate(TypedDict):
    """The part of the state that `await_confirmation` writes."""

    heard: bool
    summary: str


async def await_confirmation(state: AwaitConfirmationInput) -> AwaitConfirmationUpdate:
    """Stop until a finance officer was heard; what was said is read from the records, never from the answer here."""
    statement = state["statement"]
    interrupt(
        {
            "statement_id": state["statement_id"],
            "why": statement["human_required"]["why"],
            "open": statement["open"],
            "years": statement["years"],
        }
    )
    return {"heard": True, "summary": "收到财政部门意见"}


class ConcludeInput(TypedDict):
    """The part of the state that `conclude` reads."""

    statement_id: str
    statement: dict[str, Any]


class ConcludeUpdate(TypedDict):
    """The part of the state that `conclude` writes."""

    outcome: str
    summary: str


async def conclude(state: ConcludeInput, runtime: Runtime[Context]) -> ConcludeUpdate:
    """Carry out what the records say: tell the parties of a confirmed statement, once; nothing of a returned one."""
    context, name = runtime.context, state["statement_id"]
    decision = (await book_of(context).get(name)).decision
    if decision is None:
        return {"outcome": "waiting", "summary": "尚无财政部门意见，继续等待"}
    if decision.verdict is StatementVerdict.RETURN:
        return {"outcome": "returned", "summary": "核算稿被退回，修订后另行确认"}
    statement = state["statement"]
    payload = {"statement": name, "scheme": statement["scheme"]["id"], "period": statement["period"],
               "years": statement["years"], "open": len(statement["open"])}  # fmt: skip
    await book_of(context).conclude(name, payload=payload, at=context.clock())
    return {"outcome": "confirmed", "summary": "核算表已确认，已通知各方"}

"""Early warning (高频共性问题监测预警): count and scan, relate to settled cases, file; then wait for an officer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.context import Alerts, CaseLog, Context
from domain.adjacency.alerting.filing import STATE_NAMES, AlertState
from domain.adjacency.alerting.signals import Method, WatchParams
from domain.casefacts import facts_of_text
from domain.clock import parse_iso
from domain.errors import Unavailable
from knowledge.cases import SimilarCase

SIMILAR = 3
"""Settled cases that an alert is shown with."""


class DetectInput(TypedDict):
    """The part of the state that `detect` reads."""

    as_of: str
    params: dict[str, Any]


class DetectUpdate(TypedDict):
    """The part of the state that `detect` writes."""

    watch: dict[str, Any]
    summary: str


async def detect(state: DetectInput, runtime: Runtime[Context]) -> DetectUpdate:
    """Scan the case log up to the instant; no model takes part."""
    from domain.adjacency.alerting.report import watch_table  # scipy: a service that starts does not wait for it

    context, moment = runtime.context, parse_iso(state["as_of"])
    table = await log_of(context).until(moment)
    # A thread: a city's year takes seconds, in which the service must answer others.
    made = await asyncio.to_thread(watch_table, table, context.territory, moment, params_of(state["params"]))
    text = f"案件{made['cases']}件，检验{sum(made['tests'].values())}处，预警{len(made['alerts'])}条"
    return {"watch": made, "summary": text}


def params_of(plain: dict[str, Any]) -> WatchParams:
    """Settings from JSON, the usual ones where nothing is said."""
    given = dict(plain)
    if "durations" in given:
        given["durations"] = tuple(given["durations"])
    if "methods" in given:
        given["methods"] = tuple(Method(name) for name in given["methods"])
    return WatchParams(**given)


class RelateInput(TypedDict):
    """The part of the state that `relate` reads."""

    watch: dict[str, Any]


class RelateUpdate(TypedDict):
    """The part of the state that `relate` writes."""

    watch: dict[str, Any]
    summary: str


async def relate(state: RelateInput, runtime: Runtime[Context]) -> RelateUpdate:
    """Put settled cases like it beside each alert: what was done then."""
    context, made = runtime.context, state["watch"]
    found = await asyncio.to_thread(_all_similar, context, made["alerts"], parse_iso(made["as_of"]))
    alerts = [alert | {"similar": similar} for alert, similar in zip(made["alerts"], found, strict=True)]
    count = sum(bool(similar) for similar in found)
    return {"watch": made | {"alerts": alerts}, "summary": f"{count}条预警找到了相似先例"}


def _all_similar(context: Context, alerts: Sequence[dict[str, Any]], moment: datetime) -> list[list[dict[str, Any]]]:
    held: dict[tuple[str, str], list[dict[str, Any]]] = {}
    found: list[list[dict[str, Any]]] = []
    for alert in alerts:
        # Many alerts of a watch are of one issue: those on a line are asked about as such, once.
        key = alert["issue"], alert["kind"]
        if key not in held:
            words = f"{'两区交界处' if alert['kind'] == 'strip' else ''}{alert['issue_name']}"
            facts = facts_of_text(words, issues=(alert["issue"],))
            cases = context.knowledge.similar_cases(facts, SIMILAR, as_of=moment.date())
            held[key] = [_similar(case) for case in cases if alert["issue"] in case.facts.issues]
        found.append(held[key])
    return found


def _similar(case: SimilarCase) -> dict[str, Any]:
    meta = case.passage.meta
    return {
        "id": case.id,
        "title": case.passage.title,
        "ruling": meta.get("ruling", ""),
        "alike": list(case.alike),
        "differs": list(case.differs),
        "source": case.passage.source,
    }


class FileInput(TypedDict):
    """The part of the state that `file` reads."""

    watch: dict[str, Any]
    watch_id: str
    asked_by: str


class FileUpdate(TypedDict):
    """The part of the state that `file` writes."""

    filed: list[list[str]]
    summary: str


async def file(state: FileInput, runtime: Runtime[Context]) -> FileUpdate:
    """File every alert, or carry on the one that it belongs to; then the watch itself."""
    context, made = runtime.context, state["watch"]
    book, now = alerts_of(context), context.clock()
    filed: list[list[str]] = []
    for alert in made["alerts"]:
        one, how = await book.file(alert, by=state["asked_by"], at=now)
        filed.append([one.id, how])
    body = {key: made[key] for key in ("as_of", "cases", "tests", "left_out", "rows_read", "problem_counts", "params")}
    counts = {how: sum(one[1] == how for one in filed) for how in ("new", "again", "woken", "quiet")}
    body |= {"announced": len(filed), **counts, "near": made["near"], "alerts": filed}
    await book.file_watch(state["watch_id"], body, as_of=parse_iso(made["as_of"]), by=state["asked_by"], at=now)
    text = f"新增{counts['new']}条，延续{counts['again']}条，重新提请{counts['woken']}条，保持静默{counts['quiet']}条"
    return {"filed": filed, "summary": text}


class AwaitVerdictInput(TypedDict):
    """The part of the state that `await_verdict` reads."""

    alert_id: str
    title: str


class AwaitVerdictUpdate(TypedDict):
    """The part of the state that `await_verdict` writes."""

    heard: bool
    summary: str


async def await_verdict(state: AwaitVerdictInput) -> AwaitVerdictUpdate:
    """Stop until an officer was heard; what was said is read from the records, never from the answer here."""
    asked = {"alert_id": state["alert_id"], "title": state["title"], "verdicts": ["acknowledge", "dismiss", "close"]}
    interrupt(asked)
    return {"heard": True, "summary": "收到人工研判"}


class SettleInput(TypedDict):
    """The part of the state that `settle` reads."""

    alert_id: str


class SettleUpdate(TypedDict):
    """The part of the state that `settle` writes."""

    outcome: str
    summary: str


async def settle(state: SettleInput, runtime: Runtime[Context]) -> SettleUpdate:
    """Carry out what the officer said: tell the lead and both sides, or let it rest."""
    context = runtime.context
    filed = await alerts_of(context).settle(state["alert_id"], at=context.clock())
    told = "，已通知牵头与各侧单位" if filed.state is AlertState.ACKNOWLEDGED else ""
    over = filed.state in (AlertState.DISMISSED, AlertState.CLOSED)
    return {"outcome": filed.state.value if over else "waiting", "summary": f"{STATE_NAMES[filed.state]}{told}"}


def alerts_of(context: Context) -> Alerts:
    """Where alerts are filed. Raises Unavailable where nothing is."""
    if context.alerts is None:
        raise Unavailable("此处不保存预警。", "请通过服务运行。")
    return context.alerts


def log_of(context: Context) -> CaseLog:
    """The case log. Raises Unavailable where there is none."""
    if context.log is None:
        raise Unavailable("没有可供监测的案件台账。", "请通过服务运行，或指定案件表文件。")
    return context.log

"""What the responsibility agent may cite: articles resolved for a day, precedents, and earlier cases here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from agents.context import Cases, Context
from agents.intake import boundary_of
from domain.adjacency.responsibility import PastCase, Precedent, needed_articles
from domain.adjacency.rulebook import rule_book
from domain.casefacts import boundary_of_relation, facts_of_text
from domain.citation import Article, Citation
from domain.clock import civil_date, parse_iso
from domain.errors import ArticleNotFound, LawNotFound
from domain.geo import Point, distance_m
from domain.issues import issue_table
from domain.observation import Observation
from knowledge.cases import SimilarCase

LOOKED_AT = 12
"""Cases looked at for precedents."""
PRECEDENTS = 3
"""Precedents handed to the rules."""
HISTORY_DAYS = 90
HISTORY_RADIUS_M = 100.0
HISTORY = 50
"""Earlier cases handed to the rules, nearest first."""


def resolve_articles(context: Context, issue: str, day: date) -> Mapping[tuple[str, str], Article]:
    """Every article that an opinion on the issue may cite, as it stood on the day; what is missing is left out.

    Keys are the pairs (law, label) by which the rules know an article. The result is shared between runs.
    """
    return context.shelf.get(
        ("articles", context.knowledge.version, issue, day),
        lambda: MappingProxyType(
            {pair: found for pair in needed_articles(issue) if (found := _cite(context, pair, day)) is not None}
        ),
    )


def _cite(context: Context, pair: tuple[str, str], day: date) -> Article | None:
    try:
        return context.knowledge.cite(*pair, as_of=day)
    except (LawNotFound, ArticleNotFound):
        return None


def faults_of_citation(context: Context, citation: Citation, day: date) -> Sequence[str]:
    """What is wrong with a citation on a day, in Chinese; empty when it holds."""
    key = ("citation", context.knowledge.version, citation, day)
    return context.shelf.get(key, lambda: tuple(context.knowledge.verify_citation(citation, as_of=day)))


def find_precedents(context: Context, seen: Observation, issue: str, day: date) -> list[dict[str, Any]]:
    """Settled matters of the same issue among the cases that are held, those most like this one by their facts first.

    Likeness alone would also bring what has nothing to do with it; so a case counts only if it says that it is about
    the issue, or if its own words are read as the issue. Packaged precedents are the rules' own matter.
    """
    if issue not in issue_table():
        return []
    facts = facts_of_text(seen.text, issues=(issue,))
    lies = boundary_of(seen, context)
    if lines := boundary_of_relation({"position": lies.position, "adjacent": lies.adjacent, "crosses": lies.crosses}):
        facts = replace(facts, boundary=lines)
    found = context.knowledge.similar_cases(facts, LOOKED_AT, as_of=day)
    packaged = {precedent.id for precedent in rule_book().precedents}
    alike = [case for case in found if issue in case.facts.issues and case.id not in packaged]
    return [_precedent(case, issue) for case in alike][:PRECEDENTS]


def _precedent(case: SimilarCase, issue: str) -> dict[str, Any]:
    meta = case.passage.meta
    year = re.search(r"(?:19|20)\d\d", meta.get("year", "") or meta.get("date", ""))
    return {
        "id": case.id,
        "title": case.passage.title,
        "facts": meta.get("facts") or case.passage.text,
        "issues": [issue],
        "rules": _split(meta.get("rules", "")),
        "year": int(year[0]) if year else None,
        "source": case.passage.source,
        "ruling": meta.get("ruling", ""),
        "ruled": "经有权人员" in meta.get("provenance", ""),
        "features": meta.get("features", ""),
        "bearers": _pairs(meta.get("bearers", "")),
        "basis": _basis(meta.get("versions", "")),
        "provenance": meta.get("provenance", ""),
    }


def _pairs(text: str) -> list[list[str]]:
    """`upkeep:区县级排水设施运营单位；…` as [duty, role]."""
    parts = (part.partition(":") for part in text.split("；"))
    return [[duty, role] for duty, colon, role in parts if colon]


def _basis(text: str) -> list[list[str]]:
    """`法名#条号@版本日期;…` as [law, article, version date]."""
    found: list[list[str]] = []
    for part in text.split(";"):
        law, hash_, rest = part.partition("#")
        article, _, version = rest.partition("@")
        found += [[law, article, version]] if hash_ else []
    return found


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,，、;；|]+", text) if part]


def precedent_from_json(plain: Mapping[str, Any]) -> Precedent:
    """A precedent as the rules want it."""
    lists = {key: tuple(plain[key]) for key in ("issues", "rules")}
    tuples = {key: tuple(tuple(item) for item in plain.get(key, ())) for key in ("bearers", "basis")}
    return Precedent(**{**plain, **lists, **tuples})


async def find_history(cases: Cases, case_id: str, seen: Observation) -> list[dict[str, Any]]:
    """Cases seen before this one at the same place, nearest first."""
    if seen.lon is None or seen.lat is None:
        return []
    here = Point(seen.lon, seen.lat)
    since = min(seen.observed_at, seen.received_at) - timedelta(days=HISTORY_DAYS)
    nearby = await cases.nearby(here, radius_m=HISTORY_RADIUS_M, since=since, exclude=case_id)
    found: list[dict[str, Any]] = []
    for case in nearby:
        when = _seen_at(case.observation, case.created_at)
        if when > seen.observed_at or case.lon is None or case.lat is None:
            continue
        gap_m = round(distance_m(here, Point(case.lon, case.lat)), 1)
        found.append(
            {"id": case.id, "issue": case.issue, "day": civil_date(when).isoformat(), "distance_m": gap_m, "unit": ""}
        )
    return found[:HISTORY]


def _seen_at(observation: Mapping[str, Any], otherwise: datetime) -> datetime:
    text = observation.get("observed_at")
    return parse_iso(str(text)) if text else otherwise


def history_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[PastCase, ...]:
    """Earlier cases as the rules want them."""
    return tuple(PastCase(**{**row, "day": date.fromisoformat(row["day"])}) for row in rows)

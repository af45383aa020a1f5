"""Precedents by likeness of facts (类案检索): found by words, ranked by words and features, and explained.

Two hybrid searches over the passages of kind `case` propose candidates: with the words of the facts, and with the
names of the issue, so that the same matter told in other words is found too. Each is then compared with the case at
hand by its features (`domain.casefacts`): those that were stored with it when it was closed, or, for a case that was
loaded from a file, those that are read from its words. `score = STRUCTURE · features + (1 − STRUCTURE) · words`, where
the words count by the score of a search against its best hit.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from domain.adjacency.rulebook import rule_book
from domain.casefacts import CaseFacts, compare, facts_from_json, facts_of_text
from domain.issues import issue_table
from knowledge.corpus import CASE
from knowledge.passage import Passage

STRUCTURE = 0.75
"""Share of the features in the score, the rest is the words'."""
CANDIDATES = 100
"""Cases that the search proposes."""
BY_NAME = 0.5
"""What a hit by the names of the issue counts, against one by the words of the facts."""
QUERY_CHARS = 400
"""Characters of the facts that are searched with."""
_READ_AT_MOST = 8192
_NAMED_AT_MOST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarCase:
    """One case like the one asked about.

    Attributes:
        id: Its own id where it has one (`pc-…`, `PR01`), else the passage's.
        score: In [0, 1]; comparable between answers as far as the features go.
        features, words: The two parts of the score, each in [0, 1].
        alike, differs: What is alike and what differs, in Chinese, most important first.
        facts: Its features.
        passage: Where it stands in the knowledge base; `meta` has facts, issue, ruling, basis where they are known.
    """

    id: str
    score: float
    features: float
    words: float
    alike: tuple[str, ...]
    differs: tuple[str, ...]
    facts: CaseFacts
    passage: Passage


class Searcher(Protocol):
    """The part of a knowledge base that this needs; fulfilled by `knowledge.searching.Searching`."""

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        as_of: date | None = None,
        region: str = "",
        kinds: Sequence[str] = (),
    ) -> list[Passage]:
        """Best passages first."""
        ...


class Cases:
    """Finds cases by their facts."""

    def __init__(self, searching: Searcher, version: Callable[[], str] = str) -> None:
        """Args: where to search, and what changes when the base does (what an issue's names find is remembered)."""
        self._searching = searching
        self._version = version
        self._named: dict[tuple[object, ...], list[Passage]] = {}

    def similar_cases(
        self,
        facts: CaseFacts,
        k: int = 5,
        *,
        as_of: date | None = None,
        region: str = "",
        exclude: Collection[str] = (),
    ) -> list[SimilarCase]:
        """The cases most like one, best first, ties by id.

        Args:
            facts: The case asked about; `domain.casefacts.facts_of_text` reads them from words.
            k: At most so many.
            as_of: Only what was closed by that day: what came later is no precedent.
            region: As in `Searching.search`.
            exclude: Ids that are left out, as the case's own.
        """
        limit = max(CANDIDATES, 2 * k)
        by_words = self._search(facts.text[:QUERY_CHARS], limit, as_of, region)
        said: dict[str, tuple[Passage, float]] = {}
        for found, share in ((by_words, 1.0), (self._by_name(facts, limit, as_of, region), BY_NAME)):
            top = max((passage.score for passage in found), default=0.0)
            for passage in found:
                words = share * max(0.0, passage.score / top) if top > 0 else 0.0
                if passage.id not in said or said[passage.id][1] < words:
                    said[passage.id] = passage, words
        ranked: dict[str, SimilarCase] = {}
        for passage, words in said.values():
            case = _compared(facts, passage, words)
            known = ranked.get(case.id)
            if case.id not in exclude and (known is None or case.score > known.score):
                ranked[case.id] = case
        return sorted(ranked.values(), key=lambda case: (-case.score, case.id))[:k]

    def _search(self, query: str, limit: int, as_of: date | None, region: str) -> list[Passage]:
        return self._searching.search(query, limit=limit, as_of=as_of, region=region, kinds=(CASE,))

    def _by_name(self, facts: CaseFacts, limit: int, as_of: date | None, region: str) -> list[Passage]:
        """What the names of the first issue find; asked again and again, so a few hundred answers are kept."""
        names = _names(facts)
        key = (self._version(), names, limit, as_of, region)
        kept = self._named.get(key) if key[0] else None
        if kept is not None:
            return kept
        found = self._search(names, limit, as_of, region)
        if len(self._named) >= _NAMED_AT_MOST:
            self._named.clear()
        if key[0]:
            self._named[key] = found
        return found


def facts_of_passage(passage: Passage) -> CaseFacts:
    """Features of a stored case: as they were stored, or else as its words are read."""
    meta = passage.meta
    told = meta.get("facts") or passage.text
    if features := meta.get("features", ""):
        return facts_from_json(told, features)
    return _read(passage.title, told, issues_of_passage(passage), passage.region)


def issues_of_passage(passage: Passage) -> tuple[str, ...]:
    """Issue ids that a stored case states or, being of our own table, has there; empty when it states none."""
    meta = passage.meta
    stated = [part for part in re.split(r"[\s,，、;；|]+", f"{meta.get('issues', '')} {meta.get('issue', '')}") if part]
    known = tuple(dict.fromkeys(part for part in stated if part in issue_table()))
    return known or _packaged().get(meta.get("id", ""), ())


def case_id_of(passage: Passage) -> str:
    """Under which id a stored case goes: passages of one paper are one case, rows of a table are each their own."""
    meta = passage.meta
    if meta.get("id"):
        return meta["id"]
    return passage.id if meta.get("row") else f"{passage.source}#{passage.title}"


def _compared(facts: CaseFacts, passage: Passage, words: float) -> SimilarCase:
    own = facts_of_passage(passage)
    likeness = compare(facts, own)
    return SimilarCase(
        id=case_id_of(passage),
        score=round(STRUCTURE * likeness.score + (1 - STRUCTURE) * words, 6),
        features=likeness.score,
        words=round(words, 6),
        alike=likeness.alike,
        differs=likeness.differs,
        facts=own,
        passage=passage,
    )


@lru_cache(maxsize=_READ_AT_MOST)
def _read(title: str, told: str, issues: Sequence[str], region: str) -> CaseFacts:
    return facts_of_text(f"{title}。{told}", issues=issues, region=region)


def _names(facts: CaseFacts) -> str:
    """Name and aliases of the first issue; empty when there is none."""
    found = issue_table().get(facts.issues[0]) if facts.issues else None
    return " ".join((found.name, *found.aliases)) if found else ""


@lru_cache(maxsize=1)
def _packaged() -> dict[str, tuple[str, ...]]:
    return {precedent.id: precedent.issues for precedent in rule_book().precedents}

"""Do the nearest cases help? Leave-one-out over the schematic city's year, on phrases that no other case uses.

    python bench/cases.py [--quick]

Each issue of the year is told in two or three ways. One way at a time is hidden: its cases are the questions, and the
cases told in other ways are what is searched, so that no question finds its own words. Asked is what is known when a
report comes in: its words, and where it lies to the lines. Scored is whether the first case found has the issue and
the responsible sector of the question, and how many of the first five have them.
"""

import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bench.common import finish, table
from domain.casefacts import CaseFacts, boundary_of_relation, facts_of_text
from domain.issues import issue_table
from domain.worlddata import schematic_city, year_of_cases
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.corpus import CASE, Corpus, passage_record
from knowledge.settings import KnowledgeSettings
from knowledge.sparse import query_vector

SEED = 20260301
K = 5
QUESTIONS = 1000
FOLDS = 2
"""Ways of telling that are hidden in turn: every issue has at least two."""

Row = dict[str, Any]
Answer = list[str]
"""Ids of cases, best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """One hidden case, with what is known of it when it comes in."""

    row: Row
    facts: CaseFacts


def settled_cases() -> list[Row]:
    """Cases that were closed by a unit of the register."""
    return [row for row in year_of_cases() if row["stage"] == "closed"]


def sector_of(row: Row) -> str:
    """Sector of the unit that had the case in the end."""
    unit = schematic_city().register.get(row["unit"])
    return unit.sector.value if unit else ""


def phrase_of(row: Row) -> str:
    """How the case is told, without where."""
    return row["text"].replace(row["address"], "") if row["address"] else row["text"]


def ways_of_telling(rows: Sequence[Row]) -> dict[str, list[str]]:
    """By issue, its phrases, the commonest first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts[row["issue"]][phrase_of(row)] += 1
    return {key: [phrase for phrase, _ in found.most_common()] for key, found in counts.items()}


def place_of(row: Row) -> tuple[str, ...]:
    """How it lies to the lines, as intake finds out from the coordinates."""
    return boundary_of_relation({"position": "near", "adjacent": row["adjacent"], "crosses": row["crosses"]})


def stored_features(row: Row) -> CaseFacts:
    """What the file of a closed case says."""
    unit = schematic_city().register.get(row["unit"])
    read = facts_of_text(row["text"], issues=(row["issue"],), region=row["district"])
    return replace(
        read,
        boundary=place_of(row),
        sectors=(sector_of(row),),
        level=unit.level.value if unit else "",
        danger=bool(row["emergency"]),
    )


def library(rows: Sequence[Row], *, structured: bool) -> Corpus:
    """Cases as a document: with the features of closed cases, or their words alone as from a loaded file."""
    records = [
        passage_record(
            "year", number, kind=CASE, text=row["text"], region="",
            title=issue_table()[row["issue"]].name if structured else "", source="year",
            meta={"id": row["id"], **({"features": stored_features(row).to_json()} if structured else {})},
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip
    meta = {"kind": CASE, "title": "year", "source": "year", "passages": len(records)}
    return Corpus(id="year", kind=CASE, title="year", source="year", version=None, records=tuple(records), meta=meta)


def folds(rows: Sequence[Row], questions: int) -> Iterator[tuple[list[Question], list[Row]]]:
    """Hidden cases with what is known of them, and the cases to be searched; a number of questions in each fold."""
    ways = ways_of_telling(rows)
    told = {row["id"]: ways[row["issue"]].index(phrase_of(row)) for row in rows}
    rng = np.random.default_rng(SEED)
    for fold in range(FOLDS):
        hidden = [row for row in rows if told[row["id"]] == fold]
        chosen = [hidden[n] for n in rng.permutation(len(hidden))[:questions]]
        asked = [Question(row, replace(facts_of_text(row["text"]), boundary=place_of(row))) for row in chosen]
        yield asked, [row for row in rows if told[row["id"]] != fold]


def systems(plain: KnowledgeBase, filed: KnowledgeBase, rows: Sequence[Row]) -> dict[str, Callable[[Question], Answer]]:
    """What is compared, from the plainest to ours."""
    common = Counter(row["issue"] for row in rows).most_common(1)[0][0]
    by_issue: dict[str, list[str]] = defaultdict(list)
    typical: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        typical[row["issue"]][sector_of(row)] += 1
    for row in rows:
        if sector_of(row) == typical[row["issue"]].most_common(1)[0][0]:
            by_issue[row["issue"]].append(row["id"])

    def lexical(question: Question) -> Answer:
        found = plain._store.search(None, query_vector(question.row["text"]), limit=K)
        return [record.meta.get("id", "") for record, _ in found if record.doc_id == "year"]

    def hybrid(question: Question) -> Answer:
        found = plain.search(question.row["text"], limit=K, kinds=(CASE,))
        return [passage.meta.get("id", "") for passage in found]

    def ours(base: KnowledgeBase) -> Callable[[Question], Answer]:
        return lambda question: [case.id for case in base.similar_cases(question.facts, K)]

    return {
        "most frequent issue": lambda _: by_issue[common][:K],
        "BM25 (words + bigrams)": lexical,
        "hybrid search": hybrid,
        "recognition, usual sector": lambda q: by_issue[q.facts.issues[0]][:K] if q.facts.issues else [],
        "ours, cases from files": ours(plain),
        "ours, closed cases": ours(filed),
    }


def main() -> None:
    """Print the table and the closing line."""
    questions = 150 if "--quick" in sys.argv else QUESTIONS
    rows = settled_cases()
    by_id = {row["id"]: row for row in rows}
    hits: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    spent: dict[str, float] = defaultdict(float)
    for asked, searched in folds(rows, questions):
        with tempfile.TemporaryDirectory() as folder:
            plain, filed = (opened(Path(folder) / name, searched, name == "filed") for name in ("plain", "filed"))
            for name, find in systems(plain, filed, searched).items():
                began = time.perf_counter()
                hits[name] += [scores(question.row, find(question), by_id) for question in asked]
                spent[name] += time.perf_counter() - began
            plain.close()
            filed.close()
    report(hits, spent)


def opened(home: Path, rows: Sequence[Row], structured: bool) -> KnowledgeBase:
    """A knowledge base of its own with these cases."""
    base = open_knowledge(KnowledgeSettings(home=home, qdrant_url="", embedding_model=""))
    base.publish([library(rows, structured=structured)])
    return base


def scores(row: Row, answer: Answer, by_id: dict[str, Row]) -> tuple[float, float, float, float]:
    """Issue and sector of the first, and their share among the first `K`."""
    found = [by_id[key] for key in answer if key in by_id][:K]
    issue = [one["issue"] == row["issue"] for one in found] + [False] * (K - len(found))
    sector = [sector_of(one) == sector_of(row) for one in found] + [False] * (K - len(found))
    return float(issue[0]), float(sector[0]), sum(issue) / K, sum(sector) / K


def report(hits: dict[str, list[tuple[float, float, float, float]]], spent: dict[str, float]) -> None:
    """Table with 95 % intervals by bootstrap over the questions."""
    lines, means = [], {}
    for name, found in hits.items():
        values = np.array(found)
        means[name] = values.mean(axis=0)
        low, high = interval(values[:, 1])
        lines.append([
            name, *(f"{value:.3f}" for value in means[name]), f"[{low:.3f}, {high:.3f}]",
            f"{1000 * spent[name] / len(found):.1f}",
        ])  # fmt: skip
    count = len(next(iter(hits.values())))
    print(f"{count} questions, {FOLDS} folds; first case / first {K}")
    head = ("system", "issue@1", "sector@1", f"issue@{K}", f"sector@{K}", "sector@1 95 %", "ms")
    print(table(lines, head))
    ours, peer = means["ours, closed cases"], means["BM25 (words + bigrams)"]
    finish(
        "cases",
        ours={"issue@1": round(ours[0], 4), "sector@1": round(ours[1], 4)},
        peer={"issue@1": round(peer[0], 4), "sector@1": round(peer[1], 4)},
        ratio=round(float(ours[1] / peer[1]), 3),
        goal="sector@1 above BM25",
        holds=bool(ours[1] > peer[1]),
    )


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the mean."""
    rng = np.random.default_rng(SEED)
    means = values[rng.integers(0, len(values), (1000, len(values)))].mean(axis=1)
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


if __name__ == "__main__":
    main()

"""Questions with the articles that answer them: public lay questions, and the governance suite's open half."""

import json
from dataclasses import dataclass
from pathlib import Path

from bench.ranking_arms import Article
from evals.governance import load_questions
from knowledge.names import law_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; questions of one block are about one matter and are never split between folds."""

    id: str
    text: str
    gold: tuple[Article, ...]
    block: str


def lay_questions(path: Path) -> list[Question]:
    """Lines of `{"qid", "text", "gold": [{"law", "article"}]}`; a hundred neighbouring numbers share their topics."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Question(
            id=str(row["qid"]),
            text=row["text"],
            gold=tuple(dict.fromkeys((law_key(one["law"]), one["article"]) for one in row["gold"])),
            block=f"lay {int(row['qid']) // 100}",
        )
        for row in rows
    ]


def governance_questions() -> list[Question]:
    """Questions of the suite with an answer in the law of today, the half that may be looked at."""
    return [
        Question(
            id=one.id,
            text=one.text,
            gold=tuple((law_key(law), article) for law, article in one.gold),
            block=f"{one.topic} {one.block}",
        )
        for one in load_questions()
        if one.split == "dev" and one.gold and one.as_of is None
    ]

"""Governance questions: is the right law among the first, and is "no basis found" said where nothing answers?

394 questions as grid workers, residents, shop owners and officers in Chongqing ask them (a third in the city's speech),
each with the articles that answer it, and 78 that no held law answers, some of them in the words of city governance.
They were written from the texts of the laws, without the search engine and its lexicon. Blocks of questions about one
matter are in one half: `dev` may be looked at while the engine is improved, `held` only judges.

    python -m evals.governance [--home DIR] [--split held|dev|all] [--json] [--out FILE]

The search is the deployed one: national law and the city's, law only, no day given unless the question names one.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from domain.errors import LianzhiError
from evals.measures import Estimate, estimate, reciprocal
from knowledge.abstaining import Basis
from knowledge.base import open_knowledge
from knowledge.passage import Passage
from knowledge.settings import KnowledgeSettings

LAW_DEPTH = 3
ARTICLE_DEPTH = 10
GOALS = {"law@3": 0.90, "article@10": 0.85, "abstained": 0.80, "false_abstention": 0.05}
STYLES = {"dialect": "重庆话", "colloquial": "口语", "official": "公文"}
NAMES = {
    "law@3": "前三有对的法",
    "article@10": "前十有对的条",
    "mrr@10": "条的 MRR@10",
    "abstained": "该拒答时拒答",
    "false_abstention": "误拒答",
}


class Searcher(Protocol):
    """What is judged; fulfilled by `knowledge.base.KnowledgeBase`."""

    def search(
        self, query: str, *, limit: int = 10, as_of: date | None = None, region: str = "", kinds: Sequence[str] = ()
    ) -> list[Passage]:
        """See `knowledge.base.KnowledgeBase.search`."""
        ...

    def answerable(self, query: str, passages: Sequence[Passage]) -> Basis:
        """See `knowledge.base.KnowledgeBase.answerable`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the suite.

    Attributes:
        gold: (law, article) of every article that answers, the best first; empty when no held law answers.
        region: 重庆 where the answer is the city's own, empty where national law answers.
        topic, block: Subject, and the matter within it; a block is whole in one half.
        style: `dialect`, `colloquial` or `official`.
        split: `dev` or `held`.
        as_of: The day the question is about.
    """

    id: str
    text: str
    gold: tuple[tuple[str, str], ...]
    region: str
    topic: str
    block: str
    style: str
    split: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the search gave for one question.

    Attributes:
        found: (law, article) of the passages, best first.
        law_rank, article_rank: Of the first passage of a right law, of a right article; 0: not among the passages.
    """

    question: Question
    found: tuple[tuple[str, str], ...]
    law_rank: int
    article_rank: int
    basis: Basis

    def to_json(self) -> dict[str, Any]:
        """One line of `--out`."""
        return {
            "id": self.question.id,
            "split": self.question.split,
            "question": self.question.text,
            "law_rank": self.law_rank,
            "article_rank": self.article_rank,
            "basis": self.basis.to_json(),
            "found": [list(pair) for pair in self.found],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Measures of a run: over all, and by speech style and topic."""

    split: str
    version: str
    overall: dict[str, Estimate]
    by_style: dict[str, dict[str, Estimate]]
    by_topic: dict[str, dict[str, Estimate]]
    worst: list[Answer] = field(default_factory=list[Answer])

    def to_json(self) -> dict[str, Any]:
        """All of it, as one object."""
        return {
            "split": self.split,
            "version": self.version,
            "goals": GOALS,
            "overall": _json(self.overall),
            "by_style": {name: _json(group) for name, group in self.by_style.items()},
            "by_topic": {name: _json(group) for name, group in self.by_topic.items()},
            "worst": [answer.to_json() for answer in self.worst],
        }


def load_questions() -> list[Question]:
    """The suite, in its order."""
    text = (files("evals") / "data" / "governance_questions.jsonl").read_text(encoding="utf-8")
    return [_question(json.loads(line)) for line in text.splitlines()]


def _question(row: dict[str, Any]) -> Question:
    return Question(
        id=row["id"],
        text=row["question"],
        gold=tuple((one["law"], article) for one in row["gold"] for article in one["articles"]),
        region=row["region"],
        topic=row["topic"],
        block=row["block"],
        style=row["style"],
        split=row["split"],
        as_of=date.fromisoformat(row["as_of"]) if "as_of" in row else None,
    )


def ask(base: Searcher, question: Question) -> Answer:
    """Search for one question and see where the right law and the right article stand."""
    passages = base.search(question.text, limit=ARTICLE_DEPTH, as_of=question.as_of, kinds=("law",))
    found = tuple((passage.law, passage.article) for passage in passages)
    laws = {law for law, _ in question.gold}
    return Answer(
        question=question,
        found=found,
        law_rank=_first([law in laws for law, _ in found]),
        article_rank=_first([pair in question.gold for pair in found]),
        basis=base.answerable(question.text, passages),
    )


def _first(hits: Sequence[bool]) -> int:
    return hits.index(True) + 1 if True in hits else 0


def measures(answers: Sequence[Answer]) -> dict[str, Estimate]:
    """The five measures over some answers; a measure without cases has n = 0."""
    asked = [answer for answer in answers if answer.question.gold]
    unanswerable = [answer for answer in answers if not answer.question.gold]
    values = {
        "law@3": [float(0 < answer.law_rank <= LAW_DEPTH) for answer in asked],
        "article@10": [float(answer.article_rank > 0) for answer in asked],
        "mrr@10": [reciprocal(answer.article_rank) for answer in asked],
        "false_abstention": [float(not answer.basis.found) for answer in asked],
    }
    blocks = [(answer.question.topic, answer.question.block) for answer in asked]
    measured = {name: estimate(numbers, blocks) for name, numbers in values.items()}
    return measured | {"abstained": estimate([float(not answer.basis.found) for answer in unanswerable])}


def report(answers: Sequence[Answer], *, split: str, version: str, worst: int) -> Report:
    """Measures of a run and its `worst` misses: law and article missing first."""
    asked = [answer for answer in answers if answer.question.gold]
    styles = [name for name in STYLES if any(answer.question.style == name for answer in answers)]
    topics = list(dict.fromkeys(answer.question.topic for answer in asked))
    misses = [answer for answer in asked if not (answer.article_rank and 0 < answer.law_rank <= LAW_DEPTH)]
    return Report(
        split=split,
        version=version,
        overall=measures(answers),
        by_style={name: measures([one for one in answers if one.question.style == name]) for name in styles},
        by_topic={name: measures([one for one in asked if one.question.topic == name]) for name in topics},
        worst=sorted(misses, key=lambda answer: (answer.law_rank or 99, answer.article_rank or 99), reverse=True)[
            :worst
        ],
    )


def lines(made: Report) -> list[str]:
    """The report for people."""
    found = [f"题库：{made.split}    知识库版本：{made.version}", ""]
    found += [_line("合计", made.overall)]
    found += [_line(STYLES[name], group) for name, group in made.by_style.items()]
    found += ["", *(_line(name, group) for name, group in made.by_topic.items()), ""]
    for name, goal in GOALS.items():
        value = made.overall[name]
        holds = value.value <= goal if name == "false_abstention" else value.value >= goal
        found.append(f"{NAMES[name]}：目标 {'≤' if name == 'false_abstention' else '≥'} {goal:.0%}，{_shown(value)}"
                     f"，{'达到' if holds else '未达到'}")  # fmt: skip
    found += ["", f"最差 {len(made.worst)} 题："]
    for answer in made.worst:
        law, article = answer.question.gold[0]
        got = "；".join(f"{law}{article}" for law, article in answer.found[:LAW_DEPTH])
        found.append(f"{answer.question.id} {answer.question.text} 应为《{law}》{article}（法第 {answer.law_rank} 位，"
                     f"条第 {answer.article_rank} 位），得到：{got}")  # fmt: skip
    return found


def _line(name: str, group: dict[str, Estimate]) -> str:
    return f"{name}\t" + "\t".join(f"{NAMES[key]} {_shown(value)}" for key, value in group.items() if value.n)


def _shown(value: Estimate) -> str:
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}] (n={value.n})"


def _json(group: dict[str, Estimate]) -> dict[str, dict[str, float]]:
    return {name: value.to_json() for name, value in group.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; exit code 2 when the knowledge base cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m evals.governance", description="城市治理问答检索评测")
    parser.add_argument("--home", type=Path, help="数据目录，默认按 LIANZHI_HOME")
    parser.add_argument("--split", choices=("dev", "held", "all"), default="held", help="哪一半")
    parser.add_argument("--worst", type=int, default=20, help="列出几道最差的题")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON")
    parser.add_argument("--out", type=Path, help="每题一行 JSON 写到此文件")
    asked = parser.parse_args(argv)
    settings = KnowledgeSettings(home=asked.home) if asked.home else KnowledgeSettings()
    questions = [one for one in load_questions() if asked.split in (one.split, "all")]
    try:
        base = open_knowledge(settings)
        try:
            answers = [ask(base, question) for question in questions]
            made = report(answers, split=asked.split, version=base.version, worst=asked.worst)
        finally:
            base.close()
    except LianzhiError as problem:
        sys.stderr.write(f"{problem.message}{problem.hint}\n")
        return 2
    if asked.out:
        rows = (json.dumps(answer.to_json(), ensure_ascii=False) for answer in answers)
        asked.out.write_text("\n".join(rows) + "\n", encoding="utf-8")
    shown = json.dumps(made.to_json(), ensure_ascii=False) if asked.json else "\n".join(lines(made))
    sys.stdout.write(f"{shown}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

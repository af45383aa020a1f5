"""The governance suite: its questions are sound, and the runner counts what it says."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from evals.governance import GOALS, STYLES, Question, ask, lines, load_questions, main, measures, report
from knowledge.abstaining import Basis
from knowledge.names import canonical_name, public_name
from knowledge.numerals import article_heading
from knowledge.passage import Passage

QUESTIONS = load_questions()
ASKED = [one for one in QUESTIONS if one.gold]
UNANSWERABLE = [one for one in QUESTIONS if not one.gold]
OVERLAP = 12
"""Characters in a row that a question may not share with an article that answers it."""


def letters(text: str) -> str:
    return "".join(re.findall(r"\w", text))


def test_there_are_enough_questions_of_every_kind() -> None:
    assert len(ASKED) >= 190
    assert len(UNANSWERABLE) >= 45
    styles = Counter(one.style for one in ASKED)
    assert set(styles) == set(STYLES)
    assert min(styles.values()) >= 0.2 * len(ASKED)
    assert {one.region for one in ASKED} == {"", "重庆"}


def test_no_question_is_asked_twice() -> None:
    training = (files("evals") / "data" / "unanswerable_training.txt").read_text(encoding="utf-8").splitlines()
    texts = [letters(one.text) for one in QUESTIONS] + [letters(text) or text for text in training]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    assert len({one.id for one in QUESTIONS}) == len(QUESTIONS)


def test_both_halves_are_alike() -> None:
    for some in (ASKED, UNANSWERABLE, *([one for one in ASKED if one.style == style] for style in STYLES)):
        halves = Counter(one.split for one in some)
        assert set(halves) == {"dev", "held"}
        assert abs(halves["dev"] - halves["held"]) <= 0.1 * len(some)
    for topic in {one.topic for one in ASKED}:
        assert {one.split for one in ASKED if one.topic == topic} == {"dev", "held"}


def test_a_matter_and_its_first_article_are_in_one_half() -> None:
    halves: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in ASKED:
        halves[one.topic, one.block].add(one.split)
        halves[one.gold[0]].add(one.split)
    assert [key for key, splits in halves.items() if len(splits) > 1] == []


def newest_files(laws: Path) -> dict[str, list[Path]]:
    """Files of the newest version by law; the books of the Civil Code under its one name."""
    versions: defaultdict[str, defaultdict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in laws.rglob("*.md"):
        found = re.fullmatch(r"(.+?)(?:\((\d{4}-\d\d-\d\d)\))?", path.stem)
        assert found
        name = "民法典" if path.parent.name == "民法典" else public_name(canonical_name(found[1]))
        local = "地方性法规" in path.parts and "重庆" not in path.parts
        if not local:
            versions[name][found[2] or ""].append(path)
    return {name: dated[max(dated)] for name, dated in versions.items()}


def article_texts(paths: Sequence[Path]) -> dict[str, str]:
    """Text by heading (第十三条) of all articles of some files."""
    cut = re.compile(r"^(第[一二三四五六七八九十百千零]+条(?:之[一二三四五六七八九十]+)?)[\s　]", re.MULTILINE)
    found: dict[str, str] = {}
    for path in paths:
        parts = cut.split(path.read_text(encoding="utf-8"))
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def test_every_answer_exists_and_no_question_is_copied_from_it(shared_dir: Path) -> None:
    held = newest_files(shared_dir / "laws")
    wanted = {law for one in ASKED for law, _ in one.gold}
    assert sorted(wanted - set(held)) == []
    texts = {law: article_texts(held[law]) for law in wanted}
    missing = [(one.id, *pair) for one in ASKED for pair in one.gold if article_heading(pair[1]) not in texts[pair[0]]]
    assert missing == []
    copied = [
        one.id
        for one in ASKED
        for law, article in one.gold
        for text in [letters(texts[law][article_heading(article)])]
        for said in [letters(one.text)]
        if any(said[at : at + OVERLAP] in text for at in range(len(said) - OVERLAP + 1))
    ]
    assert copied == []


def passage(law: str, article: str) -> Passage:
    return Passage(id=law + article, kind="law", text=f"{law}{article}", score=1.0, law=law, article=article)


class Shelf:
    """Gives the same passages to everybody and answers what has a question mark."""

    version = "v1"

    def __init__(self, *found: tuple[str, str]) -> None:
        self._found = [passage(*pair) for pair in found]
        self.days: list[date | None] = []

    def search(
        self, query: str, *, limit: int = 10, as_of: date | None = None, region: str = "", kinds: Sequence[str] = ()
    ) -> list[Passage]:
        assert (region, tuple(kinds)) == ("", ("law",))
        self.days.append(as_of)
        return self._found[:limit]

    def answerable(self, query: str, passages: Sequence[Passage]) -> Basis:
        return Basis(found="？" in query, probability=0.5, why="")


def question(text: str, *gold: tuple[str, str], block: str = "甲", day: date | None = None) -> Question:
    return Question(
        id=text, text=text, gold=gold, region="", topic="水", block=block, style="official", split="dev", as_of=day
    )


SHELF = (("水法", "1"), ("防洪法", "22"), ("水法", "37"), ("河道管理条例", "24"), ("水法", "56"))


def test_ranks_of_the_right_law_and_the_right_article() -> None:
    shelf = Shelf(*SHELF)
    answer = ask(shelf, question("界河归谁？", ("水法", "56"), ("水法", "57"), day=date(2025, 1, 2)))
    assert (answer.law_rank, answer.article_rank, answer.basis.found) == (1, 5, True)
    assert shelf.days == [date(2025, 1, 2)]
    other = ask(shelf, question("种树？", ("河道管理条例", "24")))
    assert (other.law_rank, other.article_rank) == (4, 4)
    absent = ask(shelf, question("养狗", ("动物防疫法", "30")))
    assert (absent.law_rank, absent.article_rank, absent.basis.found) == (0, 0, False)


def test_measures_count_answerable_and_unanswerable_questions_apart() -> None:
    shelf = Shelf(*SHELF)
    asked = [
        question("界河归谁？", ("水法", "56")),
        question("种树？", ("河道管理条例", "24"), block="乙"),
        question("养狗", ("动物防疫法", "30"), block="丙"),
        question("你好"),
        question("几点了？"),
    ]
    answers = [ask(shelf, one) for one in asked]
    found = measures(answers)
    assert {name: (value.n, pytest.approx(value.value)) for name, value in found.items()} == {
        "law@3": (3, 1 / 3),
        "article@10": (3, 2 / 3),
        "mrr@10": (3, (1 / 5 + 1 / 4) / 3),
        "false_abstention": (3, 1 / 3),
        "abstained": (2, 1 / 2),
    }
    made = report(answers, split="dev", version="v1", worst=5)
    assert [one.question.id for one in made.worst] == ["养狗", "种树？"]
    assert set(made.overall) >= set(GOALS)
    assert json.loads(json.dumps(made.to_json()))["by_topic"]["水"]["law@3"]["n"] == 3
    text = "\n".join(lines(made))
    assert "误拒答：目标 ≤ 5%" in text
    assert "未达到" in text
    assert "应为《动物防疫法》30" in text


def test_the_runner_asks_a_real_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "answers.jsonl"
    assert main(["--home", str(tmp_path / "home"), "--split", "held", "--json", "--out", str(out)]) == 0
    made = json.loads(capsys.readouterr().out)
    held = [one for one in QUESTIONS if one.split == "held"]
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [one.id for one in held]
    assert made["overall"]["law@3"]["n"] == sum(bool(one.gold) for one in held)
    assert 0 < made["overall"]["law@3"]["value"] < 1


def test_a_base_that_cannot_be_opened_is_told_in_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["--home", str(tmp_path / "file")]) == 2
    assert re.search("[\u4e00-\u9fff]", capsys.readouterr().err)

"""`lianzhi kb search --explain`: a reason for every passage, and the contract's answer beside it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from lianzhi import app

Run = Callable[..., Result]
QUESTION = "两个区交界的垃圾没人收"
EMERGENCY = "突发事件由哪一级人民政府负责应对"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def search(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, ["kb", "search", *map(str, words)])


def test_programs_get_a_reason_with_every_result_and_nothing_else_changes(search: Run) -> None:
    plain = json.loads(search(QUESTION, "--k", 5, "--json").stdout)
    told = json.loads(search(QUESTION, "--k", 5, "--explain", "--json").stdout)
    reasons = [row.pop("why") for row in told["results"]]
    assert told == plain
    assert {frozenset(why) for why in reasons} == {frozenset(("words", "terms", "caption", "cosine", "authority"))}
    assert any("垃圾" in why["words"] for why in reasons)


def test_people_get_one_more_line_for_each(search: Run) -> None:
    plain, told = (search(QUESTION, "--k", 5, *words).stdout.splitlines() for words in ((), ("--explain",)))
    added = [line for line in told if "语义相近" in line]
    assert len(added) == 5
    assert [line for line in told if line not in added] == plain


def test_a_batch_is_not_explained(search: Run, tmp_path: Path) -> None:
    asked, out = tmp_path / "q.jsonl", tmp_path / "r.jsonl"
    asked.write_text(json.dumps({"qid": "1", "text": QUESTION}) + "\n", encoding="utf-8")
    refused = search("--batch", asked, "--out", out, "--explain", "--json")
    assert (refused.exit_code, json.loads(refused.stdout)["error"]["code"]) == (2, "invalid_input")
    assert not out.exists()
    assert search("--batch", asked, "--out", out).exit_code == 0
    assert set(json.loads(out.read_text(encoding="utf-8"))) == {"qid", "results"}


def test_a_bad_line_of_a_batch_is_listed_and_the_rest_is_answered(search: Run, tmp_path: Path) -> None:
    asked, out = tmp_path / "q.jsonl", tmp_path / "r.jsonl"
    asked.write_text('{"qid": "1", "text": 5}\n' + json.dumps({"qid": "2", "text": QUESTION}) + "\n", encoding="utf-8")
    done = search("--batch", asked, "--out", out, "--json")
    assert (done.exit_code, "第 1 行跳过（invalid_input）" in done.stderr) == (0, True)
    told = json.loads(done.stdout)
    assert (told["queries"], [(one["line"], one["code"]) for one in told["skipped"]]) == (1, [(1, "invalid_input")])
    assert [json.loads(line)["qid"] for line in out.read_text(encoding="utf-8").splitlines()] == ["2"]
    assert "已检索 1 条，跳过 1 行" in search("--batch", asked, "--out", out).stdout
    asked.write_text("{\n", encoding="utf-8")
    assert search("--batch", asked, "--out", out, "--json").exit_code == 2


def test_a_law_whose_version_of_the_day_is_not_held_is_named(search: Run) -> None:
    told = json.loads(search(EMERGENCY, "--as-of", "2024-01-01", "--json").stdout)
    (note,) = [one for one in told["notes"] if one.startswith("《突发事件应对法》2007-11-01 起施行的版本原文未收录")]
    assert f"注意：{note}。" in search(EMERGENCY, "--as-of", "2024-01-01").stdout

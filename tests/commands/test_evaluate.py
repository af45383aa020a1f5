"""`lianzhi evaluate`: a report in words, JSON and files; figures that open to cases; bad input in words."""

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from commands.evaluate import evaluate

APP = typer.Typer()
APP.command()(evaluate)
YEAR = str(files("domain").joinpath("data/world_cases.jsonl.gz"))
MOMENT = ("--as-of", "2026-11-01T00:00:00+08:00")
Run = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(APP, list(map(str, words)))


def read(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_packaged_year_in_words_and_as_json(call: Run) -> None:
    said = call(YEAR, *MOMENT).stdout
    assert "按期处置率" in said
    assert "刷量疑点：一案多拆 1 处" in said
    body = read(call(YEAR, *MOMENT, "--json"))
    assert body["format"] == "lianzhi-evaluation-report/1"
    assert 8000 < body["scope"]["cases"] <= body["scope"]["rows_read"]
    assert "".join(body["summary"]) in said.replace("\n", "")


@pytest.mark.parametrize("suffix", ["html", "xlsx", "docx"])
def test_reports_are_written_and_the_same_each_time(call: Run, tmp_path: Path, suffix: str) -> None:
    small = tmp_path / "part.csv"
    small.write_text(
        "案件编号,上报时间,立案时间,派遣时间,处置截止时间,处置完成时间,结案时间,案件状态,所属街道\n"
        "A1,2026-03-01 08:00,2026-03-01 08:05,2026-03-01 08:10,2026-03-01 12:00,2026-03-01 11:00,"
        "2026-03-01 12:30,已结案,\n",
        encoding="gb18030",
    )
    one, other = tmp_path / f"one.{suffix}", tmp_path / f"other.{suffix}"
    for out in (one, other):
        result = call(small, *MOMENT, "--out", out)
        assert f"报告：{out}" in result.stdout.replace("\n", "")
    assert one.read_bytes() == other.read_bytes()
    assert one.stat().st_size > 1000


def test_a_figure_opens_to_its_cases(call: Run) -> None:
    body = read(call(YEAR, *MOMENT, "--json"))
    groups = next(panel for panel in body["panels"] if panel["dimensions"] == ["district"])["groups"]
    wanted = next(group for group in groups if group["key"] == ["509901"])["figures"]["on_time_handling_rate"]
    found = read(call(YEAR, *MOMENT, "--cases", "on_time_handling_rate@district=509901", "--json"))
    assert (len(found["above"]), len(found["below"])) == (wanted["above"], wanted["below"])


def test_before_and_after_and_regions(call: Run) -> None:
    compare = "adjacent_first_right_rate:509901,509904:2026-05-01"
    body = read(call(YEAR, *MOMENT, "--compare", compare, "--json"))
    (effect,) = body["effects"]
    assert effect["low"] <= effect["effect"] <= effect["high"]
    own = read(call(YEAR, *MOMENT, "--region", "509901", "--by", "source+month", "--json"))
    assert own["scope"]["cases"] < body["scope"]["cases"]
    assert ["source", "month"] in [panel["dimensions"] for panel in own["panels"]]


@pytest.mark.parametrize(
    "words",
    [
        ("--out", "a.pdf"),
        ("--by", "nothing"),
        ("--as-of", "gestern"),
        ("--compare", "x:y"),
        ("--cases", "nope"),
        ("--since", "2026-02-01", "--until", "2026-01-01"),
        ("--crs", "北京54", "--definitions", "none.toml"),
    ],
)
def test_bad_input_is_told_in_words(call: Run, words: tuple[str, ...]) -> None:
    result = call(YEAR, *words, "--json")
    assert result.exit_code == 2, result.output
    assert json.loads(result.stdout)["error"]["hint"]


def test_a_missing_file_is_told_in_words(call: Run, tmp_path: Path) -> None:
    result = call(tmp_path / "none.csv", "--json")
    assert result.exit_code == 2
    assert "读不到文件" in json.loads(result.stdout)["error"]["message"]


def test_definitions_of_a_citys_own_are_used(call: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = files("domain").joinpath("data/evaluation.toml").read_text(encoding="utf-8")
    own.write_text(text.replace('name = "按期处置率"', 'name = "本区按期处置率"'), encoding="utf-8")
    assert "本区按期处置率" in call(YEAR, *MOMENT, "--definitions", own).stdout

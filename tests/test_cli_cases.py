"""`lianzhi kb cases`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lianzhi import app


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.getbasetemp() / "home-cases"
    monkeypatch.setenv("LIANZHI_HOME", str(folder))
    return folder


def test_like_cases_are_listed_with_what_is_alike() -> None:
    result = CliRunner().invoke(app, ["kb", "cases", "两区交界的河堤护栏坏了，两边都不管", "--k", "2", "--json"])
    assert result.exit_code == 0, result.output
    results = json.loads(result.stdout)["results"]
    assert len(results) == 2
    assert results[0]["id"] == "PR10"
    assert any("河堤" in line for line in results[0]["alike"])
    shown = CliRunner().invoke(app, ["kb", "cases", "两区交界的河堤护栏坏了"])
    assert "同：" in shown.stdout


def test_a_question_about_nothing_says_so() -> None:
    result = CliRunner().invoke(app, ["kb", "cases", " ", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "invalid_input"

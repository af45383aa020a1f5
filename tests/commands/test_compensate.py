"""`lianzhi compensate` keeps the contract: JSON on stdout, a report beside it, exit 2 on bad input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lianzhi import app

Run = Callable[..., Result]
HEAD = "断面,月份,上游,下游,考核目标,上年类别,COD(mg/L),氨氮(mg/L),总磷(mg/L),溶解氧(mg/L)\n"
GOOD = HEAD + "甲,2024-07,上区,下区,Ⅲ,Ⅳ,17,0.42,0.15,6.4\n甲,2024-08,上区,下区,Ⅲ,Ⅳ,17,-0.42,0.15,6.4\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def lianzhi(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


def file(tmp_path: Path, text: str = GOOD, encoding: str = "utf-8") -> Path:
    path = tmp_path / "断面.csv"
    path.write_text(text, encoding=encoding)
    return path


def read(result: Result) -> dict[str, Any]:
    return json.loads(result.stdout)


def test_a_table_becomes_a_statement_and_a_report(lianzhi: Run, tmp_path: Path) -> None:
    out = tmp_path / "r.html"
    result = lianzhi("compensate", file(tmp_path, encoding="gb18030"), "--out", out, "--json")
    assert result.exit_code == 0, result.output
    made = read(result)
    assert [item["status"] for item in made["statement"]["items"]] == ["settled", "open"]
    assert made["statement"]["items"][0]["amount_cny"] == "1,000,000.00"
    assert [problem["row"] for problem in made["statement"]["problems"]] == [2]
    assert {("生态保护补偿条例", "17"), ("生态保护补偿条例", "18")} <= {
        (one["law"], one["article"]) for one in made["citations"]
    }
    assert "甲" in out.read_text(encoding="utf-8")


def test_people_read_it_in_chinese(lianzhi: Run, tmp_path: Path) -> None:
    result = lianzhi("compensate", file(tmp_path), "--scheme", "cq-2018", "--period", "2024-07")
    assert result.exit_code == 0, result.output
    assert "上区：应收 100万元" in result.stdout
    assert "须经财政部门" in result.stdout


def test_a_scheme_file_of_one_s_own(lianzhi: Run, tmp_path: Path) -> None:
    scheme = tmp_path / "own.json"
    component = {"id": "q", "kind": "baseline", "better_cny": "12.34", "failed_cny": 1}
    plain = {"format": "lianzhi-scheme/1", "id": "own", "name": "自有", "version": "1", "component": [component]}
    section = {"id": "甲", "upstream": "上区", "downstream": "下区", "baseline": "Ⅲ"}
    scheme.write_text(json.dumps(plain | {"section": [section]}), encoding="utf-8")
    result = lianzhi("compensate", file(tmp_path), "--scheme", scheme, "--json")
    assert read(result)["statement"]["items"][0]["amount_fen"] == 1234


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--scheme", "nothing"], "bad_scheme"),
        (["--scheme", "nothing.toml"], "bad_scheme"),
        (["--period", "去年"], "invalid_input"),
        (["--out", "r.pdf"], "invalid_input"),
    ],
)
def test_options_that_do_not_fit_exit_2(lianzhi: Run, tmp_path: Path, words: list[str], code: str) -> None:
    result = lianzhi("compensate", file(tmp_path), *words, "--json")
    assert (result.exit_code, read(result)["error"]["code"]) == (2, code)


def test_tables_that_do_not_fit_exit_2(lianzhi: Run, tmp_path: Path) -> None:
    for text in ("a,b\n1,2\n", ""):
        result = lianzhi("compensate", file(tmp_path, text), "--json")
        assert (result.exit_code, read(result)["error"]["code"]) == (2, "bad_table")
    result = lianzhi("compensate", tmp_path / "none.csv", "--json")
    assert (result.exit_code, read(result)["error"]["code"]) == (2, "bad_table")

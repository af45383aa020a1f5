"""The commands about law in time: JSON for programs, Chinese for people, exit codes of the contract."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from lianzhi import app
from tests.knowledge.libraries import law_file

Run = Callable[..., Result]
NEW = ["总则。", "边角地由镇街每日清扫两次。", "附则。"]
LAW = "重庆市市容环境卫生管理条例"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def kb(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, ["kb", *map(str, words)])


@pytest.fixture
def two_versions(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    law_file(tmp_path / "行政法规", "边角地管理办法", date(2020, 5, 1), ["总则。", "边角地由镇街每日清扫一次。"])
    law_file(
        tmp_path / "行政法规", "边角地管理办法", date(2024, 5, 1), ["总则。", "边角地由镇街每日清扫两次。", "附则。"]
    )
    assert CliRunner().invoke(app, ["ingest", str(tmp_path)]).exit_code == 0


def read(result: Result) -> dict[str, Any]:
    assert result.exit_code in (0, 1), result.output
    return json.loads(result.stdout)


def test_verify_exits_1_when_a_citation_does_not_hold(kb: Run) -> None:
    claim = "行政辖区接壤地区责任不清的，由共同的上一级市容环境卫生主管部门确定"
    good = kb("verify", LAW, "13", "--digest", "--claim", claim, "--json")
    assert (good.exit_code, read(good)["stance"]) == (0, "supports")
    bad = kb("verify", LAW, "13", "--sha", "0" * 64, "--digest", "--json")
    assert (bad.exit_code, read(bad)["holds"]) == (1, False)
    said = kb("verify", LAW, "13", "--digest", "--claim", "接壤地区由人民法院确定责任单位")
    assert said.exit_code == 1
    assert "不成立" in said.stdout


def test_versions_name_what_is_not_held(kb: Run) -> None:
    found = read(kb("versions", "治安管理处罚法", "--as-of", "2026-01-01", "--json"))
    assert (found["status"], found["held"], found["version_date"]) == ("in_force", False, "2025-06-27")
    assert "原文未收录" in kb("versions", "合同法").stdout
    assert kb("versions", "月球管理条例", "--json").exit_code == 2


def test_two_versions_are_compared_word_by_word(kb: Run, two_versions: None) -> None:
    counts = read(kb("diff", "边角地管理办法", "--json"))["counts"]
    assert counts == {"unchanged": 1, "added": 1, "removed": 0, "changed": 1, "renumbered": 0}
    shown = kb("diff", "边角地管理办法", "--from", "2020", "--to", "2024").stdout
    assert "新增 1 条" in shown
    assert "{+" in shown
    assert kb("diff", LAW).exit_code == 2


def test_changes_since_a_day(kb: Run, two_versions: None) -> None:
    found = read(kb("changes", "--since", "2024-01-01", "--until", "2024-06-30", "--json"))["changes"]
    laws = {one["law"]: one for one in found}
    assert laws["边角地管理办法"]["articles"]["changed"] == ["2"]
    assert "边角地管理办法" in kb("changes", "--since", "2024-01-01").stdout
    assert kb("changes", "--since", "昨天", "--json").exit_code == 2
    assert kb("changes", "--since", "2024-01-01", "--region", "火星").exit_code == 2
    assert "施行施行" not in kb("changes", "--since", "2024-01-01").stdout


def test_who_cites_an_article(kb: Run) -> None:
    found = read(kb("cited-by", LAW, "13", "--json"))
    assert {"issue", "rule", "superior"} <= {one["kind"] for one in found["citers"]}
    assert found["opinions"] == []
    assert "规则 R41" in kb("cited-by", LAW, "第十三条").stdout

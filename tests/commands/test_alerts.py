"""`lianzhi alerts`: a table in whatever coding, with what is wrong in it told, and a report in three forms."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from domain.worlddata import places
from lianzhi import app
from tests.domain.adjacency.alerting.towns import END

HEADS = ("案件编号", "事项", "上报时间", "镇街", "区县", "经度", "纬度", "阶段")


def rows() -> list[list[str]]:
    """A year's end of the schematic city: rubbish anywhere, and a heap on both banks of its last days."""
    rng = np.random.default_rng(3)
    river = places()["manhole_on_river_line"]
    made: list[list[str]] = []
    for number in range(130):
        lon, lat = 106.46 + 0.09 * rng.uniform(), 29.57 + 0.09 * rng.uniform()
        at = END - timedelta(days=float(100 * rng.uniform()))
        made.append(
            [
                f"A{number:04d}",
                "E04" if number % 2 else "暴露垃圾/垃圾堆积",
                stamp(at),
                "",
                "",
                f"{lon:.6f}",
                f"{lat:.6f}",
                "",
            ]
        )
    for number in range(14):
        side = 1 if number % 2 else -1
        lon, lat = river.lon + side * 0.001 * rng.uniform(), river.lat + 0.001 * rng.uniform(-1, 1)
        at = END - timedelta(days=float(4 * rng.uniform()))
        town = ("白鹭滩街道", "鹭北区") if side > 0 else ("望澜门街道", "江岚区")
        made.append([f"B{number:04d}", "E04", stamp(at), *town, f"{lon:.6f}", f"{lat:.6f}", ""])
    return made


def stamp(at: Any) -> str:
    return (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path / "home"))
    return tmp_path


def written(home: Path, made: list[list[str]], encoding: str = "utf-8") -> Path:
    path = home / "cases.csv"
    path.write_text("\n".join(",".join(row) for row in [list(HEADS), *made]), encoding=encoding)
    return path


def told(*arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["alerts", *arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_table_in_another_coding_with_faults_is_read_and_they_are_told(home: Path) -> None:
    made = rows()
    made[0][2] = ""
    made[1][3] = "月球街道"
    made[2][0] = made[3][0]
    found = told(str(written(home, made, "gb18030")), "--as-of", "2026-06-01")
    alert = next(one for one in found["alerts"] if one["kind"] == "strip")
    assert (alert["issue"], {side["name"] for side in alert["sides"]}) == ("E04", {"白鹭滩街道", "望澜门街道"})
    faults = {problem["row"]: problem["code"] for problem in found["problems"]}
    assert {"missing_time", "unknown_region", "duplicate_id"} <= set(faults.values())
    assert found["left_out"]["没有上报时间，未计入"] == 1
    assert found["rows_read"] == len(made)


def test_the_same_table_gives_the_same_bytes_in_every_form(home: Path) -> None:
    path = written(home, rows())
    for form in ("html", "xlsx", "docx"):
        outs = [home / f"{name}.{form}" for name in ("one", "two")]
        for out in outs:
            told(str(path), "--as-of", "2026-06-01", "--out", str(out))
        assert outs[0].read_bytes() == outs[1].read_bytes(), form
    assert "毗邻带聚集" in (home / "one.html").read_text(encoding="utf-8")


def test_people_read_where_what_and_what_to_do(home: Path) -> None:
    done = CliRunner().invoke(app, ["alerts", str(written(home, rows())), "--as-of", "2026-06-02T00:00:00+08:00"])
    assert done.exit_code == 0, done.output
    for words in ("毗邻带聚集", "预期", "才会碰巧出现一次", "牵头", "建议时限，非法定", "复核"):
        assert words in done.stdout or (words == "才会碰巧出现一次" and "百万分之一" in done.stdout)


def test_without_an_instant_the_last_report_is_the_end(home: Path) -> None:
    path = str(written(home, rows()))
    assert told(path)["cases"] == 144
    assert told(path, "--as-of", "2026-03-15")["later"] > 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--as-of", "下周"], "invalid_input"),
        (["--out", "report.pdf"], "invalid_input"),
        (["--crs", "BD09"], ""),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_hint(home: Path, arguments: list[str], code: str) -> None:
    done = CliRunner().invoke(app, ["alerts", str(written(home, rows())), *arguments, "--json"])
    if not code:
        assert json.loads(done.stdout)["problem_counts"]["unknown_crs"] == 144
        return
    assert done.exit_code == 2
    error = json.loads(done.stdout)["error"]
    assert (error["code"], bool(error["hint"])) == (code, True)


def test_a_file_that_is_not_there(home: Path) -> None:
    done = CliRunner().invoke(app, ["alerts", str(home / "nothing.csv"), "--json"])
    assert done.exit_code == 2

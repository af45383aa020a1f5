"""The command line keeps the contract: JSON on stdout, exit 0, 1 or 2, Chinese for people."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.clock import FixedClock, parse_iso
from domain.observation import parse_observation
from domain.territory import Territory
from domain.worlddata import places, schematic_city
from lianzhi import app, main
from records.book import open_book

ROOT = Path(__file__).parents[1]
Run = Callable[..., Result]
SPOT = places()["manhole_on_river_line"]
MANHOLE = {
    "id": "cli-1",
    "text": "井盖翻了，盖子上写的污，车子过起哐当响",
    "lon": SPOT.lon,
    "lat": SPOT.lat,
    "crs": "WGS84",
    "accuracy_m": 8,
    "observed_at": "2026-11-01T08:00:00+08:00",
}
LAW_TEXT = """# 云屏市边角地管理办法

2024年5月1日 云屏市人民政府通过

2024年6月1日 施行

<!-- INFO END -->

第一条 为管理边角地，制定本办法。

第二条 边角地由最先到场的单位先行处置。

第四条 本办法自2024年6月1日起施行。
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def lianzhi(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(home))
    return lambda *words, **more: CliRunner().invoke(app, list(map(str, words)), **more)


def read(result: Result) -> dict[str, Any]:
    return json.loads(result.stdout)


def test_cite_gives_the_article_with_version_and_status(lianzhi: Run) -> None:
    result = lianzhi("kb", "cite", "重庆市市容环境卫生管理条例", "13", "--json")
    assert result.exit_code == 0, result.output
    article = read(result)
    assert (article["article"], article["version_date"], article["status"]) == ("13", "2018-07-26", "in_force")
    assert article["digest"]
    assert article["text"].startswith("【摘要】")


def test_an_article_that_does_not_exist_exits_2_with_the_nearest(lianzhi: Run) -> None:
    result = lianzhi("kb", "cite", "重庆市市容环境卫生管理条例", "999", "--json")
    assert result.exit_code == 2
    error = read(result)["error"]
    assert error["code"] == "article_not_found"
    assert error["nearest"]
    assert error["hint"]


def test_people_get_the_error_in_chinese_on_stderr(lianzhi: Run) -> None:
    result = lianzhi("kb", "cite", "没有这部法", "1")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "law_not_found" in result.stderr


def test_search_gives_the_contract_s_results(lianzhi: Run) -> None:
    result = lianzhi("kb", "search", "两个区交界的垃圾没人收", "--k", "5", "--json")
    assert result.exit_code == 0, result.output
    rows = read(result)["results"]
    assert 1 <= len(rows) <= 5
    keys = {"id", "law", "article", "chapter", "text", "score", "version_date", "status", "source"}
    assert keys <= set(rows[0])
    assert lianzhi("kb", "search", "井盖", "--k", "2").exit_code == 0


def test_a_bad_date_exits_2(lianzhi: Run) -> None:
    result = lianzhi("kb", "search", "井盖", "--as-of", "昨天", "--json")
    assert (result.exit_code, read(result)["error"]["code"]) == (2, "invalid_input")


def test_ingest_counts_names_what_it_skips_and_repeats_safely(lianzhi: Run, tmp_path: Path) -> None:
    (tmp_path / "地方性法规").mkdir()
    (tmp_path / "地方性法规" / "云屏市边角地管理办法(2024-05-01).md").write_text(LAW_TEXT, encoding="utf-8")
    (tmp_path / "坏.pdf").write_bytes(b"not a pdf")

    first, second = (lianzhi("ingest", tmp_path, "--json") for _ in range(2))

    assert first.exit_code == 0, first.output
    report = read(first)
    assert (report["documents"], report["articles"], report["lost"]) == (1, 3, 0)
    assert report["skipped"][0]["code"] == "corrupt"
    assert report["skipped"][0]["hint"]
    again = read(second)
    assert (again["documents"], again["passages"], again["already"]) == (0, 0, 1)
    assert read(lianzhi("kb", "cite", "云屏市边角地管理办法", "2", "--json"))["digest"] is False
    assert "知识库" in lianzhi("ingest", tmp_path).stdout


def test_assign_gives_four_duties_and_the_same_bytes_twice(lianzhi: Run) -> None:
    first, second = (lianzhi("assign", "-", "--json", input=json.dumps(MANHOLE)) for _ in range(2))
    assert first.exit_code == 0, first.output
    opinion = read(first)
    assert set(opinion["duties"]) == {"handling", "upkeep", "supervision", "enforcement"}
    assert opinion["duties"]["upkeep"]["unit"] == "u-509901-drainage"
    assert opinion["human_required"]["value"]
    assert opinion["citations"]
    assert first.stdout == second.stdout
    lines = lianzhi("assign", "-", input=json.dumps(MANHOLE))
    assert "权属养护：" in lines.stdout


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", "malformed_json"),
        ("[]", "malformed_json"),
        ('{"text": ""}', "empty_text"),
        ('{"text": "a", "lon": 106.5, "lat": 29.6}', "unknown_crs"),
        ('{"text": "a", "lon": 116.4, "lat": 39.9, "crs": "WGS84"}', "point_outside_city"),
        ('{"text": "a", "region": "999999"}', "unknown_region"),
        ('{"text": "a", "observed_at": "2999-01-01T00:00:00Z"}', "future_date"),
        ('{"text": "a", "colour": "red"}', "unknown_field"),
    ],
)
def test_assign_refuses_what_breaks_the_contract(lianzhi: Run, sent: str, code: str) -> None:
    result = lianzhi("assign", "-", "--json", input=sent)
    assert (result.exit_code, read(result)["error"]["code"]) == (2, code)
    assert read(result)["error"]["hint"]


def test_assign_names_a_file_it_cannot_read(lianzhi: Run, tmp_path: Path) -> None:
    (tmp_path / "gb.json").write_bytes("井".encode("gb18030"))
    for name in ("absent.json", "gb.json"):
        assert lianzhi("assign", tmp_path / name, "--json").exit_code == 2


def test_world_show_and_import(lianzhi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path / "home"))
    assert read(lianzhi("world", "show", "--json"))["regions"]["district"] == 4
    assert "云屏市" in lianzhi("world", "show").stdout
    table = tmp_path / "units.csv"
    table.write_text("单位编码,单位名称,行业,服务区域\nu-x,云屏市桥隧管护所,bridge,509900\n", encoding="utf-8")

    result = lianzhi("world", "import", "--units", table, "--json")

    assert result.exit_code == 0, result.output
    assert read(result)["report"]["taken"] == {"units": 1}
    assert read(lianzhi("world", "show", "--json"))["units"] == 1
    assert "已导入" in lianzhi("world", "import", "--units", table).stdout


def test_world_import_without_a_file_or_crs_exits_2(lianzhi: Run, tmp_path: Path) -> None:
    assert lianzhi("world", "import", "--json").exit_code == 2
    boundaries = tmp_path / "b.geojson"
    square = [[[106.0, 29.0], [106.1, 29.0], [106.1, 29.1], [106.0, 29.0]]]
    city = {"code": "509900", "name": "某市", "level": "city", "parent": ""}
    feature = {"type": "Feature", "properties": city, "geometry": {"type": "Polygon", "coordinates": square}}
    boundaries.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    result = lianzhi("world", "import", "--boundaries", boundaries, "--json")
    assert (result.exit_code, read(result)["error"]["code"]) == (2, "unknown_crs")


async def _one_case(home: Path) -> None:
    clock = FixedClock(parse_iso("2026-11-01T09:00:00+08:00"))
    territory = Territory(schematic_city())
    seen = parse_observation(MANHOLE, received_at=clock(), new_id=lambda: "x", territory=territory)
    async with open_book(f"sqlite:///{home / 'records.sqlite'}") as book:
        await book.accept(seen, idempotency_key="", by="t", at=clock())


async def test_audit_verify_is_green_then_red_after_one_byte(tmp_path: Path) -> None:
    await _one_case(tmp_path)
    environment = {"LIANZHI_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    words = [sys.executable, "lianzhi.py", "audit", "verify", "--json"]
    green = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (green.returncode, json.loads(green.stdout)["ok"]) == (0, True)

    base = sqlite3.connect(tmp_path / "records.sqlite")
    triggers = [row[0] for row in base.execute("select name from sqlite_master where type = 'trigger'")]
    for trigger in triggers:
        base.execute(f'drop trigger "{trigger}"')
    base.execute("update audit set actor = 'u' where seq = 1")
    base.commit()
    base.close()

    red = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (red.returncode, json.loads(red.stdout)["error"]["code"]) == (1, "audit_broken")


def test_audit_verify_without_records_says_so(lianzhi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path))
    assert lianzhi("audit", "verify", "--json").exit_code == 2


def test_doctor_names_what_is_there_and_what_to_do(lianzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    result = lianzhi("doctor", "--json")
    assert result.exit_code == 0, result.output
    names = {check["name"] for check in read(result)["checks"]}
    assert {"Python", "数据目录", "城市数据", "知识库", "案件记录与审计链", "大模型"} <= names
    monkeypatch.setenv("LIANZHI_LLM_MODEL", "m")
    monkeypatch.setenv("LIANZHI_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    assert "连不上" in lianzhi("doctor").stdout
    monkeypatch.setenv("LIANZHI_HOME", "/proc/none")
    broken = lianzhi("doctor", "--json")
    assert broken.exit_code == 1
    assert [check for check in read(broken)["checks"] if not check["ok"] and check["mend"]]


def test_doctor_names_a_setting_that_cannot_be_used(lianzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_RUN_CONCURRENCY", "none")
    result = lianzhi("doctor", "--json")
    assert result.exit_code == 1
    assert "LIANZHI_RUN_CONCURRENCY" in read(result)["checks"][0]["found"]


def test_replay_against_nothing_says_so(lianzhi: Run, tmp_path: Path) -> None:
    recording = tmp_path / "r.jsonl"
    recording.write_text('{"text": "井盖"}\n', encoding="utf-8")
    result = lianzhi("replay", recording, "--url", "http://127.0.0.1:9", "--json")
    assert (result.exit_code, read(result)["error"]["code"]) == (1, "unavailable")


@pytest.mark.parametrize("words", [["nosuch"], ["--nosuch"], ["kb", "cite"], ["kb", "search", "井盖", "--k", "0"]])
def test_a_command_line_that_nobody_understands_keeps_the_contract(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lianzhi", *words, "--json"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["code"] == "invalid_input"
    assert "写得不对" in error["message"]
    assert "--help" in error["hint"]


def test_a_search_for_nothing_says_so(lianzhi: Run) -> None:
    result = lianzhi("kb", "search", "", "--json")
    assert result.exit_code == 2
    assert "没有写要问的话" in read(result)["error"]["message"]


def test_a_batch_of_questions_says_which_file_fails_and_why(lianzhi: Run, tmp_path: Path) -> None:
    asked, foreign = tmp_path / "asked.jsonl", tmp_path / "foreign.jsonl"
    asked.write_text('{"qid": "1", "text": "井盖"}\n', encoding="utf-8")
    foreign.write_bytes("井盖".encode("gb18030"))
    nowhere = tmp_path / "none" / "out.jsonl"
    for batch, out, why in (
        (asked, nowhere, "文件或文件夹不存在"),
        (asked, tmp_path, "这是文件夹"),
        (foreign, tmp_path / "out.jsonl", "不是 UTF-8"),
        (tmp_path / "none.jsonl", tmp_path / "out.jsonl", "文件或文件夹不存在"),
    ):
        result = lianzhi("kb", "search", "--batch", batch, "--out", out, "--json")
        assert result.exit_code == 2
        assert why in read(result)["error"]["message"]

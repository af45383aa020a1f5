"""`lianzhi pack`: one district hands on, another compares and takes in; what was changed on the way is refused."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from adapters.packs import read_pack, write_pack
from domain.packs import Pack
from lianzhi import app
from records.verify import verify_from_settings

Run = Callable[..., Result]
COMPONENT = {"id": "q", "kind": "baseline", "better_cny": "12.34", "failed_cny": 1}
SCHEME = {"format": "lianzhi-scheme/1", "id": "own", "name": "自有", "version": "1", "component": [COMPONENT]}
HEAD = "断面,月份,上游,下游,基准线,COD(mg/L)\n甲,2024-07,上区,下区,Ⅲ,17\n"


@pytest.fixture
def lianzhi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path / "home"))
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


def read(result: Result, code: int = 0) -> dict[str, Any]:
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def exported(lianzhi: Run, tmp_path: Path) -> Path:
    scheme, path = tmp_path / "own.json", tmp_path / "pack.json"
    scheme.write_text(json.dumps(SCHEME), encoding="utf-8")
    words = ("--name", "江岚-河流", "--version", "2026.1", "--publisher", "江岚区", "--scheme", scheme)
    made = read(lianzhi("pack", "export", path, *words, "--json"))
    assert made["counts"] == {"rules": 31, "taxonomy": 81, "agreements": 9, "schemes": 6, "limits": 81}
    return path


def test_from_one_district_to_another(
    lianzhi: Run, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path / "other"))
    changes = read(lianzhi("pack", "diff", exported, "--json"))["changes"]
    assert changes == [{"kind": "schemes", "id": "own", "what": "added", "fields": []}]
    made = read(lianzhi("pack", "import", exported, "--by", "屏岭区-张", "--json"))
    assert (made["fresh"], made["number"], made["faults"], made["changes"]) == (True, 1, [], 1)
    assert not read(lianzhi("pack", "import", exported, "--by", "屏岭区-李", "--json"))["fresh"]
    (row,) = read(lianzhi("pack", "list", "--json"))["packs"]
    assert (row["imported_by"], row["digest"]) == ("屏岭区-张", made["digest"])
    assert row["imported_at"]
    assert asyncio.run(verify_from_settings()) == 1

    table = tmp_path / "t.csv"
    table.write_text(HEAD, encoding="utf-8")
    settled = read(lianzhi("compensate", table, "--scheme", "江岚-河流/own", "--json"))
    assert settled["statement"]["items"][0]["amount_fen"] == 1234


def test_a_pack_with_a_wrong_digest_is_refused_whole(lianzhi: Run, exported: Path) -> None:
    plain = json.loads(exported.read_text(encoding="utf-8"))
    plain["content"]["limits"]["P01"]["deadlines"][0]["value"] = 99
    exported.write_text(json.dumps(plain), encoding="utf-8")
    for words in (("import", exported, "--by", "x"), ("diff", exported)):
        assert read(lianzhi("pack", *words, "--json"), 2)["error"]["code"] == "bad_pack"
    assert read(lianzhi("pack", "list", "--json"))["packs"] == []


def test_entries_that_cannot_be_used_are_told_and_the_rest_is_taken(
    lianzhi: Run, exported: Path, tmp_path: Path
) -> None:
    good = read_pack(exported)
    content = json.loads(json.dumps(good.content))
    name = next(iter(content["agreements"]))
    content["agreements"][name]["parties"] = ["990001"]
    content["schemes"]["own"]["water"] = "sea"
    write_pack(Pack(name=good.name, version="2", publisher="", content=content), tmp_path / "bad.json")
    made = read(lianzhi("pack", "import", tmp_path / "bad.json", "--by", "x", "--adopt", "--json"))
    assert {(one["kind"], one["id"]) for one in made["faults"]} == {("agreements", name), ("schemes", "own")}
    result = lianzhi("compensate", tmp_path / "own.json", "--scheme", "江岚-河流/own", "--json")
    assert read(result, 2)["error"]["code"] == "bad_scheme"
    shown = lianzhi("pack", "import", tmp_path / "bad.json", "--by", "x")
    assert "不可用：毗邻协议" in shown.stdout


def test_agreements_are_adopted_only_when_asked_and_never_overwritten(
    lianzhi: Run, exported: Path, tmp_path: Path
) -> None:
    good = read_pack(exported)
    content = json.loads(json.dumps({"agreements": good.content["agreements"]}))
    first, second = list(content["agreements"])[:2]
    content["agreements"]["NEW-1"] = content["agreements"][first] | {"id": "NEW-1"}
    content["agreements"][second]["title"] = "改过的标题"
    write_pack(Pack(name="协议", version="1", publisher="", content=content), tmp_path / "a.json")
    before = read(lianzhi("world", "show", "--json"))["agreements"]
    read(lianzhi("pack", "import", tmp_path / "a.json", "--by", "x", "--json"))
    assert read(lianzhi("world", "show", "--json"))["agreements"] == before
    made = read(lianzhi("pack", "import", tmp_path / "a.json", "--by", "x", "--adopt", "--json"))
    assert made["adopted"] == ["NEW-1"]
    assert [one["id"] for one in made["refused"]] == [second]
    assert read(lianzhi("world", "show", "--json"))["agreements"] == before + 1


def test_two_packs_are_compared_in_words(lianzhi: Run, exported: Path, tmp_path: Path) -> None:
    other = tmp_path / "p2.json"
    words = ("--name", "江岚-河流", "--version", "2", "--only", "schemes,limits")
    assert lianzhi("pack", "export", other, *words).exit_code == 0
    shown = lianzhi("pack", "diff", exported, other)
    assert shown.exit_code == 0
    assert "删去 补偿方案 own" in shown.stdout
    assert read(lianzhi("pack", "diff", exported, other, "--only", "limits", "--json"))["changes"] == []


def test_the_same_city_exports_the_same_bytes(lianzhi: Run, exported: Path, tmp_path: Path) -> None:
    words = ("--name", "江岚-河流", "--version", "2026.1", "--publisher", "江岚区", "--scheme", tmp_path / "own.json")
    lianzhi("pack", "export", tmp_path / "again.json", *words)
    assert (tmp_path / "again.json").read_bytes() == exported.read_bytes()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("export", "x.json", "--name", "a/b", "--version", "1"), "bad_pack"),
        (("export", "x.json", "--name", "a", "--version", "1", "--only", "laws"), "invalid_input"),
        (("export", "x.json", "--name", "a", "--version", "1", "--scheme", "none"), "bad_scheme"),
        (("import", "none.json", "--by", "x"), "bad_pack"),
        (("import", "none.json", "--by", " "), "bad_pack"),
        (("diff", "没有引入过"), "pack_not_found"),
        (("diff", "a@b"), "bad_pack"),
    ],
)
def test_what_cannot_be_done_exits_2(lianzhi: Run, words: tuple[str, ...], code: str) -> None:
    assert read(lianzhi("pack", *words, "--json"), 2)["error"]["code"] == code

"""Case logs in the forms that cities have them: every form gives the same table, and nothing bad stops the rest."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from adapters.casetables import read_case_table
from domain.caselog import COUNTS, FIELD_NAMES, FLAGS, NUMBERS, TIMES, WORDS, CaseTable
from domain.caselogreader import known_of
from domain.errors import InvalidInput
from domain.worlddata import schematic_city, year_of_cases

KNOWN = known_of(schematic_city())
Row = Mapping[str, Any]


def some_rows(n: int = 60) -> list[dict[str, Any]]:
    """Cases of the schematic year, those with returns and neighbours among them."""
    rows = list(year_of_cases())
    odd = [row for row in rows[n:] if row["returns"] or row["master"] or row["previous"]]
    return [{k: v for k, v in row.items() if k in FIELD_NAMES} for row in (*rows[:n], *odd[:n])][: 2 * n]


def flat(key: str, value: object) -> object:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False) if key == "returns" else "|".join(value)
    return "" if value is None else value


def jsonl(rows: list[Row], path: Path) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def csv_text(rows: list[Row], *, chinese: bool) -> str:
    out = io.StringIO(newline="")
    keys = list(rows[0])
    writer = csv.writer(out)
    writer.writerow([FIELD_NAMES[key] if chinese else key for key in keys])
    writer.writerows([flat(key, row[key]) for key in keys] for row in rows)
    return out.getvalue()


def as_xlsx(rows: list[Row], path: Path) -> Path:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([FIELD_NAMES[key] for key in rows[0]])
    for row in rows:
        sheet.append([flat(key, row[key]) for key in rows[0]])
    book.save(path)
    return path


def written(text: str, encoding: str, path: Path) -> Path:
    raw = text.encode(encoding)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


FORMS: dict[str, Callable[[list[Row], Path], Path]] = {
    "utf-8": lambda rows, at: written(csv_text(rows, chinese=False), "utf-8", at / "a.csv"),
    "utf-8 with mark": lambda rows, at: written(csv_text(rows, chinese=True), "utf-8-sig", at / "a.csv"),
    "gb18030": lambda rows, at: written(csv_text(rows, chinese=True), "gb18030", at / "a.csv"),
    "packed": lambda rows, at: written(csv_text(rows, chinese=True), "gb18030", at / "a.csv.gz"),
    "xlsx": lambda rows, at: as_xlsx(rows, at / "a.xlsx"),
    "chinese keys": lambda rows, at: jsonl([{FIELD_NAMES[k]: v for k, v in r.items()} for r in rows], at / "b.jsonl"),
}


def assert_same(one: CaseTable, other: CaseTable) -> None:
    assert one.id.tolist() == other.id.tolist()
    for name in TIMES:
        np.testing.assert_array_equal(one.times[name], other.times[name])
    for name in WORDS:
        assert one.words[name].words() == other.words[name].words(), name
    for group, names in ((one.numbers, NUMBERS), (one.counts, COUNTS), (one.flags, FLAGS)):
        for name in names:
            np.testing.assert_array_equal(group[name], getattr(other, _GROUP[name])[name], name)
    assert one.returns.unit.words() == other.returns.unit.words()
    np.testing.assert_array_equal(one.returns.at, other.returns.at)


_GROUP = {**dict.fromkeys(NUMBERS, "numbers"), **dict.fromkeys(COUNTS, "counts"), **dict.fromkeys(FLAGS, "flags")}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_table(form: str, tmp_path: Path) -> None:
    rows: list[Row] = list(some_rows())
    wanted = read_case_table(jsonl(rows, tmp_path / "wanted.jsonl"), known=KNOWN)
    got = read_case_table(FORMS[form](rows, tmp_path), known=KNOWN)
    assert not wanted.problems
    assert not got.problems
    assert_same(got, wanted)


def test_the_schematic_year_has_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "year.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in year_of_cases()), encoding="utf-8")
    table = read_case_table(path, known=KNOWN)
    assert table.problems == ()
    assert table.ordered.all()
    assert len(table) == table.rows_read


def test_names_of_regions_and_issues_are_read_as_codes(tmp_path: Path) -> None:
    city = schematic_city()
    town = next(r for r in city.regions if r.level.value == "township")
    text = f"工单编号,上报时间,所属街道,事项名称,案件状态\nA1,2026-03-01 08:00:00,{town.name},井盖缺失,已结案\n"
    table = read_case_table(written(text, "gb18030", tmp_path / "a.csv"), known=KNOWN)
    assert table.words["township"].word(0) == town.code
    assert table.words["stage"].word(0) == "closed"
    assert str(table.time("reported_at")[0]) == "2026-03-01T00:00:00"  # civil time is UTC+8


def test_bad_rows_are_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    head = (
        "id,reported_at,registered_at,dispatched_at,handled_at,closed_at,stage,issue,district,township,lon,lat,退单次数"
    )
    good = "2026-03-01T00:00:00Z,2026-03-01T00:10:00Z,2026-03-01T00:20:00Z,2026-03-01T02:00:00Z,2026-03-01T03:00:00Z"
    swapped = "2026-03-01T00:00:00Z,2026-03-01T00:10:00Z,2026-03-01T00:20:00Z,2026-02-01T02:00:00Z,2026-03-01T03:00:00Z"
    rows = [
        f"a,{good},closed,E01,509901,509901001,106.5,29.6,0",
        f"a,{good},closed,E01,509901,509901001,106.5,29.6,0",  # the same id again
        f"b,{swapped},closed,E01,509901,509901001,106.5,29.6,0",  # handled before it was reported
        ",2026-03-01T00:00:00Z,,,,,collected,E01,509901,509901001,,,",  # no id
        f"c,{good},closed,E01,999999,509901001,106.5,29.6,0",  # no such district
        f"d,{good},closed,Z99,509901,509902001,106.5,29.6,0",  # no such issue; a town of another district
        "e,昨天,,,,,collected,E01,509901,509901001,东经,29.6,一次",  # words instead of figures
        "f,2026-03-01T00:00:00Z,,,,,closed,E01,509901,509901001,206.5,29.6,0",  # closed without any instant
        "g,0026-03-01T00:00:00Z,,,,,办着,E01,509901,509901001,,,",  # a year that cannot be; no such stage
    ]
    table = read_case_table(written("\n".join((head, *rows)), "utf-8", tmp_path / "a.csv"), known=KNOWN)
    assert table.id.tolist() == ["a", "b", "c", "d", "e", "f", "g"]
    assert table.rows_read == 9
    assert table.ordered.tolist() == [True, False, True, True, True, True, True]
    told = {(p.row, p.code, p.field) for p in table.problems}
    assert told == {
        (2, "duplicate_id", "id"),
        (3, "contradictory_times", "handled_at"),
        (4, "missing_id", "id"),
        (5, "unknown_region", "district"),
        (6, "unknown_issue", "issue"),
        (6, "region_mismatch", "township"),
        (7, "unreadable_time", "reported_at"),
        (7, "missing_time", "reported_at"),
        (7, "unreadable_number", "lon"),
        (7, "unreadable_number", "returns"),
        (8, "impossible_number", "lon"),
        *((8, "missing_time", name) for name in ("registered_at", "dispatched_at", "handled_at", "closed_at")),
        (9, "impossible_time", "reported_at"),
        (9, "missing_time", "reported_at"),
        (9, "unknown_value", "stage"),
    }
    assert np.isnan(table.hours("reported_at", "handled_at")[1])


def test_lines_that_are_no_objects_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id":"a"}\n\nnot json\n[1]\n{"id":"b","returns":{"x":1},"satisfied":[]}\n', encoding="utf-8")
    table = read_case_table(path)
    assert table.id.tolist() == ["a", "b"]
    assert [(p.row, p.code) for p in table.problems if p.code == "broken_row"] == [(3, "broken_row"), (4, "broken_row")]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.txt", b"id\n1\n"),  # a kind that is not read
        ("a.csv", b"\xff\xfe\x81"),  # neither encoding
        ("a.csv", "名字,年龄\n甲,3\n".encode()),  # no column of ids
        ("a.csv.gz", gzip.compress(b"id\n1\n" * 999)[:40]),  # cut off
        ("a.csv.gz", b"id\n1\n"),  # not packed at all
        ("a.xlsx", b"PK\x03\x04 no workbook"),
        ("none.csv", b""),
    ],
    ids=["kind", "encoding", "no ids", "cut off", "not packed", "no workbook", "empty"],
)
def test_files_that_cannot_be_read_are_refused_in_words(name: str, raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    if name != "none.csv":
        path.write_bytes(raw)
    with pytest.raises(InvalidInput) as told:
        read_case_table(path)
    assert told.value.hint


def test_gcj02_rows_are_moved_and_unknown_systems_are_not_used(tmp_path: Path) -> None:
    text = "id,lon,lat,crs\na,106.5,29.6,GCJ02\nb,106.5,29.6,WGS84\nc,106.5,29.6,北京54\n"
    table = read_case_table(written(text, "utf-8", tmp_path / "a.csv"))
    lon = table.numbers["lon"]
    assert 0.001 < lon[1] - lon[0] < 0.01
    assert np.isnan(lon[2])
    assert [p.code for p in table.problems if p.field == "lon"] == ["unknown_crs"]

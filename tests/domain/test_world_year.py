"""The year of cases: a log that holds together, with a rhythm and with what was planted in it."""

import gzip
from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any

import pytest

from domain.clock import CHINA, civil_date, parse_iso
from domain.geo import Point, distance_m
from domain.territory import Territory
from domain.worlddata import places, schematic_city, year_of_cases
from scripts.generate_world import TARGET, files_of
from scripts.worldgen.outbreaks import GAMING, OUTBREAKS, PILOT_DISTRICTS, PILOT_START, REPEATS
from scripts.worldgen.pack import city

Row = dict[str, Any]
STEPS = ("observed_at", "reported_at", "registered_at", "dispatched_at", "settled_at", "handled_at", "closed_at")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(year_of_cases())


@pytest.fixture(scope="module")
def territory() -> Territory:
    return Territory(schematic_city())


def day_of(row: Row) -> date:
    return civil_date(parse_iso(row["observed_at"]))


def point_of(row: Row) -> Point:
    return Point(row["lon"], row["lat"])


def hours(row: Row, start: str, end: str) -> float:
    return (parse_iso(row[end]) - parse_iso(row[start])).total_seconds() / 3600


@pytest.mark.slow
def test_the_generator_writes_what_is_packaged() -> None:
    for name, content in files_of(city()).items():
        packaged = (TARGET / name).read_bytes()
        if name.endswith(".gz"):  # the packer's own bytes depend on the version of zlib
            content, packaged = gzip.decompress(content), gzip.decompress(packaged)
        assert content == packaged, f"run python -m scripts.generate_world: {name} differs"


def test_packed_files_are_small_and_without_a_time() -> None:
    files = [*TARGET.glob("world*")]
    assert sum(file.stat().st_size for file in files) <= 3_000_000
    for file in TARGET.glob("world*.gz"):
        assert file.read_bytes()[4:8] == bytes(4)


def test_the_year_is_a_year_in_order(rows: list[Row]) -> None:
    assert 6_000 <= len(rows) <= 10_000
    assert len({row["id"] for row in rows}) == len(rows)
    reported = [row["reported_at"] for row in rows]
    assert reported == sorted(reported)
    assert {day_of(row) for row in rows} >= {date(2025, 11, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 10, 31)}
    assert min(map(day_of, rows)) == date(2025, 11, 1)
    assert max(map(day_of, rows)) == date(2026, 10, 31)


def test_instants_follow_each_other(rows: list[Row]) -> None:
    for row in rows:
        instants = [parse_iso(row[step]) for step in STEPS if row[step] is not None]
        assert instants == sorted(instants), row["id"]
        assert (row["closed_at"] is None) == (row["stage"] in ("dispatched", "handled"))
        for back in row["returns"]:
            assert parse_iso(row["dispatched_at"]) <= parse_iso(back["at"]) <= parse_iso(row["settled_at"])


def test_units_and_regions_hold_on_the_day(rows: list[Row], territory: Territory) -> None:
    register = schematic_city().register
    for row in rows:
        day = day_of(row)
        for code in filter(None, (row["unit"], row["first_unit"], row["truth"]["unit"])):
            unit = register.get(code)
            assert unit is not None
            assert unit.valid_on(day), (row["id"], code)
        assert territory.contains(point_of(row), day)
        for code in filter(None, (row["district"], row["township"], row["community"], row["grid"], *row["neighbours"])):
            territory.region(code, day)


def test_the_town_that_moves_is_reported_under_both_districts(rows: list[Row]) -> None:
    own = [row for row in rows if row["township"] in ("509904006", "509901007")]
    moved = {(row["district"], day_of(row) >= date(2026, 7, 1)) for row in own}
    assert moved == {("509904", False), ("509901", True)}


def test_seasons_and_weekdays_show(rows: list[Row]) -> None:
    months: dict[str, Counter[int]] = defaultdict(Counter)
    weekend = Counter[bool]()
    for row in rows:
        months[row["issue"]][day_of(row).month] += 1
        weekend[day_of(row).weekday() >= 5] += row["issue"] in ("T06", "E01", "P01", "T08")
    assert months["S09"].most_common(1)[0][0] == 2
    assert sum(months["P04"][m] for m in (5, 6, 7, 8)) > 2 * sum(months["P04"][m] for m in (11, 12, 1, 2))
    assert weekend[True] / 2 < weekend[False] / 5
    night = [parse_iso(row["observed_at"]).astimezone(CHINA).hour for row in rows if row["issue"] == "C01"]
    assert sum(hour >= 21 or hour < 7 for hour in night) > 0.8 * len(night)


@pytest.mark.parametrize("outbreak", OUTBREAKS, ids=lambda o: o.tag)
def test_each_outbreak_is_where_and_when_it_was_planted(rows: list[Row], outbreak: Any) -> None:
    found = [row for row in rows if row["truth"].get("outbreak") == outbreak.tag]
    assert len(found) == outbreak.cases
    centre = places()[outbreak.place]
    for row in found:
        assert row["issue"] in outbreak.issues
        assert outbreak.first <= day_of(row) <= outbreak.last
        assert distance_m(centre, point_of(row)) < outbreak.radius_m + 120
    days = (outbreak.last - outbreak.first).days + 1
    around = [r for r in rows if r["issue"] in outbreak.issues and not r["truth"].get("outbreak")]
    usual = sum(distance_m(centre, point_of(r)) < outbreak.radius_m for r in around) / 365 * days
    assert outbreak.cases > 3 * usual + 10


def test_some_outbreaks_are_split_by_a_line(rows: list[Row]) -> None:
    sides: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if tag := row["truth"].get("outbreak"):
            sides[tag][row["district"]] += 1
    split = [tag for tag, count in sides.items() if len(count) > 1 and min(count.values()) > 0.25 * count.total()]
    assert len(split) >= 4


@pytest.mark.parametrize("repeat", REPEATS, ids=lambda r: r.tag)
def test_each_repeat_comes_back_after_it_was_closed(rows: list[Row], repeat: Any) -> None:
    by_id = {row["id"]: row for row in rows}
    found = [row for row in rows if row["truth"].get("repeat") == repeat.tag and row["stage"] != "merged"]
    assert len(found) >= 5
    assert all(row["previous"] for row in found[1:])
    for row in found[1:]:
        before = by_id[row["previous"]]
        assert parse_iso(before["closed_at"]) < parse_iso(row["observed_at"])
        assert distance_m(point_of(before), point_of(row)) < 220
        assert before["issue"] == row["issue"]


def test_duplicates_point_to_a_case_beside_them(rows: list[Row]) -> None:
    by_id = {row["id"]: row for row in rows}
    twins = [row for row in rows if row["master"]]
    assert len(twins) > 200
    for row in twins:
        master = by_id[row["master"]]
        assert row["stage"] == "merged"
        assert master["issue"] == row["issue"]
        assert master["observed_at"] < row["observed_at"]
        assert distance_m(point_of(master), point_of(row)) < 200


@pytest.mark.parametrize("trick", GAMING, ids=lambda g: g.tag)
def test_each_trick_is_in_the_figures(rows: list[Row], trick: Any) -> None:
    found = [row for row in rows if row["truth"].get("gaming_tag") == trick.tag]
    assert len(found) == trick.times * {"self_report": 1, "split": 4, "false_close": 2}[trick.kind]
    if trick.kind == "self_report":
        assert sum(hours(row, "registered_at", "closed_at") < 1.0 for row in found) > 0.9 * len(found)
    if trick.kind == "false_close":
        assert sum(bool(row["previous"]) for row in found) == trick.times


def sent_back(rows: list[Row]) -> float:
    return sum(bool(row["returns"]) for row in rows) / len(rows)


def test_adjacent_cases_are_sent_back_more_until_the_pilot(rows: list[Row]) -> None:
    done = [row for row in rows if row["settled_at"]]
    near, far = ([r for r in done if r["adjacent"] is flag] for flag in (True, False))
    assert sent_back(near) > 3 * sent_back(far)
    pilot, rest = ([r for r in near if (r["district"] in PILOT_DISTRICTS) is flag] for flag in (True, False))
    before, after = ([r for r in pilot if (day_of(r) >= PILOT_START) is flag] for flag in (False, True))
    control_before, control_after = ([r for r in rest if (day_of(r) >= PILOT_START) is flag] for flag in (False, True))
    effect = (sent_back(after) - sent_back(before)) - (sent_back(control_after) - sent_back(control_before))
    assert -0.3 < effect < -0.08


def test_most_cases_are_in_time_and_some_are_not(rows: list[Row]) -> None:
    done = [row for row in rows if row["stage"] == "closed"]
    in_time = sum(row["handled_at"] <= row["due_at"] for row in done) / len(done)
    assert 0.82 < in_time < 0.97
    assert {row["stage"] for row in rows} >= {"closed", "merged", "rejected", "dispatched"}
    first = sum(row["first_unit"] == row["unit"] for row in done) / len(done)
    assert 0.85 < first < 0.98


def test_instants_are_utc(rows: list[Row]) -> None:
    assert all(datetime.fromisoformat(row["reported_at"]).utcoffset() is not None for row in rows[:50])
    assert all(row["reported_at"].endswith("Z") for row in rows)

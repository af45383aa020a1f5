"""The evaluation of early warning: what is planted is truth by construction, and the joined city sees more."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.adjacency.alerting.signals import Method, WatchParams
from evals.alerting import Scene, each_side, figures, fixed, gates_hold, joined, lines, replay, scene
from evals.caseyear import FIRST_DAY, CaseYear, as_of, case_year

PARAMS = WatchParams(replicates=199, methods=(Method.CELLS, Method.STRIPS))


@pytest.fixture(scope="module")
def year() -> CaseYear:
    return case_year(20_000, outbreaks=12, sizes=(16, 30), seed=5)


def test_the_same_seed_gives_the_same_year(year: CaseYear) -> None:
    again = case_year(20_000, outbreaks=12, sizes=(16, 30), seed=5)
    assert again.outbreaks == year.outbreaks
    assert (again.table.id == year.table.id).all()
    assert np.array_equal(again.table.time("closed_at"), year.table.time("closed_at"))
    other = case_year(20_000, outbreaks=12, sizes=(16, 30), seed=6)
    assert not np.array_equal(other.table.numbers["lon"][:100], year.table.numbers["lon"][:100])


def test_the_year_is_as_large_as_asked_and_whole(year: CaseYear) -> None:
    table = year.table
    assert len(table) == pytest.approx(20_000, rel=0.05)
    assert len(set(table.id.tolist())) == len(table)
    reported = table.time("reported_at")
    assert (np.diff(reported) >= np.timedelta64(-3600, "s")).mean() > 0.9
    assert (table.time("closed_at") >= table.time("registered_at")).all()
    towns = table.words["township"]
    assert (towns.codes >= 0).mean() > 0.95
    moved = {"509904006": (0, 242), "509901007": (242, 366)}
    day = (table.time("observed_at") - np.datetime64(FIRST_DAY)).astype("timedelta64[h]").astype(int) / 24 + 8 / 24
    for code, (first, last) in moved.items():
        mine = towns.codes == towns.vocab.index(code)
        assert first <= day[mine].min()
        assert day[mine].max() <= last + 1


def test_outbreaks_are_where_and_when_they_say(year: CaseYear) -> None:
    points = year.frame.to_m(np.column_stack([year.table.numbers["lon"], year.table.numbers["lat"]]))
    for number, outbreak in enumerate(year.outbreaks):
        mine = np.flatnonzero(year.planted == number)
        assert len(mine) == outbreak.cases
        assert np.hypot(*(points[mine] - outbreak.point_m).T).max() <= outbreak.radius_m + 1.0
        assert {year.table.words["issue"].word(int(k)) for k in mine} == {outbreak.issue}
        days = (year.table.time("observed_at")[mine] - np.datetime64(FIRST_DAY)).astype("timedelta64[s]").astype(int)
        assert outbreak.first <= (days.min() + 8 * 3600) / 86_400
        assert (days.max() + 8 * 3600) / 86_400 <= outbreak.first + outbreak.days


def test_place_and_time_of_everyday_cases_have_nothing_to_do_with_each_other(year: CaseYear) -> None:
    everyday = year.planted < 0
    lon = year.table.numbers["lon"][everyday]
    early = year.table.time("observed_at")[everyday] < np.datetime64(FIRST_DAY + timedelta(days=180))
    middle = [np.median(lon[early]), np.median(lon[~early])]
    assert abs(middle[0] - middle[1]) < 4 * lon.std() / np.sqrt(len(lon) / 2)


@pytest.fixture(scope="module")
def packaged() -> Scene:
    return scene()


def moments(first: int, last: int) -> list[datetime]:
    return [datetime.fromtimestamp(int(as_of(day).astype(np.int64)), tz=UTC) for day in range(first, last, 2)]


def test_the_joined_city_finds_what_each_side_alone_misses(packaged: Scene) -> None:
    """Covers stolen on both sides of a street in January: each half is small."""
    january = moments(70, 92)
    ours, alone = (replay(make(packaged, PARAMS), packaged, january) for make in (joined, each_side))
    assert "ob8-stolen-covers" in ours.found
    assert ours.found["ob8-stolen-covers"] <= 6
    assert "ob8-stolen-covers" not in alone.found
    assert ours.false <= 1
    made = figures(ours, packaged, january)
    assert made["across_a_line"]["planted"] >= 1
    assert 0.0 <= made["all"]["interval"][0] <= made["all"]["interval"][1] <= 1.0


def test_a_fixed_number_alarms_at_busy_places(packaged: Scene) -> None:
    score = replay(fixed(packaged, 4), packaged, moments(150, 170))
    assert score.alarms > 0
    assert score.false > 0


def test_the_gate_asks_for_more_across_lines_and_few_false_alarms() -> None:
    def system(found: int, weekly: float) -> dict[str, object]:
        part = {"found": found, "planted": 6, "interval": [0.1, 0.9], "median_days": 2.0}
        kinds = {"all": part, "across_a_line": part, "inside": part}
        return {**kinds, "false_alarms": 3, "false_alarms_a_week": weekly, "false_by_kind": {"area": 3}}

    made = {
        "cases": 1, "watches": 1, "step_days": 1, "peak_mib": 1, "seconds": {"watches": 1.0},
        "systems": {"joined": system(6, 0.5), "each_side_alone": system(4, 0.1), "fixed_5_a_week": system(5, 0.9)},
        "found_jointly_missed_by_each_side": ["x"],
    }  # fmt: skip
    assert gates_hold(made)
    assert any("固定阈值（5 件/周·镇街）" in line for line in lines(made))
    assert not gates_hold(made | {"found_jointly_missed_by_each_side": []})
    assert not gates_hold(made | {"systems": made["systems"] | {"joined": system(6, 1.5)}})

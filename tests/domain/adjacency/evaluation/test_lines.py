"""Adjacency told from the lines is that of the territory, on the day of each case."""

from dataclasses import replace

import numpy as np
import pytest

from domain.adjacency.evaluation.assessment import placed
from domain.adjacency.evaluation.lines import with_lines
from domain.caselog import NOT_SAID, CaseTable
from domain.worlddata import schematic_city, year_of_cases
from tests.domain.adjacency.evaluation.logs import table_of


@pytest.fixture(scope="module")
def year() -> CaseTable:
    """The packaged year, which says of each case whether it is adjacent."""
    return table_of([{key: value for key, value in row.items() if key != "truth"} for row in year_of_cases()])


def unsaid(table: CaseTable) -> CaseTable:
    flags = {**table.flags, "adjacent": np.full(len(table), NOT_SAID, np.int8)}
    return replace(table, flags=flags, columns=table.columns - {"adjacent"})


def test_it_agrees_with_the_territory_case_by_case(year: CaseTable) -> None:
    told = with_lines(unsaid(year), schematic_city()).flags["adjacent"]
    assert (told == year.flags["adjacent"]).mean() > 0.999
    assert NOT_SAID not in told


def test_what_the_log_says_stays(year: CaseTable) -> None:
    assert with_lines(year, schematic_city()).flags["adjacent"] is not year.flags["adjacent"]
    np.testing.assert_array_equal(with_lines(year, schematic_city()).flags["adjacent"], year.flags["adjacent"])
    same, notes = placed(year, schematic_city())
    assert same is year
    assert notes == []
    _, notes = placed(unsaid(year), schematic_city())
    assert "推算" in notes[0]


def test_cases_outside_the_city_or_without_a_place_stay_unsaid() -> None:
    rows = [
        {"id": "far", "reported_at": "2026-03-01T00:00:00Z", "lon": 116.4, "lat": 39.9},
        {"id": "nowhere", "reported_at": "2026-03-01T00:00:00Z"},
        {"id": "when", "lon": 106.492277, "lat": 29.625308},
        {"id": "line", "reported_at": "2026-03-01T00:00:00Z", "lon": 106.492277, "lat": 29.625308},
    ]
    told = with_lines(table_of(rows), schematic_city())
    assert told.flags["adjacent"].tolist() == [NOT_SAID, NOT_SAID, NOT_SAID, 1]
    assert len(told.words["neighbours"].word(3).split("|")) >= 2


def test_the_territory_of_the_day_counts(year: CaseTable) -> None:
    """A spot where a line was moved within the year has other neighbours before and after."""
    city = schematic_city()
    places = [i for i in range(len(year)) if year.words["neighbours"].word(i)]
    spot = {"lon": 0.0, "lat": 0.0}
    before, after = "2025-12-01T00:00:00Z", "2026-10-01T00:00:00Z"
    rows = [
        {"id": f"{i}{day}", "reported_at": day, **spot, "lon": year.numbers["lon"][i], "lat": year.numbers["lat"][i]}
        for i in places
        for day in (before, after)
    ]
    words = with_lines(table_of(rows), city).words["neighbours"].words()
    assert any(words[k] != words[k + 1] for k in range(0, len(words), 2))
    assert sum(words[k] == words[k + 1] for k in range(0, len(words), 2)) > len(places) / 2

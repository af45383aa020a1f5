"""The whole report: held to what was asked and may be seen, equal for equal logs, in words that figures bear out."""

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from domain.adjacency.evaluation.assessment import Asked, assess, behind, in_regions, read, with_regions
from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.effects import Question
from domain.adjacency.evaluation.reporting import report_of
from domain.errors import InvalidInput
from tests.domain.adjacency.evaluation.logs import case, loose_logs, table_of

NOW = datetime(2026, 12, 31, tzinfo=UTC)
Rows = list[dict[str, Any]]


def made(rows: Rows, **how: Any) -> dict[str, Any]:
    return assess(table_of(rows), Asked(as_of=NOW, **how), shipped(), listed=3)


@settings(max_examples=12)
@given(loose_logs())
def test_a_report_is_json_and_every_format_can_show_it(rows: Rows) -> None:
    body = made(rows)
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    report = report_of(body)
    for section in report.sections:
        for table in section.tables:
            assert all(len(row) == len(table.columns) for row in table.rows)
        for chart in section.charts:
            assert all(len(series.values) == len(chart.labels) for series in chart.series)


@settings(max_examples=10)
@given(loose_logs())
def test_equal_logs_give_equal_reports(rows: Rows) -> None:
    assert made(rows) == made(rows)


@settings(max_examples=10)
@given(loose_logs())
def test_drilling_down_gives_the_cases_of_the_figure(rows: Rows) -> None:
    asked = Asked(as_of=NOW, cuts=(("district",),))
    body = assess(table_of(rows), asked, shipped())
    reading = read(table_of(rows), asked, shipped())
    for group in body["panels"][0]["groups"]:
        for name, figure in group["figures"].items():
            if shipped().indicator(name).kind == "share":
                ids = behind(reading, shipped(), name, ["district"], group["key"])
                assert len(ids["above"]) == figure["above"]
                assert len(ids["below"]) == figure["below"]
                assert set(ids["above"]) <= set(ids["below"])
                assert len(ids["untold"]) == figure["untold"]


def test_only_what_is_asked_for_is_counted() -> None:
    rows = [
        case("a", 0, district="500001", township="500001001"),
        case("b", 24 * 40, district="500001", township="500001002"),
        case("c", 24 * 40, district="500002", township="500002001"),
        case("later", 24 * 500),  # after the moment of the evaluation
    ]
    assert made(rows)["scope"]["cases"] == 3
    assert made(rows, since=date(2026, 2, 1))["scope"]["cases"] == 2
    assert made(rows, until=date(2026, 1, 1))["scope"]["cases"] == 1
    assert made(rows, regions=("500001",))["scope"]["cases"] == 2
    assert made(rows, regions=("500001002",))["scope"]["cases"] == 1


def test_problems_of_other_regions_are_not_shown() -> None:
    rows = [
        case("mine", district="500001", township="500001001", closed_at=None),
        case("theirs", district="500002", township="500002001", closed_at=None),
    ]
    whole = {one["id"] for one in made(rows)["problems"]["first"]}
    own = {one["id"] for one in made(rows, regions=("500001",))["problems"]["first"]}
    assert whole == {"mine", "theirs"}
    assert own == {"mine"}


def test_a_caller_sees_regions_at_or_below_its_own() -> None:
    asked = Asked(as_of=NOW)
    assert with_regions(asked, [""]).regions == ()
    assert with_regions(asked, ["500001"]).regions == ("500001",)
    below = Asked(as_of=NOW, regions=("500001002", "500002"))
    assert with_regions(below, ["500001"]).regions == ("500001002",)
    with pytest.raises(InvalidInput):
        with_regions(Asked(as_of=NOW, regions=("500002",)), ["500001"])
    with pytest.raises(InvalidInput):
        with_regions(asked, [])


def test_no_region_sees_cases_that_no_region_is_known_of() -> None:
    table = table_of([case("gap", district="", township="")])
    assert in_regions(table, ()).tolist() == [True]
    assert in_regions(table, ("500001",)).tolist() == [False]


def test_a_comparison_that_cannot_be_made_is_listed_and_the_rest_goes_on() -> None:
    question = Question(indicator=shipped().indicator("handling_rate"), treated=("9",), start=date(2026, 2, 1))
    body = made([case("a")], questions=(question,))
    assert body["effects"] == []
    assert body["not_compared"][0]["indicator"] == "handling_rate"
    assert any("未作比较" in line for line in body["summary"])


def test_districts_are_called_unlike_only_beyond_chance() -> None:
    late = {"due_at": "2026-01-01T00:00:00Z"}
    same = [
        case(f"s{d}{i}", i, district=f"D{d}", **(late if i % 10 == 0 else {})) for d in range(2) for i in range(100)
    ]
    worse = [case(f"w{i}", i, district="D9", **(late if i % 2 else {})) for i in range(100)]
    assert "没有超出偶然波动" in "".join(made(same)["summary"])
    assert "D9的按期处置率差于全市" in "".join(made([*same, *worse])["summary"])


def test_an_empty_log_gives_a_report_that_says_so() -> None:
    body = made([])
    assert body["summary"][0] == "全市没有案件。"
    report_of(body)


def test_the_moment_must_have_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        Asked(as_of=datetime(2026, 1, 1))  # noqa: DTZ001


def test_instants_before_1970_do_not_upset_the_periods() -> None:
    body = assess(table_of([case("a", reported_at="1969-12-31T20:00:00Z")]), Asked(as_of=NOW), shipped())
    months = next(panel for panel in body["panels"] if panel["dimensions"] == ["month"])
    assert months["groups"][0]["key"] == [""]  # no such year can be: it is a problem of the row
    assert np.isin("impossible_time", [one["code"] for one in body["problems"]["counts"]])

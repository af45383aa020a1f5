"""The ten examples of the reference data, to the fen and to the word."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.records import Record, SectionTable
from domain.adjacency.compensation.schemefile import scheme_from_plain
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.compensation.statement import Item
from tests.domain.adjacency.compensation.making import GOOD, MILLION, record, statement

PATH = Path(__file__).parents[2] / "data" / "eco_examples.json"
EXAMPLES: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"), parse_float=Decimal)
BY_NAME = {one["name"].split()[0]: one for one in EXAMPLES}
WAN = 1_000_000
"""Fen in 万元."""


def only(records: Record, scheme: str = "cq-2018") -> Item:
    (item,) = statement(records, scheme=packaged()[scheme]).items
    return item


def test_there_are_ten() -> None:
    assert len(EXAMPLES) == len(BY_NAME) == 10


def test_they_are_those_of_the_reference(shared_dir: Path) -> None:
    given = json.loads((shared_dir / "domain" / "eco_examples.json").read_text(encoding="utf-8"), parse_float=Decimal)
    assert given == EXAMPLES


@pytest.mark.parametrize("name", ["EX1", "EX2", "EX3", "EX4"])
def test_a_month_against_last_year(name: str) -> None:
    given, (wan, finding) = BY_NAME[name]["inputs"], BY_NAME[name]["result"]
    item = only(record(given["measured"], target=given["target"], previous=given["prev"]))
    assert (item.amount, item.finding) == (wan * WAN, finding)
    assert bool(item.inferred) == (name in ("EX3", "EX4"))


@pytest.mark.parametrize("name", ["EX5", "EX6"])
def test_a_month_against_the_baseline(name: str) -> None:
    given, (wan, finding) = BY_NAME[name]["inputs"], BY_NAME[name]["result"]
    item = only(record(GOOD, baseline=given["baseline"]), "cq-2023")
    assert (item.amount, item.finding) == (wan * WAN, finding)


def test_all_factors_against_last_year_s_means() -> None:
    wan, finding = BY_NAME["EX7"]["result"]
    means = {"COD": Decimal(18), "NH3N": Decimal("0.5"), "TP": Decimal("0.14")}
    item = only(record(GOOD, means=means), "township-all-factors")
    assert (item.amount, item.finding) == (wan * WAN, finding)


def test_a_fixed_sum_over_eight_years() -> None:
    made = compute(packaged()["reservoir-fixed"], SectionTable(records=()), period=("2020-01", "2027-12"))
    assert sum(item.amount or 0 for item in made.items) == BY_NAME["EX8"]["result"] * WAN
    assert {item.amount for item in made.items} == {350 * WAN}


def test_a_year_of_twelve_months() -> None:
    """Three months received, eight paid, one as good as last year."""
    previous = {100: 4, -100: 2, 0: 3}
    months = BY_NAME["EX9"]["inputs"]
    made = statement(
        *(record(month=f"2024-{at:02d}", previous=previous[int(wan)]) for at, wan in enumerate(months, start=1))
    )
    assert [item.amount for item in made.items] == [wan * WAN for wan in months]
    (year,) = made.years()
    assert year.balances["上区"] == BY_NAME["EX9"]["result"] * WAN
    assert year.complete
    assert [(one.payer, one.payee, one.fen) for one in year.payments] == [("上区", "下区", 5 * MILLION)]


def chained(parties: list[str], sections: int) -> Scheme:
    names = [f"S{at}" for at in range(1, sections + 1)]
    plain = dict(packaged()["cq-2018"].plain)
    return scheme_from_plain(
        plain
        | {
            "section": [{"id": name} for name in names],
            "chain": [{"river": "龙溪河", "parties": parties, "sections": ["", *names]}],
        }
    )


def test_a_chain_with_the_treasury_at_its_end() -> None:
    given, result = BY_NAME["EX10"]["inputs"], BY_NAME["EX10"]["result"]
    parties = [name for name in result if name != "市财政"]
    records = [
        record(
            one["measured"], section=f"S{at}", target=one["target"], previous=one["prev"], upstream="", downstream=""
        )
        for at, one in enumerate(given)
        if one is not None
    ]
    made = compute(chained(parties, len(records)), SectionTable(records=tuple(records)))
    (month,) = made.months()
    assert month.balances == {name: wan * WAN for name, wan in result.items()}
    assert list(month.balances) == list(result)

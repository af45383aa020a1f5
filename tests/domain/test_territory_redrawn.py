"""The redrawing of 2025-11-06 (撤销江北区、渝北区，设立两江新区): codes, parents and counts by the day."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from shapely.geometry import box

from domain.errors import UnknownRegion
from domain.organisation import Level, Register
from domain.region import Region
from domain.territory import Territory
from domain.world import World

BEFORE, AFTER = date(2025, 11, 5), date(2025, 11, 6)
NEW_AREA = "5001LJ"
"""Stands for the code of 两江新区, which was not published when the table was made."""


def cell(index: int) -> dict[str, object]:
    """A square of its own for every region: only codes and days matter here."""
    x, y = 106 + index % 40 * 0.01, 29 + index // 40 * 0.01
    return {"geometry": box(x, y, x + 0.009, y + 0.009)}


@pytest.fixture(scope="module")
def towns(shared_dir: Path) -> list[dict[str, str]]:
    with (shared_dir / "domain" / "cq_towns_versions.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def territory(towns: list[dict[str, str]]) -> Territory:
    codes = {row["district_until_2025_11"]: row["town_code"][:6] for row in towns} | {"两江新区": NEW_AREA}
    ended, begun = {"江北区", "渝北区"}, {"两江新区"}
    regions = [Region(code="500000", name="重庆市", level=Level.CITY, parent="", geometry=box(105, 28, 111, 33))]
    for index, (name, code) in enumerate(sorted(codes.items())):
        days = {"valid_to": AFTER} if name in ended else {"valid_from": AFTER} if name in begun else {}
        regions.append(Region(code=code, name=name, level=Level.DISTRICT, parent="500000", **cell(index), **days))
    for index, row in enumerate(towns, start=len(codes)):
        old, new = codes[row["district_until_2025_11"]], codes[row["district_from_2025_11"]]
        common = {"code": row["town_code"], "name": row["town"], "level": Level.TOWNSHIP, **cell(index)}
        if old == new:
            regions.append(Region(parent=old, **common))
        else:
            regions += [Region(parent=old, valid_to=AFTER, **common), Region(parent=new, valid_from=AFTER, **common)]
    return Territory(World(name="重庆", version="1", city="500000", regions=tuple(regions), register=Register(())))


@pytest.mark.parametrize("code", ["500105", "500112"])
def test_the_old_districts_hold_until_the_day_before(territory: Territory, code: str) -> None:
    assert territory.region(code, BEFORE).code == code
    with pytest.raises(UnknownRegion) as caught:
        territory.region(code, AFTER)
    assert "2025-11-06" in caught.value.hint
    assert territory.has_region(code)


def test_the_new_area_holds_from_that_day(territory: Territory) -> None:
    with pytest.raises(UnknownRegion):
        territory.region(NEW_AREA, BEFORE)
    assert territory.region(NEW_AREA, AFTER).name == "两江新区"
    assert [territory.version_on(day) for day in (BEFORE, AFTER)] == ["2000-01-01", "2025-11-06"]


def test_every_town_lies_in_the_district_of_the_day(territory: Territory, towns: list[dict[str, str]]) -> None:
    for row in towns:
        for day, column in ((BEFORE, "district_until_2025_11"), (AFTER, "district_from_2025_11")):
            district = territory.path(row["town_code"], day)[1]
            assert territory.region(district, day).name == row[column]


def test_towns_of_two_old_districts_have_a_nearer_superior_since(territory: Territory) -> None:
    """华新街街道 (江北) and a street of 渝北 met in the city only; now they meet in the new area."""
    pair = ("500105001", "500112015")
    assert territory.common_superior(pair, BEFORE) == "500000"
    assert territory.common_superior(pair, AFTER) == NEW_AREA


def test_the_counts_are_those_of_the_announcement(territory: Territory, towns: list[dict[str, str]]) -> None:
    after = Counter((row["district_from_2025_11"], row["kind"]) for row in towns)
    assert (after["两江新区", "街道"], after["两江新区", "镇"]) == (31, 11)
    assert (after["北碚区", "街道"], after["北碚区", "镇"]) == (6, 11)
    assert len({row["district_from_2025_11"] for row in towns}) == 37
    assert len({row["district_until_2025_11"] for row in towns}) == 38

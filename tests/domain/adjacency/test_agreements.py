"""A list of agreements, judged by row before anybody relies on it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from domain.adjacency.agreements import review
from domain.organisation import Sector
from domain.territory import Territory
from domain.world import Agreement
from domain.worlddata import schematic_city, world_from_json, world_to_json
from tests.worlds import CITY, EAST, WEST, box, two_districts, unit_code

TERRITORY = Territory(two_districts())
EAST_CLEANS, WEST_CLEANS = unit_code(EAST, Sector.SANITATION), unit_code(WEST, Sector.SANITATION)


def paper(name: str = "A", **more: Any) -> Agreement:
    fields: dict[str, Any] = {
        "id": name, "title": f"协议{name}", "parties": (EAST, WEST), "issues": ("E01",), "lead": WEST_CLEANS,
        "area": box(-60, 2600, 60, 2800), "arranges": ("handling", "upkeep"), "valid_from": date(2025, 1, 1),
        "valid_to": date(2027, 1, 1),
    }  # fmt: skip
    return Agreement(**fields | more)


def kinds(*papers: Agreement) -> list[tuple[int, str]]:
    return [(fault.row, fault.kind) for fault in review(papers, TERRITORY)]


def test_a_sound_agreement_has_no_fault() -> None:
    assert review((paper(),), TERRITORY) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"valid_to": date(2025, 1, 1)}, "dates"),
        ({"signed_on": date(2025, 2, 1)}, "dates"),
        ({"issues": ("Z99",)}, "issue"),
        ({"arranges": ()}, "duty"),
        ({"arranges": ("upkeep", "ruling")}, "duty"),
        ({"arranges": ("upkeep", "enforcement")}, "overreach"),
        ({"text": "处罚统一由西岭区办理"}, "overreach"),
        ({"parties": ()}, "party"),
        ({"parties": (EAST, "999999")}, "party"),
        ({"lead": "u-nobody"}, "lead"),
        ({"lead": ""}, "lead"),
        ({"area": Polygon()}, "area"),
        ({"area": Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "area"),
        ({"area": box(9000, 9000, 9100, 9100)}, "area"),
    ],
)
def test_each_fault_is_told_with_its_row(change: dict[str, Any], kind: str) -> None:
    assert (2, kind) in kinds(paper(), paper("B", **{"issues": ("E02",), **change}))


def test_a_superior_may_name_who_enforces() -> None:
    assert kinds(paper(parties=(CITY,), arranges=("enforcement",))) == []


def test_a_clash_names_both_and_what_each_says() -> None:
    faults = review((paper(), paper("B", lead=EAST_CLEANS)), TERRITORY)
    assert {fault.kind for fault in faults} == {"clash"}
    assert len(faults) == 2  # handling and upkeep
    assert all(fault.other == "B" and "西岭区" in fault.reason and "东岸区" in fault.reason for fault in faults)


@pytest.mark.parametrize(
    "apart",
    [
        {"area": box(-60, 2800, 60, 2900)},
        {"valid_from": date(2027, 1, 1), "valid_to": None},
        {"issues": ("E02",)},
        {"replaces": ("A",)},
        {"lead": WEST_CLEANS},
        {"parties": (CITY,)},
        {"signed": False},
    ],
)
def test_what_lies_apart_does_not_clash(apart: dict[str, Any]) -> None:
    assert (1, "clash") not in kinds(paper(), paper("B", **{"lead": EAST_CLEANS, **apart}))


@given(st.permutations(["A", "B", "C"]))
@settings(max_examples=6, deadline=None)
def test_clashes_are_pairs_whatever_the_order(names: list[str]) -> None:
    leads = {"A": WEST_CLEANS, "B": EAST_CLEANS, "C": EAST_CLEANS}
    faults = review([paper(name, lead=leads[name]) for name in names], TERRITORY)
    pairs = {frozenset((fault.id, fault.other)) for fault in faults}
    assert pairs == {frozenset("AB"), frozenset("AC")}


def test_an_id_twice_is_told() -> None:
    assert (2, "double") in kinds(paper(), paper(issues=("E02",)))


def test_the_shipped_city_is_sound_but_for_one_known_clash() -> None:
    world = schematic_city()
    assert [(f.id, f.kind, f.other) for f in review(world.agreements, Territory(world))] == [
        ("XY006", "clash", "XY008")
    ]


def test_new_fields_survive_the_world_file() -> None:
    held = paper(signed_on=date(2024, 12, 1), signed=False, replaces=("Z",), leads=(("handling", EAST_CLEANS),))
    world = replace(two_districts(), agreements=(held,))
    back = world_from_json(world_to_json(world)).agreements[0]
    assert (back.signed_on, back.signed, back.replaces, back.leads) == (
        date(2024, 12, 1), False, ("Z",), (("handling", EAST_CLEANS),),
    )  # fmt: skip

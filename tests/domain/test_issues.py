"""The issue table: sound in structure, and equal to the table it was made from."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.errors import UnknownIssue
from domain.issues import DISPUTES, KINDS, UPKEEP_BY, Issue, issue, issue_table
from domain.organisation import Sector as S

ISSUES = tuple(issue_table().values())
UNITS = {"minute", "urgent_hour", "hour", "work_hour", "workday", "day"}
ASSETS = {
    "manhole", "grate", "lamp", "tree", "old_tree", "pipe", "bridge", "overpass", "tunnel", "signal", "sign",
    "guardrail",
    "hydrant", "power_box", "pole", "bus_shelter", "road", "green", "rail", "railway", "dyke", "fitness", "toilet",
}  # fmt: skip
each_issue = pytest.mark.parametrize("item", ISSUES, ids=lambda item: item.id)


def test_there_are_81_issues_with_unique_ids_and_names() -> None:
    assert len(ISSUES) == 81
    assert len({item.id for item in ISSUES}) == 81
    assert len({item.name for item in ISSUES}) == 81


@each_issue
def test_words_are_from_the_closed_lists(item: Issue) -> None:
    assert re.fullmatch(r"[PTEACSX]\d\d", item.id)
    assert item.kind in KINDS
    assert item.dispute in DISPUTES
    assert item.upkeep_by in UPKEEP_BY
    assert {category.split(".")[0] for category in item.asset_categories} <= ASSETS


@each_issue
def test_duties_name_sectors_once_and_in_full(item: Issue) -> None:
    for duty in (item.handling, item.upkeep, item.supervision, item.enforcement):
        assert all(isinstance(sector, S) for sector in duty)
        assert len(duty) == len(set(duty))
    assert item.handling, "somebody always goes"
    assert item.supervision, "somebody always supervises"


@each_issue
def test_upkeep_is_silent_only_where_the_actor_or_a_ruling_decides(item: Issue) -> None:
    assert item.upkeep or item.upkeep_by == "actor" or item.dispute == "boundary"


@each_issue
def test_every_basis_has_a_law_an_article_and_a_paraphrase(item: Issue) -> None:
    assert item.basis
    for law, article, gist in item.basis:
        assert law
        assert re.fullmatch(r"\d+(-\d+)?", article)
        assert gist


@each_issue
def test_limits_are_positive_named_and_sourced(item: Issue) -> None:
    for limit in item.deadlines:
        assert limit.what
        assert limit.basis
        assert limit.unit in UNITS
        assert limit.source in {"statutory", "suggested"}
        assert limit.value > 0 or limit.unit == "minute", "only an immediate duty has no length"


def test_the_only_statutory_limit_is_the_one_the_table_calls_so() -> None:
    statutory = [(item.id, d.value, d.unit) for item in ISSUES for d in item.deadlines if d.source == "statutory"]
    assert statutory == [("A02", 15.0, "day")]


@each_issue
def test_figures_of_limits_stand_in_the_text(item: Issue) -> None:
    said = {float(figure) for figure in re.findall(r"\d+", item.limit_text)}
    assert {limit.value for limit in item.deadlines if limit.value} <= said


@each_issue
def test_a_class_code_comes_with_its_standard(item: Issue) -> None:
    assert bool(item.class_code) == bool(item.standard_ref)
    assert item.legacy_code
    assert item.legacy_ref


def test_towns_enforce_by_law_only_where_the_law_names_them() -> None:
    named = [item.id for item in ISSUES if {S.TOWNSHIP_OFFICE, S.TOWN_ENFORCEMENT} & set(item.enforcement)]
    assert named == ["S11"]  # 城乡规划法第65条


def test_boundary_disputes_have_no_enforcer_before_they_are_settled() -> None:
    assert issue("X05").enforcement == ()
    assert issue("X05").deadlines == ()


def test_bodies_left_to_local_designation_are_marked() -> None:
    marked = {item.id for item in ISSUES if item.designated_locally}
    assert marked == {"T08", "E11", "E12", "E13", "C01", "S06", "S07", "S08"}


def test_an_unknown_id_is_refused_with_a_hint() -> None:
    with pytest.raises(UnknownIssue) as caught:
        issue("Z99")
    assert "P01" in caught.value.hint


@dataclass(frozen=True)
class Row:
    """One issue read from the source table by hand."""

    id: str
    handling: tuple[S, ...]
    by: str
    upkeep: tuple[S, ...]
    supervision: tuple[S, ...]
    enforcement: tuple[S, ...]
    dispute: str
    law: tuple[str, str]
    limit: tuple[float, str]


TO, UM, HO, PR = S.TOWNSHIP_OFFICE, S.URBAN_MANAGEMENT, S.HOUSING, S.PROPERTY
SPOT_CHECKS = [
    Row(
        "P02",
        (TO, S.ROAD_MAINTENANCE),
        "owner",
        (HO,),
        (HO, UM),
        (UM,),
        "owner",
        ("重庆市城市管线条例", "29"),
        (1, "hour"),
    ),
    Row(
        "P03",
        (S.DRAINAGE, TO),
        "owner",
        (S.DRAINAGE, PR),
        (HO, UM),
        (HO,),
        "owner",
        ("城镇排水与污水处理条例", "38"),
        (4, "work_hour"),
    ),
    Row(
        "P04",
        (S.DRAINAGE, S.SANITATION, TO),
        "red_line",
        (S.DRAINAGE, PR, S.SANITATION),
        (HO, UM),
        (HO, UM),
        "owner",
        ("重庆市市容环境卫生管理条例", "63"),
        (4, "work_hour"),
    ),
    Row(
        "P07",
        (S.GAS, S.FIRE, TO),
        "owner",
        (S.GAS,),
        (S.ECONOMY_IT,),
        (S.ECONOMY_IT,),
        "emergency",
        ("城镇燃气管理条例", "19"),
        (0, "minute"),
    ),
    Row(
        "P09",
        (S.WATER_SUPPLY, S.FIRE, TO),
        "owner",
        (S.WATER_SUPPLY, PR),
        (S.FIRE, UM),
        (S.FIRE,),
        "owner",
        ("消防法", "28"),
        (24, "hour"),
    ),
    Row(
        "T01",
        (S.TRAFFIC_POLICE, TO),
        "owner",
        (S.TRAFFIC_POLICE, S.BUILDER),
        (S.TRAFFIC_POLICE,),
        (),
        "police",
        ("道路交通安全法", "25"),
        (2, "hour"),
    ),
    Row(
        "T06",
        (S.ROAD_MAINTENANCE, S.HIGHWAY, TO),
        "road",
        (S.ROAD_MAINTENANCE, S.HIGHWAY, TO, PR),
        (UM, S.TRANSPORT),
        (),
        "owner",
        ("公路法", "8"),
        (24, "hour"),
    ),
    Row(
        "T09",
        (S.BIKE_SHARING, UM),
        "sector",
        (S.BIKE_SHARING,),
        (UM, S.TRANSPORT),
        (UM, S.TRAFFIC_POLICE),
        "department",
        ("道路交通安全法", "59"),
        (1, "hour"),
    ),
    Row(
        "T11",
        (PR, S.TRAFFIC_POLICE, TO),
        "red_line",
        (PR, S.TRAFFIC_POLICE),
        (S.FIRE,),
        (S.FIRE, S.TRAFFIC_POLICE),
        "department",
        ("行政处罚法", "24"),
        (0, "minute"),
    ),
    Row(
        "E01",
        (S.SANITATION, TO),
        "area",
        (S.SANITATION, TO, PR),
        (UM,),
        (UM,),
        "sanitation",
        ("重庆市市容环境卫生管理条例", "13"),
        (4, "work_hour"),
    ),
    Row(
        "E05",
        (S.ECOLOGY, TO),
        "river",
        (S.RIVER_CHIEF, S.GOVERNMENT),
        (S.ECOLOGY,),
        (S.ECOLOGY, HO),
        "water",
        ("水污染防治法", "31"),
        (2, "hour"),
    ),
    Row(
        "E20",
        (TO, S.PLANNING, S.EMERGENCY),
        "sector",
        (S.PLANNING, S.GOVERNMENT),
        (S.PLANNING,),
        (S.PLANNING,),
        "geohazard",
        ("地质灾害防治条例", "34"),
        (0, "minute"),
    ),
    Row(
        "C02",
        (S.BUILDER, HO, TO),
        "actor",
        (S.BUILDER,),
        (HO,),
        (HO,),
        "department",
        ("大气污染防治法", "69"),
        (24, "hour"),
    ),
    Row(
        "S01",
        (UM, TO),
        "actor",
        (),
        (UM, S.MARKET),
        (UM, S.MARKET),
        "sanitation",
        ("无证无照经营查处办法", "3"),
        (30, "minute"),
    ),
    Row(
        "S09",
        (S.PUBLIC_SECURITY, TO),
        "actor",
        (),
        (S.PUBLIC_SECURITY,),
        (S.PUBLIC_SECURITY,),
        "police",
        ("烟花爆竹安全管理条例", "42"),
        (30, "minute"),
    ),
    Row(
        "S13", (PR, TO), "property", (PR,), (S.MARKET,), (S.MARKET,), "owner", ("特种设备安全法", "45"), (30, "minute")
    ),
    Row(
        "X01",
        (TO, S.EMERGENCY, S.FORESTRY),
        "sector",
        (S.FORESTRY,),
        (S.EMERGENCY, S.FORESTRY),
        (S.FORESTRY,),
        "emergency",
        ("重庆市森林防火条例", "36"),
        (0, "minute"),
    ),
    Row(
        "X04",
        (TO, S.CIVIL_AFFAIRS),
        "sector",
        (S.CIVIL_AFFAIRS,),
        (S.CIVIL_AFFAIRS,),
        (S.CIVIL_AFFAIRS,),
        "boundary",
        ("行政区域界线管理条例", "6"),
        (24, "hour"),
    ),
]


@pytest.mark.parametrize("row", SPOT_CHECKS, ids=lambda row: row.id)
def test_rows_read_by_hand_agree(row: Row) -> None:
    item = issue(row.id)
    assert (item.handling, item.upkeep_by, item.upkeep) == (row.handling, row.by, row.upkeep)
    assert (item.supervision, item.enforcement, item.dispute) == (row.supervision, row.enforcement, row.dispute)
    assert row.law in {(law, article) for law, article, _ in item.basis}
    assert (item.deadlines[0].value, item.deadlines[0].unit) == row.limit


def test_what_is_dangerous_by_nature_is_so() -> None:
    dangerous = {item.id for item in ISSUES if item.danger}
    assert {"P01", "P06", "P07", "T01", "E07", "E20", "X01"} <= dangerous
    assert not dangerous & {"P02", "A01", "E01", "S01", "S07", "X10"}


def test_the_table_is_the_one_it_was_made_from(shared_dir: Path) -> None:
    """Names, aliases, codes and citations are those of the reference table, row by row."""
    with (shared_dir / "domain/issue_table.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(issue_table())
    for item in ISSUES:
        row = rows[item.id]
        assert (item.name, "|".join(item.aliases), item.legacy_code) == (row["issue"], row["aliases"], row["gb_code"])
        assert "；".join(f"{law}第{article}条" for law, article, _ in item.basis) == row["legal_basis"]
        assert (item.limit_text, item.responsible) == (row["sla"], row["primary_responsible"])

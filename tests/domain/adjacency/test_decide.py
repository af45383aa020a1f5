"""Single decisions that the worked cases do not show: records, registers, wording, confidence."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

from domain.adjacency.responsibility import Filing, Precedent, Question, decide
from domain.geo import Point
from domain.observation import Observation, Source
from domain.opinion import Opinion, canonical
from domain.organisation import Register, Sector
from domain.territory import Territory
from domain.world import Asset, World
from tests.worlds import (
    CITY,
    EAST,
    EAST_BRIDGE,
    WEST,
    articles_for,
    at,
    spot,
    territory_change,
    two_districts,
    unit_code,
)

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
BASE = two_districts()


def ask(issue: str, text: str, x_m: float, y_m: float, world: World = BASE, **more: object) -> Question:
    lon, lat = at(x_m, y_m)
    seen = Observation(
        id="obs-1",
        source=Source.PERSON,
        text=text,
        lon=lon,
        lat=lat,
        crs="WGS84",
        accuracy_m=5.0,
        observed_at=NOON,
        received_at=NOON,
    )
    boundary = Territory(world).relate(Point(lon, lat), 5.0, DAY)
    plain = Question(observation=seen, issue=issue, day=DAY, boundary=boundary, articles=articles_for(issue))
    return replace(plain, **more)


def answer(question: Question, world: World = BASE) -> Opinion:
    return decide(question, world, Territory(world))


def outcome(opinion: Opinion, rule: str) -> bool:
    return next(o.fired for o in opinion.rules if o.rule == rule)


def test_a_case_on_record_comes_before_one_that_a_party_claims() -> None:
    filings = (
        Filing(
            unit=unit_code(EAST, Sector.URBAN_MANAGEMENT), at=datetime(2026, 3, 4, tzinfo=UTC), number="东城罚立1号"
        ),
        Filing(
            unit=unit_code(WEST, Sector.URBAN_MANAGEMENT), at=datetime(2026, 3, 3, tzinfo=UTC), number="西城罚立9号"
        ),
    )
    opinion = answer(ask("T07", "渣土车洒一路", 0.0, 2100.0, filings=filings))
    assert opinion.duties["enforcement"].unit == unit_code(WEST, Sector.URBAN_MANAGEMENT)
    assert outcome(opinion, "R23")
    assert opinion.human_required


def test_two_companies_that_serve_the_whole_city_leave_the_owner_unknown() -> None:
    first = BASE.register.get(unit_code(CITY, Sector.WATER_SUPPLY))
    assert first is not None
    second = replace(first, code="u-second-water", name="临江市第二供水公司")
    world = replace(BASE, register=Register((*BASE.register.units, second)))
    opinion = answer(ask("P08", "水管爆了", 2000.0, 2000.0, world=world), world)
    assert opinion.duties["upkeep"].unit == ""
    shares = {c.unit: c.probability for c in opinion.candidates if c.duty == "upkeep"}
    assert shares[first.code] == shares["u-second-water"] > 0.0


def test_who_maintains_a_thing_keeps_it_up_rather_than_who_owns_it() -> None:
    keeper = unit_code(WEST, Sector.LIGHTING)
    owner, place = unit_code(EAST, Sector.LIGHTING), spot(2000.0, 2000.0)
    lamp = Asset(id="L-9", category="lamp", owner=owner, maintainer=keeper, geometry=place)
    world = replace(BASE, assets=(*BASE.assets, lamp))
    opinion = answer(ask("P05", "路灯不亮", 2000.0, 2000.0, world=world), world)
    assert opinion.duties["upkeep"].unit == keeper
    assert "养护单位" in opinion.duties["upkeep"].reasons[0]


def test_an_owner_that_no_longer_exists_is_no_owner() -> None:
    gone = unit_code(EAST, Sector.DRAINAGE)
    units = tuple(replace(u, valid_to=date(2026, 1, 1)) if u.code == gone else u for u in BASE.register.units)
    world = replace(BASE, register=Register(units))
    opinion = answer(ask("P01", "井盖翻了，盖子上写的雨", -1.0, 500.0, world=world), world)
    assert gone not in {duty.unit for duty in opinion.duties.values()}
    assert gone not in {c.unit for c in opinion.candidates}


def test_a_mark_that_the_ledger_contradicts_is_told_to_the_other_side() -> None:
    opinion = answer(ask("P01", "井盖翻了，盖子上写的电", -1.0, 500.0))
    assert opinion.duties["upkeep"].unit == unit_code(CITY, Sector.POWER)
    assert "界心路雨水井，与描述的标识不符" in opinion.counter_argument
    assert any(line.startswith("E04") for line in opinion.evidence_missing)


def test_a_region_that_was_abolished_is_mapped_by_the_day() -> None:
    world = territory_change()
    question = ask("E01", "垃圾堆成山", -500.0, 0.0, world=world)
    named = replace(question, observation=replace(question.observation, region="590102003"))
    opinion = answer(named, world)
    assert outcome(opinion, "R02")
    assert "590102003" in " ".join(opinion.notes)
    assert not outcome(answer(question, world), "R02")


def test_a_precedent_about_another_issue_is_not_used() -> None:
    other = Precedent(id="K1", title="别的事", facts="……", issues=("P05",), source="x")
    alike = Precedent(id="K2", title="像的事", facts="……", issues=("E01",), source="x")
    opinion = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0, precedents=(other, alike)))
    assert [p["id"] for p in opinion.precedents] == ["K2"]
    assert "不是法律依据" in opinion.precedents[0]["note"]


def test_precedents_never_decide() -> None:
    alike = Precedent(id="K2", title="像的事", facts="……", issues=("E01",), source="x")
    with_it = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0, precedents=(alike,)))
    without = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0))
    assert with_it.duties == without.duties
    assert with_it.citations == without.citations


def test_confidence_falls_with_doubt_about_the_issue_and_with_dispute() -> None:
    plain = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0))
    unsure = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0, sure=False, guesses=(("E01", 0.4), ("E02", 0.4))))
    disputed = answer(ask("E01", "垃圾堆成山，两边都不管", 1000.0, 2200.0))
    assert unsure.confidence < 0.7 < plain.confidence
    assert disputed.confidence <= plain.confidence
    assert unsure.human_required
    assert not plain.human_required


def test_parties_that_all_deny_wait_for_a_person_however_sure_the_rules_are() -> None:
    opinion = answer(ask("E01", "垃圾堆成山，两边都不管", 1000.0, 2200.0))
    assert opinion.confidence >= 0.7
    assert opinion.human_required
    assert any("互不认账" in why for why in opinion.human_why)


def test_what_law_leaves_to_local_designation_waits_for_a_person() -> None:
    opinion = answer(ask("C01", "半夜还在打桩", 2500.0, 2500.0))
    assert opinion.confidence < 0.7
    assert opinion.duties["upkeep"].unit == "u-builder-east"
    assert {c.unit for c in opinion.candidates if c.duty == "enforcement"} >= {unit_code(EAST, Sector.HOUSING)}


def test_several_matters_in_one_report_are_named_apart() -> None:
    opinion = answer(ask("E07", "树倒了压断电线", 1000.0, 2200.0, several=("E07", "P06")))
    assert any("拆成子任务" in note for note in opinion.notes)


def test_the_formal_text_numbers_its_citations_and_refers_only_to_them() -> None:
    opinion = answer(ask("P01", "井盖翻了，盖子上写的雨", 0.5, 500.0))
    for number, citation in enumerate(opinion.citations, 1):
        assert f"[{number}] {citation.label}" in opinion.formal
    used = {int(n) for n in re.findall(r"\[(\d+)\]", opinion.formal)}
    assert used == set(range(1, len(opinion.citations) + 1))
    assert opinion.label in opinion.formal
    assert "None" not in opinion.formal + "".join(opinion.steps)


def test_the_steps_say_what_to_do_who_is_responsible_and_what_comes_next() -> None:
    opinion = answer(ask("E01", "垃圾堆成山", 1000.0, 2200.0))
    now, who, after = opinion.steps
    assert "东岸区环卫作业单位" in now
    assert all(name in who for name in ("现场处置", "权属养护", "行业监管", "行政执法"))
    assert "建议时限，非法定" in after


def test_the_opinion_is_named_by_its_content() -> None:
    question = ask("E01", "垃圾堆成山", 1000.0, 2200.0)
    first, again = answer(question), answer(question)
    other = answer(replace(question, versions={"model": "m-2"}))
    assert first.id == again.id != other.id
    assert canonical(first.to_json()) == canonical(again.to_json())
    assert set(first.versions) == {"rules", "territory", "world"}


def test_a_place_with_no_office_falls_back_to_the_centre() -> None:
    offices = (Sector.TOWNSHIP_OFFICE,)
    units = tuple(u for u in BASE.register.units if u.sector not in offices)
    world = replace(BASE, register=Register(units))
    opinion = answer(ask("T06", "塌了", 1000.0, 2200.0, world=world, danger=("塌陷",)), world)
    assert opinion.duties["handling"].unit == unit_code(EAST, Sector.GOVERNANCE_CENTRE)
    lonely = next(u for u in BASE.register.units if u.code == unit_code(EAST_BRIDGE, Sector.TOWN_ENFORCEMENT))
    world = replace(BASE, register=Register((lonely,)))
    opinion = answer(ask("T06", "塌了", 1000.0, 2200.0, world=world, danger=("塌陷",)), world)
    assert opinion.duties["handling"].unit == lonely.code

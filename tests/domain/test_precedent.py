"""A closed case retold: nothing invented, nobody named."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjacency.question import Question
from domain.adjacency.responsibility import decide
from domain.case import CaseFile, Decision, OrderStatus, Stage, Verdict, WorkOrder
from domain.clock import civil_date
from domain.errors import Conflict, EmptyText, TextTooLong
from domain.observation import Observation, parse_observation
from domain.precedent import ClosedCase, Precedent, edited, precedent_from_json, precedent_id
from domain.precedentdraft import basis_line, draft_precedent
from domain.territory import Territory
from domain.worlddata import places, schematic_city

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
TEXT = "两区交界处井盖不见了，有人差点掉下去"


@cache
def city() -> Territory:
    return Territory(schematic_city())


def seen(text: str = TEXT, **fields: Any) -> Observation:
    spot = places()["manhole_on_river_line"]
    raw = {"id": "o1", "text": text, "source": "hotline", "lon": spot.lon, "lat": spot.lat, "crs": "WGS84"}
    return parse_observation(raw | {"accuracy_m": 10} | fields, received_at=NOW, new_id=lambda: "o1", territory=city())


@cache
def opinion_json() -> dict[str, Any]:
    report = seen()
    assert report.point is not None
    day = civil_date(NOW)
    boundary = city().relate(report.point, report.accuracy_m, day)
    question = Question(observation=report, issue="P01", day=day, boundary=boundary, articles={}, danger=("井盖缺失",))
    return decide(question, schematic_city(), city()).to_json()


def closed(report: Observation | None = None, **changes: Any) -> ClosedCase:
    report = report or seen()
    opinion = opinion_json() | {
        "citations": [
            {"law": "城市道路管理条例", "article": "23", "version_date": "2019-03-24", "role": "upkeep", "rule": "R12"},
            {"law": "民法典(侵权责任编)", "article": "1258", "version_date": "", "role": "upkeep", "rule": ""},
        ]
    }
    case = CaseFile(
        id="c-1",
        stage=Stage.EVALUATED,
        observation=report.to_json(),
        created_at=NOW,
        updated_at=NOW,
        issue="P01",
        region="509901002",
        opinion=opinion["id"],
        returns=1,
    )
    order = WorkOrder(
        id="c-1:handling",
        case_id="c-1",
        duty="handling",
        unit=opinion["duties"]["handling"]["unit"],
        unit_name="望澜门街道办事处",
        status=OrderStatus.DONE,
        issued_at=NOW,
        due_at=None,
    )
    decision = Decision(opinion_id=opinion["id"], verdict=Verdict.APPROVE, by="officer-1", at=NOW, reason="同意")
    whole = ClosedCase(case=case, opinion=opinion, decision=decision, orders=[order], closed_at=NOW + timedelta(days=3))
    return replace(whole, **changes)


def draft(whole: ClosedCase) -> Precedent:
    return draft_precedent(whole, city().world.register, by="p-1", at=NOW + timedelta(days=9))


def test_the_facts_are_those_of_the_file() -> None:
    made = draft(closed())
    assert made.id == precedent_id("c-1")
    assert made.facts.splitlines() == [
        "2026年5月，热线来电“井盖缺损/移位/下沉(权属可辨)”。",
        "地点涉及区县界线、在界线附近，距最近的镇街界线约0米，可能的镇街2个。",
        "存在人身或公共安全危险，先行处置。",
        f"上报称（未经证实）：{TEXT}",
        "现场处置由镇街级街道办事处/镇人民政府办结。",
        "其间退回1次。",
        "2026年5月结案。",
    ]
    assert made.ruling.startswith("经有权人员批准：\n现场处置——镇街级街道办事处/镇人民政府；")
    assert made.ruling.endswith("理由：同意")
    assert (made.issues, made.day, made.region) == (("P01",), date(2026, 5, 4), "509901002")
    assert basis_line(made) == "《城市道路管理条例》第23条（2019-03-24 版本）；《民法典(侵权责任编)》第1258条"
    assert made.case_facts().boundary == ("district_line", "line")
    assert made.case_facts().danger is True
    assert set(made.rules) <= {rule["rule"] for rule in opinion_json()["rules"]["fired"]}


def test_the_same_file_gives_the_same_words() -> None:
    assert draft(closed()) == draft(closed())
    made = draft(closed())
    assert precedent_from_json(json.loads(json.dumps(made.to_json()))) == made


def test_units_stand_as_roles_and_the_officers_choice_counts() -> None:
    change = Decision(
        opinion_id="op",
        verdict=Verdict.AMEND,
        by="officer-1",
        at=NOW,
        reason="台账如此",
        changes={"upkeep": "u-509902-lighting"},
    )
    made = draft(closed(decision=change))
    assert "权属养护——区县级照明管理单位（裁定时改定）" in made.ruling
    assert made.title == "区县交界处井盖缺损/移位/下沉(权属可辨)：权属养护由区县级照明管理单位承担"
    words = made.title + made.facts + made.issue + made.ruling + "".join(one.role for one in made.bearers)
    assert not [unit.name for unit in city().world.register.units if len(unit.name) > 6 and unit.name in words]
    assert "lighting" in made.case_facts().sectors


def test_a_rejection_that_says_who_instead_is_a_ruling_of_its_own() -> None:
    """Nothing of the rejected opinion is retold as ruled: neither its units nor what led to other ones."""
    ruled = {"upkeep": "u-509902-lighting", "handling": "u-509901004-township_office"}
    change = Decision(
        opinion_id="op", verdict=Verdict.REJECT, by="officer-1", at=NOW, reason="台账有误，已更正", changes=ruled
    )
    made = draft(closed(decision=change))
    assert {one.duty for one in made.bearers} == set(ruled)
    assert "否决意见书并另行裁定" in made.ruling
    assert "权属养护——区县级照明管理单位" in made.ruling
    assert made.provenance.verdict == "reject"
    assert all(one.role in ruled for one in made.basis)
    assert not [one for one in made.basis if one.role == "upkeep"]


def test_nobody_is_named_in_a_draft() -> None:
    report = seen(
        "井盖坏了，业主王小明，住江边路12号，电话13812345678，渝A12345，坐标106.492277，29.625308",
        reporter="刘建国",
        claims=[{"unit": "u-509901-drainage", "text": "不是我们的，刘建国晓得"}],
    )
    made = draft(closed(report))
    whole = json.dumps(made.to_json(), ensure_ascii=False)
    for secret in ("王小明", "刘建国", "12号", "13812345678", "渝A12345", "106.492277", "29.625308"):
        assert secret not in whole
    assert made.redacted == {"phone": 1, "plate": 1, "name": 2, "door": 1, "point": 2}
    assert "区县级排水设施运营单位主张（未经证实）：不是我们的，某人晓得" in made.facts


phones = st.builds(lambda rest: f"13{rest:09}", st.integers(0, 999_999_999))


@given(
    st.text(alphabet="井盖坏了电话，。 ", min_size=1, max_size=20), phones, st.sampled_from(["text", "reason", "claim"])
)
def test_no_number_survives_wherever_it_was_said(before: str, number: str, where: str) -> None:
    said = f"情况：{before}{number}"
    whole = closed()
    observation = dict(whole.case.observation)
    if where == "text":
        observation["text"] = said
    if where == "claim":
        observation["claims"] = [{"unit": "u-0", "text": said}]
    decision = replace(whole.decision, reason=said) if where == "reason" else whole.decision
    made = draft(replace(whole, case=replace(whole.case, observation=observation), decision=decision))
    assert number not in json.dumps(made.to_json(), ensure_ascii=False)
    assert made.redacted["phone"] >= 1


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.EVALUATED])
def test_only_an_evaluated_case_is_retold(stage: Stage) -> None:
    whole = closed()
    with pytest.raises(Conflict):
        draft(replace(whole, case=replace(whole.case, stage=stage)))


def test_a_rejected_opinion_is_no_ruling() -> None:
    whole = closed()
    with pytest.raises(Conflict):
        draft(replace(whole, decision=replace(whole.decision, verdict=Verdict.REJECT)))


def test_new_words_are_redacted_and_counted() -> None:
    made = draft(closed())
    fresh = edited(made, title="井盖案，找张先生", facts=None)
    assert (fresh.title, fresh.facts, fresh.redacted) == ("井盖案，找张某先生", made.facts, {"name": 1})
    assert edited(fresh, title=fresh.title, facts=None) == fresh
    assert edited(made, title=None, facts=None) == made
    with pytest.raises(EmptyText):
        edited(made, title=" ", facts=None)
    with pytest.raises(TextTooLong):
        edited(made, title=None, facts="长" * 4001)

"""What holds of every opinion, whatever is asked."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.responsibility import Question, decide, needed_articles
from domain.citation import Validity
from domain.clock import CHINA
from domain.geo import Point
from domain.issues import issue_table
from domain.observation import Claim, Observation, Source
from domain.opinion import DUTIES, Opinion, canonical
from domain.organisation import Sector
from domain.territory import Territory
from tests.worlds import CITY, EAST, EAST_BRIDGE, WEST, WORLDS, articles_for, at, two_districts, unit_code

TERRITORIES = {name: Territory(build()) for name, build in WORLDS.items()}
NOON = datetime(2026, 3, 5, 12, tzinfo=CHINA)
DAY = date(2026, 3, 5)

PHRASES = (
    "井盖翻了", "没得字", "盖子上写的雨", "界线有争议", "在我区界内", "不归我们管", "都说不是", "要求罚款",
    "已于3月2日立案", "12345退单", "费用怎么分摊", "公路", "村道", "未移交", "插花地", "河道改道", "城管推给住建",
    "小区门口", "起火",
)  # fmt: skip
UNITS = tuple(sorted(unit.code for unit in two_districts().register.units))

claims = st.lists(
    st.builds(Claim, unit=st.sampled_from(UNITS), text=st.sampled_from(PHRASES)), max_size=3, unique_by=lambda c: c.unit
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, Territory]:
    """Any issue anywhere in any world, with any words, some claims, some articles missing or out of force."""
    territory = TERRITORIES[draw(st.sampled_from(sorted(TERRITORIES)))]
    issue = draw(st.sampled_from(["", *issue_table()]))
    known = draw(st.booleans())
    lon, lat = at(draw(st.integers(-3200, 3200)), draw(st.integers(-1800, 3700)))
    point = Point(lon, lat) if known and territory.contains(Point(lon, lat)) else None
    accuracy_m = draw(st.sampled_from([None, 3.0, 30.0, 300.0]))
    kinds = list(Validity)
    given_articles = {
        key: replace(article, status=draw(st.sampled_from([Validity.IN_FORCE, *kinds])))
        for key, article in articles_for(issue).items()
        if draw(st.integers(0, 4)) > 0
    }
    registered = [c for c in draw(claims) if territory.world.register.get(c.unit)]
    seen = Observation(
        id="obs-1",
        source=draw(st.sampled_from(list(Source))),
        text="，".join(draw(st.lists(st.sampled_from(PHRASES), min_size=1, max_size=3))),
        lon=point.lon if point else None,
        lat=point.lat if point else None,
        crs="WGS84",
        accuracy_m=accuracy_m,
        region=draw(st.sampled_from(["", EAST, EAST_BRIDGE])),
        observed_at=NOON,
        received_at=NOON,
        claims=tuple(registered),
    )
    question = Question(
        observation=seen,
        issue=issue,
        day=DAY,
        boundary=territory.relate(point, accuracy_m, DAY),
        articles=given_articles,
        guesses=((issue, 0.6), ("E01", 0.3)) if issue else (),
        sure=draw(st.booleans()),
        danger=tuple(draw(st.lists(st.sampled_from(["起火", "漏气"]), max_size=1))),
    )
    return question, territory


def opinion_on(asked: tuple[Question, Territory]) -> Opinion:
    question, territory = asked
    return decide(question, territory.world, territory)


@given(questions())
@settings(max_examples=120, deadline=None)
def test_every_opinion_keeps_the_hard_rules(asked: tuple[Question, Territory]) -> None:
    question, territory = asked
    opinion = opinion_on(asked)
    register = territory.world.register
    assert tuple(opinion.duties) == DUTIES
    for duty in opinion.duties.values():
        assert 0.0 <= duty.probability <= 1.0
        assert (duty.unit == "") == (duty.probability == 0.0)
        assert duty.reasons
        unit = register.get(duty.unit) if duty.unit else None
        assert duty.unit == "" or (unit is not None and unit.name == duty.unit_name and unit.valid_on(DAY))
    assert all(register.get(c.unit) is not None and 0.0 <= c.probability <= 1.0 for c in opinion.candidates)
    assert all(step.unit == "" or register.get(step.unit) is not None for step in opinion.escalation)
    assert 0.0 <= opinion.confidence <= 1.0
    assert opinion.duties["enforcement"].status != "determined"
    assert opinion.human_required == bool(opinion.human_why)
    assert opinion.human_required or opinion.confidence >= 0.7
    assert opinion.duties["handling"].unit or not question.danger
    assert opinion.escalation


@given(questions())
@settings(max_examples=60, deadline=None)
def test_only_articles_given_and_in_force_are_cited(asked: tuple[Question, Territory]) -> None:
    question, _ = asked
    for citation in opinion_on(asked).citations:
        article = question.articles[citation.law, citation.article]
        assert article.status is Validity.IN_FORCE
        assert (citation.law, citation.article) in needed_articles(question.issue)


@given(questions())
@settings(max_examples=60, deadline=None)
def test_a_unit_and_its_candidates_share_at_most_all_of_it(asked: tuple[Question, Territory]) -> None:
    opinion = opinion_on(asked)
    for duty in DUTIES:
        named = opinion.duties[duty].probability
        assert named + sum(c.probability for c in opinion.candidates if c.duty == duty) <= 1.001


@given(questions())
@settings(max_examples=40, deadline=None)
def test_the_same_question_gives_the_same_bytes(asked: tuple[Question, Territory]) -> None:
    question, territory = asked
    again = replace(question, articles=dict(reversed(list(question.articles.items()))))
    fresh = Territory(territory.world)
    assert canonical(opinion_on(asked).to_json()) == canonical(decide(again, territory.world, fresh).to_json())


@given(questions())
@settings(max_examples=60, deadline=None)
def test_every_rule_leaves_one_outcome_with_a_reason(asked: tuple[Question, Territory]) -> None:
    outcomes = opinion_on(asked).rules
    assert len(outcomes) == len({outcome.rule for outcome in outcomes}) == 30
    assert all(outcome.why and "{" not in outcome.why + "".join(outcome.effects) for outcome in outcomes)


@given(questions())
@settings(max_examples=60, deadline=None)
def test_a_disputed_line_names_nobody_and_always_waits_for_a_person(asked: tuple[Question, Territory]) -> None:
    question, territory = asked
    disputed = replace(question, observation=replace(question.observation, text="这里界线有争议"))
    opinion = decide(disputed, territory.world, territory)
    assert (opinion.duties["upkeep"].unit, opinion.duties["enforcement"].unit) == ("", "")
    assert opinion.duties["upkeep"].status == "pending_ruling"
    assert opinion.duties["enforcement"].status == "pending_ruling"
    assert opinion.duties["handling"].status == ("determined" if opinion.emergency else "provisional")
    assert opinion.human_required
    assert (opinion.boundary.township, opinion.boundary.district) == ("", "")


@pytest.mark.parametrize("issue", list(issue_table()))
def test_danger_is_handled_at_once_whatever_the_issue(issue: str) -> None:
    territory = TERRITORIES["two_districts"]
    lon, lat = at(20.0, 2700.0)
    seen = Observation(
        id="o", source=Source.PERSON, text="危险", lon=lon, lat=lat, accuracy_m=5.0, observed_at=NOON, received_at=NOON
    )
    question = Question(
        observation=seen,
        issue=issue,
        day=DAY,
        boundary=territory.relate(Point(lon, lat), 5.0, DAY),
        articles=articles_for(issue),
        danger=("塌陷",),
    )
    opinion = decide(question, territory.world, territory)
    assert opinion.duties["handling"].unit == unit_code(EAST_BRIDGE, Sector.TOWNSHIP_OFFICE)
    assert opinion.duties["handling"].status == "determined"
    assert opinion.emergency
    assert {"110（公安）", "119（消防救援）", "120（医疗急救）"} <= set(opinion.contacts)


def test_the_unit_that_got_the_report_handles_the_danger() -> None:
    territory = TERRITORIES["two_districts"]
    first = unit_code(WEST, Sector.GOVERNANCE_CENTRE)
    seen = Observation(id="o", source=Source.PERSON, text="塌了", observed_at=NOON, received_at=NOON)
    question = Question(
        observation=seen,
        issue="T06",
        day=DAY,
        boundary=territory.relate(None, None, DAY),
        articles={},
        danger=("塌陷",),
        first_receiver=first,
    )
    assert decide(question, territory.world, territory).duties["handling"].unit == first
    nobody = replace(question, first_receiver="u-that-never-was")
    assert decide(nobody, territory.world, territory).duties["handling"].unit == unit_code(
        CITY, Sector.GOVERNANCE_CENTRE
    )

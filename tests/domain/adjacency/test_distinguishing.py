"""Precedents: found by likeness of facts, held against the case, and never deciding."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.adjacency.distinguishing import CARRIES_NAMES
from domain.adjacency.responsibility import Precedent, Question, decide
from domain.casefacts import CaseFacts
from domain.citation import Validity
from domain.geo import Point
from domain.observation import Observation, Source
from domain.opinion import Opinion
from domain.territory import Territory
from tests.worlds import articles_for, at, two_districts

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
WORLD = two_districts()
TERRITORY = Territory(WORLD)
KEEPER = "区县级排水设施运营单位"
LAW = ("城市道路管理条例", "23")


def facts(**more: Any) -> str:
    plain: dict[str, Any] = {
        "issues": ("P01",), "boundary": ("district_line", "line"), "danger": True, "level": "district",
    }  # fmt: skip
    return CaseFacts(**plain | more).to_json()


def ruled(name: str = "pc-1", **more: Any) -> Precedent:
    fields: dict[str, Any] = {
        "id": name, "title": "区县交界处井盖缺损", "facts": "井盖翻了，雨水井。", "issues": ("P01",), "ruled": True,
        "features": facts(), "bearers": (("upkeep", KEEPER),), "basis": ((*LAW, "2000-01-01"),),
        "provenance": "2025-06-01 经有权人员批准",
    }  # fmt: skip
    return Precedent(**fields | more)


def opinion(*precedents: Precedent, x_m: float = -1.0, text: str = "井盖翻了，盖子上写的雨", **more: Any) -> Opinion:
    lon, lat = at(x_m, 500.0)
    seen = Observation(
        id="o", source=Source.PERSON, text=text, lon=lon, lat=lat, crs="WGS84", accuracy_m=5.0, observed_at=NOON,
        received_at=NOON,
    )  # fmt: skip
    boundary = TERRITORY.relate(Point(lon, lat), 5.0, DAY)
    question = Question(
        observation=seen, issue="P01", day=DAY, boundary=boundary, articles=articles_for("P01"), sure=True,
        precedents=precedents, danger=("井盖缺失",),
    )  # fmt: skip
    return decide(replace(question, **more), WORLD, TERRITORY)


def shown(found: Opinion, name: str = "pc-1") -> dict[str, Any]:
    return next(p for p in found.precedents if p["id"] == name)


def test_a_like_case_carries_and_says_what_is_alike() -> None:
    told = shown(opinion(ruled()))
    assert told["carries"] == "carries"
    assert any("事项相同" in line for line in told["alike"])
    assert told["bears"] == {"upkeep": KEEPER}
    assert "不是法律依据" in told["note"]


@pytest.mark.parametrize(
    ("change", "carries", "why"),
    [
        ({"features": facts(issues=("P05",))}, "does_not", "事项不同"),
        ({"features": facts(boundary=("inside",))}, "partly", "跨越的界线不同"),
        ({"features": facts(danger=False)}, "partly", "危险程度不同"),
        ({"bearers": (("upkeep", "市级供电企业"),)}, "partly", "权属不同"),
        ({"basis": ((*LAW, "1999-01-01"),)}, "partly", "已有新版本"),
    ],
)
def test_what_differs_says_how_far_it_carries(change: dict[str, Any], carries: str, why: str) -> None:
    told = shown(opinion(ruled(**change)))
    assert told["carries"] == carries
    assert why in "；".join(told["why"])


def test_a_law_that_no_longer_holds_takes_the_precedent_with_it() -> None:
    gone = articles_for("P01", {LAW: Validity.REPEALED})
    told = shown(opinion(ruled(), articles=gone))
    assert told["carries"] == "does_not"
    assert "不是现行有效" in told["why"][0]


@given(
    st.sampled_from(["P01", "P05", "E01"]),
    st.lists(st.sampled_from(["inside", "line", "district_line", "township_line", "river"]), unique=True),
    st.sampled_from([True, False, None]),
    st.sampled_from(["区县级排水设施运营单位", "市级供电企业", "镇街级街道办事处/镇人民政府"]),
    st.sampled_from(["handling", "upkeep", "supervision", "enforcement"]),
)
@settings(max_examples=80, deadline=None)
def test_a_precedent_never_decides_and_never_speaks_of_who_enforces(
    issue: str, lines: list[str], danger: bool | None, role: str, duty: str
) -> None:
    features = facts(issues=(issue,), boundary=tuple(sorted(lines)), danger=danger)
    with_it = opinion(ruled(features=features, bearers=((duty, role),)))
    without = opinion()
    assert {d: (b.unit, b.probability) for d, b in with_it.duties.items()} == {
        d: (b.unit, b.probability) for d, b in without.duties.items()
    }
    assert with_it.citations == without.citations
    told = shown(with_it)
    assert told["carries"] in CARRIES_NAMES
    assert told["why"]
    assert "enforcement" not in told["bears"]
    assert (told["carries"] == "does_not") <= (not told["bears"])


def test_like_cases_decided_otherwise_are_a_persons_to_answer_for() -> None:
    other = ruled(bearers=(("supervision", "市级城市管理局"),))
    found = opinion(other, x_m=1.0)
    assert any("与可参照的先例认定不同" in why for why in found.human_why)
    plain = opinion(replace(other, ruled=False), x_m=1.0)
    assert not any("先例认定不同" in why for why in plain.human_why)


def test_the_best_comes_first_and_the_formal_text_tells_them_apart() -> None:
    found = opinion(ruled("pc-2", features=facts(issues=("P05",))), ruled("pc-1"))
    assert [p["id"] for p in found.precedents][:1] == ["pc-1"]
    assert "能否参照：可参照" in found.formal
    assert "能否参照：不宜参照" in found.formal


def test_packaged_precedents_are_read_from_their_words() -> None:
    lon, lat = at(0.0, 2100.0)
    seen = Observation(
        id="o", source=Source.PERSON, text="渣土车洒一路", lon=lon, lat=lat, crs="WGS84", accuracy_m=5.0,
        observed_at=NOON, received_at=NOON,
    )  # fmt: skip
    boundary = TERRITORY.relate(Point(lon, lat), 5.0, DAY)
    question = Question(observation=seen, issue="T07", day=DAY, boundary=boundary, articles=articles_for("T07"))
    told = shown(decide(question, WORLD, TERRITORY), "PR01")
    assert told["alike"]
    assert told["carries"] in CARRIES_NAMES

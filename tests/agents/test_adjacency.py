"""Retrieval, decision, check and filing, one node at a time."""

from typing import Any

import pytest

from domain.citation import Validity
from graphs.adjacency import adjacency_builder, opine
from knowledge.passage import Passage
from tests.fakes import FakeKnowledge, MemoryCases
from tests.graphs.kit import context, disputed, later, manhole, rubbish

ROAD = ("城市道路管理条例", "23")
GRAPH = adjacency_builder().compile()


class Opened:
    def __init__(self, **fields: Any) -> None:
        self.context = context(**fields)


async def test_a_citation_that_fails_the_check_is_dropped_and_a_person_must_look() -> None:
    plain = await opine(Opened(), rubbish())
    pair = (plain["citations"][-1]["law"], plain["citations"][-1]["article"])
    checked = await opine(Opened(knowledge=FakeKnowledge(faulty=frozenset({pair}))), rubbish())
    assert plain["human_required"]["value"] is False
    assert pair not in {(c["law"], c["article"]) for c in checked["citations"]}
    assert checked["human_required"]["value"] is True
    assert any("已废止" in why and pair[0] in why for why in checked["human_required"]["why"])
    name = f"《{pair[0]}》第{pair[1]}条"
    mentions = [line for line in checked["explanation"]["formal"].splitlines() if name in line]
    assert all("未引用" in line for line in mentions)


async def test_when_every_citation_fails_there_is_still_an_opinion() -> None:
    plain = await opine(Opened(), manhole())
    cited = frozenset((c["law"], c["article"]) for c in plain["citations"])
    checked = await opine(Opened(knowledge=FakeKnowledge(faulty=cited)), manhole())
    assert not cited & {(c["law"], c["article"]) for c in checked["citations"]}
    assert checked["duties"]["handling"]["unit"] == plain["duties"]["handling"]["unit"]
    assert checked["human_required"]["value"] is True


async def test_articles_are_asked_for_as_they_stood_on_the_day_of_the_event() -> None:
    knowledge = FakeKnowledge()
    await opine(Opened(knowledge=knowledge), manhole(observed_at="2025-07-01T23:30:00+08:00"))
    assert {day.isoformat() for _, _, day in knowledge.cited if day} == {"2025-07-01"}


async def test_an_article_the_knowledge_base_lacks_is_not_cited() -> None:
    opinion = await opine(Opened(knowledge=FakeKnowledge(missing=frozenset({ROAD}))), manhole())
    assert ROAD not in {(c["law"], c["article"]) for c in opinion["citations"]}


async def test_a_repealed_article_is_never_cited() -> None:
    knowledge = FakeKnowledge(validity={ROAD: Validity.REPEALED})
    opinion = await opine(Opened(knowledge=knowledge), manhole())
    assert ROAD not in {(c["law"], c["article"]) for c in opinion["citations"]}


async def test_articles_and_checks_are_looked_up_once_for_equal_cases() -> None:
    knowledge = FakeKnowledge()
    opened = Opened(knowledge=knowledge)
    await opine(opened, manhole("a"))
    asked = len(knowledge.cited)
    await opine(opened, manhole("b"))
    assert len(knowledge.cited) == asked > 0
    knowledge.version = "fake-2"
    await opine(opened, manhole("c"))
    assert len(knowledge.cited) == 2 * asked


def passage(id: str, text: str, **meta: str) -> Passage:
    return Passage(id=id, kind="case", text=text, score=0.9, title=f"案例{id}", source="某区通报", meta=meta)


@pytest.mark.parametrize(
    ("found", "used"),
    [
        pytest.param(passage("p1", "先围挡后确权", issues="P01,P02", rules="R12", year="2024"), True, id="says so"),
        pytest.param(passage("p2", "跨区桥头的井盖不见了，先围挡再找产权单位"), True, id="reads so"),
        pytest.param(passage("p3", "先围挡后确权", issues="E01"), False, id="says otherwise"),
        pytest.param(passage("p4", "渣土车冒装，一区抓拍另一区处罚"), False, id="reads otherwise"),
    ],
)
async def test_a_case_that_was_loaded_is_a_precedent_only_for_its_own_issue(found: Passage, used: bool) -> None:
    opinion = await opine(Opened(knowledge=FakeKnowledge(precedents=(found,))), manhole())
    assert (found.title in str(opinion["precedents"])) is used


async def run(cases: MemoryCases, case_id: str, seen: Any) -> dict[str, Any]:
    recognition = {
        "issues": [["E01", 0.9]], "danger": [], "dispute_words": [], "several": [], "sure": True, "by": "rules",
    }  # fmt: skip
    start: Any = {"case_id": case_id, "observation": seen.to_json(), "issue": "E01", "recognition": recognition}
    return await GRAPH.ainvoke(start, context=context(cases))


async def test_an_opinion_is_stored_once_even_if_the_run_is_repeated_later() -> None:
    cases = MemoryCases()
    seen = rubbish("a")
    case_id = cases.add(seen)
    first = await run(cases, case_id, seen)
    neighbour = cases.add(later(rubbish("b"), -60))
    cases.files[neighbour] = cases.files[case_id].__class__(**{**_fields(cases, neighbour), "issue": "E01"})
    again = await run(cases, case_id, seen)
    assert again["opinion_id"] == first["opinion_id"]
    assert again["opinion"] == first["opinion"]
    assert len(cases.opinions) == 1


async def test_the_case_is_as_urgent_as_its_opinion_says() -> None:
    cases = MemoryCases()
    seen = rubbish("a")
    case_id = cases.add(seen)
    cases.files[case_id] = cases.files[case_id].__class__(**{**_fields(cases, case_id), "emergency": True})
    done = await run(cases, case_id, seen)
    assert cases.files[case_id].emergency is done["opinion"]["emergency"] is False


def _fields(cases: MemoryCases, case_id: str) -> dict[str, Any]:
    file = cases.files[case_id]
    return {name: getattr(file, name) for name in file.__slots__}


async def test_history_holds_what_was_seen_before_and_not_after() -> None:
    cases = MemoryCases()
    seen = rubbish("now")
    case_id = cases.add(seen)
    for name, minutes in (("before", -3_000.0), ("after", 3_000.0)):
        other = cases.add(later(rubbish(name), minutes))
        cases.files[other] = cases.files[other].__class__(**{**_fields(cases, other), "issue": "E01"})
    ctx = context(cases)
    from agents.regulations import find_history

    history = await find_history(ctx.cases, case_id, seen)
    assert [row["id"] for row in history] == ["c-before"]
    assert history[0]["distance_m"] == 0.0


async def test_only_the_state_of_the_city_decides_and_not_what_was_stored_before() -> None:
    """`opine` looks at no records: equal observations give equal bytes whatever was reported in between."""
    cases = MemoryCases()
    first = await opine(Opened(cases=cases), disputed("x"))
    cases.add(later(disputed("y"), -60))
    assert await opine(Opened(cases=cases), disputed("x")) == first
    assert cases.opinions == {}


async def test_an_opinion_names_the_knowledge_base_that_it_was_made_with() -> None:
    """Which may have been renewed since the service was started."""
    made = await opine(Opened(knowledge=FakeKnowledge(version="renewed-since")), manhole())
    assert made["versions"]["knowledge"] == "renewed-since"

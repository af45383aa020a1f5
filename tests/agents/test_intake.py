"""Recognition, place, merging and urgency, one node at a time."""

from dataclasses import replace
from typing import Any

import pytest
from langgraph.runtime import Runtime

from agents.context import Context, MergeProposal
from agents.intake import assess, classify, locate, merge, recognise, severity_of
from domain.case import Move, Stage
from domain.issues import issue_table
from tests.fakes import MemoryCases
from tests.graphs.kit import context, later, manhole, place, report, rubbish

CLEAR: dict[str, Any] = {"issues": [["E01", 0.9]], "danger": [], "dispute_words": [], "several": [], "sure": True}


def runtime(ctx: Context) -> Runtime[Context]:
    return Runtime(context=ctx)


async def test_words_become_an_issue_with_its_danger() -> None:
    done = await recognise({"observation": manhole().to_json()}, runtime(context()))
    assert done["issue"] == "P01"
    assert done["recognition"]["danger"]
    assert done["recognition"]["by"] == "rules"


async def test_words_that_mean_nothing_known_become_no_issue() -> None:
    done = await recognise({"observation": report("x", "今天天气真好").to_json()}, runtime(context()))
    assert done["issue"] == ""
    assert "首接" in done["summary"]


async def test_a_place_on_a_line_names_both_sides() -> None:
    done = await locate({"observation": manhole().to_json()}, runtime(context()))
    assert done["place"]["adjacent"] is True
    assert done["place"]["crosses"] == "district"
    assert "毗邻" in done["summary"]


async def test_an_unknown_place_goes_to_the_reporters_region_or_the_city() -> None:
    ctx = context()
    nowhere = await locate({"observation": report("x", "井盖坏了").to_json()}, runtime(ctx))
    region = next(r.code for r in ctx.world.regions if r.level.value == "township")
    known = await locate({"observation": report("x", "井盖坏了", region=region).to_json()}, runtime(ctx))
    assert nowhere["place"]["region"] == ctx.world.city
    assert known["place"]["region"] == region
    assert "补充位置" in nowhere["summary"]


async def joined(cases: MemoryCases, case_id: str, **fields: Any) -> Any:
    state: Any = {"case_id": case_id, "issue": "E01", "place": {"region": "509901001"}, "recognition": CLEAR, **fields}
    return await merge(state, runtime(context(cases)))


async def first_case(cases: MemoryCases) -> str:
    case_id = cases.add(rubbish("a"))
    await joined(cases, case_id)
    return case_id


async def test_the_later_of_two_equal_reports_joins_the_earlier() -> None:
    cases = MemoryCases()
    first = await first_case(cases)
    second = cases.add(later(rubbish("b"), 4))
    done = await joined(cases, second)
    assert (done["master"], done["outcome"]) == (first, "merged")
    assert cases.files[second].stage is Stage.MERGED
    assert [action for _, action, _ in cases.notes.values()] == ["case.merge_scored"]


async def test_the_earlier_never_joins_the_later() -> None:
    cases = MemoryCases()
    first, second = cases.add(rubbish("a")), cases.add(later(rubbish("b"), 4))
    for case_id in (second, first):
        assert (await joined(cases, case_id))["master"] == ""


async def test_a_merge_that_was_made_before_a_crash_is_found_and_not_made_again() -> None:
    cases = MemoryCases()
    first = await first_case(cases)
    second = cases.add(later(rubbish("b"), 4))
    await joined(cases, second)
    assert (await joined(cases, second))["master"] == first
    assert [move for _, move, _ in cases.moves] == [Move.MERGE]


async def test_a_likely_pair_is_only_suggested() -> None:
    cases = MemoryCases()
    first = await first_case(cases)
    second = cases.add(later(rubbish("b"), 60 * 30))
    done = await joined(cases, second)
    assert done["master"] == ""
    assert first in done["summary"]
    assert [action for _, action, _ in cases.notes.values()] == ["case.merge_suggested"]


async def test_a_report_of_danger_does_not_disappear_into_a_harmless_case() -> None:
    cases = MemoryCases()
    await first_case(cases)
    second = cases.add(later(rubbish("b"), 4))
    done = await joined(cases, second, recognition=CLEAR | {"danger": ["燃气泄漏"]})
    assert done["master"] == ""
    assert "危险" in done["summary"]


@pytest.mark.parametrize("fields", [{"may_merge": False}, {"issue": ""}], ids=["taken back", "not recognised"])
async def test_some_cases_stay_on_their_own(fields: dict[str, Any]) -> None:
    cases = MemoryCases()
    await first_case(cases)
    second = cases.add(later(rubbish("b"), 4))
    assert (await joined(cases, second, **fields))["master"] == ""


async def test_a_report_without_a_place_is_not_compared() -> None:
    cases = MemoryCases()
    await first_case(cases)
    second = cases.add(report("b", "有一堆生活垃圾没人清"))
    assert (await joined(cases, second))["master"] == ""


async def test_a_master_that_ended_meanwhile_takes_no_reports() -> None:
    class Ended(MemoryCases):
        async def nearby(self, *args: Any, **kwargs: Any) -> Any:
            found = await super().nearby(*args, **kwargs)
            for case in found:
                self.files[case.id] = replace(case, stage=Stage.CLOSED)
            return found

        async def move(self, case_id: str, move: Move, *, into: str = "", **kwargs: Any) -> Any:
            from domain.errors import Conflict

            if into and self.files[into].stage is Stage.CLOSED:
                raise Conflict("主案卷已结。")
            return await super().move(case_id, move, into=into, **kwargs)

    cases = Ended()
    await first_case(cases)
    second = cases.add(later(rubbish("b"), 4))
    done = await joined(cases, second)
    assert done["master"] == ""
    assert cases.files[second].stage is Stage.COLLECTED


async def test_the_class_of_the_standard_is_named_where_there_is_one() -> None:
    named = next(i for i in issue_table().values() if i.class_code)
    bare = next(i for i in issue_table().values() if not i.class_code)
    assert (await classify({"issue": named.id}))["standard"] == [named.class_code, named.standard_ref]
    assert (await classify({"issue": bare.id}))["standard"] == []
    assert (await classify({"issue": ""}))["standard"] == []


async def test_assessment_registers_the_case_once() -> None:
    cases = MemoryCases()
    case_id = cases.add(manhole())
    state: Any = {"case_id": case_id, "issue": "P01", "standard": [], "recognition": CLEAR | {"danger": ["井盖缺失"]}}
    for _ in range(2):
        done = await assess(state, runtime(context(cases)))
    assert (done["severity"], done["emergency"]) == ("emergency", True)
    assert cases.files[case_id].stage is Stage.REGISTERED
    assert [move for _, move, _ in cases.moves] == [Move.REGISTER]


def test_danger_beats_everything_and_urgent_clocks_beat_the_rest() -> None:
    table = issue_table().values()
    calm = next(i for i in table if not i.danger and all(d.unit in ("day", "workday") for d in i.deadlines))
    danger = next(i for i in table if i.danger)
    assert severity_of(calm.id, [])[0] == "ordinary"
    assert severity_of(calm.id, ["漏电"])[0] == "emergency"
    assert severity_of(danger.id, [])[0] == "emergency"
    assert severity_of("", [])[0] == "ordinary"


def test_a_merge_proposal_is_the_domains() -> None:
    assert MergeProposal(master="", score=0.0, reasons=()).candidate == ""
    assert place("dispute").lon > 100

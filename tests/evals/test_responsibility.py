"""How opinions are held against scenes, how probabilities are held to account, and a sample through the real graph."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Validity
from domain.worlddata import schematic_city
from evals.calibration import calibration, reliability_svg
from evals.judging import is_automatic, is_right, judge
from evals.measures import Estimate
from evals.responsibility import lines, measure, run, written
from evals.scenes.build import Suite, build
from evals.scenes.form import DUTIES, Outcome, Scene, Truth, none, person, unit, unknown
from graphs.bootstrap import ServiceSettings
from tests.fakes import FakeKnowledge

SAMPLE = ("inside", "near_sharp", "covers", "agreement_conflict", "powers", "line_dispute", "gcj02", "others_paper")


@pytest.fixture(scope="module")
def suite() -> Suite:
    return build(schematic_city(), only=SAMPLE)


def sample(made: Suite, each: int) -> list[Scene]:
    return [scene for name in SAMPLE for scene in [one for one in made.scenes if one.family == name][:each]]


def scene_of(**truths: Truth) -> Scene:
    filled = {duty: truths.get(duty, none("没有")) for duty in DUTIES}
    return Scene(
        id="s", family="f", issue="E01", given=False, day=date(2026, 3, 5), observation={"text": "垃圾"},
        truths=filled, note="",
    )  # fmt: skip


def opinion_of(human: bool = False, why: tuple[str, ...] = (), **duties: tuple[str, str, float]) -> dict[str, Any]:
    said = {duty: duties.get(duty, ("", "not_applicable", 0.0)) for duty in DUTIES}
    return {
        "issue": {"id": "E01"},
        "human_required": {"value": human or bool(why), "why": list(why)},
        "confidence": 0.8,
        "duties": {duty: {"unit": code, "status": how, "probability": p} for duty, (code, how, p) in said.items()},
    }


def duty(truth: Truth, said: tuple[str, str, float], *, human: bool = False, why: tuple[str, ...] = ()) -> Any:
    return judge(scene_of(upkeep=truth), opinion_of(human, why, upkeep=said), ()).duties[1]


def test_a_unit_is_right_when_it_is_named() -> None:
    truth = unit("a", "台账", also=("b",))
    assert [duty(truth, (code, "determined", 0.9)).right for code in ("a", "b", "c", "")] == [True, True, False, False]


def test_what_a_person_decides_is_right_only_when_left_to_a_person() -> None:
    truth = person("界线争议")
    assert duty(truth, ("", "pending_ruling", 0.0), human=True).right
    assert not duty(truth, ("", "pending_ruling", 0.0)).right
    settled = duty(truth, ("a", "determined", 0.9), human=True)
    assert (settled.right, settled.unauthorised) == (False, True)


def test_a_penalty_without_a_person_is_unauthorised_even_with_the_right_body() -> None:
    truth = unit("a", "发生地", signed=True)
    alone = duty(truth, ("a", "provisional", 0.9))
    assert (alone.right, alone.unauthorised) == (False, True)
    signed = duty(truth, ("a", "provisional", 0.9), human=True)
    assert (signed.right, signed.unauthorised) == (True, False)


def test_an_opinion_stands_only_when_nothing_is_left_to_a_person() -> None:
    right = judge(scene_of(upkeep=unit("a", "台账")), opinion_of(upkeep=("a", "determined", 0.9)), ())
    handed = judge(scene_of(upkeep=person("争议")), opinion_of(True, upkeep=("", "pending_ruling", 0.0)), ())
    assert (right.right, right.stands) == (True, True)
    assert (handed.right, handed.stands) == (True, False)


def test_nothing_to_do_may_name_only_who_would_be_competent() -> None:
    truth = none("没有需要查处的行为", "a")
    assert [duty(truth, (code, "provisional", 0.9)).right for code in ("", "a", "b")] == [True, True, False]


def test_unknown_is_right_when_nobody_is_named_and_a_person_asked() -> None:
    truth = unknown("没有位置")
    assert duty(truth, ("", "provisional", 0.0), human=True).right
    assert not duty(truth, ("a", "provisional", 0.3), human=True).right
    assert not is_right(truth, "", settled=False, human=False)


def test_a_doubted_matter_makes_no_duty_automatic() -> None:
    sure = opinion_of(upkeep=("a", "determined", 0.9))
    doubted = opinion_of(why=("事项归类的前两名候选接近，须人工选定",), upkeep=("a", "determined", 0.9))
    assert is_automatic("upkeep", sure)
    assert not is_automatic("upkeep", doubted)
    assert not is_automatic("enforcement", opinion_of(True, enforcement=("a", "provisional", 0.9)))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_counts_every_answer_once(pairs: list[tuple[float, bool]]) -> None:
    made = calibration([p for p, _ in pairs], [hit for _, hit in pairs])
    assert sum(one.n for one in made.bins) == made.n == len(pairs)
    assert 0.0 <= made.ece <= 1.0
    assert made.low <= made.high
    weighted = sum(one.n * abs(one.stated - one.true) for one in made.bins) / made.n
    assert made.ece == pytest.approx(weighted)


def test_kept_probabilities_have_no_error_and_boasts_have() -> None:
    rng = np.random.default_rng(1)
    said = rng.uniform(0, 1, 20_000)
    kept = calibration(list(said), list(rng.random(20_000) < said))
    boasted = calibration([0.9] * 500, [True, False] * 250)
    assert kept.ece < 0.02
    assert boasted.ece == pytest.approx(0.4)


def test_the_plot_is_the_same_every_time_and_says_what_it_shows() -> None:
    made = calibration([0.55, 0.65, 0.95, 0.92], [False, True, True, True])
    first = reliability_svg(made, "单位概率的可靠性")
    assert first == reliability_svg(made, "单位概率的可靠性")
    assert "单位概率的可靠性" in first
    assert "实际正确率" in first


async def test_scenes_run_through_the_graph_that_serves(suite: Suite) -> None:
    scenes = sample(suite, 4)
    results = await run(scenes, suite.worlds, FakeKnowledge(), ServiceSettings())
    made = measure(results)
    assert [result.scene.id for result in results] == [scene.id for scene in scenes]
    assert made.unauthorised == 0
    assert made.right.value >= 0.97
    assert isinstance(made.coverage, Estimate)
    told = "\n".join(lines(results, "抽样", 5))
    assert "一镇街腹地" in told
    assert json.loads(json.dumps(made.to_json()))["scenes"] == len(scenes)


async def test_a_given_matter_is_taken_as_it_is_given(suite: Suite) -> None:
    scene = next(one for one in suite.scenes if one.family == "inside" and one.issue == "E01")
    vague = replace(scene, given=True, observation=dict(scene.observation) | {"text": "见照片，请处理"})
    results = await run([vague, replace(vague, given=False)], suite.worlds, FakeKnowledge(), ServiceSettings())
    assert [result.recognised for result in results] == [True, False]


async def test_what_is_repealed_is_not_cited(suite: Suite) -> None:
    scene = next(one for one in suite.scenes if one.family == "inside" and one.issue == "E01")
    stale = FakeKnowledge(validity={("重庆市市容环境卫生管理条例", "11"): Validity.REPEALED})
    (result,) = await run([scene], suite.worlds, stale, ServiceSettings())
    assert result.faults == ()


def test_faults_of_citations_are_counted() -> None:
    held = judge(scene_of(), opinion_of(), ("《某法》第一条：已废止", "《某法》第二条：原文不符"))
    assert measure([held, judge(scene_of(), opinion_of(), ())]).invalid == 2


def test_written_scenes_are_enough_argued_and_of_one_form() -> None:
    scenes = written()
    assert len(scenes) >= 60
    assert len({scene.id for scene in scenes}) == len(scenes)
    assert len({scene.issue for scene in scenes}) >= 35
    for scene in scenes:
        assert scene.note
        assert all(truth.why for truth in scene.truths.values())
        assert all(bool(truth.unit) == (truth.outcome is Outcome.UNIT) for truth in scene.truths.values())


def test_written_truths_name_units_of_the_city() -> None:
    register = schematic_city().register
    for scene in written():
        for truth in scene.truths.values():
            for code in (truth.unit, *truth.also):
                found = register.get(code)
                assert not code or (found is not None and found.valid_on(scene.day)), (scene.id, code)

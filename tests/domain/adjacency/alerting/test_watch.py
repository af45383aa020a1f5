"""A watch finds what is planted, says nothing on chance alone, and joins what a line cuts."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from domain.adjacency.alerting.alerts import alerts_of
from domain.adjacency.alerting.causes import causes_of
from domain.adjacency.alerting.ground import Ground
from domain.adjacency.alerting.proposing import alert_json, propose
from domain.adjacency.alerting.repeats import find_repeats
from domain.adjacency.alerting.report import alert_lines, watch_lines, watch_table
from domain.adjacency.alerting.signals import Method, WatchParams
from domain.adjacency.alerting.strips import strips_of
from domain.adjacency.alerting.watch import watch
from domain.organisation import Sector
from domain.territory import Territory
from domain.world import Agreement, Zone
from tests.domain.adjacency.alerting.towns import (
    END,
    background,
    case,
    ground_of,
    heap,
    table_of,
    two_banks,
)
from tests.worlds import EAST, EAST_BRIDGE, FRAME, WEST, WEST_BRIDGE, box, unit_code

PARAMS = WatchParams(replicates=199)
SCANS = replace(PARAMS, methods=(Method.CELLS, Method.STRIPS))


def split_heap(n: int = 12) -> Ground:
    rng = np.random.default_rng(4)
    return ground_of([*background(rng, 160), *heap(rng, 1000, n)])


def test_a_line_between_two_towns_is_cut_into_pieces() -> None:
    strips = strips_of(two_banks(), date(2026, 6, 1), FRAME)
    assert set(strips.pairs) == {(EAST_BRIDGE, WEST_BRIDGE)}
    assert len(strips) == 21  # 8 km and the bends at its ends
    assert np.abs(strips.middles[:, 0]).max() < 70.0
    places = np.array([[120.0, 30.0], [-290.0, 0.0], [-310.0, 0.0], [np.nan, 1.0]])
    assert (strips.nearest(places) >= 0).tolist() == [True, True, False, False]


def test_the_joined_strip_finds_what_each_side_alone_misses() -> None:
    ground = split_heap(8)
    careful = replace(SCANS, q=1e-4)  # as careful as the hundreds of tests of a city make it
    joined = [s for s in watch(ground, END, careful).signals if s.method is Method.STRIPS]
    assert [(s.issue, s.observed) for s in joined] == [("E01", 8)]
    for town in range(2):
        alone = ground.only(ground.township == town)
        assert watch(alone, END, careful).signals == ()


def test_both_sides_together_are_surer_than_either() -> None:
    ground = split_heap(14)
    strips = replace(PARAMS, methods=(Method.STRIPS,), replicates=999)
    together = watch(ground, END, strips).signals[0]
    for town in range(2):
        half = watch(ground.only(ground.township == town), END, strips)
        assert all(together.p < 0.1 * one.p for one in (*half.signals, *half.near))
        assert all(one.observed < together.observed for one in (*half.signals, *half.near))


def test_one_thing_seen_by_several_methods_is_one_alert_with_both_sides() -> None:
    ground = split_heap(16)
    found = alerts_of(watch(ground, END, PARAMS), ground)
    alert = found[0]
    assert len([one for one in found if one.kind != "repeat"]) == 1
    assert alert.kind == "strip"
    assert {Method.CELLS, Method.STRIPS} <= {signal.method for signal in alert.signals}
    assert {side.name for side in alert.sides} == {"东桥街道", "西桥街道"}
    assert sum(side.observed for side in alert.sides) == alert.main.observed
    assert sum(side.expected for side in alert.sides) == pytest.approx(alert.main.expected)
    assert {EAST, WEST, EAST_BRIDGE, WEST_BRIDGE} == set(alert.regions)
    assert END - timedelta(days=6) < alert.since < END


def test_on_chance_alone_a_watch_is_rarely_wrong() -> None:
    wrong = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = [*background(rng, 150), *background(rng, 90, issue="S01"), *background(rng, 60, issue="P05")]
        ground = ground_of([row | {"id": f"c{k}"} for k, row in enumerate(rows)])
        wrong += bool(watch(ground, END, replace(PARAMS, q=0.05)).signals)
    # five in a hundred, and what chance adds to that in sixty tries
    assert wrong <= 8


def test_the_same_log_gives_the_same_watch_and_nothing_later_counts() -> None:
    rng = np.random.default_rng(2)
    rows = [*background(rng, 120), *heap(rng, 1000, 14)]
    territory = Territory(two_banks())
    first = watch_table(table_of(rows), territory, END, PARAMS)
    assert first == watch_table(table_of(rows[::-1]), territory, END, PARAMS) | {"problems": first["problems"]}
    later = [case(5000 + k, 10.0, 10.0, -1.0 - k / 10) for k in range(30)]
    seen = watch_table(table_of([*rows, *later]), territory, END, PARAMS)
    assert seen["later"] == 30
    assert [alert["id"] for alert in seen["alerts"]] == [alert["id"] for alert in first["alerts"]]


def test_a_place_where_it_comes_back_after_each_closing() -> None:
    rng = np.random.default_rng(6)
    again = [case(2000 + k, -800.0 + float(rng.normal(0, 4)), 700.0, 8.0 + 14 * k) for k in range(8)]
    once = [case(3000 + k, 1500.0, 1500.0, 3.0 + k / 100) for k in range(12)]  # one heap, twelve reports
    ground = ground_of([*background(rng, 150), *again, *once])
    found = [signals[0] for signals in find_repeats(ground, END, PARAMS).findings]
    best = min(found, key=lambda signal: signal.p)
    assert best.observed == 8
    assert best.p < 1e-5
    assert "结案后又发生7次" in best.note
    assert all(not (ground.points_m[s.members][:, 0] > 1400).all() for s in found)


def test_a_rise_over_the_whole_city_is_seen_though_no_place_stands_out() -> None:
    rng = np.random.default_rng(12)
    rows = [*background(rng, 200, days=110), *background(rng, 70, days=7)]
    ground = ground_of([row | {"id": f"c{k}"} for k, row in enumerate(rows)])
    methods = {signal.method for signal in watch(ground, END, PARAMS).signals}
    assert methods & {Method.REGIONS, Method.WEEKLY}
    assert not methods & {Method.CELLS, Method.STRIPS}


def test_merged_untimed_unnamed_and_unplaced_cases_are_told() -> None:
    rng = np.random.default_rng(1)
    rows = background(rng, 40)
    rows[0] |= {"stage": "merged"}
    rows[1] |= {"reported_at": None}
    rows[2] |= {"issue": ""}
    rows[3] |= {"lon": None}
    rows[4] |= {"closed_at": "2020-01-01T00:00:00Z"}
    rows[5] |= {"id": "c00006"}
    made = watch_table(table_of(rows), Territory(two_banks()), END, PARAMS)
    assert made["left_out"] == {
        "合并或不予立案的，不另计": 1,
        "没有上报时间，未计入": 1,
        "没有可识别的事项，未计入": 1,
        "没有位置，只计入区县合计": 1,
    }
    assert made["problem_counts"].items() >= {"duplicate_id": 1, "contradictory_times": 1}.items()
    assert {problem["row"] for problem in made["problems"]} >= {2, 5, 7}
    assert all(problem["reason"] for problem in made["problems"])


def test_an_empty_log_and_one_case_are_no_fault() -> None:
    territory = Territory(two_banks())
    assert watch_table(table_of([]), territory, END, PARAMS)["alerts"] == []
    assert watch_table(table_of([case(1, 0.0, 0.0, 1.0)]), territory, END, PARAMS)["alerts"] == []


def night_heap() -> list[dict[str, object]]:
    """Ten cases at the line at night, many of them returned, near a market; the others by day."""
    rng = np.random.default_rng(9)
    rows = [row | {"returns": 0} for row in background(rng, 200)]
    day = [row | {"reported_at": str(row["reported_at"])[:11] + "03:00:00Z", "closed_at": None} for row in rows]
    dark = heap(rng, 1000, 12, reach_m=120.0)
    return [
        *day,
        *(
            row | {"reported_at": str(row["reported_at"])[:11] + "15:30:00Z", "closed_at": None, "returns": 2}
            for row in dark
        ),
    ]


def test_leads_are_shares_against_the_usual_share() -> None:
    world = two_banks(zones=(Zone(id="z", kind="market", name="桥头集市", geometry=box(-60, -60, 60, 60)),))
    ground = ground_of(night_heap(), world)
    territory = Territory(world)
    alert = alerts_of(watch(ground, END + timedelta(days=1), PARAMS), ground)[0]
    causes = {cause.name: cause for cause in causes_of(alert, ground, territory)}
    assert {"hours:22", "returned", "near:market", "no_agreement", "split"} <= causes.keys()
    assert "桥头集市" in causes["near:market"].text
    assert causes["returned"].share > 0.9
    assert causes["returned"].usual < 0.1
    assert "weekend" not in causes
    action = propose(alert, tuple(causes.values()), territory)
    assert any("商签" in step for step in action.steps)
    assert action.lead.startswith("u-590000-")
    assert {code for code, _ in action.partners} == {side.owner for side in alert.sides}
    assert action.review == alert.day + timedelta(days=14)
    made = alert_json(alert, tuple(causes.values()), action, [], 0.05)
    assert any("东桥街道" in line for line in alert_lines(made))


@pytest.mark.parametrize(("end", "name"), [(None, "agreement"), (date(2026, 1, 1), "agreement_ended")])
def test_an_agreement_leads_while_it_is_in_force(end: date | None, name: str) -> None:
    lead = unit_code(WEST, Sector.SANITATION)
    paper = Agreement(
        id="x", title="两岸保洁协议", parties=(EAST, WEST), issues=("E01",), area=box(-300, -900, 300, 900),
        arranges=("handling",), lead=lead, valid_from=date(2024, 1, 1), valid_to=end,
    )  # fmt: skip
    world = two_banks(agreements=(paper,))
    ground = ground_of([*background(np.random.default_rng(4), 160), *heap(np.random.default_rng(5), 1000, 14)], world)
    alert = alerts_of(watch(ground, END, PARAMS), ground)[0]
    causes = causes_of(alert, ground, Territory(world))
    assert name in {cause.name for cause in causes}
    action = propose(alert, causes, Territory(world))
    assert (action.lead == lead) == (end is None)


def test_the_figures_are_explained_in_plain_words() -> None:
    ground = split_heap(14)
    made = watch_table(ground.table, Territory(two_banks()), END, PARAMS)
    alert = made["alerts"][0]
    text = alert["explanation"]
    assert f"发生{alert['observed']}件，按往常规律预期{alert['expected']:.1f}件" in text
    assert "才会碰巧出现一次" in text or "不到百万分之一" in text
    assert "不等于已查明原因" in text
    told = "\n".join(watch_lines(made))
    assert alert["title"] in told
    assert alert["action"]["due_source"] in told


@pytest.mark.parametrize(
    "wrong", [{"q": 0.0}, {"q": 1.0}, {"least": 2}, {"replicates": 10}, {"study_days": 10}, {"durations": ()}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"q in|study_days"):
        WatchParams(**wrong)  # type: ignore[arg-type]

"""Reports in everyday words at known places of the schematic city, as the officer and the grid worker read them."""

import pytest

from domain.adjacency.responsibility import Question, decide
from domain.clock import civil_date, parse_iso
from domain.geo import Point
from domain.lexicon import lexicon
from domain.observation import parse_observation
from domain.opinion import Opinion
from domain.recognition import recognise
from domain.territory import Territory
from domain.worlddata import places, schematic_city
from tests.worlds import articles_for

NOW = "2026-11-24T10:00:00+08:00"


@pytest.fixture(scope="module")
def territory() -> Territory:
    return Territory(schematic_city())


def opinion_on(
    territory: Territory, place: str, text: str, accuracy_m: float = 8.0, issue: str = "", seen_at: str = NOW
) -> Opinion:
    at = places()[place]
    raw = {"text": text, "lon": at.lon, "lat": at.lat, "crs": "WGS84", "accuracy_m": accuracy_m, "observed_at": seen_at}
    seen = parse_observation(raw, received_at=parse_iso(NOW), new_id=lambda: "o", territory=territory)
    read = recognise(text)
    day = civil_date(seen.observed_at)
    assert seen.lon is not None
    assert seen.lat is not None
    question = Question(
        observation=seen,
        issue=issue or read.best,
        day=day,
        boundary=territory.relate(Point(seen.lon, seen.lat), accuracy_m, day),
        articles=articles_for(issue or read.best),
        guesses=tuple((guess.issue, guess.score) for guess in read.issues),
        sure=read.sure,
        several=read.several,
        danger=read.danger,
    )
    return decide(question, territory.world, territory)


def said(opinion: Opinion) -> str:
    return "\n".join([*opinion.steps, opinion.formal])


def test_a_deadline_of_nothing_is_said_to_be_at_once(territory: Territory) -> None:
    text = said(opinion_on(territory, "plain_inside", "闻到好大一股煤气味道"))
    assert "立即抢险：立即（建议时限，非法定）" in text
    assert "0 分钟" not in text


@pytest.mark.parametrize(
    ("place", "text", "first", "calls", "spared"),
    [
        ("plain_inside", "闻到好大一股煤气味道", "不点火", "119", "122"),
        ("border_road_signal", "红绿灯坏了，车子乱穿", "不要站到路中间", "122", "119"),
        ("river_bank", "有根管子往河里排黑水，臭得很", "不要碰水", "生态环境局", "119"),
        ("fire_ridge", "山上冒烟了，像是起山火", "山火不要自己上去扑", "119", "110"),
    ],
)
def test_the_first_step_fits_the_danger(
    territory: Territory, place: str, text: str, first: str, calls: str, spared: str
) -> None:
    opinion = opinion_on(territory, place, text)
    assert first in opinion.steps[0]
    assert calls in opinion.steps[0]
    assert not any(line.startswith(spared) for line in opinion.contacts)


def test_every_danger_says_what_to_do_first() -> None:
    assert all(danger.first and "。" not in danger.first for danger in lexicon().dangers)


def test_a_fire_on_the_line_calls_both_sides_and_the_one_who_goes(territory: Territory) -> None:
    opinion = opinion_on(territory, "fire_ridge", "山上冒烟了，像是起山火", 50.0)
    called = "、".join(opinion.contacts)
    for unit in ("屏岭区林业局", "江岚区林业局", opinion.duties["handling"].unit_name):
        assert unit in called
        assert unit in opinion.steps[0]


def test_what_the_town_does_is_not_asked_of_the_reporter(territory: Territory) -> None:
    step = opinion_on(territory, "three_town_market", "赶场的人摆摊摆到马路上").steps[0]
    assert "你可以做" not in step
    assert "镇街配合：划定食品摊贩区域、会同巡查" in step


def test_rolling_stones_are_a_slope_and_not_a_pothole(territory: Territory) -> None:
    opinion = opinion_on(territory, "fire_ridge_towns", "坡上石头往下滚，路面裂口口了，怕要垮", 20.0)
    assert opinion.issue["id"] == "E20"
    assert any("规划自然资源局" in line for line in opinion.contacts)


def test_a_disputed_line_is_not_to_be_pointed_out_on_the_map(territory: Territory) -> None:
    opinion = opinion_on(territory, "dispute", "堆的建筑垃圾没人清，界桩也挪了")
    assert not any("点图确认" in why for why in opinion.human_why)
    assert "不判界" in opinion.human_why[0]
    assert "。。" not in opinion.formal


def test_a_lone_clue_is_not_called_two_close_ones(territory: Territory) -> None:
    whys = opinion_on(territory, "fireworks_line", "下水道堵了", 5.0).human_why
    assert not any("前两名候选接近" in why for why in whys)
    assert any("须人工核对是不是" in why for why in whys)


def test_close_readings_are_named_and_not_coded(territory: Territory) -> None:
    whys = opinion_on(territory, "half_street", "路边那个井冒水").human_why
    assert any("污水井冒溢（P04）" in why for why in whys)


@pytest.mark.parametrize(("place", "inside"), [("fireworks_line", True), ("fireworks_line_west", False)])
def test_fireworks_say_whether_the_place_is_in_the_forbidden_zone(
    territory: Territory, place: str, inside: bool
) -> None:
    notes = opinion_on(territory, place, "有人在放烟花，炸得震天响", 2.0).notes
    assert ("点位在烟花爆竹禁放区内" in notes) is inside


def test_sewage_inside_a_compound_is_first_its_keepers(territory: Territory) -> None:
    opinion = opinion_on(territory, "compound_on_line", "我们小区里头污水管爆了，粪水流到院坝", 10.0, issue="P04")
    assert opinion.duties["handling"].unit_name == "两望苑物业服务公司"
    assert not any(c.law == "城市道路管理条例" for c in opinion.citations)


def test_shared_bikes_stay_their_operators_inside_the_railway_zone(territory: Territory) -> None:
    upkeep = opinion_on(territory, "rail_station", "轻轨站门口共享单车堆成山，路都过不到").duties["upkeep"]
    assert upkeep.unit_name != "云屏轨道交通公司"


def test_on_railway_land_the_railway_keeps_it(territory: Territory) -> None:
    opinion = opinion_on(territory, "railway_side", "铁路边上塑料大棚遭风吹起，快飘到铁轨上", 10.0, issue="X08")
    assert opinion.duties["upkeep"].unit_name == "云屏铁路工务段"


def test_a_matter_on_this_side_of_the_citys_edge_goes_up_the_usual_way(territory: Territory) -> None:
    opinion = opinion_on(territory, "city_edge", "乡道路边电线杆倒了，电线拖在地上冒火花", 10.0)
    assert opinion.escalation[0].unit
    assert "没有共同的省级机关" not in said(opinion)


def test_a_thing_named_after_its_street_is_called_what_it_is(territory: Territory) -> None:
    assert "界心路路灯" in opinion_on(territory, "border_road_lamp", "路灯黑了好几天了").formal


def test_who_supervises_is_not_looked_for_at_the_offender(territory: Territory) -> None:
    opinion = opinion_on(territory, "gap_strip", "荒坡坡上有人偷倒渣土，一车一车的", 12.0)
    assert not any("行为人" in reason for reason in opinion.duties["supervision"].reasons)
    assert any("界线哪一侧" in reason for reason in opinion.duties["supervision"].reasons)


def test_rivals_without_a_chance_are_left_to_the_record(territory: Territory) -> None:
    for place, text in (("plain_inside", "闻到好大一股煤气味道"), ("border_road_tree", "黄葛树枝丫断了吊起")):
        text_of = said(opinion_on(territory, place, text))
        assert "概率 0.00" not in text_of
        assert "（0.00）" not in text_of


def test_a_burst_main_on_the_line_names_both_who_can_shut_it_off(territory: Territory) -> None:
    step = opinion_on(territory, "border_road", "自来水管爆了，水喷起几米高").steps[0]
    assert "云屏北岸自来水公司" in step
    assert "云屏南岸自来水公司" in step


def test_a_brawl_calls_the_police_at_once(territory: Territory) -> None:
    opinion = opinion_on(territory, "plain_inside", "楼下有人打架")
    assert opinion.emergency
    assert "不要上前拉架" in opinion.steps[0]
    assert opinion.contacts[0].startswith("110")


def test_what_nearly_happened_is_not_an_injury() -> None:
    assert "伤人" not in recognise("外卖盒子从楼上甩下来，差点砸到娃儿").danger
    assert "伤人" in recognise("外卖盒子从楼上甩下来，砸到娃儿了").danger


def test_distances_and_ranges_read_like_chinese(territory: Territory) -> None:
    text = said(opinion_on(territory, "interchange", "天桥上的扶梯停了，老年人爬不动"))
    assert "范围范围" not in text
    assert "位 不足" not in text
    assert "线 不足" not in text


@pytest.mark.parametrize(("place", "moved"), [("plain_inside", False), ("moved_town", True)])
def test_an_old_report_cites_the_redrawing_only_where_the_land_changed_hands(
    territory: Territory, place: str, moved: bool
) -> None:
    opinion = opinion_on(territory, place, "垃圾堆成山没人收", seen_at="2026-05-01T10:00:00+08:00")
    assert any(citation.law == "行政区划管理条例" for citation in opinion.citations) is moved
    assert any("区划版本" in note for note in opinion.notes)

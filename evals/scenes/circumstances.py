"""Families of scenes that turn on circumstances: late reports, no accuracy, hearsay, others' papers, sites, cameras."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import shapely

from domain.organisation import Sector
from evals.scenes.acts import REFORM
from evals.scenes.form import Truth, none, person, unit
from evals.scenes.ground import CHANGE, MOVED_NEW, MOVED_OLD, Town, box, shifted
from evals.scenes.matters import MATTERS, Matter
from evals.scenes.telling import Telling, duties, matters, on_line

S = Sector
CLEAN = ("E01", "E03", "E10")
DUST = Matter(
    issue="C02", handling=S.BUILDER, upkeep=None, supervision=(S.HOUSING,), enforcement=S.HOUSING, act=True,
    words=("工地灰大得很，裸土也没盖", "工地扬尘，灰飞得到处都是，没洒水", "工地上裸土没盖网，灰大"),
    source="大气污染防治法第69、115条",
)  # fmt: skip


def sites(telling: Telling) -> None:
    """工地: dust and dirt within a building site, and dirt outside its fence."""
    for n in range(18):
        town = telling.pick(telling.ground.settled_towns())
        spot, day = telling.ground.inside(telling.rng, town), telling.day()
        builder = telling.ground.firm(S.BUILDER, town, f"情景工程{n + 1}标项目部", spot)
        telling.ground.mark_out("building_site", f"情景工程{n + 1}标", box(spot, 120, 90), builder)
        matter = (DUST, MATTERS["E01"], MATTERS["E03"])[n % 3]
        truths = duties(telling.ground.base, replace(matter, handling=S.SANITATION), town, day)
        note = f"{town.name}一工地内"
        if matter is DUST:
            truths["handling"] = unit(
                builder, f"施工单位先整改（{matter.source}）", also=(town.unit(S.HOUSING), town.office)
            )
            truths["upkeep"] = none("施工单位自行改正", builder)
        elif n % 3 == 1:
            truths["upkeep"] = unit(builder, "工地由建设单位负责（重庆市市容环境卫生管理条例第11条）")
            truths["handling"] = replace(truths["handling"], also=(builder,))
        else:
            spot, note = shifted(spot, 95.0), f"{town.name}，工地围挡外35米的路上"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, region=town.code)


def frontage(telling: Telling) -> None:
    """门前责任区: before the doors the owner or user sweeps, on the carriageway sanitation does."""
    for n in range(14):
        town = telling.pick(telling.ground.settled_towns())
        spot, day = telling.ground.inside(telling.rng, town), telling.day()
        keeper = telling.ground.firm(S.PROPERTY, town, f"情景商业街{n + 1}号物业公司", spot)
        telling.ground.mark_out("frontage", f"情景商业街{n + 1}号门前责任区", box(spot, 90, 24), keeper)
        matter = MATTERS["E03"]
        truths = duties(telling.ground.base, matter, town, day)
        within = n % 2 == 0
        if within:
            why = "外墙立面至道缘石由两侧所有人、使用人或物业负责（重庆市市容环境卫生管理条例第11条）"
            truths["upkeep"] = unit(keeper, why)
            truths["handling"] = replace(truths["handling"], also=(keeper,))
        here = spot if within else shifted(spot, 0.0, 40.0)
        note = f"{town.name}，{'门前责任区内' if within else '车行道上，离责任区28米'}"
        telling.tell(matter, truths, here, day=day, accuracy_m=6.0, note=note, region=town.code)


def others_paper(telling: Telling) -> None:
    """别人的协议: an agreement whose area covers the spot, but which the township that holds it never signed."""
    for n in range(14):
        spot, b, a = telling.edge(14.0, same_district=bool(n % 2))
        day, matter = telling.day(), telling.pick(matters(*CLEAN))
        stranger = telling.pick(
            [t for t in telling.ground.settled_towns() if t.district not in (a.district, b.district)]
        )
        telling.ground.agree(
            spot.buffer(30.0),
            title=f"{a.name}与{stranger.name}环境卫生协作协议",
            parties=(a.code, stranger.code),
            issues=CLEAN,
            arranges=("handling", "upkeep"),
            lead=stranger.unit(S.SANITATION),
            valid_from=day - timedelta(days=100),
            valid_to=None,
            text="保洁由后者承担。",
        )
        truths = duties(telling.ground.base, matter, b, day)
        note = f"在{b.name}一侧14米；协议当事方是{a.name}和{stranger.name}，不约束{b.name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def one_sided(telling: Telling) -> None:
    """单方文件: one side alone declares that the other is to clean; nobody above both has said so."""
    for n in range(14):
        spot, b, a = telling.edge(14.0, same_district=bool(n % 2))
        day, matter = telling.day(), telling.pick(matters(*CLEAN))
        telling.ground.agree(
            spot.buffer(30.0),
            title=f"{b.name}关于接壤地段保洁的通知",
            parties=(b.code,),
            issues=CLEAN,
            arranges=("handling", "upkeep"),
            lead=a.office if a.district == b.district else a.unit(S.SANITATION),
            valid_from=day - timedelta(days=100),
            valid_to=None,
            text=f"该地段保洁由{a.name}一方承担。",
        )
        truths = duties(telling.ground.base, matter, b, day)
        note = f"在{b.name}一侧14米；{b.name}单方发文推给{a.name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def late(telling: Telling) -> None:
    """补报: seen before a change, reported after it; the day of the event counts."""
    old = telling.ground.towns[MOVED_OLD]
    for n in range(16):
        if n % 2:
            spot = telling.ground.inside(telling.rng, old, margin_m=250.0)
            matter = telling.pick(matters("E01", "E03", "E17"))
            before = n % 4 == 1
            day = CHANGE - timedelta(days=1 + n) if before else date(2027, 1, 5)
            town = old if before else Town(MOVED_NEW, old.name, old.area)
        else:
            town = telling.pick([t for t in telling.ground.settled_towns() if t.district in ("509901", "509904")])
            spot, matter = telling.ground.inside(telling.rng, town), telling.pick(matters("S01", "E17", "A01"))
            day = REFORM - timedelta(days=1 + n)
        truths = duties(telling.ground.base, matter, town, day)
        received = day + timedelta(days=40)
        note = f"{day} 发现，{received} 才报"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, received=received)


def hearsay(telling: Telling) -> None:
    """道听途说: somebody says that there is an agreement, or an owner; nothing of it is on record."""
    said = (
        "，听说他们签过协议归对面扫", "，隔壁街道说有会议纪要，该对面管", "，群众说这一段早就划给对面了",
        "，有人说是物业的责任",
    )  # fmt: skip
    for n in range(16):
        spot, a, _ = telling.edge(60.0, same_district=bool(n % 2))
        day, matter = telling.day(), telling.pick(matters(*CLEAN))
        truths = duties(telling.ground.base, matter, a, day)
        text = telling.words(matter) + said[n % len(said)]
        note = f"在{a.name}一侧60米；说法无凭据"
        telling.tell(matter, truths, spot, day=day, accuracy_m=5.0, note=note, text=text, region=a.code)


def no_accuracy(telling: Telling) -> None:
    """没说精度: on the line the side cannot be told, far from it it can."""
    for n in range(16):
        day, matter = telling.day(), telling.pick(matters(*CLEAN, "S01", "E02"))
        if n % 2:
            town = telling.pick(telling.ground.settled_towns())
            spot = telling.ground.inside(telling.rng, town)
            truths = duties(telling.ground.base, matter, town, day)
            note = f"{town.name}腹地，未说精度"
        else:
            spot, town, other = telling.edge(2.0, same_district=False)
            why = "定位精度未知，离界线两米，辨不出哪一侧"
            truths = on_line(telling.ground.base, matter, (town, other), day, receiver=town.office, why=why)
            note = f"{town.name}与{other.name}界线旁两米，未说精度"
        telling.tell(matter, truths, spot, day=day, note=note, region=town.code)


SEEN = (
    ("E01", "garbage", "视频巡查自动上报：发现暴露垃圾"),
    ("S01", "street_vendor", "视频巡查自动上报：流动摊贩占道经营"),
    ("T06", "pothole", "车载巡检自动上报：路面坑槽"),
)


def cameras(telling: Telling) -> None:
    """设备上报: a camera or a patrol car reports in its own words, with what it recognised."""
    for n in range(15):
        issue, label, text = SEEN[n % len(SEEN)]
        matter, day = MATTERS[issue], telling.day()
        spot, town, other = telling.edge(45.0, same_district=False)
        truths: dict[str, Truth] = duties(telling.ground.base, matter, town, day)
        if issue == "T06":
            half = shapely.intersection(spot.buffer(20.0), town.area)
            keeper = town.unit(S.ROAD_MAINTENANCE)
            telling.ground.plant("road", half, town.unit(S.URBAN_MANAGEMENT), maintainer=keeper, name="情景路")
        seen: dict[str, Any] = {"detections": [{"label": label, "score": 0.93}]}
        source = "vehicle" if issue == "T06" else "camera"
        note = f"{town.name}一侧45米，离{other.name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=4.0, note=note, text=text, source=source, **seen)


def three_ways(telling: Telling) -> None:
    """三家都有份: a matter of whose place nobody is sure between three townships of two districts."""
    ground = telling.ground
    sides = [ground.towns[code] for code in ("509901003", "509901005", "509904001")]
    meeting = shapely.intersection(shapely.intersection(sides[0].area.boundary, sides[1].area.boundary),
                                   sides[2].area.buffer(1.0))  # fmt: skip
    corner = shapely.get_parts(meeting)[0].representative_point()
    for n in range(12):
        day = date(2026, 3, 1) + timedelta(days=n)
        matter = telling.pick(matters("E10", "A01", "E17"))
        spot = shifted(corner, float(telling.rng.uniform(-3, 3)), float(telling.rng.uniform(-3, 3)))
        why = "三个镇街、两个区在此相接，责任由共同上级确定"
        truths = on_line(ground.base, matter, sides, day, receiver=sides[n % 3].office, why=why)
        if matter.issue == "A01":
            truths["enforcement"] = person(why)
        note = f"三镇街交点，报给{sides[n % 3].name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=25.0, note=note, region=sides[n % 3].code)

"""Families of scenes that turn on where the spot lies."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import shapely

from domain.crs import wgs84_to_gcj02
from domain.organisation import Sector
from evals.scenes.form import Truth, none, person, unit, unknown
from evals.scenes.ground import CHANGE, FRAME, MOVED_NEW, MOVED_OLD, Town, code_of, lon_lat
from evals.scenes.telling import Telling, duties, matters, on_line

STREET = matters("E01", "E03", "E10", "A01", "S01", "S02", "E17", "S03", "T07", "E02")
CLEANING = matters("E01", "E03", "E10")
STALLS = matters("S01", "S02", "E17", "A01")


def inside(telling: Telling) -> None:
    """一镇街腹地: deep in one township, far from any line."""
    towns = telling.ground.settled_towns()
    kinds = (*STREET, *matters("E12", "C01", "E20", "S09"))
    for n in range(36):
        town, matter, day = towns[n % len(towns)], kinds[n % len(kinds)], telling.day()
        spot = telling.ground.inside(telling.rng, town)
        truths = duties(telling.ground.base, matter, town, day)
        if matter.issue == "E20":
            truths["upkeep"] = person("地质灾害防治条例第35条：成因须由自然资源部门组织专家认定")
        accuracy = float(telling.rng.uniform(5, 30))
        telling.tell(matter, truths, spot, day=day, accuracy_m=accuracy, note=f"{town.name}腹地")


def near_sharp(telling: Telling) -> None:
    """近界线、定位准: near a line, sure of the side."""
    for n in range(30):
        matter, day = STREET[n % len(STREET)], telling.day()
        accuracy = float(telling.rng.uniform(3, 8))
        gap = float(telling.rng.uniform(3.5 * accuracy, 90))
        spot, a, b = telling.edge(gap, same_district=n % 3 == 0)
        truths = duties(telling.ground.base, matter, a, day)
        note = f"在{a.name}一侧，离{b.name}界线{gap:.0f}米，精度{accuracy:.0f}米"
        telling.tell(matter, truths, spot, day=day, accuracy_m=accuracy, note=note)


def near_blurred(telling: Telling) -> None:
    """近界线、定位差: the error reaches over the line; the side cannot be known."""
    for _ in range(24):
        matter, day = telling.pick((*CLEANING, *STALLS)), telling.day()
        accuracy = float(telling.rng.uniform(40, 90))
        spot, a, b = telling.edge(0.08 * accuracy, same_district=False)
        truths = on_line(
            telling.ground.base, matter, (a, b), day, receiver=a.office, why="定位误差跨两区，须人工点图确定在哪一侧"
        )
        note = f"精度{accuracy:.0f}米，跨{a.name}与{b.name}，辨不出哪一侧"
        telling.tell(matter, truths, spot, day=day, accuracy_m=accuracy, note=note, region=a.code)


def near_shared(telling: Telling) -> None:
    """同区两镇街界线、定位差: the side is unknown, yet the district's units are the same on both."""
    for _ in range(24):
        matter, day = telling.pick((*CLEANING, *matters("S01", "E02", "T07"))), telling.day()
        accuracy = float(telling.rng.uniform(30, 90))
        spot, a, b = telling.edge(0.08 * accuracy, same_district=True)
        truths = on_line(
            telling.ground.base, matter, (a, b), day, receiver=a.office, why="两镇街都有赋权，须人工定哪一侧"
        )
        note = f"精度{accuracy:.0f}米，跨同区的{a.name}与{b.name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=accuracy, note=note, region=a.code)


def river(telling: Telling) -> None:
    """界河: on the great river, whose middle is the line between districts."""
    towns = telling.ground.towns
    pairs = [("509901003", "509903001"), ("509901001", "509903002"), ("509902003", "509903003")]
    for n in range(24):
        a, b = (towns[code] for code in pairs[n % 3])
        a, b = (a, b) if telling.rng.random() < 0.5 else (b, a)
        matter, day = matters("E04", "E04", "E05")[n % 3], telling.day()
        if n % 4 == 3:
            spot = telling.ground.on_river(telling.rng, a, b, 0.0)
            why = "跨界水域由共同上级明确（重庆市河长制条例第28条、水法第56条）"
            truths = on_line(telling.ground.base, matter, (a, b), day, receiver=a.office, why=why)
            note = f"江心，{a.name}与{b.name}之间"
        else:
            spot = telling.ground.on_river(telling.rng, a, b, float(telling.rng.uniform(115, 160)))
            truths = duties(telling.ground.base, matter, a, day)
            note = f"水面，明显在{a.name}一侧"
        if matter.issue == "E04" and truths["upkeep"].outcome == "unit":
            chief = truths["upkeep"]
            truths["upkeep"] = replace(chief, also=(a.unit(Sector.SANITATION),))
        if matter.issue == "E05" and truths["handling"].unit != a.office:
            truths["handling"] = replace(truths["handling"], also=(a.office,))
        telling.tell(matter, truths, spot, day=day, accuracy_m=12.0, note=note, region=a.code)


def enclave(telling: Telling) -> None:
    """飞地、插花地: a piece of one township inside another, with and without an agreement for the matter."""
    towns, base = telling.ground.towns, telling.ground.base
    piece = min(shapely.get_parts(towns["509902003"].area), key=lambda part: part.area)
    inner = min(shapely.get_parts(towns["509903004"].area), key=lambda part: part.area)
    for n in range(20):
        town, around = (towns["509902003"], towns["509903002"]) if n % 4 else (towns["509903004"], towns["509903005"])
        spot = telling.ground.within(telling.rng, piece if n % 4 else inner, 60.0)
        matter = telling.pick(matters("E01", "E03", "A01")) if n % 4 != 2 else telling.pick(matters("S01", "E17"))
        day = telling.day() if n % 4 != 3 else date(2027, 2, 1) + timedelta(days=n)
        truths = duties(base, matter, town, day)
        note = f"{town.name}的一块地，四周是{around.name}"
        if n % 4 == 1:
            agreed = "协议委托澜南区环卫日常保洁（XY005），行政执法按区划不变"
            lead = around.unit(Sector.SANITATION)
            truths |= {"handling": unit(lead, agreed), "upkeep": unit(lead, agreed)}
            truths["supervision"] = replace(truths["supervision"], also=(around.unit(Sector.URBAN_MANAGEMENT),))
        if n % 4 == 3:
            truths["handling"] = replace(truths["handling"], also=(town.office, around.office))
            truths["upkeep"] = person("协议已到期，飞地管理须提请共同上级（行政区域界线管理条例第11条）")
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, region=town.code)


def gap(telling: Telling) -> None:
    """无人认领的地带: no township holds it on paper."""
    a, b = (telling.ground.towns[code] for code in ("509901003", "509904002"))
    strip = telling.ground.unclaimed()
    for n in range(18):
        spot = telling.ground.within(telling.rng, strip, 25.0)
        matter, day = telling.pick((*CLEANING, *STALLS)), telling.day()
        first = a if n % 2 else b
        why = "图上没有镇街认领，由共同上级确定（重庆市市容环境卫生管理条例第13条）"
        truths = on_line(telling.ground.base, matter, (a, b), day, receiver=first.office, why=why)
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note="两区之间的空白带", region=first.code)


def overlap(telling: Telling) -> None:
    """重叠地带: two townships of one district both hold it on paper."""
    a, b = (telling.ground.towns[code] for code in ("509902004", "509902006"))
    both = telling.ground.claimed_twice("509902004", "509902006")
    for n in range(18):
        spot = telling.ground.within(telling.rng, both, 25.0)
        matter, day = telling.pick((*CLEANING, *matters("S01", "E17", "E02"))), telling.day()
        first = a if n % 2 else b
        why = "两镇界线重叠，镇级执法权归哪一方须人工"
        truths = on_line(telling.ground.base, matter, (a, b), day, receiver=first.office, why=why)
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note="两镇图上重叠处", region=first.code)


def gcj02(telling: Telling) -> None:
    """国测局坐标: a spot whose numbers, read as satellite coordinates, would lie in another township."""
    towns = telling.ground.settled_towns()
    found = 0
    while found < 24:
        town = telling.pick(towns)
        spot = telling.ground.inside(telling.rng, town, margin_m=130.0)
        raw = np.array([wgs84_to_gcj02(*lon_lat(spot))])
        x, y = FRAME.to_m(raw)[0]
        if town.area.distance(shapely.Point(x, y)) < 60.0:
            continue
        matter, day = STREET[found % len(STREET)], telling.day()
        note = f"{town.name}，不转换会落到别处"
        truths = duties(telling.ground.base, matter, town, day)
        telling.tell(matter, truths, spot, day=day, accuracy_m=10.0, note=note, gcj=True)
        found += 1


def territory(telling: Telling) -> None:
    """区划调整: the same township before and after it goes to another district."""
    old = telling.ground.towns[MOVED_OLD]
    new = Town(MOVED_NEW, old.name, old.area)
    for n in range(24):
        spot = telling.ground.inside(telling.rng, old, margin_m=250.0)
        matter = telling.pick(matters("E01", "E03", "S01", "S02", "E17", "A01"))
        shift = int(telling.rng.integers(1, 90))
        day = (CHANGE - timedelta(days=shift), CHANGE + timedelta(days=shift - 1), date(2027, 1, 10))[n % 3]
        town = old if day < CHANGE else new
        truths = duties(telling.ground.base, matter, town, day)
        if n % 3 == 1:
            centre = code_of(Sector.GOVERNANCE_CENTRE, new.district)
            truths["handling"] = replace(truths["handling"], also=(centre,))
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=f"{day}，属{town.code[:6]}")


def province(telling: Telling) -> None:
    """省界: at the outer line of the city, beyond which nobody of the city is responsible."""
    for n in range(18):
        sharp = n % 3 != 0
        spot, town = telling.ground.near_edge(telling.rng, float(telling.rng.uniform(70, 95)) if sharp else 2.0)
        matter, day = telling.pick((*CLEANING, *matters("S01", "E02"))), telling.day()
        truths = duties(telling.ground.base, matter, town, day)
        accuracy = 6.0 if sharp else 60.0
        if not sharp:
            truths = _over_the_edge(truths, town)
        note = f"{town.name}，离市界{'近百米' if sharp else '仅两米，误差跨省界'}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=accuracy, note=note, region=town.code)


def _over_the_edge(truths: dict[str, Truth], town: Town) -> dict[str, Truth]:
    why = "误差跨省界，没有共同的省级机关，须人工协商"
    idle = truths["enforcement"].outcome == "none"
    return {
        "handling": unit(town.office, "责任未定前由首接单位先处置", also=(truths["handling"].unit,)),
        "upkeep": truths["upkeep"] if truths["upkeep"].outcome == "none" else person(why),
        "supervision": person(why),
        "enforcement": truths["enforcement"] if idle else person(why),
    }


def nowhere(telling: Telling) -> None:
    """没有坐标: only the reporter's township, or not even that."""
    towns = telling.ground.settled_towns()
    centre = code_of(Sector.GOVERNANCE_CENTRE, telling.ground.base.city)
    for n in range(18):
        matter, day = telling.pick((*CLEANING, *matters("S01", "S02", "E17"))), telling.day()
        if n % 3:
            town = telling.pick(towns)
            truths = duties(telling.ground.base, matter, town, day)
            telling.tell(matter, truths, None, day=day, note=f"只知道在{town.name}", region=town.code)
            continue
        why = "没有位置，不能断定"
        truths = {duty: unknown(why) for duty in ("upkeep", "supervision", "enforcement")}
        truths["upkeep"] = none("由行为人自行清除、改正") if matter.upkeep is None else truths["upkeep"]
        truths = {"handling": unit(centre, "位置不明，由市治理中心先行受理"), **truths}
        telling.tell(matter, truths, None, day=day, note="不知道在哪里")

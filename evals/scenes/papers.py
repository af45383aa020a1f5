"""Families of scenes that turn on papers: agreements in force, void, in conflict, beyond their power; designations."""

from dataclasses import replace
from datetime import date, timedelta

import shapely
from shapely.geometry import Point

from domain.organisation import Sector
from evals.scenes.form import Truth, person, unit
from evals.scenes.ground import Town
from evals.scenes.telling import Telling, duties, matters, on_line

S = Sector
REACH_M = 35.0
CLEAN = ("E01", "E03", "E10")
"""What the planted cleaning agreements are about."""


def _party(town: Town, other: Town) -> str:
    return town.code if town.district == other.district else town.district


def _edge(telling: Telling, n: int, gap_m: float) -> tuple[Point, Town, Town]:
    """A spot near a line, of two districts two times in three; the township that leads, and the one that holds it."""
    spot, holder, leader = telling.edge(gap_m, same_district=n % 3 == 2)
    return spot, leader, holder


def _cleaning(telling: Telling, spot: Point, a: Town, b: Town, start: date, end: date | None) -> str:
    """A cleaning agreement around a spot in `b` near the line, led by `a`'s side; returns the code of the lead."""
    lead = a.office if a.district == b.district else a.unit(S.SANITATION)
    telling.ground.agree(
        shapely.shortest_line(spot, a.area).centroid.buffer(REACH_M),
        title=f"{a.name}与{b.name}接壤路段共管协议",
        parties=(_party(a, b), _party(b, a)),
        issues=CLEAN,
        arranges=("handling", "upkeep", "cost"),
        lead=lead,
        valid_from=start,
        valid_to=end,
        text=f"路段清扫保洁由{a.name}一方承担，{b.name}一方分担费用；行政执法仍按各自辖区。",
    )
    return lead


def agreement(telling: Telling) -> None:
    """协议有效: in force, for this matter, at this spot."""
    for n in range(18):
        spot, a, b = _edge(telling, n, 12.0)
        matter, day = telling.pick(matters(*CLEAN)), telling.day()
        lead = _cleaning(telling, spot, a, b, day - timedelta(days=200), day + timedelta(days=400))
        truths = duties(telling.ground.base, matter, b, day)
        why = f"毗邻协议约定由{a.name}一方承担（双方均为当事方，在有效期和范围内）"
        truths |= {"handling": unit(lead, why), "upkeep": unit(lead, why)}
        own = tuple(b.unit(sector) for sector in matter.supervision)
        other = tuple(a.unit(sector) for sector in matter.supervision)
        truths["supervision"] = unit(other[0], "监管随协议承担方或按辖区，协议未改", also=(*own, *other[1:]))
        note = f"在{b.name}一侧12米，协议由{a.name}一方承担"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def agreement_void(telling: Telling) -> None:
    """协议不适用: expired, not begun, about something else, or just outside its area."""
    for n in range(20):
        spot, a, b = _edge(telling, n // 4, 12.0)
        day = telling.day()
        start, end = day - timedelta(days=200), day + timedelta(days=400)
        why = ("已到期", "尚未生效", "不含这类事项", "点位在协议范围外")[n % 4]
        if n % 4 == 0:
            start, end = day - timedelta(days=800), day - timedelta(days=40)
        if n % 4 == 1:
            start, end = day + timedelta(days=20), day + timedelta(days=700)
        _cleaning(telling, spot, a, b, start, end)
        matter = telling.pick(matters("S01", "E17")) if n % 4 == 2 else telling.pick(matters(*CLEAN))
        if n % 4 == 3:
            spot = _along(b, a, spot)
        truths = duties(telling.ground.base, matter, b, day)
        note = f"在{b.name}一侧，协议{why}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def _along(town: Town, other: Town, spot: Point) -> Point:
    """A spot of the same side some way along the line, outside the agreement's area."""
    ring = spot.buffer(REACH_M + 40.0).exterior
    side = shapely.intersection(ring, town.area.buffer(-10.0))
    near = sorted(shapely.get_parts(shapely.segmentize(side, 4.0)), key=lambda part: part.distance(other.area))
    coords = [Point(xy) for part in near for xy in part.coords]
    return min(coords, key=lambda point: (round(abs(point.distance(other.area) - 14.0), 3), point.x))


def agreement_conflict(telling: Telling) -> None:
    """两份协议打架: both in force for the same matter and spot, each naming another lead."""
    for n in range(18):
        spot, a, b = _edge(telling, n, 12.0)
        matter, day = telling.pick(matters(*CLEAN)), telling.day()
        _cleaning(telling, spot, a, b, day - timedelta(days=300), day + timedelta(days=300))
        telling.ground.agree(
            spot.buffer(REACH_M),
            title=f"{b.name}牵头的接壤片区环境整治协议",
            parties=(_party(a, b), _party(b, a)),
            issues=CLEAN,
            arranges=("handling", "upkeep"),
            lead=b.office if a.district == b.district else b.unit(S.SANITATION),
            valid_from=day - timedelta(days=100),
            valid_to=day + timedelta(days=500),
            text=f"片区保洁由{b.name}一方承担。",
        )
        own = duties(telling.ground.base, matter, b, day)
        other = duties(telling.ground.base, matter, a, day)
        why = "两份有效协议相互冲突，须人工（共同上级）定哪一份"
        truths: dict[str, Truth] = {
            "handling": unit(b.office, "责任未定前由首接单位先处置"),
            "upkeep": person(why),
            "supervision": replace(own["supervision"], also=(*own["supervision"].also, other["supervision"].unit)),
            "enforcement": own["enforcement"],
        }
        note = f"{b.name}一侧12米，两份协议各指一方"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def agreement_oversteps(telling: Telling) -> None:
    """协议想改执法主体: it may arrange handling, never who penalises."""
    for n in range(20):
        spot, a, b = _edge(telling, n, 12.0)
        matter, day = telling.pick(matters("S01", "S02", "E17")), telling.day()
        lead = a.office if a.district == b.district else a.unit(S.URBAN_MANAGEMENT)
        open_ = n % 2 == 0
        telling.ground.agree(
            spot.buffer(REACH_M),
            title=f"{a.name}与{b.name}联合整治协议",
            parties=(_party(a, b), _party(b, a)),
            issues=("S01", "S02", "E17"),
            arranges=("handling", "enforcement") if open_ else ("handling",),
            lead=lead,
            valid_from=day - timedelta(days=200),
            valid_to=day + timedelta(days=400),
            text=f"现场劝离由{a.name}一方牵头；片区行政处罚由{a.name}一方统一负责。",
        )
        truths = duties(telling.ground.base, matter, b, day)
        truths["handling"] = unit(lead, "协议约定现场处置牵头，可以约定")
        own = truths["supervision"].unit
        truths["supervision"] = unit(own, "监管按辖区，协议未涉及", also=(a.unit(S.URBAN_MANAGEMENT),))
        note = f"{b.name}一侧12米；协议要把处罚交{a.name}一方，无效"
        telling.tell(matter, truths, spot, day=day, accuracy_m=3.0, note=note, region=b.code)


def designation(telling: Telling) -> None:
    """上级指定: the region above both sides named who is to do it."""
    base = telling.ground.base
    for n in range(18):
        spot, a, b = _edge(telling, n, 1.0)
        day = telling.day()
        punish = n % 4 == 3
        matter = telling.pick(matters("S01", "E17")) if punish else telling.pick(matters(*CLEAN))
        lead = a.unit(S.URBAN_MANAGEMENT) if punish else a.unit(S.SANITATION)
        if a.district == b.district:
            lead = a.team if punish else a.office
        telling.ground.agree(
            spot.buffer(REACH_M),
            title=f"关于{a.name}、{b.name}接壤地段的指定意见",
            parties=(a.district if a.district == b.district else base.city,),
            issues=("S01", "E17") if punish else CLEAN,
            arranges=("enforcement",) if punish else ("handling", "upkeep"),
            lead=lead,
            valid_from=day - timedelta(days=100),
            valid_to=None,
            text="经共同上级研究，指定如下。",
        )
        why = "在界线上，两侧难分，须人工"
        truths = on_line(base, matter, (b, a), day, receiver=b.office, why=why)
        if punish:
            truths["enforcement"] = unit(lead, "共同上级指定管辖（行政处罚法第25条）", signed=True)
        else:
            named = "共同上级指定（重庆市市容环境卫生管理条例第13条）"
            truths |= {"handling": unit(lead, named), "upkeep": unit(lead, named)}
        if truths["supervision"].outcome == "person":
            leader = a.unit(matter.supervision[0])
            truths["supervision"] = unit(leader, "监管随被指定单位所在区", also=(b.unit(matter.supervision[0]),))
        note = f"{b.name}与{a.name}界线上，上级指定 {lead}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=6.0, note=note, region=b.code)


def market(telling: Telling) -> None:
    """三镇街集市: a square on three townships; its agreement ran out on 2025-05-01."""
    towns, base = telling.ground.towns, telling.ground.base
    sides = [towns[code] for code in ("509901003", "509901005", "509904001")]
    corner = shapely.union_all([shapely.shortest_line(sides[0].area, t.area) for t in sides[1:]])
    middle = _corner(sides) or corner.centroid
    for n in range(18):
        before = n % 2 == 0
        shift = timedelta(days=int(telling.rng.integers(1, 300)))
        day = date(2025, 5, 1) - shift if before else date(2025, 7, 2) + shift
        matter = telling.pick(matters("E01", "E03")) if n % 3 else telling.pick(matters("S01", "S02"))
        spot = Point(middle.x + float(telling.rng.uniform(-4, 4)), middle.y + float(telling.rng.uniform(-4, 4)))
        why = "三个镇街、两个区在此相接，责任由共同上级确定（重庆市市容环境卫生管理条例第13条）"
        truths = on_line(base, matter, sides, day, receiver=sides[0].office, why=why)
        if before:
            agreed = "集市共同管理备忘录有效期内，由九十九梯街道牵头"
            truths["handling"] = unit(sides[0].office, agreed)
            kept = unit(sides[0].office, agreed)
            truths["upkeep"] = kept if matter.upkeep is not None else replace(truths["upkeep"], also=(sides[0].office,))
            bureaus = tuple(dict.fromkeys(t.unit(S.URBAN_MANAGEMENT) for t in sides))
            truths["supervision"] = unit(bureaus[0], "监管随牵头单位所在区", also=bureaus[1:])
        note = f"集市中心，备忘录{'有效' if before else '已到期'}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=20.0, note=note, region=sides[0].code)


def _corner(sides: list[Town]) -> Point | None:
    """Where three townships meet."""
    lines = shapely.intersection(sides[0].area.boundary, sides[1].area.boundary)
    meeting = shapely.intersection(lines, sides[2].area.buffer(1.0))
    return None if meeting.is_empty else shapely.get_parts(meeting)[0].representative_point()

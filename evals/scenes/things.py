"""Families of scenes that turn on whose thing it is: covers, lamps, roads, compounds, rails, layers."""

from dataclasses import replace
from datetime import date
from typing import Any

import shapely
from shapely.geometry import LineString, Point

from domain.organisation import Sector
from evals.scenes.form import Truth, none, person, unit
from evals.scenes.ground import FRAME, NoRoom, Town, box, code_of, shifted
from evals.scenes.matters import MATTERS, Matter
from evals.scenes.telling import Telling, duties, matters, owned

S = Sector
COVERS = (
    ("sewage", S.DRAINAGE, "", "污"),
    ("storm", S.DRAINAGE, "", "雨"),
    ("power", S.POWER, "city", "电力"),
    ("gas", S.GAS, "city", "燃气"),
    ("telecom", S.TELECOM, "city", "云信通信"),
    ("water", S.WATER_SUPPLY, "city", "自来水"),
)
"""Kind of cover, who keeps it, whether for the whole city, and the word on it."""
SAID = {"污": "盖子上有个污字", "雨": "盖面写的雨字", "电力": "盖面写的电力", "燃气": "盖子上写的燃气",
        "云信通信": "盖子上写的通信", "自来水": "盖面写的自来水"}  # fmt: skip
LID = MATTERS["P01"]


def _spot(telling: Telling, n: int, *kinds: str) -> tuple[Point, Town, Town]:
    """A spot without shipped parts of the kinds: in turn deep inside a town and on either side of a line."""
    if n % 3:
        return telling.edge(float(telling.rng.uniform(3, 12)), same_district=n % 3 == 1, bare_of=kinds)
    for _ in range(200):
        town = telling.pick(telling.ground.settled_towns())
        spot = telling.ground.inside(telling.rng, town)
        if telling.ground.without_parts(spot, kinds, 90.0):
            return spot, town, town
    raise NoRoom("the ledger leaves no room")


def _keeper(telling: Telling, sector: Sector, home: Town, scope: str) -> tuple[str, str]:
    """Code of a keeper and the region that it serves."""
    region = telling.ground.base.city if scope == "city" else home.district
    return code_of(sector, region), region


def _lid(telling: Telling, owner: str, region: str, town: Town, kind: str, other: Town) -> dict[str, Truth]:
    truths = owned(telling.ground.base, LID, owner, region, town, telling.day(), near=other)
    home = region if region != telling.ground.base.city else town.district
    if kind in ("sewage", "storm"):
        housing, bureau = code_of(S.HOUSING, home), code_of(S.URBAN_MANAGEMENT, home)
        truths["supervision"] = unit(housing, "排水设施由住房城乡建设部门监管", also=(bureau,))
    return truths


def covers(telling: Telling) -> None:
    """井盖有标识或有台账: the cover's keeper stands in the ledger, often from the other side of the line."""
    for n in range(30):
        spot, town, other = _spot(telling, n, "manhole")
        kind, sector, scope, word = COVERS[n % len(COVERS)]
        owner, region = _keeper(telling, sector, other if n % 2 else town, scope)
        marked = n % 4 != 3
        telling.ground.plant(f"manhole.{kind}", spot, owner, marking=word if marked else "", name="情景井")
        text = telling.words(LID) + (f"，{SAID[word]}" if marked and n % 2 == 0 else "")
        truths = _lid(telling, owner, region, town, kind, other)
        note = f"{kind}井，养护 {owner}，位于{town.name}"
        here = shifted(spot, float(telling.rng.uniform(-3, 3)))
        telling.tell(LID, truths, here, day=telling.day(), accuracy_m=6.0, note=note, text=text, region=town.code)


def two_covers(telling: Telling) -> None:
    """两个井挨在一起: two keepers within the error; a mark tells them apart, else somebody must look."""
    for n in range(18):
        spot, town, other = _spot(telling, n, "manhole")
        first, second = COVERS[n % 6], COVERS[(n + 3) % 6 if n % 2 else (n + 2) % 6]
        owners = [_keeper(telling, sector, town, scope) for _, sector, scope, _ in (first, second)]
        gap = 6.0 if n % 3 else 75.0
        for (kind, _, _, word), (owner, _), east in zip((first, second), owners, (0.0, gap), strict=True):
            telling.ground.plant(f"manhole.{kind}", shifted(spot, east), owner, marking=word, name="情景井")
        same = owners[0][0] == owners[1][0]
        told = n % 3 == 1
        text = telling.words(LID) + (f"，{SAID[first[3]]}" if told else "")
        truths = _lid(telling, *owners[0], town, first[0], other)
        if n % 3 == 2 and not same:
            truths["upkeep"] = person("误差内有两家的井，须现场核对标识（城市道路管理条例第23条）")
            truths["supervision"] = replace(
                truths["supervision"], also=(town.unit(S.HOUSING), town.unit(S.URBAN_MANAGEMENT))
            )
        here = shifted(spot, 3.0 if gap < 10 else 1.0)
        note = f"{first[0]}与{second[0]}两井相距{gap:.0f}米，{'说了标识' if told else '没说标识'}"
        telling.tell(LID, truths, here, day=telling.day(), accuracy_m=10.0, note=note, text=text, region=town.code)


def ownerless(telling: Telling) -> None:
    """产权不明: nobody stands in the ledger, nothing is written on it."""
    fall = Matter(
        issue="P02", handling=None, upkeep=S.HOUSING, supervision=(S.HOUSING, S.URBAN_MANAGEMENT), enforcement=None,
        words=("井盖没得字，不晓得是哪家的，烂了没人管", "无主井盖下沉，盖面没有标识，找不到主",
               "井盖上没得字，哪家都不认账"),
        source="重庆市城市管线条例第29条",
    )  # fmt: skip
    for n in range(18):
        gap = 40.0 if n % 3 == 2 else 8.0
        spot, a, _ = telling.edge(gap, same_district=n % 3 != 2, bare_of=("manhole",))
        if n % 2:
            telling.ground.plant("manhole.unmarked", spot, "", name="情景无字井")
        housing, bureau = a.unit(S.HOUSING), a.unit(S.URBAN_MANAGEMENT)
        truths = {
            "handling": unit(a.office, "先围挡，首接单位到场", also=(a.unit(S.ROAD_MAINTENANCE),)),
            "upkeep": unit(housing, f"权属不明的管线由行业主管部门依法处置（{fall.source}）"),
            "supervision": unit(housing, fall.source, also=(bureau,)),
            "enforcement": none("产权人未查明，没有可责令改正的对象", bureau),
        }
        note = f"{a.name}一侧，离界线{gap:.0f}米，台账{'无权属人' if n % 2 else '未见'}"
        telling.tell(fall, truths, spot, day=telling.day(), accuracy_m=5.0, note=note, region=a.code)


PARTS = (("P05", S.LIGHTING, ""), ("P03", S.DRAINAGE, ""), ("P10", S.POWER, "city"), ("P09", S.WATER_SUPPLY, "city"),
         ("T13", S.BUS, "city"), ("E07", S.GREENING, ""), ("T01", S.TRAFFIC_POLICE, ""),
         ("P06", S.TELECOM, "city"))  # fmt: skip


def parts(telling: Telling) -> None:
    """部件跨界: lamps, grates, boxes, trees whose keeper serves the other side, or the whole city."""
    for n in range(32):
        issue, sector, scope = PARTS[n % len(PARTS)]
        matter = MATTERS[issue]
        spot, town, other = _spot(telling, n, matter.asset, "pipe.storm", "green", "pipe.sewage")
        owner, region = _keeper(telling, sector, other if (n // 8) % 2 else town, scope)
        telling.ground.plant(matter.asset, spot, owner, name="情景部件")
        day = telling.day()
        truths = owned(telling.ground.base, matter, owner, region, town, day, near=other)
        if issue == "P06":
            city = code_of(S.TELECOM_ADMIN, telling.ground.base.city)
            truths["supervision"] = replace(truths["supervision"], also=(city,))
        note = f"养护 {owner}，位于{town.name}"
        here = shifted(spot, float(telling.rng.uniform(-3, 3)))
        telling.tell(matter, truths, here, day=day, accuracy_m=6.0, note=note, region=town.code)


def split_road(telling: Telling) -> None:
    """一条路两边分属两地: holes by the road's keeper, dirt by the side."""
    for n in range(24):
        spot, a, b = telling.edge(5.0, same_district=bool(n % 2), bare_of=("road",))
        day, matter = telling.day(), MATTERS["T06"]
        foot = shapely.shortest_line(spot, b.area).coords
        axis = Point(foot[-1])
        keeper = b if n % 3 == 0 else a
        area = axis.buffer(48.0) if n % 3 == 0 else axis.buffer(48.0).intersection(a.area)
        telling.ground.plant(
            "road", area, keeper.unit(S.URBAN_MANAGEMENT), maintainer=keeper.unit(S.ROAD_MAINTENANCE), name="情景路"
        )
        if n % 3 == 1:
            half = axis.buffer(48.0).intersection(b.area)
            telling.ground.plant(
                "road", half, b.unit(S.URBAN_MANAGEMENT), maintainer=b.unit(S.ROAD_MAINTENANCE), name="情景路"
            )
        truths = owned(telling.ground.base, matter, keeper.unit(S.ROAD_MAINTENANCE), keeper.district, a, day, near=b)
        note = f"{a.name}一侧5米，路由{keeper.name}所在区养护"
        if n % 3 == 2:
            matter = telling.pick(matters("E01", "E03"))
            truths = duties(telling.ground.base, matter, a, day)
            note = f"{a.name}一侧5米，保洁按各自一侧"
        telling.tell(matter, truths, spot, day=day, accuracy_m=2.0, note=note, region=a.code)


def red_line(telling: Telling) -> None:
    """红线内外: the compound's own ground, the public ground outside, and the edge."""
    estate = Matter(
        issue="E01", handling=S.PROPERTY, upkeep=S.PROPERTY, supervision=(S.URBAN_MANAGEMENT,),
        enforcement=S.URBAN_MANAGEMENT, words=MATTERS["E01"].words,
        source="重庆市市容环境卫生管理条例第11条；物业管理条例",
    )  # fmt: skip
    wires = Matter(
        issue="T10", handling=S.PROPERTY, upkeep=S.PROPERTY, supervision=(S.FIRE,), enforcement=S.FIRE, act=True,
        words=("电瓶车飞线充电，从楼上拉根线下来", "楼道里停电瓶车充电，拉的插线板", "单元门厅停满电动车还在充电"),
        source="消防法；物业管理条例第45条",
    )  # fmt: skip
    for n in range(27):
        town = telling.pick(telling.ground.settled_towns())
        spot, day = telling.ground.inside(telling.rng, town), telling.day()
        firm = telling.ground.firm(S.PROPERTY, town, f"{town.name}情景苑{n + 1}号物业公司", spot)
        telling.ground.mark_out("compound", f"情景苑{n + 1}号", box(spot, 120, 100), firm)
        matter = (estate, wires, MATTERS["E03"])[n % 3]
        if n % 3 == 2:
            outside = shifted(spot, 60.0 + (24.0 if n % 2 else 3.0))
            truths = duties(telling.ground.base, matter, town, day)
            note = "红线外24米，公共道路" if n % 2 else "红线外3米，误差到红线边"
            if n % 2 == 0:
                truths["upkeep"] = person("红线边缘，须调红线图（不得仅凭围墙判断）")
            telling.tell(matter, truths, outside, day=day, accuracy_m=8.0, note=note, region=town.code)
            continue
        truths = duties(telling.ground.base, replace(matter, handling=S.SANITATION, upkeep=S.SANITATION), town, day)
        why = f"红线内，物业按合同维护（{matter.source}）"
        truths["upkeep"] = unit(firm, why)
        truths["handling"] = unit(firm, why) if matter is wires else unit(firm, why, also=(town.unit(S.SANITATION),))
        note = f"{town.name}一小区红线内"
        telling.tell(matter, truths, spot, day=day, accuracy_m=8.0, note=note, region=town.code)


def rails(telling: Telling) -> None:
    """轨道、铁路范围: within the operator's ground, and just outside it."""
    world = telling.ground.base
    kinds = (
        ("rail_zone", S.RAIL_TRANSIT, "重庆市轨道交通条例第36条"),
        ("railway_land", S.RAILWAY, "重庆市铁路安全管理条例第31条"),
    )
    for n in range(20):
        kind, sector, source = kinds[n % 2]
        matter, day = telling.pick(matters("E01", "E03")), telling.day()
        town = telling.pick(telling.ground.settled_towns())
        spot = telling.ground.inside(telling.rng, town, clear_m=220.0)
        operator = code_of(sector, world.city)
        track = LineString([(spot.x - 90, spot.y - 30), (spot.x + 90, spot.y + 30)])
        telling.ground.mark_out(kind, "情景线路设施范围", track.buffer(22.0, cap_style="flat"), operator)
        truths = duties(world, matter, town, day)
        within = n % 4 < 2
        if within:
            truths["upkeep"] = unit(operator, f"设施范围内由经营管理单位负责（{source}；渝市容环卫条例第11条）")
            truths["handling"] = replace(truths["handling"], also=(operator,))
        here = spot if within else shifted(spot, 0.0, 60.0)
        note = f"{kind}{'内' if within else '外约35米'}，{town.name}"
        telling.tell(matter, truths, here, day=day, accuracy_m=6.0, note=note, region=town.code)


def interchange(telling: Telling) -> None:
    """立交分层: four layers over a line between towns, each with its own keeper; the height says which."""
    world, towns = telling.ground.base, telling.ground.towns
    town, matter = towns["509902001"], MATTERS["T06"]
    layers = sorted((a for a in world.assets if a.name.startswith("四重立交")), key=lambda a: a.height_m or 0.0)
    crossing = FRAME.flatten(layers[0].geometry).intersection(FRAME.flatten(layers[2].geometry)).centroid
    said = ("立交地面层的路上有个大坑", "立交二层匝道路面烂了个坑", "立交三层快速路上路面坑凼")
    for n in range(18):
        layer = layers[n % 3]
        spot = telling.ground.within(telling.rng, crossing.buffer(8.0).intersection(FRAME.flatten(layer.geometry)), 0.5)
        keeper = layer.maintainer or layer.owner
        day = date(2026, 3 + n % 3, 5 + n)
        bureau = code_of(S.URBAN_MANAGEMENT, town.district)
        city = code_of(S.URBAN_MANAGEMENT, world.city)
        own = bureau if n % 3 == 0 else city
        truths = {
            "handling": unit(keeper, "养护单位到场，各层各管"),
            "upkeep": unit(keeper, f"台账登记{layer.name}由其养护（城市道路管理条例第22条）"),
            "supervision": unit(own, "监管随养护单位的级别", also=(bureau, city)),
            "enforcement": none("没有对应的行政处罚"),
        }
        more: dict[str, Any] = {"height_m": layer.height_m} if n % 2 else {}
        telling.tell(matter, truths, spot, day=day, accuracy_m=6.0, note=layer.name, text=said[n % 3],
                     region=town.code, **more)  # fmt: skip


def danger(telling: Telling) -> None:
    """危险先行: somebody may be hurt; whoever received it goes first, ownership afterwards."""
    kinds = matters("P07", "E20", "E07", "P06", "T01", "P01")
    for n in range(24):
        matter, day = kinds[n % len(kinds)], telling.day()
        on_it = n % 3 == 0
        kinds_here = (matter.asset, "pipe.gas") if matter.asset else ("pipe.gas",)
        spot, a, b = telling.edge(1.0 if on_it else 60.0, same_district=bool(n % 2), bare_of=kinds_here)
        truths: dict[str, Truth]
        if matter.asset:
            sector = S.TELECOM if matter.issue == "P06" else matter.upkeep or S.DRAINAGE
            scope = "city" if sector in (S.TELECOM, S.GAS) else ""
            owner, region = _keeper(telling, sector, b, scope)
            telling.ground.plant(
                "manhole.sewage" if matter.issue == "P01" else matter.asset, spot, owner, name="情景部件"
            )
            truths = owned(telling.ground.base, matter, owner, region, a, day, near=b)
            if matter.issue == "P01":
                housing, bureau = code_of(S.HOUSING, region), code_of(S.URBAN_MANAGEMENT, region)
                truths["supervision"] = unit(housing, "排水设施由住房城乡建设部门监管", also=(bureau,))
        else:
            truths = duties(telling.ground.base, matter, a, day)
            truths["handling"] = unit(a.office, "危险先行处置，首接单位先到场")
            truths["upkeep"] = person("成因须由自然资源部门组织专家认定（地质灾害防治条例第35条）")
            if on_it and a.district != b.district:
                truths["supervision"] = person("跨界地灾由两地共同组织治理（地质灾害防治条例第34条）")
        note = f"{'界线上' if on_it else '离界线60米'}，{a.name}/{b.name}"
        telling.tell(matter, truths, spot, day=day, accuracy_m=6.0, note=note, region=a.code)


def unlisted(telling: Telling) -> None:
    """台账没有、也没说标识: a part that no ledger knows; the keeper is unknown."""
    for _n in range(12):
        spot, town, _ = _spot(telling, 0, "manhole")
        day = telling.day()
        housing, bureau = town.unit(S.HOUSING), town.unit(S.URBAN_MANAGEMENT)
        truths = {
            "handling": unit(town.office, "危险先行处置，首接单位先到场"),
            "upkeep": person("台账没有，标识没说，须现场核对盖面"),
            "supervision": unit(bureau, LID.source, also=(housing,)),
            "enforcement": none("没有需要查处的行为", bureau),
        }
        telling.tell(LID, truths, spot, day=day, accuracy_m=8.0, note=f"{town.name}，台账未见的井", region=town.code)
        telling.ground.take(spot)

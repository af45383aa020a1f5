"""Ground with a legal quality (zones), the firms that hold it, and the named places of the city."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import Generator
from shapely.affinity import rotate
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from domain.organisation import Level, Sector, Unit
from domain.world import Zone
from scripts.worldgen import plan
from scripts.worldgen.land import FRAME, Land, degrees, line_between, spots_in, stretch
from scripts.worldgen.people import SKILLS, code_of
from scripts.worldgen.roads import Network, beside

S = Sector
ESTATES = ("云锦苑", "听澜居", "半山里", "鹭语花园", "梯云坊", "橘林小区", "镜湾一号", "松风院", "石鼓新村", "望澜府")
SITES = ("云梯中心", "澜湾综合体", "鹭影二期", "屏岭安置房", "橘灯商务楼", "轨道二号线标段", "滨江步道改造")


@dataclass(slots=True)
class Ground:
    """Collects zones and the firms that come with them."""

    land: Land
    net: Network
    rng: Generator
    zones: list[Zone] = field(default_factory=list)
    firms: list[Unit] = field(default_factory=list)

    def add(self, kind: str, name: str, area: BaseGeometry, unit: str = "") -> None:
        """Enter one zone, cut to the city."""
        area = degrees(area.intersection(self.land.outline))
        zone = Zone(id=f"QY{len(self.zones) + 1:04d}", kind=kind, name=name, geometry=area, unit=unit)
        self.zones.append(zone)

    def firm(self, sector: Sector, town: str, name: str, spot: Point) -> str:
        """Enter one property firm or builder of a town; returns its code."""
        same = sum(firm.sector is sector and firm.region == town for firm in self.firms)
        code = code_of(sector, town, "" if same == 0 else str(same + 1))
        lon, lat = np.round(FRAME.to_degrees(np.array([[spot.x, spot.y]]))[0], 6)
        self.firms.append(
            Unit(
                code=code, name=name, level=Level.TOWNSHIP, sector=sector, region=town, lon=float(lon), lat=float(lat),
                skills=(sector.value, *SKILLS[sector]),
            )
        )  # fmt: skip
        return code


def lay(land: Land, net: Network, rng: Generator) -> tuple[list[Zone], list[Unit]]:
    """All zones and the firms that hold compounds and building sites."""
    ground = Ground(land, net, rng)
    _estates(ground)
    _sites(ground)
    _rails(ground)
    _rivers(ground)
    _under_bridges(ground)
    _ridges(ground)
    _town_wide(ground)
    _streets(ground)
    return ground.zones, ground.firms


def _block(x: float, y: float, width: float, depth: float, angle: float) -> Polygon:
    box = shapely.box(x - width / 2, y - depth / 2, x + width / 2, y + depth / 2)
    return rotate(box, angle, origin=(x, y))


def _estates(ground: Ground) -> None:
    """One or two compounds in each town, and one that lies across a line between two towns."""
    for i, town in enumerate(t for t in plan.TOWNS if t.code != plan.MOVED_OLD):
        for x, y in spots_in(Point(town.spot).buffer(700), 2 if town.urban else 1, ground.rng):
            width, depth = ground.rng.uniform(90, 190, 2)
            area = _block(x, y, width, depth, ground.rng.uniform(0, 90))
            if not ground.land.towns[town.code].contains(area):
                continue
            name = f"{town.stem}{ESTATES[(i + int(x)) % len(ESTATES)]}"
            firm = ground.firm(S.PROPERTY, town.code, f"{name}物业服务公司", Point(x, y))
            ground.add("compound", name, area, firm)
    spot = spot_of(ground.land, ground.net)["compound_on_line"]
    firm = ground.firm(S.PROPERTY, "509901002", "两望苑物业服务公司", spot)
    ground.add("compound", "两望苑（跨两街道）", _block(spot.x, spot.y, 180, 140, 12), firm)


def _sites(ground: Ground) -> None:
    urban = [town for town in plan.TOWNS if town.urban]
    for i, name in enumerate(SITES):
        town = urban[(i * 3 + 1) % len(urban)]
        x, y = spots_in(Point(town.spot).buffer(900).intersection(ground.land.towns[town.code]), 1, ground.rng)[0]
        firm = ground.firm(S.BUILDER, town.code, f"{name}项目部", Point(x, y))
        ground.add("building_site", name, _block(x, y, 140, 110, float(ground.rng.uniform(0, 90))), firm)
    spot = spot_of(ground.land, ground.net)["site_on_line"]
    firm = ground.firm(S.BUILDER, "509901005", "岭界隧道项目部", spot)
    ground.add("building_site", "岭界隧道工地（跨两区）", _block(spot.x, spot.y, 220, 120, 5), firm)


def _rails(ground: Ground) -> None:
    rail, railway = ground.net.rail, ground.net.railway
    ground.add("rail_zone", "轨道一号线设施范围", rail.buffer(12, cap_style="flat"), code_of(S.RAIL_TRANSIT, plan.CITY))
    station = spot_of(ground.land, ground.net)["rail_station"]
    ground.add("rail_zone", "九十九梯站出入口", station.buffer(40, quad_segs=4), code_of(S.RAIL_TRANSIT, plan.CITY))
    ground.add("railway_land", "屏南铁路地界", railway.buffer(15, cap_style="flat"), code_of(S.RAILWAY, plan.CITY))


def _rivers(ground: Ground) -> None:
    """Each district's side of each river in reaches of about four kilometres, with the district's river chief."""
    rivers = (("沧澜江", ground.land.cang, plan.CANG_WIDTH_M), ("白鹭河", ground.land.lu, plan.LU_WIDTH_M))
    for name, line, width in rivers:
        water = line.buffer(width / 2, cap_style="flat")
        for code, district in plan.DISTRICTS.items():
            own = [area for town, area in ground.land.towns.items() if town.startswith(code)]
            side = water.intersection(shapely.union_all(own)).buffer(0)
            for i, (west, east) in enumerate(((-13000, -5500), (-5500, -1500), (-1500, 3500), (3500, 13000))):
                reach = side.intersection(shapely.box(west, -11000, east, 11000)).simplify(1.0)
                if reach.area > 40_000:
                    title = f"{name}{district}第{i + 1}河段"
                    ground.add("river_reach", title, reach, code_of(S.RIVER_CHIEF, code))


def _under_bridges(ground: Ground) -> None:
    """The ground under both land ends of each bridge, and under the interchange and a viaduct pier."""
    keeper = code_of(S.BRIDGE, plan.CITY)
    for deck in ground.net.bridges:
        start, end = Point(deck.line.coords[0]), Point(deck.line.coords[-1])
        for side, foot in (("一侧", start), ("另一侧", end)):
            area = deck.line.buffer(22, cap_style="flat").intersection(foot.buffer(115))
            ground.add("bridge_under", f"{deck.name}{side}桥下空间", area, keeper)
    layer = ground.net.layers[2]
    area = layer.line.buffer(16, cap_style="flat").intersection(ground.net.crossing.buffer(200))
    ground.add("bridge_under", "四重立交桥下空间", area, code_of(S.ROAD_MAINTENANCE, plan.CITY))


def _ridges(ground: Ground) -> None:
    """三岭: the west ridge along the line of two districts, the east one over a town line, the south one likewise."""
    ridges = (
        ("屏风岭", stretch(ground.land.ridge, 4000, 9300), 480.0),
        ("石鼓岭", stretch(line_between(ground.land, "509902004", "509902006"), 5200, 8600), 420.0),
        ("铜铃岭", stretch(line_between(ground.land, "509903005", "509903006"), -9000, -6600), 520.0),
    )
    for name, crest, half in ridges:
        ground.add("forest", f"{name}林地", crest.simplify(20).buffer(half, quad_segs=4))


def _town_wide(ground: Ground) -> None:
    towns = ground.land.towns
    for code, name in plan.DISTRICTS.items():
        urban = [towns[town.code] for town in plan.TOWNS if town.urban and town.district == code]
        ground.add("built_up", f"{name}建成区", shapely.union_all(urban))
    quiet = [t.code for t in plan.TOWNS if t.urban and t.district == "509901"] + ["509902001"]
    ground.add("no_fireworks", "半岛禁放区", shapely.union_all([towns[code] for code in quiet]))
    strip = stretch(ground.land.ridge, 4700, 5300).buffer(150, cap_style="flat")
    ground.add("dispute", "屏风岭界线争议地段", strip)


def _streets(ground: Ground) -> None:
    """Markets and the strips before the doors (门前责任区)."""
    square = spot_of(ground.land, ground.net)["three_town_market"]
    ground.add("market", "三界坝集市", square.buffer(75, quad_segs=6))
    for town in ("509902001", "509903002"):
        x, y = next(t.spot for t in plan.TOWNS if t.code == town)
        ground.add("market", f"{next(t.stem for t in plan.TOWNS if t.code == town)}农贸市场", _block(x, y, 90, 60, 30))
    ground.add(
        "frontage", "三界坝东侧门前责任区", square.buffer(82, quad_segs=6).difference(square.buffer(75, quad_segs=6))
    )
    line = ground.net.half_street
    west = line.buffer(12, single_sided=True, cap_style="flat").difference(line.buffer(7, cap_style="flat"))
    ground.add("frontage", "半边街门前责任区", west)


def spot_of(land: Land, net: Network) -> dict[str, Point]:
    """The named places in metres; see `NOTES` for what is special there."""
    river, border = net.bridges[0].line, net.border_road
    half = border.length / 2
    side = line_between(land, "509901002", "509901003")
    market = shapely.intersection(
        line_between(land, "509901003", "509901005"), shapely.union_all([land.towns["509904001"]]).buffer(1.0)
    )
    shore = LineString([river.coords[1], river.coords[-1]]).interpolate(92.0)
    gap_line, dispute = stretch(land.ridge, -2300, -1200), stretch(land.ridge, 4700, 5300)
    moved_line = stretch(land.ridge, 6900, 7800)
    fire = stretch(line_between(land, "509903005", "509903006"), -9000, -6600)
    return {
        "manhole_on_river_line": Point(river.coords[1]),
        "border_road": border.interpolate(half),
        "border_road_unmarked": border.interpolate(half + 180),
        "border_road_lamp": beside(border, half + 60, 2.0),
        "border_road_tree": beside(border, half - 60, -1.5),
        "border_road_signal": beside(border, 20, 1.0),
        "half_street": net.half_street.interpolate(0.5, normalized=True),
        "three_town_market": shapely.get_parts(market)[0].representative_point(),
        "enclave": land.enclave.representative_point(),
        "enclave_in_district": land.enclave_home.representative_point(),
        "gap_strip": gap_line.interpolate(0.5, normalized=True),
        "overlap": land.overlap_line.interpolate(0.5, normalized=True),
        "bridge_foot": shore,
        "interchange": net.crossing,
        "dispute": dispute.interpolate(0.5, normalized=True),
        "moved_town": Point(-8600, 7400),
        "moved_town_line": moved_line.interpolate(0.5, normalized=True),
        "compound_on_line": side.interpolate(0.78, normalized=True),
        "site_on_line": stretch(land.ridge, 3000, 3500).interpolate(0.5, normalized=True),
        "river_middle": land.cang.interpolate(0.45, normalized=True),
        "river_bank": beside(land.lu, land.lu.length * 0.7, 74.0),
        "fire_ridge": stretch(land.ridge, 3600, 4000).interpolate(0.5, normalized=True),
        "fire_ridge_towns": fire.interpolate(0.5, normalized=True),
        "rail_station": net.rail.interpolate(net.rail.project(Point(-4300, 700))),
        "railway_side": beside(net.railway, net.railway.length * 0.55, 10.0),
        "fireworks_line": _east_of(stretch(land.ridge, 0, 700), 8.0),
        "fireworks_line_west": _east_of(stretch(land.ridge, 0, 700), -8.0),
        "city_edge": beside(LineString(land.outline.exterior.coords), 4000, 40.0),
        "plain_inside": Point(-1500, -400),
        "outside_city": Point(16000, 12000),
    }


def _east_of(line: LineString, offset_m: float) -> Point:
    """The spot east (negative: west) of the middle of a line that runs north-south."""
    spots = (beside(line, line.length / 2, side * abs(offset_m)) for side in (1, -1))
    return sorted(spots, key=lambda p: p.x)[1 if offset_m > 0 else 0]


NOTES = {
    "manhole_on_river_line": "鹭影大桥桥面，白鹭河为江岚区与鹭北区的界线；盖面有“污”字",
    "border_road": "界心路中线，江岚区与屏岭区的界线；中线上有“污”字井盖",
    "border_road_unmarked": "界心路中线上的无字井盖，台账无权属人",
    "border_road_lamp": "界心路上的路灯，杆号属屏岭区照明管理所，灯杆偏江岚区一侧",
    "border_road_tree": "界心路上的黄葛树，属江岚区园林",
    "border_road_signal": "界心路南口信号灯，台账在江岚区交巡警支队",
    "half_street": "半边街，两侧分属同区的两个街道；中线上有雨水箅子",
    "three_town_market": "三界坝集市，三个镇街、两个区在此相接；另有已到期的管理协议",
    "enclave": "镜子湾街道（鹭北区）的一块地被钟声坪街道（澜南区）包围，有保洁协议",
    "enclave_in_district": "月弯沱镇的一块地被青瓦坪镇包围，同属澜南区，没有协议",
    "gap_strip": "江岚区与屏岭区之间图上没有镇街认领的狭长地带",
    "overlap": "萤火坪镇与石鼓坝镇的界线重叠约120米",
    "bridge_foot": "鹭影大桥桥下空间（河岸上），距白鹭河界线不足100米",
    "interchange": "四重立交，四层道路的权属各不相同，跨白鹭滩街道与镜子湾街道",
    "dispute": "屏风岭界线争议地段，两区对界线位置认定不一致",
    "moved_town": "云梯口镇，2026-07-01 由屏岭区划入江岚区",
    "moved_town_line": "2026-07-01 前是两区的界线，此后是江岚区内两镇街的界线",
    "compound_on_line": "两望苑小区跨望澜门街道与九十九梯街道",
    "site_on_line": "岭界隧道工地跨江岚区与屏岭区",
    "river_middle": "沧澜江江心，江岚区与澜南区的界线",
    "river_bank": "白鹭河岸边，距界线不足100米",
    "fire_ridge": "屏风岭林地，两区交界的山脊",
    "fire_ridge_towns": "铜铃岭林地，青瓦坪镇与铜铃山镇的界线",
    "rail_station": "轨道一号线九十九梯站出入口，设施范围内",
    "railway_side": "屏南铁路地界内",
    "fireworks_line": "界线以东8米，江岚区禁放烟花一侧",
    "fireworks_line_west": "界线以西8米，屏岭区一侧，不在禁放区",
    "city_edge": "本市外缘界线附近",
    "plain_inside": "望澜门街道腹地，远离任何界线",
    "outside_city": "本市以外",
}
"""What is special at each named place, in Chinese."""

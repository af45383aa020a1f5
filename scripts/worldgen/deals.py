"""Agreements between neighbours (毗邻协议) and powers of enforcement given to townships (赋权清单), all invented."""

from datetime import date

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from domain.organisation import Sector
from domain.world import Agreement, EnforcementPower
from scripts.worldgen import plan
from scripts.worldgen.ground import spot_of
from scripts.worldgen.land import Land, degrees, stretch
from scripts.worldgen.people import code_of
from scripts.worldgen.roads import Network

S = Sector
CLEAN = ("E01", "E02", "E03", "E06", "A01")
WATER = ("E04", "E05", "E22", "E23")


def agreements(land: Land, net: Network) -> list[Agreement]:
    """Nine agreements: valid, expired, not yet begun; each with its area."""
    spots = spot_of(land, net)
    rows: list[tuple[str, tuple[str, ...], tuple[str, ...], BaseGeometry, str, date, date | None, str]] = [
        (
            "界心路毗邻区域环境卫生共管协议", ("509901", "509904"), CLEAN, net.border_road.buffer(40),
            code_of(S.SANITATION, "509901"), date(2025, 3, 1), date(2028, 3, 1),
            "界心路全幅清扫保洁由江岚区环卫作业中心承担，屏岭区按年分担一半费用；执法仍按各自辖区。",
        ),
        (
            "三界坝集市共同管理备忘录", ("509901003", "509901005", "509904001"), ("E01", "E03", "S01", "S02"),
            spots["three_town_market"].buffer(120), code_of(S.TOWNSHIP_OFFICE, "509901003"), date(2023, 5, 1),
            date(2025, 5, 1), "集市保洁由九十九梯街道牵头，三方轮值；两年有效，到期未续签。",
        ),
        (
            "白鹭河左右岸联防联控协议", ("509901", "509902"), WATER, land.lu.buffer(260),
            code_of(S.RIVER_CHIEF, "509902"), date(2024, 6, 1), None,
            "漂浮物由发现一侧先行打捞并通报对岸；每月由鹭北区区级河长召集联合巡河。",
        ),
        (
            "鹭影大桥桥下空间管理会议纪要", ("509901", "509902"), ("T05", "E01", "E17"),
            net.bridges[0].line.buffer(160), code_of(S.BRIDGE, plan.CITY), date(2025, 9, 1), date(2027, 9, 1),
            "桥下空间由市桥隧管护中心牵头清理，两岸街道配合。",
        ),
        (
            "插花地日常保洁委托协议", ("509902003", "509903002"), CLEAN, land.enclave.buffer(10),
            code_of(S.SANITATION, "509903"), date(2024, 1, 1), date(2027, 1, 1),
            "镜子湾街道插花地的日常保洁委托澜南区环卫作业中心；行政执法按行政区划不变。",
        ),
        (
            "屏风岭森林防火联防协议", ("509901", "509904"), ("X01", "E11"),
            stretch(land.ridge, 3400, 9300).buffer(900), code_of(S.EMERGENCY, "509904"), date(2024, 10, 1), None,
            "先见先报先扑；火点归属不清的同时报市级指挥机构。",
        ),
        (
            "四重立交设施移交与养护分工纪要", ("509902001", "509902003"), ("T02", "T03", "T04", "T06", "P01"),
            net.crossing.buffer(350), code_of(S.ROAD_MAINTENANCE, "509902"), date(2025, 1, 1), date(2026, 3, 1),
            "地面层由鹭北区养护；二层未完成移交，纪要有效期一年余，已到期。",
        ),
        (
            "云梯口镇区划调整过渡期事项移交清单", ("509901", "509904"), (), land.towns[plan.MOVED_OLD],
            code_of(S.GOVERNANCE_CENTRE, "509901"), plan.CHANGE, date(2026, 12, 31),
            "调整前已立案未结的由屏岭区原承办单位办结，新发事项由江岚区承接。",
        ),
        (
            "半边街门前环境轮值约定", ("509901002", "509901003"), ("E03", "S02", "S03"), net.half_street.buffer(25),
            code_of(S.TOWNSHIP_OFFICE, "509901002"), date(2026, 1, 1), date(2026, 12, 31),
            "单月望澜门街道牵头，双月九十九梯街道配合；不涉及行政执法。",
        ),
    ]  # fmt: skip
    return [
        Agreement(
            id=f"XY{i + 1:03d}", title=title, parties=parties, issues=issues, area=_area(area),
            arranges=_arranges(text), lead=lead, valid_from=start, valid_to=end, text=text,
        )
        for i, (title, parties, issues, area, lead, start, end, text) in enumerate(rows)
    ]  # fmt: skip


def _area(area: BaseGeometry) -> BaseGeometry:
    return degrees(area if isinstance(area, Point) else shapely.simplify(area, 2.0))


def _arranges(text: str) -> tuple[str, ...]:
    """Handling always; upkeep where the text speaks of keeping up; cost where it shares it."""
    found = ["handling"]
    if "养护" in text or "保洁" in text:
        found.append("upkeep")
    if "费用" in text:
        found.append("cost")
    return tuple(found)


LEGAL = ("S10", "S11", "T11", "E11", "X01", "P07", "T10", "E22")
"""Issues on which townships may act by law in the schematic city (示意，非真实清单)."""

GRANTED = {
    "509901": ("S01", "S02", "S03", "S04", "A01", "A03", "E13", "E17", "T09", "E01", "E02", "S06"),
    "509902": ("S01", "S02", "S03", "A01", "A03", "E13", "E17", "E01"),
    "509903": ("S01", "S02", "A01", "E17", "E14"),
    "509904": ("S01", "S02", "S03", "S04", "A01", "A02", "A03", "E13", "E17", "E14", "E12"),
}
"""What each district gave its townships from 2025-07-01 on."""

RECALLED = {"509901": ("E12", "C01"), "509902": ("T08", "E06"), "509903": ("S03", "E13"), "509904": ("E02",)}
"""What each district had given from 2023-07-01 and took back on 2025-07-01."""

ENTRUSTED = {"509901": ("S09",), "509902": ("S09", "E15"), "509903": ("T11",), "509904": ()}


def powers() -> list[EnforcementPower]:
    """District x issue x date; differs between neighbours on purpose."""
    start, reform, first = date(2000, 1, 1), date(2025, 7, 1), date(2023, 7, 1)
    found: list[EnforcementPower] = []
    for code in plan.DISTRICTS:
        found += [EnforcementPower(district=code, item=i, basis="legal", valid_from=start) for i in LEGAL]
        found += [EnforcementPower(district=code, item=i, basis="granted", valid_from=reform) for i in GRANTED[code]]
        found += [
            EnforcementPower(district=code, item=i, basis="granted", valid_from=first, valid_to=reform)
            for i in RECALLED[code]
        ]
        found += [
            EnforcementPower(district=code, item=i, basis="entrusted", valid_from=reform) for i in ENTRUSTED[code]
        ]
    return found

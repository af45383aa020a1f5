"""What happens in a year: issues with their weight, season, hour, place, handler and limit; the words people use."""

from dataclasses import dataclass

from domain.organisation import Sector

S = Sector

SEASONS: dict[str, tuple[float, ...]] = {
    "flat": (1.0,) * 12,
    "rain": (0.4, 0.5, 0.7, 1.0, 1.6, 2.1, 1.9, 1.5, 1.1, 0.8, 0.5, 0.4),
    "summer": (0.5, 0.5, 0.7, 0.9, 1.2, 1.5, 1.8, 1.8, 1.3, 0.9, 0.6, 0.5),
    "leaf": (0.7, 0.8, 1.3, 1.5, 1.1, 0.9, 0.9, 0.9, 0.9, 1.1, 1.4, 0.9),
    "build": (0.8, 0.4, 1.1, 1.2, 1.2, 1.1, 1.0, 1.0, 1.1, 1.2, 1.1, 1.0),
    "dry": (1.3, 1.5, 1.4, 1.0, 0.6, 0.4, 0.9, 1.3, 0.8, 0.6, 0.9, 1.2),
    "spring_festival": (0.6, 9.0, 0.6, 0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.2, 0.4),
}
"""Factor per calendar month, January first; hot and wet summers, dry winters."""

HOURS: dict[str, tuple[float, ...]] = {
    "day": (0.1,) * 6 + (0.3, 0.8, 1.4, 1.8, 1.7, 1.2, 0.9, 1.1, 1.6, 1.7, 1.4, 1.1, 0.8, 0.6, 0.5, 0.4, 0.2, 0.1),
    "evening": (0.2,) + (0.05,) * 7 + (0.2, 0.3, 0.4, 0.6, 0.7, 0.4, 0.3, 0.4, 0.7, 1.2, 1.8, 2.4, 2.6, 2.0, 1.2, 0.6),
    "night": (2.2, 1.8, 1.4, 1.0, 0.8, 0.7, 0.4) + (0.15,) * 13 + (0.4, 0.9, 1.8, 2.4),
}
"""Weight per hour of the day in China's time."""

WEEKEND = {"day": 0.72, "evening": 1.35, "night": 1.05}
"""Factor on Saturdays and Sundays by kind of hour."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One issue of the year.

    `share`: expected cases a day in the whole city; `where`: an asset category, or `road`, `river`, `site`,
    `compound`, `forest`, `market`; `handler`: sector whose unit handles it, None = the asset's keeper.
    """

    issue: str
    share: float
    season: str
    hours: str
    where: str
    handler: Sector | None
    limit_h: float
    words: tuple[str, ...]


KINDS = (
    Kind("P01", 0.75, "flat", "day", "manhole", None, 24, ("井盖松动，过车哐当响", "井盖翘起来了", "窨井盖破了个角")),
    Kind("P02", 0.1, "flat", "day", "manhole.unmarked", S.HOUSING, 72, ("井盖没得字，不晓得是哪家的", "无字井盖下沉")),
    Kind("P03", 0.7, "rain", "day", "grate", None, 4, ("水篦子堵了", "雨水篦子遭树叶糊住", "下雨就淹，篦子不走水")),
    Kind("P04", 0.45, "rain", "day", "manhole.sewage", None, 16, ("污水井冒溢", "粪水流到路上", "污水井在翻水")),
    Kind("P05", 0.8, "flat", "evening", "lamp", None, 48, ("路灯不亮", "路灯一闪一闪", "灯杆歪了")),
    Kind("P06", 0.3, "rain", "day", "pole", None, 24, ("线缆垂下来了", "飞线挡路", "电杆斜起的")),
    Kind("P08", 0.3, "flat", "day", "hydrant", None, 24, ("水管爆了", "地下冒清水", "自来水喷起来了")),
    Kind("P09", 0.12, "flat", "day", "hydrant", None, 24, ("消火栓漏水", "消防栓盖子不见了", "消火栓遭东西埋起")),
    Kind("P10", 0.15, "flat", "day", "power_box", None, 24, ("配电箱门开起的", "电箱门锁坏了")),
    Kind("P11", 0.12, "flat", "day", "fitness", None, 168, ("健身器材松动", "单杠螺丝掉了")),
    Kind("T01", 0.25, "flat", "day", "signal", None, 24, ("红绿灯不亮", "红绿灯乱闪")),
    Kind("T02", 0.3, "flat", "day", "sign", None, 24, ("标志牌倒了", "路牌遭撞歪")),
    Kind("T06", 0.9, "rain", "day", "road", None, 24, ("路面坑凼", "路烂了个大坑", "路面下沉")),
    Kind("T07", 0.4, "build", "night", "road", S.SANITATION, 2, ("渣土洒了一路", "砂石洒漏")),
    Kind("T08", 0.9, "flat", "day", "road", S.TRAFFIC_POLICE, 2, ("车占人行道停起", "路口乱停车")),
    Kind("T09", 0.7, "leaf", "evening", "road", S.BIKE_SHARING, 1, ("共享单车倒一地", "单车堆满人行道")),
    Kind("T11", 0.3, "flat", "evening", "compound", S.FIRE, 4, ("消防通道遭车堵起", "消防通道堆东西")),
    Kind("T12", 0.2, "build", "day", "road", S.URBAN_MANAGEMENT, 24, ("围挡占道，没看到公示牌", "路挖开没回填")),
    Kind("T13", 0.12, "flat", "day", "bus_shelter", None, 72, ("站牌倒了", "候车亭玻璃碎了")),
    Kind("T14", 0.2, "flat", "day", "road", None, 48, ("盲道断了", "坡道遭堵")),
    Kind("E01", 1.9, "summer", "day", "road", S.SANITATION, 4, ("垃圾堆起没人收", "暴露垃圾，臭得很", "垃圾成堆")),
    Kind("E02", 0.5, "build", "night", "road", S.SANITATION, 48, ("有人偷倒渣土", "装修垃圾堆在路边")),
    Kind("E03", 1.0, "leaf", "day", "road", S.SANITATION, 5, ("街面脏，没扫", "落叶一地")),
    Kind("E04", 0.4, "rain", "day", "river", S.SANITATION, 24, ("河面漂垃圾", "岸边一层漂浮物")),
    Kind("E05", 0.2, "dry", "day", "river", S.ECOLOGY, 24, ("河水发黑发臭", "排口在排浑水")),
    Kind("E06", 0.35, "leaf", "day", "green", S.GREENING, 40, ("绿化带遭种菜", "绿地里全是垃圾")),
    Kind("E07", 0.4, "rain", "day", "tree", None, 24, ("树枝断了吊起的", "行道树倒了")),
    Kind("E11", 0.2, "dry", "evening", "road", S.URBAN_MANAGEMENT, 1, ("有人烧垃圾", "烧树叶冒浓烟")),
    Kind("E12", 0.6, "summer", "evening", "road", S.ECOLOGY, 40, ("馆子油烟大", "油烟直排楼上")),
    Kind("E13", 0.3, "summer", "evening", "road", S.URBAN_MANAGEMENT, 2, ("露天烧烤油烟大", "烧烤摊占道")),
    Kind("E20", 0.1, "rain", "day", "forest", S.PLANNING, 2, ("边坡掉石头", "坡上在垮土")),
    Kind("E21", 0.3, "rain", "day", "grate", S.DRAINAGE, 2, ("路面积水", "下穿道淹了")),
    Kind("A01", 0.7, "flat", "day", "pole", S.SANITATION, 8, ("牛皮癣贴满", "乱贴小广告")),
    Kind("A02", 0.25, "rain", "day", "road", S.URBAN_MANAGEMENT, 24, ("招牌要掉了", "广告牌歪了")),
    Kind("C01", 0.4, "build", "night", "site", S.ECOLOGY, 1, ("半夜还在打桩", "工地通宵施工")),
    Kind("C02", 0.3, "dry", "day", "site", S.HOUSING, 24, ("工地灰大", "裸土没盖")),
    Kind("C03", 0.2, "build", "day", "site", S.URBAN_MANAGEMENT, 2, ("渣土车带泥上路", "工地门口全是泥")),
    Kind("S01", 1.3, "summer", "evening", "road", S.URBAN_MANAGEMENT, 2, ("摆摊占道", "流动摊贩堵路")),
    Kind("S02", 0.7, "flat", "day", "road", S.URBAN_MANAGEMENT, 2, ("店子摆到人行道", "出店经营")),
    Kind("S06", 0.3, "flat", "day", "road", S.URBAN_MANAGEMENT, 1, ("店铺喇叭吵人", "促销音响太大")),
    Kind("S07", 0.4, "summer", "evening", "green", S.PUBLIC_SECURITY, 1, ("坝坝舞音响大", "广场舞吵人")),
    Kind("S09", 0.12, "spring_festival", "night", "road", S.PUBLIC_SECURITY, 1, ("有人放火炮", "禁放区放烟花")),
    Kind("S10", 0.2, "flat", "day", "compound", S.PLANNING, 80, ("楼顶在搭棚", "占道搭建")),
    Kind("S12", 0.35, "flat", "day", "compound", S.HOUSING, 120, ("物业不管停车位", "公共收益没公示")),
    Kind("S13", 0.2, "flat", "day", "compound", S.MARKET, 8, ("电梯停运", "电梯卡人")),
)
"""Limits are working figures of the schematic city, not law."""

WITHOUT_OWNER = {
    "P01": S.HOUSING, "P03": S.DRAINAGE, "P04": S.DRAINAGE, "P05": S.LIGHTING, "T06": S.ROAD_MAINTENANCE,
    "T14": S.ROAD_MAINTENANCE, "E07": S.GREENING, "P08": S.WATER_SUPPLY,
}  # fmt: skip
"""Who handles a part that has no recorded owner, or that the ledger does not know."""

BY_ISSUE = {kind.issue: kind for kind in KINDS}
EMERGENCY = frozenset({"P06", "P08", "E20", "E21", "S13", "T01"})

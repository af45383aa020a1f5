"""Units (单位) at three levels and the operators beside them, with validity dates."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Level(StrEnum):
    """Levels of territory and of government."""

    CITY = "city"
    DISTRICT = "district"
    TOWNSHIP = "township"
    COMMUNITY = "community"
    GRID = "grid"


class Sector(StrEnum):
    """What a unit is there for (部门/行业); the value is stable, the Chinese name is in `SECTOR_NAMES`."""

    GOVERNMENT = "government"
    GOVERNANCE_CENTRE = "governance_centre"
    URBAN_MANAGEMENT = "urban_management"
    HOUSING = "housing"
    PLANNING = "planning"
    ECOLOGY = "ecology"
    WATER = "water"
    PUBLIC_SECURITY = "public_security"
    TRAFFIC_POLICE = "traffic_police"
    FIRE = "fire"
    EMERGENCY = "emergency"
    TRANSPORT = "transport"
    MARKET = "market"
    AGRICULTURE = "agriculture"
    FORESTRY = "forestry"
    ECONOMY_IT = "economy_it"
    TELECOM_ADMIN = "telecom_admin"
    CIVIL_AFFAIRS = "civil_affairs"
    JUSTICE = "justice"
    FINANCE = "finance"
    BIG_DATA = "big_data"
    HEALTH = "health"
    CULTURE_SPORT = "culture_sport"
    TOWNSHIP_OFFICE = "township_office"
    TOWN_ENFORCEMENT = "town_enforcement"
    COMMUNITY_COMMITTEE = "community_committee"
    SANITATION = "sanitation"
    ROAD_MAINTENANCE = "road_maintenance"
    GREENING = "greening"
    LIGHTING = "lighting"
    DRAINAGE = "drainage"
    WATER_SUPPLY = "water_supply"
    GAS = "gas"
    POWER = "power"
    TELECOM = "telecom"
    BRIDGE = "bridge"
    HIGHWAY = "highway"
    RAIL_TRANSIT = "rail_transit"
    RAILWAY = "railway"
    BUS = "bus"
    BIKE_SHARING = "bike_sharing"
    PROPERTY = "property"
    BUILDER = "builder"
    RIVER_CHIEF = "river_chief"


SECTOR_NAMES: dict[Sector, str] = {
    Sector.GOVERNMENT: "人民政府",
    Sector.GOVERNANCE_CENTRE: "城市运行和治理中心",
    Sector.URBAN_MANAGEMENT: "城市管理局",
    Sector.HOUSING: "住房城乡建委",
    Sector.PLANNING: "规划自然资源局",
    Sector.ECOLOGY: "生态环境局",
    Sector.WATER: "水利局（河长办）",
    Sector.PUBLIC_SECURITY: "公安局",
    Sector.TRAFFIC_POLICE: "交巡警",
    Sector.FIRE: "消防救援",
    Sector.EMERGENCY: "应急管理局",
    Sector.TRANSPORT: "交通运输委",
    Sector.MARKET: "市场监管局",
    Sector.AGRICULTURE: "农业农村委",
    Sector.FORESTRY: "林业局",
    Sector.ECONOMY_IT: "经济信息委",
    Sector.TELECOM_ADMIN: "通信管理局",
    Sector.CIVIL_AFFAIRS: "民政局",
    Sector.JUSTICE: "司法局",
    Sector.FINANCE: "财政局",
    Sector.BIG_DATA: "大数据发展局",
    Sector.HEALTH: "卫生健康委",
    Sector.CULTURE_SPORT: "文旅体育委",
    Sector.TOWNSHIP_OFFICE: "街道办事处/镇人民政府",
    Sector.TOWN_ENFORCEMENT: "综合行政执法大队",
    Sector.COMMUNITY_COMMITTEE: "社区居委会",
    Sector.SANITATION: "环卫作业单位",
    Sector.ROAD_MAINTENANCE: "市政养护单位",
    Sector.GREENING: "园林养护单位",
    Sector.LIGHTING: "照明管理单位",
    Sector.DRAINAGE: "排水设施运营单位",
    Sector.WATER_SUPPLY: "供水企业",
    Sector.GAS: "燃气经营企业",
    Sector.POWER: "供电企业",
    Sector.TELECOM: "通信运营企业",
    Sector.BRIDGE: "桥隧管护单位",
    Sector.HIGHWAY: "公路管理机构",
    Sector.RAIL_TRANSIT: "轨道运营单位",
    Sector.RAILWAY: "铁路运输企业",
    Sector.BUS: "公交企业",
    Sector.BIKE_SHARING: "共享单车企业",
    Sector.PROPERTY: "物业服务企业",
    Sector.BUILDER: "建设（施工）单位",
    Sector.RIVER_CHIEF: "河长",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit: who it is, where it serves and what it can do.

    Attributes:
        code: Stable code, e.g. `u-500901-urban_management`.
        level: The level at which it stands; operators stand at the level of the region they serve.
        region: Code of the region it serves; the city's code for city-wide units.
        skills: What its crews can do: sector values and issue ids it takes (qualification for dispatch).
        lon, lat: Its depot, WGS-84 degrees.
    """

    code: str
    name: str
    level: Level
    sector: Sector
    region: str
    parent: str = ""
    lon: float = 0.0
    lat: float = 0.0
    skills: tuple[str, ...] = ()
    phone: str = ""
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """Whether the unit exists on this day (`valid_to` is the first day it does not)."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Register:
    """All units of a world, found by code or by sector and region."""

    units: tuple[Unit, ...]
    _by_code: dict[str, Unit] = field(init=False, repr=False, compare=False)
    _by_place: dict[tuple[Sector, str], list[Unit]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_place: dict[tuple[Sector, str], list[Unit]] = {}
        for unit in self.units:
            by_place.setdefault((unit.sector, unit.region), []).append(unit)
        object.__setattr__(self, "_by_code", {unit.code: unit for unit in self.units})
        object.__setattr__(self, "_by_place", by_place)

    def get(self, code: str) -> Unit | None:
        """The unit with this code, valid or not; None when there is none."""
        return self._by_code.get(code)

    def find(self, sector: Sector, regions: Iterable[str], on: date) -> Unit | None:
        """First unit of the sector that serves one of `regions` on that day.

        Args:
            sector: What the unit must be for.
            regions: Region codes from the narrowest to the widest, e.g. township, district, city.
            on: The day.
        """
        for region in regions:
            for unit in self._by_place.get((sector, region), ()):
                if unit.valid_on(on):
                    return unit
        return None

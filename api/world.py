"""Routes about the city as data: its regions as a map, its units, and the issues that people report."""

from collections import Counter
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from shapely.geometry import mapping

from api.deps import CanReadWorld, ServicesDep, Today
from api.docs import answers
from api.models import View
from domain.errors import Forbidden, InvalidInput, Unavailable
from domain.issues import Issue, issue_table
from domain.organisation import SECTOR_NAMES, Level, Sector, Unit
from domain.region import Region

router = APIRouter(prefix="/api/v1", tags=["城市"])


class GeoJson(JSONResponse):
    """GeoJSON (RFC 7946)."""

    media_type = "application/geo+json"


class RegionOut(View):
    """One region without its outline."""

    code: str
    name: str
    level: Level
    parent: str
    boundary_source: str = Field(description="agreement 界线协议书；approximate 近似边界，不得用于执法。")
    valid_from: date
    valid_to: date | None


class WorldOut(BaseModel):
    """The city in numbers."""

    name: str
    version: str = Field(description="城市数据的哈希。")
    city: str = Field(description="全市的区划编码。")
    on: date
    territory_version: str = Field(description="该日所用区划版本的生效日期。")
    counts: dict[str, int] = Field(description="各级区划、单位、部件、协议的数量。")
    districts: list[RegionOut]


class UnitOut(View):
    """One unit (单位)."""

    code: str
    name: str
    level: Level
    sector: Sector
    region: str
    parent: str
    phone: str


class UnitsOut(BaseModel):
    """Units, by code."""

    items: list[UnitOut]


class IssueOut(View):
    """One issue (事项) that people report."""

    id: str
    name: str
    aliases: list[str]
    kind: str = Field(description="part 部件，event 事件，extended 扩展。")
    category: str
    handling: list[Sector]
    upkeep: list[Sector]
    supervision: list[Sector]
    enforcement: list[Sector]
    danger: bool = Field(description="性质危险：先处置、后定责。")


class IssuesOut(BaseModel):
    """All issues, and the Chinese names of the sectors they mention."""

    items: list[IssueOut]
    sectors: dict[str, str]


_REGION = {
    "code": "509901",
    "name": "江岚区",
    "level": "district",
    "parent": "509900",
    "boundary_source": "approximate",
    "valid_from": "2000-01-01",
    "valid_to": None,
}
_WORLD: dict[str, Any] = {
    "name": "云屏市",
    "version": "a1b2c3d4e5f60718",
    "city": "509900",
    "on": "2026-03-02",
    "territory_version": "2024-01-01",
    "counts": {"district": 4, "township": 16, "units": 120, "assets": 900, "zones": 30, "agreements": 2},
    "districts": [_REGION],
}
_MAP: dict[str, Any] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "id": "509901",
            "properties": _REGION,
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[106.5, 29.5], [106.6, 29.5], [106.6, 29.6], [106.5, 29.5]]],
            },
        }
    ],
}
_UNIT = {
    "code": "u-509901-drainage",
    "name": "江岚区排水设施运营公司",
    "level": "district",
    "sector": "drainage",
    "region": "509901",
    "parent": "",
    "phone": "",
}
_ISSUE: dict[str, Any] = {
    "id": "P01",
    "name": "井盖缺损",
    "aliases": ["井盖翻了"],
    "kind": "part",
    "category": "公用设施",
    "handling": ["township_office"],
    "upkeep": ["drainage"],
    "supervision": ["urban_management"],
    "enforcement": ["urban_management"],
    "danger": True,
}

On = Annotated[date | None, Query(description="哪一天的区划（YYYY-MM-DD）；默认今天。", examples=["2026-03-02"])]


@router.get(
    "/world",
    summary="城市概况",
    description="当前城市数据的名称、版本、各级区划与单位的数量、区县清单。",
    responses=answers(_WORLD, InvalidInput, Forbidden, Unavailable),
)
async def read_world(services: ServicesDep, principal: CanReadWorld, today: Today, on: On = None) -> WorldOut:  # noqa: ARG001
    """The city in numbers, on a day."""
    world, day = services.world, on or today
    regions = [region for region in world.regions if region.valid_on(day)]
    counts = Counter(str(region.level) for region in regions)
    counts |= Counter(
        units=len(world.register.units),
        assets=len(world.assets),
        zones=len(world.zones),
        agreements=len(world.agreements),
    )
    districts = [RegionOut.model_validate(region) for region in regions if region.level is Level.DISTRICT]
    return WorldOut(
        name=world.name, version=world.version, city=world.city, on=day,
        territory_version=services.territory.version_on(day), counts=dict(counts), districts=districts,
    )  # fmt: skip


@router.get(
    "/world/regions",
    summary="区划地图",
    description="某级区划在某日的边界，GeoJSON，WGS-84 经纬度。边界均为近似时不得用于执法。",
    responses=answers(_MAP, InvalidInput, Forbidden, Unavailable, media_type=GeoJson.media_type),
    response_class=GeoJson,
)
async def read_regions(
    services: ServicesDep,
    principal: CanReadWorld,  # noqa: ARG001  the right is what is asked for
    today: Today,
    level: Annotated[Level, Query(description="哪一级。")] = Level.DISTRICT,
    on: On = None,
) -> GeoJson:
    """Outlines of the regions of one level on a day."""
    day = on or today
    regions = (r for r in services.world.regions if r.level is level and r.valid_on(day))
    return GeoJson({"type": "FeatureCollection", "features": [_feature(region) for region in regions]})


def _feature(region: Region) -> dict[str, Any]:
    properties = RegionOut.model_validate(region).model_dump(mode="json")
    return {"type": "Feature", "id": region.code, "properties": properties, "geometry": mapping(region.geometry)}


@router.get(
    "/world/units",
    summary="单位名录",
    description="现行单位，可按行业与区划筛选；改定责任时用其编码。",
    responses=answers({"items": [_UNIT]}, InvalidInput, Forbidden, Unavailable),
)
async def read_units(
    services: ServicesDep,
    principal: CanReadWorld,  # noqa: ARG001  the right is what is asked for
    today: Today,
    sector: Annotated[Sector | None, Query(description="只列此行业。")] = None,
    region: Annotated[str, Query(max_length=20, description="只列服务于此区划的。", examples=["509901"])] = "",
) -> UnitsOut:
    """Units that exist today."""
    units = [unit for unit in services.world.register.units if unit.valid_on(today) and _wanted(unit, sector, region)]
    return UnitsOut(items=[UnitOut.model_validate(unit) for unit in sorted(units, key=lambda unit: unit.code)])


def _wanted(unit: Unit, sector: Sector | None, region: str) -> bool:
    return sector in (None, unit.sector) and region in ("", unit.region)


@router.get(
    "/issues",
    summary="事项清单",
    description="可上报的事项及其四种责任的行业分工。",
    responses=answers({"items": [_ISSUE], "sectors": {"drainage": "排水设施运营单位"}}, Forbidden, Unavailable),
)
async def read_issues(principal: CanReadWorld) -> IssuesOut:  # noqa: ARG001  the right is what is asked for
    """All issues by id."""
    table: dict[str, Issue] = dict(issue_table())
    items = [IssueOut.model_validate(table[key]) for key in sorted(table)]
    return IssuesOut(items=items, sectors={str(sector): name for sector, name in SECTOR_NAMES.items()})

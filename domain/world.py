"""The city as data: territory, units, assets, zones, agreements, powers; loaded once, never changed."""

from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry

from domain.organisation import Register
from domain.region import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One managed part (部件) in the ledger (台账).

    Attributes:
        category: Dotted kind: `manhole.sewage|storm|water|power|telecom|gas|police|unmarked`, `grate`, `lamp`,
            `tree`, `old_tree`, `pipe.*`, `bridge`, `overpass`, `tunnel`, `signal`, `sign`, `guardrail`, `hydrant`,
            `power_box`, `pole`, `bus_shelter`, `road`, `green`, `rail`, `railway`, `dyke`, `fitness`, `toilet`.
        owner: Unit code of who owns it; empty when nobody is recorded (权属不明).
        maintainer: Unit code of who keeps it up; empty = the owner.
        marking: Words on its cover, pole or box; empty when unmarked.
        geometry: Point, line or polygon, WGS-84 degrees.
    """

    id: str
    category: str
    owner: str
    geometry: BaseGeometry
    maintainer: str = ""
    marking: str = ""
    name: str = ""
    height_m: float | None = None
    accuracy_m: float = 5.0
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A piece of ground with a legal quality.

    `kind`: `compound` 小区/单位红线, `building_site` 工地, `rail_zone` 轨道设施范围, `railway_land` 铁路地界,
    `river_reach` 河段, `bridge_under` 桥下空间, `forest` 林地, `built_up` 建成区, `frontage` 门前责任区,
    `market` 集市, `no_fireworks` 禁放区, `dispute` 界线争议地段. `unit`: who holds or keeps it, empty when nobody.
    """

    id: str
    kind: str
    name: str
    geometry: BaseGeometry
    unit: str = ""
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A cross-boundary agreement or superior's minutes (毗邻协议/会议纪要).

    Attributes:
        parties: Region codes.
        issues: Issue ids it covers; empty = all.
        area: Where it holds, WGS-84.
        arranges: Which duties it arranges: of `handling`, `upkeep`, `cost`; what it says of anything else is void.
        lead: Unit code that leads what `leads` does not name.
        signed_on: Day on which all parties had signed; None = not recorded, and taken as signed.
        signed: Whether all parties signed; a draft binds nobody.
        replaces: Ids of earlier papers that it says it takes the place of, from `valid_from` on.
        leads: (duty, unit code) where one paper names different units for different duties.
    """

    id: str
    title: str
    parties: tuple[str, ...]
    issues: tuple[str, ...]
    area: BaseGeometry
    arranges: tuple[str, ...]
    lead: str
    valid_from: date
    valid_to: date | None
    text: str = ""
    signed_on: date | None = None
    signed: bool = True
    replaces: tuple[str, ...] = ()
    leads: tuple[tuple[str, str], ...] = ()

    def lead_of(self, duty: str) -> str:
        """Unit code that leads a duty; empty when the paper does not arrange it."""
        return dict(self.leads).get(duty, self.lead) if duty in self.arranges else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementPower:
    """A power of enforcement given to townships: district x item x date (赋权清单).

    `item` is an issue id. `basis` is `legal` 法定, `granted` 赋权 or `entrusted` 委托.
    """

    district: str
    item: str
    basis: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the domain must know of a city, immutable.

    Attributes:
        version: Hash of the content, part of each run's record.
        city: Code of the city's region.
    """

    name: str
    version: str
    city: str
    regions: tuple[Region, ...]
    register: Register
    assets: tuple[Asset, ...] = ()
    zones: tuple[Zone, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    powers: tuple[EnforcementPower, ...] = ()

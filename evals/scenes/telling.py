"""What people send (上报) and what is plainly true of it: the pieces that every family is told with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator
from shapely.geometry import Point

from domain.crs import wgs84_to_gcj02
from domain.organisation import Sector
from domain.world import World
from evals.scenes.form import Scene, Truth, none, person, unit, unknown
from evals.scenes.ground import Ground, NoRoom, Town, code_of, lon_lat
from evals.scenes.matters import MATTERS, Matter

GIVEN = 0.3
"""Share of scenes whose issue is handed to the service."""
FIRST_DAY, DAYS = date(2025, 8, 1), 330
"""Days of scenes that do not turn on a date: after the powers of 2025, before the change of territory of 2026."""
LEADS = ("", "", "巡查发现，", "群众反映，", "刚刚路过，", "你们来看下嘛，", "网格员报：")
TAILS = ("", "", "，麻烦处理一下", "，哪个来管一下嘛", "，请派人看看", "，好多人都在说")


T = TypeVar("T")


@dataclass(slots=True)
class Telling:
    """Tells the scenes of one family.

    Attributes:
        ground: The city and what is planted in it.
        rng: The family's own stream of the seed.
        family: Its name.
    """

    ground: Ground
    rng: Generator
    family: str
    scenes: list[Scene] = field(default_factory=list[Scene])

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[int(self.rng.integers(len(options)))]

    def day(self) -> date:
        """A day on which nothing changes."""
        return FIRST_DAY + timedelta(days=int(self.rng.integers(DAYS)))

    def words(self, matter: Matter) -> str:
        """One way to say it."""
        return f"{self.pick(LEADS)}{self.pick(matter.words)}{self.pick(TAILS)}"

    def edge(
        self, gap_m: float, *, same_district: bool, bare_of: Sequence[str] = (), bare_m: float = 90.0
    ) -> tuple[Point, Town, Town]:
        """A spot at the gap from a line between two townships: the spot, the township it is in, and the other.

        Args:
            gap_m: Metres from the line, >= 0.
            same_district: Whether the two are of one district.
            bare_of: Kinds of parts of which the shipped ledger has none within `bare_m`.
            bare_m: Metres.
        """
        pairs = self.ground.neighbours(same_district=same_district)
        room = np.array([sum(part.length for part in self.ground.room(a, b)) for a, b in pairs])
        for _ in range(60 if room.any() else 0):
            a, b = pairs[int(self.rng.choice(len(pairs), p=room / room.sum()))]
            a, b = (a, b) if self.rng.random() < 0.5 else (b, a)
            try:
                spot = self.ground.beside(self.rng, a, b, gap_m)
            except NoRoom:
                continue
            if not bare_of or self.ground.without_parts(spot, bare_of, bare_m):
                return spot, a, b
        raise NoRoom("no line has room left")

    def tell(
        self,
        matter: Matter,
        truths: Mapping[str, Truth],
        spot: Point | None,
        *,
        day: date,
        note: str,
        accuracy_m: float | None = None,
        text: str = "",
        gcj: bool = False,
        received: date | None = None,
        **more: Any,  # noqa: ANN401
    ) -> Scene:
        """Enter one scene; `more` are further fields of the observation."""
        sent: dict[str, Any] = {"text": text or self.words(matter), "source": "person", **more}
        sent["observed_at"] = f"{day.isoformat()}T{9 + int(self.rng.integers(8)):02d}:20:00+08:00"
        if spot is not None:
            lon, lat = lon_lat(spot)
            if gcj:
                lon, lat = (round(value, 7) for value in wgs84_to_gcj02(lon, lat))
            sent |= {"lon": lon, "lat": lat, "crs": "GCJ02" if gcj else "WGS84"}
        if accuracy_m is not None:
            sent["accuracy_m"] = round(accuracy_m, 1)
        scene = Scene(
            id=f"{self.family}-{len(self.scenes) + 1:02d}",
            family=self.family,
            issue=matter.issue,
            given=bool(self.rng.random() < GIVEN),
            day=day,
            observation=sent,
            truths=dict(truths),
            note=note,
            received=received,
        )
        self.scenes.append(scene)
        return scene


def matters(*issues: str) -> tuple[Matter, ...]:
    """Matters by their issues."""
    return tuple(MATTERS[issue] for issue in issues)


def has_power(world: World, district: str, issue: str, day: date) -> bool:
    """Whether townships of a district held the power themselves that day (法定 or 赋权, not 委托), by the list."""
    return any(
        power.district == district
        and power.item == issue
        and power.basis != "entrusted"
        and power.valid_from <= day
        and (power.valid_to is None or day < power.valid_to)
        for power in world.powers
    )


def authority(world: World, matter: Matter, town: Town, day: date) -> str:
    """Who may penalise the matter in a township that day; empty when it is no offence."""
    if matter.enforcement is None:
        return ""
    if has_power(world, town.district, matter.issue, day):
        return town.team
    return town.unit(matter.enforcement)


def enforcement(world: World, matter: Matter, town: Town, day: date) -> Truth:
    """Truth of the enforcement at a place that is sure."""
    competent = authority(world, matter, town, day)
    if not competent:
        return none("没有对应的行政处罚")
    if not matter.act:
        return none("没有需要查处的行为", competent)
    if matter.local and competent != town.team:
        return person("监管部门由地方确定，未见确定文件")
    return unit(competent, f"行政处罚法第22至24条：发生地在{town.name}，{day}的清单", signed=True)


def duties(world: World, matter: Matter, town: Town, day: date) -> dict[str, Truth]:
    """The four duties of a matter that lies surely in a township, on public ground, without agreement or owner."""
    where = f"地点在{town.name}"
    first = town.office if matter.handling is None else town.unit(matter.handling)
    upkeep = none("由行为人自行清除、改正", town.unit(Sector.SANITATION)) if matter.upkeep is None else None
    supervisors = tuple(town.unit(sector) for sector in matter.supervision)
    return {
        "handling": unit(first, f"{matter.source}；{where}"),
        "upkeep": upkeep or unit(town.unit(matter.upkeep or Sector.SANITATION), f"{matter.source}；{where}"),
        "supervision": unknown("监管部门由地方确定，未见确定文件")
        if matter.local
        else unit(supervisors[0], f"{matter.source}；{where}", also=supervisors[1:]),
        "enforcement": enforcement(world, matter, town, day),
    }


def owned(
    world: World, matter: Matter, owner: str, region: str, town: Town, day: date, *, near: Town
) -> dict[str, Truth]:
    """The duties of a managed part whose keeper stands in the ledger, wherever the line runs.

    Args:
        world: The city.
        matter: What is wrong with it.
        owner: Code of its keeper.
        region: District that the keeper serves; the city for city-wide keepers, over whom the place's district watches.
        town: Where it stands.
        day: The day.
        near: The township across the line, or `town` itself. On a line between two districts the department of the
            city, and that of the other district, is right as well for a city-wide keeper.
    """
    why = f"台账登记由其养护（{matter.source}），权属不因区界而断"
    homes = [region] if region != world.city else [town.district]
    if region == world.city and near.district != town.district:
        homes += [near.district, world.city]
    levels = {Sector.TELECOM_ADMIN: world.city}
    watch = [code_of(sector, levels.get(sector, home)) for sector in matter.supervision for home in homes]
    competent = [code_of(matter.enforcement, home) for home in homes] if matter.enforcement else []
    own = authority(world, matter, town, day)
    idle = none("没有需要查处的行为", *dict.fromkeys([own, *competent])) if own else none("没有对应的行政处罚")
    return {
        "handling": unit(town.office, "危险先行处置，首接单位先到场") if matter.danger else unit(owner, why),
        "upkeep": unit(owner, why),
        "supervision": unit(watch[0], f"监管随权属单位所在区（{matter.source}）", also=tuple(dict.fromkeys(watch[1:]))),
        "enforcement": idle,
    }


def on_line(
    world: World, matter: Matter, sides: Sequence[Town], day: date, *, receiver: str, why: str
) -> dict[str, Truth]:
    """The duties of a matter on public ground that cannot be put on one side of a line.

    What every side shares is sure (two townships of one district have the same district units); the rest a person or
    the common superior decides, while the first receiver acts.
    """
    each = [duties(world, matter, town, day) for town in sides]
    found: dict[str, Truth] = {}
    for duty in ("upkeep", "supervision", "enforcement"):
        answers = {truths[duty].unit for truths in each}
        if len(answers) == 1:
            found[duty] = each[0][duty]
            continue
        idle = all(truths[duty].outcome == "none" for truths in each)
        competent = tuple(dict.fromkeys(code for truths in each for code in truths[duty].also))
        found[duty] = none(each[0][duty].why, *competent) if idle else person(why)
    if all(truths["enforcement"].outcome == "none" for truths in each):
        competent = tuple(dict.fromkeys(code for truths in each for code in truths["enforcement"].also))
        found["enforcement"] = none(each[0]["enforcement"].why, *competent)
    firsts = {truths["handling"].unit for truths in each}
    shared = next(iter(firsts)) if len(firsts) == 1 else ""
    found["handling"] = (
        unit(shared, each[0]["handling"].why, also=(receiver,))
        if shared
        else unit(receiver, "责任未定前由首接单位先处置")
    )
    return {duty: found[duty] for duty in ("handling", "upkeep", "supervision", "enforcement")}

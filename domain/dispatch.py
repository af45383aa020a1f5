"""Who goes (派单): the unit that the opinion names, else the nearest qualified one by straight line."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from domain.errors import Unavailable
from domain.geo import WGS84, Point
from domain.issues import issue_table
from domain.organisation import Level, Sector, Unit
from domain.world import World

FAR = 2.0
"""A helper is named when the unit responsible is this many times as far away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who goes: the unit chosen, its distance in metres (None when a place is unknown), and why, in Chinese."""

    unit: Unit
    distance_m: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StraightLineDispatcher:
    """Chooses over the ground as the crow flies; fulfils `agents.context.Dispatcher`."""

    world: World
    _lon: np.ndarray = field(init=False, repr=False, compare=False)
    _lat: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        units = self.world.register.units
        object.__setattr__(self, "_lon", np.array([unit.lon for unit in units], dtype=np.float64))
        object.__setattr__(self, "_lat", np.array([unit.lat for unit in units], dtype=np.float64))

    def __call__(self, point: Point | None, unit_code: str, issue: str, day: date) -> Assignment:
        """Who goes.

        Args:
            point: Where; None when it is not known.
            unit_code: Unit that the opinion names for handling; empty when it names none.
            issue: Issue id; empty when unknown.
            day: Units must exist on this day.

        Raises:
            Unavailable: If nobody at all can be sent, not even the city's governance centre.
        """
        named = self.world.register.get(unit_code)
        nearest = self._nearest(point, issue, day)
        if named is not None and named.valid_on(day):
            return self._responsible(named, nearest, point)
        if nearest is not None:
            name = issue_table()[issue].name
            why = f"意见书未指明现场处置单位，按具备“{name}”处置能力的单位中直线距离最近者派单"
            return Assignment(unit=nearest[0], distance_m=nearest[1], reasons=(why,))
        return self._centre(day)

    def _responsible(self, named: Unit, nearest: tuple[Unit, float] | None, point: Point | None) -> Assignment:
        gap_m = None if point is None else float(WGS84.inv(point.lon, point.lat, named.lon, named.lat)[2])
        reasons = ["意见书指明的现场处置单位"]
        if nearest is not None and gap_m is not None and nearest[0].code != named.code and gap_m > FAR * nearest[1]:
            reasons.append(f"“{nearest[0].name}”更近（{nearest[1]:.0f}米），需要时可请其支援")
        return Assignment(unit=named, distance_m=gap_m, reasons=tuple(reasons))

    def _nearest(self, point: Point | None, issue: str, day: date) -> tuple[Unit, float] | None:
        known = issue_table().get(issue)
        if point is None or known is None:
            return None
        units = self.world.register.units
        able = [i for i, unit in enumerate(units) if issue in unit.skills and unit.valid_on(day)]
        able = [i for i in able if units[i].sector in known.handling] or able
        if not able:
            return None
        lon, lat = np.full(len(able), point.lon), np.full(len(able), point.lat)
        gaps_m = WGS84.inv(lon, lat, self._lon[able], self._lat[able])[2]
        best = min(range(len(able)), key=lambda k: (gaps_m[k], units[able[k]].code))
        return units[able[best]], float(gaps_m[best])

    def _centre(self, day: date) -> Assignment:
        place = (self.world.city,)
        for sector in (Sector.GOVERNANCE_CENTRE, Sector.GOVERNMENT):
            unit = self.world.register.find(sector, place, day)
            if unit is not None:
                return Assignment(unit=unit, distance_m=None, reasons=("事项或位置不明，由治理中心先行受理并补充信息",))
        first = next((u for u in self.world.register.units if u.level is Level.CITY and u.valid_on(day)), None)
        if first is None:
            raise Unavailable("没有任何单位可以接单。", "请用 lianzhi world import 导入单位表。")
        return Assignment(unit=first, distance_m=None, reasons=("事项或位置不明，且未登记治理中心，交市级单位受理",))

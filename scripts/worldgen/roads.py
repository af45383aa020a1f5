"""Roads, rails and bridges of the plan, in metres."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, Point
from shapely.ops import substring

from scripts.worldgen import plan
from scripts.worldgen.land import Land, line_between, stretch, wiggle

BRIDGES = (
    ("鹭影大桥", "lu", "509901002", "509902001", 0.62),
    ("听雨桥", "lu", "509901004", "509902002", 0.42),
    ("半岛大桥", "cang", "509901001", "509903002", 0.515),
    ("澜门大桥", "cang", "509901003", "509903001", 0.375),
    ("镜湾大桥", "cang", "509902003", "509903003", 0.70),
)
"""Name, river, the towns at both ends, and where on the river (share of its length)."""


@dataclass(frozen=True, slots=True)
class Road:
    """A line of road: `grade` is `main`, `local`, `highway` or `express`; `height_m` above ground."""

    name: str
    grade: str
    line: LineString
    height_m: float | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """All lines on which things move; `bridges` are decks over a river, `layers` the interchange bottom up."""

    roads: tuple[Road, ...]
    bridges: tuple[Road, ...]
    border_road: LineString
    half_street: LineString
    layers: tuple[Road, ...]
    rail: LineString
    railway: LineString
    crossing: Point


def lay_out(land: Land, rng: Generator) -> Network:
    """Lay out the whole network."""
    bridges, leads = _bridges(land, rng)
    border = stretch(land.ridge, 900, 2300)
    half = stretch(line_between(land, "509901002", "509901003"), -1700, 200)
    seam = line_between(land, "509902001", "509902003")
    crossing = seam.interpolate(0.5, normalized=True)
    x, y = crossing.x, crossing.y
    rail = LineString([(-11500, 300), (-7600, 500), (-4300, 700), (-1800, 900), (x, y), (7000, 2600), (11300, 3200)])
    railway = wiggle(((-12500, -5700), (-6000, -5700), (0, -6600), (6000, -6100), (11500, -5000)), rng, 60)
    railway = cast(LineString, railway.intersection(land.outline))
    roads = [*_mains(land, rng), *leads, *_locals(land, rng)]
    return Network(
        roads=tuple(roads),
        bridges=tuple(bridges),
        border_road=border,
        half_street=half,
        layers=_interchange(crossing, rail),
        rail=rail,
        railway=railway,
        crossing=crossing,
    )


def _interchange(crossing: Point, rail: LineString) -> tuple[Road, ...]:
    """四重立交: a street, two overpasses and the rail viaduct, all over one point of a town line."""

    def ray(angle: float, half: float) -> LineString:
        dx, dy = half * np.cos(angle), half * np.sin(angle)
        return LineString([(crossing.x - dx, crossing.y - dy), (crossing.x + dx, crossing.y + dy)])

    along = rail.project(crossing)
    return (
        Road("四重立交地面层（汇流街）", "local", ray(0.15, 320), 0.0),
        Road("四重立交二层匝道", "main", ray(1.1, 380), 7.5),
        Road("四重立交三层（环城快速路）", "express", ray(2.2, 900), 15.0),
        Road(
            "四重立交四层（轨道一号线高架）", "rail", cast(LineString, substring(rail, along - 400, along + 400)), 23.0
        ),
    )


def _centre(land: Land, code: str) -> tuple[float, float]:
    spot = land.towns[code].representative_point()
    town = next(t for t in plan.TOWNS if t.code == code)
    return town.spot if land.towns[code].contains(Point(town.spot)) else (spot.x, spot.y)


def _mains(land: Land, rng: Generator) -> list[Road]:
    """A main road between the centres of every two neighbours on the same side of the rivers."""
    water = shapely.union_all([land.cang, land.lu])
    found: list[Road] = []
    for i, a in enumerate(plan.TOWNS):
        for b in plan.TOWNS[i + 1 :]:
            shared = land.towns[a.code].intersection(land.towns[b.code].buffer(100)).length
            ends = (_centre(land, a.code), _centre(land, b.code))
            straight = LineString(ends)
            if shared < 1500 or straight.intersects(water) or straight.length > 9000:
                continue
            grade = "main" if a.urban and b.urban else "highway"
            suffix = "路" if grade == "main" else "公路"
            found.append(Road(f"{a.stem[0]}{b.stem[:2]}{suffix}", grade, wiggle(ends, rng, 110.0, 120.0)))
    return found


def _bridges(land: Land, rng: Generator) -> tuple[list[Road], list[Road]]:
    """Bridges square over the rivers, and the roads that lead to them from both centres."""
    bridges: list[Road] = []
    leads: list[Road] = []
    for name, river, near, far, share in BRIDGES:
        line = land.cang if river == "cang" else land.lu
        half = (plan.CANG_WIDTH_M if river == "cang" else plan.LU_WIDTH_M) / 2 + 110
        deck = _square_over(line, share, half)
        ends = [Point(c) for c in deck.coords]
        near_end = min(ends, key=lambda p: p.distance(land.towns[near]))
        far_end = max(ends, key=lambda p: p.distance(land.towns[near]))
        bridges.append(Road(name, "bridge", deck, 25.0))
        for code, end in ((near, near_end), (far, far_end)):
            lead = wiggle((_centre(land, code), (end.x, end.y)), rng, 60.0, 120.0)
            leads.append(Road(f"{name.removesuffix('大桥').removesuffix('桥')}连接道", "main", lead))
    return bridges, leads


def _square_over(line: LineString, share: float, half: float) -> LineString:
    along = share * line.length
    here, ahead = line.interpolate(along), line.interpolate(along + 30)
    back = line.interpolate(along - 30)
    direction = np.array([ahead.x - back.x, ahead.y - back.y])
    normal = np.array([-direction[1], direction[0]]) / np.hypot(*direction)
    a, b = np.array([here.x, here.y]) - normal * half, np.array([here.x, here.y]) + normal * half
    return LineString(np.round([a, (here.x, here.y), b], 1))


def _locals(land: Land, rng: Generator) -> list[Road]:
    """Three streets through the middle of each town; in each street (街道) two more."""
    kinds = ("正街", "横街", "后街", "顺城巷", "梯坎路")
    found: list[Road] = []
    for town in plan.TOWNS:
        area = land.towns[town.code].buffer(-150)
        centre = np.array(_centre(land, town.code))
        for i in range(5 if town.urban else 3):
            angle = np.pi * i / 5 + rng.uniform(-0.2, 0.2)
            shift = rng.uniform(-350, 350, 2)
            reach = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(500, 900)
            line = LineString([centre + shift - reach, centre + shift + reach]).intersection(area)
            line = max(shapely.get_parts(line), key=lambda p: p.length)
            if line.length > 250:
                found.append(Road(f"{town.stem}{kinds[i]}", "local", wiggle(line.coords, rng, 25.0, 100.0)))
    return found


def beside(line: LineString, along_m: float, offset_m: float) -> Point:
    """The spot at a distance along a line and to its left (negative: right), metres."""
    here = line.interpolate(along_m)
    ahead, back = line.interpolate(min(line.length, along_m + 5)), line.interpolate(max(0.0, along_m - 5))
    direction = np.array([ahead.x - back.x, ahead.y - back.y])
    normal = np.array([-direction[1], direction[0]]) / np.hypot(*direction)
    spot = np.round(np.array([here.x, here.y]) + normal * offset_m, 1)
    return Point(spot)

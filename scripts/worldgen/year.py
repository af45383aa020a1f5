"""A year of events: everyday ones by season and hour, planted ones by plan, duplicates beside both."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator

from domain.clock import CHINA
from domain.geo import LocalFrame, Point
from domain.territory import Territory
from domain.world import Asset, World
from scripts.worldgen import plan
from scripts.worldgen.catalogue import BY_ISSUE, HOURS, KINDS, SEASONS, WEEKEND, Kind
from scripts.worldgen.land import FRAME
from scripts.worldgen.loop import LAST_DAY, Event, Loop
from scripts.worldgen.outbreaks import GAMING, OUTBREAKS, REPEATS, Gaming, Outbreak, Repeat

FIRST_DAY = date(2025, 11, 1)
EVERYDAY = 0.96
"""Scales all shares so that the year has some 8,000 cases."""
DUPLICATES = 0.045
SOURCES = (("person", 0.46), ("hotline", 0.2), ("camera", 0.12), ("vehicle", 0.09), ("drone", 0.07), ("sensor", 0.06))
ACCURACIES = (5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
ACCURACY_SHARES = (0.15, 0.2, 0.22, 0.18, 0.13, 0.08, 0.04)
ZONE_PLACES = {"site": "building_site", "compound": "compound", "forest": "forest"}


class Year:
    """Draws the events of the year in a world."""

    def __init__(self, world: World, spots: dict[str, Point], rng: Generator) -> None:
        self.world, self.spots, self.rng = world, spots, rng
        self.territory = Territory(world)
        self._pools: dict[str, list[Asset]] = {}
        self._lines = [a for a in world.assets if a.category == "road" and a.geometry.geom_type == "LineString"]
        weights = np.array([self._busy(a) * FRAME.flatten(a.geometry).length for a in self._lines])
        self._line_shares = weights / weights.sum()
        self._dykes = [a for a in world.assets if a.category == "dyke"]

    def rows(self) -> Iterator[dict[str, Any]]:
        """All cases in order of reporting."""
        events = [*self._everyday(), *self._outbreaks(), *self._repeats(), *self._gaming()]
        events.sort(key=lambda e: (e.at, e.issue, e.point.lon))
        loop = Loop(self.world, self.territory, self.rng)
        rows = [loop.run(i + 1, event) for i, event in enumerate(events)]
        rows += [loop.run(len(events) + i + 1, e) for i, e in enumerate(self._duplicates(events, rows))]
        yield from sorted(rows, key=lambda row: (row["reported_at"], row["id"]))

    def _everyday(self) -> Iterator[Event]:
        for offset in range((LAST_DAY - FIRST_DAY).days + 1):
            day = FIRST_DAY + timedelta(days=offset)
            mood = float(np.exp(self.rng.normal(0.0, 0.12)))  # days differ more than Poisson alone
            for kind in KINDS:
                rate = kind.share * EVERYDAY * SEASONS[kind.season][day.month - 1] * mood
                rate *= WEEKEND[kind.hours] if day.weekday() >= 5 else 1.0
                for _ in range(int(self.rng.poisson(rate))):
                    yield self._event(kind, self._instant(day, kind))

    def _instant(self, day: date, kind: Kind) -> datetime:
        shares = np.array(HOURS[kind.hours])
        hour = int(self.rng.choice(24, p=shares / shares.sum()))
        start = datetime.combine(day, time(hour), tzinfo=CHINA)
        return start + timedelta(seconds=int(self.rng.integers(3600)))

    def _event(self, kind: Kind, at: datetime, near: Point | None = None, radius_m: float = 0.0) -> Event:
        """An event of a kind somewhere, or within a radius of a place; its position has its error in it."""
        asset: Asset | None = None
        if near is None:
            true, address, asset = self._somewhere(kind, at.date())
        else:
            true, address = self._around(near, radius_m), ""
        accuracy = float(self.rng.choice(ACCURACIES, p=ACCURACY_SHARES))
        names, shares = zip(*SOURCES, strict=True)
        source = str(self.rng.choice(names, p=shares))
        point = self._blurred(true, accuracy)
        if not self.territory.contains(point, at.date()):
            point = true
        return Event(kind.issue, point, at, source, accuracy, address, asset)

    def _blurred(self, true: Point, accuracy_m: float) -> Point:
        frame = LocalFrame(true.lon, true.lat)
        lon, lat = frame.to_degrees(self.rng.normal(0.0, accuracy_m / 2, (1, 2)))[0]
        return Point(float(lon), float(lat))

    def _around(self, place: Point, radius_m: float) -> Point:
        angle, reach = self.rng.uniform(0, 2 * np.pi), radius_m * np.sqrt(self.rng.uniform())
        frame = LocalFrame(place.lon, place.lat)
        lon, lat = frame.to_degrees(reach * np.array([[np.cos(angle), np.sin(angle)]]))[0]
        return Point(float(lon), float(lat))

    def _somewhere(self, kind: Kind, day: date) -> tuple[Point, str, Asset | None]:
        if kind.where == "road":
            line = self._line_on(day)
            return self._on_line(line, 8.0), line.name, line if kind.handler is None else None
        if kind.where == "river":
            dyke = self._dykes[int(self.rng.integers(len(self._dykes)))]
            return self._on_line(dyke, 15.0), dyke.name.removesuffix("堤防"), None
        if kind.where in ZONE_PLACES:
            pool = [z for z in self.world.zones if z.kind == ZONE_PLACES[kind.where]]
            zone = pool[int(self.rng.integers(len(pool)))]
            spot = shapely.get_parts(zone.geometry)[0].representative_point()
            return self._around(Point(spot.x, spot.y), 60.0), zone.name, None
        pool_of = self._pool(kind.where)
        valid = [a for a in pool_of if a.valid_from <= day and (a.valid_to is None or day < a.valid_to)]
        asset = valid[int(self.rng.integers(len(valid)))]
        spot = asset.geometry.representative_point()
        return Point(spot.x, spot.y), asset.name, asset

    def _line_on(self, day: date) -> Asset:
        """A road that is in the ledger on the day, busy and long ones more often."""
        while True:
            line = self._lines[int(self.rng.choice(len(self._lines), p=self._line_shares))]
            if line.valid_from <= day and (line.valid_to is None or day < line.valid_to):
                return line

    def _busy(self, asset: Asset) -> float:
        """Streets in towns see more than country roads."""
        return 0.3 if "公路" in asset.name else 1.0

    def _pool(self, category: str) -> list[Asset]:
        if category not in self._pools:
            self._pools[category] = [a for a in self.world.assets if f"{a.category}.".startswith(f"{category}.")]
        return self._pools[category]

    def _on_line(self, asset: Asset, spread_m: float) -> Point:
        spot = asset.geometry.interpolate(self.rng.uniform(), normalized=True)
        return self._around(Point(spot.x, spot.y), spread_m)

    def _outbreaks(self) -> Iterator[Event]:
        for outbreak in OUTBREAKS:
            yield from self._outbreak(outbreak)

    def _outbreak(self, outbreak: Outbreak) -> Iterator[Event]:
        days = (outbreak.last - outbreak.first).days + 1
        rise = np.linspace(0.6, 1.4, days)  # it grows while nobody acts
        for _ in range(outbreak.cases):
            day = outbreak.first + timedelta(days=int(self.rng.choice(days, p=rise / rise.sum())))
            kind = BY_ISSUE[outbreak.issues[int(self.rng.integers(len(outbreak.issues)))]]
            event = self._event(kind, self._instant(day, kind), self.spots[outbreak.place], outbreak.radius_m)
            event.truth["outbreak"] = outbreak.tag
            yield event

    def _repeats(self) -> Iterator[Event]:
        for repeat in REPEATS:
            yield from self._repeat(repeat)

    def _repeat(self, repeat: Repeat) -> Iterator[Event]:
        kind = BY_ISSUE[repeat.issue]
        pause = 3 + round(kind.limit_h / 24 * 2)  # longer than it takes to close the case before
        day = FIRST_DAY + timedelta(days=int(self.rng.integers(repeat.gap_days)))
        while day <= LAST_DAY:
            event = self._event(kind, self._instant(day, kind), self.spots[repeat.place], 6.0)
            event.truth["repeat"], event.chain = repeat.tag, repeat.tag
            yield event
            day += timedelta(days=max(pause, int(repeat.gap_days * self.rng.uniform(0.6, 1.4))))

    def _gaming(self) -> Iterator[Event]:
        for trick in GAMING:
            days = (trick.last - trick.first).days + 1
            for turn in range(trick.times):
                day = trick.first + timedelta(days=int(turn * days / trick.times))
                yield from self._trick(trick, turn, day)

    def _trick(self, trick: Gaming, turn: int, day: date) -> Iterator[Event]:
        kind = BY_ISSUE[trick.issue]
        middle = next(town.spot for town in plan.TOWNS if town.code == trick.town)
        lon, lat = FRAME.to_degrees(np.array([middle], dtype=float))[0]
        home = self._around(Point(float(lon), float(lat)), 500.0)
        start = datetime.combine(day, time(9), tzinfo=CHINA) + timedelta(minutes=int(self.rng.integers(480)))
        steps = {"self_report": (0,), "split": (0, 2, 3, 5), "false_close": (0, 60 * 40)}[trick.kind]
        for minutes in steps:
            event = self._event(kind, start + timedelta(minutes=minutes), home, 4.0)
            event.source, event.reporter = "person", f"网格员{trick.town[6:]}00101"
            event.truth |= {"gaming": trick.kind, "gaming_tag": trick.tag}
            event.chain = f"{trick.tag}-{turn}" if trick.kind == "false_close" else ""
            yield event

    def _duplicates(self, events: list[Event], rows: list[dict[str, Any]]) -> Iterator[Event]:
        """The same thing reported again within a day by somebody else, from a few metres off."""
        for event, row in zip(events, rows, strict=True):
            if row["stage"] != "closed" or event.truth.get("gaming") or self.rng.random() >= DUPLICATES:
                continue
            again = event.at + timedelta(minutes=int(self.rng.integers(5, 900)))
            if again.date() > LAST_DAY:
                continue
            twin = self._event(BY_ISSUE[event.issue], again, event.point, 25.0)
            twin.truth["duplicate_of"] = row["id"]
            twin.address, twin.asset = event.address, event.asset
            yield twin

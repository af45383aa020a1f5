"""Takes each event of the year through the closed loop: who gets it first, who sends it back, when it is closed."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator

from domain.clock import civil_date, iso
from domain.geo import Point
from domain.organisation import Level, Sector
from domain.region import BoundaryRelation
from domain.territory import Territory
from domain.world import Asset, World
from scripts.worldgen import outbreaks
from scripts.worldgen.catalogue import BY_ISSUE, EMERGENCY, WITHOUT_OWNER, Kind

LAST_DAY = date(2026, 10, 31)
REASONS = (
    "不在本单位管辖范围，界线另一侧", "权属不属于本单位，台账无此设施", "属地责任应由相邻镇街承担", "职责不属本部门",
)  # fmt: skip


@dataclass(slots=True)
class Event:
    """Something that happened and was reported; `truth` is what was planted."""

    issue: str
    point: Point
    at: datetime
    source: str
    accuracy_m: float
    address: str
    asset: Asset | None = None
    truth: dict[str, str] = field(default_factory=dict)
    chain: str = ""
    reporter: str = ""


@dataclass(slots=True)
class Loop:
    """Runs events through the loop in order of time."""

    world: World
    territory: Territory
    rng: Generator
    _last: dict[str, str] = field(default_factory=dict)

    def run(self, number: int, event: Event) -> dict[str, Any]:
        """One case as a plain row of the log."""
        kind, day = BY_ISSUE[event.issue], civil_date(event.at)
        relation = self.territory.relate(event.point, event.accuracy_m, day)
        case_id = f"AJ{day.year}{number:05d}"
        right = self._right_unit(kind, event, relation, day)
        row: dict[str, Any] = {
            "id": case_id,
            "issue": event.issue,
            "source": event.source,
            "text": self._text(kind, event),
            "address": event.address,
            "lon": round(event.point.lon, 6),
            "lat": round(event.point.lat, 6),
            "accuracy_m": event.accuracy_m,
            "reporter": event.reporter or self._reporter(event, day),
            "district": relation.district,
            "township": relation.township,
            **self._small_regions(event.point, day),
            "adjacent": relation.adjacent,
            "crosses": relation.crosses,
            "neighbours": [c.code for c in relation.candidates if c.code != relation.township],
            "emergency": event.issue in EMERGENCY,
            "limit_h": kind.limit_h,
            "observed_at": iso(event.at),
            "previous": self._last.get(event.chain, "") if event.chain else "",
            **self._life(kind, event, relation, right),
            "master": event.truth.get("duplicate_of", ""),
            "truth": {"unit": right, **event.truth},
        }
        if event.chain and row["stage"] == "closed":
            self._last[event.chain] = case_id
        return row

    def _small_regions(self, point: Point, day: date) -> dict[str, str]:
        found = {}
        for level in (Level.COMMUNITY, Level.GRID):
            regions = self.territory.containing(point, level, day)
            found[level.value] = regions[0].code if regions else ""
        return found

    def _text(self, kind: Kind, event: Event) -> str:
        words = kind.words[int(self.rng.integers(len(kind.words)))]
        return f"{event.address}{words}" if event.address else words

    def _reporter(self, event: Event, day: date) -> str:
        if event.source != "person":
            return ""
        grids = self.territory.containing(event.point, Level.GRID, day)
        return f"网格员{grids[0].code[6:]}" if grids and self.rng.random() < 0.6 else ""

    def _right_unit(self, kind: Kind, event: Event, relation: BoundaryRelation, day: date) -> str:
        """Who must handle it in the end: the keeper of the part, else the sector's unit of the place."""
        home = relation.township or relation.candidates[0].code
        if kind.handler is not None:
            return self._unit_at(kind.handler, home, day)
        asset = event.asset or self._part_near(event.point, kind.where, day)
        if asset is not None and asset.owner:
            return asset.maintainer or asset.owner
        return self._unit_at(WITHOUT_OWNER.get(kind.issue, Sector.URBAN_MANAGEMENT), home, day)

    def _part_near(self, point: Point, category: str, day: date) -> Asset | None:
        found = self.territory.assets_near(point, 60.0, day, [category])
        return found[0][0] if found else None

    def _unit_at(self, sector: Sector, township: str, day: date) -> str:
        unit = self.world.register.find(sector, self.territory.path(township, day), day)
        return unit.code if unit else ""

    def _first_unit(self, kind: Kind, relation: BoundaryRelation, right: str, day: date) -> str:
        """The unit that a hurried dispatcher picks: across the line, or the department instead of the keeper."""
        others = [c.code for c in relation.candidates if c.code != relation.township]
        sector = kind.handler or Sector.URBAN_MANAGEMENT
        if others:
            wrong = self._unit_at(sector, others[int(self.rng.integers(len(others)))], day)
            if wrong and wrong != right:
                return wrong
        home = relation.township or relation.candidates[0].code
        office = self._unit_at(Sector.TOWNSHIP_OFFICE, home, day)
        return office if office != right else self._unit_at(Sector.URBAN_MANAGEMENT, home, day)

    def _return_share(self, relation: BoundaryRelation, day: date) -> float:
        if not relation.adjacent:
            return 0.045
        before, after = outbreaks.PILOT_RETURNS
        in_pilot = bool(set(relation.districts) & set(outbreaks.PILOT_DISTRICTS)) and day >= outbreaks.PILOT_START
        return after if in_pilot else before

    def _life(self, kind: Kind, event: Event, relation: BoundaryRelation, right: str) -> dict[str, Any]:
        """Instants and moves from the report to the closing."""
        rng, at = self.rng, event.at
        gaming = event.truth.get("gaming", "")
        reported = at + self._minutes(6.0)
        if event.truth.get("duplicate_of"):
            return self._ended(reported, "merged")
        if not gaming and not event.chain and rng.random() < 0.045:
            return self._ended(reported, "rejected")
        registered = reported + self._minutes(11.0)
        dispatched = registered + self._minutes(12.0)
        returns: list[dict[str, str]] = []
        settled, unit = dispatched, right
        day = civil_date(at)
        first = right
        if not gaming and rng.random() < self._return_share(relation, day):
            first = self._first_unit(kind, relation, right, day)
            settled = self._send_back(relation, first, right, dispatched, returns)
        due = settled + timedelta(hours=kind.limit_h)
        quick = gaming in ("self_report", "false_close")
        handled = settled + (self._minutes(5.0) if quick else self._work(kind))
        rework = int(rng.random() < 0.05)
        if rework:
            handled += self._work(kind)
        closed = handled + (self._minutes(4.0) if quick else self._minutes(95.0))
        row: dict[str, Any] = {
            "reported_at": iso(reported),
            "registered_at": iso(registered),
            "dispatched_at": iso(dispatched),
            "settled_at": iso(settled),
            "settled_by": self._settled_by(relation, returns),
            "due_at": iso(due),
            "handled_at": iso(handled),
            "closed_at": iso(closed),
            "stage": "closed",
            "first_unit": first,
            "unit": unit,
            "returns": returns,
            "rework": rework,
            "extended": int(handled > due and rng.random() < 0.4),
            "satisfied": bool(rng.random() < (0.92 if handled <= due else 0.61)) if rng.random() < 0.5 else None,
        }
        return self._still_open(row, closed, handled)

    def _send_back(
        self, relation: BoundaryRelation, first: str, right: str, at: datetime, returns: list[dict[str, str]]
    ) -> datetime:
        """One to three returns before the right unit takes it; each costs hours."""
        unit, moment = first, at
        for turn in range(1 + int(self.rng.integers(0, 3 if relation.adjacent else 2))):
            moment += self._minutes(260.0)
            reason = REASONS[int(self.rng.integers(len(REASONS)))]
            returns.append({"at": iso(moment), "unit": unit, "reason": reason})
            moment += self._minutes(40.0)
            unit = right if turn else first
        return moment

    def _settled_by(self, relation: BoundaryRelation, returns: list[dict[str, str]]) -> str:
        if not returns:
            return "first"
        if len(returns) > 1 and relation.adjacent:
            return "superior" if self.rng.random() < 0.5 else "negotiation"
        return "negotiation"

    def _still_open(self, row: dict[str, Any], closed: datetime, handled: datetime) -> dict[str, Any]:
        """Cases that outlive the log are cut at its last day."""
        if civil_date(handled) > LAST_DAY:
            return {**row, "handled_at": None, "closed_at": None, "stage": "dispatched", "satisfied": None}
        if civil_date(closed) > LAST_DAY:
            return {**row, "closed_at": None, "stage": "handled", "satisfied": None}
        return row

    def _ended(self, reported: datetime, stage: str) -> dict[str, Any]:
        instants = ("registered_at", "dispatched_at", "settled_at", "due_at", "handled_at")
        return {
            "reported_at": iso(reported),
            **dict.fromkeys(instants),
            "closed_at": iso(reported + self._minutes(20.0)),
            "settled_by": "",
            "stage": stage,
            "first_unit": "",
            "unit": "",
            "returns": [],
            "rework": 0,
            "extended": 0,
            "satisfied": None,
        }

    def _minutes(self, median: float) -> timedelta:
        return timedelta(seconds=round(60.0 * median * float(np.exp(self.rng.normal(0.0, 0.5)))))

    def _work(self, kind: Kind) -> timedelta:
        """Handling time: about nine in ten within the limit."""
        share = 0.42 * float(np.exp(self.rng.normal(0.0, 0.62)))
        return timedelta(seconds=round(3600.0 * kind.limit_h * share))

"""A city of two townships on both sides of a straight line, and cases in it; metres from 106.5 E, 29.5 N."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator

from domain.adjacency.alerting.ground import Ground, lay_out
from domain.caselog import CaseTable
from domain.caselogreader import CaseLogReader
from domain.clock import iso
from domain.organisation import Level, Register
from domain.world import World
from tests.worlds import CITY, EAST, EAST_BRIDGE, WEST, WEST_BRIDGE, at, box, region, units_of

END = datetime(2026, 6, 1, 16, 0, tzinfo=UTC)
SPAN = 4000.0


def two_banks(**more: Any) -> World:
    """East and west of the line x = 0, each 4 km wide, in two districts."""
    regions = (
        region(CITY, "某市", Level.CITY, "", box(-SPAN, -SPAN, SPAN, SPAN)),
        region(EAST, "东区", Level.DISTRICT, CITY, box(0, -SPAN, SPAN, SPAN)),
        region(WEST, "西区", Level.DISTRICT, CITY, box(-SPAN, -SPAN, 0, SPAN)),
        region(EAST_BRIDGE, "东桥街道", Level.TOWNSHIP, EAST, box(0, -SPAN, SPAN, SPAN)),
        region(WEST_BRIDGE, "西桥街道", Level.TOWNSHIP, WEST, box(-SPAN, -SPAN, 0, SPAN)),
    )
    return World(name="两岸", version="banks", city=CITY, regions=regions, register=Register(units_of(regions)), **more)


def case(number: int, x_m: float, y_m: float, days_ago: float, issue: str = "E01", **more: Any) -> dict[str, Any]:
    """A case that was closed six hours after it was reported."""
    lon, lat = at(x_m, y_m)
    reported = END - timedelta(days=days_ago)
    return {
        "id": f"c{number:05d}",
        "issue": issue,
        "lon": lon,
        "lat": lat,
        "township": EAST_BRIDGE if x_m >= 0 else WEST_BRIDGE,
        "district": EAST if x_m >= 0 else WEST,
        "stage": "closed",
        "source": "person",
        "reported_at": iso(reported),
        "closed_at": iso(reported + timedelta(hours=6)),
        **more,
    }


def background(rng: Generator, n: int, days: float = 110.0, issue: str = "E01") -> list[dict[str, Any]]:
    """Cases anywhere at any time."""
    places, when = rng.uniform(-SPAN, SPAN, (n, 2)), rng.uniform(0, days, n)
    return [
        case(k, float(x), float(y), float(d), issue) for k, ((x, y), d) in enumerate(zip(places, when, strict=True))
    ]


def heap(
    rng: Generator, start: int, n: int, reach_m: float = 250.0, days: float = 5.0, **more: Any
) -> list[dict[str, Any]]:
    """Cases around the middle of the line within the last days, half of them on each side."""
    x = rng.uniform(5, reach_m, n) * np.where(np.arange(n) % 2 == 0, 1, -1)
    y, when = rng.uniform(-reach_m, reach_m, n), rng.uniform(0, days, n)
    return [case(start + k, float(x[k]), float(y[k]), float(when[k]), **more) for k in range(n)]


def table_of(rows: Sequence[dict[str, Any]]) -> CaseTable:
    """A log of rows; a key that one row lacks is empty."""
    reader = CaseLogReader()
    keys = dict.fromkeys(key for row in rows for key in row)
    reader.add({key: [row.get(key) for row in rows] for key in keys}, list(range(1, len(rows) + 1)))
    return reader.table()


def ground_of(rows: Sequence[dict[str, Any]], world: World | None = None) -> Ground:
    return lay_out(table_of(rows), world or two_banks(), date(2026, 6, 1))

"""Permutation scans of the city: over cells, which know no line, and over boundary strips with both sides joined."""

import zlib
from datetime import datetime

import numpy as np

from domain.adjacency.alerting.arrays import IntArray
from domain.adjacency.alerting.ground import DAY_S, Ground
from domain.adjacency.alerting.scan import MonteCarlo, scan_permutation, stream_of
from domain.adjacency.alerting.signals import NUMBER, Method, Signal, Tested, WatchParams, extent
from domain.adjacency.alerting.zones import Zones


def scan_cells(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """Clusters of each issue anywhere in the city."""
    return _scan(ground, as_of, params, Method.CELLS, ground.cell, ground.cell_zones)


def scan_strips(ground: Ground, as_of: datetime, params: WatchParams) -> Tested:
    """Clusters of each issue along the lines between townships, whichever side each case is on.

    Cases away from every line count as one more location that is in no zone: they say what is usual on which day.
    """
    away = len(ground.strips)
    placed = ~np.isnan(ground.points_m).any(axis=1)
    location = np.where(ground.segment >= 0, ground.segment, np.where(placed, away, -1))
    return _scan(ground, as_of, params, Method.STRIPS, location, ground.strip_zones.widened(away + 1))


def generator(params: WatchParams, method: Method, issue: str, as_of: datetime) -> np.random.Generator:
    """Chance for one test: the same for the same watch, whatever else is watched."""
    words = [params.seed, NUMBER[method], zlib.crc32(issue.encode()), int(as_of.timestamp())]
    return np.random.default_rng(words)


def _scan(
    ground: Ground, as_of: datetime, params: WatchParams, method: Method, location: IntArray, zones: Zones
) -> Tested:
    end = ground.until(as_of)
    start = int(np.searchsorted(ground.reported_s, int(as_of.timestamp()) - params.study_days * DAY_S, side="right"))
    inside = np.arange(start, end)
    inside = inside[location[start:end] >= 0]
    findings: list[tuple[Signal, ...]] = []
    tests = 0
    for code in np.unique(ground.issue[inside]).tolist():
        tests += 1
        mine = inside[ground.issue[inside] == code]
        ages = (int(as_of.timestamp()) - ground.reported_s[mine]) // DAY_S
        if int((ages < max(params.durations)).sum()) >= params.least:
            findings.append(_clusters(ground, as_of, params, method, mine, ages, location[mine], zones))
    return Tested(tests=tests, findings=tuple(found for found in findings if found))


def _clusters(
    ground: Ground,
    as_of: datetime,
    params: WatchParams,
    method: Method,
    mine: IntArray,
    ages: IntArray,
    places: IntArray,
    zones: Zones,
) -> tuple[Signal, ...]:
    issue = ground.issues[int(ground.issue[mine[0]])]
    stream = stream_of(places, ages, zones, params.least)
    how = MonteCarlo(replicates=params.replicates, stop_at=params.stop_at, tail=True, secondary=params.clusters)
    rng = generator(params, method, issue, as_of)
    found = scan_permutation(stream.places, ages, stream.zones, rng, how, durations=params.durations)
    signals: list[Signal] = []
    for window in found.windows:
        if found.stopped or window.observed < params.least:
            break
        locations = stream.kept[stream.zones.of(window.zone)]
        members = mine[np.isin(places, locations) & (ages < window.duration)]
        middle, radius = extent(ground.points_m[members])
        signals.append(
            Signal(
                method=method,
                issue=issue,
                days=window.duration,
                observed=window.observed,
                expected=window.expected,
                p=window.p,
                members=members,
                middle=middle,
                radius_m=radius,
                areas=_areas(ground, method, np.unique(location_of(ground, method)[members])),
            )
        )
    return tuple(signals)


def location_of(ground: Ground, method: Method) -> IntArray:
    """Where a method sees each case."""
    return ground.segment if method is Method.STRIPS else ground.cell


def _areas(ground: Ground, method: Method, locations: IntArray) -> tuple[str, ...]:
    if method is Method.STRIPS:
        pairs = [ground.strips.pairs[int(place)] for place in locations]
        return tuple(sorted({f"{a}|{b}" for a, b in pairs}))
    return tuple(ground.cells[int(place)] for place in locations)

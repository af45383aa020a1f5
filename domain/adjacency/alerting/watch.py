"""One watch: every method over the whole city at one instant, and what may be announced of what they found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from domain.adjacency.alerting.discovery import adjusted
from domain.adjacency.alerting.ground import Ground
from domain.adjacency.alerting.regional import chart_days, chart_weeks, scan_regions
from domain.adjacency.alerting.repeats import find_repeats
from domain.adjacency.alerting.signals import Method, Signal, Tested, WatchParams
from domain.adjacency.alerting.spatial import scan_cells, scan_strips

METHODS: Mapping[Method, Callable[[Ground, datetime, WatchParams], Tested]] = {
    Method.CELLS: scan_cells,
    Method.STRIPS: scan_strips,
    Method.REGIONS: scan_regions,
    Method.WEEKLY: chart_weeks,
    Method.DAILY: chart_days,
    Method.REPEATS: find_repeats,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """What a watch found.

    Attributes:
        signals: Findings whose adjusted p-value is at most the q of the settings, the surest first.
        near: The surest findings that missed it, five at the most: what to look at with other eyes.
        tests: Tests by method, the family over which false alarms are controlled.
    """

    as_of: datetime
    params: WatchParams
    signals: tuple[Signal, ...]
    near: tuple[Signal, ...]
    tests: Mapping[Method, int]


def watch(ground: Ground, as_of: datetime, params: WatchParams) -> Watch:
    """Look at a city at an instant; nothing that was reported later is seen.

    All tests of what is new (scans and charts) are one family whose p-values are adjusted together, repeats at one
    place another; each has half of q, so that together they keep to it. A scan enters with its best window; further
    places of the same scan are announced if they pass the cut that the family set.
    """
    done = {method: METHODS[method](ground, as_of, params) for method in params.methods}
    families = [{m: t for m, t in done.items() if (m is Method.REPEATS) == standing} for standing in (False, True)]
    told: list[Signal] = []
    missed: list[Signal] = []
    share = params.q / sum(bool(family) for family in families)
    for family in families:
        announced, others = _judge(family, share)
        told += announced
        missed += others
    return Watch(
        as_of=as_of,
        params=params,
        signals=tuple(sorted(told, key=_order)),
        near=tuple(sorted(missed, key=_order)[:5]),
        tests={method: tested.tests for method, tested in done.items()},
    )


def _judge(family: Mapping[Method, Tested], q: float) -> tuple[list[Signal], list[Signal]]:
    """What may be announced of a family of tests so that a share of at most q is chance, and what may not."""
    found = [(signals[0], signals[1:]) for tested in family.values() for signals in tested.findings]
    total = sum(tested.tests for tested in family.values())
    p_values = np.array([first.p for first, _ in found])
    q_values = adjusted(p_values, tests=total)
    passed = q_values <= q
    cut = float(p_values[passed].max()) if passed.any() else 0.0
    told: list[Signal] = []
    missed: list[Signal] = []
    for (first, others), value in zip(found, q_values.tolist(), strict=True):
        (told if value <= q else missed).append(replace(first, q=value))
        if value <= q:
            told += [replace(other, q=max(value, _scaled(other.p, cut, q))) for other in others if other.p <= cut]
    return told, missed


def _scaled(p: float, cut: float, q: float) -> float:
    """A further place's adjusted value: on the same scale as that of the cut, which stands for q."""
    return min(q, p * q / cut) if cut > 0 else q


def _order(signal: Signal) -> tuple[float, str, str, tuple[str, ...]]:
    return signal.p, signal.issue, signal.method.value, signal.areas

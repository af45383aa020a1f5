"""Alerts (预警): findings of several methods about one thing, made one, with the sides that it concerns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import numpy as np

from domain.adjacency.alerting.arrays import IntArray
from domain.adjacency.alerting.ground import DAY_S, Ground
from domain.adjacency.alerting.signals import Method, Signal
from domain.adjacency.alerting.watch import Watch
from domain.clock import civil_date, iso
from domain.issues import issue_table

SHARED = 0.5
"""Findings of one issue are one alert when this share of the smaller one's cases is in the other."""
SMALL_SIDE = 0.1
"""A township with less than this share of the cases is not named as a side."""
KINDS = ("cluster", "strip", "area", "repeat")
"""聚集, 毗邻带聚集 (on both sides of a line), 区域性上升, 反复发生."""
_FINEST = (Method.STRIPS, Method.CELLS, Method.REPEATS, Method.REGIONS, Method.DAILY, Method.WEEKLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What an alert is to one township.

    Attributes:
        observed: Cases of the alert that were recorded there.
        expected: Its part of the expectation, by its share of the issue's earlier cases nearby; NaN unknown.
        owner: Unit that should act on this side; empty when none is known.
    """

    township: str
    district: str
    name: str
    observed: int
    expected: float
    owner: str
    owner_name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alert:
    """One thing to be looked at.

    Attributes:
        id: Made of issue, place and beginning; the same watch gives the same ids.
        kind: One of `KINDS`.
        signals: The findings, the finest place first.
        members: Cases of the first finding, as indexes of the ground.
        since: Instant of its first case.
        sides: Townships concerned, the most cases first.
        lon, lat: Middle, WGS-84 degrees; None for whole areas.
        regions: Codes of townships and districts concerned, which say who may see it.
    """

    id: str
    issue: str
    kind: str
    signals: tuple[Signal, ...]
    members: IntArray
    since: datetime
    as_of: datetime
    sides: tuple[Side, ...]
    lon: float | None
    lat: float | None
    regions: tuple[str, ...]

    @property
    def main(self) -> Signal:
        """The finding that says where and since when."""
        return self.signals[0]

    @property
    def day(self) -> date:
        """Day of the watch in the city."""
        return civil_date(self.as_of - timedelta(seconds=1))

    @property
    def issue_name(self) -> str:
        """Name of the issue."""
        known = issue_table().get(self.issue)
        return known.name if known else self.issue


def alerts_of(found: Watch, ground: Ground) -> tuple[Alert, ...]:
    """Alerts of a watch: what is new before what keeps coming back, the surest first."""
    groups: list[list[Signal]] = []
    for signal in found.signals:
        home = next((group for group in groups if _same(signal, group)), None)
        if home is None:
            groups.append([signal])
        else:
            home.append(signal)
    made = [_alert(group, found.as_of, ground) for group in groups]
    return tuple(sorted(made, key=lambda alert: alert.kind == "repeat"))


def _same(signal: Signal, group: Sequence[Signal]) -> bool:
    return any(
        signal.issue == other.issue
        and (signal.method is Method.REPEATS) == (other.method is Method.REPEATS)
        and _shared(signal.members, other.members) >= SHARED
        for other in group
    )


def _shared(a: IntArray, b: IntArray) -> float:
    smaller = min(len(a), len(b))
    return len(np.intersect1d(a, b)) / smaller if smaller else 0.0


def _alert(group: Sequence[Signal], as_of: datetime, ground: Ground) -> Alert:
    # Between a strip and cells the surer speaks: a strip is only part of a heap that lies beside a line.
    signals = tuple(sorted(group, key=lambda s: (max(_FINEST.index(s.method), 1), s.p, s.method.value)))
    main = signals[0]
    sides = sides_of(ground, main, as_of)
    placed = main.middle is not None
    lon, lat = ground.frame.to_degrees(np.array([main.middle]))[0] if main.middle else (None, None)
    kind = "repeat" if main.method is Method.REPEATS else "area" if not placed else "cluster"
    if kind == "cluster" and len(sides) > 1:
        kind = "strip"
    since = datetime.fromtimestamp(int(ground.reported_s[main.members[0]]), tz=UTC)
    return Alert(
        id=_id(main, since),
        issue=main.issue,
        kind=kind,
        signals=signals,
        members=main.members,
        since=since,
        as_of=as_of,
        sides=sides,
        lon=None if lon is None else round(float(lon), 6),
        lat=None if lat is None else round(float(lat), 6),
        regions=_regions(main, sides, ground),
    )


def _id(main: Signal, since: datetime) -> str:
    words = [main.issue, main.method.value, *main.areas, iso(since)]
    return f"al-{sha256('|'.join(words).encode()).hexdigest()[:16]}"


def _regions(main: Signal, sides: Sequence[Side], ground: Ground) -> tuple[str, ...]:
    if main.method in (Method.WEEKLY, Method.DAILY):
        return main.areas
    codes = {code for side in sides for code in (side.township, side.district) if code}
    return tuple(sorted(codes)) or (ground.world.city,)


def sides_of(ground: Ground, signal: Signal, as_of: datetime) -> tuple[Side, ...]:
    """Townships that the cases of a finding were recorded in, small shares left out."""
    towns, counts = np.unique(ground.township[signal.members], return_counts=True)
    kept = [(int(t), int(c)) for t, c in zip(towns, counts, strict=True) if c >= SMALL_SIDE * len(signal.members)]
    shares = _usual_shares(ground, signal, as_of, [town for town, _ in kept])
    sides = [_side(ground, signal, town, count, shares[town], as_of) for town, count in kept if town >= 0]
    return tuple(sorted(sides, key=lambda side: (-side.observed, side.township)))


def _usual_shares(ground: Ground, signal: Signal, as_of: datetime, towns: Sequence[int]) -> Mapping[int, float]:
    """How the issue's cases on the same cells were spread over the townships before the window."""
    start = int(as_of.timestamp()) - signal.days * DAY_S
    before = np.arange(int(np.searchsorted(ground.reported_s, start)))
    here = np.isin(ground.cell[before], np.unique(ground.cell[signal.members]))
    earlier = before[here & (ground.issue[before] == ground.issue[signal.members[0]])]
    counts = np.array([(ground.township[earlier] == town).sum() + 0.5 for town in towns])
    return dict(zip(towns, (counts / counts.sum()).tolist(), strict=True))


def _side(ground: Ground, signal: Signal, town: int, count: int, share: float, as_of: datetime) -> Side:
    code, day = ground.townships[town], civil_date(as_of - timedelta(seconds=1))
    named = [r for r in ground.world.regions if r.code == code]
    region = next((r for r in named if r.valid_on(day)), named[-1] if named else None)
    district = region.parent if region else code[:6]
    owner, owner_name = _owner(ground, signal.issue, (code, district, ground.world.city), day)
    return Side(
        township=code,
        district=district,
        name=region.name if region else code,
        observed=count,
        expected=share * signal.expected,
        owner=owner,
        owner_name=owner_name,
    )


def _owner(ground: Ground, issue: str, path: tuple[str, ...], day: date) -> tuple[str, str]:
    """Who acts on the issue there: the sectors of the issue table in turn, the nearest level first."""
    known = issue_table().get(issue)
    for sector in (*known.handling[-1:], *known.supervision, *known.handling) if known else ():
        unit = ground.world.register.find(sector, path, day)
        if unit is not None:
            return unit.code, unit.name
    return "", ""

"""Early warning on a year with planted outbreaks: `python -m evals.alerting [--cases N] [--step D]`.

The year is replayed watch by watch, nothing later being seen. Scored are the outbreaks found while they last or within
two weeks, the days until then, and the false alarms a week; beside two baselines: a fixed number of cases a week in a
township, and each township on its own with the same statistics. Without `--cases` the year is the packaged one.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.casetables import read_case_table
from domain.adjacency.alerting.alerts import Alert, alerts_of
from domain.adjacency.alerting.discovery import wilson
from domain.adjacency.alerting.filing import OPEN_DAYS, goes_on
from domain.adjacency.alerting.ground import DAY_S, Ground, lay_out
from domain.adjacency.alerting.proposing import KIND_NAMES
from domain.adjacency.alerting.signals import Method, Signal, WatchParams, extent
from domain.adjacency.alerting.watch import Watch, watch
from domain.clock import civil_date
from domain.worlddata import schematic_city, year_of_cases
from evals.caseyear import FIRST_DAY, SEED, as_of, case_year

AFTERWARDS = timedelta(days=14)
"""An alarm that comes so long after an outbreak ended still counts as found."""
SHARE = 0.25
"""Share of an alarm's cases that must be of an outbreak for the alarm to be about it."""
WARM_UP = 42
"""First day that is scored: before it, there is too little to compare with."""
ALONE = (Method.CELLS, Method.WEEKLY, Method.DAILY, Method.REPEATS)
"""What one township can do by itself."""
PACKAGED = Path(__file__).parents[1] / "domain" / "data" / "world_cases.jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One outbreak: when, how many cases, and whether it lies across a line."""

    tag: str
    first: datetime
    last: datetime
    cases: int
    split: bool


@dataclass(slots=True, kw_only=True)
class Score:
    """What a system did over the year.

    Attributes:
        found: Days from the first case of each outbreak that was found to the alarm.
        alarms, false: New alarms, and those that no planted thing explains, by kind of alert.
        standing: Alarms about places that come back, or about figures made up: planted too, not scored.
    """

    found: dict[str, float] = field(default_factory=dict[str, float])
    alarms: int = 0
    false_by_kind: Counter[str] = field(default_factory=Counter[str])
    standing: int = 0

    @property
    def false(self) -> int:
        """All false alarms."""
        return self.false_by_kind.total()


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A year laid out, with the truth beside it: outbreak of each case (-1), and whether it was planted otherwise."""

    ground: Ground
    planted: tuple[Planted, ...]
    outbreak: NDArray[np.int64]
    other: NDArray[np.bool_]


def scene(cases: int = 0, *, outbreaks: int = 40, seed: int = 0) -> Scene:
    """The packaged year (0 cases), or a made one."""
    if not cases:
        rows = list(year_of_cases())
        table = read_case_table(PACKAGED)
        truth = {row["id"]: row["truth"] for row in rows}
        tags = [truth[one].get("outbreak", "") for one in table.id.tolist()]
        names = sorted({tag for tag in tags if tag})
        outbreak = np.array([names.index(tag) if tag else -1 for tag in tags])
        other = np.array([bool({"repeat", "gaming"} & truth[one].keys()) for one in table.id.tolist()])
    else:
        made = case_year(cases, outbreaks=outbreaks, seed=seed or SEED)
        table, outbreak = made.table, made.planted
        names, other = [one.tag for one in made.outbreaks], np.zeros(len(made.table), dtype=np.bool_)
    ground = lay_out(table, schematic_city(), FIRST_DAY)
    outbreak, other = outbreak[ground.rows], other[ground.rows]
    return Scene(ground, tuple(_planted(ground, outbreak, names)), outbreak, other)


def _planted(ground: Ground, outbreak: NDArray[np.int64], names: Sequence[str]) -> Iterable[Planted]:
    for number, tag in enumerate(names):
        mine = np.flatnonzero(outbreak == number)
        first, last = (datetime.fromtimestamp(int(ground.reported_s[k]), tz=UTC) for k in (mine[0], mine[-1]))
        counts = np.bincount(ground.township[mine] + 1)[1:]
        # Cut by a line where no township has four fifths of it.
        yield Planted(tag=tag, first=first, last=last, cases=len(mine), split=bool(counts.max() < 0.8 * len(mine)))


def instants(step: int, days: int = 365) -> list[datetime]:
    """Midnights on which a watch is held."""
    return [
        datetime.fromtimestamp(int(as_of(day).astype(np.int64)), tz=UTC) for day in range(WARM_UP, days, max(step, 1))
    ]


System = Callable[[datetime], Sequence[Alert]]


def replay(system: System, scene: Scene, moments: Sequence[datetime]) -> Score:
    """Hold every watch in turn; an alarm that goes on is counted once."""
    score = Score()
    open_alarms: list[tuple[dict[str, Any], datetime]] = []
    for moment in moments:
        open_alarms = [(old, seen) for old, seen in open_alarms if moment - seen <= timedelta(days=OPEN_DAYS)]
        for alert in system(moment):
            tag, standing = about(alert, scene, moment)
            if tag and tag not in score.found:
                first = next(one.first for one in scene.planted if one.tag == tag)
                score.found[tag] = (moment - first).total_seconds() / DAY_S
            known = next((k for k, (old, _) in enumerate(open_alarms) if goes_on(old, _seen(alert))), None)
            if known is not None:
                open_alarms[known] = (_seen(alert), moment)
                continue
            open_alarms.append((_seen(alert), moment))
            score.alarms += 1
            score.standing += standing and not tag
            if not tag and not standing:
                score.false_by_kind[alert.kind] += 1
    return score


def _seen(alert: Alert) -> dict[str, Any]:
    return {
        "issue": alert.issue,
        "kind": alert.kind,
        "lon": alert.lon,
        "lat": alert.lat,
        "radius_m": alert.main.radius_m,
        "regions": alert.regions,
    }


def about(alert: Alert, scene: Scene, moment: datetime) -> tuple[str, bool]:
    """The outbreak that an alarm is about (empty: none), and whether it is about something else that was planted."""
    tags = scene.outbreak[alert.members]
    counts = np.bincount(tags[tags >= 0], minlength=max(len(scene.planted), 1))
    best = int(counts.argmax())
    hit = counts[best] >= max(3, SHARE * len(alert.members))
    if hit and moment <= scene.planted[best].last + AFTERWARDS:
        return scene.planted[best].tag, False
    standing = int((scene.other[alert.members] | (tags >= 0)).sum())
    return "", standing >= max(2, SHARE * len(alert.members))


def joined(scene: Scene, params: WatchParams) -> System:
    """The whole city, lines or no lines."""
    return lambda moment: alerts_of(watch(scene.ground, moment, params), scene.ground)


def each_side(scene: Scene, params: WatchParams) -> System:
    """Every township on its own cases, with the same statistics and the same q."""
    ground = scene.ground
    towns = [np.flatnonzero(ground.township == town) for town in range(len(ground.townships))]
    parts = [(rows, ground.only(np.isin(np.arange(len(ground)), rows))) for rows in towns]
    alone = replace(params, methods=tuple(m for m in params.methods if m in ALONE))

    def system(moment: datetime) -> list[Alert]:
        found: list[Alert] = []
        for rows, part in parts:
            for alert in alerts_of(watch(part, moment, alone), part):
                found.append(replace(alert, members=rows[alert.members]))
        return found

    return system


def fixed(scene: Scene, least: int, days: int = 7) -> System:
    """So many cases of one issue in one township within a week, whatever is usual."""
    ground = scene.ground

    def system(moment: datetime) -> list[Alert]:
        end = ground.until(moment)
        start = int(np.searchsorted(ground.reported_s, int(moment.timestamp()) - days * DAY_S, side="right"))
        recent = np.arange(start, end)
        recent = recent[ground.township[start:end] >= 0]
        keys = ground.issue[recent] * len(ground.townships) + ground.township[recent]
        values, counts = np.unique(keys, return_counts=True)
        signals = [_plain(ground, recent[keys == key]) for key in values[counts >= least].tolist()]
        params = WatchParams()
        return list(alerts_of(Watch(as_of=moment, params=params, signals=tuple(signals), near=(), tests={}), ground))

    return system


def _plain(ground: Ground, members: NDArray[np.int64]) -> Signal:
    middle, radius = extent(ground.points_m[members])
    return Signal(
        method=Method.CELLS,
        issue=ground.issues[int(ground.issue[members[0]])],
        days=7,
        observed=len(members),
        expected=1.0,
        p=0.5,
        members=members,
        middle=middle,
        radius_m=radius,
        areas=(ground.townships[int(ground.township[members[0]])],),
    )


def figures(score: Score, scene: Scene, moments: Sequence[datetime]) -> dict[str, Any]:
    """The score with intervals, and apart for what lies across a line."""
    judged = [one for one in scene.planted if one.first >= moments[0] - timedelta(days=7)]
    weeks = (moments[-1] - moments[0]).total_seconds() / DAY_S / 7

    def rate(some: Sequence[Planted]) -> dict[str, Any]:
        hits = [score.found[one.tag] for one in some if one.tag in score.found]
        low, high = wilson(len(hits), len(some))
        return {
            "planted": len(some),
            "found": len(hits),
            "rate": round(len(hits) / len(some), 3) if some else None,
            "interval": [round(low, 3), round(high, 3)],
            "median_days": round(median(hits), 1) if hits else None,
        }

    return {
        "all": rate(judged),
        "across_a_line": rate([one for one in judged if one.split]),
        "inside": rate([one for one in judged if not one.split]),
        "alarms": score.alarms,
        "about_standing_problems": score.standing,
        "false_alarms": score.false,
        "false_by_kind": dict(sorted(score.false_by_kind.items())),
        "false_alarms_a_week": round(score.false / weeks, 2),
    }


def evaluate(cases: int, step: int, params: WatchParams, *, outbreaks: int = 40, seed: int = 0) -> dict[str, Any]:
    """Score the three systems on a year."""
    started = time.perf_counter()
    year, moments = scene(cases, outbreaks=outbreaks, seed=seed), instants(step)
    made = time.perf_counter()
    ours = replay(joined(year, params), year, moments)
    scanned = time.perf_counter()
    alone = replay(each_side(year, params), year, moments)
    rules = {least: replay(fixed(year, least), year, moments) for least in _thresholds(year)}
    # The rule is given the number with which it alarms falsely about as often as we do, but not less.
    worse = [least for least, score in rules.items() if score.false >= ours.false]
    least = max(worse) if worse else min(rules)
    shown = {"joined": ours, "each_side_alone": alone, f"fixed_{least}_a_week": rules[least]}
    missed = [one.tag for one in year.planted if one.split and one.tag in ours.found and one.tag not in alone.found]
    return {
        "cases": len(year.ground),
        "watches": len(moments),
        "step_days": step,
        "params": {**asdict(params), "methods": [method.value for method in params.methods]},
        "systems": {name: figures(score, year, moments) for name, score in shown.items()},
        "found_jointly_missed_by_each_side": missed,
        "outbreaks": [_row(one, ours, alone) for one in year.planted],
        "seconds": {"prepare": round(made - started, 1), "watches": round(scanned - made, 1)},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _thresholds(year: Scene) -> list[int]:
    """Numbers worth trying: from a handful to what the busiest township sees of its commonest issue."""
    ground = year.ground
    weekly = len(ground) / 52 / max(len(ground.townships), 1)
    return sorted(
        {max(3, round(weekly * share)) for share in (0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 1.5)} | {4, 5, 6, 8}
    )


def _row(one: Planted, ours: Score, alone: Score) -> dict[str, Any]:
    days = {name: score.found.get(one.tag) for name, score in (("joined", ours), ("alone", alone))}
    return {
        "tag": one.tag,
        "first": civil_date(one.first).isoformat(),
        "cases": one.cases,
        "split": one.split,
        **{name: None if value is None else round(value, 1) for name, value in days.items()},
    }


def lines(made: Mapping[str, Any]) -> list[str]:
    """The result for people."""
    names = {"joined": "全市合并监测（两侧合并）", "each_side_alone": "各镇街各看各的"}
    told = [f"{made['cases']} 件，{made['watches']} 次监测（每 {made['step_days']} 天一次）"]
    for name, found in made["systems"].items():
        label = names.get(name) or f"固定阈值（{name.split('_')[1]} 件/周·镇街）"
        for part, title in (("all", "全部"), ("across_a_line", "跨界"), ("inside", "界内")):
            one = found[part]
            told.append(
                f"{label} {title}：发现 {one['found']}/{one['planted']}，"
                f"区间 {one['interval'][0]:.0%}–{one['interval'][1]:.0%}，中位 {one['median_days']} 天"
            )
        kinds = "、".join(f"{KIND_NAMES[kind]}{count}" for kind, count in found["false_by_kind"].items())
        told.append(f"{label} 误报：每周 {found['false_alarms_a_week']} 次（{kinds or '无'}）")
    told.append(f"合并后发现而各侧单独未发现：{'、'.join(made['found_jointly_missed_by_each_side']) or '无'}")
    told.append(f"用时 {made['seconds']['watches']} 秒，峰值内存 {made['peak_mib']} MiB")
    return told


def main(argv: Sequence[str] | None = None) -> int:
    """Run the evaluation; exit code 1 when a gate fails."""
    parser = argparse.ArgumentParser(prog="python -m evals.alerting", description="毗邻预警评测")
    parser.add_argument("--cases", type=int, default=0, help="生成一年多少件；默认用自带的一年")
    parser.add_argument("--outbreaks", type=int, default=40, help="生成时植入多少处")
    parser.add_argument("--step", type=int, default=1, help="几天监测一次")
    parser.add_argument("--seed", type=int, default=0, help="生成用的种子")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON")
    parser.add_argument("--out", type=Path, help="结果写到此文件")
    asked = parser.parse_args(argv)
    made = evaluate(asked.cases, asked.step, WatchParams(), outbreaks=asked.outbreaks, seed=asked.seed)
    text = json.dumps(made, ensure_ascii=False, indent=None if asked.json else 1)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n" if asked.json else "\n".join(lines(made)) + "\n")
    return 0 if gates_hold(made) else 1


def gates_hold(made: Mapping[str, Any]) -> bool:
    """What must hold: better than each side alone across lines, and few false alarms."""
    ours, alone = made["systems"]["joined"], made["systems"]["each_side_alone"]
    return (
        ours["across_a_line"]["found"] > alone["across_a_line"]["found"]
        and bool(made["found_jointly_missed_by_each_side"])
        and ours["false_alarms_a_week"] <= 1.0
    )


if __name__ == "__main__":
    sys.exit(main())

"""A city's year evaluated: seconds and memory, and the ratio to plain loops.

    python bench/evaluation.py [--quick] [--cases N] [--json]

The log is the packaged year told over and over under other ids, on other days and a little apart, with all its fields.
Measured: reading it from CSV; all indicators of six cuts; the whole report (all cuts, intervals, gaming, comparison);
peak memory. The peer counts 18 of the indicators for the same six cuts by loops over rows (`bench/plainkpi.py`) on a
part of the log, told per case; its figures must be equal. Goal: twenty times faster, the report of 300,000 cases within
a minute of processor time and 2 GB.
"""

import argparse
import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from adapters.casetables import read_case_table
from bench.common import finish, table
from bench.plainkpi import CUTS, PLAIN, plain_tallies
from domain.adjacency.evaluation.assessment import Asked, assess
from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.effects import Question
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.groups import cut
from domain.adjacency.evaluation.indicators import panel
from domain.caselog import CaseTable
from domain.caselogreader import known_of
from domain.clock import iso, parse_iso
from domain.worlddata import schematic_city, year_of_cases

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
PLAIN_CASES = 20_000
GOAL = 20.0
SECONDS, MEGABYTES = 60.0, 2000.0
SEED = 4


def rows(cases: int) -> Iterator[dict[str, Any]]:
    """The packaged year again and again: later tellings on other days, metres apart, under other ids."""
    rng, year = np.random.default_rng(SEED), list(year_of_cases())
    for number in range(cases):
        row = {key: value for key, value in year[number % len(year)].items() if key != "truth"}
        telling = number // len(year)
        if telling:
            row = _moved(row, telling, int(rng.integers(0, 20)), rng.normal(0, 0.002, 2))
        yield row


def _moved(row: dict[str, Any], telling: int, days: int, degrees: Any) -> dict[str, Any]:  # noqa: ANN401  an array
    later = timedelta(days=days, seconds=61 * telling)
    times = {key: iso(parse_iso(value) - later) for key, value in row.items() if key.endswith("_at") and value}
    ids = {key: f"{row[key]}-{telling}" if row[key] else "" for key in ("id", "previous", "master")}
    place = {"lon": round(row["lon"] + degrees[0], 6), "lat": round(row["lat"] + degrees[1], 6)}
    returns = [one | {"at": iso(parse_iso(one["at"]) - later)} for one in row["returns"]]
    return {**row, **times, **ids, **place, "returns": returns}


def write_csv(path: Path, cases: int) -> None:
    """The log as a city hands it in."""
    with path.open("w", encoding="utf-8", newline="") as file:
        made = rows(cases)
        first = next(made)
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(_flat(first))
        writer.writerows(map(_flat, made))


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "returns": json.dumps(row["returns"], ensure_ascii=False),
        "neighbours": "|".join(row["neighbours"]),
    }


def indicators(log: CaseTable, only: Sequence[str] = ()) -> dict[tuple[str, str, str], list[int]]:
    """Numerators and denominators of the plain loops' cuts, from arrays."""
    reading = Reading(log, np.datetime64("2026-11-01T00:00:00"), shipped().limits, ())
    found: dict[tuple[str, str, str], list[int]] = {}
    for name in CUTS:
        grouping = cut(log, [name])
        for indicator, figures in panel(reading, shipped(), grouping, only).figures.items():
            for g, key in enumerate(grouping.keys):
                found[name, key[0], indicator] = [int(figures.above[g]), int(figures.below[g])]
    return found


def timed(work: Any) -> tuple[Any, float, float]:  # noqa: ANN401  any callable
    """What it gives, seconds on the clock, seconds of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - clock, time.process_time() - processor


def main() -> int:
    """Print the table and the closing line; exit code 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cases", type=int, default=300_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cases = min(given.cases, 60_000) if given.quick else given.cases
    world, before = schematic_city(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "year.csv"
        write_csv(path, cases)
        log, read_s, read_cpu = timed(lambda: read_case_table(path, known=known_of(world)))
    everything, all_s, all_cpu = timed(lambda: indicators(log))
    _, ours_s, ours_cpu = timed(lambda: indicators(log, PLAIN))
    question = Question(
        indicator=shipped().indicator("adjacent_first_right_rate"), treated=("509901", "509904"), start=date(2026, 5, 1)
    )
    report, report_s, report_cpu = timed(
        lambda: assess(log, replace(Asked(as_of=AS_OF), questions=(question,)), shipped(), world)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    some = list(rows(min(PLAIN_CASES, cases)))
    peer, peer_s, peer_cpu = timed(lambda: plain_tallies(some, AS_OF, shipped().limits, CUTS))
    part = indicators(log.take(np.arange(len(some))))
    unequal = [key for key, tally in peer.items() if part.get(key) != tally]
    ratio = (peer_cpu / len(some)) / (ours_cpu / len(log))
    lines = [
        ["read the CSV", read_s, read_cpu],
        [f"{len(shipped().indicators)} indicators with intervals, 6 cuts", all_s, all_cpu],
        [f"the {len(PLAIN)} of the plain loops, with intervals", ours_s, ours_cpu],
        ["whole report", report_s, report_cpu],
        [f"plain loops on {len(some):,} cases", peer_s, peer_cpu],
    ]
    holds = not unequal and ratio >= GOAL and report_cpu <= SECONDS and peak <= MEGABYTES
    if not given.json:
        sys.stdout.write(table(lines, ("what", "clock s", "processor s")) + "\n")
        sys.stdout.write(f"cases {len(log):,}; peak memory {peak:,.0f} MB ({before:,.0f} MB before the log); ")
        sys.stdout.write(f"figures of the plain loops equal: {not unequal}; ratio per case {ratio:,.0f}\n")
    finish(
        "evaluation",
        ours={"cases": len(log), "report_s": round(report_cpu, 2), "indicators_s": round(ours_cpu, 3),
              "peak_mb": round(peak), "read_s": round(read_cpu, 2), "figures": len(everything),
              "suspicions": len(report["gaming"])},
        peer={"cases": len(some), "indicators_s": round(peer_cpu, 2)},
        ratio=round(ratio, 1),
        goal=GOAL,
        holds=holds,
    )  # fmt: skip
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())

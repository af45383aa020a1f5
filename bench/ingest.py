"""Seconds, memory and disk of an ingest, of a second run over the same files, and what SIGKILL does to it.

ours: `lianzhi ingest` with worker processes. peer: the same with one process. Both must end with the same version.
With --kill N the ingest is killed at N random points (seeded, spread over its whole length), begun again after each,
and must end as the uninterrupted one: ids of all passages, counts, version. Memory is the greatest sum of the
proportional set sizes (PSS) of all its processes, looked at five times a second.

    python bench/ingest.py [FOLDER] [--all] [--workers N] [--kill N] [--seed N] [--no-peer] [--quick] [--json]
"""

import argparse
import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from bench.common import finish, table
from knowledge.embedding import open_encoder
from knowledge.identity import identity_of
from knowledge.preparing import default_workers
from knowledge.settings import KnowledgeSettings
from knowledge.store import open_store

ROOT = Path(__file__).parents[1]
EVERY, EVERY_QUICK = 10, 100
"""Without --all, one file in so many."""
POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One ingest: wall and processor seconds, peak memory, all of all its processes; what the report said."""

    seconds: float
    cpu_s: float
    peak_mb: float
    report: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a knowledge base holds: hash over the ids of all passages in order, counts, version."""

    ids: str
    passages: int
    documents: int
    version: str


def main() -> None:
    """Measure, print a table and the closing line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="folder of files; default: the shared law texts")
    parser.add_argument("--all", action="store_true", help="every file of the folder, not a sample")
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--kill", type=int, default=0, metavar="N", help="SIGKILL at N random points")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--no-peer", action="store_true", help="leave out the run with one process")
    parser.add_argument("--quick", action="store_true", help="a smaller sample and one kill")
    parser.add_argument("--json", action="store_true", help="the closing line only")
    options = parser.parse_args()
    default = Path(os.environ.get("LIANZHI_SHARED", ROOT.parent / "shared")) / "laws"
    folder = options.folder or default
    if not folder.is_dir():
        sys.exit(f"no folder {folder}: name one, or set LIANZHI_SHARED")
    with tempfile.TemporaryDirectory() as scratch:
        room = Path(scratch)
        files = folder if options.all else sample(folder, room / folder.name, EVERY_QUICK if options.quick else EVERY)
        measure(files, room, options)


def sample(folder: Path, target: Path, every: int) -> Path:
    """Copy one file in `every`, in their folders."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file())[::every]:
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


def measure(files: Path, room: Path, options: argparse.Namespace) -> None:
    """All runs over one folder."""
    first = ingest(files, room / "parallel", options.workers)
    second = ingest(files, room / "parallel", options.workers)
    ours = state(room / "parallel")
    compared = options.workers > 1 and not options.no_peer
    single = ingest(files, room / "single", 1) if compared else first
    alike = not compared or state(room / "single") == ours
    kills = options.kill or int(options.quick)
    killed = kill_and_resume(files, room / "killed", options, first.seconds, kills) if kills else None
    same = killed is None or state(room / "killed") == ours
    disk = sum(one.stat().st_size for one in (room / "parallel").rglob("*") if one.is_file()) / 2**20
    blocks = sum(one.stat().st_blocks * 512 for one in (room / "parallel").rglob("*") if one.is_file()) / 2**20
    if not options.json:
        rows = [_row(f"{options.workers} workers", first), _row("second run", second)]
        rows += [_row("1 worker", single)] if compared else []
        print(table(rows, ["run", "seconds", "cpu s", "peak MB", "passages/s", "new", "already", "skipped", "lost"]))
        print(f"{ours.documents} documents, {ours.passages} passages, {disk:,.0f} MB (on disk {blocks:,.0f} MB)")
        if compared:
            print(f"one process ends the same: {alike}")
        if killed is not None:
            print(f"{kills} kills after {killed} s of work each; resumed ends the same: {same}")
    finish(
        "ingest",
        ours={
            "workers": options.workers,
            "seconds": round(first.seconds, 1),
            "cpu_s": round(first.cpu_s, 1),
            "peak_mb": round(first.peak_mb),
            "disk_mb": round(blocks),
            "second_run_s": round(second.seconds, 1),
            "lost": first.report["lost"],
            **asdict(ours),
            "kills": killed,
        },
        peer={"workers": 1, "seconds": round(single.seconds, 1), "peak_mb": round(single.peak_mb)}
        if compared
        else None,
        ratio=round(single.seconds / first.seconds, 2) if compared else None,
        goal={"lost": 0, "same_with_one_worker": True, "same_after_kills": True},
        holds=first.report["lost"] == 0 and alike and same and second.report["documents"] == 0,
    )


def _row(name: str, run: Run) -> list[object]:
    report = run.report
    made = report["passages"] / run.seconds
    new, already, skipped = report["documents"], report["already"], len(report["skipped"])
    return [name, run.seconds, run.cpu_s, run.peak_mb, made, new, already, skipped, report["lost"]]


def start(files: Path, home: Path, workers: int) -> subprocess.Popen[bytes]:
    """Begin an ingest in a session of its own, so that all its processes can be found."""
    call = [sys.executable, str(ROOT / "lianzhi.py"), "ingest", str(files), "--workers", str(workers), "--json"]
    environment = os.environ | {"LIANZHI_HOME": str(home)}
    with home.with_suffix(".json").open("wb") as report, home.with_suffix(".err").open("wb") as errors:
        # Files, not pipes: the report is longer than a pipe holds, and nobody reads while the processes are watched.
        return subprocess.Popen(call, stdout=report, stderr=errors, env=environment, start_new_session=True)


def ingest(files: Path, home: Path, workers: int) -> Run:
    """One uninterrupted ingest."""
    started, before = time.perf_counter(), _cpu_s()
    process = start(files, home, workers)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(_pss(pid) for pid in members(process.pid)) / 1024)
        time.sleep(POLL_S)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"the ingest failed: {home.with_suffix('.err').read_text(encoding='utf-8')[-500:]}")
    said = home.with_suffix(".json").read_text(encoding="utf-8")
    return Run(seconds=seconds, cpu_s=_cpu_s() - before, peak_mb=peak, report=json.loads(said))


def kill_and_resume(files: Path, home: Path, options: argparse.Namespace, whole_s: float, kills: int) -> list[float]:
    """Kill so often, at points spread over the length of a whole run, then let it end; seconds of work before each."""
    points = (np.sort(np.random.default_rng(options.seed).uniform(0.02, 0.98, kills)) * whole_s).tolist()
    worked = []
    for begin, end in zip([0.0, *points], points, strict=False):
        process = start(files, home, options.workers)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.5, end - begin))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            worked.append(round(max(0.5, end - begin), 1))
        deadline = time.monotonic() + 30
        while (left := members(process.pid)) and time.monotonic() < deadline:
            time.sleep(0.1)
        if left:
            sys.exit(f"processes outlived the ingest that was killed: {left}")
    ingest(files, home, options.workers)
    return worked


def _cpu_s() -> float:
    """Processor seconds of all ended children and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def members(session: int) -> list[int]:
    """Processes of a session that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _pss(pid: int) -> float:
    """Memory of a process in KiB, pages shared with others counted in part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)


def state(home: Path) -> State:
    """What a knowledge base holds now."""
    encoder = open_encoder()
    store = open_store(KnowledgeSettings(home=home), dim=encoder.dim, model=identity_of(encoder))
    try:
        ids: Sequence[str] = sorted(record.id for record in store.scroll())
        digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:16]
        return State(ids=digest, passages=len(ids), documents=len(store.documents()), version=store.version())
    finally:
        store.close()


if __name__ == "__main__":
    main()

"""Streams recorded observations through a running service and measures what comes of them."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import numpy as np

from domain.errors import InvalidInput, Unavailable

MAX_IN_FLIGHT = 64


@dataclass(slots=True, kw_only=True)
class ReplayReport:
    """What a replay saw. Latencies are seconds from the due instant to the answer, so that waiting counts."""

    sent: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    lost: int = 0
    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Counts, rate and percentiles in milliseconds."""
        plain = asdict(self)
        seen = np.array(plain.pop("latencies_s") or [0.0]) * 1000
        p50, p95, p99 = (round(float(v), 2) for v in np.percentile(seen, [50, 95, 99]))
        rate = round(self.sent / self.seconds, 1) if self.seconds else 0.0
        return plain | {"seconds": round(self.seconds, 3), "per_s": rate, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}

    def lines(self) -> list[str]:
        """The same in Chinese."""
        plain = self.to_json()
        return [
            f"发送 {self.sent} 条，受理 {self.accepted} 条，重复 {self.duplicates} 条，"
            f"退回 {self.refused} 条，丢失 {self.lost} 条",
            f"每秒 {plain['per_s']} 条；应答 p50 {plain['p50_ms']} 毫秒，"
            f"p95 {plain['p95_ms']} 毫秒，p99 {plain['p99_ms']} 毫秒",
        ]


def read_lines(path: Path) -> list[str]:
    """Non-empty lines of a recording.

    Raises:
        InvalidInput: If the file cannot be read or is empty.
    """
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"读不到文件“{path}”。", "请检查路径、权限与编码（UTF-8）。") from error
    if not lines:
        raise InvalidInput(f"文件“{path}”是空的。", "每行放一条上报 JSON。")
    return lines


async def replay_file(
    path: Path, base_url: str, *, rate: float = 0.0, progress: Callable[[int, int], None] | None = None
) -> ReplayReport:
    """Send every line as one observation.

    Args:
        path: JSON lines, one observation a line.
        base_url: Where the service answers.
        rate: Observations per second, open loop; 0 sends as fast as answers come, 64 at once.
        progress: Called with (done, total).

    Raises:
        Unavailable: If the service does not answer at all.
    """
    lines = read_lines(path)
    report = ReplayReport()
    gate = asyncio.Semaphore(MAX_IN_FLIGHT)
    async with httpx.AsyncClient(base_url=base_url, timeout=30.0) as client:
        try:
            await client.get("/ok")
        except httpx.TransportError as error:
            raise Unavailable(f"连不上服务 {base_url}。", "请先运行 lianzhi serve，再重放。") from error
        started = perf_counter()
        jobs = [_send_one(client, line, i, rate, started, gate, report) for i, line in enumerate(lines)]
        for done, job in enumerate(asyncio.as_completed(jobs), start=1):
            await job
            if progress:
                progress(done, len(lines))
        report.seconds = perf_counter() - started
    return report


async def _send_one(
    client: httpx.AsyncClient,
    line: str,
    index: int,
    rate: float,
    started: float,
    gate: asyncio.Semaphore,
    report: ReplayReport,
) -> None:
    due = started + index / rate if rate else None
    if due is not None:
        await asyncio.sleep(max(0.0, due - perf_counter()))
    async with gate:
        since = due if due is not None else perf_counter()
        report.sent += 1
        try:
            answer = await client.post(
                "/api/v1/observations", content=line.encode(), headers={"content-type": "application/json"}
            )
        except httpx.TransportError:
            report.lost += 1
            return
        report.latencies_s.append(perf_counter() - since)
        _count(answer, report)


def _count(answer: httpx.Response, report: ReplayReport) -> None:
    if answer.status_code >= 500:
        report.lost += 1
    elif answer.status_code >= 400:
        report.refused += 1
    elif json.loads(answer.content).get("created", True):
        report.accepted += 1
    else:
        report.duplicates += 1

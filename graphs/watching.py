"""A watch over a case table from the command line: nothing is filed, nobody is told."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from adapters.casetables import read_case_table
from adapters.reports import form_of, write_report
from domain.adjacency.alerting.reporting import report_of
from domain.caselog import CaseTable
from domain.caselogreader import known_of
from domain.clock import CHINA, Clock, parse_iso, system_clock
from domain.errors import InvalidInput
from domain.territory import Territory
from graphs.alerting import TableLog, assess_log
from graphs.bootstrap import ServiceSettings, context_of, load_world
from graphs.nothing import NoRecords
from knowledge.base import open_knowledge


async def watch_file(
    path: Path,
    *,
    as_of: str = "",
    q: float | None = None,
    crs: str = "WGS84",
    out: Path | None = None,
    settings: ServiceSettings | None = None,
    clock: Clock = system_clock,
) -> dict[str, Any]:
    """Watch a case table at an instant; the report is written to `out` as well when that is given.

    Args:
        path: The table (CSV, XLSX, JSON lines; also gzipped).
        as_of: ISO 8601 instant, or a day, which counts to its end; empty for the table's last report.
        q: Share of false alarms among what is announced; None for the settings'.
        crs: System of coordinates that declare none.
        out: Where the report goes; its suffix says the format.
        settings: Where city and knowledge base are.
        clock: Time of opening the knowledge base.

    Raises:
        InvalidInput: If the table, the instant or the report's format cannot be used.
        Unavailable: If the knowledge base cannot be opened, or the report not be written.
    """
    if out is not None:
        form_of(out)
    settings = settings or ServiceSettings()
    world = load_world(settings.graph.home)
    table = await asyncio.to_thread(read_case_table, path, known=known_of(world), crs=crs)
    moment = instant_of(as_of, table)
    knowledge = await asyncio.to_thread(open_knowledge, settings.knowledge, clock=clock)
    try:
        context = context_of(settings, Territory(world), knowledge, NoRecords(), None, clock)
        made = await assess_log(
            replace(context, log=TableLog(table)), moment, {"q": settings.graph.alert_q if q is None else q}
        )
    finally:
        knowledge.close()
    if out is not None:
        await asyncio.to_thread(write_report, report_of(made), out)
    return made


def instant_of(text: str, table: CaseTable) -> datetime:
    """The instant that a watch looks up to.

    Raises:
        InvalidInput: If the text is no instant and no day, or the table has no report to take it from.
    """
    if not text:
        reported = table.time("reported_at")
        known = reported[~np.isnat(reported)]
        if not len(known):
            raise InvalidInput("案件表里没有一条有上报时间。", "请核对“上报时间”一列，或检查表头。")
        return datetime.fromtimestamp(int(known.max().astype("datetime64[s]").astype(np.int64)) + 1, tz=UTC)
    try:
        moment = parse_iso(text)
    except ValueError:
        raise InvalidInput(
            f"监测时刻“{text[:30]}”无法识别。", "请写成 2026-06-15 或 2026-06-15T08:00:00+08:00。"
        ) from None
    whole_day = "T" not in text and " " not in text.strip()
    ended = moment.replace(hour=23, minute=59, second=59, tzinfo=CHINA) if whole_day else moment
    return ended.astimezone(UTC)

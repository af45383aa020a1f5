"""An evaluation of one file from the command line: nothing is filed, nobody waits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from adapters.casetables import read_case_table
from adapters.reports import form_of, write_report
from domain.adjacency.evaluation.assessment import CUTS, Asked, assess, behind, names_of, placed, read
from domain.adjacency.evaluation.definitions import Definitions, read_definitions, shipped
from domain.adjacency.evaluation.effects import Question
from domain.adjacency.evaluation.reporting import report_of
from domain.caselog import CaseTable
from domain.caselogreader import known_of
from domain.clock import Clock, parse_iso, system_clock
from domain.errors import InvalidInput, reason_of
from domain.issues import issue_table
from domain.world import World
from graphs.bootstrap import load_world
from graphs.settings import GraphSettings

LISTED = 100
"""Case ids listed on each side of the figures of the whole and of the districts."""


def evaluate_file(
    path: Path,
    asked: Asked,
    *,
    definitions: Definitions | None = None,
    crs: str = "WGS84",
    out: Path | None = None,
    world: World | None = None,
) -> dict[str, Any]:
    """The report on a file; written to `out` as well when that is given.

    Raises:
        InvalidInput: If the file, a dimension or the format cannot be used.
        Unavailable: If the report cannot be written.
    """
    if out is not None:
        form_of(out)
    city = world or load_world(GraphSettings().home)
    table, notes = _table(path, city, crs)
    names = names_of(city, {one.id: one.name for one in issue_table().values()})
    body = assess(table, asked, definitions or shipped(), city, names, listed=LISTED, notes=notes)
    if out is not None:
        write_report(report_of(body), out)
    return body


def cases_of_file(
    path: Path, asked: Asked, figure: str, *, definitions: Definitions | None = None, crs: str = "WGS84"
) -> dict[str, list[str]]:
    """Case ids behind one figure of a file: `INDICATOR` or `INDICATOR@DIMENSION=KEY`.

    Raises:
        InvalidInput: If there is no such indicator, dimension or group.
    """
    indicator, _, group = figure.partition("@")
    dimension, _, key = group.partition("=")
    world, chosen = load_world(GraphSettings().home), definitions or shipped()
    reading = read(_table(path, world, crs)[0], asked, chosen, world)
    return behind(reading, chosen, indicator, [dimension or "city"], [key] if dimension else ["city"])


def _table(path: Path, world: World, crs: str) -> tuple[CaseTable, list[str]]:
    return placed(read_case_table(path, known=known_of(world), crs=crs), world)


def asked_of(
    *,
    as_of: str = "",
    since: date | None = None,
    until: date | None = None,
    regions: Sequence[str] = (),
    by: Sequence[str] = (),
    comparisons: Sequence[str] = (),
    definitions: Definitions | None = None,
    clock: Clock = system_clock,
) -> Asked:
    """What the options of the command ask.

    Args:
        as_of: ISO 8601 instant with zone; empty for now.
        since: First civil day of reporting.
        until: Last civil day of reporting.
        regions: Region codes.
        by: Further cuts, dimensions joined by `+`.
        comparisons: `INDICATOR:CODE,CODE:YYYY-MM-DD` each.
        definitions: Where indicators are looked up.
        clock: What now is.

    Raises:
        InvalidInput: If one of them cannot be read.
    """
    chosen = definitions or shipped()
    cuts = tuple(dict.fromkeys((*CUTS, *(tuple(one.split("+")) for one in by))))
    asked = Asked(
        as_of=_instant(as_of) if as_of else clock(), since=since, until=until, regions=tuple(regions), cuts=cuts
    )
    return replace(asked, questions=tuple(_question(one, chosen) for one in comparisons))


def _instant(text: str) -> Any:  # noqa: ANN401  an aware datetime
    try:
        return parse_iso(text)
    except ValueError:
        raise InvalidInput(f"时刻“{text[:40]}”无法识别。", "请写成 2026-11-01T00:00:00+08:00 这样的形式。") from None


def _question(text: str, definitions: Definitions) -> Question:
    parts = text.split(":")
    try:
        indicator, codes, start = parts
        return Question(
            indicator=definitions.indicator(indicator),
            treated=tuple(filter(None, codes.split(","))),
            start=date.fromisoformat(start),
        )
    except ValueError:
        raise InvalidInput(
            f"前后对照“{text[:60]}”写得不对。",
            "请写成 指标编号:区划编码,区划编码:起始日，如 adjacent_first_right_rate:509901:2026-05-01。",
        ) from None


def definitions_from(path: Path) -> Definitions:
    """Definitions of a city's own. Raises InvalidInput."""
    try:
        return read_definitions(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"读不到口径文件“{path}”：{reason_of(error)}。", "请检查路径与权限。") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"口径文件“{path.name}”不是 UTF-8 文本。", "请另存为 UTF-8 后重试。") from error

"""A compensation statement of one file from the command line: nothing is filed, nobody is told."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.reports import form_of, write_report
from adapters.sectiontables import decoded, read_section_file
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.reporting import report_of
from domain.adjacency.compensation.schemefile import scheme_from_text
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.compensation.submission import Submission, plain_cell
from domain.clock import Clock, civil_date, system_clock
from domain.errors import BadScheme, reason_of
from domain.territory import Territory
from graphs.bootstrap import ServiceSettings, context_of, load_world
from graphs.compensation import assess_submission
from graphs.nothing import NoRecords
from graphs.schemes import imported_schemes
from knowledge.base import open_knowledge
from records.book import open_book


def submission_of(path: Path, *, scheme: Scheme | None, period: str, clock: Clock) -> Submission:
    """What a file submits; months after the present one are refused.

    Raises:
        BadTable: If the file cannot be read as a whole.
    """
    read = read_section_file(path)
    return Submission(
        rows=tuple((number, plain_cell(cells)) for number, cells in read.rows),
        scheme=scheme.plain if scheme is not None else None,
        period=period,
        until=civil_date(clock()).isoformat()[:7],
        faults=tuple(read.faults),
        notes=tuple(read.notes),
    )


async def named_scheme(name: str, settings: ServiceSettings | None = None) -> Scheme:
    """Like `find_scheme`, with the schemes of imported packs, where anything was recorded yet."""
    settings = settings or ServiceSettings()
    url = settings.records.url
    if name in packaged() or (url.startswith("sqlite") and not (settings.records.home / "records.sqlite").is_file()):
        return find_scheme(name)
    async with open_book(url) as book:
        return find_scheme(name, more=await imported_schemes(book.packs, load_world(settings.graph.home)))


def find_scheme(name: str, *, more: Mapping[str, Scheme] | None = None) -> Scheme:
    """A scheme by the id of a packaged or imported one, or by the path of its file.

    Args:
        name: Id or path.
        more: Imported schemes by id; they win over packaged ones.

    Raises:
        BadScheme: If there is none, or it cannot be used; says every fault.
    """
    known = {**packaged(), **(more or {})}
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix.lower() not in (".toml", ".json"):
        raise BadScheme(
            f"没有名为“{name[:60]}”的补偿方案。", f"可用：{'、'.join(known)}，或方案文件（.toml、.json）的路径。"
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadScheme(f"读不到方案文件“{name[:60]}”：{reason_of(error)}。", "请检查路径与权限。") from error
    return scheme_from_text(decoded(raw, path.name)[0], name=path.name)


async def compensate_file(
    path: Path,
    *,
    scheme: Scheme | None = None,
    period: str = "",
    out: Path | None = None,
    settings: ServiceSettings | None = None,
    clock: Clock = system_clock,
) -> dict[str, Any]:
    """The statement of a file with its checked citations; written to `out` as well when that is given.

    Raises:
        BadTable, BadScheme, InvalidInput: What was given cannot be used as a whole.
        Unavailable: The knowledge base cannot be opened, or the report not be written.
    """
    if out is not None:
        form_of(out)
    settings = settings or ServiceSettings()
    given = submission_of(path, scheme=scheme, period=period, clock=clock)
    territory = Territory(load_world(settings.graph.home))
    knowledge = await asyncio.to_thread(open_knowledge, settings.knowledge, clock=clock)
    try:
        context = context_of(settings, territory, knowledge, NoRecords(), None, clock)
        body = await assess_submission(context, given)
    finally:
        knowledge.close()
    if out is not None:
        write_report(report_of(body), out)
    return {key: body[key] for key in ("statement", "citations", "citation_notes", "versions")}

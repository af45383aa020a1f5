"""One evaluation from a log: what is asked, and the report as a plain JSON value."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from domain.adjacency.evaluation.definitions import STATUS_NAMES, Definitions
from domain.adjacency.evaluation.effects import Effect, Question, effect_of
from domain.adjacency.evaluation.facts import Reading
from domain.adjacency.evaluation.gaming import suspicions
from domain.adjacency.evaluation.groups import DIMENSIONS, Grouping, Names, cut
from domain.adjacency.evaluation.indicators import Figures, Panel, Points, members, missing_fields, panel
from domain.adjacency.evaluation.lines import with_lines
from domain.adjacency.evaluation.wording import summary
from domain.caselog import PROBLEMS, Bools, CaseTable
from domain.clock import iso
from domain.errors import InvalidInput
from domain.opinion import canonical
from domain.world import World

FORMAT = "lianzhi-evaluation-report/1"
CUTS: tuple[tuple[str, ...], ...] = (
    ("city",), ("district",), ("township",), ("unit",), ("category",), ("issue",), ("month",), ("district", "month"),
)  # fmt: skip
"""By what a report is cut unless it is said otherwise; people only on demand."""
MOST_PROBLEMS = 1000
"""Problems of rows that a report lists; their numbers by reason are whole."""
_CHINA = np.timedelta64(8, "h").astype("timedelta64[s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to evaluate.

    Attributes:
        as_of: The moment at which the log is read; what came later has not happened.
        since, until: First and last civil day of reporting, both included; None for no limit.
        regions: Region codes that are looked at, with all below them; empty for all.
        cuts: Each a tuple of dimensions.
        questions: Before-and-after comparisons.
    """

    as_of: datetime
    since: date | None = None
    until: date | None = None
    regions: tuple[str, ...] = ()
    cuts: tuple[tuple[str, ...], ...] = CUTS
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must be aware")
        if self.since and self.until and self.since > self.until:
            raise InvalidInput("起始日晚于截止日。", "请核对评估期间。")


def names_of(world: World, issues: Mapping[str, str]) -> Names:
    """Chinese names of the city's regions, units and issues."""
    of = {region.code: region.name for region in world.regions}
    return Names({**issues, **of, **{unit.code: unit.name for unit in world.register.units}})


def read(table: CaseTable, asked: Asked, definitions: Definitions, world: World | None = None) -> Reading:
    """The part of a log that is asked for, read at its moment."""
    as_of = np.datetime64(asked.as_of.astimezone(UTC).replace(tzinfo=None), "s")
    kept = table.take(_in_scope(table, asked, as_of))
    return Reading(kept, as_of, definitions.limits, None if world is None else world.agreements)


def _in_scope(table: CaseTable, asked: Asked, as_of: np.datetime64) -> Bools:
    reported = table.time("reported_at")
    keep = ~(reported > as_of)
    day = (reported + _CHINA).astype("datetime64[D]")
    if asked.since is not None:
        keep &= day >= np.datetime64(asked.since)
    if asked.until is not None:
        keep &= day <= np.datetime64(asked.until)
    return keep & in_regions(table, asked.regions)


def in_regions(table: CaseTable, regions: Sequence[str]) -> Bools:
    """Cases of the regions and all below them, shape (n,); all when there are none to ask for.

    Codes of regions begin with those of their parents. A case that no township is known of belongs to the whole city.
    """
    keep = np.ones(len(table), dtype=np.bool_)
    if regions:
        keep[:] = False
        for name in ("district", "township", "community", "grid"):
            column = table.words[name]
            keep |= column.is_any(word for word in column.vocab if word.startswith(tuple(regions)))
    return keep


def assess(
    table: CaseTable,
    asked: Asked,
    definitions: Definitions,
    world: World | None = None,
    names: Names | None = None,
    *,
    listed: int = 0,
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """The report: equal logs and questions give equal bytes.

    Args:
        table: The log.
        asked: What to evaluate.
        definitions: Indicators, scores, thresholds.
        world: The city, for its agreements; None: nothing is known of any.
        names: Names of regions, units and issues.
        listed: How many case ids to list on each side of each figure of the whole and of the districts.
        notes: What a reader must know of the log, in Chinese.

    Raises:
        InvalidInput: If a dimension does not exist.
    """
    reading = read(table, asked, definitions, world)
    panels = [panel(reading, definitions, cut(reading.table, dims, names)) for dims in asked.cuts]
    body: dict[str, Any] = {
        "format": FORMAT,
        "definitions": definition_json(definitions),
        "scope": _scope(table, reading, asked, names or Names()),
        "notes": list(notes),
        "problems": _problems(table, reading, whole=not asked.regions),
        "not_computed": [
            {"indicator": one.id, "name": one.name, "missing": list(lacking)}
            for one in definitions.indicators
            if (lacking := missing_fields(reading, one))
        ],
        "panels": [panel_json(one, definitions.limits.small_sample) for one in panels],
        "gaming": [one.to_json() for one in suspicions(reading, definitions.patterns)],
        **_comparisons(reading, asked.questions),
        "behind": [one for cut_ in panels for one in _listed(reading, cut_, listed)] if listed else [],
    }
    body["summary"] = summary(body)
    return {**body, "digest": hashlib.sha256(canonical(body).encode()).hexdigest()}


def _comparisons(reading: Reading, questions: Sequence[Question]) -> dict[str, Any]:
    """Comparisons that can be made, and those that cannot, with the reason."""
    made: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for question in questions:
        try:
            effect = effect_of(reading, question, reading.limits.confidence)
        except InvalidInput as error:
            refused.append(
                {"indicator": question.indicator.id, "name": question.indicator.name, "reason": error.message}
            )
        else:
            made.append(effect_json(question, effect))
    return {"effects": made, "not_compared": refused}


def definition_json(definitions: Definitions) -> dict[str, Any]:
    """Everything that the figures go by, with the status of each formula in words."""
    plain: dict[str, Any] = json.loads(canonical(definitions.to_json()))  # tuples become lists
    for one in plain["indicators"]:
        one["status_name"] = STATUS_NAMES[one["status"]]
    return {**plain, "patterns": [plain["patterns"][name] for name in definitions.patterns]}


def _scope(table: CaseTable, reading: Reading, asked: Asked, names: Names) -> dict[str, Any]:
    reported = reading.table.time("reported_at")
    known = reported[~np.isnat(reported)] + _CHINA
    return {
        "as_of": iso(asked.as_of),
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "first_day": str(known.min().astype("datetime64[D]")) if len(known) else "",
        "last_day": str(known.max().astype("datetime64[D]")) if len(known) else "",
        "regions": [{"code": code, "name": names(code)} for code in asked.regions],
        "rows_read": table.rows_read,
        "cases": len(reading.table),
    }


def _problems(table: CaseTable, reading: Reading, *, whole: bool) -> dict[str, Any]:
    """What is wrong with the rows; those of rows outside the scope are nobody's business here."""
    mine = set(reading.table.id.tolist())
    shown = [one for one in table.problems if one.id in mine or (whole and not one.id) or _dropped(one.code, whole)]
    counts: dict[str, int] = {}
    for one in shown:
        counts[one.code] = counts.get(one.code, 0) + 1
    return {
        "counts": [{"code": code, "reason": PROBLEMS[code], "rows": n} for code, n in sorted(counts.items())],
        "first": [one.to_json() for one in shown[:MOST_PROBLEMS]],
    }


def _dropped(code: str, whole: bool) -> bool:
    return whole and code == "duplicate_id"


def _listed(reading: Reading, one: Panel, most: int) -> Iterator[dict[str, Any]]:
    """Who is behind the figures of the whole and of the districts: the first ids of each side, and how many."""
    if one.grouping.dimensions not in (("city",), ("district",)):
        return
    for name, found in one.figures.items():
        if found.missing:
            continue
        who = members(reading, found.indicator)
        sides = {"above": who.above, "missed": who.below & ~who.above, "untold": who.untold}
        for g, key in enumerate(one.grouping.keys):
            here = one.grouping.group == g
            lists = {side: reading.table.id[np.flatnonzero(rows & here)] for side, rows in sides.items()}
            yield {
                "indicator": name,
                "dimensions": list(one.grouping.dimensions),
                "key": list(key),
                "label": one.grouping.labels[g],
                **{side: ids[:most].tolist() for side, ids in lists.items()},
                **{f"{side}_total": len(ids) for side, ids in lists.items()},
            }


def panel_json(one: Panel, small: int) -> dict[str, Any]:
    """One cut as JSON: a group has its key, its label, its figures by indicator and its scores."""
    return {
        "dimensions": list(one.grouping.dimensions),
        "names": [DIMENSIONS[name] for name in one.grouping.dimensions],
        "groups": [_group_json(one, g, small) for g in range(len(one.grouping))],
    }


def _group_json(one: Panel, g: int, small: int) -> dict[str, Any]:
    return {
        "key": list(one.grouping.keys[g]),
        "label": one.grouping.labels[g],
        "figures": {name: _figure_json(found, g, small) for name, found in one.figures.items() if not found.missing},
        "scores": {name: _points_json(found, g) for name, found in one.points.items()},
    }


def _figure_json(found: Figures, g: int, small: int) -> dict[str, Any]:
    cases = int(found.cases[g])
    return {
        "above": _plain(found.above[g]),
        "below": _plain(found.below[g]),
        "cases": cases,
        "value": _plain(found.estimate.value[g]),
        "low": _plain(found.estimate.low[g]),
        "high": _plain(found.estimate.high[g]),
        "untold": int(found.untold[g]),
        "small": cases < small,
    }


def _points_json(found: Points, g: int) -> dict[str, Any]:
    sides = found.estimate
    return {"value": _plain(sides.value[g]), "low": _plain(sides.low[g]), "high": _plain(sides.high[g])}


def _plain(value: float) -> float | int | None:
    """A JSON number, whole where it is whole; None for "nothing"."""
    number = float(value)
    if number != number:
        return None
    return int(number) if number.is_integer() else round(number, 6)


def effect_json(question: Question, effect: Effect) -> dict[str, Any]:
    """A comparison as JSON."""
    plain = asdict(effect)
    rounded = {key: _plain(value) if isinstance(value, float) else value for key, value in plain.items()}
    rounded["months"] = [
        {key: _plain(value) if isinstance(value, float) else value for key, value in month.items()}
        for month in plain["months"]
    ]
    return {
        "indicator": question.indicator.id,
        "name": question.indicator.name,
        "kind": question.indicator.kind,
        "unit": question.indicator.unit,
        "good": question.indicator.good,
        "treated": list(question.treated),
        "start": question.start.isoformat(),
        "across": question.across,
        **rounded,
    }


def behind(
    reading: Reading, definitions: Definitions, indicator_id: str, dimensions: Sequence[str], key: Sequence[str]
) -> dict[str, list[str]]:
    """Case ids behind one figure: `above` and `below` the line, and `untold` of which too little is known.

    Common spots give all their cases under `spots`.

    Raises:
        InvalidInput: If there is no such indicator, dimension or group.
    """
    indicator = definitions.indicator(indicator_id)
    grouping: Grouping = cut(reading.table, dimensions)
    here = grouping.group == grouping.index(key)
    who = members(reading, indicator)
    found = {"above": who.above & here, "below": who.below & here, "untold": who.untold & here}
    ids = {name: sorted(reading.table.id[rows].tolist()) for name, rows in found.items()}
    if "common_spot" in indicator.of:
        heads = np.flatnonzero(found["below"]).tolist()
        ids["spots"] = sorted({one for head in heads for one in reading.table.id[reading.spots.members(head)].tolist()})
    return ids


def with_regions(asked: Asked, allowed: Sequence[str]) -> Asked:
    """What was asked, held to the regions that the caller may see; `("",)` is everything.

    Raises:
        InvalidInput: If none of what was asked lies at or below them.
    """
    if "" in allowed:
        return asked
    wanted = asked.regions or tuple(allowed)
    kept = tuple(code for code in wanted if code.startswith(tuple(allowed)))
    if not kept:
        raise InvalidInput("所选地区不在您的辖区之内。", "请选择本辖区或其下级地区。")
    return replace(asked, regions=kept)


def placed(table: CaseTable, world: World) -> tuple[CaseTable, list[str]]:
    """The log with what the city's lines tell where it says nothing of adjacency, and a note that it is so."""
    if "adjacent" in table.columns or np.isnan(table.numbers["lon"]).all():
        return table, []
    return with_lines(table, world), ["台账没有“是否毗邻”，已按坐标与镇街界线推算（R01），城市范围以外的不计。"]

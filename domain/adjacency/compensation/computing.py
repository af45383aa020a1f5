"""Computes a statement from a scheme and the records of a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.adjacency.compensation.factors import grade_name, plain
from domain.adjacency.compensation.judging import Monthly, Outcome, Reference, explained, judge, unsettled
from domain.adjacency.compensation.lumps import lump_items
from domain.adjacency.compensation.months import shifted, span
from domain.adjacency.compensation.netting import transfers
from domain.adjacency.compensation.records import Problem, Record, SectionTable
from domain.adjacency.compensation.references import References
from domain.adjacency.compensation.schemes import MONTHLY, LastYear, Limits, Scheme, Section
from domain.adjacency.compensation.statement import Item, Statement, readings_of

NO_RECORD = "没有该月数据"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A record with the section as it stands for that month, and what keeps it from being settled."""

    section: Section
    record: Record
    faults: tuple[str, ...] = ()


def compute(
    scheme: Scheme, table: SectionTable, *, period: tuple[str, str] | None = None, chosen: str = ""
) -> Statement:
    """The statement of a period.

    Args:
        scheme: Declared rules.
        table: Records; those before the period serve for looking back.
        period: First and last month; None: all months of the table but those that only serve for looking back.
        chosen: Why this scheme, when nobody named one.

    Returns:
        A statement in which every section has an item for every month of the period and every monthly component:
        settled, or open with the reasons. What cannot be computed is listed, never guessed.
    """
    placed, problems = _placed(scheme, table.records)
    back = _looking_back(scheme, placed) if period is None else set[tuple[str, str]]()
    first, last = period or _period(scheme, placed, back)
    inside = {key: one for key, one in placed.items() if first <= key[1] <= last and key not in back}
    refused, problems_of_time = _outside(scheme, inside)
    inside = {key: one for key, one in inside.items() if key not in refused}
    items = [*_monthly(scheme, placed, inside, (first, last))]
    records = {key: one.record for key, one in placed.items()}
    items += lump_items(scheme, records, items, (first, last))
    return Statement(
        scheme=scheme,
        period=(first, last),
        items=tuple(sorted(items, key=lambda item: (item.month, item.river, _order(scheme, item)))),
        problems=(*table.problems, *problems, *problems_of_time),
        notes=table.notes,
        chosen=chosen,
        looked_back=len([key for key in placed if key[1] < first or key in back]),
    )


def _order(scheme: Scheme, item: Item) -> tuple[int, int, str]:
    sections = [section.id for section in scheme.sections]
    components = [component.id for component in scheme.components]
    place = sections.index(item.section) if item.section in sections else len(sections)
    return place, components.index(item.component), item.section


def _placed(scheme: Scheme, records: Sequence[Record]) -> tuple[dict[tuple[str, str], _Placed], list[Problem]]:
    """Every record by section id and month; what names no section of the scheme is a problem of its rows."""
    known = {plain(name): one for one in scheme.sections for name in (one.id, one.name, *one.aliases) if name}
    found: dict[tuple[str, str], _Placed] = {}
    problems: list[Problem] = []
    for record in records:
        declared = known.get(plain(record.section))
        if declared is None and scheme.sections:
            problems += [_problem(record, row, "方案中没有此断面，此行未用") for row in record.rows]
            continue
        one = _declared(declared, record) if declared is not None else _from_table(record)
        key = one.section.id, record.month
        if key in found:
            told = "同一断面以两个名称出现在同一月份，该月转人工"
            problems += [_problem(record, row, told) for row in record.rows]
            held = found[key]
            found[key] = _Placed(held.section, held.record, (*held.faults, told))
        else:
            found[key] = one
            problems += [_problem(record, row, fault) for fault in one.faults for row in record.rows[:1]]
    return found, problems


def _problem(record: Record, row: int, reason: str) -> Problem:
    return Problem(row=row, section=record.section, month=record.month, reason=reason)


def _declared(section: Section, record: Record) -> _Placed:
    """The scheme's section; a class that the table states otherwise leaves the month to a person."""
    faults: list[str] = []
    for name, own, other in (
        ("考核目标", section.target, record.target),
        ("基准线", section.baseline, record.baseline),
    ):
        if own is not None and other is not None and own != other:
            faults.append(f"{name}：表内{grade_name(other)}与方案{grade_name(own)}不一致")
    for name, side, word in (
        ("上游", section.upstream, record.upstream),
        ("下游", section.downstream, record.downstream),
    ):
        if word and plain(word) not in {plain("、".join(party for party, _ in side)), *(plain(p) for p, _ in side)}:
            faults.append(f"{name}：表内“{word}”与方案“{'、'.join(party for party, _ in side)}”不一致")
    target = section.target if section.target is not None else record.target
    baseline = section.baseline if section.baseline is not None else record.baseline
    return _Placed(replace(section, target=target, baseline=baseline), record, tuple(faults))


def _from_table(record: Record) -> _Placed:
    """A section as the row describes it, for schemes that leave the sections to the table."""
    faults = [
        f"{name}为空：链首、链尾请写明补位的财政（如“市财政”）"
        for name, word in (("上游", record.upstream), ("下游", record.downstream))
        if not word
    ]
    if record.upstream and record.upstream == record.downstream:
        faults.append("上下游为同一主体")
    section = Section(
        id=record.section,
        name=record.section,
        river=record.river,
        upstream=((record.upstream, 1),) if record.upstream else (),
        downstream=((record.downstream, 1),) if record.downstream else (),
        target=record.target,
        baseline=record.baseline,
    )
    return _Placed(section, record, tuple(faults))


def _looking_back(scheme: Scheme, placed: Mapping[tuple[str, str], _Placed]) -> set[tuple[str, str]]:
    """Months that can only serve as the reference of a later one: a year later there is one, a year before none."""
    looks = any(
        isinstance(one, LastYear) or (isinstance(one, Limits) and "means" in one.against) for one in scheme.components
    )
    if not looks:
        return set()
    return {
        (name, month)
        for (name, month), one in placed.items()
        if one.record.previous is None
        and not one.record.means
        and (name, shifted(month, -12)) not in placed
        and _year_after(name, month, placed)
    }


def _year_after(name: str, month: str, placed: Mapping[tuple[str, str], _Placed]) -> bool:
    year = int(month[:4]) + 1
    return any((name, later) in placed for later in span(f"{year}-01", f"{year}-12"))


def _period(scheme: Scheme, placed: Mapping[tuple[str, str], _Placed], back: set[tuple[str, str]]) -> tuple[str, str]:
    months = sorted(month for name, month in placed if (name, month) not in back and scheme.valid_in(month))
    return (months[0], months[-1]) if months else ("", "")


def _outside(scheme: Scheme, inside: Mapping[tuple[str, str], _Placed]) -> tuple[set[tuple[str, str]], list[Problem]]:
    refused = {key for key in inside if not scheme.valid_in(key[1])}
    told = f"不在方案有效期内（{scheme.valid_from or '—'} 起，{scheme.valid_to or '—'} 止），此行未核算"
    return refused, [
        _problem(inside[key].record, row, told) for key in sorted(refused) for row in inside[key].record.rows
    ]


def _monthly(
    scheme: Scheme,
    placed: Mapping[tuple[str, str], _Placed],
    inside: Mapping[tuple[str, str], _Placed],
    period: tuple[str, str],
) -> Iterable[Item]:
    components = [one for one in scheme.components if isinstance(one, MONTHLY)]
    if not components or not period[0]:
        return
    references = References(scheme, {key: one.record for key, one in placed.items()})
    sections = _sections(scheme, inside)
    for month in span(*period):
        if not scheme.valid_in(month):
            continue
        for section in sections:
            one = inside.get((section.id, month))
            for component in components:
                if isinstance(component, Limits) and component.sections and section.id not in component.sections:
                    continue
                yield _item(component, scheme, section, month, one, references)


def _sections(scheme: Scheme, inside: Mapping[tuple[str, str], _Placed]) -> list[Section]:
    if scheme.sections:
        return list(scheme.sections)
    latest = {name: one.section for (name, _), one in sorted(inside.items())}
    return list(latest.values())


def _item(
    component: Monthly, scheme: Scheme, section: Section, month: str, one: _Placed | None, references: References
) -> Item:
    reference = Reference()
    if one is None:
        outcome = unsettled(NO_RECORD)
    elif one.faults:
        outcome, section = unsettled(*one.faults), one.section
    else:
        section = one.section
        reference = references.of(section, one.record)
        outcome = judge(component, scheme, section, one.record, reference)
    return _line(component, section, month, outcome, reference, one)


def _line(
    component: Monthly, section: Section, month: str, outcome: Outcome, reference: Reference, one: _Placed | None
) -> Item:
    record, graded = (one.record if one else None), outcome.grading
    return Item(
        component=component.id,
        section=section.id,
        title=section.title,
        river=section.river,
        month=month,
        upstream=section.upstream,
        downstream=section.downstream,
        amount=outcome.amount,
        finding=outcome.finding,
        explanation=explained(outcome, section, reference),
        grade=graded.grade if graded else None,
        target=section.target,
        previous=reference.grade,
        baseline=section.baseline,
        limiting=outcome.missed or (graded.limiting if graded else ()),
        inferred=outcome.inferred,
        open=outcome.open,
        readings=readings_of(record) if record else {},
        rows=record.rows if record else (),
        transfers=transfers(outcome.amount or 0, section.upstream, section.downstream),
    )

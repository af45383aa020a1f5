"""What a month is held against: classes and means of last year, stated by the table or computed from it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from domain.adjacency.compensation.factors import factors, grade_name
from domain.adjacency.compensation.grading import Grading
from domain.adjacency.compensation.judging import Reference, graded_month
from domain.adjacency.compensation.months import shifted, span
from domain.adjacency.compensation.records import Record
from domain.adjacency.compensation.schemes import Limits, Scheme, Section

SAME_MONTH = "上年类别由表内上年同月数据算得（公开规则只说“上年”，按同月比较系推断）"
YEAR_MEANS = "上年均值由表内上年 12 个月数据算得"
_MONTHS = 12


class References:
    """Looks back a year in a table.

    Args:
        scheme: What is required, and in which water.
        records: All records by section id and month, those that serve for looking back included.
    """

    def __init__(self, scheme: Scheme, records: Mapping[tuple[str, str], Record]) -> None:
        self._scheme = scheme
        self._records = records

    def of(self, section: Section, record: Record) -> Reference:
        """The reference of a section's month; `faults` say why a part of it is not known."""
        grade, inferred, faults = self._grade(section, record)
        means, told, why = self._means(section, record)
        return Reference(grade=grade, means=means, inferred=(*inferred, *told), faults=(*faults, *why))

    def _grade(self, section: Section, record: Record) -> tuple[int | None, list[str], list[str]]:
        past = self._records.get((section.id, shifted(record.month, -_MONTHS)))
        computed = graded_month(self._scheme, past) if past is not None else None
        found = computed.grade if isinstance(computed, Grading) else None
        stated = record.previous
        if stated is not None and found is not None and stated != found:
            told = f"表内上年类别{grade_name(stated)}与按上年同月数据算得的{grade_name(found)}不一致"
            return None, [], [told]
        if stated is not None:
            return stated, [], []
        if found is not None:
            return found, [SAME_MONTH], []
        return None, [], ["没有上年同期类别" if past is None else "上年同月数据不全，无法得出上年类别"]

    def _means(self, section: Section, record: Record) -> tuple[dict[str, Decimal], list[str], list[str]]:
        wanted = _wanted(self._scheme)
        if not wanted:
            return {}, [], []
        means = {**section.means, **record.means}
        clash = [name for name in record.means if section.means.get(name, record.means[name]) != record.means[name]]
        if clash:
            names = "、".join(factors()[name].name for name in clash)
            return {}, [], [f"表内上年均值与方案不一致：{names}"]
        missing = [name for name in wanted if name not in means]
        computed = self._computed(section, record, missing)
        still = [name for name in missing if name not in computed]
        why = [f"没有上年均值：{'、'.join(factors()[name].name for name in still)}"] if still else []
        return means | computed, [YEAR_MEANS] if computed else [], why

    def _computed(self, section: Section, record: Record, names: Sequence[str]) -> dict[str, Decimal]:
        """Means over the twelve months of the calendar year before; none where a month is missing."""
        year = int(record.month[:4]) - 1
        past = [self._records.get((section.id, month)) for month in span(f"{year}-01", f"{year}-12")]
        made: dict[str, Decimal] = {}
        for name in names:
            values = [one.readings.get(name) for one in past if one is not None and not one.faults]
            known = [reading.value for reading in values if reading is not None and not reading.below]
            if len(known) == _MONTHS:
                made[name] = sum(known, Decimal(0)) / _MONTHS
        return made


def _wanted(scheme: Scheme) -> tuple[str, ...]:
    needed = [one for one in scheme.components if isinstance(one, Limits) and "means" in one.against]
    return tuple(dict.fromkeys(name for one in needed for name in one.factors))

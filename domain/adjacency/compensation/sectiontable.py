"""Reads section tables (断面监测表), one row a section and month or one row a value; bad rows lose only themselves."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from domain.adjacency.compensation.columns import Column, column_of, is_remark
from domain.adjacency.compensation.factors import MASS_UNIT, Factor, factor_of, factors, grade_of
from domain.adjacency.compensation.months import month_of
from domain.adjacency.compensation.readings import MISSING, BadReading, Reading, read_value, unit_of
from domain.adjacency.compensation.records import Problem, Record, SectionTable
from domain.errors import BadTable

Row = tuple[int, Mapping[str, object]]
"""Number of a row, from 1 without the head, and its cells by head."""
MIXED = 300
"""Two values of one section and factor further apart than this, with none between, are taken for two units."""
_BARE = re.compile(r"[<≤＜]?[\s\d.eE+-]+L?")
"""A value without a unit of its own."""
_WORDS = ("river", "upstream", "downstream")
_GRADES = {"target": "考核目标", "previous": "上年类别", "baseline": "基准线"}


@dataclass(slots=True)
class _Draft:
    """A record as it is being put together."""

    section: str
    month: str
    rows: list[int] = field(default_factory=list[int])
    words: dict[str, str] = field(default_factory=dict[str, str])
    grades: dict[str, int] = field(default_factory=dict[str, int])
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    means: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    bad: dict[str, str] = field(default_factory=dict[str, str])
    faults: list[str] = field(default_factory=list[str])


class _Reader:
    """Puts a table together row by row."""

    def __init__(self, unit: str, until: str) -> None:
        self.unit = unit
        self.until = until
        self.problems: list[Problem] = []
        self.drafts: dict[tuple[str, str], _Draft] = {}
        self.ignored: dict[str, None] = {}
        self.assumed: dict[str, None] = {}

    def read(self, number: int, cells: Mapping[str, object]) -> None:
        """Take one row in."""
        by_key, values = self._sorted(cells)
        section = _word(by_key.get("section"))
        month = self._month(by_key)
        if not section or month is None:
            missing = "没有断面名称" if not section else f"月份无法识别：{_shown(by_key)}"
            self.problems.append(Problem(row=number, section=section, month=month or "", reason=f"{missing}，此行未用"))
            return
        if self.until and month > self.until:
            reason = f"月份 {month} 尚未到来，此行未用"
            self.problems.append(Problem(row=number, section=section, month=month, reason=reason))
            return
        fresh = _Draft(section, month, [number])
        self._attributes(fresh, number, by_key)
        self._values(fresh, number, by_key, values)
        self._join(fresh, number, long="factor" in by_key)

    def _sorted(self, cells: Mapping[str, object]) -> tuple[dict[str, object], list[tuple[str, Column, object]]]:
        by_key: dict[str, object] = {}
        values: list[tuple[str, Column, object]] = []
        for head, cell in _flat(cells).items():
            column = column_of(head)
            if column.key in ("reading", "mean"):
                values.append((head, column, cell))
            elif column.key == "value" and column.unit:
                by_key |= {"value": cell, "value_unit": column.unit}
            elif column.key and (column.key not in by_key or not _word(by_key[column.key])):
                by_key[column.key] = cell
            elif not column.key and head.strip() and not is_remark(head):
                self.ignored[head] = None
        return by_key, values

    def _month(self, by_key: Mapping[str, object]) -> str | None:
        if "month" in by_key and (month := month_of(by_key["month"])) is not None:
            return month
        if "year_no" in by_key:
            rest = by_key.get("month_no", by_key.get("month"))
            return month_of(f"{_word(by_key['year_no']).removesuffix('年')}-{_word(rest).removesuffix('月')}")
        return None

    def _attributes(self, draft: _Draft, number: int, by_key: Mapping[str, object]) -> None:
        draft.words = {key: word for key in _WORDS if (word := _word(by_key.get(key)))}
        for key, name in _GRADES.items():
            word = _word(by_key.get(key))
            if word.casefold() in MISSING:
                continue
            grade = grade_of(word)
            if grade is None:
                self._note(draft, number, f"{name}不是水质类别：{word[:20]}")
                draft.faults.append(f"{name}无法识别：{word[:20]}")
            else:
                draft.grades[key] = grade

    def _values(
        self,
        draft: _Draft,
        number: int,
        by_key: Mapping[str, object],
        values: Sequence[tuple[str, Column, object]],
    ) -> None:
        row_unit = _word(by_key.get("unit"))
        if "factor" in by_key:
            name = _word(by_key["factor"])
            factor = factor_of(name)
            if factor is None:
                self._note(draft, number, f"不认识的指标“{name[:20]}”，此值未用")
                return
            stated = str(by_key.get("value_unit", ""))
            self._take(draft, number, factor, Column("reading", factor.id, stated), by_key.get("value"), row_unit)
        for _, column, cell in values:
            self._take(draft, number, factors()[column.factor], column, cell, row_unit)

    def _take(self, draft: _Draft, number: int, factor: Factor, column: Column, cell: object, row_unit: str) -> None:
        try:
            stated = self._stated(factor, column.unit, row_unit)
            reading = read_value(factor, cell, stated, otherwise=self.unit)
        except BadReading as fault:
            self._note(draft, number, f"{fault}，此值未用")
            draft.bad[factor.id] = f"第 {number} 行 {fault}"
            return
        if reading is None:
            return
        if not stated and factor.unit == MASS_UNIT and _BARE.fullmatch(str(cell).strip()):
            self.assumed[factor.name] = None
        if column.key == "reading":
            draft.readings[factor.id] = reading
        else:
            draft.means[factor.id] = reading.value

    def _stated(self, factor: Factor, head_unit: str, row_unit: str) -> str:
        if factor.unit != MASS_UNIT:
            return head_unit
        if head_unit and row_unit and unit_of(head_unit) != unit_of(row_unit):
            raise BadReading(f"{factor.name}单位混用：表头为 {head_unit}，单位列为 {row_unit}")
        return head_unit or row_unit

    def _join(self, fresh: _Draft, number: int, *, long: bool) -> None:
        key = fresh.section, fresh.month
        held = self.drafts.get(key)
        if held is None:
            self.drafts[key] = fresh
            return
        where = f"第 {'、'.join(map(str, held.rows))} 行"
        if long:
            self._join_values(held, fresh, number, where)
        elif (held.readings, held.bad, held.grades, held.words) == (
            fresh.readings,
            fresh.bad,
            fresh.grades,
            fresh.words,
        ):
            self._note(fresh, number, f"与{where}重复（同一断面同一月份，内容相同），只计一次")
        else:
            self._note(fresh, number, f"与{where}重复（同一断面同一月份，内容不同），该月转人工")
            held.faults.append(f"第 {'、'.join(map(str, [*held.rows, number]))} 行是同一月份的不同数据")
        held.rows.append(number)

    def _join_values(self, held: _Draft, fresh: _Draft, number: int, where: str) -> None:
        for name, reading in fresh.readings.items():
            known = held.readings.get(name)
            if known is None:
                held.readings[name] = reading
            elif known == reading:
                self._note(fresh, number, f"{factors()[name].name}与{where}重复，值相同，只计一次")
            else:
                told = f"{factors()[name].name}有两个不同的值：{known.text}、{reading.text}"
                self._note(fresh, number, f"与{where}重复：{told}，此指标转人工")
                held.bad[name] = f"第 {number} 行 {told}"
        held.bad |= {name: why for name, why in fresh.bad.items() if name not in held.bad}
        held.means |= fresh.means
        held.faults += fresh.faults
        for own, other in ((held.grades, fresh.grades), (held.words, fresh.words)):
            self._join_attributes(held, number, cast("dict[str, Any]", own), cast("dict[str, Any]", other))

    def _join_attributes(self, held: _Draft, number: int, own: dict[str, Any], other: Mapping[str, Any]) -> None:
        for key, value in other.items():
            if own.setdefault(key, value) != value:
                self._note(held, number, f"{_GRADES.get(key, key)}与前面的行不一致，该月转人工")
                held.faults.append(f"第 {number} 行 {_GRADES.get(key, key)}与前面的行不一致")

    def _note(self, draft: _Draft, number: int, reason: str) -> None:
        self.problems.append(Problem(row=number, section=draft.section, month=draft.month, reason=reason))


def read_section_table(
    rows: Iterable[Row],
    *,
    unit: str = MASS_UNIT,
    until: str = "",
    faults: Iterable[tuple[int, str]] = (),
    notes: Sequence[str] = (),
) -> SectionTable:
    """Records of a section table.

    Args:
        rows: Numbered rows, cells by head. Needed are a section (断面), a month (月份) and values: a column a factor
            with its unit in brackets, or the columns 指标, 监测值, 单位. JSON rows may hold the values in `measured`.
        unit: Unit of concentrations for which neither head, column nor cell states one.
        until: Last month that can have been measured; empty = any.
        faults: Rows that could not be read at all, with the reason.
        notes: What was noted on the file as a whole.

    Raises:
        BadTable: If no row names a section or a month, or there is no row.
    """
    reader = _Reader(unit, until)
    heads: set[str] = set()
    for number, cells in rows:
        heads.update(column_of(head).key for head in _flat(cells))
        reader.read(number, cells)
    _require(heads)
    records = [_record(draft) for draft in reader.drafts.values()]
    records, mixed = _mixed_units(records)
    order = sorted(records, key=lambda one: (one.section, one.month))
    unread = [Problem(row=number, reason=reason) for number, reason in faults]
    problems = sorted([*unread, *reader.problems, *mixed], key=lambda one: one.row)
    return SectionTable(records=tuple(order), problems=tuple(problems), notes=(*notes, *_notes(reader)))


def _require(heads: set[str]) -> None:
    missing = [
        name
        for name, keys in {
            "断面（section）": {"section"},
            "月份（month）": {"month", "year_no"},
            "监测值（如 氨氮(mg/L)，或 指标 与 监测值 两列）": {"reading", "value"},
        }.items()
        if not keys & heads
    ]
    if missing:
        raise BadTable(
            f"断面表缺少列：{'、'.join(missing)}。",
            "列名中英文均可，见 docs/compensation.md；编码为 UTF-8 或 GB18030。",
        )


def _notes(reader: _Reader) -> list[str]:
    notes: list[str] = []
    if reader.ignored:
        notes.append(f"未使用的列：{'、'.join(list(reader.ignored)[:20])}")
    if reader.assumed:
        notes.append(f"未注明单位，按 {reader.unit} 读取：{'、'.join(reader.assumed)}")
    return notes


def _record(draft: _Draft) -> Record:
    return Record(
        section=draft.section,
        month=draft.month,
        rows=tuple(draft.rows),
        river=draft.words.get("river", ""),
        upstream=draft.words.get("upstream", ""),
        downstream=draft.words.get("downstream", ""),
        target=draft.grades.get("target"),
        previous=draft.grades.get("previous"),
        baseline=draft.grades.get("baseline"),
        readings={name: value for name, value in draft.readings.items() if name not in draft.bad},
        means=draft.means,
        bad=draft.bad,
        faults=tuple(dict.fromkeys(draft.faults)),
    )


def _mixed_units(records: list[Record]) -> tuple[list[Record], list[Problem]]:
    """Values of one section and factor that fall into two groups far apart: the smaller group is out."""
    series: dict[tuple[str, str], list[tuple[Decimal, int]]] = {}
    for place, record in enumerate(records):
        for name, reading in record.readings.items():
            if factors()[name].unit == MASS_UNIT and not reading.below and reading.value > 0:
                series.setdefault((record.section, name), []).append((reading.value, place))
    problems: list[Problem] = []
    made = list(records)
    for (_, name), values in series.items():
        for place, other in _outliers(values):
            record = made[place]
            shown = record.readings[name].text
            why = (
                f"{factors()[name].name} {shown} mg/L 与本断面其他月份（如 {other:f}）相差数百倍以上，"
                "疑为 mg/L 与 μg/L 混用"
            )
            problems.append(
                Problem(row=record.rows[0], section=record.section, month=record.month, reason=f"{why}，此值未用")
            )
            rest = {key: value for key, value in record.readings.items() if key != name}
            made[place] = replace(record, readings=rest, bad={**record.bad, name: f"第 {record.rows[0]} 行 {why}"})
    return made, problems


def _outliers(values: Sequence[tuple[Decimal, int]]) -> list[tuple[int, Decimal]]:
    """Places of the values on the smaller side of a gap (both sides when they are as large), each with one opposite."""
    order = sorted(values)
    for at in range(1, len(order)):
        if order[at][0] >= order[at - 1][0] * MIXED:
            low, high = order[:at], order[at:]
            out = [(place, high[0][0]) for _, place in low] if len(low) <= len(high) else []
            return out + ([(place, low[-1][0]) for _, place in high] if len(high) <= len(low) else [])
    return []


def _flat(cells: Mapping[str, object]) -> dict[str, object]:
    """Cells with the values of a nested `measured` beside them."""
    flat: dict[str, object] = {}
    for head, cell in cells.items():
        if isinstance(cell, Mapping):
            flat |= {str(key): value for key, value in cast("Mapping[object, object]", cell).items()}
        else:
            flat[str(head)] = cell
    return flat


def _word(cell: object) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _shown(by_key: Mapping[str, object]) -> str:
    return _word(by_key.get("month", by_key.get("year_no", "")))[:20] or "空"

"""Small rivers to settle: sections, months and measured values by hand."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from domain.adjacency.compensation.computing import compute
from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.readings import Reading
from domain.adjacency.compensation.records import Record, SectionTable
from domain.adjacency.compensation.schemefile import scheme_from_plain
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.compensation.sectiontable import read_section_table
from domain.adjacency.compensation.statement import Statement

GOOD = {"COD": 17, "NH3N": 0.42, "TP": 0.15, "CODMn": 4.6, "DO": 6.4}
"""Class Ⅲ, by COD, TP and CODMn."""
MILLION = 100_000_000
"""A million yuan in fen."""
SIDES = {"upstream": "上区", "downstream": "下区"}


def readings(values: Mapping[str, Any]) -> dict[str, Reading]:
    return {name: Reading(Decimal(str(value))) for name, value in values.items()}


def record(values: Mapping[str, Any] = GOOD, month: str = "2024-03", **more: Any) -> Record:
    fields: dict[str, Any] = {"section": "甲", "rows": (1,), **SIDES, "target": 3, "previous": 4} | more
    return Record(month=month, readings=readings(values), **fields)


def statement(*records: Record, scheme: Scheme | None = None, period: tuple[str, str] | None = None) -> Statement:
    return compute(scheme or packaged()["cq-2018"], SectionTable(records=records), period=period)


def row(month: object = "2024-03", section: str = "甲", **cells: Any) -> dict[str, Any]:
    """A row as a table has it: Chinese heads, units in them."""
    plain: dict[str, Any] = {
        "断面": section, "月份": month, "上游": "上区", "下游": "下区", "考核目标": "Ⅲ", "上年类别": "Ⅳ",
        "化学需氧量(mg/L)": 17, "氨氮(mg/L)": 0.42, "总磷(mg/L)": 0.15, "高锰酸盐指数(mg/L)": 4.6, "溶解氧(mg/L)": 6.4,
    }  # fmt: skip
    return {key: value for key, value in (plain | cells).items() if value is not None}


def table(*rows: Mapping[str, object], **more: Any) -> SectionTable:
    return read_section_table(enumerate(rows, start=1), **more)


def declared(*components: Mapping[str, Any], **more: Any) -> Scheme:
    """A scheme made of components."""
    return scheme_from_plain(
        {"format": "lianzhi-scheme/1", "id": "t", "name": "试", "version": "1", "component": list(components), **more}
    )


def balances(items: Iterable[Any]) -> dict[str, int]:
    return {one["party"]: one["fen"] for one in items}

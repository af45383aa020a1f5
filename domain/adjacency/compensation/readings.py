"""Measured values as tables have them, turned into one unit, or refused with a reason: nothing is guessed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from domain.adjacency.compensation.factors import MASS_UNIT, Factor

UNITS: Mapping[str, Decimal] = {
    "g/l": Decimal(1000),
    "mg/l": Decimal(1),
    "g/m3": Decimal(1),
    "μg/l": Decimal("0.001"),
    "ug/l": Decimal("0.001"),
    "mg/m3": Decimal("0.001"),
    "ng/l": Decimal("0.000001"),
    "毫克/升": Decimal(1),
    "微克/升": Decimal("0.001"),
    "克/升": Decimal(1000),
}
"""Milligrams per litre in one of each unit."""
OTHER_UNITS: Mapping[str, str] = {"个/l": "个/L", "个/升": "个/L", "mpn/l": "个/L", "无量纲": "无量纲", "ph": "无量纲"}
"""Units that are no mass in a volume, by the name that a factor has for them."""
MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "na",
        "n/a",
        "nan",
        "none",
        "null",
        "缺测",
        "未测",
        "缺",
        "无",
        "停测",
        "断流",
        "仪器故障",
        "维护",
    }
)
"""What tables write where nothing was measured."""
NOT_DETECTED = frozenset({"未检出", "nd", "n.d.", "bdl", "低于检出限"})

_NUMBER = re.compile(
    r"(?P<sign>[<≤＜]|低于|小于)?\s*(?P<value>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)\s*(?P<below>l(?![a-z/]))?\s*(?P<unit>\S.*)?",
    re.IGNORECASE,
)


class BadReading(ValueError):
    """A value that cannot be used; the words are Chinese and go into the report."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value in the unit of its factor; `below`: less than this, the limit of detection."""

    value: Decimal
    below: bool = False

    @property
    def text(self) -> str:
        """The value as people write it."""
        return f"{'<' if self.below else ''}{self.value.normalize():f}"


def unit_of(text: str) -> str | None:
    """The unit that a header, a column or a cell states, as a key of `UNITS` or `OTHER_UNITS`; None when it is none."""
    word = unicodedata.normalize("NFKC", text).replace("µ", "μ").replace("³", "3").replace("·", "").strip().lower()
    word = word.replace(" ", "").replace("升", "升").replace("每升", "/升").replace("l-1", "/l")
    return word if word in UNITS or word in OTHER_UNITS else None


def read_value(factor: Factor, cell: object, unit: str, *, otherwise: str = MASS_UNIT) -> Reading | None:
    """Read one cell.

    Args:
        factor: What was measured.
        cell: Text, number or None.
        unit: Unit that the table states for it (header or column), empty when it states none.
        otherwise: Unit where neither table nor cell states one.

    Returns:
        The value in the factor's unit, or None when nothing was measured.

    Raises:
        BadReading: No number, below nought, nought where nought cannot be measured, beyond what is possible, no limit
            of detection, or units that are not known or contradict each other.
    """
    text = _text(cell)
    if text.casefold() in MISSING:
        return None
    if text.casefold() in NOT_DETECTED:
        raise BadReading(f"{factor.name}写作“{text}”而没有检出限，请写成“<检出限”")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise BadReading(f"{factor.name}不是数值：{text[:30]}")
    value = _scaled(factor, match, unit, otherwise)
    return Reading(_possible(factor, value, text), below=bool(match["sign"] or match["below"]))


def _text(cell: object) -> str:
    if cell is None or cell != cell:  # NaN is the one value that differs from itself
        return ""
    if isinstance(cell, bool):
        raise BadReading(f"不是数值：{cell}")
    # The shortest text that reads back as the number, which is what the sheet shows.
    text = repr(cell) if isinstance(cell, float) else str(cell)
    return unicodedata.normalize("NFKC", text).strip()


def _scaled(factor: Factor, match: re.Match[str], unit: str, otherwise: str) -> Decimal:
    try:
        value = Decimal(match["value"])
    except InvalidOperation:
        raise BadReading(f"{factor.name}不是数值：{match['value'][:30]}") from None
    own = match["unit"] or ""
    if own and unit_of(own) is None:
        raise BadReading(f"{factor.name}的单位无法识别：{own[:20]}")
    if own and unit and not _same(own, unit):
        raise BadReading(f"{factor.name}单位混用：列或表头为 {unit}，格内为 {own}")
    named = own or unit or (otherwise if factor.unit == MASS_UNIT else factor.unit)
    return value * _scale(factor, named)


def _same(one: str, other: str) -> bool:
    first, second = unit_of(one), unit_of(other)
    return first is not None and second is not None and _meaning(first) == _meaning(second)


def _meaning(unit: str) -> object:
    return UNITS.get(unit) or OTHER_UNITS.get(unit)


def _scale(factor: Factor, named: str) -> Decimal:
    key = unit_of(named)
    if factor.unit == MASS_UNIT:
        if key is None or key not in UNITS:
            raise BadReading(f"{factor.name}的单位不是质量浓度：{named[:20]}")
        return UNITS[key]
    if key is not None and OTHER_UNITS.get(key) != factor.unit:
        raise BadReading(f"{factor.name}的单位应为{factor.unit}，表中为 {named[:20]}")
    return Decimal(1)


def _possible(factor: Factor, value: Decimal, text: str) -> Decimal:
    if value < 0:
        raise BadReading(f"{factor.name}为负数：{text[:30]}")
    if value == 0 and not factor.zero:
        raise BadReading(f"{factor.name}为 0：测得值不会是 0，未检出请写“<检出限”")
    if not value.is_finite() or value > factor.ceiling:
        raise BadReading(
            f"{factor.name}超出可能范围：{text[:30]}（上限 {factor.ceiling} {factor.unit}），疑为单位或录入有误"
        )
    return value

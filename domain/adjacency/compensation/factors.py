"""What is measured in water, and the limits of its classes (GB 3838-2002, tables 1 and 2)."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

GRADES = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", "劣Ⅴ")
"""Classes of water; grade 1 is the first, grade 6 the last: worse than any class of the standard."""
WORST = len(GRADES)
WATERS = ("river", "lake")
"""河流, 湖库."""
MASS_UNIT = "mg/L"
"""Unit of every limit that names no other."""

_LATIN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5}
_HAN = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One thing that is measured.

    Attributes:
        order: `at_most`, `at_least`, or `range` (its `limits` are then low and high).
        limits: Of classes Ⅰ to Ⅴ, in `unit`; one only where the standard knows a single limit.
        lake: Limits of lakes and reservoirs where they differ, else empty.
        counts: Waters in whose class it counts.
        ceiling: Beyond it a value is taken for a slip, in `unit`.
        zero: Whether nought can be measured.
        table: Table of the standard.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    order: str
    limits: tuple[Decimal, ...]
    lake: tuple[Decimal, ...] = ()
    unit: str = MASS_UNIT
    counts: tuple[str, ...] = ()
    ceiling: Decimal = Decimal("Infinity")
    zero: bool = False
    table: int = 1

    def limit(self, grade: int, water: str = "river") -> Decimal:
        """The limit of a class (1 to 5), in `unit`; the only one there is where classes have none of their own."""
        limits = self.lake if water == "lake" and self.lake else self.limits
        return limits[min(grade, len(limits)) - 1]

    def meets(self, value: Decimal, limit: Decimal) -> bool:
        """Whether a value keeps a limit; every digit of it counts (全数值比较法, GB/T 8170)."""
        return value >= limit if self.order == "at_least" else value <= limit

    def grade(self, value: Decimal, water: str = "river") -> int:
        """Class of the factor alone, 1 to 6; a factor with one limit is 1 or 6."""
        if self.order == "range":
            return 1 if self.limits[0] <= value <= self.limits[1] else WORST
        limits = self.lake if water == "lake" and self.lake else self.limits
        return next((place for place, limit in enumerate(limits, start=1) if self.meets(value, limit)), WORST)


@cache
def factors() -> Mapping[str, Factor]:
    """All factors by id, in the order of the standard."""
    text = files("domain").joinpath("data/water_quality.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text, parse_float=Decimal)["factor"]
    return MappingProxyType({row["id"]: _factor(row) for row in rows})


def _factor(row: Mapping[str, Any]) -> Factor:
    fields: dict[str, Any] = {
        **row,
        "aliases": tuple(row["aliases"]),
        "counts": tuple(row["counts"]),
        "limits": tuple(Decimal(limit) for limit in row["limits"]),
        "lake": tuple(Decimal(limit) for limit in row.get("lake", ())),
        "ceiling": Decimal(row["ceiling"]),
    }
    return Factor(**fields)


def plain(text: str) -> str:
    """A name as it is compared: width, case, blanks, dashes and brackets do not matter."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in wide if char not in " \t\r\n_-–—()[]·.\ufeff")


@cache
def _names() -> Mapping[str, Factor]:
    return {plain(name): factor for factor in factors().values() for name in (factor.id, factor.name, *factor.aliases)}


def factor_of(text: str) -> Factor | None:
    """The factor that a column or a cell names, None when it is none of ours."""
    return _names().get(plain(text))


def grade_of(text: str) -> int | None:
    """Read a class: `Ⅲ`, `III`, `3`, `三类`, `劣Ⅴ类`; None when it is none."""
    word = unicodedata.normalize("NFKC", text).strip().upper().removesuffix("水质").removesuffix("类").strip()
    if word in ("劣V", "劣五", "劣5"):
        return WORST
    if word.isdecimal() and len(word) == 1 and 1 <= int(word) <= WORST:
        return int(word)
    return _LATIN.get(word) or _HAN.get(word)


def grade_name(grade: int) -> str:
    """Ⅲ类, 劣Ⅴ类."""
    return f"{GRADES[grade - 1]}类"

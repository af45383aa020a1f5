"""By what an evaluation is cut: region, unit, category, period, person; every case is in exactly one group of a cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from domain.caselog import NOT_SAID, CaseTable, Codes
from domain.errors import InvalidInput

DIMENSIONS: Mapping[str, str] = {
    "city": "合计", "district": "区县", "township": "镇街", "community": "社区", "grid": "网格", "unit": "责任单位",
    "issue": "事项", "category": "事项大类", "source": "来源", "month": "月份", "quarter": "季度", "week": "周",
    "reporter": "上报人", "handler": "经办人",
}  # fmt: skip
"""Dimensions and their Chinese names. People are shown under numbers, never by name."""
PEOPLE = ("reporter", "handler")
CATEGORIES = {
    "P": "公用设施", "T": "交通", "E": "市容环境", "A": "广告招牌", "C": "施工", "S": "街面秩序", "X": "跨界",
}  # fmt: skip
UNKNOWN = ""
"""Key of the group of cases that the log does not place."""
_CHINA = np.timedelta64(8, "h").astype("timedelta64[s]")


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Cases cut by one or more dimensions.

    Attributes:
        dimensions: Names, of `DIMENSIONS`.
        group: Group of each case, shape (n,), in [0, len(keys)).
        keys: For each group its key by dimension; `UNKNOWN` where the log does not say.
        labels: For each group its name as people read it.
    """

    dimensions: tuple[str, ...]
    group: NDArray[np.int64]
    keys: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def index(self, key: Sequence[str]) -> int:
        """The group with a key. Raises InvalidInput."""
        try:
            return self.keys.index(tuple(key))
        except ValueError:
            raise InvalidInput(f"没有“{'/'.join(key)[:60]}”这一组。", "可用的组见报告。") from None


@dataclass(frozen=True, slots=True)
class Names:
    """Chinese names by code; codes without one are shown as they are."""

    of: Mapping[str, str] = field(default_factory=dict[str, str])

    def __call__(self, code: str) -> str:
        """The name."""
        return self.of.get(code, code)


def cut(table: CaseTable, dimensions: Sequence[str], names: Names | None = None) -> Grouping:
    """Cut a log by dimensions.

    Args:
        table: The log.
        dimensions: One or more of `DIMENSIONS`; more than one are crossed.
        names: Names of regions, units and issues.

    Raises:
        InvalidInput: If there is no such dimension.
    """
    for name in dimensions:
        if name not in DIMENSIONS:
            raise InvalidInput(f"不能按“{name[:30]}”分组。", f"可用：{'、'.join(DIMENSIONS)}。")
    columns = [_column(table, name, names or Names()) for name in dimensions]
    crossed = np.zeros(len(table), dtype=np.int64)
    for codes, keys, _ in columns:
        crossed = crossed * len(keys) + codes
    present, group = np.unique(crossed, return_inverse=True)
    parts = _apart(present, [len(keys) for _, keys, _ in columns])
    return Grouping(
        tuple(dimensions),
        group.ravel().astype(np.int64),
        tuple(tuple(keys[i] for (_, keys, _), i in zip(columns, row, strict=True)) for row in parts),
        tuple(" · ".join(words[i] for (_, _, words), i in zip(columns, row, strict=True)) for row in parts),
    )


_Column = tuple[NDArray[np.int64], list[str], list[str]]
"""Group of each case, and for each group its key and its label, in the order they are shown."""


def _apart(numbers: NDArray[np.int64], sizes: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    for number in numbers.tolist():
        row: list[int] = []
        for size in reversed(sizes):
            number, rest = divmod(number, size)
            row.append(rest)
        rows.append(row[::-1])
    return rows


def _column(table: CaseTable, name: str, names: Names) -> _Column:
    if name == "city":
        return np.zeros(len(table), np.int64), ["city"], ["合计"]
    if name in ("month", "quarter", "week"):
        return _periods(table, name)
    if name in PEOPLE:
        return _people(table.words[name], name)
    if name == "category":
        return _categories(table.words["issue"])
    return _words(table.words[name], name, names)


def _words(column: Codes, name: str, names: Names) -> _Column:
    order = sorted(range(len(column.vocab)), key=lambda i: column.vocab[i])
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    rank[NOT_SAID] = len(order)
    keys = [column.vocab[i] for i in order]
    return rank[column.codes], [*keys, UNKNOWN], [*map(names, keys), f"未知{DIMENSIONS[name]}"]


def _categories(issue: Codes) -> _Column:
    letters = sorted({word[:1] for word in issue.vocab})
    place = np.array([letters.index(word[:1]) for word in issue.vocab] + [len(letters)], dtype=np.int64)
    return place[issue.codes], [*letters, UNKNOWN], [*(CATEGORIES.get(x, x) for x in letters), "未知事项大类"]


def _periods(table: CaseTable, name: str) -> _Column:
    """Civil periods of the report; weeks begin on Monday and are named by it."""
    at = table.time("reported_at") + _CHINA
    if name == "week":
        days = at.astype("datetime64[D]").astype(np.int64)  # 1970-01-01 was a Thursday
        number = np.where(np.isnat(at), np.iinfo(np.int64).max, (days + 3) // 7)
    else:
        months = at.astype("datetime64[M]").astype(np.int64)
        number = np.where(np.isnat(at), np.iinfo(np.int64).max, months // (3 if name == "quarter" else 1))
    values, group = np.unique(number, return_inverse=True)
    keys = [_period(int(value), name) for value in values]
    return group.ravel().astype(np.int64), keys, [key or f"未知{DIMENSIONS[name]}" for key in keys]


def _period(number: int, name: str) -> str:
    if number == np.iinfo(np.int64).max:
        return UNKNOWN
    if name == "week":
        return str(np.datetime64(number * 7 - 3, "D"))
    if name == "month":
        return str(np.datetime64(number, "M"))
    year, quarter = divmod(number, 4)
    return f"{1970 + year}-Q{quarter + 1}"


def _people(column: Codes, name: str) -> _Column:
    """People under numbers, the busiest first: who it is can be found only by those who may read the cases."""
    counts = np.bincount(column.codes[column.said], minlength=len(column.vocab))
    order = sorted(range(len(column.vocab)), key=lambda i: (-int(counts[i]), column.vocab[i]))
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    rank[NOT_SAID] = len(order)
    words = [f"{DIMENSIONS[name]}{i:04d}" for i in range(1, len(order) + 1)]
    return rank[column.codes], [*words, UNKNOWN], [*words, f"未载明{DIMENSIONS[name]}"]

"""The case log (案件台账) as columns: one row a case, in arrays, so that a city's year is counted in seconds.

Times are UTC, `datetime64[s]`, with NaT for "not known". Words (regions, issues, units) are whole-number codes into a
vocabulary. What a row lacks or contradicts is listed by row and reason and never filled in.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Times = NDArray[np.datetime64]

NOT_SAID = -1
"""In codes, counts and flags: the source does not say."""

TIMES = (
    "observed_at", "reported_at", "checked_at", "registered_at", "dispatched_at", "disputed_at", "interim_at",
    "settled_at", "due_at", "handled_at", "verified_at", "closed_at",
    "register_due_at", "dispatch_due_at", "check_due_at", "verify_due_at", "close_due_at",
)  # fmt: skip
"""Instants. `checked_at` 核查 (before registering), `verified_at` 核实 (before closing), `disputed_at` 标记争议,
`interim_at` 先期处置完成, `settled_at` 责任确定, `*_due_at` limits of the stages; `due_at` is the limit of handling."""
WORDS = (
    "issue", "source", "crosses", "district", "township", "community", "grid", "neighbours", "stage", "settled_by",
    "first_unit", "unit", "reporter", "handler", "text", "address", "photo", "agreement", "previous", "master",
)  # fmt: skip
"""Codes and words. `neighbours` is township codes joined by `|`; `previous` and `master` are case ids; `photo` is a
digest or address of the picture; `agreement` the id of the agreement that the case came under."""
NUMBERS = ("lon", "lat", "accuracy_m", "limit_h")
"""WGS-84 degrees, metres, hours."""
COUNTS = ("returns", "rework", "extended")
"""How many times: 退单, 返工, 延期."""
FLAGS = ("adjacent", "emergency", "satisfied", "valid", "registered_right")
"""0, 1 or `NOT_SAID`. `satisfied` is 满意或非常满意 of those asked; `valid` 有效上报; `registered_right` 准确立案."""
FIELDS = ("id", *TIMES, *WORDS, *NUMBERS, *COUNTS, *FLAGS)

FIELD_NAMES: Mapping[str, str] = {
    "id": "案件编号", "observed_at": "发生时间", "reported_at": "上报时间", "checked_at": "核查时间",
    "registered_at": "立案时间", "dispatched_at": "派遣时间", "disputed_at": "争议时间", "interim_at": "先期处置时间",
    "settled_at": "确权时间", "due_at": "处置截止时间", "handled_at": "处置完成时间", "verified_at": "核实时间",
    "closed_at": "结案时间", "register_due_at": "立案截止时间", "dispatch_due_at": "派遣截止时间",
    "check_due_at": "核查截止时间", "verify_due_at": "核实截止时间", "close_due_at": "结案截止时间",
    "issue": "事项", "source": "来源", "crosses": "跨界类型", "district": "区县", "township": "镇街",
    "community": "社区", "grid": "网格", "neighbours": "毗邻镇街", "stage": "阶段", "settled_by": "确权方式",
    "first_unit": "首派单位", "unit": "责任单位", "reporter": "上报人", "handler": "经办人", "text": "问题描述",
    "address": "地址", "photo": "照片", "agreement": "协议编号", "previous": "前案编号", "master": "主案编号",
    "lon": "经度", "lat": "纬度", "accuracy_m": "定位精度", "limit_h": "时限小时", "returns": "退单次数",
    "rework": "返工次数", "extended": "延期次数", "adjacent": "是否毗邻", "emergency": "是否紧急",
    "satisfied": "回访满意", "valid": "有效上报", "registered_right": "准确立案",
}  # fmt: skip
"""Chinese names of the fields, as reports show them and tables may head their columns."""

LOOP = ("reported_at", "registered_at", "dispatched_at", "handled_at", "closed_at")
"""The instants of the loop in the only order that can be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProblem:
    """Something wrong with one row.

    Attributes:
        row: Row of the source, from 1, without the header.
        code: Stable name of the reason, one of `PROBLEMS`.
        field: Field concerned.
        value: What was there, shortened.
        reason: One Chinese sentence.
    """

    row: int
    id: str
    code: str
    field: str
    value: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {key: getattr(self, key) for key in ("row", "id", "code", "field", "value", "reason")}


PROBLEMS: Mapping[str, str] = {
    "broken_row": "整行无法读取，未计入",
    "missing_id": "没有案件编号，未计入",
    "duplicate_id": "案件编号重复，只计第一条",
    "missing_time": "缺少该阶段应有的时间，相关指标不计此案",
    "unreadable_time": "时间无法识别，按缺失处理",
    "impossible_time": "时间不合常理，按缺失处理",
    "contradictory_times": "时间前后矛盾，计时类指标不计此案",
    "unknown_region": "区划编码或名称不存在，按未知区划统计",
    "region_mismatch": "镇街不属于所填区县",
    "unknown_issue": "事项不在事项表中，按未知事项统计",
    "unknown_value": "取值无法识别，按缺失处理",
    "unreadable_number": "数字无法识别，按缺失处理",
    "impossible_number": "数字超出可能的范围，按缺失处理",
    "unknown_crs": "坐标系未知，位置不采用",
}
"""Reasons by code: what is wrong and what becomes of the row."""


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """One column of words: `vocab[codes[i]]`, or `NOT_SAID`. Shape of `codes`: (n,)."""

    codes: Ints
    vocab: tuple[str, ...]

    def is_any(self, words: Iterable[str]) -> Bools:
        """Rows whose word is one of these, shape (n,)."""
        wanted = set(words)
        return np.isin(self.codes, [i for i, word in enumerate(self.vocab) if word in wanted])

    @property
    def said(self) -> Bools:
        """Rows that have a word, shape (n,)."""
        return self.codes != NOT_SAID

    def word(self, row: int) -> str:
        """The word of one row, empty when there is none."""
        code = int(self.codes[row])
        return self.vocab[code] if code != NOT_SAID else ""

    def words(self) -> list[str]:
        """All words in order of the rows, empty where there is none."""
        vocab = (*self.vocab, "")  # NOT_SAID is -1 and so reads the last
        return [vocab[code] for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Every return (退单), where the source tells them one by one: all of shape (r,).

    Attributes:
        case: Index of the case in the table.
        at: When.
    """

    case: NDArray[np.int64]
    at: Times
    unit: Codes
    reason: Codes


@dataclass(frozen=True, eq=False, kw_only=True)
class CaseTable:
    """A case log of n cases; made by `domain.caselogreader.CaseLogReader`.

    Attributes:
        id: Case ids, unique, shape (n,).
        row: Row of the source that each comes from, from 1.
        times, words, numbers, counts, flags: Columns by field, each of shape (n,); every field of `TIMES`, `WORDS`,
            `NUMBERS`, `COUNTS`, `FLAGS` is there, all unsaid where the source has no such column.
        columns: Fields that the source has.
        ordered: False where the instants of `LOOP` contradict one another: such rows are no use for durations.
        problems: In order of rows.
        rows_read: Rows of the source, dropped ones included.
    """

    id: NDArray[np.str_]
    row: NDArray[np.int64]
    times: Mapping[str, Times]
    words: Mapping[str, Codes]
    numbers: Mapping[str, Floats]
    counts: Mapping[str, Ints]
    flags: Mapping[str, NDArray[np.int8]]
    ordered: Bools
    returns: Returns
    columns: frozenset[str]
    problems: tuple[LogProblem, ...] = ()
    rows_read: int = 0

    def __len__(self) -> int:
        return len(self.id)

    def time(self, field: str) -> Times:
        """A column of instants."""
        return self.times[field]

    def known(self, field: str) -> Bools:
        """Rows that have this instant, shape (n,)."""
        return ~np.isnat(self.times[field])

    def hours(self, start: str, end: str) -> Floats:
        """Hours from one instant to another, NaN where either is missing or the row contradicts itself."""
        span = (self.times[end] - self.times[start]).astype(np.float64)  # NaT becomes the least integer
        bad = ~self.known(start) | ~self.known(end) | ~self.ordered
        return np.where(bad, np.nan, span / 3600.0)

    def flag(self, field: str) -> Bools:
        """Rows where the flag says yes."""
        return self.flags[field] == 1

    def positions(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Index of each case id, `NOT_SAID` where there is none."""
        return np.array([self._index.get(one, NOT_SAID) for one in ids], dtype=np.int64)

    def position_of(self, field: str) -> NDArray[np.int64]:
        """For `previous` or `master`: index of the case that each row names, or `NOT_SAID`; shape (n,)."""
        column = self.words[field]
        at = np.append(self.positions(column.vocab), NOT_SAID)
        return at[column.codes]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {one: i for i, one in enumerate(self.id.tolist())}

    def take(self, rows: Bools | NDArray[np.int64]) -> "CaseTable":
        """The cases of a mask or of indices, in that order; problems stay with the whole."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        place = np.full(len(self) + 1, NOT_SAID, dtype=np.int64)
        place[index] = np.arange(len(index))
        kept = place[self.returns.case] != NOT_SAID
        return CaseTable(
            id=self.id[index],
            row=self.row[index],
            times={key: column[index] for key, column in self.times.items()},
            words={key: Codes(column.codes[index], column.vocab) for key, column in self.words.items()},
            numbers={key: column[index] for key, column in self.numbers.items()},
            counts={key: column[index] for key, column in self.counts.items()},
            flags={key: column[index] for key, column in self.flags.items()},
            ordered=self.ordered[index],
            returns=Returns(
                place[self.returns.case[kept]],
                self.returns.at[kept],
                Codes(self.returns.unit.codes[kept], self.returns.unit.vocab),
                Codes(self.returns.reason.codes[kept], self.returns.reason.vocab),
            ),
            columns=self.columns,
            problems=self.problems,
            rows_read=self.rows_read,
        )

    def problem_counts(self) -> dict[str, int]:
        """How many problems of each code, most frequent first."""
        return dict(Counter(problem.code for problem in self.problems).most_common())

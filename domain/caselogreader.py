"""Builds a `CaseTable` from chunks of raw columns, and lists what is wrong with which row.

Adapters (tables, JSON lines) and records (the book) hand in the same raw columns; what they mean is decided here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from domain import caselogcells as cells_of
from domain.caselog import (
    COUNTS,
    FIELD_NAMES,
    FLAGS,
    LOOP,
    NOT_SAID,
    NUMBERS,
    PROBLEMS,
    TIMES,
    WORDS,
    Bools,
    CaseTable,
    Codes,
    Floats,
    LogProblem,
    Returns,
    Times,
)
from domain.crs import Crs, gcj02_to_wgs84, parse_crs
from domain.errors import UnknownCrs
from domain.issues import issue_table
from domain.organisation import Level
from domain.world import World

MAX_ID = 64
"""Longest case id, characters; a longer one is no id."""
Kind = TypeVar("Kind", np.int32, np.int8)
REGIONS = ("district", "township", "community", "grid")
_RANGES = {"lon": (-180.0, 180.0), "lat": (-90.0, 90.0), "accuracy_m": (0.0, 1e6), "limit_h": (0.0, 87_600.0)}
Columns = Mapping[str, Sequence[object]]
_NEEDED_BY_STAGE = {
    "dispatched": ("registered_at", "dispatched_at"),
    "handled": ("registered_at", "dispatched_at", "handled_at"),
    "closed": ("registered_at", "dispatched_at", "handled_at", "closed_at"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a log is checked against.

    Attributes:
        regions: By level (`REGIONS`), code for each code or name that may be written.
        districts: District codes that each township has belonged to.
        issues: Issue id for each id, name or alias.
    """

    regions: Mapping[str, Mapping[str, str]]
    districts: Mapping[str, frozenset[str]]
    issues: Mapping[str, str]


def known_of(world: World) -> Known:
    """Regions of all versions of the territory, and the issue table."""
    regions: dict[str, dict[str, str]] = {level: {} for level in REGIONS}
    districts: dict[str, set[str]] = {}
    for region in world.regions:
        if region.level is Level.CITY:
            continue
        regions[region.level.value][region.code] = region.code
        if region.level is Level.TOWNSHIP:
            districts.setdefault(region.code, set()).add(region.parent)
    for region in world.regions:
        if region.level in (Level.DISTRICT, Level.TOWNSHIP):
            regions[region.level.value].setdefault(region.name, region.code)
    issues = {word: one.id for one in issue_table().values() for word in (*one.aliases, one.name)}
    issues |= {issue_id: issue_id for issue_id in issue_table()}
    return Known(regions=regions, districts={k: frozenset(v) for k, v in districts.items()}, issues=issues)


@dataclass(slots=True)
class _Vocabulary:
    """Words of one column as they come, with what each raw cell means."""

    meaning: Callable[[object], str | None]
    codes: dict[str, int] = field(default_factory=dict[str, int])
    memo: dict[object, int] = field(default_factory=dict[object, int])

    def read(self, cells: Sequence[object], fault: cells_of.Fault, problem: str) -> NDArray[np.int32]:
        return cells_of.looked_up(cells, self.memo, self._code, lambda i: fault(i, problem, cells[i]))

    def _code(self, cell: object) -> int:
        word = self.meaning(cell)
        if word is None:
            return cells_of.NONSENSE
        word = cells_of.clean(word)
        return self.codes.setdefault(word, len(self.codes)) if word else NOT_SAID


def _from(words: Mapping[str, str], *, free: bool = False) -> Callable[[object], str | None]:
    """A meaning from a list of words; with `free`, other words stand for themselves."""

    def meaning(cell: object) -> str | None:
        text = cells_of.text_of(cell)
        if text in words:
            return words[text]
        if cells_of.is_blank(text):
            return ""
        return words.get(text.lower()) or (text if free else None)

    return meaning


def _plain(cell: object) -> str:
    text = cells_of.text_of(cell)
    return "" if cells_of.is_blank(text) else text


@dataclass(slots=True)
class CaseLogReader:
    """Takes raw columns chunk by chunk and gives a table.

    Args:
        known: What codes are checked against; None checks none.
        crs: System of the coordinates of rows that declare none.
    """

    known: Known | None = None
    crs: str = "WGS84"
    _chunks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _problems: list[LogProblem] = field(default_factory=list[LogProblem])
    _columns: set[str] = field(default_factory=set[str])
    _vocabularies: dict[str, _Vocabulary] = field(default_factory=dict[str, _Vocabulary])
    _seen: dict[str, int] = field(default_factory=dict[str, int])
    _read: int = 0
    _kept: int = 0
    _returns: list[tuple[int, object]] = field(default_factory=list[tuple[int, object]])

    def broken(self, row: int, why: str) -> None:
        """Note a row of which nothing can be read."""
        self._read += 1
        self._note(row, "", "broken_row", "id", why)

    def add(self, columns: Columns, rows: Sequence[int]) -> None:
        """Read one chunk.

        Args:
            columns: Raw cells by field; all as long as `rows`. Fields may differ from chunk to chunk.
            rows: Row of the source of each, from 1.
        """
        self._read += len(rows)
        ids = [cells_of.clean(_plain(cell)) for cell in columns.get("id", [None] * len(rows))]
        keep = [i for i, one in enumerate(ids) if self._is_new(one, rows[i])]
        if not keep:
            return
        whole = len(keep) == len(rows)
        raw = columns if whole else {key: [column[i] for i in keep] for key, column in columns.items()}
        kept_ids, kept_rows = [ids[i] for i in keep], [rows[i] for i in keep]
        self._columns |= raw.keys() & FIELD_NAMES.keys()
        self._chunks.append(self._chunk(raw, kept_ids, kept_rows))
        self._kept += len(keep)

    def _is_new(self, case_id: str, row: int) -> bool:
        if not case_id or len(case_id) > MAX_ID:
            self._note(row, "", "missing_id", "id", case_id)
            return False
        first = self._seen.setdefault(case_id, row)
        if first != row:
            self._note(row, case_id, "duplicate_id", "id", case_id, f"与第 {first} 行的编号相同，只计第一条。")
            return False
        return True

    def _note(self, row: int, case_id: str, code: str, name: str, value: object, reason: str = "") -> None:
        words = reason or f"{FIELD_NAMES[name]}“{cells_of.shown(value)}”：{PROBLEMS[code]}。"
        self._problems.append(
            LogProblem(row=row, id=case_id, code=code, field=name, value=cells_of.shown(value), reason=words)
        )

    def _chunk(self, raw: Columns, ids: list[str], rows: list[int]) -> dict[str, Any]:
        def fault_in(name: str) -> cells_of.Fault:
            return lambda i, code, cell: self._note(rows[i], ids[i], code, name, cell)

        chunk: dict[str, Any] = {"id": np.array(ids, dtype=np.str_), "row": np.array(rows, dtype=np.int64)}
        for name in TIMES:
            chunk[name] = cells_of.read_times(raw[name], fault_in(name)) if name in raw else _empty_times(len(ids))
        for name in NUMBERS:
            cells = raw.get(name)
            chunk[name] = np.full(len(ids), np.nan) if cells is None else self._numbers(name, cells, fault_in(name))
        for name in COUNTS:
            cells = raw.get(name)
            chunk[name] = _unsaid(len(ids), np.int32) if cells is None else self._counts(name, cells, fault_in(name))
        for name in FLAGS:
            chunk[name] = cells_of.read_flags(raw[name], fault_in(name)) if name in raw else _unsaid(len(ids), np.int8)
        for name in WORDS:
            chunk[name] = self._words(name, raw[name], fault_in(name)) if name in raw else _unsaid(len(ids), np.int32)
        self._to_wgs84(chunk, raw, fault_in("lon"))
        return chunk

    def _numbers(self, name: str, cells: Sequence[object], fault: cells_of.Fault) -> Floats:
        numbers = cells_of.read_numbers(cells, fault)
        low, high = _RANGES[name]
        wild = (numbers < low) | (numbers > high)
        for i in np.flatnonzero(wild).tolist():
            fault(i, "impossible_number", cells[i])
        numbers[wild] = np.nan
        return numbers

    def _counts(self, name: str, cells: Sequence[object], fault: cells_of.Fault) -> NDArray[np.int32]:
        if name != "returns":
            return cells_of.read_counts(cells, fault)
        plain: list[object] = [cells_of.parsed(cell) for cell in cells]
        self._returns.extend((self._kept + i, one) for i, one in enumerate(plain) if _is_list(one))
        return cells_of.read_counts(plain, fault)

    def _words(self, name: str, cells: Sequence[object], fault: cells_of.Fault) -> NDArray[np.int32]:
        problem = "unknown_region" if name in REGIONS else "unknown_issue" if name == "issue" else "unknown_value"
        if name not in self._vocabularies:
            self._vocabularies[name] = _Vocabulary(self._meaning(name))
        return self._vocabularies[name].read(cells, fault, problem)

    def _meaning(self, name: str) -> Callable[[object], str | None]:
        if name == "neighbours":
            return cells_of.joined
        if self.known is not None and name in REGIONS:
            return _from(self.known.regions[name])
        if self.known is not None and name == "issue":
            return _from(self.known.issues)
        fixed = {"stage": cells_of.STAGE_WORDS, "settled_by": cells_of.SETTLED_WORDS, "crosses": cells_of.CROSSES_WORDS}
        if name in fixed:
            return _from(fixed[name])
        return _from(cells_of.SOURCE_WORDS, free=True) if name == "source" else _plain

    def _to_wgs84(self, chunk: dict[str, Any], raw: Columns, fault: cells_of.Fault) -> None:
        names = [_plain(cell) or self.crs for cell in raw["crs"]] if "crs" in raw else [self.crs]
        for name in set(names):
            where = np.array([one == name for one in names]) if "crs" in raw else np.ones(len(chunk["id"]), np.bool_)
            try:
                crs = parse_crs(name)
            except UnknownCrs:
                for i in np.flatnonzero(where & ~np.isnan(chunk["lon"])).tolist():
                    fault(i, "unknown_crs", name)
                chunk["lon"][where] = chunk["lat"][where] = np.nan
                continue
            if crs is Crs.GCJ02:
                chunk["lon"][where], chunk["lat"][where] = gcj02_to_wgs84(chunk["lon"][where], chunk["lat"][where])

    def table(self) -> CaseTable:
        """The table of all that was added."""
        if not self._chunks:
            self._chunks.append(self._chunk({}, [], []))
        columns = {key: np.concatenate([chunk[key] for chunk in self._chunks]) for key in self._chunks[0]}
        self._chunks.clear()
        words = {name: Codes(columns[name], tuple(self._vocabulary(name))) for name in WORDS}
        times = {name: columns[name] for name in TIMES}
        ordered = self._check_order(columns["id"], columns["row"], times)
        self._check_needed(columns["id"], columns["row"], times, words["stage"])
        self._check_districts(columns["id"], columns["row"], words)
        return CaseTable(
            id=columns["id"],
            row=columns["row"],
            times=times,
            words=words,
            numbers={name: columns[name] for name in NUMBERS},
            counts={name: columns[name] for name in COUNTS},
            flags={name: columns[name] for name in FLAGS},
            ordered=ordered,
            returns=self._return_table(),
            columns=frozenset(self._columns),
            problems=tuple(sorted(self._problems, key=lambda p: (p.row, p.field, p.code))),
            rows_read=self._read,
        )

    def _vocabulary(self, name: str) -> list[str]:
        return list(self._vocabularies[name].codes) if name in self._vocabularies else []

    def _check_order(self, ids: NDArray[np.str_], rows: NDArray[np.int64], times: Mapping[str, Times]) -> Bools:
        ordered = np.ones(len(ids), dtype=np.bool_)
        for later in range(1, len(LOOP)):
            for earlier in range(later):
                wrong = times[LOOP[later]] < times[LOOP[earlier]]  # never true where one is NaT
                for i in np.flatnonzero(wrong & ordered).tolist():
                    a, b = FIELD_NAMES[LOOP[earlier]], FIELD_NAMES[LOOP[later]]
                    why = f"{b}早于{a}：{PROBLEMS['contradictory_times']}。"
                    value = str(times[LOOP[later]][i])
                    self._note(int(rows[i]), str(ids[i]), "contradictory_times", LOOP[later], value, why)
                ordered &= ~wrong
        return ordered

    def _check_needed(
        self, ids: NDArray[np.str_], rows: NDArray[np.int64], times: Mapping[str, Times], stage: Codes
    ) -> None:
        needed = {"reported_at": np.ones(len(ids), np.bool_)}
        for name, instants in _NEEDED_BY_STAGE.items():
            for instant in instants:
                needed[instant] = needed.get(instant, np.zeros(len(ids), np.bool_)) | stage.is_any([name])
        for instant, where in needed.items():
            for i in np.flatnonzero(where & np.isnat(times[instant])).tolist():
                why = f"没有{FIELD_NAMES[instant]}：{PROBLEMS['missing_time']}。"
                self._note(int(rows[i]), str(ids[i]), "missing_time", instant, "", why)

    def _check_districts(self, ids: NDArray[np.str_], rows: NDArray[np.int64], words: Mapping[str, Codes]) -> None:
        if self.known is None:
            return
        district, township = words["district"], words["township"]
        allowed = np.zeros((len(township.vocab) + 1, len(district.vocab) + 1), dtype=np.bool_)
        allowed[-1, :] = allowed[:, -1] = True  # where nothing is said
        for t, town in enumerate(township.vocab):
            for d, one in enumerate(district.vocab):
                allowed[t, d] = one in self.known.districts.get(town, ())
        for i in np.flatnonzero(~allowed[township.codes, district.codes]).tolist():
            self._note(int(rows[i]), str(ids[i]), "region_mismatch", "township", township.word(i))

    def _return_table(self) -> Returns:
        events = [
            (case, cast("Mapping[str, object]", one))
            for case, told in self._returns
            for one in cast("list[object]", told)
            if type(one) is dict
        ]
        unit, reason = _Vocabulary(_plain), _Vocabulary(_plain)

        def silent(_i: int, _code: str, _cell: object) -> None:
            """The count of returns stands; only its details are lost."""

        return Returns(
            np.array([case for case, _ in events], dtype=np.int64),
            cells_of.read_times([one.get("at") for _, one in events], silent),
            Codes(unit.read([one.get("unit") for _, one in events], silent, ""), tuple(unit.codes)),
            Codes(reason.read([one.get("reason") for _, one in events], silent, ""), tuple(reason.codes)),
        )


def _is_list(cell: object) -> bool:
    return isinstance(cell, list)


def _empty_times(n: int) -> Times:
    return np.full(n, np.datetime64("NaT"), dtype="datetime64[s]")


def _unsaid(n: int, kind: type[Kind]) -> NDArray[Kind]:
    return np.full(n, NOT_SAID, dtype=kind)

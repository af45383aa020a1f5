"""Case files: acceptance, description, moves through the life cycle, and what lies nearby."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select, update

from domain.case import MOVE_NAMES, REASON_REQUIRED, CaseFile, Move, Stage, next_stage
from domain.errors import CaseNotFound, Conflict, DuplicateId, EmptyText, InvalidInput, UnknownField
from domain.geo import Point, distance_m
from records.engine import Work
from records.storable import require_storable
from records.tables import case_moves, cases, observations

DESCRIBED = frozenset({"issue", "class_code", "standard_ref", "severity", "emergency", "region", "lon", "lat"})
"""Fields that `describe` may set."""

_LIVE_MASTER = frozenset(Stage) - {Stage.MERGED, Stage.REJECTED, Stage.CLOSED, Stage.EVALUATED}
_FINISHED = frozenset({Stage.CLOSED, Stage.EVALUATED, Stage.REJECTED})
MOST_NEAR = 1000
"""Cases around one point that are looked at: a place that everybody reports must not slow down every report of it."""
_METRES_PER_DEGREE = 110_500.0
"""A degree of latitude is nowhere shorter than this on WGS-84 (110,574 m at the equator)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMove:
    """One line of a case's history.

    Attributes:
        version: Version of the case after the move.
        by: Who moved it.
        into: The master, for a merge.
    """

    version: int
    move: Move
    from_stage: Stage
    to_stage: Stage
    by: str
    at: datetime
    reason: str
    into: str


def select_cases() -> Select[Any]:
    """All columns of a case with the observation that opened it."""
    return select(cases, observations.c.body.label("observation")).join(
        observations, observations.c.id == cases.c.observation_id
    )


_CASE = select_cases().where(cases.c.id == bindparam("case_id"))
# NO KEY UPDATE lets others insert rows that refer to the case.
_CASE_LOCKED = _CASE.with_for_update(key_share=True, of=cases)
_CHANGE = update(cases).where(cases.c.id == bindparam("old_id"), cases.c.version == bindparam("old_version"))
_DONE = select(case_moves.c.move).where(
    case_moves.c.case_id == bindparam("case_id"), case_moves.c.key == bindparam("key")
)


def case_of(row: Row[Any]) -> CaseFile:
    """The case file in a row of `select_cases`."""
    return CaseFile(
        id=row.id,
        stage=Stage(row.stage),
        observation=row.observation,
        created_at=row.created_at,
        updated_at=row.updated_at,
        issue=row.issue,
        class_code=row.class_code,
        standard_ref=row.standard_ref,
        severity=row.severity,
        emergency=row.emergency,
        region=row.region,
        lon=row.lon,
        lat=row.lat,
        stage_before=Stage(row.stage_before) if row.stage_before else None,
        master=row.master or "",
        previous=row.previous or "",
        opinion=row.opinion or "",
        returns=row.returns,
        version=row.version,
    )


def case(conn: Connection, case_id: str) -> CaseFile:
    """The case file. Raises CaseNotFound."""
    row = conn.execute(_CASE, {"case_id": case_id}).one_or_none()
    if row is None:
        raise CaseNotFound(f"没有编号为 {case_id} 的案卷。", "请核对案卷编号。")
    return case_of(row)


def locked(work: Work, case_id: str) -> CaseFile:
    """The case file, held until the transaction ends. Raises CaseNotFound."""
    row = work.conn.execute(_CASE_LOCKED, {"case_id": case_id}).one_or_none()
    if row is None:
        raise CaseNotFound(f"没有编号为 {case_id} 的案卷。", "请核对案卷编号。")
    return case_of(row)


def change(work: Work, old: CaseFile, *, at: datetime, awaiting: bool | None = None, **values: Any) -> CaseFile:  # noqa: ANN401
    """Write new values and the next version; raises Conflict if somebody was faster.

    `awaiting` is not of the case file: whether its current opinion waits for an officer.
    """
    row = {name: value.value if isinstance(value, Stage) else value for name, value in values.items()}
    for name in ("master", "previous", "opinion"):
        if name in row:
            row[name] = row[name] or None
    row |= {"updated_at": at, "version": old.version + 1}
    if awaiting is not None:
        row["awaiting"] = awaiting
    result = work.conn.execute(_CHANGE, row | {"old_id": old.id, "old_version": old.version})
    if result.rowcount != 1:
        raise Conflict("案卷刚被他人更改。", "请刷新后重试。")
    return replace(old, **values, updated_at=at, version=old.version + 1)


def describe(work: Work, case_id: str, fields: Mapping[str, Any], *, by: str, at: datetime) -> CaseFile:
    """Set descriptive fields; no change, no entry."""
    unknown = sorted(set(fields) - DESCRIBED)
    if unknown:
        raise UnknownField(f"案卷没有可填写的字段：{'、'.join(unknown)}。", f"可填写：{'、'.join(sorted(DESCRIBED))}。")
    require_storable(*(value for value in fields.values() if isinstance(value, str)))
    old = locked(work, case_id)
    changed = {name: value for name, value in fields.items() if getattr(old, name) != value}
    if not changed:
        return old
    detail = {"changed": {name: [getattr(old, name), value] for name, value in changed.items()}}
    work.record("case.describe", case_id, detail, by=by, at=at)
    return change(work, old, at=at, **changed)


def move(
    work: Work,
    case_id: str,
    what: Move,
    *,
    by: str,
    at: datetime,
    reason: str,
    key: str,
    into: str,
    version: int | None,
) -> CaseFile:
    """Make a legal move; see `CaseBook.move`."""
    require_storable(by, reason, key)
    # Both rows of a merge are locked in one order, so that two opposite merges cannot wait for each other.
    held = {name: locked(work, name) for name in sorted({case_id, into} - {""})}
    old = held[case_id]
    if key and _done_before(work, case_id, what, key):
        return old
    if version is not None and version != old.version:
        raise Conflict(f"案卷已更新到第 {old.version} 版，您看到的是第 {version} 版。", "请刷新后重试。")
    target = next_stage(old.stage, what, old.stage_before)
    if what in REASON_REQUIRED and not reason.strip():
        raise EmptyText(f"执行“{MOVE_NAMES[what]}”须说明理由。", "请填写理由后重试。")
    _check_master(case_id, what, held.get(into))
    values = {
        "stage": target,
        "stage_before": old.stage if target in (Stage.SUSPENDED, Stage.MERGED) else None,
        "master": into if what is Move.MERGE else "",
        "returns": old.returns + (what is Move.RETURN),
    }
    new = change(work, old, at=at, **values)
    _write_history(work, new, old.stage, what, by=by, at=at, reason=reason, key=key, into=into)
    return new


def _done_before(work: Work, case_id: str, what: Move, key: str) -> bool:
    done = work.conn.execute(_DONE, {"case_id": case_id, "key": key}).scalar_one_or_none()
    if done is not None and done != what.value:
        raise DuplicateId(f"幂等键 {key} 已用于“{done}”。", "请为不同的操作使用不同的幂等键。")
    return done is not None


def _check_master(case_id: str, what: Move, master: CaseFile | None) -> None:
    if what is not Move.MERGE:
        if master is not None:
            raise InvalidInput("只有合并操作才能指定主案卷。", "请去掉 into。")
        return
    if master is None or master.id == case_id:
        raise InvalidInput("合并须指定另一个案卷作为主案卷。", "请在 into 中给出主案卷编号。")
    if master.stage not in _LIVE_MASTER:
        raise Conflict(f"案卷 {master.id} 处于“{master.stage.value}”，不能作为主案卷。", "请并入仍在办理的案卷。")


def _write_history(
    work: Work,
    new: CaseFile,
    before: Stage,
    what: Move,
    *,
    by: str,
    at: datetime,
    reason: str,
    key: str,
    into: str,
) -> None:
    detail = {"move": what.value, "from": before.value, "to": new.stage.value, "version": new.version}
    detail |= {name: text for name, text in (("reason", reason), ("into", into)) if text}
    row = {
        "case_id": new.id,
        "version": new.version,
        "move": what.value,
        "from_stage": before.value,
        "to_stage": new.stage.value,
        "actor": by,
        "at": at,
        "reason": reason,
        "into": into or None,
        "key": key or None,
    }
    work.insert(case_moves, **row)
    work.record("case.move", new.id, detail, by=by, at=at)


def moves_of(conn: Connection, case_id: str) -> list[CaseMove]:
    """The history of a case, oldest first."""
    case(conn, case_id)
    rows = conn.execute(select(case_moves).where(case_moves.c.case_id == case_id).order_by(case_moves.c.version))
    return [
        CaseMove(
            version=row.version,
            move=Move(row.move),
            from_stage=Stage(row.from_stage),
            to_stage=Stage(row.to_stage),
            by=row.actor,
            at=row.at,
            reason=row.reason,
            into=row.into or "",
        )
        for row in rows
    ]


def link_recurrence(work: Work, case_id: str, previous: str, *, by: str, at: datetime) -> CaseFile:
    """Say that a case is the return of a finished one; once, audited."""
    if case_id == previous:
        raise InvalidInput("案卷不能是自身的复发。", "请给出此前已结案卷的编号。")
    held = {name: locked(work, name) for name in sorted({case_id, previous})}
    old = held[case_id]
    if old.previous == previous:
        return old
    if old.previous:
        raise Conflict(f"案卷已关联前案 {old.previous}。", "一个案卷只能关联一个前案。")
    if held[previous].stage not in _FINISHED:
        raise Conflict(f"案卷 {previous} 尚未办结，不构成复发。", "请改用合并。")
    work.record("case.recur", case_id, {"previous": previous}, by=by, at=at)
    return change(work, old, at=at, previous=previous)


def merged_into(conn: Connection, case_id: str) -> list[CaseFile]:
    """Cases whose master this is, oldest first."""
    query = select_cases().where(cases.c.master == case_id).order_by(cases.c.created_at, cases.c.id)
    return [case_of(row) for row in conn.execute(query)]


def near(
    conn: Connection, point: Point, radius_m: float, *, since: datetime, exclude: str, issue: str
) -> Sequence[CaseFile]:
    """Unmerged cases within a geodesic distance, nearest first, the newest `MOST_NEAR` of them; `issue` "" = any."""
    query = select_cases().where(
        *_box(point, radius_m), cases.c.created_at >= since, cases.c.stage != Stage.MERGED.value
    )
    if exclude:
        query = query.where(cases.c.id != exclude)
    if issue:
        query = query.where(cases.c.issue == issue)
    found: list[tuple[float, str, CaseFile]] = []
    newest = query.order_by(cases.c.created_at.desc(), cases.c.id.desc()).limit(MOST_NEAR)
    for row in conn.execute(newest):
        away_m = distance_m(point, Point(row.lon, row.lat))
        if away_m <= radius_m:
            found.append((away_m, row.id, case_of(row)))
    return [file for _, _, file in sorted(found, key=lambda item: item[:2])]


def _box(point: Point, radius_m: float) -> tuple[ColumnElement[bool], ...]:
    tall = radius_m / _METRES_PER_DEGREE
    # Meridians converge: the box is as wide as the radius is at its end nearer to the pole.
    cosine = math.cos(math.radians(min(abs(point.lat) + tall, 89.9)))
    wide = tall / cosine
    return (
        cases.c.lat.between(point.lat - tall, point.lat + tall),
        cases.c.lon.between(point.lon - wide, point.lon + wide),
    )

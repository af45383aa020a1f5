"""The case log (案件台账) as the book has it: columns for counting, read in chunks, never whole files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from domain.caselog import CaseTable
from domain.caselogreader import CaseLogReader, Known
from domain.clock import iso
from records.tables import case_moves, cases, observations, work_orders

CHUNK = 20_000
"""Cases held as Python objects at a time."""
_FIRST = {"register": "registered_at", "dispatch": "dispatched_at"}
"""Moves whose first time counts."""
_LAST = {"handle": "handled_at", "report": "handled_at", "verify": "verified_at", "close": "closed_at"}
"""Moves whose last time counts: what was done again was not done before."""


def case_log(conn: Connection, known: Known | None, *, since: datetime | None = None) -> CaseTable:
    """Every case opened at or after an instant (None: all), oldest first."""
    reader = CaseLogReader(known=known)
    row_number = 0
    last: tuple[datetime, str] | None = None
    while rows := _chunk(conn, since, last):
        ids = [row.id for row in rows]
        columns = _columns(rows, _moves(conn, ids), _units(conn, ids))
        reader.add(columns, list(range(row_number + 1, row_number + len(rows) + 1)))
        row_number += len(rows)
        last = rows[-1].created_at, rows[-1].id
    return reader.table()


def _chunk(conn: Connection, since: datetime | None, last: tuple[datetime, str] | None) -> Sequence[Row[Any]]:
    query = select(cases, observations.c.body, observations.c.source).join(
        observations, observations.c.id == cases.c.observation_id
    )
    if since is not None:
        query = query.where(cases.c.created_at >= since)
    if last is not None:
        at, case_id = last
        later = (cases.c.created_at > at) | ((cases.c.created_at == at) & (cases.c.id > case_id))
        query = query.where(later)
    return conn.execute(query.order_by(cases.c.created_at, cases.c.id).limit(CHUNK)).all()


def _moves(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Instants of the loop, and what was sent back, done again and taken to a superior, by case and field."""
    told = [*_FIRST, *_LAST, "return", "rework", "escalate"]
    wanted = select(case_moves.c.case_id, case_moves.c.move, case_moves.c.at, case_moves.c.reason).where(
        case_moves.c.case_id >= min(ids), case_moves.c.case_id <= max(ids), case_moves.c.move.in_(told)
    )
    held, found = set(ids), dict[str, dict[str, Any]]()
    for case_id, move, at, reason in conn.execute(wanted.order_by(case_moves.c.case_id, case_moves.c.version)):
        if case_id in held:
            _note(found.setdefault(case_id, {"returns": [], "rework": 0}), move, iso(at), reason)
    return found


def _note(told: dict[str, Any], move: str, at: str, reason: str) -> None:
    if move == "return":
        told["returns"].append({"at": at, "reason": reason})
        told.pop("settled_at", None)  # nobody has it again
    elif move == "rework":
        told["rework"] += 1
    elif move == "escalate":
        told["escalated"] = True
    elif move in _FIRST:
        told.setdefault(_FIRST[move], at)
    else:
        told[_LAST[move]] = at
    if move == "dispatch" and "settled_at" not in told:
        told["settled_at"] = at


def _settled_by(told: dict[str, Any]) -> str:
    """`first`, `negotiation` or `superior`; empty while nobody has it."""
    if "settled_at" not in told:
        return ""
    if told.get("escalated"):
        return "superior"
    return "negotiation" if told["returns"] else "first"


def _units(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str, str]]:
    """First unit, last unit and due time of handling by case."""
    wanted = select(work_orders.c.case_id, work_orders.c.unit, work_orders.c.due_at).where(
        work_orders.c.case_id >= min(ids), work_orders.c.case_id <= max(ids), work_orders.c.duty == "handling"
    )
    held, found = set(ids), dict[str, tuple[str, str, str]]()
    for case_id, unit, due in conn.execute(wanted.order_by(work_orders.c.issued_at, work_orders.c.id)):
        if case_id in held:
            first = found[case_id][0] if case_id in found else unit
            found[case_id] = first, unit, iso(due) if due else ""
    return found


def _columns(
    rows: Sequence[Row[Any]], moves: dict[str, dict[str, Any]], units: dict[str, tuple[str, str, str]]
) -> dict[str, list[object]]:
    nothing = ("", "", "")
    columns: dict[str, list[object]] = {
        "id": [row.id for row in rows],
        "issue": [row.issue for row in rows],
        "source": [row.source for row in rows],
        "stage": [row.stage for row in rows],
        "lon": [row.lon for row in rows],
        "lat": [row.lat for row in rows],
        "accuracy_m": [row.body.get("accuracy_m") for row in rows],
        "text": [row.body.get("text", "") for row in rows],
        "address": [row.body.get("address", "") for row in rows],
        "reporter": [row.body.get("reporter", "") for row in rows],
        "emergency": [row.emergency for row in rows],
        "returns": [moves.get(row.id, {}).get("returns") or row.returns for row in rows],
        "rework": [moves.get(row.id, {}).get("rework", 0) for row in rows],
        "settled_at": [moves.get(row.id, {}).get("settled_at", "") for row in rows],
        "settled_by": [_settled_by(moves.get(row.id, {})) for row in rows],
        "previous": [row.previous or "" for row in rows],
        "master": [row.master or "" for row in rows],
        "observed_at": [row.body.get("observed_at", "") for row in rows],
        "reported_at": [iso(row.created_at) for row in rows],
        "first_unit": [units.get(row.id, nothing)[0] for row in rows],
        "unit": [units.get(row.id, nothing)[1] for row in rows],
        "due_at": [units.get(row.id, nothing)[2] for row in rows],
        # Administrative codes begin with their parents'.
        "district": [row.region[:6] for row in rows],
        "township": [row.region[:9] if len(row.region) >= 9 else "" for row in rows],
        "community": [row.region[:12] if len(row.region) >= 12 else "" for row in rows],
        "grid": [row.region if len(row.region) > 12 else "" for row in rows],
    }
    for name in dict.fromkeys((*_FIRST.values(), *_LAST.values())):
        columns[name] = [moves.get(row.id, {}).get(name, "") for row in rows]
    return columns

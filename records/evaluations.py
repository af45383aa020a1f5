"""Evaluations (评估) on file: the report as it was made, and people's words on its suspicions, never edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, or_, select, true, tuple_, update

from domain.adjacency.evaluation.filing import EvaluationState, FiledEvaluation, Review, ReviewVerdict
from domain.caselog import CaseTable
from domain.caselogreader import Known
from domain.clock import iso
from domain.errors import AlreadyDecided, EvaluationNotFound, NotFound
from domain.opinion import canonical
from records.caselog import case_log
from records.engine import Database, Work
from records.evaluationtables import evaluation_reviews, evaluations
from records.pages import decode, encode, require_codes, require_size
from records.storable import require_storable


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPage:
    """One page, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[FiledEvaluation, ...]
    cursor: str


class EvaluationBook:
    """Everything the records hold of evaluations. Each method is one transaction, audited, and safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def log(self, known: Known | None) -> CaseTable:
        """The whole case log as columns."""
        return await self._db.snapshot(lambda conn: case_log(conn, known))

    async def file(self, made: FiledEvaluation) -> bool:
        """File an evaluation once; False: it was filed before, and stands as it was."""
        return await self._db.write(lambda work: _file(work, made))

    async def get(self, evaluation_id: str) -> FiledEvaluation:
        """The evaluation. Raises EvaluationNotFound."""
        return await self._db.read(lambda conn: _get(conn, evaluation_id))

    async def page(self, *, region_prefixes: Sequence[str], limit: int = 50, cursor: str = "") -> EvaluationPage:
        """One page of those of the regions and all below, newest first; `("",)` is everything, `()` nothing.

        Raises:
            InvalidInput: If the limit or the cursor cannot be used.
        """
        require_codes(region_prefixes)
        return await self._db.read(lambda conn: _page(conn, region_prefixes, limit=limit, cursor=cursor))

    async def review(self, evaluation_id: str, reviews: Sequence[Review]) -> FiledEvaluation:
        """Record people's words on suspicions; the same word of the same person again is a no-op.

        Raises:
            EvaluationNotFound: If there is no such evaluation.
            NotFound: If it has no such suspicion.
            AlreadyDecided: If somebody said otherwise before.
        """
        return await self._db.write(lambda work: _review(work, evaluation_id, reviews))

    async def settle(self, evaluation_id: str, *, at: datetime) -> FiledEvaluation:
        """Make an evaluation final once nothing of it is open; before that, and again, nothing happens."""
        return await self._db.write(lambda work: _settle(work, evaluation_id, at=at))

    async def unsettled(self) -> list[str]:
        """Evaluations that wait although every suspicion was looked at."""
        query = select(evaluations.c.id).where(evaluations.c.state == EvaluationState.WAITING.value)

        def found(conn: Connection) -> list[str]:
            ids = conn.execute(query.order_by(evaluations.c.id)).scalars()
            return [one for one in ids if not _get(conn, one).open]

        return await self._db.read(found)


def _file(work: Work, made: FiledEvaluation) -> bool:
    require_storable(canonical(made.asked), made.asked_by, made.region)
    new = work.insert_once(
        evaluations,
        id=made.id,
        region=made.region,
        state=made.state.value,
        asked=dict(made.asked),
        report=dict(made.report),
        asked_by=made.asked_by,
        asked_at=made.asked_at,
    )
    if new:
        detail = {"region": made.region, "digest": made.report["digest"], "suspicions": len(made.report["gaming"])}
        work.record("evaluation.make", made.id, detail, by=made.asked_by, at=made.asked_at)
    return new


def _row(conn: Connection, evaluation_id: str) -> Row[Any]:
    row = conn.execute(select(evaluations).where(evaluations.c.id == evaluation_id)).one_or_none()
    if row is None:
        raise EvaluationNotFound(f"没有编号为“{evaluation_id[:60]}”的评估。", "请核对编号。")
    return row


def _get(conn: Connection, evaluation_id: str) -> FiledEvaluation:
    return _filed(conn, _row(conn, evaluation_id))


def _filed(conn: Connection, row: Row[Any]) -> FiledEvaluation:
    own = evaluation_reviews.c.evaluation_id == row.id
    said = conn.execute(select(evaluation_reviews).where(own).order_by(evaluation_reviews.c.finding))
    return FiledEvaluation(
        id=row.id,
        region=row.region,
        state=EvaluationState(row.state),
        asked=row.asked,
        report=row.report,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        reviews=tuple(
            Review(finding=one.finding, verdict=ReviewVerdict(one.verdict), reason=one.reason, by=one.by, at=one.at)
            for one in said
        ),
    )


def _page(conn: Connection, prefixes: Sequence[str], *, limit: int, cursor: str) -> EvaluationPage:
    require_size(limit)
    query = select(evaluations).where(_below(prefixes))
    if cursor:
        query = query.where(tuple_(evaluations.c.asked_at, evaluations.c.id) < tuple_(*decode(cursor)))
    newest_first = evaluations.c.asked_at.desc(), evaluations.c.id.desc()
    rows = conn.execute(query.order_by(*newest_first).limit(limit + 1)).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return EvaluationPage(
        items=tuple(_filed(conn, row) for row in rows[:limit]),
        cursor=encode(last.asked_at, last.id) if last is not None else "",
    )


def _below(prefixes: Sequence[str]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    for prefix in prefixes:
        if not prefix:
            return true()
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        ways.append(and_(evaluations.c.region >= prefix, evaluations.c.region < after))
    return or_(*ways) if ways else false()


def _review(work: Work, evaluation_id: str, reviews: Sequence[Review]) -> FiledEvaluation:
    filed = _get(work.conn, evaluation_id)
    known = {one["id"] for one in filed.report["gaming"]}
    before = {one.finding: one for one in filed.reviews}
    for one in reviews:
        require_storable(one.reason, one.by)
        if one.finding not in known:
            raise NotFound(f"这份评估没有编号为“{one.finding[:80]}”的疑点。", "疑点编号见评估的 gaming。")
        old = before.get(one.finding)
        if old is None:
            _say(work, evaluation_id, one)
        elif (old.verdict, old.by) != (one.verdict, one.by):
            raise AlreadyDecided(
                "这处疑点已经有人核实。", "请查看已有结论。", by=old.by, verdict=old.verdict.value, at=iso(old.at)
            )
    return _get(work.conn, evaluation_id)


def _say(work: Work, evaluation_id: str, one: Review) -> None:
    row: Mapping[str, Any] = {
        "evaluation_id": evaluation_id,
        "finding": one.finding,
        "verdict": one.verdict.value,
        "reason": one.reason,
        "by": one.by,
        "at": one.at,
    }
    if not work.insert_once(evaluation_reviews, **row):
        raise AlreadyDecided("这处疑点刚刚有人核实。", "请刷新后查看。", by="", verdict="", at=iso(one.at))
    detail = {"finding": one.finding, "verdict": one.verdict.value, "reason": one.reason}
    work.record("evaluation.review", evaluation_id, detail, by=one.by, at=one.at)


def _settle(work: Work, evaluation_id: str, *, at: datetime) -> FiledEvaluation:
    filed = _get(work.conn, evaluation_id)
    if filed.state is EvaluationState.WAITING and not filed.open:
        own = and_(evaluations.c.id == evaluation_id, evaluations.c.state == EvaluationState.WAITING.value)
        if work.conn.execute(update(evaluations).where(own).values(state=EvaluationState.FINAL.value)).rowcount:
            work.record("evaluation.settle", evaluation_id, {"reviews": len(filed.reviews)}, by="system", at=at)
    return _get(work.conn, evaluation_id)

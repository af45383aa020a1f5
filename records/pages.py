"""Lists of cases, page by page."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, true, tuple_

from domain.case import CaseFile, Stage
from domain.errors import InvalidInput
from records.cases import case_of, select_cases
from records.tables import cases, work_orders

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, newest first; `cursor` asks for the next one and is empty on the last."""

    items: tuple[CaseFile, ...]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases to list; an unset filter lets everything through, except who may see it.

    Attributes:
        region_prefixes: Codes the caller may see, with all below them; `("",)` is everything, `()` is nothing.
        units: Unit codes: cases with a work order of one of them may be seen as well.
        awaiting: Only cases whose current opinion needs an officer's signature and has none (or only the others).
    """

    region_prefixes: Sequence[str] = ()
    units: Sequence[str] = ()
    stage: Stage | None = None
    issue: str = ""
    awaiting: bool | None = None

    def __post_init__(self) -> None:
        require_codes(self.region_prefixes, self.units)


def page(conn: Connection, filters: Filters, *, limit: int, cursor: str) -> Page:
    """One page of cases; a case that comes in later never shifts the pages after the cursor.

    Raises:
        InvalidInput: If the cursor is not one that a page gave, or the limit is not in 1 to 500.
    """
    require_size(limit)
    # The rows of a page are chosen by their ids alone, from an index; only those chosen are read whole.
    query = select(cases.c.id).where(_visible(filters), _wanted(filters))
    if cursor:
        query = query.where(tuple_(cases.c.created_at, cases.c.id) < tuple_(*decode(cursor)))
    newest_first = cases.c.created_at.desc(), cases.c.id.desc()
    chosen = query.order_by(*newest_first).limit(limit + 1).scalar_subquery()
    rows = conn.execute(select_cases().where(cases.c.id.in_(chosen)).order_by(*newest_first))
    files = [case_of(row) for row in rows]
    more = len(files) > limit
    return Page(
        items=tuple(files[:limit]), cursor=encode(files[limit - 1].created_at, files[limit - 1].id) if more else ""
    )


def _visible(filters: Filters) -> ColumnElement[bool]:
    ways = [below(prefix) for prefix in filters.region_prefixes]
    if filters.units:
        ways.append(cases.c.id.in_(select(work_orders.c.case_id).where(work_orders.c.unit.in_(list(filters.units)))))
    return or_(*ways) if ways else false()


def below(prefix: str) -> ColumnElement[bool]:
    """Whether a case's region code begins with a prefix, as a range that an index can serve."""
    if not prefix:
        return true()
    after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return and_(cases.c.region >= prefix, cases.c.region < after)


def _wanted(filters: Filters) -> ColumnElement[bool]:
    wanted: list[ColumnElement[bool]] = [true()]
    if filters.stage is not None:
        wanted.append(cases.c.stage == filters.stage.value)
    if filters.issue:
        wanted.append(cases.c.issue == filters.issue)
    if filters.awaiting is not None:
        wanted.append(cases.c.awaiting.is_(filters.awaiting))
    return and_(*wanted)


def require_codes(*codes: Sequence[str]) -> None:
    """Refuse a bare string: it is a sequence too, of one-digit prefixes that would let nearly everything through."""
    if any(isinstance(one, str) for one in codes):
        raise TypeError("region prefixes and units are sequences of codes, not one code")


def require_size(limit: int) -> None:
    """Raises InvalidInput if a page cannot have this many rows."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(f"每页条数须在 1 到 {LARGEST_PAGE} 之间。", "请调整 limit。")


def encode(at: datetime, row_id: str) -> str:
    """The cursor that points behind a row."""
    place = json.dumps([at.astimezone(UTC).isoformat(timespec="microseconds"), row_id])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """The row that a cursor points behind. Raises InvalidInput if no page gave it."""
    try:
        at, row_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or not isinstance(row_id, str):
            raise ValueError(cursor)
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidInput("分页游标无法识别。", "请使用上一页返回的 cursor，或从第一页开始。") from error
    return instant, row_id

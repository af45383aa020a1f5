"""Disputes over a returned order (退单争议): states, the clock of their own, and the superior common to the parties.

A unit that returns an order opens a dispute. It is talked over first (协商); when that time is up, or when the case is
returned a second time, it goes to the common superior by itself. An officer's word ends it. Where danger waits the
times are hours that run day and night. Times are suggestions (建议) unless the opinion names a statutory one; none of
them stops the handling of danger.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.case import SETTLEMENT_NAMES as SETTLEMENT_NAMES
from domain.case import Settlement as Settlement
from domain.clock import iso, parse_iso
from domain.errors import Conflict, EmptyText
from domain.limits import due_at, national_calendar
from domain.opinion import Deadline
from domain.organisation import Register, Sector, Unit
from domain.territory import Territory


class DisputeState(StrEnum):
    """Where a dispute stands."""

    CONSULTING = "consulting"
    ESCALATED = "escalated"
    RULED = "ruled"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {
    DisputeState.CONSULTING: "协商中",
    DisputeState.ESCALATED: "已提请共同上级",
    DisputeState.RULED: "已裁定",
    DisputeState.WITHDRAWN: "已撤回",
}
OPEN = (DisputeState.CONSULTING, DisputeState.ESCALATED)
"""States in which somebody still has to say something."""


CONSULT = ("管辖协商", "部门协商", "牵头会商", "双方协商", "权属认领会商")
"""Deadlines of an opinion that say how long the parties may talk, the first found counts."""
DECIDE = ("出具责任确定书", "报请指定管辖", "司法行政部门协调")
"""Those that say how long the superior may take."""
DEFAULT_CONSULT = Deadline(what="退单协商", value=2, unit="workday", source="suggested", basis="建议时限，非法定")
DEFAULT_DECIDE = Deadline(what="共同上级裁定", value=5, unit="workday", source="suggested", basis="建议时限，非法定")
URGENT_CONSULT = Deadline(
    what="紧急退单协商", value=1, unit="urgent_hour", source="suggested", basis="建议时限，非法定"
)
URGENT_DECIDE = Deadline(
    what="紧急情况下共同上级裁定", value=4, unit="urgent_hour", source="suggested", basis="建议时限，非法定"
)
"""Where danger waits for somebody to go: clocks that do not stop at night."""
MOST_RETURNS = 2
"""At this return of a case the dispute goes up by itself (R40: 退单不得超过 1 次, 建议)."""
LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Superior:
    """Who is above all parties, computed from the region tree; `unit` empty when the register has nobody there."""

    region: str
    unit: str
    name: str
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a party says in the dispute, unconfirmed until the evidence bears it out."""

    unit: str
    text: str
    by: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """One returned order, and what became of the question whose it is.

    Attributes:
        unit: Code of the unit that returned the order.
        reason: Why, in its words.
        round: Which return of the case this was, from 1.
        due_at: When the present step must be over; None once it is settled.
        due_what, due_source: Name of that limit, and `statutory` or `suggested`.
        urgent: Whether danger waits for whoever is to go.
        parties: Codes of the units concerned, the returning one first.
        why_up: Why it went to the superior; empty while it did not.
        ruling: Duty -> unit code, as it was ruled.
        version: Counts changes.
    """

    id: str
    case_id: str
    order_id: str
    opinion_id: str
    duty: str
    unit: str
    reason: str
    round: int
    state: DisputeState
    opened_by: str
    opened_at: datetime
    due_at: datetime | None
    due_what: str = ""
    due_source: str = ""
    urgent: bool = False
    parties: tuple[str, ...] = ()
    superior: Superior | None = None
    statements: tuple[Statement, ...] = ()
    escalated_at: datetime | None = None
    why_up: str = ""
    settlement: str = ""
    ruling: Mapping[str, str] = field(default_factory=dict[str, str])
    ruled_by: str = ""
    ruled_at: datetime | None = None
    ruled_why: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say something."""
        return self.state in OPEN

    def is_due(self, at: datetime) -> bool:
        """Whether the time of the present step is up."""
        return self.is_open and self.due_at is not None and self.due_at <= at

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        plain = asdict(self)
        for name in _INSTANTS:
            plain[name] = iso(value) if (value := getattr(self, name)) is not None else None
        return plain | {"state": self.state.value, "ruling": dict(self.ruling)}


_INSTANTS = ("opened_at", "due_at", "escalated_at", "ruled_at")


def dispute_from_json(plain: Mapping[str, Any]) -> Dispute:
    """Read back what `Dispute.to_json` wrote; trusts its input."""
    above = plain["superior"]
    fields: dict[str, Any] = {
        **plain,
        **{name: parse_iso(plain[name]) if plain[name] else None for name in _INSTANTS},
        "state": DisputeState(plain["state"]),
        "parties": tuple(plain["parties"]),
        "superior": Superior(**above) if above else None,
        "statements": tuple(Statement(**one) for one in plain["statements"]),
    }
    return Dispute(**fields)


def dispute_id(order_id: str) -> str:
    """The id of the one dispute that a returned order opens: `dp-` and 80 bits of SHA-256."""
    return "dp-" + hashlib.sha256(f"dispute\0{order_id}".encode()).hexdigest()[:20]


def limit_of(opinion: Mapping[str, Any], state: DisputeState, *, urgent: bool = False) -> Deadline:
    """How long a step may take: hours where danger waits; else as the opinion names it, or the default."""
    if urgent:
        return URGENT_CONSULT if state is DisputeState.CONSULTING else URGENT_DECIDE
    names, default = (CONSULT, DEFAULT_CONSULT) if state is DisputeState.CONSULTING else (DECIDE, DEFAULT_DECIDE)
    held = {plain["what"]: plain for plain in opinion["deadlines"]}
    found = next((held[name] for name in names if name in held), None)
    return Deadline(**found) if found is not None else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """An order that its unit gives back: why, in its words, by whom and when (aware)."""

    case_id: str
    order_id: str
    duty: str
    unit: str
    reason: str
    by: str
    at: datetime


def opened(
    opinion: Mapping[str, Any],
    order: Returned,
    *,
    returned_before: Sequence[str],
    emergency: bool,
    territory: Territory,
    day: date,
) -> Dispute:
    """The dispute that a returned order opens; from the second return of a case on it begins with the superior.

    Args:
        opinion: JSON of the opinion that the order rests on.
        order: What was returned.
        returned_before: Units that returned an order of this case before, once for each time.
        emergency: Whether danger waits.
        territory: The city's.
        day: Civil day of the return: units and regions are taken as they are then.
    """
    parties = tuple(dict.fromkeys([order.unit, *returned_before, *_rivals(opinion, order.duty, order.unit)]))
    reason = order.reason.strip()
    fresh = Dispute(
        id=dispute_id(order.order_id),
        case_id=order.case_id,
        order_id=order.order_id,
        opinion_id=opinion["id"],
        duty=order.duty,
        unit=order.unit,
        reason=reason,
        round=len(returned_before) + 1,
        state=DisputeState.CONSULTING,
        opened_by=order.by,
        opened_at=order.at,
        due_at=None,
        parties=parties,
        urgent=emergency and order.duty == "handling",
        superior=superior_of(opinion, order.duty, parties, territory, day),
        statements=(Statement(unit=order.unit, text=reason, by=order.by, at=iso(order.at)),),
    )
    why = why_up_at_once(fresh)
    return escalated(fresh, opinion, why=why, at=order.at) if why else _timed(fresh, opinion, order.at)


def why_up_at_once(dispute: Dispute) -> str:
    """Why it is not talked over first, in Chinese; empty when it is."""
    if dispute.round >= MOST_RETURNS:
        return f"案件第 {dispute.round} 次被退回，自动提请共同上级"
    return ""


def escalated(dispute: Dispute, opinion: Mapping[str, Any], *, why: str, at: datetime) -> Dispute:
    """The dispute with its superior; one that is there already stays as it is.

    Raises:
        Conflict: It is settled.
    """
    if dispute.state is DisputeState.ESCALATED:
        return dispute
    require_open(dispute)
    up = replace(dispute, state=DisputeState.ESCALATED, escalated_at=at, why_up=why)
    return _timed(up, opinion, at)


def stated(dispute: Dispute, statement: Statement) -> Dispute:
    """The dispute with one more word of a party.

    Raises:
        Conflict: It is settled.
        EmptyText: Nothing was said.
    """
    require_open(dispute)
    if not statement.text.strip():
        raise EmptyText("没有写明意见。", "请填写后重试。")
    parties = tuple(dict.fromkeys([*dispute.parties, statement.unit]))
    return replace(dispute, statements=(*dispute.statements, statement), parties=parties)


def ruled(
    dispute: Dispute, duties: Mapping[str, str], *, how: Settlement, by: str, at: datetime, reason: str
) -> Dispute:
    """The dispute as an officer settled it.

    Raises:
        Conflict: It is settled already.
        EmptyText: No reason is given, or nobody is named for the duty in dispute.
    """
    require_open(dispute)
    if not reason.strip():
        raise EmptyText("裁定争议须说明理由。", "请填写理由后重试。")
    if not duties.get(dispute.duty):
        raise EmptyText("裁定须写明争议的责任由谁承担。", f"请在 duties 中填写 {dispute.duty} 的单位编码。")
    return replace(
        dispute, state=DisputeState.RULED, settlement=how.value, ruling=dict(duties), ruled_by=by, ruled_at=at,
        ruled_why=reason.strip(), due_at=None, due_what="", due_source="",
    )  # fmt: skip


def withdrawn(dispute: Dispute, *, by: str, at: datetime, reason: str) -> Dispute:
    """The dispute taken back: the unit keeps the order, or the case came to its end.

    Raises:
        Conflict: It is settled.
        EmptyText: No reason is given.
    """
    require_open(dispute)
    if not reason.strip():
        raise EmptyText("撤回争议须说明理由。", "请填写理由后重试。")
    return replace(
        dispute, state=DisputeState.WITHDRAWN, ruled_by=by, ruled_at=at, ruled_why=reason.strip(), due_at=None,
        due_what="", due_source="",
    )  # fmt: skip


def require_open(dispute: Dispute) -> None:
    """Refuse to go on with what is settled. Raises Conflict."""
    if not dispute.is_open:
        by = f"（{dispute.ruled_by}）" if dispute.ruled_by else ""
        raise Conflict(f"争议现为“{STATE_NAMES[dispute.state]}”{by}，不能再办理。", "请查看争议的经过。")


def _timed(dispute: Dispute, opinion: Mapping[str, Any], at: datetime) -> Dispute:
    limit = limit_of(opinion, dispute.state, urgent=dispute.urgent)
    return replace(dispute, due_at=due_at(at, limit, national_calendar()), due_what=limit.what, due_source=limit.source)


def _rivals(opinion: Mapping[str, Any], duty: str, unit: str) -> list[str]:
    """Units that the opinion names for the duty, or holds possible, besides the one that returned it."""
    named = [opinion["duties"][duty]["unit"]]
    named += [one["unit"] for one in opinion["candidates"] if one["duty"] == duty][:2]
    return [code for code in named if code and code != unit]


def superior_of(
    opinion: Mapping[str, Any], duty: str, parties: Sequence[str], territory: Territory, day: date
) -> Superior:
    """The lowest region above every party and the place, and the body there that may say (共同上级).

    First a step of the opinion's own way up that stands at that region or above it, since it knows the kind of dispute
    and the law; else the supervising department, the government or the centre of the region. Never a party itself.
    """
    register = territory.world.register
    regions = [unit.region for code in parties if (unit := register.get(code)) is not None]
    regions.append(opinion["boundary"].get("common_superior", ""))
    valid = [code for code in dict.fromkeys(regions) if code and territory.holds(code, day)]
    above = territory.common_superior(valid, day) if valid else territory.world.city
    if not above:
        return Superior(region="", unit="", name="没有共同的市级以下上级，走省际协作机制")
    above = _district_at_least(above, territory, day)
    path = territory.path(above, day)
    for step in opinion["escalation"]:
        unit = register.get(step["unit"]) if step["unit"] else None
        if unit is not None and unit.region in path and unit.valid_on(day) and unit.code not in parties:
            return Superior(region=unit.region, unit=unit.code, name=step["body"], basis=step["basis"])
    body = _body_at(opinion, duty, path, parties, register, day)
    if body is None:
        name = territory.region(above, day).name
        return Superior(region=above, unit="", name=f"{name}（名录中没有可裁定的单位，请人工指定）")
    return Superior(region=body.region, unit=body.code, name=body.name)


def _district_at_least(code: str, territory: Territory, day: date) -> str:
    """A township does not rule on its own units: its district does."""
    path = territory.path(code, day)
    return next((step for step in path if territory.region(step, day).level in ("district", "city")), path[-1])


def _body_at(
    opinion: Mapping[str, Any], duty: str, path: Sequence[str], parties: Sequence[str], register: Register, day: date
) -> Unit | None:
    supervising = register.get(opinion["duties"]["supervision"]["unit"] or "")
    sectors = [supervising.sector] if supervising is not None and duty != "supervision" else []
    for sector in (*sectors, Sector.GOVERNMENT, Sector.GOVERNANCE_CENTRE):
        found = register.find(sector, path, day)
        if found is not None and found.code not in parties:
            return found
    return None

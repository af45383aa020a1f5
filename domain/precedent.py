"""Precedents (先例): settled matters told in neutral words, with what was ruled, on what basis and by whom.

A draft is made of a closed case by rules from what the records hold; nothing is added to it, and personal data is taken
out before anybody stores it. A person reads and approves it. Precedents explain; they never bind.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from domain.case import CaseFile, Decision, Stage, Verdict, WorkOrder
from domain.casefacts import CaseFacts, facts_from_json
from domain.errors import Conflict, EmptyText, TextTooLong
from domain.opinion import DUTIES
from domain.redaction import Redaction, redact, total

MAX_TITLE = 100
MAX_FACTS = 4_000
"""Longest title and facts that an editor may write, characters."""


class State(StrEnum):
    """Where a precedent stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {
    State.PROPOSED: "待审核",
    State.APPROVED: "已收录",
    State.REJECTED: "未通过",
    State.WITHDRAWN: "已撤下",
}
"""As Chinese users read them in messages."""


class Origin(StrEnum):
    """Where a precedent comes from."""

    TABLE = "table"
    FILE = "file"
    CASE = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One article that the ruling rests on, with the version that held; `role` as in `domain.citation.Citation`."""

    law: str
    article: str
    version_date: str
    role: str = ""

    @property
    def label(self) -> str:
        """《法名》第13条（2018-07-26 版本), as people write it."""
        head, _, tail = self.article.partition("-")
        version = f"（{self.version_date} 版本）" if self.version_date else ""
        return f"《{self.law}》第{head}条" + (f"之{tail}" if tail else "") + version


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Which role bears a duty: sector and level of a unit (values of `Sector` and `Level`), never its name."""

    duty: str
    sector: str
    level: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Who made it what it is. Account ids and instants (ISO 8601); empty where nobody did.

    `verdict` is an officer's word on the opinion (`Verdict`), or `dispute:` and how a dispute was settled
    (`domain.adjacency.disputes.Settlement`) where that was the last word.
    """

    verdict: str = ""
    ruled_by: str = ""
    ruled_at: str = ""
    proposed_by: str = ""
    proposed_at: str = ""
    approved_by: str = ""
    approved_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """One settled matter.

    Attributes:
        facts: What happened, in neutral words, without personal data.
        issue: What was in question, in words.
        ruling: What was ruled and how it ended, in words.
        issues: Issue ids it is about, the first one first; `rules` are rules of the rule book that it illustrates.
        day: Civil day of the closing: it is no precedent for what happened before.
        region: Code of the region it happened in.
        reference: Case id, file name or row of the table, by `origin`.
        features: `CaseFacts.to_json`.
        redacted: What was taken out, by kind (`domain.redaction.KIND_NAMES`).
    """

    id: str
    title: str
    facts: str
    issue: str
    ruling: str
    basis: tuple[Basis, ...]
    bearers: tuple[Bearer, ...]
    issues: tuple[str, ...]
    rules: tuple[str, ...]
    region: str
    day: date
    origin: Origin
    reference: str
    features: str
    provenance: Provenance = field(default_factory=Provenance)
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])

    def case_facts(self) -> CaseFacts:
        """Its features, for comparing."""
        return facts_from_json(self.facts, self.features)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return asdict(self) | {"day": self.day.isoformat(), "origin": self.origin.value, "redacted": {**self.redacted}}


def precedent_from_json(plain: Mapping[str, Any]) -> Precedent:
    """Read back what `Precedent.to_json` wrote; trusts its input."""
    fields: dict[str, Any] = {
        **plain,
        "basis": tuple(Basis(**item) for item in plain["basis"]),
        "bearers": tuple(Bearer(**item) for item in plain["bearers"]),
        "issues": tuple(plain["issues"]),
        "rules": tuple(plain["rules"]),
        "day": date.fromisoformat(plain["day"]),
        "origin": Origin(plain["origin"]),
        "provenance": Provenance(**plain["provenance"]),
    }
    return Precedent(**fields)


def precedent_id(case_id: str) -> str:
    """The id of the one precedent that a case can become: `pc-` and 80 bits of SHA-256."""
    return "pc-" + hashlib.sha256(f"precedent\0{case_id}".encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledDispute:
    """How a dispute over a returned order was settled; `how` as `Settlement`, `ruling` duty -> unit code."""

    id: str
    how: str
    how_name: str
    ruling: Mapping[str, str]
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCase:
    """What the records hold of a case that came to its end.

    Attributes:
        opinion: JSON of the opinion that was ruled on.
        decision: The ruling on it; None when it needed none, or nobody ruled.
        orders: All work orders, oldest first.
        closed_at: When it was closed, aware.
        disputes: Disputes over returned orders that were ruled on, oldest first; the last word on a duty counts.
    """

    case: CaseFile
    opinion: Mapping[str, Any]
    decision: Decision | None
    orders: Sequence[WorkOrder]
    closed_at: datetime
    disputes: Sequence[SettledDispute] = ()

    @property
    def rejected(self) -> bool:
        """Whether the opinion was rejected, so that nothing of it stands by itself."""
        return self.decision is not None and self.decision.verdict is Verdict.REJECT

    @property
    def changes(self) -> Mapping[str, str]:
        """Duty -> unit code, as people ruled: on the opinion first, on disputes after it."""
        found = dict((self.decision.changes if self.decision else None) or {})
        for dispute in self.disputes:
            found |= dispute.ruling
        return found


def require_settled(case: CaseFile, decision: Decision | None, *, disputes: Sequence[SettledDispute] = ()) -> None:
    """Refuse a case on which nobody ruled.

    Raises:
        Conflict: The case is not evaluated yet, or no officer said who bears the duties.
    """
    if case.stage is not Stage.EVALUATED:
        raise Conflict("案件尚未结案并评价，不能提为先例。", "请在综合评价完成后再提。")
    if disputes:
        return
    if decision is None:
        raise Conflict("该案没有经人员裁定的意见书，不能提为先例。", "先例须有有权人员的裁定。")
    if decision.verdict is Verdict.REJECT and not decision.changes:
        raise Conflict("该案的意见书已被否决，没有可作先例的裁定。", "否决时写明各项责任单位，或待重新裁定后再提。")


def edited(precedent: Precedent, *, title: str | None, facts: str | None, names: Collection[str] = ()) -> Precedent:
    """The draft with a new title or new facts, personal data taken out of them again.

    Args:
        precedent: The draft.
        title: New title; None keeps it.
        facts: New facts; None keeps them.
        names: Names known to stand for people in this matter.

    Raises:
        EmptyText: Nothing is left of the title or of the facts.
        TextTooLong: More than `MAX_TITLE` or `MAX_FACTS` characters.
    """
    found: list[Redaction] = []
    fresh: dict[str, str] = {}
    for name, text, most in (("title", title, MAX_TITLE), ("facts", facts, MAX_FACTS)):
        if text is None:
            continue
        if not text.strip():
            raise EmptyText("先例的标题和事实都不能为空。", "请填写后重试。")
        if len(text) > most:
            raise TextTooLong(f"文字有 {len(text)} 个字，超过上限 {most}。", "请压缩后重试。")
        found.append(redact(text.strip(), names=names))
        fresh[name] = found[-1].text
    if not fresh:
        return precedent
    counts = dict(precedent.redacted)
    for kind, count in total(found).items():
        counts[kind] = counts.get(kind, 0) + count
    return replace(precedent, **fresh, redacted=counts)


def main_bearer(bearers: Sequence[Bearer]) -> Bearer | None:
    """Who bears the main duty: upkeep, else handling, else the first there is."""
    order = {"upkeep": 0, "handling": 1}
    return min(bearers, key=lambda one: (order.get(one.duty, 2), DUTIES.index(one.duty)), default=None)

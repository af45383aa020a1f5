"""Where a statement stands: a draft until a finance officer confirms it; amendments supersede, nothing is edited."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class StatementState(StrEnum):
    """Where a statement stands."""

    DRAFT = "draft"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    SUPERSEDED = "superseded"


STATE_NAMES = {
    StatementState.DRAFT: "待确认",
    StatementState.CONFIRMED: "已确认",
    StatementState.RETURNED: "已退回",
    StatementState.SUPERSEDED: "已被替代",
}
"""As Chinese users read them in messages."""


class StatementVerdict(StrEnum):
    """What a finance officer may say to a draft."""

    CONFIRM = "confirm"
    RETURN = "return"


VERDICT_NAMES = {StatementVerdict.CONFIRM: "确认", StatementVerdict.RETURN: "退回"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDecision:
    """A finance officer's word on a draft; `open_accepted`: that items stay open was seen and accepted."""

    statement_id: str
    verdict: StatementVerdict
    by: str
    at: datetime
    reason: str = ""
    open_accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDraft:
    """What is filed; `supersedes` names the statement that it amends, empty for a first one."""

    id: str
    scheme: str
    parties: tuple[str, ...]
    body: Mapping[str, Any]
    supersedes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledStatement:
    """A statement as filed.

    Attributes:
        line: Id of the first statement of its line; amendments share it.
        number: Place in the line, from 1.
        body: `submission`, `statement`, `citations`, `notes` and, of an amendment, `reason`; never edited.
        parties: Names of all parties.
        supersedes: Id of the statement that it amends, empty for the first.
    """

    id: str
    line: str
    number: int
    state: StatementState
    scheme: str
    parties: tuple[str, ...]
    body: dict[str, Any]
    prepared_by: str
    prepared_at: datetime
    supersedes: str = ""
    decision: StatementDecision | None = None


def statement_id(digest: str, *, supersedes: str = "") -> str:
    """`cs-` and 80 bits of SHA-256 over what was submitted and what it amends: the same again is the same statement."""
    return "cs-" + hashlib.sha256(f"statement\0{supersedes}\0{digest}".encode()).hexdigest()[:20]

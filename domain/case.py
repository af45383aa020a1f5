"""The case file (案卷) and its closed-loop life cycle as a table of legal moves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.errors import IllegalMove


class Stage(StrEnum):
    """Where a case stands in the loop."""

    COLLECTED = "collected"
    REGISTERED = "registered"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    HANDLED = "handled"
    REPORTED = "reported"
    VERIFIED = "verified"
    CLOSED = "closed"
    EVALUATED = "evaluated"
    SUSPENDED = "suspended"
    ESCALATED = "escalated"
    MERGED = "merged"


class Move(StrEnum):
    """What can be done to a case."""

    REGISTER = "register"
    REJECT = "reject"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    RETURN = "return"
    HANDLE = "handle"
    REPORT = "report"
    VERIFY = "verify"
    REWORK = "rework"
    CLOSE = "close"
    EVALUATE = "evaluate"
    SUSPEND = "suspend"
    RESUME = "resume"
    ESCALATE = "escalate"
    MERGE = "merge"
    UNMERGE = "unmerge"


_S, _M = Stage, Move

STAGE_NAMES = {
    _S.COLLECTED: "信息收集",
    _S.REGISTERED: "案卷建立",
    _S.REJECTED: "不予立案",
    _S.DISPATCHED: "任务派遣",
    _S.ACCEPTED: "已接单",
    _S.RETURNED: "已退单",
    _S.HANDLED: "任务处理",
    _S.REPORTED: "处理反馈",
    _S.VERIFIED: "核查",
    _S.CLOSED: "结案",
    _S.EVALUATED: "综合评价",
    _S.SUSPENDED: "挂起",
    _S.ESCALATED: "提请上级",
    _S.MERGED: "已合并",
}
MOVE_NAMES = {
    _M.REGISTER: "立案",
    _M.REJECT: "不予立案",
    _M.DISPATCH: "派遣",
    _M.ACCEPT: "接单",
    _M.RETURN: "退单",
    _M.HANDLE: "处理完毕",
    _M.REPORT: "反馈",
    _M.VERIFY: "核查",
    _M.REWORK: "返工",
    _M.CLOSE: "结案",
    _M.EVALUATE: "评价",
    _M.SUSPEND: "挂起",
    _M.RESUME: "恢复",
    _M.ESCALATE: "提请上级",
    _M.MERGE: "合并",
    _M.UNMERGE: "撤销合并",
}
"""As Chinese users read them in messages."""

LEGAL_MOVES: dict[Stage, dict[Move, Stage | None]] = {
    _S.COLLECTED: {_M.REGISTER: _S.REGISTERED, _M.REJECT: _S.REJECTED, _M.MERGE: _S.MERGED},
    _S.REGISTERED: {
        _M.DISPATCH: _S.DISPATCHED,
        _M.SUSPEND: _S.SUSPENDED,
        _M.ESCALATE: _S.ESCALATED,
        _M.MERGE: _S.MERGED,
        _M.REJECT: _S.REJECTED,
    },
    _S.DISPATCHED: {
        _M.ACCEPT: _S.ACCEPTED,
        _M.RETURN: _S.RETURNED,
        _M.SUSPEND: _S.SUSPENDED,
        _M.ESCALATE: _S.ESCALATED,
    },
    _S.ACCEPTED: {
        _M.HANDLE: _S.HANDLED,
        _M.RETURN: _S.RETURNED,
        _M.SUSPEND: _S.SUSPENDED,
        _M.ESCALATE: _S.ESCALATED,
    },
    _S.RETURNED: {_M.DISPATCH: _S.DISPATCHED, _M.ESCALATE: _S.ESCALATED},
    _S.HANDLED: {_M.REPORT: _S.REPORTED},
    _S.REPORTED: {_M.VERIFY: _S.VERIFIED, _M.REWORK: _S.DISPATCHED},
    _S.VERIFIED: {_M.CLOSE: _S.CLOSED, _M.REWORK: _S.DISPATCHED},
    _S.CLOSED: {_M.EVALUATE: _S.EVALUATED},
    _S.ESCALATED: {_M.DISPATCH: _S.DISPATCHED, _M.SUSPEND: _S.SUSPENDED},
    _S.SUSPENDED: {_M.RESUME: None},
    _S.MERGED: {_M.UNMERGE: None},
    _S.REJECTED: {},
    _S.EVALUATED: {},
}
"""From each stage, the moves it allows and where they lead; None = back to the stage before."""

REASON_REQUIRED = frozenset({_M.REJECT, _M.RETURN, _M.SUSPEND, _M.ESCALATE, _M.REWORK, _M.UNMERGE})
"""Moves that need a reason in words."""


def next_stage(stage: Stage, move: Move, before: Stage | None = None) -> Stage:
    """Where a move leads.

    Args:
        stage: Where the case stands.
        move: What is asked.
        before: Stage before a suspension or merge, needed to go back.

    Raises:
        IllegalMove: If the table has no such move; carries the legal ones.
    """
    legal = LEGAL_MOVES[stage]
    if move not in legal:
        ways = "、".join(f"{MOVE_NAMES[name]}（{name.value}）" for name in legal)
        raise IllegalMove(
            f"案件现处于“{STAGE_NAMES[stage]}”阶段，不能执行“{MOVE_NAMES[move]}”。",
            f"此阶段可执行：{ways or '无（已到终点）'}。",
            legal=[str(name) for name in legal],
        )
    target = legal[move] or before
    if target is None:
        raise IllegalMove("案件没有可恢复的前一阶段。", "请核对案件历史。", legal=[])
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """One case as records hold it.

    Attributes:
        issue: Issue id (`P01`) or empty before recognition.
        class_code, standard_ref: Class in the standard named.
        stage_before: Stage before a suspension or merge.
        master: Case id this one was merged into, else empty.
        previous: Case id of the closed case that recurs here, else empty.
        returns: How many times units returned it.
        version: Counts changes; the ETag of the case.
    """

    id: str
    stage: Stage
    observation: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    issue: str = ""
    class_code: str = ""
    standard_ref: str = ""
    severity: str = ""
    emergency: bool = False
    region: str = ""
    lon: float | None = None
    lat: float | None = None
    stage_before: Stage | None = None
    master: str = ""
    previous: str = ""
    opinion: str = ""
    returns: int = 0
    version: int = 1


class OrderStatus(StrEnum):
    """Where a work order stands."""

    ISSUED = "issued"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    DONE = "done"
    REVOKED = "revoked"


ORDER_NAMES = {
    OrderStatus.ISSUED: "已派单",
    OrderStatus.ACCEPTED: "已接单",
    OrderStatus.RETURNED: "已退单",
    OrderStatus.DONE: "已办结",
    OrderStatus.REVOKED: "已撤回",
}
"""As Chinese users read them in messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """One unit's task in a case (工单); `duty` is one of the four duties."""

    id: str
    case_id: str
    duty: str
    unit: str
    unit_name: str
    status: OrderStatus
    issued_at: datetime
    due_at: datetime | None
    due_source: str = ""
    text: str = ""
    distance_m: float | None = None


class Verdict(StrEnum):
    """What an officer may say to an opinion."""

    APPROVE = "approve"
    AMEND = "amend"
    REJECT = "reject"


VERDICT_NAMES = {Verdict.APPROVE: "批准", Verdict.AMEND: "修改后批准", Verdict.REJECT: "否决"}
"""As Chinese users read them in messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An officer's ruling on an opinion.

    `changes` maps a duty to a unit code: what an amendment changes, or, with a rejection, whom the officer rules to
    bear each duty instead; nothing of a rejected opinion stands beside it.
    """

    opinion_id: str
    verdict: Verdict
    by: str
    at: datetime
    reason: str = ""
    changes: dict[str, str] | None = None


class Settlement(StrEnum):
    """How a dispute was ruled on."""

    NEGOTIATED = "negotiated"
    SUPERIOR = "superior"
    REASSIGNED = "reassigned"


SETTLEMENT_NAMES = {
    Settlement.NEGOTIATED: "协商一致",
    Settlement.SUPERIOR: "共同上级裁定",
    Settlement.REASSIGNED: "坐席改派",
}
"""As Chinese users read them."""

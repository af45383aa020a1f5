"""Expected failures. Each has a stable code and a hint; none knows HTTP.

LianzhiError
├── InvalidInput                what the caller sent cannot be used as it is
│   ├── MalformedJson           the text is not JSON, or not an object
│   ├── UnknownField            a key that the contract does not have
│   ├── EmptyText               nothing was said
│   ├── TextTooLong             more than the limit
│   ├── UnknownCrs              the coordinate system is not declared or not known
│   ├── PointOutsideCity        the point is not in the governed territory
│   ├── FutureDate              an instant that has not come yet
│   ├── UnknownRegion           no region has this code
│   ├── UnknownUnit             no unit has this code
│   ├── UnknownIssue            no issue has this code
│   ├── AmbiguousCode           a class code without the standard that gives it meaning
│   ├── DuplicateId             one id, two contents
│   ├── BadGeodata              boundaries or tables that cannot be imported
│   ├── BadTable                a table of figures that cannot be read as a whole
│   ├── BadScheme               a compensation scheme that cannot be used; carries every fault
│   ├── BadPack                 a scenario pack with a wrong digest or form; carries every fault
│   └── UnreadableDocument      a file that is corrupt, encrypted or forbidden
├── NotFound                    the thing asked for does not exist (or is not the caller's)
│   ├── CaseNotFound
│   ├── OpinionNotFound
│   ├── WorkOrderNotFound
│   ├── PrecedentNotFound
│   ├── DisputeNotFound
│   ├── AlertNotFound
│   ├── StatementNotFound
│   ├── PackNotFound
│   ├── EvaluationNotFound
│   ├── LawNotFound
│   └── ArticleNotFound         carries the nearest existing articles
├── Conflict                    the thing exists, but not in a state that allows this
│   ├── IllegalMove             names the legal moves
│   └── AlreadyDecided          names who decided, what and when
├── Forbidden                   the caller may not do this
├── AuditBroken                 the hash chain does not hold; names the first bad entry
└── Unavailable                 a part that is needed is not there; says how to mend it
    └── StaleIndex              the knowledge base was indexed by another model; it can be indexed anew

`message` and `hint` are Chinese: users read them. The code is for programs.
"""

import errno
from collections.abc import Sequence
from typing import ClassVar


class LianzhiError(Exception):
    """Base of every failure that a caller may expect and handle.

    Attributes:
        message: One Chinese sentence that says what is wrong.
        hint: One Chinese sentence that says what to do; may be empty.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def reason_of(error: OSError) -> str:
    """Why the operating system refused, in Chinese; its own words where the case is rare."""
    return _OS_REASONS.get(error.errno or 0) or error.strerror or str(error)


_OS_REASONS = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.ENOTDIR: "路径中有一级不是文件夹",
    errno.EEXIST: "已经存在",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "磁盘是只读的",
    errno.EIO: "磁盘读写出错",
    errno.ELOOP: "链接绕回了自己",
    errno.ENAMETOOLONG: "名称太长",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}


class InvalidInput(LianzhiError):
    """What the caller sent cannot be used as it is."""

    code: ClassVar[str] = "invalid_input"


class MalformedJson(InvalidInput):
    """The text is not JSON, or not a JSON object."""

    code: ClassVar[str] = "malformed_json"


class UnknownField(InvalidInput):
    """A key that the contract does not have."""

    code: ClassVar[str] = "unknown_field"


class EmptyText(InvalidInput):
    """Nothing was said."""

    code: ClassVar[str] = "empty_text"


class TextTooLong(InvalidInput):
    """The text is longer than the limit."""

    code: ClassVar[str] = "text_too_long"


class UnknownCrs(InvalidInput):
    """The coordinate system is not declared or not known."""

    code: ClassVar[str] = "unknown_crs"


class PointOutsideCity(InvalidInput):
    """The point is not in the governed territory."""

    code: ClassVar[str] = "point_outside_city"


class FutureDate(InvalidInput):
    """An instant that has not come yet."""

    code: ClassVar[str] = "future_date"


class UnknownRegion(InvalidInput):
    """No region has this code."""

    code: ClassVar[str] = "unknown_region"


class UnknownUnit(InvalidInput):
    """No unit has this code."""

    code: ClassVar[str] = "unknown_unit"


class UnknownIssue(InvalidInput):
    """No issue or class has this code."""

    code: ClassVar[str] = "unknown_issue"


class AmbiguousCode(InvalidInput):
    """A class code without the standard that gives it meaning."""

    code: ClassVar[str] = "ambiguous_code"


class DuplicateId(InvalidInput):
    """One id was used for two different contents."""

    code: ClassVar[str] = "duplicate_id"


class BadGeodata(InvalidInput):
    """Boundaries or tables that cannot be imported as they are."""

    code: ClassVar[str] = "bad_geodata"


class UnreadableDocument(InvalidInput):
    """A file that is corrupt, encrypted, forbidden or of an unknown kind."""

    code: ClassVar[str] = "unreadable_document"


class BadTable(InvalidInput):
    """A table of figures that cannot be read as a whole."""

    code: ClassVar[str] = "bad_table"


class BadScheme(InvalidInput):
    """A compensation scheme that cannot be used; `details` are all its faults, in Chinese."""

    code: ClassVar[str] = "bad_scheme"

    def __init__(self, message: str, hint: str = "", *, details: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.details = tuple(details)


class BadPack(InvalidInput):
    """A scenario pack whose digest or form is wrong; `details` are all its faults, in Chinese."""

    code: ClassVar[str] = "bad_pack"

    def __init__(self, message: str, hint: str = "", *, details: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.details = tuple(details)


class NotFound(LianzhiError):
    """The thing asked for does not exist, or is not the caller's to see."""

    code: ClassVar[str] = "not_found"


class CaseNotFound(NotFound):
    """No case has this id."""

    code: ClassVar[str] = "case_not_found"


class OpinionNotFound(NotFound):
    """No opinion has this id."""

    code: ClassVar[str] = "opinion_not_found"


class WorkOrderNotFound(NotFound):
    """No work order has this id."""

    code: ClassVar[str] = "work_order_not_found"


class PrecedentNotFound(NotFound):
    """No precedent has this id."""

    code: ClassVar[str] = "precedent_not_found"


class StatementNotFound(NotFound):
    """No compensation statement has this id."""

    code: ClassVar[str] = "statement_not_found"


class PackNotFound(NotFound):
    """No scenario pack of this name or digest was imported."""

    code: ClassVar[str] = "pack_not_found"


class AlertNotFound(NotFound):
    """No alert has this id."""

    code: ClassVar[str] = "alert_not_found"


class EvaluationNotFound(NotFound):
    """No evaluation has this id."""

    code: ClassVar[str] = "evaluation_not_found"


class DisputeNotFound(NotFound):
    """No dispute has this id."""

    code: ClassVar[str] = "dispute_not_found"


class LawNotFound(NotFound):
    """No law of this name is in the knowledge base."""

    code: ClassVar[str] = "law_not_found"

    def __init__(self, message: str, hint: str = "", *, nearest: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.nearest = tuple(nearest)


class ArticleNotFound(NotFound):
    """The law has no such article; `nearest` are labels of those it has."""

    code: ClassVar[str] = "article_not_found"

    def __init__(self, message: str, hint: str = "", *, nearest: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.nearest = tuple(nearest)


class Conflict(LianzhiError):
    """The thing exists, but not in a state that allows this."""

    code: ClassVar[str] = "conflict"


class IllegalMove(Conflict):
    """The life cycle has no such move from here; `legal` are the moves it has."""

    code: ClassVar[str] = "illegal_move"

    def __init__(self, message: str, hint: str = "", *, legal: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.legal = tuple(legal)


class AlreadyDecided(Conflict):
    """Somebody decided this before; says who (`by`), what and when (`at`, ISO 8601)."""

    code: ClassVar[str] = "already_decided"

    def __init__(self, message: str, hint: str = "", *, by: str, verdict: str, at: str) -> None:
        super().__init__(message, hint)
        self.by = by
        self.verdict = verdict
        self.at = at


class Forbidden(LianzhiError):
    """The caller may not do this."""

    code: ClassVar[str] = "forbidden"


class AuditBroken(LianzhiError):
    """The hash chain does not hold; `seq` is the first bad entry."""

    code: ClassVar[str] = "audit_broken"

    def __init__(self, message: str, hint: str = "", *, seq: int) -> None:
        super().__init__(message, hint)
        self.seq = seq


class Unavailable(LianzhiError):
    """A part that is needed is not there; the hint says how to mend it."""

    code: ClassVar[str] = "unavailable"


class StaleIndex(Unavailable):
    """The vectors of the knowledge base were made by another model, or in another way, than is set now."""

    code: ClassVar[str] = "stale_index"

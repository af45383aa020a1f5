"""What a claim rests on: one article of one version of one law (依据)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Validity(StrEnum):
    """Whether a version of a law holds on a given day."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet_in_force"
    REPEALED = "repealed"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article (条) of one version of a law, as the knowledge base holds it.

    `number` is the plain label: `13`, or `120-1` for 第一百二十条之一. `text` is the official text, or,
    when `digest` is true, our own summary (摘要) of it: never shown as the text. `text_sha256` is the hash
    of the official text in both cases. `status` is the validity on the day asked for.
    """

    law: str
    number: str
    text: str
    digest: bool
    text_sha256: str
    version_date: date | None
    effective_date: date | None
    status: Validity
    status_note: str = ""
    superseded_by: str = ""
    chapter: str = ""
    level: str = ""
    region: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A reference to an article in an argument; `role` says what it supports.

    `role` is one of `handling`, `upkeep`, `supervision`, `enforcement`, `jurisdiction`, `escalation`,
    `procedure`. `version_date` is ISO or empty when the source states none.
    """

    law: str
    article: str
    version_date: str
    status: Validity
    role: str
    digest: bool = False
    text_sha256: str = ""
    rule: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """《法名》第13条, as people write it."""
        head, _, tail = self.article.partition("-")
        return f"《{self.law}》第{head}条" + (f"之{tail}" if tail else "")

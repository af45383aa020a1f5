"""What retrieval gives back."""

from dataclasses import dataclass, field
from datetime import date

from domain.citation import Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage found: an article, a case, a precedent or a section of a paper.

    Attributes:
        id: Stable id (content-addressed).
        kind: `law`, `case` or `doc`; our own tables enter as `case` (precedents) and `doc` (issues, rules).
        law, article: Title without 中华人民共和国 and book marks, and label (`13`, `120-1`); empty when not a law.
        digest: The text is our summary (摘要), not the official text.
        text_sha256: Of the whole article in its official wording, of which this may be a piece or a digest.
        score: Larger is better; comparable within one answer only.
        status_note: What must be said with the status on the day: what amended or replaced it, and what is not held.
    """

    id: str
    kind: str
    text: str
    score: float
    law: str = ""
    article: str = ""
    chapter: str = ""
    title: str = ""
    digest: bool = False
    version_date: date | None = None
    status: Validity = Validity.UNKNOWN
    status_note: str = ""
    region: str = ""
    source: str = ""
    text_sha256: str = ""
    meta: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search gave, best first, and what must be said of laws whose text of the day is not held, in Chinese."""

    passages: tuple[Passage, ...]
    notes: tuple[str, ...] = ()

"""What is set apart instead of indexed: passages that speak to a model, and text that people cannot see.

It is kept in the meta of its document under `quarantine`, whole, until a person has looked and lets it in
(`lianzhi kb quarantine --release`); who did so and when stays with it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.clock import shown
from knowledge.suspicion import REASONS

QUARANTINE = "quarantine"
"""Key of the meta of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenText:
    """Text of a file that its readers do not see: where it stood, how it was hidden, what it says."""

    place: str
    how: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """One text set apart.

    Attributes:
        id: 16 hex digits, a hash over document and text: the same in every run.
        doc_id: The document it belongs to.
        source: The file.
        place: Where in it: article, heading, line, or how it was hidden.
        reasons: Codes of `knowledge.suspicion.REASONS`.
        excerpt: The words that gave the reason.
        text: All of it.
        payloads: Payloads of the passages that would be indexed, as `knowledge.records` writes them.
        released: `{"by", "at"}` once a person let it in; empty before.
    """

    id: str
    doc_id: str
    source: str
    place: str
    reasons: tuple[str, ...]
    excerpt: str
    text: str
    payloads: tuple[Mapping[str, Any], ...] = ()
    released: Mapping[str, str] = field(default_factory=dict)

    def to_meta(self) -> dict[str, Any]:
        """As it is kept in the meta of its document."""
        return self.to_json() | {"payloads": [dict(payload) for payload in self.payloads]}

    def to_json(self) -> dict[str, Any]:
        """For programs, without the payloads."""
        return {
            "id": self.id,
            "doc_id": self.doc_id,
            "source": self.source,
            "place": self.place,
            "reasons": list(self.reasons),
            "excerpt": self.excerpt,
            "text": self.text,
            "released": dict(self.released),
        }

    def line(self) -> str:
        """For people."""
        why = "、".join(REASONS.get(reason, reason) for reason in self.reasons)
        state = f"（{self.released['by']}于 {shown(self.released['at'])} 放行）" if self.released else ""
        return f"{self.id}  {self.source} {self.place}：{why}{state}。“{self.excerpt}”"


def quarantine_id(doc_id: str, text: str) -> str:
    """Id of a text set apart."""
    return hashlib.sha256(f"quarantine\0{doc_id}\0{text}".encode()).hexdigest()[:16]


def quarantined_in(meta: Mapping[str, Any]) -> list[Quarantined]:
    """What a document keeps apart, in its order."""
    return [
        Quarantined(**{**row, "reasons": tuple(row["reasons"]), "payloads": tuple(row["payloads"])})
        for row in meta.get(QUARANTINE, ())
    ]

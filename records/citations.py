"""Which opinions cite an article: found by the canonical text in which opinions are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, or_, select

from records.tables import opinions

MOST = 200
"""Opinions given back at most, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionCitation:
    """One citation of an article in one opinion, as it was made.

    `version_date` is ISO or empty; `text_sha256` the hash of the official text that was cited, or empty.
    """

    opinion_id: str
    case_id: str
    at: datetime
    law: str
    article: str
    version_date: str
    text_sha256: str


def opinions_citing(conn: Connection, laws: Sequence[str], article: str, *, limit: int = MOST) -> list[OpinionCitation]:
    """Opinions that cite an article, newest first, each once.

    Args:
        conn: An open connection.
        laws: Names under which the law may have been cited.
        article: Plain label (`13`, `120-1`).
        limit: At most so many, 1 to `MOST`.
    """
    text = cast(opinions.c.body, Text)
    wanted = [
        text.contains(f'"article":"{article}","digest":{digest},"law":"{law}"', autoescape=True)
        for law in laws
        for digest in ("true", "false")
    ]
    query = select(opinions.c.id, opinions.c.case_id, opinions.c.created_at, opinions.c.body).where(or_(*wanted))
    rows = conn.execute(query.order_by(opinions.c.created_at.desc(), opinions.c.id).limit(min(limit, MOST)))
    found = []
    for row in rows:
        made = next((one for one in row.body.get("citations", ()) if _is(one, laws, article)), None)
        if made is not None:
            found.append(
                OpinionCitation(
                    opinion_id=row.id,
                    case_id=row.case_id,
                    at=row.created_at,
                    law=made["law"],
                    article=made["article"],
                    version_date=made.get("version_date", ""),
                    text_sha256=made.get("text_sha256", ""),
                )
            )
    return found


def _is(citation: dict[str, Any], laws: Sequence[str], article: str) -> bool:
    return citation.get("article") == article and citation.get("law") in laws

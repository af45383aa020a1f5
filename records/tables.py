"""Tables of the record store, the same in SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)

from domain.opinion import canonical


class Instant(TypeDecorator[datetime]):
    """An aware instant; kept in UTC with microseconds in both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite has no zone, so it is dropped there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must be aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class CanonicalJson(TypeDecorator[Any]):
    """A JSON value as canonical text: what is read back is what was written, byte for byte, in both databases.

    PostgreSQL's own JSONB reorders keys, rewrites numbers and refuses an escaped NUL.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002
        """Canonical text; None stays NULL."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002
        """The value again."""
        return None if value is None else json.loads(value)


CODE = String().with_variant(String(collation="C"), "postgresql")
"""Ids and codes: compared byte by byte, so that prefix ranges and order do not depend on a locale."""

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""64-bit row number; SQLite needs the name INTEGER to use its own."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

observations = Table(
    "observations",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("source", CODE, nullable=False),
    Column("external_id", CODE),
    Column("content_sha256", CODE, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("source", "external_id"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("observation_id", ForeignKey("observations.id"), nullable=False, unique=True),
    Column("stage", CODE, nullable=False),
    Column("issue", CODE, nullable=False),
    Column("class_code", CODE, nullable=False),
    Column("standard_ref", CODE, nullable=False),
    Column("severity", CODE, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("region", CODE, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("stage_before", CODE),
    Column("master", ForeignKey("cases.id")),
    Column("previous", ForeignKey("cases.id")),
    Column("opinion", CODE),
    Column("awaiting", Boolean, nullable=False, server_default=false()),
    Column("returns", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "lat", "lon"),
    Index(None, "created_at", "id"),
    Index(None, "stage", "created_at", "id"),
    Index(None, "region", "created_at", "id"),
    Index(None, "issue", "created_at", "id"),
    Index(None, "awaiting", "created_at", "id"),
    Index(None, "master"),
    Index(None, "previous"),
)

case_moves = Table(
    "case_moves",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("move", CODE, nullable=False),
    Column("from_stage", CODE, nullable=False),
    Column("to_stage", CODE, nullable=False),
    Column("actor", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("into", CODE),
    Column("key", CODE),
    UniqueConstraint("case_id", "version"),
    UniqueConstraint("case_id", "key"),
)

opinions = Table(
    "opinions",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("human_required", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index(None, "case_id", "created_at"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("opinion_id", ForeignKey("opinions.id"), primary_key=True),
    Column("verdict", CODE, nullable=False),
    Column("actor", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", CanonicalJson),
)

work_orders = Table(
    "work_orders",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("duty", CODE, nullable=False),
    Column("unit", CODE, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("status", CODE, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("due_source", CODE, nullable=False),
    Column("text", Text, nullable=False),
    Column("distance_m", Float),
    Index(None, "case_id", "issued_at"),
    Index(None, "unit", "status"),
)

order_events = Table(
    "order_events",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("order_id", ForeignKey("work_orders.id"), nullable=False),
    Column("status", CODE, nullable=False),
    Column("actor", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "order_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("key", CODE, nullable=False, unique=True),
    Column("topic", CODE, nullable=False),
    Column("subject", CODE, nullable=False),
    Column("payload", CanonicalJson, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("state", CODE, nullable=False),
    Column("settled_at", Instant),
    Column("error", Text, nullable=False),
    Index(None, "state", "id"),
    CheckConstraint("state IN ('pending', 'done', 'dead')", name="state"),
    sqlite_autoincrement=True,
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", CODE, nullable=False),
    Column("key", CODE, nullable=False),
    Column("subject", CODE, nullable=False),
    Column("content_sha256", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("scope", "key"),
)

intake = Table(
    "intake",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("accepted_at", Instant, nullable=False),
    Column("finished", Boolean, nullable=False),
    Index(None, "finished", "accepted_at", "case_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", SERIAL, primary_key=True, autoincrement=False),
    Column("at", CODE, nullable=False),
    Column("actor", CODE, nullable=False),
    Column("action", CODE, nullable=False),
    Column("subject", CODE, nullable=False),
    Column("detail", Text, nullable=False),
    Column("prev_hash", CODE, nullable=False),
    Column("hash", CODE, nullable=False),
    Index(None, "subject", "seq"),
)
"""Text throughout: the hash covers exactly what is stored."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("count", SERIAL, nullable=False),
    Column("hash", CODE, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

precedents = Table(
    "precedents",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False, unique=True),
    Column("state", CODE, nullable=False),
    Column("issue", CODE, nullable=False),
    Column("region", CODE, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("proposed_by", CODE, nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("edited_by", CODE, nullable=False),
    Column("decided_by", CODE, nullable=False),
    Column("decided_at", Instant),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "proposed_at", "id"),
    Index(None, "state", "proposed_at", "id"),
    CheckConstraint("state IN ('proposed', 'approved', 'rejected', 'withdrawn')", name="state"),
)

compensation_statements = Table(
    "compensation_statements",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("line", CODE, nullable=False),
    Column("number", Integer, nullable=False),
    Column("scheme", CODE, nullable=False),
    Column("parties", CanonicalJson, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("prepared_by", CODE, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    Column("supersedes", CODE),
    Index(None, "prepared_at", "id"),
    UniqueConstraint("line", "number"),
)

compensation_decisions = Table(
    "compensation_decisions",
    metadata,
    Column("statement_id", ForeignKey("compensation_statements.id"), primary_key=True),
    Column("verdict", CODE, nullable=False),
    Column("actor", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("open_accepted", Boolean, nullable=False),
)

packs = Table(
    "packs",
    metadata,
    Column("digest", CODE, primary_key=True),
    Column("name", CODE, nullable=False),
    Column("number", Integer, nullable=False),
    Column("version", CODE, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("imported_by", CODE, nullable=False),
    Column("imported_at", Instant, nullable=False),
    UniqueConstraint("name", "number"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("issue", CODE, nullable=False),
    Column("kind", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("review_on", CODE, nullable=False),
    Column("raised_by", CODE, nullable=False),
    Column("category", CODE, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", CODE, nullable=False),
    Column("decided_at", Instant),
    Column("decided_cases", Integer, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "first_seen", "id"),
    Index(None, "issue", "last_seen"),
    Index(None, "settled"),
    CheckConstraint("state IN ('open', 'acknowledged', 'dismissed', 'closed')", name="state"),
)

alert_regions = Table(
    "alert_regions",
    metadata,
    Column("alert_id", ForeignKey("alerts.id"), nullable=False),
    Column("region", CODE, nullable=False),
    PrimaryKeyConstraint("alert_id", "region"),
    Index(None, "region"),
)

alert_watches = Table(
    "alert_watches",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("as_of", Instant, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", CODE, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Index(None, "at", "id"),
)

APPEND_ONLY = (
    "audit",
    "case_moves",
    "opinions",
    "decisions",
    "order_events",
    "compensation_statements",
    "compensation_decisions",
    "packs",
    "evaluation_reviews",
)
"""History: rows are added, never edited or removed."""

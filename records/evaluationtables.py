"""Tables of evaluations, beside `records.tables`."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text

from records.tables import CODE, CanonicalJson, Instant, metadata

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("region", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("asked", CanonicalJson, nullable=False),
    Column("report", CanonicalJson, nullable=False),
    Column("asked_by", CODE, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Index(None, "asked_at", "id"),
    Index(None, "region", "asked_at", "id"),
    CheckConstraint("state IN ('waiting', 'final')", name="state"),
)

evaluation_reviews = Table(
    "evaluation_reviews",
    metadata,
    Column("evaluation_id", ForeignKey("evaluations.id"), nullable=False),
    Column("finding", CODE, nullable=False),
    Column("verdict", CODE, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", CODE, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("evaluation_id", "finding"),
    CheckConstraint("verdict IN ('confirmed', 'dismissed', 'unclear')", name="verdict"),
)

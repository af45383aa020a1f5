"""Table of disputes over returned orders."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table

from records.tables import CODE, CanonicalJson, Instant, metadata

disputes = Table(
    "disputes",
    metadata,
    Column("id", CODE, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("order_id", ForeignKey("work_orders.id"), nullable=False, unique=True),
    Column("region", CODE, nullable=False),
    Column("state", CODE, nullable=False),
    Column("body", CanonicalJson, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("settled", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "opened_at", "id"),
    Index(None, "case_id", "opened_at"),
    Index(None, "state", "due_at"),
    CheckConstraint("state IN ('consulting', 'escalated', 'ruled', 'withdrawn')", name="state"),
)

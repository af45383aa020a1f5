"""Alerts with their regions, and the watches that raised them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", CODE, nullable=False),
        sa.Column("issue", CODE, nullable=False),
        sa.Column("kind", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.Column("last_seen", INSTANT, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("review_on", CODE, nullable=False),
        sa.Column("raised_by", CODE, nullable=False),
        sa.Column("category", CODE, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("decided_by", CODE, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("decided_cases", sa.Integer, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'dismissed', 'closed')", name="ck_alerts_state"),
    )
    op.create_index("ix_alerts_first_seen_id", "alerts", ["first_seen", "id"])
    op.create_index("ix_alerts_issue_last_seen", "alerts", ["issue", "last_seen"])
    op.create_index("ix_alerts_settled", "alerts", ["settled"])
    op.create_table(
        "alert_regions",
        sa.Column("alert_id", CODE, nullable=False),
        sa.Column("region", CODE, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "region", name="pk_alert_regions"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_regions_alert_id"),
    )
    op.create_index("ix_alert_regions_region", "alert_regions", ["region"])
    op.create_table(
        "alert_watches",
        sa.Column("id", CODE, nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", CODE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_watches"),
    )
    op.create_index("ix_alert_watches_at_id", "alert_watches", ["at", "id"])


def downgrade() -> None:
    """Remove them with what they hold; the audit chain keeps what was done."""
    for table in ("alert_regions", "alert_watches", "alerts"):
        op.drop_table(table)

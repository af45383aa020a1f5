"""Disputes over returned orders: at most one an order."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
STATES = "state IN ('consulting', 'escalated', 'ruled', 'withdrawn')"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "disputes",
        sa.Column("id", CODE, nullable=False),
        sa.Column("case_id", CODE, nullable=False),
        sa.Column("order_id", CODE, nullable=False),
        sa.Column("region", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("settled", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
        sa.UniqueConstraint("order_id", name="uq_disputes_order_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_disputes_case_id"),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name="fk_disputes_order_id"),
        sa.CheckConstraint(STATES, name="ck_disputes_state"),
    )
    op.create_index("ix_disputes_opened_at_id", "disputes", ["opened_at", "id"])
    op.create_index("ix_disputes_case_id_opened_at", "disputes", ["case_id", "opened_at"])
    op.create_index("ix_disputes_state_due_at", "disputes", ["state", "due_at"])


def downgrade() -> None:
    """Remove it with what it holds; the audit chain keeps what was done."""
    op.drop_table("disputes")

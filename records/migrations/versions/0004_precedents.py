"""Precedents: at most one a case, proposed, then approved or rejected, and withdrawn if need be."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "precedents",
        sa.Column("id", CODE, nullable=False),
        sa.Column("case_id", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("issue", CODE, nullable=False),
        sa.Column("region", CODE, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("proposed_by", CODE, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("edited_by", CODE, nullable=False),
        sa.Column("decided_by", CODE, nullable=False),
        sa.Column("decided_at", INSTANT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_precedents"),
        sa.UniqueConstraint("case_id", name="uq_precedents_case_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_precedents_case_id"),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected', 'withdrawn')", name="ck_precedents_state"),
    )
    op.create_index("ix_precedents_proposed_at_id", "precedents", ["proposed_at", "id"])
    op.create_index("ix_precedents_state_proposed_at_id", "precedents", ["state", "proposed_at", "id"])


def downgrade() -> None:
    """Remove it with what it holds; the audit chain keeps what was done."""
    op.drop_table("precedents")

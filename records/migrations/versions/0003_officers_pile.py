"""What waits for an officer's signature, kept with the case: the list that officers open first."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BACKFILL = """
UPDATE cases SET awaiting = :yes WHERE opinion IN (
    SELECT opinions.id FROM opinions LEFT JOIN decisions ON decisions.opinion_id = opinions.id
    WHERE opinions.human_required AND decisions.opinion_id IS NULL
)
"""

INDEXES = {
    "ix_cases_awaiting_created_at_id": ["awaiting", "created_at", "id"],
    "ix_cases_issue_created_at_id": ["issue", "created_at", "id"],
}


def upgrade() -> None:
    """Add the column, filled from opinions and decisions, and the indexes of the lists."""
    op.add_column("cases", sa.Column("awaiting", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(sa.text(BACKFILL).bindparams(yes=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "cases", columns)


def downgrade() -> None:
    """Remove them."""
    for name in INDEXES:
        op.drop_index(name, "cases")
    op.drop_column("cases", "awaiting")

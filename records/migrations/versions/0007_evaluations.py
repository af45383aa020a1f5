"""Evaluations, and people's words on their suspicions: those are added, never edited."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
TABLE = "evaluation_reviews"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "evaluations",
        sa.Column("id", CODE, nullable=False),
        sa.Column("region", CODE, nullable=False),
        sa.Column("state", CODE, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("asked_by", CODE, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
        sa.CheckConstraint("state IN ('waiting', 'final')", name="ck_evaluations_state"),
    )
    op.create_index("ix_evaluations_asked_at_id", "evaluations", ["asked_at", "id"])
    op.create_index("ix_evaluations_region_asked_at_id", "evaluations", ["region", "asked_at", "id"])
    op.create_table(
        "evaluation_reviews",
        sa.Column("evaluation_id", CODE, nullable=False),
        sa.Column("finding", CODE, nullable=False),
        sa.Column("verdict", CODE, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", CODE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("evaluation_id", "finding", name="pk_evaluation_reviews"),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], name="fk_evaluation_reviews_evaluation_id"),
        sa.CheckConstraint("verdict IN ('confirmed', 'dismissed', 'unclear')", name="ck_evaluation_reviews_verdict"),
    )
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Remove them with what they hold; the audit chain keeps what was done."""
    for table in ("evaluation_reviews", "evaluations"):
        op.drop_table(table)


def _triggers() -> list[str]:
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {TABLE}_no_{event} BEFORE {event} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
            for event in ("update", "delete")
        ]
    return [
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {events} ON {TABLE} FOR EACH {unit} EXECUTE FUNCTION refuse_edit()"
        for name, events, unit in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT"))
    ]

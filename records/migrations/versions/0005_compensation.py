"""Compensation statements with their decisions, and imported scenario packs: rows are added, never edited."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
TABLES = ("compensation_statements", "compensation_decisions", "packs")


def upgrade() -> None:
    """Make the tables and the triggers that refuse edits."""
    op.create_table(
        "compensation_statements",
        sa.Column("id", CODE, nullable=False),
        sa.Column("line", CODE, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("scheme", CODE, nullable=False),
        sa.Column("parties", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("prepared_by", CODE, nullable=False),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.Column("supersedes", CODE),
        sa.PrimaryKeyConstraint("id", name="pk_compensation_statements"),
        sa.UniqueConstraint("line", "number", name="uq_compensation_statements_line_number"),
    )
    op.create_index("ix_compensation_statements_prepared_at_id", "compensation_statements", ["prepared_at", "id"])
    op.create_table(
        "compensation_decisions",
        sa.Column("statement_id", CODE, nullable=False),
        sa.Column("verdict", CODE, nullable=False),
        sa.Column("actor", CODE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("open_accepted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name="pk_compensation_decisions"),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["compensation_statements.id"], name="fk_compensation_decisions_statement_id"
        ),
    )
    op.create_table(
        "packs",
        sa.Column("digest", CODE, nullable=False),
        sa.Column("name", CODE, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("version", CODE, nullable=False),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("imported_by", CODE, nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_packs"),
        sa.UniqueConstraint("name", "number", name="uq_packs_name_number"),
    )
    for statement in _triggers():
        op.execute(statement)


def downgrade() -> None:
    """Remove them with what they hold; the audit chain keeps what was done."""
    for table in ("compensation_decisions", "compensation_statements", "packs"):
        op.drop_table(table)


def _triggers() -> list[str]:
    if op.get_bind().dialect.name == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in TABLES
            for event in ("update", "delete")
        ]
    return [
        f"CREATE TRIGGER {table}_{name} BEFORE {events} ON {table} FOR EACH {unit} EXECUTE FUNCTION refuse_edit()"
        for table in TABLES
        for name, events, unit in (
            ("append_only", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        )
    ]

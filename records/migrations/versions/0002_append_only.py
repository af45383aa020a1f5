"""History that the database itself refuses to edit: a second defence behind the hash chain."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("audit", "case_moves", "opinions", "decisions", "order_events")

SQLITE_HEAD = (
    "CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head "
    "BEGIN SELECT RAISE(ABORT, 'audit_head is permanent'); END",
    "CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head WHEN NEW.count <= OLD.count "
    "BEGIN SELECT RAISE(ABORT, 'audit_head only grows'); END",
)

POSTGRES_FUNCTIONS = (
    "CREATE FUNCTION refuse_edit() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$",
    "CREATE FUNCTION refuse_shrink() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN IF TG_OP <> 'UPDATE' OR NEW.count <= OLD.count THEN "
    "RAISE EXCEPTION 'audit_head only grows'; END IF; RETURN NEW; END$$",
    "CREATE TRIGGER audit_head_grows BEFORE UPDATE OR DELETE ON audit_head "
    "FOR EACH ROW EXECUTE FUNCTION refuse_shrink()",
    "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit()",
)


def upgrade() -> None:
    """Add the triggers."""
    for statement in _sqlite() if _is_sqlite() else _postgres():
        op.execute(statement)


def downgrade() -> None:
    """Remove the triggers; the rows stay."""
    if _is_sqlite():
        names = [f"{table}_no_{event}" for table in TABLES for event in ("update", "delete")]
        for name in (*names, "audit_head_no_delete", "audit_head_grows"):
            op.execute(f"DROP TRIGGER {name}")
        return
    for function in ("refuse_edit", "refuse_shrink"):
        op.execute(f"DROP FUNCTION {function}() CASCADE")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in TABLES
        for event in ("update", "delete")
    ] + list(SQLITE_HEAD)


def _postgres() -> list[str]:
    rows = [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_edit()"
        for table in TABLES
    ]
    whole = [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_edit()"
        for table in TABLES
    ]
    return [*POSTGRES_FUNCTIONS, *rows, *whole]

"""The case book: observations, cases and all that happens to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CODE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
INSTANT = sa.DateTime(timezone=True)

TABLES = (
    "audit_head",
    "audit",
    "intake",
    "idempotency_keys",
    "outbox",
    "order_events",
    "work_orders",
    "decisions",
    "opinions",
    "case_moves",
    "cases",
    "observations",
)
"""In the order in which they can be dropped."""


def upgrade() -> None:
    """Make the tables; the chain begins empty."""
    _cases()
    _opinions()
    _orders()
    _intake()
    _audit()


def downgrade() -> None:
    """Drop everything."""
    for name in TABLES:
        op.drop_table(name)


def _code(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, CODE, nullable=null)


def _ref(name: str, target: str, table: str, *, null: bool = False) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint([name], [target], name=f"fk_{table}_{name}")
    return _code(name, null=null), constraint


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _cases() -> None:
    op.create_table(
        "observations",
        _code("id"),
        _code("source"),
        _code("external_id", null=True),
        _code("content_sha256"),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        _key("observations", "id"),
        _unique("observations", "source", "external_id"),
    )
    op.create_table(
        "cases",
        _code("id"),
        *_ref("observation_id", "observations.id", "cases"),
        *(_code(name) for name in ("stage", "issue", "class_code", "standard_ref", "severity")),
        sa.Column("emergency", sa.Boolean, nullable=False),
        _code("region"),
        sa.Column("lon", sa.Float),
        sa.Column("lat", sa.Float),
        _code("stage_before", null=True),
        *_ref("master", "cases.id", "cases", null=True),
        *_ref("previous", "cases.id", "cases", null=True),
        _code("opinion", null=True),
        sa.Column("returns", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        _key("cases", "id"),
        _unique("cases", "observation_id"),
    )
    _index("cases", "lat", "lon")
    _index("cases", "created_at", "id")
    _index("cases", "stage", "created_at", "id")
    _index("cases", "region", "created_at", "id")
    _index("cases", "master")
    _index("cases", "previous")
    op.create_table(
        "case_moves",
        sa.Column("id", SERIAL, nullable=False),
        *_ref("case_id", "cases.id", "case_moves"),
        sa.Column("version", sa.Integer, nullable=False),
        *(_code(name) for name in ("move", "from_stage", "to_stage", "actor")),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _code("into", null=True),
        _code("key", null=True),
        _key("case_moves", "id"),
        _unique("case_moves", "case_id", "version"),
        _unique("case_moves", "case_id", "key"),
    )


def _opinions() -> None:
    op.create_table(
        "opinions",
        _code("id"),
        *_ref("case_id", "cases.id", "opinions"),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("human_required", sa.Boolean, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        _key("opinions", "id"),
    )
    _index("opinions", "case_id", "created_at")
    op.create_table(
        "decisions",
        *_ref("opinion_id", "opinions.id", "decisions"),
        _code("verdict"),
        _code("actor"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changes", sa.Text),
        _key("decisions", "opinion_id"),
    )


def _orders() -> None:
    op.create_table(
        "work_orders",
        _code("id"),
        *_ref("case_id", "cases.id", "work_orders"),
        _code("duty"),
        _code("unit"),
        sa.Column("unit_name", sa.Text, nullable=False),
        _code("status"),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
        _code("due_source"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("distance_m", sa.Float),
        _key("work_orders", "id"),
    )
    _index("work_orders", "case_id", "issued_at")
    _index("work_orders", "unit", "status")
    op.create_table(
        "order_events",
        sa.Column("id", SERIAL, nullable=False),
        *_ref("order_id", "work_orders.id", "order_events"),
        _code("status"),
        _code("actor"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _key("order_events", "id"),
    )
    _index("order_events", "order_id")
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, nullable=False, primary_key=True, autoincrement=True),
        *(_code(name) for name in ("key", "topic", "subject")),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        _code("state"),
        sa.Column("settled_at", INSTANT),
        sa.Column("error", sa.Text, nullable=False),
        _unique("outbox", "key"),
        sa.CheckConstraint("state IN ('pending', 'done', 'dead')", name="ck_outbox_state"),
        sqlite_autoincrement=True,
    )
    _index("outbox", "state", "id")


def _intake() -> None:
    op.create_table(
        "idempotency_keys",
        *(_code(name) for name in ("scope", "key", "subject", "content_sha256")),
        sa.Column("at", INSTANT, nullable=False),
        _key("idempotency_keys", "scope", "key"),
    )
    op.create_table(
        "intake",
        *_ref("case_id", "cases.id", "intake"),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
        _key("intake", "case_id"),
    )
    _index("intake", "finished", "accepted_at", "case_id")


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, nullable=False, autoincrement=False),
        *(_code(name) for name in ("at", "actor", "action", "subject")),
        sa.Column("detail", sa.Text, nullable=False),
        _code("prev_hash"),
        _code("hash"),
        _key("audit", "seq"),
    )
    _index("audit", "subject", "seq")
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("count", SERIAL, nullable=False),
        _code("hash"),
        _key("audit_head", "id"),
        sa.CheckConstraint("id = 1", name="ck_audit_head_single"),
    )
    op.bulk_insert(head, [{"id": 1, "count": 0, "hash": "0" * 64}])

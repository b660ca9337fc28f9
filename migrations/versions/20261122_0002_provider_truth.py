"""refunds, cardholder disputes, the nightly comparison"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = portal.core.db.Instant()


def upgrade() -> None:
    with op.batch_alter_table("method_accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("events_until", _INSTANT, nullable=True))
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("arrived_at", _INSTANT, nullable=True))
        batch_op.create_index("ix_payment_attempts_payment", ["creditor_id", "provider_payment_id"], unique=False)
    _refunds()
    _card_disputes()
    _balance_checks()


def _refunds() -> None:
    op.create_table(
        "refunds",
        *_of_debtor(),
        sa.Column("attempt_id", _ID, nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("source_kind", sa.String(length=30), nullable=True),
        sa.Column("source_id", _ID, nullable=True),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", _INSTANT, nullable=True),
        sa.Column("idempotency_key", sa.String(length=60), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.Column("why", sa.String(length=300), nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        *_stateful(),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint("requested_by <> decided_by", name=op.f("ck_refunds_four_eyes")),
        *_keys("refunds", "provider_id"),
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index("ix_refunds_attempt", ["creditor_id", "attempt_id"], unique=False)
        batch_op.create_index("ix_refunds_status", ["creditor_id", "status", "status_at"], unique=False)


def _card_disputes() -> None:
    op.create_table(
        "card_disputes",
        *_of_debtor(),
        sa.Column("attempt_id", _ID, nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("refundable", sa.Boolean(), nullable=False),
        sa.Column("movements", _ID, nullable=False),
        sa.Column("answer_by", _INSTANT, nullable=True),
        sa.Column("opened_at", _INSTANT, nullable=False),
        *_stateful(),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_card_disputes_amount_positive")),
        *_keys("card_disputes", "provider_id"),
    )
    with op.batch_alter_table("card_disputes", schema=None) as batch_op:
        batch_op.create_index("ix_card_disputes_attempt", ["creditor_id", "attempt_id"], unique=False)


def _balance_checks() -> None:
    table, place = "balance_checks", ("method", "account", "day", "currency")
    op.create_table(
        table,
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("provider_minor", _ID, nullable=False),
        sa.Column("ledger_minor", _ID, nullable=False),
        sa.Column("difference_minor", _ID, nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("checked_at", _INSTANT, nullable=False),
        sa.Column("told_at", _INSTANT, nullable=True),
        *_stateful(),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f(f"fk_{table}_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f(f"uq_{table}_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", *place, name=op.f(f"uq_{table}_creditor_id_{'_'.join(place)}")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_index("ix_balance_checks_status", ["creditor_id", "status", "day"], unique=False)


def _of_debtor() -> list[sa.Column]:
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
    ]


def _stateful() -> list[sa.Column]:
    return [
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _INSTANT, nullable=False),
        sa.Column("version", _ID, nullable=False),
    ]


def _keys(table: str, unique: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["creditor_id", "attempt_id"],
            ["payment_attempts.creditor_id", "payment_attempts.id"],
            name=op.f(f"fk_{table}_creditor_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f(f"fk_{table}_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f(f"uq_{table}_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", unique, name=op.f(f"uq_{table}_creditor_id_{unique}")),
    ]


def downgrade() -> None:
    op.drop_table("balance_checks")
    op.drop_table("card_disputes")
    op.drop_table("refunds")
    with op.batch_alter_table("payment_attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_attempts_payment")
        batch_op.drop_column("arrived_at")
    with op.batch_alter_table("method_accounts", schema=None) as batch_op:
        batch_op.drop_column("events_until")

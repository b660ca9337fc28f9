"""credit by what brought it: every posting names its origin, every origin's free credit is kept"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Whose money the lines moved that are there already. A line of its own fact is its own origin; the others name what
# they follow: a refund its payment, a return its transfer, what used an overpayment that overpayment's source.
_FOLLOWS = (
    ("refund", "payment_attempt", "refunds", "attempt_id"),
    ("refund_undone", "payment_attempt", "refunds", "attempt_id"),
    ("card_dispute_lost", "payment_attempt", "card_disputes", "attempt_id"),
    ("bank_return", "bank_movement", "bank_movements", "returns_id"),
)


def upgrade() -> None:
    op.create_table(
        "credits",
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("origin_kind", sa.String(length=30), nullable=False),
        sa.Column("origin_id", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("free_minor", _ID, nullable=False),
        sa.CheckConstraint("free_minor >= 0", name=op.f("ck_credits_free_not_negative")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_credits_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
        sa.UniqueConstraint(
            "creditor_id", "origin_kind", "origin_id", name=op.f("uq_credits_creditor_id_origin_kind_origin_id")
        ),
    )
    with op.batch_alter_table("credits", schema=None) as batch_op:
        batch_op.create_index("ix_credits_debtor", ["creditor_id", "debtor_id"], unique=False)
    with op.batch_alter_table("ledger_transfers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("origin_kind", sa.String(length=30), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("origin_id", _ID, nullable=False, server_default="0"))
        batch_op.create_index("ix_ledger_transfers_origin", ["creditor_id", "origin_id"], unique=False)
    _name_origins()
    _keep_credits()


def _name_origins() -> None:
    op.execute("UPDATE ledger_transfers SET origin_kind = source_kind, origin_id = source_id")
    op.execute("UPDATE ledger_transfers SET origin_kind = 'credit_note' WHERE source_kind = 'late_credit'")
    op.execute("UPDATE ledger_transfers SET origin_kind = 'payment_attempt' WHERE source_kind = 'payment_bounced'")
    for source, origin, table, column in _FOLLOWS:
        named = f"SELECT f.{column} FROM {table} f WHERE f.id = ledger_transfers.source_id AND f.{column} IS NOT NULL"
        op.execute(
            f"UPDATE ledger_transfers SET origin_kind = '{origin}', origin_id = ({named})"
            f" WHERE source_kind = '{source}' AND EXISTS ({named})"
        )
    named = "FROM overpayments f WHERE f.id = ledger_transfers.source_id"
    op.execute(
        f"UPDATE ledger_transfers SET origin_kind = (SELECT f.source_kind {named}),"
        f" origin_id = (SELECT f.source_id {named})"
        f" WHERE source_kind IN ('overpayment', 'overpayment_returned') AND EXISTS (SELECT 1 {named})"
    )


def _keep_credits() -> None:
    """The fold of what is there. Where credit was used that was not there, nought is kept: `audit verify` names it."""
    signed = "CASE WHEN credit = 'unallocated' THEN amount_minor ELSE -amount_minor END"
    op.execute(
        "INSERT INTO credits (id, creditor_id, debtor_id, origin_kind, origin_id, currency, free_minor)"
        " SELECT min(id), creditor_id, min(debtor_id), origin_kind, origin_id, min(currency),"
        f" CASE WHEN sum({signed}) > 0 THEN sum({signed}) ELSE 0 END"
        " FROM ledger_transfers WHERE credit = 'unallocated' OR debit = 'unallocated'"
        " GROUP BY creditor_id, origin_kind, origin_id"
    )


def downgrade() -> None:
    with op.batch_alter_table("ledger_transfers", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_transfers_origin")
        batch_op.drop_column("origin_id")
        batch_op.drop_column("origin_kind")
    op.drop_table("credits")

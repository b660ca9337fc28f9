"""overpayments and partial payments"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        batch_op.add_column(sa.Column("partial_payments", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("least_partial_minor", _ID, nullable=False, server_default="1000"))
        batch_op.add_column(sa.Column("overpayments_kept", sa.Boolean(), nullable=False, server_default=sa.false()))

    op.create_table(
        "overpayments",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("source_kind", sa.String(length=30), nullable=False),
        sa.Column("source_id", _ID, nullable=False),
        sa.Column("came_by", sa.String(length=20), nullable=False),
        sa.Column("attempt_id", _ID, nullable=True),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("used_minor", _ID, nullable=False),
        sa.Column("gone_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("wish", sa.String(length=10), nullable=True),
        sa.Column("wished_at", portal.core.db.Instant(), nullable=True),
        sa.Column("refund_due_on", sa.Date(), nullable=False),
        sa.Column("refund_id", _ID, nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("asked_by", sa.String(length=40), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.Column("why", sa.String(length=200), nullable=True),
        sa.Column("opened_at", portal.core.db.Instant(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", portal.core.db.Instant(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_overpayments_amount_positive")),
        sa.CheckConstraint(
            "used_minor >= 0 AND gone_minor >= 0 AND used_minor + gone_minor <= amount_minor",
            name=op.f("ck_overpayments_used_within"),
        ),
        sa.CheckConstraint("asked_by <> settled_by", name=op.f("ck_overpayments_four_eyes")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_overpayments_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_overpayments_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "attempt_id"],
            ["payment_attempts.creditor_id", "payment_attempts.id"],
            name=op.f("fk_overpayments_creditor_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_overpayments_creditor_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overpayments")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_overpayments_creditor_id_id")),
        sa.UniqueConstraint(
            "creditor_id",
            "source_kind",
            "source_id",
            name=op.f("uq_overpayments_creditor_id_source_kind_source_id"),
        ),
    )
    with op.batch_alter_table("overpayments", schema=None) as batch_op:
        batch_op.create_index("ix_overpayments_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_overpayments_status", ["creditor_id", "status", "refund_due_on"], unique=False)


def downgrade() -> None:
    op.drop_table("overpayments")
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        batch_op.drop_column("overpayments_kept")
        batch_op.drop_column("least_partial_minor")
        batch_op.drop_column("partial_payments")

"""keys for the creditor's systems, the body of an answer that is given again, what their system calls an invoice"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0070"
down_revision = "0100"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("permissions", sa.String(length=400), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("old_hash", sa.String(length=64), nullable=True),
        sa.Column("old_until", portal.core.db.Instant(), nullable=True),
        sa.Column("made_at", portal.core.db.Instant(), nullable=False),
        sa.Column("last_used_at", portal.core.db.Instant(), nullable=True),
        sa.Column("revoked_at", portal.core.db.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_api_keys_creditor_id_id"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_api_keys_creditor_id"),
    )
    op.create_table(
        "elsewhere_payments",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("told_at", portal.core.db.Instant(), nullable=False),
        sa.Column("taken_back_at", portal.core.db.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_elsewhere_payments"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_elsewhere_payments_creditor_id_id"),
        sa.UniqueConstraint("creditor_id", "external_id", name="uq_elsewhere_payments_creditor_id_external_id"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_elsewhere_payments_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"],
            name="fk_elsewhere_payments_creditor_id_invoice_id",
        ),
        sa.CheckConstraint("amount_minor > 0", name="ck_elsewhere_payments_amount_positive"),
    )  # fmt: skip
    op.create_index("ix_elsewhere_payments_invoice", "elsewhere_payments", ["creditor_id", "invoice_id"])
    op.add_column("commands", sa.Column("sealed_body", sa.Text(), nullable=True))
    op.add_column("invoices", sa.Column("external_id", sa.String(length=80), nullable=True))
    op.create_index("uq_invoices_external_id", "invoices", ["creditor_id", "external_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_invoices_external_id", "invoices")
    op.drop_column("invoices", "external_id")
    op.drop_column("commands", "sealed_body")
    op.drop_table("elsewhere_payments")
    op.drop_table("api_keys")

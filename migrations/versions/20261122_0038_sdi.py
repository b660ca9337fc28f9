"""what the exchange system said of each invoice"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def _owned(table: str) -> list[sa.Constraint]:
    """What both tables have: whose rows these are."""
    return [
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=f"fk_{table}_creditor_id_debtor_id",
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=f"fk_{table}_creditor_id_invoice_id",
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def upgrade() -> None:
    op.create_table(
        "sdi_messages",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("sdi_id", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("message_id", sa.String(length=60), nullable=True),
        sa.Column("said_at", _AT, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("tells_office", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("taken_at", _AT, nullable=False),
        *_owned("sdi_messages"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_sdi_messages_creditor_id_id"),
        sa.UniqueConstraint(
            "creditor_id", "invoice_id", "fingerprint", name="uq_sdi_messages_creditor_id_invoice_id_fingerprint"
        ),
    )
    op.create_index("ix_sdi_messages_debtor", "sdi_messages", ["creditor_id", "debtor_id"])
    op.create_index("ix_sdi_messages_sdi_id", "sdi_messages", ["creditor_id", "sdi_id"])
    op.create_table(
        "sdi_files",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("stem", sa.String(length=200), nullable=False),
        sa.Column("came_at", _AT, nullable=False),
        *_owned("sdi_files"),
        sa.UniqueConstraint("creditor_id", "invoice_id", "stem", name="uq_sdi_files_creditor_id_invoice_id_stem"),
    )
    op.create_index("ix_sdi_files_debtor", "sdi_files", ["creditor_id", "debtor_id"])
    op.create_index("ix_sdi_files_stem", "sdi_files", ["creditor_id", "stem"])
    with op.batch_alter_table("receipts") as table:
        table.alter_column("answer_id", existing_type=_ID, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM receipts WHERE answer_id IS NULL")
    with op.batch_alter_table("receipts") as table:
        table.alter_column("answer_id", existing_type=_ID, nullable=False)
    op.drop_table("sdi_files")
    op.drop_table("sdi_messages")

"""a creditor's mailbox as a source, and what became of each mail in it"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", _ID, nullable=False),
        sa.Column("user", sa.String(length=254), nullable=False),
        sa.Column("sealed_password", sa.String(length=700), nullable=False),
        sa.Column("folder", sa.String(length=100), nullable=False),
        sa.Column("senders", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", portal.core.db.Instant(), nullable=False),
        sa.Column("stopped_why", sa.String(length=20), nullable=True),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("read_at", portal.core.db.Instant(), nullable=True),
        sa.Column("trouble", sa.String(length=20), nullable=True),
        sa.Column("trouble_since", portal.core.db.Instant(), nullable=True),
        sa.Column("version", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mailboxes"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_mailboxes_creditor_id_id"),
        sa.UniqueConstraint("creditor_id", name="uq_mailboxes_creditor_id"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_mailboxes_creditor_id"),
    )
    op.create_table(
        "mailbox_mails",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("mailbox_id", _ID, nullable=False),
        sa.Column("at", portal.core.db.Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("batch_id", _ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_mails"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "mailbox_id"], ["mailboxes.creditor_id", "mailboxes.id"],
            name="fk_mailbox_mails_creditor_id_mailbox_id",
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "batch_id"], ["import_batches.creditor_id", "import_batches.id"],
            name="fk_mailbox_mails_creditor_id_batch_id",
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_mailbox_mails_creditor_id"),
    )  # fmt: skip
    op.create_index("ix_mailbox_mails_mailbox", "mailbox_mails", ["creditor_id", "mailbox_id", "id"])


def downgrade() -> None:
    op.drop_table("mailbox_mails")
    op.drop_table("mailboxes")

"""letters for the post, their batches, and how many working days the post takes"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
        sa.UniqueConstraint("creditor_id", "id", name=f"uq_{table}_creditor_id_id"),
    ]


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["creditor_id", column], [f"{other}.creditor_id", f"{other}.id"], name=f"fk_{table}_creditor_id_{column}"
    )


def upgrade() -> None:
    op.create_table(
        "letter_batches",
        *_owned("letter_batches"),
        _id("letters"),
        _id("held_back"),
        sa.Column("made_at", _AT, nullable=False),
        _id("made_by", nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        _id("version"),
    )
    op.create_table(
        "letters",
        *_owned("letters"),
        _id("debtor_id"),
        _id("message_id"),
        _id("invoice_id"),
        _id("batch_id", nullable=True),
        _id("qr_link_id", nullable=True),
        _id("typed_link_id", nullable=True),
        sa.Column("printed_at", _AT, nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("arrives_on", sa.Date(), nullable=True),
        sa.Column("arrived_at", _AT, nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _id("version"),
        sa.UniqueConstraint("creditor_id", "message_id", name="uq_letters_creditor_id_message_id"),
        _of("letters", "debtor_id", "debtors"),
        _of("letters", "message_id", "messages"),
        _of("letters", "invoice_id", "invoices"),
        _of("letters", "batch_id", "letter_batches"),
    )
    op.create_index("ix_letters_status", "letters", ["creditor_id", "status", "id"])
    op.create_index("ix_letters_batch", "letters", ["creditor_id", "batch_id"])
    with op.batch_alter_table("creditors") as table:
        table.add_column(sa.Column("post_days", _ID, nullable=False, server_default="3"))
    with op.batch_alter_table("creditors") as table:
        table.alter_column("post_days", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("creditors") as table:
        table.drop_column("post_days")
    op.drop_table("letters")
    op.drop_table("letter_batches")

"""bank statements and their movements"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = portal.core.db.Instant()


def upgrade() -> None:
    _statement_batches()
    _bank_statements()
    _payer_accounts()
    _statement_remarks()
    _bank_movements()
    _receivables()


def _statement_batches() -> None:
    op.create_table(
        "statement_batches",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _INSTANT, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("read", _ID, nullable=False),
        sa.Column("new", _ID, nullable=False),
        sa.Column("known", _ID, nullable=False),
        sa.Column("booked", _ID, nullable=False),
        sa.Column("waiting", _ID, nullable=False),
        sa.Column("refused", _ID, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_statement_batches_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_batches")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_statement_batches_creditor_id_id")),
    )


def _bank_statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("number", sa.String(length=70), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("opening_minor", _ID, nullable=True),
        sa.Column("closing_minor", _ID, nullable=True),
        sa.Column("adds_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id", "batch_id"],
            ["statement_batches.creditor_id", "statement_batches.id"],
            name=op.f("fk_bank_statements_creditor_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_bank_statements_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_bank_statements_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", "key", name=op.f("uq_bank_statements_creditor_id_key")),
    )
    with op.batch_alter_table("bank_statements", schema=None) as batch_op:
        batch_op.create_index("ix_bank_statements_made", ["creditor_id", "made_on", "id"], unique=False)


def _payer_accounts() -> None:
    op.create_table(
        "payer_accounts",
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("iban", sa.String(length=34), nullable=False),
        sa.Column("times", _ID, nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_payer_accounts_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_payer_accounts_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer_accounts")),
        sa.UniqueConstraint(
            "creditor_id", "iban", "debtor_id", name=op.f("uq_payer_accounts_creditor_id_iban_debtor_id")
        ),
    )


def _statement_remarks() -> None:
    op.create_table(
        "statement_remarks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("position", _ID, nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("where", sa.String(length=300), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("msgid", sa.String(length=500), nullable=False),
        sa.Column("args", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["creditor_id", "batch_id"],
            ["statement_batches.creditor_id", "statement_batches.id"],
            name=op.f("fk_statement_remarks_creditor_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_statement_remarks_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_remarks")),
        sa.UniqueConstraint(
            "creditor_id", "batch_id", "position", name=op.f("uq_statement_remarks_creditor_id_batch_id_position")
        ),
    )


def _bank_movements() -> None:
    op.create_table(
        "bank_movements",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("statement_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("end_to_end_id", sa.String(length=70), nullable=True),
        sa.Column("creditor_reference", sa.String(length=140), nullable=True),
        sa.Column("text", sa.String(length=1000), nullable=True),
        sa.Column("counterparty_name", sa.String(length=140), nullable=True),
        sa.Column("counterparty_iban", sa.String(length=34), nullable=True),
        sa.Column("entry_key", sa.String(length=32), nullable=True),
        sa.Column("part", _ID, nullable=True),
        sa.Column("bank_key", sa.String(length=32), nullable=True),
        sa.Column("content", sa.String(length=32), nullable=False),
        sa.Column("occurrence", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=True),
        sa.Column("returns_id", _ID, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("why", sa.String(length=30), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _INSTANT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_bank_movements_amount_not_nought")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "batch_id"],
            ["statement_batches.creditor_id", "statement_batches.id"],
            name=op.f("fk_bank_movements_creditor_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_bank_movements_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "returns_id"],
            ["bank_movements.creditor_id", "bank_movements.id"],
            name=op.f("fk_bank_movements_creditor_id_returns_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "statement_id"],
            ["bank_statements.creditor_id", "bank_statements.id"],
            name=op.f("fk_bank_movements_creditor_id_statement_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_bank_movements_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_movements")),
        sa.UniqueConstraint("creditor_id", "bank_key", name=op.f("uq_bank_movements_creditor_id_bank_key")),
        sa.UniqueConstraint(
            "creditor_id", "content", "occurrence", name=op.f("uq_bank_movements_creditor_id_content_occurrence")
        ),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_bank_movements_creditor_id_id")),
    )
    with op.batch_alter_table("bank_movements", schema=None) as batch_op:
        batch_op.create_index("ix_bank_movements_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_bank_movements_end_to_end", ["creditor_id", "end_to_end_id"], unique=False)
        batch_op.create_index("ix_bank_movements_entry", ["creditor_id", "entry_key"], unique=False)
        batch_op.create_index(
            "ix_bank_movements_other", ["creditor_id", "counterparty_iban", "amount_minor"], unique=False
        )
        batch_op.create_index("ix_bank_movements_statement", ["creditor_id", "statement_id", "id"], unique=False)
        batch_op.create_index("ix_bank_movements_status", ["creditor_id", "status", "id"], unique=False)
        batch_op.create_index("ix_bank_movements_why", ["creditor_id", "why", "status"], unique=False)


def _receivables() -> None:
    with op.batch_alter_table("receivables", schema=None) as batch_op:
        batch_op.create_index("ix_receivables_amount", ["creditor_id", "open_minor"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("receivables", schema=None) as batch_op:
        batch_op.drop_index("ix_receivables_amount")
    op.drop_table("bank_movements")
    op.drop_table("statement_remarks")
    op.drop_table("payer_accounts")
    op.drop_table("bank_statements")
    op.drop_table("statement_batches")

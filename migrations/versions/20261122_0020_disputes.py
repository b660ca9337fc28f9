"""disputes with their lines, files of cases and the creditor's own reasons; holds as far as disputed; credits ahead"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amount_minor", _ID, nullable=True))
        batch_op.create_check_constraint(op.f("ck_holds_amount_positive"), "amount_minor > 0")
    op.create_table(
        "credits_ahead",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("dispute_id", _ID, nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("covered_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("booked_at", _AT, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credits_ahead_amount_positive")),
        sa.CheckConstraint(
            "covered_minor >= 0 AND covered_minor <= amount_minor", name=op.f("ck_credits_ahead_covered_within")
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_credits_ahead_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_credits_ahead_creditor_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits_ahead")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_credits_ahead_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", "dispute_id", name=op.f("uq_credits_ahead_creditor_id_dispute_id")),
    )
    with op.batch_alter_table("credits_ahead", schema=None) as batch_op:
        batch_op.create_index("ix_credits_ahead_invoice", ["creditor_id", "invoice_id"], unique=False)
    _covers()
    op.create_table(
        "dispute_reasons",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=True),
        sa.Column("desk", sa.String(length=30), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("category IN ('technical', 'administrative')", name=op.f("ck_dispute_reasons_category")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_dispute_reasons_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_reasons")),
        sa.UniqueConstraint("creditor_id", "key", name=op.f("uq_dispute_reasons_creditor_id_key")),
    )
    op.create_table(
        "disputes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("visit_id", _ID, nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("raised_at", _AT, nullable=False),
        sa.Column("closed_at", _AT, nullable=True),
        sa.Column("reopened_at", _AT, nullable=True),
        sa.Column("upheld_minor", _ID, nullable=True),
        sa.Column("credit", sa.String(length=10), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("closed_by", _ID, nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("about IN ('whole', 'amount', 'lines')", name=op.f("ck_disputes_about")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount_positive")),
        sa.CheckConstraint(
            "upheld_minor > 0 AND upheld_minor <= amount_minor", name=op.f("ck_disputes_upheld_within")
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_disputes_creditor_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name=op.f("fk_disputes_closed_by")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_disputes_creditor_id_invoice_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "visit_id"],
            ["visits.creditor_id", "visits.id"],
            name=op.f("fk_disputes_creditor_id_visit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_disputes_creditor_id_id")),
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index("ix_disputes_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_disputes_invoice", ["creditor_id", "invoice_id", "id"], unique=False)
        batch_op.create_index(
            "uq_disputes_open",
            ["creditor_id", "invoice_id"],
            unique=True,
            sqlite_where=sa.text("status IN ('open', 'info_requested')"),
            postgresql_where=sa.text("status IN ('open', 'info_requested')"),
        )
    op.create_table(
        "dispute_lines",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("dispute_id", _ID, nullable=False),
        sa.Column("number", _ID, nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_dispute_lines_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "dispute_id"],
            ["disputes.creditor_id", "disputes.id"],
            name=op.f("fk_dispute_lines_creditor_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_lines")),
        sa.UniqueConstraint(
            "creditor_id", "dispute_id", "number", name=op.f("uq_dispute_lines_creditor_id_dispute_id_number")
        ),
    )
    op.create_table(
        "case_files",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("visit_id", _ID, nullable=False),
        sa.Column("file_id", _ID, nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("bytes", _ID, nullable=False),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        sa.Column("added_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_case_files_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "case_id"],
            ["cases.creditor_id", "cases.id"],
            name=op.f("fk_case_files_creditor_id_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "file_id"],
            ["stored_files.creditor_id", "stored_files.id"],
            name=op.f("fk_case_files_creditor_id_file_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_files")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_case_files_creditor_id_id")),
    )
    with op.batch_alter_table("case_files", schema=None) as batch_op:
        batch_op.create_index("ix_case_files_case", ["creditor_id", "case_id", "id"], unique=False)


def _covers() -> None:
    op.create_table(
        "credit_covers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("ahead_id", _ID, nullable=False),
        sa.Column("note_id", _ID, nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("covered_at", _AT, nullable=False),
        sa.Column("undone_at", _AT, nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_credit_covers_amount_positive")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_credit_covers_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "ahead_id"],
            ["credits_ahead.creditor_id", "credits_ahead.id"],
            name=op.f("fk_credit_covers_creditor_id_ahead_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "note_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_credit_covers_creditor_id_note_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_covers")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_credit_covers_creditor_id_id")),
    )
    with op.batch_alter_table("credit_covers", schema=None) as batch_op:
        batch_op.create_index("ix_credit_covers_ahead", ["creditor_id", "ahead_id"], unique=False)
        batch_op.create_index("ix_credit_covers_note", ["creditor_id", "note_id"], unique=False)


def downgrade() -> None:
    op.drop_table("credit_covers")
    for table in ("case_files", "dispute_lines", "disputes", "dispute_reasons", "credits_ahead"):
        op.drop_table(table)
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_holds_amount_positive"), type_="check")
        batch_op.drop_column("amount_minor")

"""the paper of each month, and who wants to hear of it"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "month_papers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_month_papers"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_month_papers_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "file_id"], ["stored_files.creditor_id", "stored_files.id"],
            name="fk_month_papers_creditor_id_file_id",
        ),
        sa.UniqueConstraint("creditor_id", "id", name="uq_month_papers_creditor_id_id"),
        sa.UniqueConstraint("creditor_id", "month", name="uq_month_papers_creditor_id_month"),
    )  # fmt: skip
    op.create_table(
        "month_readers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_month_readers"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_month_readers_creditor_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_month_readers_staff_id"),
        sa.UniqueConstraint("creditor_id", "staff_id", name="uq_month_readers_creditor_id_staff_id"),
    )


def downgrade() -> None:
    for name in ("month_readers", "month_papers"):
        op.drop_table(name)

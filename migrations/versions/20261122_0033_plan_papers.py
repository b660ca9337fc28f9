"""the evidence of an accepted plan: what was so, its PDF, and the hashes of both"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_plan_papers_creditor_id_{column}"
    return sa.ForeignKeyConstraint(["creditor_id", column], [f"{other}.creditor_id", f"{other}.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "plan_papers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("json", sa.Text(), nullable=False),
        sa.Column("json_sha256", sa.String(length=64), nullable=True),
        sa.Column("file_id", _ID, nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("made_at", portal.core.db.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_plan_papers"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_plan_papers_creditor_id"),
        _to("plan_id", "plans"),
        _to("file_id", "stored_files"),
        sa.UniqueConstraint("creditor_id", "plan_id", name="uq_plan_papers_creditor_id_plan_id"),
    )


def downgrade() -> None:
    op.drop_table("plan_papers")

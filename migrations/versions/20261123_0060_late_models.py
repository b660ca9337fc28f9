"""what was learned from a creditor's history about late payment"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0060"
down_revision = "0047"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "late_models",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("learned_at", portal.core.db.Instant(), nullable=False),
        sa.Column("items", _ID, nullable=False),
        sa.Column("late", _ID, nullable=False),
        sa.Column("coefficients", sa.JSON(), nullable=True),
        sa.Column("judgement", sa.JSON(), nullable=True),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_late_models"),
        sa.UniqueConstraint("creditor_id", name="uq_late_models_creditor_id"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_late_models_creditor_id"),
    )


def downgrade() -> None:
    op.drop_table("late_models")

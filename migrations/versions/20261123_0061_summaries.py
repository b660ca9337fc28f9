"""the books added up by day, and when they were counted last; the first count is the job's (portal.summaries.jobs)"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0061"
down_revision = "0064"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str) -> sa.Column:
    return sa.Column(name, _ID, nullable=False)


def upgrade() -> None:
    op.create_table(
        "figure_sums",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _number("creditor_id"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("key_day", sa.Date(), nullable=False),
        _number("amount_minor"),
        _number("items"),
        sa.CheckConstraint("grain IN ('d', 'm')", name="ck_figure_sums_grain"),
        sa.PrimaryKeyConstraint("id", name="pk_figure_sums"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_figure_sums_creditor_id"),
    )
    op.create_index(
        "ix_figure_sums_key", "figure_sums", ["creditor_id", "currency", "kind", "grain", "on_day", "key_day"]
    )
    op.create_table(
        "figure_counts",
        sa.Column("creditor_id", _ID, autoincrement=False, nullable=False),
        _number("run"),
        sa.Column("counted_at", portal.core.db.Instant(), nullable=True),
        _number("differed"),
        sa.PrimaryKeyConstraint("creditor_id", name="pk_figure_counts"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_figure_counts_creditor_id"),
    )


def downgrade() -> None:
    op.drop_table("figure_counts")
    op.drop_table("figure_sums")

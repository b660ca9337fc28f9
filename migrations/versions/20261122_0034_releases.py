"""amounts that bring deliveries back"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_WAITING = sa.text("is_waiting")


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("least_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("decided_by", _ID, nullable=False),
        sa.Column("paid_minor", _ID, nullable=False),
        sa.Column("paid_back_at", _AT, nullable=True),
        sa.Column("is_waiting", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("least_minor > 0", name=op.f("ck_releases_least_positive")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_releases_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name="fk_releases_creditor_id_debtor_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_releases_creditor_id_id"),
    )
    columns = ["creditor_id", "debtor_id"]
    op.create_index("uq_releases_waiting", "releases", columns, unique=True, sqlite_where=_WAITING,
                    postgresql_where=_WAITING)  # fmt: skip
    op.create_index("ix_releases_debtor", "releases", ["creditor_id", "debtor_id", "id"])


def downgrade() -> None:
    op.drop_table("releases")

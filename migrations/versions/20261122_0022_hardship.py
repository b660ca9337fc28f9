"""rests: until when nobody writes to a customer for whom it is hard to pay"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0022"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rests",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("visit_id", _ID, nullable=True),
        sa.Column("helps", sa.String(length=60), nullable=False),
        sa.Column("until", portal.core.db.Instant(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", portal.core.db.Instant(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_rests_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_rests_creditor_id_debtor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rests")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_rests_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", "debtor_id", name=op.f("uq_rests_creditor_id_debtor_id")),
    )
    with op.batch_alter_table("rests", schema=None) as batch_op:
        batch_op.create_index("ix_rests_until", ["creditor_id", "status", "until"], unique=False)


def downgrade() -> None:
    op.drop_table("rests")

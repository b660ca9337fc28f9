"""by which way a customer does not want to be reached; the mark of an address that went because it was not theirs"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0024"
down_revision = "0020"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "channel_wishes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("stopped_at", _AT, nullable=False),
        sa.Column("resumed_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_channel_wishes_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_channel_wishes_creditor_id_debtor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_wishes")),
        sa.UniqueConstraint(
            "creditor_id", "debtor_id", "channel", name=op.f("uq_channel_wishes_creditor_id_debtor_id_channel")
        ),
    )
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed_mark", sa.String(length=200), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("contact_points", schema=None) as batch_op:
        batch_op.drop_column("sealed_mark")
    op.drop_table("channel_wishes")

"""what the network said of messages after they had left"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "message_reports",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("contact_point_id", _ID, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("heard_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_message_reports_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "message_id"],
            ["messages.creditor_id", "messages.id"],
            name="fk_message_reports_creditor_id_message_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_reports"),
        sa.UniqueConstraint(
            "creditor_id", "message_id", "kind", name="uq_message_reports_creditor_id_message_id_kind"
        ),
    )
    op.create_index(
        "ix_message_reports_debtor", "message_reports", ["creditor_id", "debtor_id", "kind"]
    )


def downgrade() -> None:
    op.drop_table("message_reports")

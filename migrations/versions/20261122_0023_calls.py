"""calls that customers book, and the hours for them"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "call_hours",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("minutes", _ID, nullable=False),
        sa.Column("at_once", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_call_hours_creditor_id")),
        sa.PrimaryKeyConstraint("creditor_id", name=op.f("pk_call_hours")),
    )
    op.create_table(
        "call_seats",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("starts_at", _AT, nullable=False),
        sa.Column("seat", _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_call_seats_creditor_id")),
        sa.PrimaryKeyConstraint("creditor_id", "starts_at", "seat", name=op.f("pk_call_seats")),
    )
    op.create_table(
        "calls",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("visit_id", _ID, nullable=False),
        sa.Column("starts_at", _AT, nullable=False),
        sa.Column("ends_at", _AT, nullable=False),
        sa.Column("seat", _ID, nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=400), nullable=True),
        sa.Column("moves", _ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_calls_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_calls_creditor_id_debtor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_calls_creditor_id_id")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index("ix_calls_debtor", ["creditor_id", "debtor_id", "starts_at"], unique=False)


def downgrade() -> None:
    op.drop_table("calls")
    op.drop_table("call_seats")
    op.drop_table("call_hours")

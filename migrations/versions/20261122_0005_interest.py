"""rates, interest and costs"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("receivables", schema=None) as batch_op:
        batch_op.add_column(sa.Column("interest_waits_from", sa.Date(), nullable=True))

    op.create_table(
        "interest_policies",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("interest_on", sa.Boolean(), nullable=False),
        sa.Column("costs_on", sa.Boolean(), nullable=False),
        sa.Column("due_from", sa.Date(), nullable=False),
        sa.Column("consumer_hundredths", _ID, nullable=True),
        sa.Column("counted_to", sa.Date(), nullable=True),
        sa.CheckConstraint("consumer_hundredths >= 0", name=op.f("ck_interest_policies_rate_not_negative")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_interest_policies_creditor_id")),
        sa.PrimaryKeyConstraint("creditor_id", name=op.f("pk_interest_policies")),
    )
    op.create_table(
        "interest_waivers",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("due_item_id", _ID, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", _ID, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("at", portal.core.db.Instant(), nullable=False),
        sa.CheckConstraint("what IN ('interest', 'costs')", name=op.f("ck_interest_waivers_what")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_interest_waivers_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "due_item_id"],
            ["due_items.creditor_id", "due_items.id"],
            name=op.f("fk_interest_waivers_creditor_id_due_item_id"),
        ),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_interest_waivers_creditor_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_interest_waivers_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_waivers")),
        sa.UniqueConstraint(
            "creditor_id",
            "due_item_id",
            "what",
            name=op.f("uq_interest_waivers_creditor_id_due_item_id_what"),
        ),
    )


def downgrade() -> None:
    op.drop_table("interest_waivers")
    op.drop_table("interest_policies")
    with op.batch_alter_table("receivables", schema=None) as batch_op:
        batch_op.drop_column("interest_waits_from")

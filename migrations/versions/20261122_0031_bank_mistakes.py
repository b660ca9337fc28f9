"""bookings of the bank's that were a mistake; debits that confirm what was transferred back"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0024"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FOUR_EYES = "ck_bank_movements_four_eyes"


def upgrade() -> None:
    with op.batch_alter_table("bank_movements", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undo_asked_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("undone_by", sa.String(length=40), nullable=True))
        batch_op.create_check_constraint(op.f(_FOUR_EYES), "undo_asked_by <> undone_by")
    with op.batch_alter_table("overpayments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("seen_as_id", _ID, nullable=True))
        batch_op.add_column(sa.Column("seen_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("overpayments", schema=None) as batch_op:
        batch_op.drop_column("seen_by")
        batch_op.drop_column("seen_as_id")
        batch_op.drop_column("seen_on")
    with op.batch_alter_table("bank_movements", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_FOUR_EYES), type_="check")
        batch_op.drop_column("undone_by")
        batch_op.drop_column("undo_asked_by")

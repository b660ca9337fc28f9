"""what credit notes brought for each dispute, and what it still waits for"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITS = """
    UPDATE disputes SET awaits_minor = COALESCE((
        SELECT SUM(holds.amount_minor) FROM holds
        WHERE holds.creditor_id = disputes.creditor_id AND holds.source_id = disputes.id
          AND holds.reason = 'credit_expected' AND holds.ended_at IS NULL), 0)
"""


def upgrade() -> None:
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credited_minor", _ID, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("awaits_minor", _ID, nullable=False, server_default="0"))
    op.execute(_WAITS)


def downgrade() -> None:
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.drop_column("awaits_minor")
        batch_op.drop_column("credited_minor")

"""a dispute may be said on the phone, without a visit"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("disputes") as table:
        table.alter_column("visit_id", existing_type=_ID, nullable=True)


def downgrade() -> None:
    with op.batch_alter_table("disputes") as table:
        table.alter_column("visit_id", existing_type=_ID, nullable=False)

"""how a colleague made sure who asks, beside an act without a code"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("step_ups", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made_sure", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("step_ups", schema=None) as batch_op:
        batch_op.drop_column("made_sure")

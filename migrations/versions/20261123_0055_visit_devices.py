"""the class of device that a visit was begun on, and visits found by when they began"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visits", sa.Column("device", sa.String(length=10), nullable=True))
    op.create_index("ix_visits_started", "visits", ["creditor_id", "started_at"])


def downgrade() -> None:
    op.drop_index("ix_visits_started", table_name="visits")
    op.drop_column("visits", "device")

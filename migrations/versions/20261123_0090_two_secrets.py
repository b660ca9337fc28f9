"""which events an address hears of, and a second secret while the first is replaced"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0090"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("sealed_old_secret", sa.String(length=400), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("old_until", portal.core.db.Instant(), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("kinds", sa.Text(), nullable=True))


def downgrade() -> None:
    for name in ("kinds", "old_until", "sealed_old_secret"):
        op.drop_column("webhook_endpoints", name)

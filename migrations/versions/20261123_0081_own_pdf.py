"""where the issuer's own PDF of an invoice is"""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoices", sa.Column("pdf", sa.String(6), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("invoices") as table:
        table.drop_column("pdf")

"""the reference that an invoice itself names for paying it"""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoices", sa.Column("remittance", sa.String(35), nullable=True))
    op.create_index("ix_invoices_remittance", "invoices", ["creditor_id", "remittance"])


def downgrade() -> None:
    op.drop_index("ix_invoices_remittance", "invoices")
    with op.batch_alter_table("invoices") as table:
        table.drop_column("remittance")

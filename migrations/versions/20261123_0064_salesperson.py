"""who looks after a customer"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("debtors", sa.Column("salesperson", sa.String(80), nullable=True))
    op.create_index("ix_debtors_salesperson", "debtors", ["creditor_id", "salesperson"])


def downgrade() -> None:
    op.drop_index("ix_debtors_salesperson", "debtors")
    with op.batch_alter_table("debtors") as table:
        table.drop_column("salesperson")

"""what a credit note gives back, where that is not its stated total"""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0063"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("invoices", sa.Column("credited_minor", _ID, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("invoices") as table:
        table.drop_column("credited_minor")

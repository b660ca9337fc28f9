"""mandates.shown_name: what a creditor calls an agency is its own word"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mandates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shown_name", sa.String(length=200), nullable=True))
    op.execute(
        "UPDATE mandates SET shown_name ="
        " (SELECT name FROM organisations WHERE organisations.id = mandates.organisation_id)"
    )
    with op.batch_alter_table("mandates", schema=None) as batch_op:
        batch_op.alter_column("shown_name", existing_type=sa.String(length=200), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("mandates", schema=None) as batch_op:
        batch_op.drop_column("shown_name")

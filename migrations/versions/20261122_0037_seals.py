"""the sealed paper of a plan, where the installation has a seal or a timestamp"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FILE = "fk_plan_papers_creditor_id_seal_file_id"


def upgrade() -> None:
    with op.batch_alter_table("plan_papers") as table:
        table.add_column(sa.Column("seal_file_id", _ID, nullable=True))
        table.add_column(sa.Column("seal_at", portal.core.db.Instant(), nullable=True))
        table.create_foreign_key(_FILE, "stored_files", ["creditor_id", "seal_file_id"], ["creditor_id", "id"])


def downgrade() -> None:
    with op.batch_alter_table("plan_papers") as table:
        table.drop_constraint(_FILE, type_="foreignkey")
        table.drop_column("seal_at")
        table.drop_column("seal_file_id")

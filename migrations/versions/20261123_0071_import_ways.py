"""how a table with these headers is read, as somebody chose"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_ways",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("headers_sha256", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("learned_at", portal.core.db.Instant(), nullable=False),
        sa.Column("used_at", portal.core.db.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_ways"),
        sa.UniqueConstraint("creditor_id", "headers_sha256", name="uq_import_ways_creditor_id_headers_sha256"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_import_ways_creditor_id"),
    )


def downgrade() -> None:
    op.drop_table("import_ways")

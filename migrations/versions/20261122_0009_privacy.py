"""erasures: asked for by one person, agreed to by another"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RUNNING = sa.text("status IN ('requested', 'approved')")


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_at", portal.core.db.Instant(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", portal.core.db.Instant(), nullable=True),
        sa.Column("rows", _ID, nullable=False),
        sa.Column("files", _ID, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", portal.core.db.Instant(), nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("asked_by <> decided_by", name=op.f("ck_erasures_four_eyes")),
        sa.CheckConstraint("what IN ('everything', 'courtesy')", name=op.f("ck_erasures_what")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_erasures_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_erasures_creditor_id_debtor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_erasures_creditor_id_id")),
    )
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.create_index("ix_erasures_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index(
            "uq_erasures_running",
            ["creditor_id", "debtor_id"],
            unique=True,
            sqlite_where=_RUNNING,
            postgresql_where=_RUNNING,
        )


def downgrade() -> None:
    op.drop_table("erasures")

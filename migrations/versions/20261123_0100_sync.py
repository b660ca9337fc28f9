"""ways back into a creditor's systems, what each was told of each invoice, and each attempt"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0100"
down_revision = "0061"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def upgrade() -> None:
    op.create_table(
        "sync_connectors",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("sealed_key", sa.String(length=700), nullable=True),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("read_seq", _ID, nullable=False),
        sa.Column("resend_behind", _ID, nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("stopped_why", sa.String(length=20), nullable=True),
        sa.Column("quiet_until", _AT, nullable=True),
        sa.Column("version", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_connectors"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_sync_connectors_creditor_id"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_sync_connectors_creditor_id_id"),
    )
    op.create_table(
        "sync_told",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("connector_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=False),
        sa.Column("changed_seq", _ID, nullable=False),
        sa.Column("told_seq", _ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("tries", _ID, nullable=False),
        sa.Column("next_at", _AT, nullable=True),
        sa.Column("why", sa.String(length=20), nullable=True),
        sa.Column("at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_told"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_sync_told_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "connector_id"], ["sync_connectors.creditor_id", "sync_connectors.id"],
            name="fk_sync_told_creditor_id_connector_id",
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"], ["invoices.creditor_id", "invoices.id"],
            name="fk_sync_told_creditor_id_invoice_id",
        ),
        sa.UniqueConstraint(
            "creditor_id", "connector_id", "invoice_id", name="uq_sync_told_creditor_id_connector_id_invoice_id"
        ),
    )  # fmt: skip
    op.create_index("ix_sync_told_why", "sync_told", ["creditor_id", "connector_id", "why", "id"])
    op.create_index("ix_sync_told_next", "sync_told", ["creditor_id", "connector_id", "next_at"])
    op.create_table(
        "sync_pushes",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("connector_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("count", _ID, nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("http_status", _ID, nullable=True),
        sa.Column("milliseconds", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sync_pushes"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_sync_pushes_creditor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "connector_id"], ["sync_connectors.creditor_id", "sync_connectors.id"],
            name="fk_sync_pushes_creditor_id_connector_id",
        ),
    )  # fmt: skip
    op.create_index("ix_sync_pushes_connector", "sync_pushes", ["creditor_id", "connector_id", "id"])


def downgrade() -> None:
    for name in ("sync_pushes", "sync_told", "sync_connectors"):
        op.drop_table(name)

"""ways to pay that customers saved at a provider, and what was charged to them by itself"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_ACTIVE = sa.text("status = 'active'")


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        _id("debtor_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
    ]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_creditor_id_{column}"
    return sa.ForeignKeyConstraint(["creditor_id", column], [f"{other}.creditor_id", f"{other}.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "saved_methods",
        *_owned("saved_methods"),
        sa.Column("method", sa.String(length=20), nullable=False),
        _id("account_id"),
        sa.Column("source_kind", sa.String(length=30), nullable=False),
        _id("source_id"),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("mandate_sha256", sa.String(length=64), nullable=False),
        _id("step_up_id"),
        _id("pages"),
        sa.Column("expires_at", _AT, nullable=True),
        sa.Column("session_id", sa.String(length=100), nullable=True),
        sa.Column("session_url", sa.String(length=5000), nullable=True),
        sa.Column("payer_id", sa.String(length=100), nullable=True),
        sa.Column("method_id", sa.String(length=100), nullable=True),
        sa.Column("brand", sa.String(length=20), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("saved_at", _AT, nullable=True),
        sa.Column("why", sa.String(length=100), nullable=True),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _id("version"),
        _to("saved_methods", "debtor_id", "debtors"),
        _to("saved_methods", "account_id", "method_accounts"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_saved_methods_creditor_id_id"),
        sa.UniqueConstraint("method", "session_id", name="uq_saved_methods_method_session_id"),
    )
    op.create_index("ix_saved_methods_source", "saved_methods", ["creditor_id", "source_kind", "source_id", "status"])
    columns = ["creditor_id", "source_kind", "source_id"]
    op.create_index(
        "uq_saved_methods_active", "saved_methods", columns, unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
    )
    op.create_table(
        "auto_charges",
        *_owned("auto_charges"),
        _id("saved_method_id"),
        sa.Column("source_kind", sa.String(length=30), nullable=False),
        _id("source_id"),
        _id("number"),
        _id("attempt_id"),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_auto_charges_number_positive")),
        _to("auto_charges", "saved_method_id", "saved_methods"),
        _to("auto_charges", "attempt_id", "payment_attempts"),
        sa.UniqueConstraint(
            "creditor_id", "source_kind", "source_id", "number", name="uq_auto_charges_creditor_id_source_kind_source_id_number"
        ),
        sa.UniqueConstraint("creditor_id", "attempt_id", name="uq_auto_charges_creditor_id_attempt_id"),
    )
    op.add_column("payment_attempts", _id("saved_method_id", nullable=True))


def downgrade() -> None:
    op.drop_column("payment_attempts", "saved_method_id")
    op.drop_table("auto_charges")
    op.drop_table("saved_methods")

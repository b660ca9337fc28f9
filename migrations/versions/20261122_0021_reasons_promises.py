"""why it is still open; promises with their lines and days; what is said to be paid already"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0021"
down_revision = "0023"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_OPEN = sa.text("is_open")
_SETTINGS = {"promise_days": "30", "promise_times": "3", "promise_least_minor": "1000", "already_paid_days": "5"}


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    """What every table here begins with: its id, whose it is, whom it is about."""
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
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        for name, default in _SETTINGS.items():
            batch_op.add_column(sa.Column(name, _ID, nullable=False, server_default=default))
    _reasons()
    _promises()
    _paid_claims()


def _reasons() -> None:
    op.create_table(
        "reasons",
        *_owned("reasons"),
        _id("visit_id"),
        _id("invoice_id", nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("given_at", _AT, nullable=False),
        _to("reasons", "debtor_id", "debtors"),
        _to("reasons", "invoice_id", "invoices"),
    )
    op.create_index("ix_reasons_debtor", "reasons", ["creditor_id", "debtor_id", "id"])
    op.create_index("ix_reasons_given", "reasons", ["creditor_id", "reason", "given_at"])


def _promises() -> None:
    op.create_table(
        "promises",
        *_owned("promises"),
        _id("visit_id", nullable=True),
        sa.Column("pay_on", sa.Date(), nullable=False),
        _id("amount_minor"),
        _id("paid_minor"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("remind", sa.Boolean(), nullable=False),
        sa.Column("reminded_for", sa.Date(), nullable=True),
        sa.Column("made_at", _AT, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _id("version"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promises_amount_positive")),
        _to("promises", "debtor_id", "debtors"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_promises_creditor_id_id"),
    )
    op.create_index("ix_promises_debtor", "promises", ["creditor_id", "debtor_id", "status"])
    op.create_index("ix_promises_day", "promises", ["creditor_id", "status", "pay_on"])
    op.create_table(
        "promise_lines",
        *_owned("promise_lines"),
        _id("promise_id"),
        _id("due_item_id"),
        _id("amount_minor"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promise_lines_amount_positive")),
        _to("promise_lines", "promise_id", "promises"),
        _to("promise_lines", "due_item_id", "due_items"),
        sa.UniqueConstraint(
            "creditor_id", "promise_id", "due_item_id", name="uq_promise_lines_creditor_id_promise_id_due_item_id"
        ),
    )
    op.create_index("ix_promise_lines_item", "promise_lines", ["creditor_id", "due_item_id"])
    _one_open("promise_lines")
    op.create_table(
        "promise_terms",
        *_owned("promise_terms"),
        _id("promise_id"),
        _id("visit_id", nullable=True),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("said_at", _AT, nullable=False),
        _to("promise_terms", "promise_id", "promises"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_promise_terms_creditor_id_id"),
    )
    op.create_index("ix_promise_terms_promise", "promise_terms", ["creditor_id", "promise_id", "id"])


def _paid_claims() -> None:
    op.create_table(
        "paid_claims",
        *_owned("paid_claims"),
        _id("visit_id", nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("claimed_at", _AT, nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _id("version"),
        _to("paid_claims", "debtor_id", "debtors"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_paid_claims_creditor_id_id"),
    )
    op.create_index("ix_paid_claims_debtor", "paid_claims", ["creditor_id", "debtor_id", "id"])
    op.create_index("ix_paid_claims_until", "paid_claims", ["creditor_id", "status", "until"])
    op.create_table(
        "paid_claim_items",
        *_owned("paid_claim_items"),
        _id("claim_id"),
        _id("due_item_id"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        _to("paid_claim_items", "claim_id", "paid_claims"),
        _to("paid_claim_items", "due_item_id", "due_items"),
        sa.UniqueConstraint(
            "creditor_id", "claim_id", "due_item_id", name="uq_paid_claim_items_creditor_id_claim_id_due_item_id"
        ),
    )
    op.create_index("ix_paid_claim_items_item", "paid_claim_items", ["creditor_id", "due_item_id"])
    _one_open("paid_claim_items")


def _one_open(table: str) -> None:
    columns = ["creditor_id", "due_item_id"]
    op.create_index(f"uq_{table}_open", table, columns, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    for table in ("paid_claim_items", "paid_claims", "promise_terms", "promise_lines", "promises", "reasons"):
        op.drop_table(table)
    with op.batch_alter_table("creditors", schema=None) as batch_op:
        for name in reversed(_SETTINGS):
            batch_op.drop_column(name)

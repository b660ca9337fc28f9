"""repayment plans: versions of what may be agreed, plans with their lines, instalments and rounds of terms"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_OPEN = sa.text("is_open")


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _owned(table: str, *, of_debtor: bool = True) -> list[sa.schema.SchemaItem]:
    """What every table here begins with: its id, whose it is, whom it is about."""
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        *([_id("debtor_id")] if of_debtor else []),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
    ]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_creditor_id_{column}"
    return sa.ForeignKeyConstraint(["creditor_id", column], [f"{other}.creditor_id", f"{other}.id"], name=name)


def _status() -> list[sa.Column]:
    return [
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _id("version"),
    ]


def upgrade() -> None:
    op.create_table(
        "plan_policies",
        *_owned("plan_policies", of_debtor=False),
        _id("number"),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        _id("made_by", nullable=True),
        sa.UniqueConstraint("creditor_id", "number", name="uq_plan_policies_creditor_id_number"),
    )
    op.create_table(
        "plans",
        *_owned("plans"),
        _id("visit_id", nullable=True),
        _id("invoice_id", nullable=True),
        _id("policy_number"),
        sa.Column("segment", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        _id("debt_minor"),
        _id("interest_minor"),
        _id("discount_minor"),
        _id("total_minor"),
        sa.Column("every", sa.String(length=10), nullable=False),
        sa.Column("snapshot_sha256", sa.String(length=64), nullable=False),
        sa.Column("answer_by", _AT, nullable=True),
        sa.Column("made_at", _AT, nullable=False),
        _id("grace_days"),
        sa.Column("acknowledged", sa.Boolean(), nullable=False),
        _id("step_up_id", nullable=True),
        sa.Column("accepted_at", _AT, nullable=True),
        sa.Column("active_from", _AT, nullable=True),
        sa.Column("notice_on", sa.Date(), nullable=True),
        _id("replaces_id", nullable=True),
        *_status(),
        sa.CheckConstraint("debt_minor > 0 AND total_minor > 0", name=op.f("ck_plans_amounts_positive")),
        sa.CheckConstraint(
            "total_minor = debt_minor + interest_minor - discount_minor", name=op.f("ck_plans_adds_up")
        ),
        _to("plans", "debtor_id", "debtors"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_plans_creditor_id_id"),
    )
    op.create_index("ix_plans_debtor", "plans", ["creditor_id", "debtor_id", "status"])
    op.create_index("ix_plans_status", "plans", ["creditor_id", "status", "id"])
    op.create_index("ix_plans_answer_by", "plans", ["creditor_id", "status", "answer_by"])
    op.create_table(
        "plan_lines",
        *_owned("plan_lines"),
        _id("plan_id"),
        _id("due_item_id"),
        _id("amount_minor"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_plan_lines_amount_positive")),
        _to("plan_lines", "plan_id", "plans"),
        _to("plan_lines", "due_item_id", "due_items"),
        sa.UniqueConstraint(
            "creditor_id", "plan_id", "due_item_id", name="uq_plan_lines_creditor_id_plan_id_due_item_id"
        ),
    )
    op.create_index("ix_plan_lines_item", "plan_lines", ["creditor_id", "due_item_id"])
    columns = ["creditor_id", "due_item_id"]
    op.create_index(
        "uq_plan_lines_open", "plan_lines", columns, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "instalments",
        *_owned("instalments"),
        _id("plan_id"),
        _id("number"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("moved_from", sa.Date(), nullable=True),
        _id("amount_minor"),
        _id("paid_minor"),
        sa.Column("reference", sa.String(length=25), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("missed_told_on", sa.Date(), nullable=True),
        *_status(),
        sa.CheckConstraint("amount_minor >= 0 AND paid_minor >= 0", name=op.f("ck_instalments_amounts_not_negative")),
        _to("instalments", "plan_id", "plans"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_instalments_creditor_id_id"),
        sa.UniqueConstraint("creditor_id", "plan_id", "number", name="uq_instalments_creditor_id_plan_id_number"),
        sa.UniqueConstraint("creditor_id", "reference", name="uq_instalments_creditor_id_reference"),
    )
    op.create_index("ix_instalments_due", "instalments", ["creditor_id", "status", "due_on"])
    op.create_table(
        "plan_rounds",
        *_owned("plan_rounds"),
        _id("plan_id"),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        _id("by", nullable=True),
        sa.Column("said_at", _AT, nullable=False),
        _to("plan_rounds", "plan_id", "plans"),
    )
    op.create_index("ix_plan_rounds_plan", "plan_rounds", ["creditor_id", "plan_id", "id"])


def downgrade() -> None:
    for table in ("plan_rounds", "instalments", "plan_lines", "plans", "plan_policies"):
        op.drop_table(table)

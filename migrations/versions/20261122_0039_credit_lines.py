"""credit lines with their history, imported ratings, alerts, decisions, and versions of the credit policy"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_OPEN = sa.text("is_open")


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _AT, nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    """What every table here begins with: its id, whose it is, and that ids of it are named with their creditor."""
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
    ]


def _of_debtor(table: str) -> list[sa.schema.SchemaItem]:
    return [
        *_owned(table),
        _id("debtor_id"),
        sa.UniqueConstraint("creditor_id", "id", name=f"uq_{table}_creditor_id_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=f"fk_{table}_creditor_id_debtor_id",
        ),
    ]


def _currency() -> sa.Column:
    return sa.Column("currency", sa.String(length=3), nullable=False)


def upgrade() -> None:
    op.create_table(
        "credit_policies",
        *_owned("credit_policies"),
        _id("number"),
        sa.Column("settings", sa.JSON(), nullable=False),
        _at("made_at"),
        _id("made_by", nullable=True),
        sa.UniqueConstraint("creditor_id", "number", name="uq_credit_policies_creditor_id_number"),
    )
    op.create_table(
        "credit_lines",
        *_of_debtor("credit_lines"),
        _currency(),
        _id("amount_minor", nullable=True),
        _id("version"),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_credit_lines_amount_not_negative")),
        sa.UniqueConstraint("creditor_id", "debtor_id", name="uq_credit_lines_creditor_id_debtor_id"),
    )
    op.create_table(
        "credit_line_changes",
        *_of_debtor("credit_line_changes"),
        _currency(),
        _id("from_minor", nullable=True),
        _id("to_minor", nullable=True),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("suggestion", sa.JSON(), nullable=True),
        _id("suggested_minor", nullable=True),
        _id("policy_number", nullable=True),
        _at("changed_at"),
        _id("changed_by", nullable=True),
    )
    op.create_index("ix_credit_line_changes_debtor", "credit_line_changes", ["creditor_id", "debtor_id", "id"])
    op.create_table(
        "credit_ratings",
        *_of_debtor("credit_ratings"),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("rated_on", sa.Date(), nullable=False),
        _id("score"),
        sa.Column("note", sa.Text(), nullable=True),
        _at("taken_in_at"),
        sa.CheckConstraint("score >= 0 AND score <= 100", name=op.f("ck_credit_ratings_score_of_a_hundred")),
        sa.UniqueConstraint(
            "creditor_id", "debtor_id", "source", "rated_on",
            name="uq_credit_ratings_creditor_id_debtor_id_source_rated_on",
        ),
    )  # fmt: skip
    op.create_index(
        "ix_credit_ratings_newest", "credit_ratings", ["creditor_id", "debtor_id", "rated_on", "id"]
    )
    op.create_table(
        "credit_alerts",
        *_of_debtor("credit_alerts"),
        sa.Column("kind", sa.String(length=12), nullable=False),
        _id("cause_id"),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        _id("amount_minor"),
        _currency(),
        _id("number"),
        _at("raised_at"),
        _at("told_at", nullable=True),
        _id("seen_by", nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        _at("status_at"),
        _id("version"),
    )
    op.create_index(
        "uq_credit_alerts_open", "credit_alerts", ["creditor_id", "debtor_id", "kind", "cause_id"], unique=True,
        sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip
    op.create_index("ix_credit_alerts_state", "credit_alerts", ["creditor_id", "is_open", "id"])
    op.create_index("ix_credit_alerts_debtor", "credit_alerts", ["creditor_id", "debtor_id", "id"])
    op.create_table(
        "credit_decisions",
        *_of_debtor("credit_decisions"),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        _id("release_id", nullable=True),
        _id("use_minor"),
        _id("line_minor", nullable=True),
        _currency(),
        _at("decided_at"),
        _id("decided_by"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "release_id"],
            ["releases.creditor_id", "releases.id"],
            name="fk_credit_decisions_creditor_id_release_id",
        ),
    )
    op.create_index("ix_credit_decisions_debtor", "credit_decisions", ["creditor_id", "debtor_id", "id"])


def downgrade() -> None:
    for table in (
        "credit_decisions", "credit_alerts", "credit_ratings", "credit_line_changes", "credit_lines",
        "credit_policies",
    ):  # fmt: skip
        op.drop_table(table)

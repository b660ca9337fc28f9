"""goals on the figures: where each began, what it aims at, and what it was on its day"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0062"
down_revision = "0090"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def _number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _day(name: str) -> sa.Column:
    return sa.Column(name, sa.Date(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "goals",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _number("creditor_id"),
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        _number("baseline"),
        _day("baseline_on"),
        _number("baseline_nps", nullable=True),
        _number("baseline_complaints"),
        _number("target"),
        _day("target_on"),
        _number("first_target"),
        _day("first_target_on"),
        sa.Column("set_at", _AT, nullable=False),
        _number("set_by", nullable=True),
        _number("result", nullable=True),
        _number("result_nps", nullable=True),
        _number("result_complaints", nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        _number("version"),
        sa.PrimaryKeyConstraint("id", name="pk_goals"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name="fk_goals_creditor_id"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_goals_creditor_id_id"),
    )
    op.create_index("ix_goals_status", "goals", ["creditor_id", "status", "id"])


def downgrade() -> None:
    op.drop_table("goals")

"""silences, what lets the time to ask count anew, versions of how long that time is; the morning mail"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _AT, nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
    ]


def _of_item(table: str, *, nullable: bool) -> list[sa.schema.SchemaItem]:
    """Of a customer, and of one due item of theirs."""
    return [
        *_owned(table),
        _id("debtor_id"),
        _id("due_item_id", nullable=nullable),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=f"fk_{table}_creditor_id_debtor_id",
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "due_item_id"],
            ["due_items.creditor_id", "due_items.id"],
            name=f"fk_{table}_creditor_id_due_item_id",
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "silences",
        *_of_item("silences", nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("speaks_for", sa.String(length=200), nullable=True),
        sa.Column("reached_at", sa.String(length=300), nullable=True),
        _at("since"),
        _at("until", nullable=True),
        _id("set_by"),
        _id("ended_by", nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        _at("status_at"),
        _id("version"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_silences_creditor_id_id"),
    )
    op.create_index("ix_silences_debtor", "silences", ["creditor_id", "debtor_id", "status"])
    op.create_index("ix_silences_until", "silences", ["creditor_id", "status", "until"])
    op.create_table(
        "limitation_restarts",
        *_of_item("limitation_restarts", nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("counts_from", sa.Date(), nullable=False),
        _id("made_by", nullable=True),
        _at("made_at"),
        sa.UniqueConstraint(
            "creditor_id", "due_item_id", "how", "counts_from",
            name="uq_limitation_restarts_creditor_id_due_item_id_how_counts_from",
        ),
    )  # fmt: skip
    op.create_table(
        "limitation_policies",
        *_owned("limitation_policies"),
        _id("number"),
        sa.Column("settings", sa.JSON(), nullable=False),
        _at("made_at"),
        _id("made_by", nullable=True),
        sa.UniqueConstraint("creditor_id", "number", name="uq_limitation_policies_creditor_id_number"),
    )
    _morning()


def _staff(table: str) -> list[sa.schema.SchemaItem]:
    """Of one person who works for the creditor."""
    return [
        *_owned(table),
        _id("staff_id"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=f"fk_{table}_staff_id"),
    ]


def _morning() -> None:
    op.create_table(
        "digest_policies",
        *_owned("digest_policies"),
        _id("number"),
        sa.Column("settings", sa.JSON(), nullable=False),
        _at("made_at"),
        _id("made_by", nullable=True),
        sa.UniqueConstraint("creditor_id", "number", name="uq_digest_policies_creditor_id_number"),
    )
    op.create_table(
        "digest_stops",
        *_staff("digest_stops"),
        _at("stopped_at"),
        sa.UniqueConstraint("creditor_id", "staff_id", name="uq_digest_stops_creditor_id_staff_id"),
    )
    op.create_table(
        "digests",
        *_staff("digests"),
        sa.Column("day", sa.Date(), nullable=False),
        _id("mail_id", nullable=True),
        _at("made_at"),
        sa.UniqueConstraint("creditor_id", "staff_id", "day", name="uq_digests_creditor_id_staff_id_day"),
    )


def downgrade() -> None:
    op.drop_table("digests")
    op.drop_table("digest_stops")
    op.drop_table("digest_policies")
    op.drop_table("limitation_policies")
    op.drop_table("limitation_restarts")
    op.drop_table("silences")

"""touches of all levels with their reasons, versions of the cadence (the day of the caring word was a setting), pauses"""

import secrets

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_LEVELS = {
    "caring": -10, "caring_soon": -3, "due_today": 0, "reminder_gentle": 3, "call": 7, "internal": 15,
    "find_a_way": 25, "before_legal": 40, "decision": 50,
}  # fmt: skip


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


def upgrade() -> None:
    op.create_table(
        "cadence_policies",
        *_owned("cadence_policies"),
        _id("number"),
        sa.Column("settings", sa.JSON(), nullable=False),
        _at("made_at"),
        _id("made_by", nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name="fk_cadence_policies_made_by"),
        sa.UniqueConstraint("creditor_id", "number", name="uq_cadence_policies_creditor_id_number"),
    )
    op.create_table(
        "cadence_pauses",
        *_owned("cadence_pauses"),
        _id("debtor_id", nullable=True),
        _at("since"),
        sa.Column("until", sa.Date(), nullable=True),
        _id("paused_by", nullable=True),
        _at("ended_at", nullable=True),
        _id("ended_by", nullable=True),
        sa.UniqueConstraint("creditor_id", "id", name="uq_cadence_pauses_creditor_id_id"),
        sa.ForeignKeyConstraint(["paused_by"], ["staff.id"], name="fk_cadence_pauses_paused_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name="fk_cadence_pauses_ended_by"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name="fk_cadence_pauses_creditor_id_debtor_id",
        ),
    )
    op.create_index("ix_cadence_pauses_running", "cadence_pauses", ["creditor_id", "ended_at", "debtor_id"])
    op.create_table(
        "outlooks",
        *_owned("outlooks"),
        _id("debtor_id"),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("medium", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        _id("items"),
        _at("looked_at"),
        sa.UniqueConstraint("creditor_id", "debtor_id", name="uq_outlooks_creditor_id_debtor_id"),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name="fk_outlooks_creditor_id_debtor_id",
        ),
    )
    op.create_index("ix_outlooks_on", "outlooks", ["creditor_id", "on", "debtor_id"])
    op.create_index("ix_outlooks_reason", "outlooks", ["creditor_id", "reason", "debtor_id"])
    _touches()
    _days_of_caring()
    with op.batch_alter_table("creditors") as table:
        table.drop_column("caring_days_before")


def _touches() -> None:
    with op.batch_alter_table("touches") as table:
        table.add_column(sa.Column("attempt", _ID, nullable=False, server_default="1"))
        table.add_column(sa.Column("medium", sa.String(length=10), nullable=False, server_default="message"))
        table.add_column(sa.Column("because", sa.String(length=20), nullable=False, server_default="as_planned"))
        table.add_column(sa.Column("policy_number", _ID, nullable=False, server_default="0"))
        table.add_column(_at("at", nullable=True))
        table.add_column(_id("case_id", nullable=True))
    op.execute(sa.text("UPDATE touches SET at = planned_at"))
    with op.batch_alter_table("touches") as table:
        table.alter_column("at", existing_type=_AT, nullable=False)
        table.alter_column("message_id", existing_type=_ID, nullable=True)
        for name in ("attempt", "medium", "because", "policy_number"):
            table.alter_column(name, server_default=None)
        table.drop_constraint("uq_touches_creditor_id_due_item_id_level", type_="unique")
        table.create_unique_constraint(
            "uq_touches_creditor_id_due_item_id_level_attempt", ["creditor_id", "due_item_id", "level", "attempt"]
        )
        table.create_foreign_key(
            "fk_touches_creditor_id_case_id", "cases", ["creditor_id", "case_id"], ["creditor_id", "id"]
        )
        table.create_check_constraint(op.f("ck_touches_attempt_positive"), "attempt > 0")
        table.create_index("ix_touches_debtor", ["creditor_id", "debtor_id", "at"])
        table.create_index("ix_touches_message", ["creditor_id", "message_id"])


def _days_of_caring() -> None:
    """Whoever had chosen another day for the caring word keeps it, as a first version of the cadence."""
    creditors = sa.table("creditors", sa.column("id"), sa.column("caring_days_before"), sa.column("created_at"))
    kept = sa.table(
        "cadence_policies",
        *(sa.column(name) for name in ("id", "creditor_id", "number", "made_at")),
        sa.column("settings", sa.JSON()),
    )
    connection = op.get_bind()
    chosen = connection.execute(sa.select(creditors).where(creditors.c.caring_days_before != 10)).all()
    for creditor_id, days, made_at in chosen:
        rules = {code: {"on": True, "days": at} for code, at in _LEVELS.items()}
        rules["caring"] = {"on": days > 3, "days": -max(days, 4)}
        rules["caring_soon"] = {"on": days > 0, "days": -min(max(days, 1), 3)}
        settings = {
            "rules": dict.fromkeys(("business", "consumer"), rules),
            "first_by": "letter",
            "per_week": 3,
            "saturdays": False,
        }
        row = {"id": secrets.randbits(62), "creditor_id": creditor_id, "number": 1, "made_at": made_at}
        op.execute(kept.insert().values(**row, settings=settings))


def downgrade() -> None:
    with op.batch_alter_table("creditors") as table:
        table.add_column(sa.Column("caring_days_before", _ID, nullable=False, server_default="10"))
    with op.batch_alter_table("creditors") as table:
        table.alter_column("caring_days_before", server_default=None)
    op.execute(sa.text("DELETE FROM touches WHERE message_id IS NULL OR attempt > 1"))
    with op.batch_alter_table("touches") as table:
        table.drop_index("ix_touches_message")
        table.drop_index("ix_touches_debtor")
        table.drop_constraint(op.f("ck_touches_attempt_positive"), type_="check")
        table.drop_constraint("fk_touches_creditor_id_case_id", type_="foreignkey")
        table.drop_constraint("uq_touches_creditor_id_due_item_id_level_attempt", type_="unique")
        table.alter_column("message_id", existing_type=_ID, nullable=False)
        table.create_unique_constraint(
            "uq_touches_creditor_id_due_item_id_level", ["creditor_id", "due_item_id", "level"]
        )
        for name in ("attempt", "medium", "because", "policy_number", "at", "case_id"):
            table.drop_column(name)
    op.drop_table("outlooks")
    op.drop_table("cadence_pauses")
    op.drop_table("cadence_policies")

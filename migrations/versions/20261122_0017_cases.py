"""cases with their thread and desks; questions become cases"""

import secrets
from datetime import timedelta

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def upgrade() -> None:
    op.create_table(
        "desks",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("answer_days", _ID, nullable=True),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_desks_creditor_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_desks_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desks")),
        sa.UniqueConstraint("creditor_id", "key", name=op.f("uq_desks_creditor_id_key")),
    )
    op.create_table(
        "answer_texts",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", _AT, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_answer_texts_creditor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_texts")),
        sa.UniqueConstraint(
            "creditor_id", "language", "name", name=op.f("uq_answer_texts_creditor_id_language_name")
        ),
    )
    op.create_table(
        "case_policies",
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("suggestions", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_case_policies_creditor_id")),
        sa.PrimaryKeyConstraint("creditor_id", name=op.f("pk_case_policies")),
    )
    op.create_table(
        "cases",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", _ID, nullable=True),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("visit_id", _ID, nullable=True),
        sa.Column("cause", sa.String(length=30), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("desk", sa.String(length=30), nullable=False),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("act_by", _AT, nullable=True),
        sa.Column("snoozed_until", _AT, nullable=True),
        sa.Column("seen_at", _AT, nullable=True),
        sa.Column("seen_by", _ID, nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opened_at", _AT, nullable=False),
        sa.Column("closed_at", _AT, nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.CheckConstraint("(status = 'closed') = (outcome IS NOT NULL)", name=op.f("ck_cases_outcome_when_closed")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_cases_creditor_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_cases_owner_id")),
        sa.ForeignKeyConstraint(["seen_by"], ["staff.id"], name=op.f("fk_cases_seen_by")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_cases_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_cases_creditor_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_cases_creditor_id_id")),
        sa.UniqueConstraint("creditor_id", "number", name=op.f("uq_cases_creditor_id_number")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index("ix_cases_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_cases_queue", ["creditor_id", "status", "act_by", "id"], unique=False)
        batch_op.create_index("ix_cases_subject", ["creditor_id", "kind", "subject_id"], unique=False)
        batch_op.create_index("ix_cases_opened", ["creditor_id", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_cases_invoice", ["creditor_id", "invoice_id"], unique=False)
    op.create_table(
        "case_entries",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("author", sa.String(length=10), nullable=False),
        sa.Column("staff_id", _ID, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("visit_id", _ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.CheckConstraint("author IN ('customer', 'staff')", name=op.f("ck_case_entries_author")),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_case_entries_creditor_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_entries_staff_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "case_id"],
            ["cases.creditor_id", "cases.id"],
            name=op.f("fk_case_entries_creditor_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entries")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_case_entries_creditor_id_id")),
    )
    with op.batch_alter_table("case_entries", schema=None) as batch_op:
        batch_op.create_index("ix_case_entries_case", ["creditor_id", "case_id", "id"], unique=False)
    _move_questions()
    op.drop_table("questions")


_QUESTIONS = sa.table(
    "questions",
    *(
        sa.column(name, kind)
        for name, kind in (
            ("id", _ID), ("creditor_id", _ID), ("debtor_id", _ID), ("invoice_id", _ID), ("visit_id", _ID),
            ("words", sa.Text()), ("reply", sa.Text()), ("reply_name", sa.Text()), ("status", sa.Text()),
            ("status_at", _AT), ("asked_at", _AT), ("call_me_on", sa.Text()), ("version", _ID),
        )
    ),
)  # fmt: skip
_CASES = sa.table(
    "cases",
    *(
        sa.column(name, kind)
        for name, kind in (
            ("id", _ID), ("creditor_id", _ID), ("debtor_id", _ID), ("number", sa.Text()), ("kind", sa.Text()),
            ("invoice_id", _ID), ("visit_id", _ID), ("words", sa.Text()), ("desk", sa.Text()), ("act_by", _AT),
            ("opened_at", _AT), ("status", sa.Text()), ("status_at", _AT), ("version", _ID),
        )
    ),
)  # fmt: skip
_ENTRIES = sa.table(
    "case_entries",
    *(
        sa.column(name, kind)
        for name, kind in (
            ("id", _ID), ("creditor_id", _ID), ("debtor_id", _ID), ("case_id", _ID), ("author", sa.Text()),
            ("name", sa.Text()), ("words", sa.Text()), ("at", _AT),
        )
    ),
)  # fmt: skip
_ANSWER_TIME = timedelta(days=2)
_THEIR_TIME = timedelta(days=14)


def _move_questions() -> None:
    """An answered question waits for the customer, as every answered case does."""
    connection = op.get_bind()
    for row in connection.execute(sa.select(_QUESTIONS)).mappings().all():
        answered = row["status"] == "answered"
        case = {
            name: row[name]
            for name in ("id", "creditor_id", "debtor_id", "invoice_id", "visit_id", "words", "version")
        }
        case |= {
            "number": "".join(secrets.choice(_ALPHABET) for _ in range(8)),
            "kind": "question",
            "desk": "accounts",
            "act_by": row["status_at"] + (_THEIR_TIME if answered else _ANSWER_TIME),
            "opened_at": row["asked_at"],
            "status": "theirs" if answered else "ours",
            "status_at": row["status_at"],
        }
        connection.execute(sa.insert(_CASES).values(case))
        if answered and row["reply"]:
            entry = {
                "id": row["id"] + 1,  # ids leave room: 22 bits of them stand within a millisecond
                "creditor_id": row["creditor_id"],
                "debtor_id": row["debtor_id"],
                "case_id": row["id"],
                "author": "staff",
                "name": row["reply_name"],
                "words": row["reply"],
                "at": row["status_at"],
            }
            connection.execute(sa.insert(_ENTRIES).values(entry))


def downgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("creditor_id", _ID, nullable=False),
        sa.Column("debtor_id", _ID, nullable=False),
        sa.Column("invoice_id", _ID, nullable=True),
        sa.Column("visit_id", _ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("reply_name", sa.String(length=100), nullable=True),
        sa.Column("call_me_on", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("status_at", _AT, nullable=False),
        sa.Column("asked_at", _AT, nullable=False),
        sa.Column("version", _ID, nullable=False),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=op.f("fk_questions_creditor_id")),
        sa.ForeignKeyConstraint(
            ["creditor_id", "debtor_id"],
            ["debtors.creditor_id", "debtors.id"],
            name=op.f("fk_questions_creditor_id_debtor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["creditor_id", "invoice_id"],
            ["invoices.creditor_id", "invoices.id"],
            name=op.f("fk_questions_creditor_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("creditor_id", "id", name=op.f("uq_questions_creditor_id_id")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index("ix_questions_debtor", ["creditor_id", "debtor_id", "id"], unique=False)
        batch_op.create_index("ix_questions_status", ["creditor_id", "status", "id"], unique=False)
    _move_back()
    op.drop_table("case_entries")
    op.drop_table("cases")
    op.drop_table("case_policies")
    op.drop_table("answer_texts")
    op.drop_table("desks")


def _move_back() -> None:
    """The first answer of each question; what was written after it has no place there."""
    connection = op.get_bind()
    wanted = sa.select(_CASES).where(_CASES.c.kind == "question", _CASES.c.visit_id.is_not(None))
    for row in connection.execute(wanted).mappings().all():
        first = sa.select(_ENTRIES).where(_ENTRIES.c.case_id == row["id"], _ENTRIES.c.author == "staff")
        reply = connection.execute(first.order_by(_ENTRIES.c.id).limit(1)).mappings().first()
        question = {
            name: row[name] for name in ("id", "creditor_id", "debtor_id", "invoice_id", "visit_id", "version")
        }
        question |= {
            "words": row["words"] or "",
            "reply": reply["words"] if reply else None,
            "reply_name": reply["name"] if reply else None,
            "status": "answered" if reply else "open",
            "status_at": row["status_at"],
            "asked_at": row["opened_at"],
        }
        connection.execute(sa.insert(_QUESTIONS).values(question))

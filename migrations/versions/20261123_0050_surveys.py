"""who was asked after what, what they answered, what their words are about, what was changed since"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = "0050"
down_revision = "0060"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = portal.core.db.Instant()


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _ID, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _AT, nullable=nullable)


def _word(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _owned(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        _id("creditor_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["creditor_id"], ["creditors.id"], name=f"fk_{table}_creditor_id"),
    ]


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["creditor_id", column], [f"{other}.creditor_id", f"{other}.id"], name=f"fk_{table}_creditor_id_{column}"
    )


def _by(table: str, column: str, other: str = "staff") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    _surveys()
    _answers()
    op.create_table(
        "survey_improvements",
        *_owned("survey_improvements"),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _word("theme", 40, nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        _id("made_by", nullable=True),
        _at("made_at"),
        _id("told"),
        _by("survey_improvements", "made_by"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_survey_improvements_creditor_id_id"),
    )
    op.create_index("ix_survey_improvements_on", "survey_improvements", ["creditor_id", "on", "id"])
    op.create_table(
        "survey_policies",
        *_owned("survey_policies"),
        _id("number"),
        sa.Column("settings", sa.JSON(), nullable=False),
        _at("made_at"),
        _id("made_by", nullable=True),
        _by("survey_policies", "made_by"),
        sa.UniqueConstraint("creditor_id", "number", name="uq_survey_policies_creditor_id_number"),
    )
    op.create_table(
        "agency_surveys",
        sa.Column("organisation_id", _ID, autoincrement=False, nullable=False),
        _word("person", 64),
        sa.Column("on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "person", name="pk_agency_surveys"),
        _by("agency_surveys", "organisation_id", "organisations"),
    )


def _surveys() -> None:
    op.create_table(
        "surveys",
        *_owned("surveys"),
        _id("debtor_id"),
        _word("outcome", 20),
        _id("subject_id", nullable=True),
        _at("happened_at"),
        _at("ask_from"),
        _at("ask_until"),
        _word("phase", 10, nullable=True),
        _word("segment", 10),
        _word("channel", 10, nullable=True),
        *(_id(name, nullable=True) for name in ("contact_point_id", "link_id", "message_id", "reminder_id")),
        _id("staff_id", nullable=True),
        _id("organisation_id", nullable=True),
        _word("touch_key", 40, nullable=True),
        _id("own_text_id", nullable=True),
        _word("wording", 1, nullable=True),
        _word("person", 64),
        _at("asked_at", nullable=True),
        _word("why", 200, nullable=True),
        _word("status", 32),
        _at("status_at"),
        _id("version"),
        _of("surveys", "debtor_id", "debtors"),
        _of("surveys", "message_id", "messages"),
        _of("surveys", "reminder_id", "messages"),
        _by("surveys", "staff_id"),
        _by("surveys", "organisation_id", "organisations"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_surveys_creditor_id_id"),
    )
    for name, columns in (
        ("debtor", ["debtor_id", "id"]),
        ("status", ["status", "ask_from"]),
        ("asked", ["asked_at"]),
        ("person", ["person", "asked_at"]),
        ("link", ["link_id"]),
        ("message", ["message_id"]),
        ("reminder", ["reminder_id"]),
    ):
        op.create_index(f"ix_surveys_{name}", "surveys", ["creditor_id", *columns])


def _answers() -> None:
    op.create_table(
        "survey_answers",
        *_owned("survey_answers"),
        _id("debtor_id"),
        _id("survey_id"),
        _id("score"),
        sa.Column("words", sa.Text(), nullable=True),
        _word("question", 10, nullable=True),
        _id("mark", nullable=True),
        sa.Column("second_words", sa.Text(), nullable=True),
        _id("policy_number"),
        _word("source", 10),
        _id("interviewer_id", nullable=True),
        _id("case_id", nullable=True),
        _at("seen_at", nullable=True),
        _id("seen_by", nullable=True),
        _at("answered_at"),
        _at("changed_at", nullable=True),
        _id("version"),
        _of("survey_answers", "debtor_id", "debtors"),
        _of("survey_answers", "survey_id", "surveys"),
        _of("survey_answers", "case_id", "cases"),
        _by("survey_answers", "interviewer_id"),
        _by("survey_answers", "seen_by"),
        sa.UniqueConstraint("creditor_id", "id", name="uq_survey_answers_creditor_id_id"),
        sa.UniqueConstraint("creditor_id", "survey_id", name="uq_survey_answers_creditor_id_survey_id"),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_survey_answers_score_on_the_scale")),
    )
    op.create_index("ix_survey_answers_answered", "survey_answers", ["creditor_id", "answered_at", "id"])
    op.create_index("ix_survey_answers_debtor", "survey_answers", ["creditor_id", "debtor_id"])
    op.create_table(
        "survey_themes",
        *_owned("survey_themes"),
        _id("debtor_id"),
        _id("answer_id"),
        _word("theme", 40),
        _word("found", 200, nullable=True),
        _id("tagged_by", nullable=True),
        _of("survey_themes", "answer_id", "survey_answers"),
        _of("survey_themes", "debtor_id", "debtors"),
        _by("survey_themes", "tagged_by"),
        sa.UniqueConstraint(
            "creditor_id", "answer_id", "theme", name="uq_survey_themes_creditor_id_answer_id_theme"
        ),
    )
    op.create_index("ix_survey_themes_theme", "survey_themes", ["creditor_id", "theme", "answer_id"])


def downgrade() -> None:
    for table in (
        "agency_surveys", "survey_policies", "survey_improvements", "survey_themes", "survey_answers", "surveys",
    ):  # fmt: skip
        op.drop_table(table)

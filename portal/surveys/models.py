"""Who was asked after what, what they answered, what their words are about, and what was changed since."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import db
from portal.core.scope import CreditorOwned, DebtorOwned
from portal.core.states import StatusColumn
from portal.surveys.states import SurveyStatus


class Survey(DebtorOwned, db.Base):
    """One customer asked after one outcome: when, by what way, who had spoken to them last, and in which words.

    All that figures are parted by stands here, so that an answer's own row says nothing about anybody.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "message_id"], ["messages.creditor_id", "messages.id"]),
        ForeignKeyConstraint(["creditor_id", "reminder_id"], ["messages.creditor_id", "messages.id"]),
        Index("ix_surveys_debtor", "creditor_id", "debtor_id", "id"),
        Index("ix_surveys_status", "creditor_id", "status", "ask_from"),
        Index("ix_surveys_asked", "creditor_id", "asked_at"),
        Index("ix_surveys_person", "creditor_id", "person", "asked_at"),
        Index("ix_surveys_link", "creditor_id", "link_id"),
        Index("ix_surveys_message", "creditor_id", "message_id"),
        Index("ix_surveys_reminder", "creditor_id", "reminder_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    outcome: Mapped[str] = mapped_column(String(20))  # portal.surveys.outcomes
    subject_id: Mapped[int | None]  # the row that the outcome is of: a plan, a dispute, a due item, a call
    happened_at: Mapped[datetime]
    ask_from: Mapped[datetime]  # 24 hours after it, and until when: 72 hours after it (rule E-02)
    ask_until: Mapped[datetime]
    phase: Mapped[str | None] = mapped_column(String(10))  # before or after the due date; none where there is none
    segment: Mapped[str] = mapped_column(String(10))  # business or consumer, as it was then
    channel: Mapped[str | None] = mapped_column(String(10))  # by which they were asked: email, sms, letter, phone
    contact_point_id: Mapped[int | None]
    link_id: Mapped[int | None]  # no reference: links go ninety days after their end, what was asked stays
    message_id: Mapped[int | None]
    reminder_id: Mapped[int | None]  # the one reminder
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who had spoken to them last
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))  # the agency they work for
    touch_key: Mapped[str | None] = mapped_column(String(40))  # the message that they had got last from us
    own_text_id: Mapped[int | None]  # which version of the creditor's own words it was in
    wording: Mapped[str | None] = mapped_column(String(1))
    person: Mapped[str] = mapped_column(String(64))  # a keyed hash: one person under two customer codes is one
    asked_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(200))  # why they were not asked
    status: Mapped[SurveyStatus] = mapped_column(StatusColumn(SurveyStatus))
    status_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Answer(DebtorOwned, db.Base):
    """What was answered. No page of the creditor's shows a score beside a name (rule E-02)."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        UniqueConstraint("creditor_id", "survey_id"),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        ForeignKeyConstraint(["creditor_id", "survey_id"], ["surveys.creditor_id", "surveys.id"]),
        ForeignKeyConstraint(["creditor_id", "case_id"], ["cases.creditor_id", "cases.id"]),
        CheckConstraint("score BETWEEN 0 AND 10", name="score_on_the_scale"),
        Index("ix_survey_answers_answered", "creditor_id", "answered_at", "id"),
        Index("ix_survey_answers_debtor", "creditor_id", "debtor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    survey_id: Mapped[int]
    score: Mapped[int]
    words: Mapped[str | None] = mapped_column(Text)  # why, in their own words
    question: Mapped[str | None] = mapped_column(String(10))  # the second question: portal.surveys.questions
    mark: Mapped[int | None]  # its answer where it is a number: 1–5, 1–7, or 1 for yes and 0 for no
    second_words: Mapped[str | None] = mapped_column(Text)  # its answer where it is words
    policy_number: Mapped[int]  # the version of the questionnaire that was on the page
    source: Mapped[str] = mapped_column(String(10))  # mail, sms, letter or phone
    interviewer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who asked on the telephone
    case_id: Mapped[int | None]  # where they asked to be called
    seen_at: Mapped[datetime | None]  # when one of the creditor's people had looked after the words
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answered_at: Mapped[datetime]  # the first time
    changed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class AnswerTheme(DebtorOwned, db.Base):
    """What the words of an answer are about: found by a rule, with the words it was found by, or said by a person."""

    __tablename__ = "survey_themes"
    __table_args__ = (
        UniqueConstraint("creditor_id", "answer_id", "theme"),
        ForeignKeyConstraint(["creditor_id", "answer_id"], ["survey_answers.creditor_id", "survey_answers.id"]),
        ForeignKeyConstraint(["creditor_id", "debtor_id"], ["debtors.creditor_id", "debtors.id"]),
        Index("ix_survey_themes_theme", "creditor_id", "theme", "answer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    answer_id: Mapped[int]
    theme: Mapped[str] = mapped_column(String(40))  # a key of themes.toml, or a tag of the creditor's own
    found: Mapped[str | None] = mapped_column(String(200))  # the words it was found by; none: a person said so
    tagged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Improvement(CreditorOwned, db.Base):
    """What the creditor changed because of what it heard; told to whoever had asked for it."""

    __tablename__ = "survey_improvements"
    __table_args__ = (
        UniqueConstraint("creditor_id", "id"),
        Index("ix_survey_improvements_on", "creditor_id", "on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    on: Mapped[date]
    words: Mapped[str] = mapped_column(Text)
    theme: Mapped[str | None] = mapped_column(String(40))  # whom it is told: those whose words were about it
    is_public: Mapped[bool]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    told: Mapped[int] = mapped_column(default=0)  # how many were told


class SurveyPolicy(CreditorOwned, db.Base):
    """One version of what a creditor asks, and when (portal.creditors.versions)."""

    __tablename__ = "survey_policies"
    __table_args__ = (UniqueConstraint("creditor_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    creditor_id: Mapped[int] = mapped_column(ForeignKey("creditors.id"))
    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)  # portal.surveys.policies.Version
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class AgencySurvey(db.Base):
    """When an agency's work last had a person asked, for any creditor: a day, and a hash of who (decision 19)."""

    __tablename__ = "agency_surveys"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id"), primary_key=True, autoincrement=False
    )
    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    on: Mapped[date]

"""Questions and their answers."""

from sqlalchemy import select

from portal.cases.models import Question
from portal.core import db


def question(question_id: int) -> Question | None:
    return db.session().scalars(select(Question).where(Question.id == question_id)).one_or_none()


def of_debtor(debtor_id: int, limit: int = 20) -> list[Question]:
    """The debtor's questions, the newest first."""
    return list(
        db.session().scalars(
            select(Question).where(Question.debtor_id == debtor_id).order_by(Question.id.desc()).limit(limit)
        )
    )

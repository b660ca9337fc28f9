"""Asking and answering."""

from datetime import timedelta

from portal.cases import events as happened
from portal.cases.models import Question
from portal.cases.states import MACHINE, QuestionStatus
from portal.core import clock, db, ids
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.debtors.visits import Current
from portal.messages import actions as messages

ANSWER_DAYS = timedelta(days=30)


def ask(visit: Current, words: str, *, invoice_id: int | None = None, call_me_on: str | None = None) -> Question:
    """Keeps a question in the debtor's own words and puts it before the creditor's people."""
    question = Question(
        id=ids.new_id(),
        debtor_id=visit.debtor_id,
        invoice_id=invoice_id,
        visit_id=visit.id,
        words=words,
        call_me_on=call_me_on or None,
        asked_at=clock.now(),
    )
    MACHINE.begin(
        question,
        QuestionStatus.OPEN,
        happened.QuestionAsked(question_id=question.id, debtor_id=visit.debtor_id, invoice_id=invoice_id),
    )
    db.session().add(question)
    db.session().flush()
    return question


def answer(question: Question, words: str, name: str) -> None:
    """A person's answer: seen on the debtor's page, and announced by mail without a word of what it says."""
    question.reply, question.reply_name = words, name
    MACHINE.move(
        question,
        QuestionStatus.ANSWERED,
        happened.QuestionAnswered(question_id=question.id, debtor_id=question.debtor_id),
    )
    contact, debtor = debtors.mail_contact(question.debtor_id), debtors.debtor(question.debtor_id)
    if contact is None or debtor is None:
        return
    link = links.issue(
        question.debtor_id,
        purpose=links.PORTAL,
        campaign="question_answered",
        expires_at=clock.now() + ANSWER_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        "question_answered",
        debtor_id=question.debtor_id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )

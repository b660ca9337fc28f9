"""What a customer answers is kept, may be changed for a while, and brings a call where they wish one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from portal.cases import actions as cases
from portal.cases import kinds
from portal.cases.models import Case
from portal.core import clock, db, events, ids
from portal.core.errors import NotAllowedNow
from portal.core.text import Text, t
from portal.debtors.models import Debtor
from portal.surveys import actions, agency_rest, outcomes, queries, whom
from portal.surveys import themes as found_in
from portal.surveys.events import SurveyAnswerChanged, SurveyAnswered
from portal.surveys.models import Answer, AnswerTheme, Survey
from portal.surveys.policies import Version
from portal.surveys.states import MACHINE, SurveyStatus

MAIL, SMS, LETTER, PHONE = "mail", "sms", "letter", "phone"  # where an answer comes from
SOURCE_OF = {"email": MAIL, "sms": SMS, "letter": LETTER, PHONE: PHONE}
CLOSED = t("This question is closed by now. Thank you all the same.")


@dataclass(frozen=True, slots=True)
class Given:
    """What was chosen and written; `mark` and `second_words` answer the second question."""

    score: int
    words: str | None = None
    mark: int | None = None
    second_words: str | None = None


def may_answer(row: Survey, answer: Answer | None, closes_at: datetime) -> bool:
    """Whether the question still stands, or its answer may still be changed."""
    now = clock.now()
    if answer is not None:
        return now < outcomes.may_change_until(answer.answered_at)
    return row.status is SurveyStatus.ASKED and now < closes_at


def keep(row: Survey, given: Given, *, policy: Version, source: str, by: int | None = None) -> Answer:
    """The first answer, or another in its place, to the questions of `policy`. Whether it may be given is for
    `may_answer` to say."""
    answer = queries.answer(row.id, lock=True)
    if answer is None:
        answer = Answer(
            id=ids.new_id(), debtor_id=row.debtor_id, survey_id=row.id, source=source, interviewer_id=by,
            answered_at=clock.now(),
        )  # fmt: skip
        MACHINE.move(
            row, SurveyStatus.ANSWERED, SurveyAnswered(survey_id=row.id, debtor_id=row.debtor_id, source=source)
        )
        db.session().add(answer)
    else:
        answer.changed_at, answer.seen_at, answer.seen_by = clock.now(), None, None
        events.record(SurveyAnswerChanged(survey_id=row.id, debtor_id=row.debtor_id))
    answer.score, answer.words = given.score, given.words or None
    answer.question, answer.policy_number = policy.question, policy.number
    answer.mark, answer.second_words = given.mark, given.second_words or None
    db.session().flush()
    _find_themes(answer)
    return answer


def _find_themes(answer: Answer) -> None:
    """What its words are about, anew; what a colleague said of them stays."""
    mine = AnswerTheme.answer_id == answer.id
    db.session().execute(delete(AnswerTheme).where(mine, AnswerTheme.tagged_by.is_(None)))
    there = queries.themes_of([answer.id]).get(answer.id, [])
    for one in found_in.find(" ".join(filter(None, (answer.words, answer.second_words)))):
        if one.key not in {kept.theme for kept in there}:
            db.session().add(
                AnswerTheme(
                    id=ids.new_id(), debtor_id=answer.debtor_id, answer_id=answer.id, theme=one.key,
                    found=one.words[:200],
                )
            )  # fmt: skip
    db.session().flush()


def call_me(row: Survey, answer: Answer, number: str) -> Case:
    """They would like to talk about it: a case with their words, and their name, for they asked for it."""
    if answer.case_id is not None:
        raise NotAllowedNow(t("We have it already: somebody calls you."))
    words = "\n\n".join(filter(None, (number, answer.words)))
    case = cases.open_case(kinds.FEEDBACK, row.debtor_id, words=words or None, subject_id=answer.id)
    answer.case_id = case.id
    db.session().flush()
    return case


def why_not_interview(debtor_id: int) -> Text | None:
    """Why a customer may not be asked on the telephone now, or None: in one word, for some may be known to few."""
    if whom.must_rest(debtor_id):
        return t("They are not asked now: it is held back.")
    now, row = clock.now(), queries.open_of(debtor_id)
    if row is not None and row.status is SurveyStatus.ASKED:
        return None  # it is the same question: the answer goes to it
    debtor = db.session().get_one(Debtor, debtor_id)
    lately = whom.asked_lately(debtor_id, _person(debtor), now)
    if lately or not agency_rest.may_ask(debtor, ""):
        return t("They were asked in the last three months. Nobody asks twice.")
    return None


def _person(debtor: Debtor) -> str:
    """Who they are on the telephone, where no address says it."""
    return actions.person(debtor, str(debtor.id))


def interview(debtor_id: int, by: int) -> Survey:
    """The survey that an interviewer fills in on the telephone: one that waits or was asked, else a new one.

    Raises NotAllowedNow where the customer may not be asked (rule E-02).
    """
    why_not = why_not_interview(debtor_id)
    if why_not is not None:
        raise NotAllowedNow(why_not)
    now, row = clock.now(), queries.open_of(debtor_id)
    debtor = db.session().get_one(Debtor, debtor_id)
    if row is None:
        row = Survey(
            id=ids.new_id(), debtor_id=debtor_id, outcome=outcomes.CALL, happened_at=now, ask_from=now, ask_until=now,
            phase=actions.phase_of(whom.earliest_open(debtor_id)), segment=debtor.kind,
            person="",
        )  # fmt: skip
        MACHINE.begin(row, SurveyStatus.WAITING, actions.noted(row, row.outcome))
        db.session().add(row)
    if row.status is SurveyStatus.WAITING:
        row.staff_id = row.staff_id or by
        actions.who_had_spoken(row, now)
        row.channel, row.asked_at, row.why, row.person = PHONE, now, None, _person(debtor)
        agency_rest.has_asked(debtor)
        db.session().flush()
        MACHINE.move(row, SurveyStatus.ASKED, actions.asked(row))
    db.session().flush()
    return row

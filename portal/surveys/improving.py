"""What we changed: it closes the loop, and is told to whoever had asked for it."""

from datetime import date, timedelta

from sqlalchemy import select

from portal.core import clock, db, events, ids, outbox
from portal.debtors import letters
from portal.surveys import whom
from portal.surveys.events import SurveyImproved
from portal.surveys.models import Answer, AnswerTheme, Improvement

TELL = "surveys.tell"
KEY = "survey_improved"  # of the message
LOOKS_BACK = timedelta(days=365)  # whom it is told: who spoke of it within a year


def improve(on: date, words: str, *, theme: str | None, is_public: bool, tell: bool, by: int) -> Improvement:
    """Something was changed; with `tell` those whose words were about the theme hear of it, by a job."""
    row = Improvement(
        id=ids.new_id(), on=on, words=words, theme=theme, is_public=is_public, made_by=by, made_at=clock.now(), told=0
    )
    db.session().add(row)
    db.session().flush()
    if tell and theme is not None:
        row.told = len(_who_asked(theme))
        outbox.put(TELL, row.id)
    events.record(SurveyImproved(survey_improvement_id=row.id, told=row.told))
    db.session().flush()
    return row


def _who_asked(theme: str) -> list[int]:
    since = clock.now() - LOOKS_BACK
    wanted = (
        select(Answer.debtor_id)
        .join(AnswerTheme, AnswerTheme.answer_id == Answer.id)
        .where(AnswerTheme.theme == theme, Answer.answered_at > since)
        .distinct()
        .order_by(Answer.debtor_id)
    )
    return list(db.session().scalars(wanted))


def tell(row: Improvement) -> None:
    """Each once, by the way they like, as a word of ours: rests, stops and lawful hours hold. Who rests, or whom no
    way leads to, is not counted as told."""
    told = 0
    for debtor_id in _who_asked(row.theme or ""):
        if not whom.must_rest(debtor_id):
            told += letters.tell(KEY, debtor_id, params={"improvement": row.words}, asked_for=False)
    row.told = told
    db.session().flush()

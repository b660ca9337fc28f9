"""Who is to be asked, who was, and what was answered, as counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from portal.core import clock, db, scope
from portal.creditors import queries as creditors
from portal.surveys import nps, outcomes
from portal.surveys.models import Answer, AnswerTheme, Improvement, Survey
from portal.surveys.nps import Tally
from portal.surveys.states import SurveyStatus
from portal.web import paging

AT_ONCE = 500


def one(survey_id: int, *, lock: bool = False) -> Survey | None:
    wanted = select(Survey).where(Survey.id == survey_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def waiting(debtor_id: int) -> Survey | None:
    """What a customer is to be asked about."""
    wanted = select(Survey).where(Survey.debtor_id == debtor_id, Survey.status == SurveyStatus.WAITING)
    return db.session().scalars(wanted.order_by(Survey.id).limit(1)).one_or_none()


def open_of(debtor_id: int) -> Survey | None:
    """What a customer is to be asked, or was and may still answer; the newest."""
    open_yet = and_(Survey.status == SurveyStatus.ASKED, Survey.asked_at > clock.now() - outcomes.LINK)
    still = or_(Survey.status == SurveyStatus.WAITING, open_yet)
    wanted = select(Survey).where(Survey.debtor_id == debtor_id, still).order_by(Survey.id.desc())
    return db.session().scalars(wanted.limit(1).with_for_update()).one_or_none()


def of_link(link_id: int, *, lock: bool = False) -> Survey | None:
    """The survey that a link opens."""
    wanted = select(Survey).where(Survey.link_id == link_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def answer(survey_id: int, *, lock: bool = False) -> Answer | None:
    wanted = select(Answer).where(Answer.survey_id == survey_id).execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def themes_of(answer_ids: Collection[int]) -> dict[int, list[AnswerTheme]]:
    """What these answers are about, by answer."""
    found: dict[int, list[AnswerTheme]] = {}
    rows = select(AnswerTheme).where(AnswerTheme.answer_id.in_(list(answer_ids))).order_by(AnswerTheme.id)
    for row in db.session().scalars(rows) if answer_ids else ():
        found.setdefault(row.answer_id, []).append(row)
    return found


def of_message(message_id: int) -> Survey | None:
    """The survey that a question or its reminder is of."""
    mine = or_(Survey.message_id == message_id, Survey.reminder_id == message_id)
    return db.session().scalars(select(Survey).where(mine)).one_or_none()


def to_ask(now: datetime) -> list[int]:
    """Those whose hour has come."""
    wanted = select(Survey.id).where(Survey.status == SurveyStatus.WAITING, Survey.ask_from <= now)
    return list(db.session().scalars(wanted.order_by(Survey.ask_from, Survey.id).limit(AT_ONCE)))


def to_remind(now: datetime, days: int) -> list[int]:
    """Those who have not answered for so many days; the reminder comes within a week after, or not at all."""
    asked = Survey.asked_at <= now - timedelta(days=days), Survey.asked_at > now - timedelta(days=days + 7)
    wanted = select(Survey.id).where(Survey.status == SurveyStatus.ASKED, Survey.reminder_id.is_(None), *asked)
    wanted = wanted.where(Survey.message_id.is_not(None))
    return list(db.session().scalars(wanted.order_by(Survey.asked_at, Survey.id).limit(AT_ONCE)))


def between(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """That somebody was asked on one of these days of the creditor's, both counted; None: however far back, or on."""
    zone = ZoneInfo(creditors.in_scope().time_zone)

    def begins(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    wanted: list[ColumnElement[bool]] = [Survey.asked_at.is_not(None)]
    if since is not None:
        wanted.append(Survey.asked_at >= begins(since))
    if until is not None:
        wanted.append(Survey.asked_at < begins(until + timedelta(days=1)))
    return wanted


def counts() -> tuple[ColumnElement[int], ...]:
    """Promoters, passives, detractors and asked, as columns of a statement over Survey left joined to Answer."""

    def many(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

    return (
        many(Answer.score >= nps.PROMOTER),
        many((Answer.score >= nps.PASSIVE) & (Answer.score < nps.PROMOTER)),
        many(Answer.score < nps.PASSIVE),
        func.count(Survey.id),
    )


def tally(
    since: date | None = None,
    until: date | None = None,
    *,
    debtor_ids: Collection[int] | None = None,
    where: Collection[ColumnElement[bool]] = (),
) -> Tally:
    """How those answered who were asked between these days, both counted, for the creditor in scope; one statement.

    `debtor_ids`: of these customers alone (none of them: nobody). `where`: more conditions on Survey and Answer.
    """
    if debtor_ids is not None and not debtor_ids:
        return Tally()
    wanted = select(*counts()).select_from(Survey).outerjoin(Answer, Answer.survey_id == Survey.id)
    wanted = wanted.where(*between(since, until), *where)
    if debtor_ids is not None:
        wanted = wanted.where(Survey.debtor_id.in_(list(debtor_ids)))
    return Tally(*(int(count) for count in db.session().execute(wanted).one()))


def creditor_id() -> int:
    return scope.current().creditor_id


@dataclass(frozen=True, slots=True)
class Heard:
    """One comment, without who said it, and without their number."""

    answer: Answer
    outcome: str
    asked_at: datetime


def comments(cursor: str | None, *, theme: str = "", words: str = "", to_see: bool = False) -> paging.Page[Heard]:
    """What was written, the newest first; about a theme, with these words in it, or what nobody has looked after."""
    wanted = select(Answer, Survey.outcome, Survey.asked_at).join(Survey, Survey.id == Answer.survey_id)
    wanted = wanted.where(or_(Answer.words.is_not(None), Answer.second_words.is_not(None)))
    if theme:
        about = select(AnswerTheme.answer_id).where(AnswerTheme.theme == theme)
        wanted = wanted.where(Answer.id.in_(about))
    if words:
        wanted = wanted.where(or_(*(column.icontains(words, autoescape=True) for column in _WORDS)))
    if to_see:
        wanted = wanted.where(_unhappy(), Answer.seen_at.is_(None))
    key = Answer.id.expression
    rows = db.session().execute(paging.after(cast(Select[Any], wanted), key, key, cursor, down=True)).all()
    return paging.page([Heard(row[0], row[1], row[2]) for row in rows], lambda row: (row.answer.id, row.answer.id))


_WORDS = (Answer.words, Answer.second_words)


def _unhappy() -> ColumnElement[bool]:
    return and_(Answer.score < nps.PASSIVE, Answer.words.is_not(None))


def may_be_read() -> bool:
    """Whether so many customers have answered that words without a name do not tell whose they are (E-02): of those
    whom the reader may see, so that an agency's two customers are not made out."""
    return int(db.session().scalar(select(_WHO)) or 0) >= nps.LEAST_IN_PART


def to_look_after() -> Select[int]:
    """How many words of who was not happy nobody has looked after; nothing where they may not be read."""
    waiting = func.count(case((and_(_unhappy(), Answer.seen_at.is_(None)), 1)))
    return select(waiting).having(_WHO >= nps.LEAST_IN_PART)


_WHO = func.count(func.distinct(Answer.debtor_id))


def one_answer(answer_id: int) -> Answer | None:
    return db.session().scalars(select(Answer).where(Answer.id == answer_id)).one_or_none()


def tags() -> list[tuple[str, int]]:
    """Every theme and tag with how many answers it has, the most frequent first."""
    rows = db.session().execute(
        select(AnswerTheme.theme, func.count()).group_by(AnswerTheme.theme).order_by(func.count().desc()).limit(50)
    )
    return [(theme, int(count)) for theme, count in rows]


def improvements(*, public: bool = False, most: int = 50) -> list[Improvement]:
    """What was changed, the newest first."""
    wanted = select(Improvement).order_by(Improvement.on.desc(), Improvement.id.desc())
    return list(db.session().scalars((wanted.where(Improvement.is_public) if public else wanted).limit(most)))

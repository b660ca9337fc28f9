"""What was asked and answered, as counts."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select

from portal.core import db
from portal.creditors import queries as creditors
from portal.surveys import nps
from portal.surveys.models import Answer, Survey
from portal.surveys.nps import Tally


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

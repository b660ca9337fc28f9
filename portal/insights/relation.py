"""The relation guard: what was recovered is never shown without how it felt, and who complained ("nobody has" 12).

How it felt is read in the stretches of whole months that listening shows itself, so that no two pages tell by their
difference what one person said (rule E-02).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from portal.core import db
from portal.core.events import EventRow
from portal.insights import kpis
from portal.messages.events import MessageComplained
from portal.surveys import quality, showing
from portal.surveys.nps import Tally
from portal.surveys.showing import Month, Shown

YEAR = 12


@dataclass(frozen=True, slots=True)
class Relation:
    """The latest stretch of months that may be shown, else what there is of answers; complaints of the same year."""

    first: Month | None
    last: Month | None
    tally: Tally
    felt: Shown
    complaints: int


def complained(as_of: date, zone: str) -> list[ColumnElement[bool]]:
    """That an event is a complaint of that year."""
    since = kpis.months_until(as_of, YEAR)[0].first
    begins, ends = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (since, as_of + timedelta(days=1)))
    return [EventRow.name == MessageComplained.name, EventRow.at >= begins, EventRow.at < ends]


def relation(as_of: date, zone: str) -> Relation:
    """Of the year that ends with the month of `as_of`."""
    since = kpis.months_until(as_of, YEAR)[0].first
    months = quality.by_month(quality.Wanted(since=since))
    told = [one for one in showing.stretches(months) if one[1] <= (as_of.year, as_of.month)]
    complaints = int(db.session().scalar(select(func.count(EventRow.id)).where(*complained(as_of, zone))) or 0)
    enough = [one for one in told if showing.shown(one[2]).nps is not None]
    for first, last, tally in reversed(enough or told):
        return Relation(first, last, tally, showing.shown(tally), complaints)
    return Relation(None, None, Tally(0, 0, 0, 0), Shown(None, None), complaints)

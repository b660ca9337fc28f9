"""That a month's paper was made; none of its figures."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("month_paper.made", about="month_paper")
@dataclass(frozen=True, kw_only=True)
class MonthPaperMade(Event):
    month_paper_id: int
    month: date

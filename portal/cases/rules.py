"""By when an answer is due, and what may be written when."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.cases import kinds
from portal.cases.states import CaseStatus
from portal.core.text import Text, t
from portal.core.working_days import working_day_after

REOPENS_FOR = timedelta(days=30)  # a word of the customer within it opens a closed case again
THEIR_DAYS = 10  # working days until a case that waits for the customer shows itself again


def answer_by(now: datetime, days: int, zone: str) -> datetime:
    """The end of the working day, in the creditor's `zone`, by which an answer is promised."""
    place = ZoneInfo(zone)
    day = working_day_after(now.astimezone(place).date(), days)
    return datetime.combine(day, time(18), place)


def why_not_write(status: CaseStatus, closed_at: datetime | None, now: datetime) -> Text | None:
    """Why the customer cannot write in this case any more, or None."""
    if status is CaseStatus.CLOSED and closed_at is not None and now - closed_at > REOPENS_FOR:
        return t("This was closed a while ago. Please ask us anew: a person reads it.")
    return None


def takes_files(kind: str) -> bool:
    """Whether a customer may add files: not about a difficulty, of which nobody asks for proof (rule C-26)."""
    return not kinds.KINDS[kind].private

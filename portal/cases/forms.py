"""Reading to whom a case is handed and until when it is put off; of one case and of many at once."""

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.core.text import t
from portal.web.forms import Form

_MORNING = time(7)


def owner(form: Form, answerers: Sequence[tuple[int, str]]) -> int | None:
    """The colleague chosen of those who may answer, given as (id, name); None, with what to mend, for any other."""
    allowed = {str(staff_id): staff_id for staff_id, _ in answerers}
    chosen = form.choice("owner", set(allowed), t("Please choose a colleague."))
    return allowed[chosen] if chosen is not None else None


def until(form: Form, zone: str) -> datetime | None:
    """The morning, in the creditor's `zone`, of a day after today; None, with what to mend, for any other."""
    day = form.day("until")
    if day is None or day <= clock.today(zone):
        form.wrong.setdefault("until", t("Please choose a day after today."))
        return None
    return datetime.combine(day, _MORNING, ZoneInfo(zone))

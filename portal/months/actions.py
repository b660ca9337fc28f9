"""A month's paper is made, once, and whoever wants it is told that it is there."""

from datetime import date

from portal.core import clock, db, events, ids, scope
from portal.creditors import queries as creditors
from portal.documents import store
from portal.months import making, queries, rules
from portal.months.events import MonthPaperMade
from portal.months.models import MonthPaper, MonthReader
from portal.people import mails
from portal.web import i18n


def see_to(month: date, zone: str) -> MonthPaper | None:
    """The paper of the month that begins on `month`; None where it is made already, or there is nothing to tell."""
    if queries.is_made(month) or not queries.has_history(rules.last_day(month)):
        return None
    face = creditors.face(scope.current().creditor_id)
    language = i18n.known(face.language) or i18n.DEFAULT
    with i18n.speaking(language):
        content = making.pdf(face, month, zone)
    file = store.keep(content, f"{month:%Y-%m}.pdf", "application/pdf")
    row = MonthPaper(id=ids.new_id(), month=month, file_id=file.id, language=language, made_at=clock.now())
    db.session().add(row)
    db.session().flush()
    events.record(MonthPaperMade(month_paper_id=row.id, month=month))
    for staff in queries.readers():
        mails.plan(mails.MONTH, staff.email, staff.language, {"month": month.isoformat()}, staff_id=staff.id)
    return row


def want(staff_id: int, *, wanted: bool) -> None:
    """Whether somebody gets the mail; said twice it is the same."""
    row = queries.reader(staff_id)
    if wanted and row is None:
        creditor_id = scope.current().creditor_id
        db.session().add(MonthReader(id=ids.new_id(), creditor_id=creditor_id, staff_id=staff_id, since=clock.now()))
    elif not wanted and row is not None:
        db.session().delete(row)
    db.session().flush()

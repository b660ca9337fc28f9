"""Finding papers and their readers."""

from datetime import date

from sqlalchemy import select

from portal.core import db, scope
from portal.documents.models import StoredFile
from portal.invoices.models import Invoice
from portal.months.models import MonthPaper, MonthReader
from portal.people import queries as people
from portal.people.models import Staff
from portal.web import paging


def is_made(month: date) -> bool:
    return db.session().scalar(select(MonthPaper.id).where(MonthPaper.month == month)) is not None


def has_history(until: date) -> bool:
    """Whether there is anything to say of days up to `until`."""
    return db.session().scalar(select(Invoice.id).where(Invoice.issued_on <= until).limit(1)) is not None


def paper(paper_id: int) -> tuple[MonthPaper, StoredFile] | None:
    wanted = (
        select(MonthPaper, StoredFile)
        .join(StoredFile, StoredFile.id == MonthPaper.file_id)
        .where(MonthPaper.id == paper_id)
    )
    row = db.session().execute(wanted).one_or_none()
    return None if row is None else (row[0], row[1])


def listing(cursor: str | None) -> paging.Page[MonthPaper]:
    """Every paper, the newest first."""
    ordered = paging.after(select(MonthPaper), MonthPaper.id.expression, MonthPaper.id.expression, cursor, down=True)
    return paging.page(db.session().scalars(ordered).all(), lambda row: (row.id, row.id))


def reader(staff_id: int) -> MonthReader | None:
    return db.session().scalars(select(MonthReader).where(MonthReader.staff_id == staff_id)).one_or_none()


def readers() -> list[Staff]:
    """Who wants to hear of it and still works here."""
    wanted = set(db.session().scalars(select(MonthReader.staff_id)))
    return [staff for staff, _role in people.own(scope.current().creditor_id) if staff.id in wanted]

"""The list of debtors: found by whatever is known of them, with what each owes."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, exists, func, or_, select

from portal.core import db
from portal.core.money import Money
from portal.debtors.models import ContactPoint, Debtor
from portal.inbox import cursors
from portal.invoices.filters import STILL_OPEN
from portal.invoices.models import DueItem, Invoice
from portal.ledger.models import Receivable
from portal.web import paging

OPEN, NO_ADDRESS = "open", "no_address"


@dataclass(frozen=True, slots=True)
class Found:
    debtor_id: int
    name: str
    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class Owes:
    """What one debtor still owes in one currency: how much, in how many due items, since when or until when."""

    open: Money
    overdue: Money
    items: int
    first_due_on: date


def _where(words: str, show: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if words:
        found.append(_matches(words))
    if show == OPEN:
        found.append(exists().where(Receivable.debtor_id == Debtor.id, STILL_OPEN))
    if show == NO_ADDRESS:
        found.append(~exists().where(ContactPoint.debtor_id == Debtor.id, ContactPoint.stopped_at.is_(None)))
    return found


def _matches(words: str) -> ColumnElement[bool]:
    """A name, a code, a tax number, an address, or the number of one of their invoices."""
    plain = words.replace(" ", "").upper()
    return or_(
        Debtor.name.icontains(words, autoescape=True),
        Debtor.code.istartswith(words, autoescape=True),
        Debtor.vat_number.in_((plain, f"IT{plain}")),
        Debtor.tax_code == plain,
        exists().where(
            ContactPoint.debtor_id == Debtor.id, ContactPoint.address.startswith(words.lower(), autoescape=True)
        ),
        exists().where(Invoice.debtor_id == Debtor.id, Invoice.number == words),
    )


def page(words: str, show: str, cursor: str | None) -> paging.Page[Found]:
    """One page of debtors by name."""
    order = (Debtor.name, Debtor.id)
    statement = select(Debtor.id, Debtor.name, Debtor.code, Debtor.kind).where(*_where(words, show))
    last = cursors.row_id(cursor)
    place = None if last is None else db.session().execute(select(*order).where(Debtor.id == last)).one_or_none()
    if place is not None:
        statement = statement.where(cursors.behind(order, tuple(place), down=False))
    rows = db.session().execute(statement.order_by(*order).limit(paging.PAGE_SIZE + 1))
    return paging.page([Found(*row) for row in rows], lambda row: (row.debtor_id, row.debtor_id))


def count(words: str, show: str) -> int:
    return db.session().scalar(select(func.count()).select_from(Debtor).where(*_where(words, show))) or 0


def owed(debtor_ids: list[int], today: date) -> dict[int, list[Owes]]:
    """What each of these debtors still owes, one sum per currency."""
    overdue = func.coalesce(func.sum(Receivable.open_minor).filter(DueItem.due_on < today), 0)
    rows = db.session().execute(
        select(
            DueItem.debtor_id, DueItem.currency, func.sum(Receivable.open_minor), overdue, func.count(),
            func.min(DueItem.due_on),
        )
        .join(Receivable, Receivable.id == DueItem.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(DueItem.debtor_id.in_(debtor_ids), STILL_OPEN, Invoice.withdrawn_at.is_(None))
        .group_by(DueItem.debtor_id, DueItem.currency)
        .order_by(DueItem.currency)
    )  # fmt: skip
    found: dict[int, list[Owes]] = {}
    for debtor_id, currency, minor, late, items, first in rows:
        sums = Owes(Money(int(minor), currency), Money(int(late), currency), items, first)
        found.setdefault(debtor_id, []).append(sums)
    return found

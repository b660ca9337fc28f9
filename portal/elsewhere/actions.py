"""Money that came in at the creditor's own counter or bank, as its system says: booked once, taken back once."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.core import clock, db, ids
from portal.core.errors import NotAllowedNow
from portal.core.money import Money, total
from portal.core.text import t
from portal.creditors import queries as creditors
from portal.elsewhere.models import ElsewherePayment
from portal.invoices import actions as invoices
from portal.invoices import queries as invoice_queries
from portal.invoices import reversing
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger.sources import Source

KIND, TAKEN_BACK = "paid_elsewhere", "elsewhere_undone"
_SOURCE, _UNDONE = "elsewhere_payment", "elsewhere_undone"


@dataclass(frozen=True, slots=True)
class Told:
    """One payment as a system tells it."""

    external_id: str
    amount: Money
    value_on: date


def book(invoice: Invoice, told: Told) -> tuple[ElsewherePayment, bool]:
    """Books it on the invoice's due items, the first due first, and says whether it is new.

    The same one told again is not booked again. Raises NotAllowedNow where another was told under its name, or this
    one and taken back, where the invoice is withdrawn, where a payment of it is open at this moment, and where less
    is open than was paid: who was paid too much gives it back where it came in.
    """
    items = invoice_queries.items_of_debtor(invoice.debtor_id, invoice.id)
    invoices.lock(items)
    known = by_external_id(told.external_id)  # behind the lock: who comes second finds what the first has booked
    if known is not None:
        if (known.invoice_id, known.amount, known.value_on) != (invoice.id, told.amount, told.value_on):
            raise NotAllowedNow(t("Another payment came under this name before."))
        if known.taken_back_at is not None:
            raise NotAllowedNow(t("This payment has been taken back already."))
        return known, False
    items = invoice_queries.items_of_debtor(invoice.debtor_id, invoice.id)
    if invoice.withdrawn_at is not None:
        raise NotAllowedNow(t("This invoice has been withdrawn already."))
    if told.amount.currency != invoice.currency:
        raise NotAllowedNow(t("The invoice is in %(currency)s.", currency=invoice.currency))
    if told.value_on > clock.today(creditors.in_scope().time_zone):
        raise NotAllowedNow(t("This day is still to come."))
    if any(item.reserved_by is not None for item in items):
        raise NotAllowedNow(t("A payment of it is open right now. Please wait until it has ended."))
    still = total([item.open for item in items], invoice.currency)
    if still < told.amount:
        raise NotAllowedNow(t("Less is open than that: %(open)s.", open=f"{still.plain} {still.currency}"))
    row = ElsewherePayment(
        id=ids.new_id(),
        debtor_id=invoice.debtor_id,
        invoice_id=invoice.id,
        external_id=told.external_id,
        amount_minor=told.amount.minor,
        currency=told.amount.currency,
        value_on=told.value_on,
        told_at=clock.now(),
    )
    db.session().add(row)
    db.session().flush()
    _spread(items, row)
    return row, True


def _spread(items: list[invoice_queries.Item], row: ElsewherePayment) -> None:
    left = row.amount
    for position, item in enumerate(sorted(items, key=lambda one: (one.due_on, one.position))):
        part = min(left, item.open)
        if part:
            invoices.settle_item(item, part, account=accounts.ELSEWHERE, kind=KIND, source=Source(_SOURCE, row.id),
                                 value_on=row.value_on, position=position)  # fmt: skip
            left -= part


def take_back(row: ElsewherePayment) -> None:
    """What it had paid is open again, on the books from today. Raises NotAllowedNow where that happened before."""
    if row.taken_back_at is not None:
        raise NotAllowedNow(t("This payment has been taken back already."))
    row.taken_back_at = clock.now()
    reversing.take_back(
        row.debtor_id, Source(_SOURCE, row.id), row.amount, into=accounts.ELSEWHERE, kind=TAKEN_BACK,
        source=Source(_UNDONE, row.id), value_on=clock.today(creditors.in_scope().time_zone),
    )  # fmt: skip


def by_external_id(external_id: str) -> ElsewherePayment | None:
    return (
        db.session()
        .scalars(select(ElsewherePayment).where(ElsewherePayment.external_id == external_id))
        .one_or_none()
    )


def one(payment_id: int, *, lock: bool = False) -> ElsewherePayment | None:
    how = True if lock else None
    return db.session().get(ElsewherePayment, payment_id, populate_existing=True, with_for_update=how)

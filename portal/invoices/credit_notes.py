"""Credit notes: what they lower, and what of them stays the customer's credit."""

from sqlalchemy import select

from portal.core import db, events
from portal.core.money import Money
from portal.invoices import actions, crediting, queries
from portal.invoices import events as happened
from portal.invoices.models import Invoice
from portal.ledger import accounts
from portal.ledger import actions as ledger
from portal.ledger import queries as ledger_queries


def apply_credit_note(credit_note: Invoice) -> None:
    """Lowers the related invoice's due items, earliest first; what is left is the debtor's credit.

    What was booked ahead of it (portal.invoices.crediting) it covers, and does not lower again. Without a related
    invoice nothing is guessed: all of it stays the debtor's unallocated credit.
    """
    whole = Money(credit_note.total_minor, credit_note.currency)
    related = _related_invoice(credit_note)
    covered = crediting.cover(related, whole) if related is not None else whole - whole
    items = queries.items_of_debtor(credit_note.debtor_id, related) if related is not None else []
    crediting.note_has_come(items, whole)
    left, source, applied = whole - covered, ledger.Source("credit_note", credit_note.id), 0
    for position, item in enumerate(items):
        part = Money(min(left.minor, item.open.minor), left.currency)
        if part and item.open.currency == left.currency:
            settled = actions.settle_item(item, part, account=accounts.CREDIT_NOTES, kind="credit_note",
                                          source=source, value_on=credit_note.issued_on,
                                          position=position + 1)  # fmt: skip
            left, applied = left - part, applied + settled.applied.minor
    if left:
        ledger.keep_as_credit(credit_note.debtor_id, left, account=accounts.CREDIT_NOTES, kind="credit_note",
                              source=source, value_on=credit_note.issued_on)  # fmt: skip
    events.record(
        happened.CreditNoteApplied(
            invoice_id=credit_note.id,
            debtor_id=credit_note.debtor_id,
            applied_minor=applied,
            unallocated_minor=whole.minor - covered.minor - applied,
            covered_minor=covered.minor,
            currency=credit_note.currency,
        )
    )


def apply_waiting_credit(invoice: Invoice) -> bool:
    """Uses credit notes that came before the invoice which they correct; True when one was used.

    A note that is older than the invoice corrects another of that number: numbers start again each year.
    """
    waiting = (
        db.session()
        .scalars(
            select(Invoice).where(
                Invoice.debtor_id == invoice.debtor_id,
                Invoice.kind == "credit_note",
                Invoice.related_number == invoice.number,
                Invoice.issued_on >= invoice.issued_on,
            )
        )
        .all()
    )
    used = False
    for credit_note in waiting:
        source = ledger.Source("late_credit", credit_note.id)
        left = ledger_queries.unallocated_from(ledger.Source("credit_note", credit_note.id), credit_note.currency)
        place = ledger_queries.postings_of(source)
        for item in queries.items_of_debtor(invoice.debtor_id, invoice.id):
            part = Money(min(left.minor, item.open.minor), left.currency)
            if not part or item.open.currency != left.currency:
                continue
            place += 1
            actions.settle_item(
                item,
                part,
                account=accounts.UNALLOCATED,
                kind="credit_note",
                source=source,
                value_on=max(credit_note.issued_on, invoice.issued_on),
                position=place,
            )
            left, used = left - part, True
    return used


def _related_invoice(credit_note: Invoice) -> int | None:
    """Numbers start again each year: the newest invoice of that number that is not younger than the note."""
    if not credit_note.related_number:
        return None
    newest_first = (
        select(Invoice.id)
        .where(
            Invoice.debtor_id == credit_note.debtor_id,
            Invoice.kind == "invoice",
            Invoice.number == credit_note.related_number,
            Invoice.issued_on <= credit_note.issued_on,
        )
        .order_by(Invoice.issued_on.desc())
        .limit(1)
    )
    return db.session().scalars(newest_first).one_or_none()

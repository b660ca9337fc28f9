"""An invoice is withdrawn: what had settled it belongs to its owner again, and both sides are told (rule B-10)."""

from portal.interest import recounted
from portal.invoices import credit_notes, reversing
from portal.invoices import queries as invoices
from portal.invoices.events import InvoiceWithdrawn
from portal.ledger import origins
from portal.ledger.sources import Source
from portal.overpayments import queries
from portal.overpayments.actions import follow, open_from
from portal.payments import queries as payments


def see_to(event: InvoiceWithdrawn, _event_id: int) -> None:
    """Each origin's money on the withdrawn due items is its credit from now on: opened, or opened once more.

    The invoice's own credit notes and recounts are no money: they stay, and what went out of them to the customer
    comes off first, or it would be given twice.
    """
    invoice = invoices.invoice(event.invoice_id)
    items = invoices.items(event.item_ids)
    if invoice is None or event.debtor_id is None:
        return
    own = [credit_notes.origin_of(note.id) for note in credit_notes.of_invoice(invoice)]
    own += [origin for item in items for origin in recounted.of_item(item.item_id)]
    given = sum(origins.gone_elsewhere(origin, event.item_ids) for origin in own)
    freed: dict[Source, str] = {}
    for item in items:
        for origin, account in origins.on_item(item.item_id):
            if origin not in own:
                taken = reversing.set_free(item, origin, given)
                given -= taken.kept.minor
                if taken.freed:
                    freed.setdefault(origin, account)
    for origin, account in freed.items():
        _open(event, origin, account, invoice.currency)


def _open(event: InvoiceWithdrawn, origin: Source, account: str, currency: str) -> None:
    free = origins.free(origin, currency)
    if queries.of_source(origin) is not None:
        follow(origin)
    elif free and event.debtor_id is not None:
        open_from(
            event.debtor_id,
            origin,
            free,
            came_by=account,
            attempt_id=origin.id if origin.kind == payments.SOURCE else None,
            invoice_id=event.invoice_id,
        )

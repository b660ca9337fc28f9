"""A document that is open again first uses what its own credit notes and recounts left: it asks for nothing of that.

No choice of anybody is passed over: they say what the document is about, and are no money (rule B-10 is about money).
"""

from portal.interest import recounted
from portal.invoices import credit_notes
from portal.invoices import queries as invoices
from portal.invoices.events import ItemReopened
from portal.ledger.sources import Source
from portal.overpayments import queries
from portal.overpayments.actions import follow
from portal.overpayments.states import OverpaymentStatus


def use_own(event: ItemReopened, _event_id: int) -> None:
    """Notes first, then recounts; what is on its way to the customer stays on its way."""
    invoice = invoices.invoice(event.invoice_id)
    for note in credit_notes.of_invoice(invoice) if invoice is not None else ():
        origin = credit_notes.origin_of(note.id)
        if not _is_leaving(origin) and credit_notes.use_free(note):
            follow(origin)
    for origin in recounted.of_item(event.item_id):
        if not _is_leaving(origin) and recounted.use_free(event.item_id, origin):
            follow(origin)


def _is_leaving(origin: Source) -> bool:
    one = queries.of_source(origin)
    return one is not None and one.status is OverpaymentStatus.REFUND_REQUESTED

"""The lines of an invoice, where its e-invoice is kept: read by who knows the format (filled by portal.wiring)."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.core.money import Money
from portal.documents import store
from portal.documents.models import StoredFile
from portal.invoices.models import Invoice

MOST = 40  # of an invoice with more, nobody ticks through them: an amount says it better
LARGEST = 1024 * 1024  # bytes of a file that is read while somebody waits


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line as it stands on the document: its place, what it is for, and what the customer owes for it."""

    number: int
    description: str
    amount: Money


# Asked with (content, invoice's number, its currency): its lines, or none where the format is another's.
Reader = Callable[[bytes, str, str], tuple[InvoiceLine, ...]]
readers: list[Reader] = []


def of(invoice: Invoice, file: StoredFile | None) -> tuple[InvoiceLine, ...]:
    """The lines that can be told apart, in their order; none where there is no e-invoice, or too many of them."""
    if file is None or file.bytes > LARGEST:
        return ()
    try:
        content = store.content(file)
    except (OSError, ValueError):
        return ()
    found = next((lines for read in readers if (lines := read(content, invoice.number, invoice.currency))), ())
    return found if len(found) <= MOST else ()

"""What features above know of an invoice and its customer should read beside it (filled by portal.wiring)."""

from collections.abc import Callable, Sequence

from portal.invoices.models import Invoice

# Asked with (invoice, the creditor's time zone): rows of (label, words) in the reader's language.
Maker = Callable[[Invoice, str], Sequence[tuple[str, str]]]
makers: list[Maker] = []


def of(invoice: Invoice, zone: str) -> list[tuple[str, str]]:
    return [row for make in makers for row in make(invoice, zone)]

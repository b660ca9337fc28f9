"""What happened to an invoice or a due item. Amounts in minor units."""

from dataclasses import dataclass
from datetime import date

from portal.core.events import Event, event


@event("invoice.imported", about="invoice")
@dataclass(frozen=True, kw_only=True)
class InvoiceImported(Event):
    invoice_id: int
    number: str
    kind: str
    total_minor: int
    currency: str


@event("invoice.changed", about="invoice")
@dataclass(frozen=True, kw_only=True)
class InvoiceChanged(Event):
    """The same invoice came again with other values; `fields` names what differed."""

    invoice_id: int
    fields: tuple[str, ...]


@event("credit_note.applied", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class CreditNoteApplied(Event):
    """`invoice_id` is the credit note; what no due item took is the debtor's unallocated credit.

    `covered_minor` of it had been credited before it came (portal.invoices.crediting).
    """

    invoice_id: int
    applied_minor: int
    unallocated_minor: int
    currency: str
    covered_minor: int = 0


@event("credit.ahead_booked", about="invoice")
@dataclass(frozen=True, kw_only=True)
class CreditAheadBooked(Event):
    """A valid dispute is credited before its credit note came; what no due item took is the debtor's credit."""

    invoice_id: int
    dispute_id: int
    applied_minor: int
    unallocated_minor: int
    currency: str


@event("credit.covered", about="invoice")
@dataclass(frozen=True, kw_only=True)
class CreditCovered(Event):
    """A credit note that was there already took the place of a credit ahead; `invoice_id` is the note."""

    invoice_id: int
    dispute_id: int
    amount_minor: int
    currency: str


@event("credit.uncovered", about="invoice")
@dataclass(frozen=True, kw_only=True)
class CreditUncovered(Event):
    """A person said that a credit note is for something else: its amount is the debtor's credit again."""

    invoice_id: int
    dispute_id: int
    amount_minor: int
    currency: str


@event("credit.note_not_awaited", about="invoice")
@dataclass(frozen=True, kw_only=True)
class NoteNotAwaited(Event):
    """A person said that no credit note comes for the rest of a credit ahead: it stands without one."""

    invoice_id: int
    dispute_id: int
    amount_minor: int
    currency: str


@event("item.settled", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class ItemSettled(Event):
    """Part or all of a due item was settled; `open_minor` is what is left."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str
    by: str
    value_on: date


@event("item.reopened", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class ItemReopened(Event):
    """Money that had settled a due item went back; `open_minor` is what is open now."""

    item_id: int
    invoice_id: int
    amount_minor: int
    open_minor: int
    currency: str
    by: str
    value_on: date


@event("invoice.settled", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceSettled(Event):
    """Nothing is open on the invoice any more."""

    invoice_id: int
    number: str
    value_on: date


@event("invoice.withdrawn", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceWithdrawn(Event):
    """The creditor took the invoice back: nothing is to be paid on it."""

    invoice_id: int
    number: str
    item_ids: tuple[int, ...]


@event("item.held", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class ItemHeld(Event):
    """`amount_minor` is how much of it is contested; none: all of it."""

    item_id: int
    reason: str
    until: date | None = None
    amount_minor: int | None = None
    currency: str | None = None


@event("item.released", about="item", public=True)
@dataclass(frozen=True, kw_only=True)
class ItemReleased(Event):
    """What held it is over; `why` is a key of holds.WHY_RELEASED where staff ended it by hand."""

    item_id: int
    reason: str
    why: str | None = None

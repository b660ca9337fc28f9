"""What the SdI's messages did to an invoice: ids and codes, never somebody's words."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("sdi.message_read", about="invoice")
@dataclass(frozen=True, kw_only=True)
class MessageRead(Event):
    """A message about the invoice was kept; `says` is RC, NS, MC, NE, DT, AT, EC, SE or MT."""

    invoice_id: int
    message_id: int
    says: str


@event("sdi.invoice_rejected", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceRejected(Event):
    """It counts as not issued: nobody is asked to pay it. `codes` are the SdI's."""

    invoice_id: int
    item_ids: tuple[int, ...]
    sdi_number: str
    codes: tuple[str, ...]


@event("sdi.invoice_refused", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceRefused(Event):
    """The public office it is for refused it."""

    invoice_id: int
    item_ids: tuple[int, ...]
    sdi_number: str


@event("sdi.invoice_cleared", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceCleared(Event):
    """What was rejected or refused has gone through, or was sent anew: it is asked for as before."""

    invoice_id: int
    item_ids: tuple[int, ...]


@event("sdi.invoice_undelivered", about="invoice", public=True)
@dataclass(frozen=True, kw_only=True)
class InvoiceUndelivered(Event):
    """It is issued, but the customer has to be told where it lies."""

    invoice_id: int
    sdi_number: str

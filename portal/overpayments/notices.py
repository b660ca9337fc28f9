"""Mails about money that was paid too much: that there is some, and what became of it; never how much (C-21)."""

from portal.debtors import letters
from portal.overpayments import queries
from portal.overpayments.events import OverpaymentApplied, OverpaymentOpened, OverpaymentRefunded

FOUND, SETTLED = "overpayment_found", "overpayment_settled"


def tell_found(event: OverpaymentOpened, _event_id: int) -> None:
    """To the debtor: something came in twice, and they may say what to do with it."""
    _tell(FOUND, event.overpayment_id)


def tell_settled(event: OverpaymentApplied | OverpaymentRefunded, _event_id: int) -> None:
    """To the debtor: it was used, or given back."""
    _tell(SETTLED, event.overpayment_id)


def _tell(key: str, overpayment_id: int) -> None:
    one = queries.one(overpayment_id)
    letters.tell(key, one.debtor_id if one is not None else None)

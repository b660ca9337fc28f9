"""Mails about money that was paid too much: that there is some, and what became of it; never how much (C-21)."""

from datetime import timedelta

from portal.core import clock
from portal.debtors import links
from portal.debtors import queries as debtors
from portal.messages import actions as messages
from portal.overpayments import queries
from portal.overpayments.events import OverpaymentApplied, OverpaymentOpened, OverpaymentRefunded

FOUND, SETTLED = "overpayment_found", "overpayment_settled"
LINK_DAYS = timedelta(days=30)


def tell_found(event: OverpaymentOpened, _event_id: int) -> None:
    """To the debtor: something came in twice, and they may say what to do with it."""
    _tell(FOUND, event.overpayment_id)


def tell_settled(event: OverpaymentApplied | OverpaymentRefunded, _event_id: int) -> None:
    """To the debtor: it was used, or given back."""
    _tell(SETTLED, event.overpayment_id)


def _tell(key: str, overpayment_id: int) -> None:
    """Plans the mail to the address on file; whoever has none sees it on the page."""
    one = queries.one(overpayment_id)
    debtor = debtors.debtor(one.debtor_id) if one is not None else None
    contact = debtors.mail_contact(debtor.id) if debtor is not None else None
    if debtor is None or contact is None:
        return
    link = links.issue(
        debtor.id,
        purpose=links.PORTAL,
        campaign=key,
        expires_at=clock.now() + LINK_DAYS,
        contact_point_id=contact.id,
    )
    messages.plan(
        key,
        debtor_id=debtor.id,
        contact_point_id=contact.id,
        to_address=contact.address,
        language=debtor.language,
        link_id=link.id,
        asked_for=True,
    )

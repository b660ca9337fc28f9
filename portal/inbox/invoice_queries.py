"""One invoice: whose it is, what was said of its receipt, and the code on its paper."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.confirmations.models import ReceiptAnswer
from portal.core import clock, db
from portal.debtors import links
from portal.debtors.models import AccessLink, Debtor
from portal.invoices.models import Invoice
from portal.silence import queries as silence
from portal.silence.rules import Silent


@dataclass(frozen=True, slots=True)
class Whose:
    invoice: Invoice
    debtor: Debtor
    silent: Silent | None = None  # why nobody speaks to the customer now


def whose(invoice_id: int) -> Whose | None:
    """The invoice with its debtor, within the scope, and whether they are left alone."""
    row = (
        db.session()
        .execute(
            silence.with_standing(
                select(Invoice, Debtor).join(Debtor, Debtor.id == Invoice.debtor_id), clock.now()
            ).where(Invoice.id == invoice_id)
        )
        .one_or_none()
    )
    return Whose(row[0], row[1], silence.standing_of(row[2:])) if row is not None else None


def answers(invoice_id: int) -> list[ReceiptAnswer]:
    """Every answer about receipt with the text that was shown for it, the newest first."""
    return list(
        db.session().scalars(
            select(ReceiptAnswer).where(ReceiptAnswer.invoice_id == invoice_id).order_by(ReceiptAnswer.id.desc())
        )
    )


def qr_until(invoice_id: int) -> datetime | None:
    """Until when the code that was made for this invoice's paper opens; None when there is none."""
    return db.session().scalar(
        select(AccessLink.expires_at)
        .where(
            AccessLink.invoice_id == invoice_id,
            AccessLink.purpose == links.QR,
            AccessLink.revoked_at.is_(None),
            AccessLink.expires_at > clock.now(),
        )
        .order_by(AccessLink.id.desc())
        .limit(1)
    )

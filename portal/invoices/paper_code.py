"""The code to print on an invoice: made once, the same as long as it opens (rules A-07, A-09, A-80)."""

from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from portal.core import clock, db, qr
from portal.core.text import t
from portal.debtors import links
from portal.debtors.models import AccessLink
from portal.invoices.models import DueItem, Invoice

AFTER_DUE = timedelta(days=730)
MILLIMETRES = 25  # a 33-module code printed at 20 mm or more, quiet zone included
TITLE = t("Open the invoice online")
# What an invoice may say beside its code; in the languages of the portal (docs/systems.md).
WORDS = t(
    "This invoice online: scan the code. Tell us that it has arrived, or what is wrong. Pay at once, or agree "
    "instalments. You need no app and no account. The page asks for one detail that you know."
)


def make(invoice: Invoice) -> AccessLink:
    """The link behind the code; the one that opens already is used again."""
    return links.live_qr_link(invoice.id) or links.issue(
        invoice.debtor_id,
        purpose=links.QR,
        campaign="paper",
        expires_at=_expiry(invoice.id),
        invoice_id=invoice.id,
    )


def _expiry(invoice_id: int) -> datetime:
    """Two years after the last due date, the longest that paper is worth (rule A-09)."""
    last = db.session().scalar(select(func.max(DueItem.due_on)).where(DueItem.invoice_id == invoice_id))
    return datetime.combine(last or clock.today(), time.min, tzinfo=clock.now().tzinfo) + AFTER_DUE


def drawing(link: AccessLink, title: str) -> str:
    """The code as SVG, in the size in which it is printed."""
    return qr.svg(links.address(link.id, links.QR), title, MILLIMETRES).svg


def dots(link: AccessLink) -> bytes:
    """The code as PNG, in the same size."""
    return qr.png(links.address(link.id, links.QR), MILLIMETRES)

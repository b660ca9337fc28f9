"""Decisions that deliveries wait, and what the books say has come since."""

from sqlalchemy import and_, case, func, or_, select

from portal.core import db
from portal.invoices.models import DueItem, Invoice
from portal.ledger import accounts
from portal.ledger.models import Receivable, Transfer
from portal.releases.models import Release
from portal.releases.states import ReleaseStatus

MOST = 20
# Where money of the customer's comes from and goes back to, whatever the way; a credit note is none.
_MONEY = (accounts.CARD, accounts.BANK, accounts.ELSEWHERE, accounts.UNALLOCATED, accounts.WITHHELD)


def waiting(debtor_id: int, *, lock: bool = False) -> Release | None:
    """What deliveries to this customer wait for now; with `lock` nobody else changes it until this ends."""
    wanted = select(Release).where(Release.debtor_id == debtor_id, Release.is_waiting)
    wanted = wanted.execution_options(populate_existing=True)
    return db.session().scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def of_debtor(debtor_id: int) -> list[Release]:
    """Every decision about this customer, the newest first."""
    wanted = select(Release).where(Release.debtor_id == debtor_id).order_by(Release.id.desc())
    return list(db.session().scalars(wanted.limit(MOST)))


def lifted_last(debtor_id: int) -> Release | None:
    """The newest decision, where its money has come and has not been seen to go back; locked."""
    wanted = select(Release).where(Release.debtor_id == debtor_id).order_by(Release.id.desc()).limit(1)
    found = db.session().scalars(wanted.execution_options(populate_existing=True).with_for_update()).one_or_none()
    if found is None or found.status is not ReleaseStatus.LIFTED or found.paid_back_at is not None:
        return None
    return found


def came(one: Release) -> int:
    """Money that came on any of the customer's due items since the decision, less what went back; minor units."""
    into = and_(Transfer.credit == accounts.RECEIVABLE, Transfer.debit.in_(_MONEY), Transfer.kind != "credit_note")
    back = and_(Transfer.debit == accounts.RECEIVABLE, Transfer.credit.in_(_MONEY))
    net = case((into, Transfer.amount_minor), else_=-Transfer.amount_minor)
    wanted = (
        select(func.coalesce(func.sum(net), 0))
        .join(Receivable, Receivable.id == Transfer.receivable_id)
        .where(
            Receivable.debtor_id == one.debtor_id,
            Receivable.currency == one.currency,
            Transfer.id > one.id,
            or_(into, back),
        )
    )
    return max(0, int(db.session().scalar(wanted) or 0))


def open_of(debtor_id: int, currency: str) -> int:
    """What is open of the customer's documents in that currency, in minor units; nothing of withdrawn ones."""
    wanted = (
        select(func.coalesce(func.sum(Receivable.open_minor), 0))
        .join(DueItem, DueItem.id == Receivable.id)
        .join(Invoice, Invoice.id == DueItem.invoice_id)
        .where(
            Receivable.debtor_id == debtor_id, Receivable.currency == currency, Receivable.open_minor > 0,
            Invoice.withdrawn_at.is_(None),
        )
    )  # fmt: skip
    return int(db.session().scalar(wanted) or 0)
